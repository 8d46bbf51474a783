package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A footer and the headers of pages are structures of Thrift's compact protocol. The
// library's decoder makes a slice of whatever length a list claims to have, so that
// a few bytes could take all memory. A walker goes over a structure before: it
// checks that every length is one the bytes left can hold, and finds the few numbers
// that a page header is read for.
type walker struct {
	r    *bufio.Reader
	n    int64 // bytes read
	left int64 // bytes that can follow
	// cost is about what the decoder will take for lists, in bytes.
	cost int64
	path []int16 // ids of the fields around the one at hand

	// number, if set, is called for each integer and truth outside lists.
	number func(path []int16, v int64)
	// span, if set, is called for each field of the outermost structure with where
	// its value begins and ends.
	span func(id int16, from, to int64)
}

const (
	maxDepth = 32        // of structures and lists in each other
	maxCost  = 512 << 20 // bytes
	// A column chunk is the largest element of a list, some 640 bytes decoded. Such
	// elements are in lists inside at most one other; those further in are small.
	costOuter, costInner = 640, 48
)

var errThrift = errors.New("its metadata is malformed")

// The types of the compact protocol.
const (
	typeStop = iota
	typeTrue
	typeFalse
	typeByte
	typeI16
	typeI32
	typeI64
	typeDouble
	typeBinary
	typeList
	typeSet
	typeMap
	typeStruct
	typeUUID
)

func (w *walker) byte() (byte, error) {
	if w.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	b, err := w.r.ReadByte()
	w.n++
	w.left--
	return b, err
}

func (w *walker) skip(n uint64) error {
	if n > uint64(max(0, w.left)) {
		return io.ErrUnexpectedEOF
	}
	w.n += int64(n)
	w.left -= int64(n)
	for n > 0 {
		step := min(n, 1<<30)
		if _, err := w.r.Discard(int(step)); err != nil {
			return err
		}
		n -= step
	}
	return nil
}

func (w *walker) uvarint() (uint64, error) {
	var v uint64
	for shift := 0; shift < 64; shift += 7 {
		b, err := w.byte()
		if err != nil {
			return 0, err
		}
		v |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return v, nil
		}
	}
	return 0, errThrift
}

func (w *walker) varint() (int64, error) {
	u, err := w.uvarint()
	return int64(u>>1) ^ -int64(u&1), err
}

// structure walks over a structure; lists is how many lists it is in.
func (w *walker) structure(depth, lists int) error {
	if depth > maxDepth {
		return errThrift
	}
	var id int16
	for {
		head, err := w.byte()
		if err != nil {
			return err
		}
		if head&15 == typeStop {
			return nil
		}
		if delta := int16(head >> 4); delta != 0 {
			id += delta
		} else {
			v, err := w.varint()
			if err != nil {
				return err
			}
			id = int16(v)
		}
		if err := w.field(id, head&15, depth, lists); err != nil {
			return err
		}
	}
}

func (w *walker) field(id int16, typ byte, depth, lists int) error {
	from := w.n
	w.path = append(w.path, id)
	err := w.value(typ, depth, lists)
	w.path = w.path[:len(w.path)-1]
	if depth == 0 && w.span != nil && err == nil {
		w.span(id, from, w.n)
	}
	return err
}

func (w *walker) value(typ byte, depth, lists int) error {
	switch typ {
	case typeTrue, typeFalse:
		w.found(int64(typeFalse - typ))
		return nil
	case typeByte:
		return w.skip(1)
	case typeI16, typeI32, typeI64:
		v, err := w.varint()
		w.found(v)
		return err
	case typeDouble:
		return w.skip(8)
	case typeBinary:
		n, err := w.uvarint()
		return errors.Join(err, w.skip(n))
	case typeList, typeSet:
		return w.list(depth, lists)
	case typeMap:
		return w.pairs(depth, lists)
	case typeStruct:
		return w.structure(depth+1, lists)
	case typeUUID:
		return w.skip(16)
	}
	return errThrift
}

func (w *walker) found(v int64) {
	if w.number != nil {
		w.number(w.path, v)
	}
}

func (w *walker) list(depth, lists int) error {
	head, err := w.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = w.uvarint(); err != nil {
			return err
		}
	}
	if depth >= maxDepth || n > uint64(w.left) {
		return errThrift
	}
	cost := int64(costInner)
	if head&15 == typeStruct && lists < 2 {
		cost = costOuter
	}
	if w.cost += cost * int64(n); w.cost > maxCost {
		return fmt.Errorf("its metadata has too many parts to be held in %d MiB", maxCost>>20)
	}
	for range n {
		if err := w.element(head&15, depth, lists); err != nil {
			return err
		}
	}
	return nil
}

// element walks over a value in a list. A truth takes a byte there.
func (w *walker) element(typ byte, depth, lists int) error {
	if typ == typeTrue || typ == typeFalse {
		return w.skip(1)
	}
	number := w.number
	w.number = nil
	err := w.value(typ, depth+1, lists+1)
	w.number = number
	return err
}

func (w *walker) pairs(depth, lists int) error {
	n, err := w.uvarint()
	if err != nil || n == 0 {
		return err
	}
	types, err := w.byte()
	if err != nil {
		return err
	}
	if depth >= maxDepth || n > uint64(w.left) {
		return errThrift
	}
	if w.cost += costOuter * int64(n); w.cost > maxCost {
		return errThrift
	}
	for range n {
		if err := errors.Join(w.element(types>>4, depth, lists), w.element(types&15, depth, lists)); err != nil {
			return err
		}
	}
	return nil
}

// header is what is needed of a page's header.
type header struct {
	typ                  int64 // pageData and so on
	compressed, plain    int64 // bytes
	values               int64 // entries, nulls included
	encoding             int64
	defLevels, repLevels int64 // their encoding in a pageData, their length in a pageDataV2
	stored               bool  // of a pageDataV2: that its values are not compressed
	crc                  uint32
	hasCRC               bool
}

// The types of pages. Persisted.
const (
	pageData       = 0
	pageIndex      = 1
	pageDictionary = 2
	pageDataV2     = 3
)

// readHeader reads a page's header, of which at most left bytes can be.
func readHeader(r *bufio.Reader, left int64) (h header, length int64, err error) {
	h.typ = -1
	w := walker{r: r, left: left, number: h.set}
	err = w.structure(0, 0)
	if err == nil && (h.compressed < 0 || h.plain < 0 || h.values < 0 || h.defLevels < 0 || h.repLevels < 0) {
		err = errThrift
	}
	return h, w.n, err
}

// set takes note of the number in a field; see parquet.thrift.
func (h *header) set(path []int16, v int64) {
	if len(path) == 1 {
		switch path[0] {
		case 1:
			h.typ = v
		case 2:
			h.plain = v
		case 3:
			h.compressed = v
		case 4:
			h.crc, h.hasCRC = uint32(v), true
		}
		return
	}
	if len(path) != 2 {
		return
	}
	switch [2]int16(path) {
	case [2]int16{5, 1}, [2]int16{7, 1}, [2]int16{8, 1}:
		h.values = v
	case [2]int16{5, 2}, [2]int16{7, 2}, [2]int16{8, 4}:
		h.encoding = v
	case [2]int16{5, 3}, [2]int16{8, 5}:
		h.defLevels = v
	case [2]int16{5, 4}, [2]int16{8, 6}:
		h.repLevels = v
	case [2]int16{8, 7}:
		h.stored = v == 0
	}
}

// appendUvarint and the two below append in the compact protocol.
func appendUvarint(dst []byte, v uint64) []byte { return binary.AppendUvarint(dst, v) }

func appendInt(dst []byte, v int64) []byte { return appendUvarint(dst, uint64(v<<1)^uint64(v>>63)) }

func appendBytes[T string | []byte](dst []byte, v T) []byte {
	return append(appendUvarint(dst, uint64(len(v))), v...)
}
