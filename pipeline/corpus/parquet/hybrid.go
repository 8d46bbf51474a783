package parquet

import (
	"encoding/binary"
	"errors"
)

var errShort = errors.New("a page ends too early")

// hybrid reads numbers that are run-length encoded or bit-packed by turns: levels,
// indices into a dictionary and truths. It makes none before it is asked for, so that
// a run of any claimed length takes no memory.
type hybrid struct {
	data  []byte
	width uint   // bits of a number, 0 to 32
	run   uint64 // numbers left of the run at hand
	value uint32 // the number of a run, if packed is nil
	// packed are the bits of a bit-packed run, and at the next one of them.
	packed []byte
	at     uint64
}

// next returns the next number.
func (h *hybrid) next() (uint32, error) {
	for h.run == 0 {
		if err := h.begin(); err != nil {
			return 0, err
		}
	}
	h.run--
	if h.packed == nil {
		return h.value, nil
	}
	v := bits(h.packed, h.at, h.width)
	h.at += uint64(h.width)
	return uint32(v), nil
}

// begin reads the head of a run.
func (h *hybrid) begin() error {
	head, n := binary.Uvarint(h.data)
	if n <= 0 {
		return errShort
	}
	h.data = h.data[n:]
	h.packed = nil
	if head&1 == 0 {
		return h.beginRun(head >> 1)
	}
	groups := head >> 1
	if groups > uint64(len(h.data)) && h.width > 0 || groups > 1<<32 {
		return errShort
	}
	h.run = groups * 8
	if h.width == 0 {
		h.value = 0
		return nil
	}
	size := groups * uint64(h.width)
	if size > uint64(len(h.data)) {
		// The last group may be cut where no numbers follow.
		size = uint64(len(h.data))
		h.run = size * 8 / uint64(h.width)
	}
	h.packed, h.at, h.data = h.data[:size], 0, h.data[size:]
	return nil
}

func (h *hybrid) beginRun(length uint64) error {
	size := int(h.width+7) / 8
	if size > len(h.data) {
		return errShort
	}
	h.run, h.value = length, 0
	for i := range size {
		h.value |= uint32(h.data[i]) << (8 * i)
	}
	h.data = h.data[size:]
	return nil
}

// bits returns the number of width bits, at most 64, that begins at bit at of data,
// lowest bits first. They must be there.
func bits(data []byte, at uint64, width uint) uint64 {
	i, shift := at/8, uint(at%8)
	if shift+width <= 64 && i+8 <= uint64(len(data)) {
		return binary.LittleEndian.Uint64(data[i:]) >> shift & mask(width)
	}
	var v uint64
	for got := uint(0); got < width; i++ {
		v |= uint64(data[i]) >> shift << got
		got += 8 - shift
		shift = 0
	}
	return v & mask(width)
}

func mask(width uint) uint64 { return 1<<width - 1 } // all ones for 64
