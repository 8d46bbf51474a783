package boilerplate

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// AppendLearnt appends what Learn has found out to dst: the number of shingles and their
// hashes, then the number of examples, and of each its document and its shingles likewise.
// Numbers are uvarints, hashes 8 bytes, little-endian. Checkpoints hold it.
func (b *Boilerplate) AppendLearnt(dst []byte) []byte {
	dst = b.set.appendTo(dst)
	dst = binary.AppendUvarint(dst, uint64(len(b.examples)))
	for _, e := range b.examples {
		dst = binary.AppendUvarint(dst, uint64(e.id))
		dst = e.fresh.appendTo(dst)
	}
	return dst
}

var errNotLearnt = errors.New("boilerplate: these bytes are not what was learnt")

// TakeLearnt takes what AppendLearnt has appended, in place of Learn and without texts.
// The hash functions must be the same.
func (b *Boilerplate) TakeLearnt(data []byte) error {
	set, data, ok := takeSet(data)
	n, used := binary.Uvarint(data)
	if !ok || used <= 0 || n > mostExamples {
		return errNotLearnt
	}
	data = data[used:]
	var examples []*example
	for range n {
		id, used := binary.Uvarint(data)
		if used <= 0 || id > 1<<32-1 {
			return errNotLearnt
		}
		e := &example{id: corpus.ID(id)}
		if e.fresh, data, ok = takeSet(data[used:]); !ok {
			return errNotLearnt
		}
		examples = append(examples, e)
	}
	if len(data) > 0 {
		return errNotLearnt
	}
	b.set, b.examples = set, examples
	b.all, b.bySource, b.samples, b.texts = textSample{}, nil, nil, nil
	return nil
}

func (s *shingleSet) appendTo(dst []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(s.used))
	for _, h := range s.slots {
		if h != 0 {
			dst = binary.LittleEndian.AppendUint64(dst, h)
		}
	}
	return dst
}

// takeSet takes a set from the beginning of data, and returns the rest.
func takeSet(data []byte) (s shingleSet, rest []byte, ok bool) {
	n, used := binary.Uvarint(data)
	if used <= 0 || n > uint64(len(data)-used)/8 {
		return shingleSet{}, nil, false
	}
	data = data[used:]
	s.slots = make([]uint64, 1<<bits.Len64(2*n)) // hashes come in an order that would fill smaller tables unevenly
	for range n {
		s.add(binary.LittleEndian.Uint64(data))
		data = data[8:]
	}
	return s, data, true
}
