// Package boilerplate finds what many documents have without being copies of each
// other: headers, footers, menus, notices. Such shingles belong to no set:
//
//	pass 1             -> a sample of the texts, and of those of each source    [Boilerplate.See]
//	sampled texts      -> in how many each shingle is -> boilerplate            [Boilerplate.Learn]
//	second reading     -> sets without it -> keys -> candidates -> pass 2       [Boilerplate.Without]
//
// In go the distinct texts as they are read, and the sets of those in the samples;
// out come sets without boilerplate, and passages that show it. What is found depends
// on the texts alone, not on their order, nor on the functions that have hashed shingles.
//
// A Boilerplate is for one goroutine until it has learnt, then for any number. It
// takes 16 bytes for each of twice as many texts as are sampled, and later 8 for each
// of up to twice as many shingles as are boilerplate.
//
// Note: sets leave out the boilerplate of all sources, not of their own alone.
// So all similarities are of one kind, a page copied to another site loses the
// same as its original, and it does not matter which of two equal texts came first.
//
// Note: a count-min sketch in place of the sample would count too much by the mean
// of its cells: 143 in 2^21 for a million texts of 300 shingles. All that a source
// of 286 texts or fewer has would be in more than half of them. Exact counts of a
// sample are right at any size.
package boilerplate

import (
	"errors"
	"path/filepath"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/extsort"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

const (
	// LeastTexts is the number of texts that boilerplate is in: clusters of fewer
	// are never touched.
	LeastTexts = 20
	// OfSource is the share of a source's texts that have its boilerplate, if the
	// limit of all texts is not higher still. A template is on nearly all pages of its
	// site; the names and phrases of a site's topics are on a third at most.
	OfSource = 0.5
	// LeastShare is the least limit: of the sample, a thousandth is 33 texts.
	LeastShare = 0.001
	// leastLeft is the number of shingles, of about a dozen words, that must be
	// left of a text that is mostly boilerplate: a date or a page number that two
	// templates have in common makes them no copies.
	leastLeft = 16
)

// Sizes of samples, in texts. In that of a source, the share of a shingle has a
// standard error of 4.4% at most; in that of all texts, of 0.1% at a share of 5%.
const (
	SampledTexts    = 1 << sampleBits
	sampledOfSource = 128
)

// Boilerplate is what many texts of a corpus have.
type Boilerplate struct {
	share  float64
	inFile []uint64 // the source of a file's documents, if they name none

	all      textSample
	bySource map[uint64]*textSample

	samples []*textSample // settled; that of all texts is the first
	texts   []rankedText  // in them, by id

	set      shingleSet
	examples []*example
}

// New returns one without texts. A shingle in more than the share of them will be
// boilerplate, and one in more than [OfSource] of those of a source, or in more than
// that share if it is larger. share is in [[LeastShare], 1].
func New(share float64, files []corpus.File) *Boilerplate {
	b := &Boilerplate{share: share, inFile: make([]uint64, len(files)),
		all: textSample{size: SampledTexts}, bySource: map[uint64]*textSample{}}
	for i, f := range files {
		place := f.Path
		if f.Format.IsWhole() {
			place = filepath.Dir(f.Path)
		}
		b.inFile[i] = xxh3.HashString("file " + place)
	}
	return b
}

// See offers a text to the samples: that with the digest, which document leader has
// and, in a file by its number, one of the source does. The source of one that names
// none is its file, or the folder of a file that is one document.
func (b *Boilerplate) See(digest shingle.Digest, leader corpus.ID, file int, source []byte) {
	from := b.inFile[file]
	if len(source) > 0 {
		from = xxh3.Hash(source)
	}
	of := b.bySource[from]
	if of == nil {
		of = &textSample{size: sampledOfSource}
		b.bySource[from] = of
	}
	of.add(digest, leader)
	b.all.add(digest, leader)
}

// Sampled ends the samples and returns their documents, ascending, whose sets Learn
// wants.
func (b *Boilerplate) Sampled() []corpus.ID {
	b.samples = []*textSample{&b.all}
	for _, s := range b.bySource {
		if s.settle(); len(s.texts) >= LeastTexts {
			b.samples = append(b.samples, s)
		}
	}
	b.bySource = nil
	b.texts = union(b.samples)
	return idsOf(b.texts)
}

// Learn finds out what is boilerplate. rows are the sets of the documents that Sampled
// returned, in their order. Each sample is counted by a sorter of its own from
// newSorter.
func (b *Boilerplate) Learn(rows *spill.Store[uint64], newSorter func() *extsort.Sorter) error {
	ids := idsOf(b.texts)
	for i, s := range b.samples {
		limit := b.share
		if i > 0 {
			limit = max(limit, OfSource)
		}
		sorter := newSorter()
		err := b.count(s, ids, rows, sorter, limit)
		if err := errors.Join(err, sorter.Close()); err != nil {
			return err
		}
	}
	err := b.choose(b.texts, rows)
	b.all, b.samples, b.texts = textSample{}, nil, nil // have served
	return err
}

// count finds the shingles in more than a share of a sample: those in question by
// their upper bits, with which the sorter has room for texts, and of these by all bits,
// for a caller's hash functions may differ from run to run. ids are those of rows, and
// ascend.
func (b *Boilerplate) count(s *textSample, ids []corpus.ID, rows *spill.Store[uint64], sorter *extsort.Sorter, share float64) error {
	limit := share * float64(len(s.texts))
	many := func(n int) bool { return n >= LeastTexts && float64(n) > limit }
	var members []uint64
	err := eachSet(s, ids, rows, func(text int, set []uint64) error {
		members = members[:0]
		for _, h := range set {
			members = append(members, h&^sampleMask|uint64(text))
		}
		return sorter.AddAll(members)
	})
	if err != nil {
		return err
	}
	var inQuestion shingleSet
	last, n := uint64(0), 0
	settle := func() {
		if many(n) {
			inQuestion.add(last)
		}
	}
	err = sorter.Sort(func(batch []uint64) error {
		for _, m := range batch {
			if h := m | sampleMask; h != last {
				settle()
				last, n = h, 0
			}
			n++
		}
		return nil
	})
	settle()
	if err != nil {
		return err
	}
	counts := map[uint64]int{}
	err = eachSet(s, ids, rows, func(_ int, set []uint64) error {
		for _, h := range set {
			if inQuestion.has(h | sampleMask) {
				counts[h]++
			}
		}
		return nil
	})
	for h, n := range counts {
		if many(n) {
			b.set.add(h)
		}
	}
	return err
}

// eachSet yields the sets of a sample's texts, which are in rows by ids, good until the
// next one.
func eachSet(s *textSample, ids []corpus.ID, rows *spill.Store[uint64], yield func(text int, set []uint64) error) error {
	var buf []uint64
	for i, t := range s.texts {
		row, _ := slices.BinarySearch(ids, t.id)
		set, err := rows.Get(row, buf[:0])
		if err == nil {
			err = yield(i, set)
		}
		if err != nil {
			return err
		}
		if rows.View(row) == nil {
			buf = set
		}
	}
	return nil
}

// Without removes boilerplate from a set, in place. It returns what is left, which
// is nothing if that would be too little, and how many shingles are boilerplate.
func (b *Boilerplate) Without(set []uint64) (left []uint64, dropped int) {
	left = set[:0]
	for _, h := range set {
		if !b.set.has(h) {
			left = append(left, h)
		}
	}
	dropped = len(set) - len(left)
	if len(left) < leastLeft && len(left) < dropped {
		left = left[:0]
	}
	return left, dropped
}

// Has tells whether a shingle is boilerplate.
func (b *Boilerplate) Has(shingle uint64) bool { return b.set.has(shingle) }

// Len returns the number of shingles that are boilerplate.
func (b *Boilerplate) Len() int { return b.set.used }
