package parquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"
)

// value is one value of a column.
type value struct {
	// bits is a truth, an integer as it is stored, with the bits above its size 0, or
	// the bits of a floating-point number.
	bits uint64
	// bytes is what is longer than 8 bytes or of any length. It is valid until the
	// next page.
	bytes []byte
}

// decoder reads the values of a page one by one.
type decoder interface {
	next(v *value) error
}

// newDecoder returns a decoder of a page of n values, nulls not counted among them
// where they are known.
func newDecoder(n *node, encoding format.Encoding, data []byte, dict *dictionary) (decoder, error) {
	switch encoding {
	case format.Plain:
		return newPlain(n, data), nil
	case plainDictionary, format.RLEDictionary:
		if dict == nil {
			return nil, errors.New("a page refers to a dictionary, and there is none")
		}
		return newIndices(data, dict)
	case format.RLE:
		if n.physical == format.Boolean && len(data) >= 4 {
			length := binary.LittleEndian.Uint32(data)
			return &truths{hybrid{data: data[4:min(len(data), 4+int(length))], width: 1}}, nil
		}
	case format.DeltaBinaryPacked:
		if n.physical == format.Int32 || n.physical == format.Int64 {
			d, err := newDeltas(data, n.size*8)
			return &deltaInts{d}, err
		}
	case format.DeltaLengthByteArray:
		if n.physical == format.ByteArray {
			return newDeltaLengths(data)
		}
	case format.DeltaByteArray:
		if n.physical == format.ByteArray || n.physical == format.FixedLenByteArray {
			return newDeltaBytes(n, data)
		}
	case format.ByteStreamSplit:
		if n.size > 0 {
			return &split{node: n, data: data, n: len(data) / n.size}, nil
		}
	}
	return nil, fmt.Errorf("a page of %v is encoded as %v, which is not known", n.physical, encoding)
}

// fixed makes a value of the bytes of one, which are n.size.
func (n *node) fixed(data []byte, v *value) {
	switch n.physical {
	case format.Int32, format.Float:
		v.bits = uint64(binary.LittleEndian.Uint32(data))
	case format.Int64, format.Double:
		v.bits = binary.LittleEndian.Uint64(data)
	default:
		v.bytes = data
	}
}

func newPlain(n *node, data []byte) decoder {
	switch n.physical {
	case format.Boolean:
		return &plainTruths{data: data}
	case format.ByteArray:
		return &plainBytes{data: data}
	}
	return &plainFixed{node: n, data: data}
}

// plainTruths are bits.
type plainTruths struct {
	data []byte
	at   int
}

func (p *plainTruths) next(v *value) error {
	if p.at >= 8*len(p.data) {
		return errShort
	}
	v.bits = uint64(p.data[p.at/8] >> (p.at % 8) & 1)
	p.at++
	return nil
}

// plainBytes are lengths in four bytes with the bytes behind each.
type plainBytes struct{ data []byte }

func (p *plainBytes) next(v *value) (err error) {
	v.bytes, p.data, err = cutBytes(p.data)
	return err
}

func cutBytes(data []byte) (first, rest []byte, err error) {
	if len(data) < 4 {
		return nil, nil, errShort
	}
	n := uint64(binary.LittleEndian.Uint32(data))
	if n > uint64(len(data)-4) {
		return nil, nil, errShort
	}
	return data[4 : 4+n : 4+n], data[4+n:], nil
}

// plainFixed are values of equal length.
type plainFixed struct {
	*node
	data []byte
}

func (p *plainFixed) next(v *value) error {
	if p.size > len(p.data) {
		return errShort
	}
	p.fixed(p.data[:p.size:p.size], v)
	p.data = p.data[p.size:]
	return nil
}

// truths are a run-length encoded column of truths.
type truths struct{ hybrid }

func (t *truths) next(v *value) error {
	b, err := t.hybrid.next()
	v.bits = uint64(b)
	return err
}

// dictionary holds the different values of a column chunk as they are stored.
type dictionary struct {
	*node
	data    []byte
	offsets []uint32 // where each value's length begins, for values of any length
	n       int
}

func newDictionary(n *node, data []byte, count int64) (*dictionary, error) {
	d := &dictionary{node: n, data: data}
	switch {
	case n.physical == format.Boolean:
		return nil, errors.New("a dictionary of truths is not known")
	case n.physical != format.ByteArray:
		d.n = int(min(count, int64(len(data)/n.size)))
	default:
		for rest := data; int64(d.n) < count; d.n++ {
			d.offsets = append(d.offsets, uint32(len(data)-len(rest)))
			var err error
			if _, rest, err = cutBytes(rest); err != nil {
				return nil, err
			}
		}
	}
	if int64(d.n) < count {
		return nil, errShort
	}
	return d, nil
}

func (d *dictionary) at(i int, v *value) error {
	if i >= d.n {
		return fmt.Errorf("a page refers to value %d of a dictionary of %d", i, d.n)
	}
	if d.offsets == nil {
		d.fixed(d.data[i*d.size:(i+1)*d.size], v)
		return nil
	}
	var err error
	v.bytes, _, err = cutBytes(d.data[d.offsets[i]:])
	return err
}

// indices are the places of values in a dictionary.
type indices struct {
	hybrid
	dict *dictionary
}

func newIndices(data []byte, dict *dictionary) (decoder, error) {
	if len(data) == 0 {
		return &indices{dict: dict}, nil // a page of nulls
	}
	if data[0] > 32 {
		return nil, fmt.Errorf("indices of %d bits are too wide", data[0])
	}
	return &indices{hybrid{data: data[1:], width: uint(data[0])}, dict}, nil
}

func (x *indices) next(v *value) error {
	i, err := x.hybrid.next()
	if err != nil {
		return err
	}
	return x.dict.at(int(i), v)
}

// split has the first bytes of all values, then their second ones, and so on.
type split struct {
	*node
	data  []byte
	n, at int
	bytes [32]byte
}

func (s *split) next(v *value) error {
	if s.at >= s.n {
		return errShort
	}
	b := s.bytes[:0]
	if s.size > len(s.bytes) {
		b = make([]byte, 0, s.size)
	}
	for i := range s.size {
		b = append(b, s.data[i*s.n+s.at])
	}
	s.at++
	s.fixed(b, v)
	return nil
}
