package pipeline

import (
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/shingle"
)

// contentMaker makes, of one text after another, the set that is compared, by the secret
// hash functions, and the shingles that keys are made of, by those of the seed. Both are
// without boilerplate, if that is left out. It belongs to one goroutine.
type contentMaker struct {
	boiler   *boilerplate.Boilerplate // nil if nothing is left out
	comparer *shingle.Shingler
	open     *shingle.Shingler

	secret, keyed []uint64
}

func (j *Job) newContentMaker() *contentMaker {
	return &contentMaker{boiler: j.boiler, comparer: j.newComparer(), open: j.newShingler()}
}

// appendSet appends the set that is compared to dst, and returns how many shingles the
// text has, and how many of them are boilerplate.
func (m *contentMaker) appendSet(dst []uint64, norm []byte) (_ []uint64, all, dropped int) {
	from := len(dst)
	dst = m.comparer.Append(dst, norm)
	all = len(dst) - from
	if m.boiler == nil {
		return dst, all, 0
	}
	left, dropped := m.boiler.Without(dst[from:])
	return dst[:from+len(left)], all, dropped
}

// openSet returns the set that keys are made of, good until the next call. It is for texts
// of which appendSet has left something.
func (m *contentMaker) openSet(norm []byte) []uint64 {
	if cap(m.keyed) > maxKept/8 {
		m.secret, m.keyed = nil, nil
	}
	if m.boiler == nil || m.boiler.Len() == 0 {
		m.keyed = m.open.Append(m.keyed[:0], norm)
		return m.keyed
	}
	m.secret, m.keyed = m.comparer.AppendAll(m.secret[:0], norm), m.open.AppendAll(m.keyed[:0], norm)
	left := m.keyed[:0]
	for i, h := range m.keyed { // which is of the same shingle as m.secret[i]
		if !m.boiler.Has(m.secret[i]) {
			left = append(left, h)
		}
	}
	slices.Sort(left)
	return slices.Compact(left)
}
