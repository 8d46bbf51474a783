package page

import (
	"bytes"
	"slices"
	"strings"
	"unicode"

	"github.com/doppel-dedup/doppel/internal/textdiff"
	"github.com/doppel-dedup/doppel/shingle"
)

// Bounds of what is shown of a pair of texts.
const (
	comparedBytes = 64 << 10 // of each text
	passageWords  = 3        // a shorter run that both have says nothing
	shownWords    = 260      // of each text
	keptAround    = 24       // words left at both ends of a run that is cut
	longRun       = 3 * keptAround
)

// Compare returns two texts as runs of what they share, wherever it stands, and
// what stands in one alone. Long runs are cut in their middle, and what is left is
// cut at its end. Passages are numbered in the order of a.
//
// Of texts of over 64 KiB the beginnings are compared, and Cut is set.
func Compare(a, b []byte) (left, right Side) {
	a, left.Cut = beginning(a)
	b, right.Cut = beginning(b)
	segA, segB := shingle.Segments(a), shingle.Segments(b)
	shared := textdiff.Shared(shingle.Norms(segA), shingle.Norms(segB), passageWords)
	left.Runs = runs(a, segA, shared, func(s textdiff.Span) (int, int) { return s.AStart, s.AEnd })
	right.Runs = runs(b, segB, shared, func(s textdiff.Span) (int, int) { return s.BStart, s.BEnd })
	return left, right
}

// beginning returns the part of a text that is compared: whole characters.
func beginning(text []byte) ([]byte, bool) {
	if len(text) <= comparedBytes {
		return text, false
	}
	end := comparedBytes
	for end > 0 && text[end]&0xc0 == 0x80 {
		end--
	}
	return text[:end], true
}

// numbered is a run of words [from, to).
type numbered struct{ from, to, passage int }

// runs cuts a text at the passages, whose words at finds.
func runs(text []byte, words []shingle.Segment, passages []textdiff.Span, at func(textdiff.Span) (int, int)) []Run {
	marked := make([]numbered, len(passages))
	for i, p := range passages {
		from, to := at(p)
		marked[i] = numbered{from, to, i + 1}
	}
	slices.SortFunc(marked, func(x, y numbered) int { return x.from - y.from })
	all := make([]numbered, 0, 2*len(marked)+1)
	next := 0
	for _, m := range marked {
		if m.from > next {
			all = append(all, numbered{next, m.from, 0})
		}
		all, next = append(all, m), m.to
	}
	if next < len(words) {
		all = append(all, numbered{next, len(words), 0})
	}
	return shorten(text, words, all)
}

// shorten writes the runs, with the middle of long ones and all beyond shownWords
// left out.
func shorten(text []byte, words []shingle.Segment, all []numbered) []Run {
	var out []Run
	shown := 0
	add := func(from, to, passage int) {
		run := written(text, words, from, to)
		mark := strings.TrimRightFunc(run, unicode.IsSpace)
		out = append(out, Run{Text: mark, Passage: passage})
		if space := run[len(mark):]; space != "" {
			out = append(out, Run{Text: space}) // is not underlined
		}
		shown += to - from
	}
	for _, r := range all {
		if shown >= shownWords {
			return append(out, Run{Skipped: len(words) - r.from})
		}
		if r.to-r.from <= longRun {
			add(r.from, r.to, r.passage)
			continue
		}
		add(r.from, r.from+keptAround, r.passage)
		out = append(out, Run{Skipped: r.to - r.from - 2*keptAround})
		add(r.to-keptAround, r.to, r.passage)
	}
	return out
}

// written returns words [from, to) as the author wrote them, with what stands
// before the next word.
func written(text []byte, words []shingle.Segment, from, to int) string {
	start, end := words[from].Start, len(text)
	if from == 0 {
		start = len(text) - len(bytes.TrimLeftFunc(text, unicode.IsSpace))
	}
	if to < len(words) {
		end = max(words[to].Start, words[to-1].End)
	}
	return string(text[start:end])
}
