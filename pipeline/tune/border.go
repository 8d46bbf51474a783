package tune

import (
	"cmp"
	"slices"

	"github.com/doppel-dedup/doppel/internal/textdiff"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

// BorderPair is a pair for a person to judge.
type BorderPair struct {
	A          string  `json:"a"`
	B          string  `json:"b"`
	Similarity float64 `json:"similarity"`
	// Shared words stand in both texts in the same order; OnlyA and OnlyB are
	// the others.
	Shared int `json:"words_shared"`
	OnlyA  int `json:"words_only_a"`
	OnlyB  int `json:"words_only_b"`
	// Differences are the longest stretches that differ, in the order of the
	// texts, at most 2. Where less than half of the shorter text aligns they
	// say little, and there are Passages instead: the longest that both texts have,
	// at most 2. What is longer than 40 words is cut at its end.
	Differences []Difference       `json:"differences"`
	Passages    []pipeline.Passage `json:"passages"`
}

// Difference is what stands in one place of two texts; one of them may be empty.
// WordsA and WordsB are the lengths before a cut.
type Difference struct {
	A      string `json:"a"`
	B      string `json:"b"`
	WordsA int    `json:"words_a"`
	WordsB int    `json:"words_b"`
}

const (
	shownStretches = 2
	wordsShown     = 40
	leastPassage   = 3 // words
)

// compare fills in what differs between the texts.
func (p *BorderPair) compare(a, b []byte) {
	segA, segB := shingle.Segments(a), shingle.Segments(b)
	spans := textdiff.Diff(shingle.Norms(segA), shingle.Norms(segB))
	p.Differences, p.Passages = []Difference{}, []pipeline.Passage{}
	var changed []textdiff.Span
	for _, s := range spans {
		if s.Equal {
			p.Shared += s.AEnd - s.AStart
			continue
		}
		p.OnlyA += s.AEnd - s.AStart
		p.OnlyB += s.BEnd - s.BStart
		changed = append(changed, s)
	}
	if 2*p.Shared < min(len(segA), len(segB)) {
		p.passages(a, b, segA, segB)
		return
	}
	length := func(s textdiff.Span) int { return s.AEnd - s.AStart + s.BEnd - s.BStart }
	for _, s := range longest(changed, length) {
		p.Differences = append(p.Differences, Difference{
			A:      shingle.Written(a, segA[s.AStart:min(s.AEnd, s.AStart+wordsShown)]),
			B:      shingle.Written(b, segB[s.BStart:min(s.BEnd, s.BStart+wordsShown)]),
			WordsA: s.AEnd - s.AStart, WordsB: s.BEnd - s.BStart,
		})
	}
}

// passages finds what the texts share wherever it stands.
func (p *BorderPair) passages(a, b []byte, segA, segB []shingle.Segment) {
	shared := textdiff.Shared(shingle.Norms(segA), shingle.Norms(segB), leastPassage)
	for _, s := range longest(shared, func(s textdiff.Span) int { return s.AEnd - s.AStart }) {
		p.Passages = append(p.Passages, pipeline.Passage{Words: s.AEnd - s.AStart,
			A: shingle.Written(a, segA[s.AStart:min(s.AEnd, s.AStart+wordsShown)]),
			B: shingle.Written(b, segB[s.BStart:min(s.BEnd, s.BStart+wordsShown)])})
	}
}

// longest returns the few longest spans in the order of A.
func longest(spans []textdiff.Span, length func(textdiff.Span) int) []textdiff.Span {
	slices.SortStableFunc(spans, func(x, y textdiff.Span) int { return cmp.Compare(length(y), length(x)) })
	spans = spans[:min(len(spans), shownStretches)]
	slices.SortFunc(spans, func(x, y textdiff.Span) int {
		return cmp.Or(cmp.Compare(x.AStart, y.AStart), cmp.Compare(x.BStart, y.BStart))
	})
	return spans
}
