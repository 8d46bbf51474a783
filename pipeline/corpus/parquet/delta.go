package parquet

import (
	"encoding/binary"
	"errors"

	"github.com/parquet-go/parquet-go/format"
)

// deltas reads integers of which the differences are bit-packed in blocks, by the
// encoding DELTA_BINARY_PACKED. Like hybrid it makes none before it is asked for.
type deltas struct {
	data  []byte
	bits  uint // of an integer: 32 or 64
	total uint64
	done  uint64 // integers given
	value uint64 // the last one

	block, minis uint64 // integers of a block, and its parts
	widths       []byte // of the parts to come
	min          uint64 // what is added to each difference
	packed       []byte // the part at hand
	at           uint64
	width        uint
	left         uint64 // differences of the part
}

var errDelta = errors.New("a delta-encoded page is malformed")

func newDeltas(data []byte, size int) (deltas, error) {
	d := deltas{data: data, bits: uint(size)}
	var first uint64
	for _, v := range []*uint64{&d.block, &d.minis, &d.total, &first} {
		n := 0
		if *v, n = binary.Uvarint(d.data); n <= 0 {
			return d, errShort
		}
		d.data = d.data[n:]
	}
	if d.minis == 0 || d.block > 1<<31 || d.block%d.minis != 0 || d.block/d.minis%8 != 0 || d.block == 0 {
		return d, errDelta
	}
	d.value = unzigzag(first)
	return d, nil
}

func unzigzag(u uint64) uint64 { return u>>1 ^ -(u & 1) }

func (d *deltas) next() (uint64, error) {
	if d.done >= d.total {
		return 0, errShort
	}
	if d.done > 0 {
		if d.left == 0 {
			if err := d.begin(); err != nil {
				return 0, err
			}
		}
		d.value += d.min
		if d.width > 0 {
			d.value += bits(d.packed, d.at, d.width)
			d.at += uint64(d.width)
		}
		d.left--
	}
	d.done++
	return d.value & mask(d.bits), nil
}

// begin reads the head of the next part, and that of a block before its first one.
func (d *deltas) begin() error {
	if len(d.widths) == 0 {
		u, n := binary.Uvarint(d.data)
		if n <= 0 || d.minis > uint64(len(d.data)-n) {
			return errShort
		}
		d.min = unzigzag(u)
		d.data = d.data[n:]
		d.widths, d.data = d.data[:d.minis], d.data[d.minis:]
	}
	d.width, d.widths = uint(d.widths[0]), d.widths[1:]
	d.left = d.block / d.minis
	size := d.left / 8 * uint64(d.width)
	if d.width > 64 || size > uint64(len(d.data)) {
		return errDelta
	}
	d.packed, d.at, d.data = d.data[:size], 0, d.data[size:]
	return nil
}

// end returns what follows the integers, all of which it reads.
func (d deltas) end() ([]byte, error) {
	for d.done < d.total {
		if _, err := d.next(); err != nil {
			return nil, err
		}
	}
	return d.data, nil
}

type deltaInts struct{ deltas }

func (d *deltaInts) next(v *value) (err error) {
	v.bits, err = d.deltas.next()
	return err
}

// newLengths returns a reader of lengths and the bytes behind them.
func newLengths(data []byte) (deltas, []byte, error) {
	d, err := newDeltas(data, 32)
	if err != nil {
		return d, nil, err
	}
	if d.total > maxValues {
		return d, nil, errDelta
	}
	rest, err := d.end()
	return d, rest, err
}

// deltaLengths are all lengths, then all bytes.
type deltaLengths struct {
	lengths deltas
	data    []byte
}

func newDeltaLengths(data []byte) (decoder, error) {
	lengths, rest, err := newLengths(data)
	return &deltaLengths{lengths, rest}, err
}

func (d *deltaLengths) next(v *value) error {
	n, err := d.lengths.next()
	if err != nil {
		return err
	}
	if n > uint64(len(d.data)) {
		return errShort
	}
	v.bytes, d.data = d.data[:n:n], d.data[n:]
	return nil
}

// deltaBytes are values that begin like the one before.
type deltaBytes struct {
	*node
	prefixes deltas
	suffixes deltaLengths
	last     []byte
}

func newDeltaBytes(n *node, data []byte) (decoder, error) {
	prefixes, rest, err := newLengths(data)
	if err != nil {
		return nil, err
	}
	lengths, rest, err := newLengths(rest)
	return &deltaBytes{node: n, prefixes: prefixes, suffixes: deltaLengths{lengths, rest}}, err
}

func (d *deltaBytes) next(v *value) error {
	prefix, err := d.prefixes.next()
	if err != nil {
		return err
	}
	if err := d.suffixes.next(v); err != nil {
		return err
	}
	if prefix > uint64(len(d.last)) {
		return errDelta
	}
	d.last = append(d.last[:prefix], v.bytes...)
	if d.physical == format.FixedLenByteArray && len(d.last) != d.size {
		return errDelta
	}
	v.bytes = d.last
	return nil
}
