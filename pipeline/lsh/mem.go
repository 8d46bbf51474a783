package lsh

import (
	"errors"
	"fmt"
	"slices"

	minhashlsh "github.com/ekzhu/minhash-lsh"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Mem is an index in memory that answers which documents share a band with a
// signature. It is github.com/ekzhu/minhash-lsh behind our API: sorted results,
// our banding, and errors for what that package does not check. It takes more
// than a kilobyte a document. The zero value is not usable: see [NewMem].
//
// Note: that package chooses bands and rows itself, from a number of hashes and
// a threshold, by an equal-area optimum. NewMem looks for the threshold at which
// its optimum is the banding wanted. Where there is none, the bands are halved
// until each half has one, and the index is the union of several, each over its
// own range of the signature. One row and one band are always reachable, so the
// search ends; NewMem still checks what it got.
type Mem struct {
	params  Params
	parts   []memPart
	len     int
	indexed bool
}

// memPart is an index over some consecutive bands.
type memPart struct {
	lsh      *minhashlsh.MinhashLSH
	from, to int // positions of the signature
}

// NewMem returns an empty index for signatures of at least p.Hashes() values.
func NewMem(p Params) (*Mem, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	m := &Mem{params: p}
	if err := m.addParts(0, p.Bands, findIndex); err != nil {
		return nil, err
	}
	return m, nil
}

// addParts covers the bands from first to last (exclusive) with indexes from
// find, which returns nil for a banding that it cannot provide.
func (m *Mem) addParts(first, last int, find func(Params) *minhashlsh.MinhashLSH) error {
	p := Params{Bands: last - first, Rows: m.params.Rows}
	if index := find(p); index != nil {
		m.parts = append(m.parts, memPart{index, first * p.Rows, last * p.Rows})
		return nil
	}
	if p.Bands == 1 {
		return fmt.Errorf("lsh: minhash-lsh offers no threshold that gives %v", p)
	}
	middle := first + p.Bands/2
	if err := m.addParts(first, middle, find); err != nil {
		return err
	}
	return m.addParts(middle, last, find)
}

// maxProbes bounds the search for a threshold. All bandings of up to 400 hashes
// that were tried need fewer; a probe at 1,024 hashes takes a tenth of a second.
const maxProbes = 14

// findIndex returns an index whose own choice of parameters is p, or nil.
//
// Between thresholds 0, where the optimum is as many bands as there are hashes,
// and 1, where it is one band, the rows grow with the threshold and, for given
// rows, the bands shrink. So the search is a bisection. It starts where the
// S-curve of p is even, which is where the area left and right of it balances.
func findIndex(p Params) *minhashlsh.MinhashLSH {
	switch {
	case p.Rows == 1:
		return probe(p, 0)
	case p.Bands == 1:
		return probe(p, 1)
	}
	low, high := 0.0, 1.0
	t := p.evenPoint()
	for range maxProbes {
		index := minhashlsh.NewMinhashLSH64(p.Hashes(), t)
		rows, bands := index.Params()
		switch {
		case rows == p.Rows && bands == p.Bands:
			return index
		case rows < p.Rows || rows == p.Rows && bands > p.Bands:
			low = t
		default:
			high = t
		}
		t = (low + high) / 2
	}
	return nil
}

func probe(p Params, threshold float64) *minhashlsh.MinhashLSH {
	index := minhashlsh.NewMinhashLSH64(p.Hashes(), threshold)
	if rows, bands := index.Params(); rows != p.Rows || bands != p.Bands {
		return nil
	}
	return index
}

// Len returns the number of documents added.
func (m *Mem) Len() int { return m.len }

// Add stores document id under its signature; it keeps no reference to sig. The
// document can be found after the next call of Index. A signature that is too
// short, above all that of an empty document, is an error.
func (m *Mem) Add(id corpus.ID, sig []uint64) error {
	if err := m.check(sig); err != nil {
		return fmt.Errorf("lsh: document %d: %w", id, err)
	}
	for _, part := range m.parts {
		part.lsh.Add(id, sig[part.from:part.to])
	}
	m.len++
	m.indexed = false
	return nil
}

func (m *Mem) check(sig []uint64) error {
	if len(sig) == 0 {
		return errors.New("no signature: the document is empty")
	}
	if len(sig) < m.params.Hashes() {
		return fmt.Errorf("%v need %d hashes, signature has %d", m.params, m.params.Hashes(), len(sig))
	}
	return nil
}

// Index makes all documents added so far findable.
func (m *Mem) Index() {
	for _, part := range m.parts {
		part.lsh.Index()
	}
	m.indexed = true
}

// Query returns the documents that share a band key with sig, ascending and
// distinct: the document itself too if it is in the index. Any number of
// goroutines may query at once, none while documents are added or indexed.
func (m *Mem) Query(sig []uint64) ([]corpus.ID, error) {
	if err := m.check(sig); err != nil {
		return nil, fmt.Errorf("lsh: query: %w", err)
	}
	if m.len > 0 && !m.indexed {
		return nil, errors.New("lsh: query before Index")
	}
	var ids []corpus.ID
	for _, part := range m.parts {
		for _, key := range part.lsh.Query(sig[part.from:part.to]) {
			ids = append(ids, key.(corpus.ID))
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}
