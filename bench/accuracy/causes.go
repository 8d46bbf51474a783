package main

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

// causes takes apart what some operations of the stress set cost: it measures the
// similarity of copies with one part of the operation undone, or of those copies
// whose originals do not have what it hurts; and optical noise by characters.
func causes(ctx context.Context, b *bench) error {
	s, err := b.stressed()
	if err != nil {
		return err
	}
	noise, err := noiseTable(ctx, b, s)
	return errors.Join(err, b.table("causes", causesTable(s)), b.table("noise", noise))
}

// brokenAtLineEnd finds words that are broken at the end of a line.
var brokenAtLineEnd = regexp.MustCompile(`\pL[-\x{AD}]\s*\n\s*\pL`)

func causesTable(s *stressed) *table {
	t := newTable("operation", "what of it", "pairs", "mean word:5", "word:5 >= 0.9", ">= 0.8", "word:3 >= 0.7", ">= 0.5")
	five, three := newReader(word(5)), newReader(word(3))
	row := func(operation, what string, copyOf func(edited, original string) (string, bool)) {
		var pairs, strict, near, loose, edited int64
		var sum float64
		for i, d := range s.strata {
			if d.operation != operation {
				continue
			}
			original := s.records[d.original].Text
			text, ok := copyOf(s.records[i].Text, original)
			if !ok {
				continue
			}
			j5, j3 := jaccard(five.set(text), five.set(original)), jaccard(three.set(text), three.set(original))
			pairs, sum = pairs+1, sum+j5
			strict, near = strict+reaches(j5, .9), near+reaches(j5, .8)
			loose, edited = loose+reaches(j3, .7), edited+reaches(j3, .5)
		}
		t.row(operation, what, count(pairs), decimals(sum/float64(max(pairs, 1)), 3), share(strict, pairs), share(near, pairs), share(loose, pairs), share(edited, pairs))
	}
	row("hyphenate", "all", func(edited, _ string) (string, bool) { return edited, true })
	row("hyphenate", "all, with the deleted spaces put back", unglued)
	row("nopunct", "all", func(edited, _ string) (string, bool) { return edited, true })
	for _, broken := range []bool{false, true} {
		what := map[bool]string{false: "originals without words broken at line ends", true: "originals with such words"}[broken]
		row("nopunct", what, func(edited, original string) (string, bool) {
			return edited, brokenAtLineEnd.MatchString(original) == broken
		})
	}
	return t
}

func reaches(similarity, threshold float64) int64 {
	if similarity >= threshold {
		return 1
	}
	return 0
}

// unglued puts the spaces back that the operation hyphenate deletes in front of the
// words that it breaks, by walking along the original. ok is false if the two differ
// in more than white space and hyphens at line ends.
func unglued(edited, original string) (text string, ok bool) {
	var b strings.Builder
	for edited != "" {
		e, o := trimmed(edited), trimmed(original)
		switch {
		case len(e) < len(edited):
			b.WriteByte(' ')
			edited, original = e, o
		case strings.HasPrefix(edited, "-\n") && !ownHyphen(edited, o):
			b.WriteString("-\n")
			edited = edited[len("-\n"):]
		case len(o) < len(original):
			b.WriteByte(' ')
			original = o
		default:
			r, size := utf8.DecodeRuneInString(edited)
			if x, _ := utf8.DecodeRuneInString(original); x != r {
				return "", false
			}
			b.WriteRune(r)
			edited, original = edited[size:], original[size:]
		}
	}
	return b.String(), trimmed(original) == ""
}

func trimmed(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) }

// ownHyphen tells whether the hyphen that edited starts with is that of the original:
// if not, the run of hyphens here is longer by it.
func ownHyphen(edited, original string) bool { return hyphens(edited) == hyphens(original) }

// hyphens counts the hyphens that a text starts with, whatever white space is among
// them.
func hyphens(text string) int {
	n := 0
	for ; strings.HasPrefix(text, "-"); n++ {
		text = trimmed(text[len("-"):])
	}
	return n
}

// noiseTable holds word 3-grams, as edited has them, against character 5-grams where
// texts are misread.
func noiseTable(ctx context.Context, b *bench, s *stressed) (*table, error) {
	t := newTable("texts", "pairs", "`edited`", "with `--shingle char:5`", "precision of all pairs reported", "with `--shingle char:5`")
	overproof, err := b.set(opticalSet)
	if err != nil {
		return nil, err
	}
	words, err := noiseRun(ctx, s.labelled, word(3))
	if err != nil {
		return nil, err
	}
	chars, err := noiseRun(ctx, s.labelled, shingle.Spec{Unit: shingle.Char, N: 5})
	if err != nil {
		return nil, err
	}
	for _, level := range []string{"0.01", "0.03", "0.08", "0.15"} {
		var pairs, byWords, byChars int64
		for i, d := range s.strata {
			if d.operation == "ocr" && d.level == level {
				pairs++
				byWords += words.has(i, d.original)
				byChars += chars.has(i, d.original)
			}
		}
		t.row(stressSet+", ocr "+level, count(pairs), shareWithInterval(byWords, pairs), shareWithInterval(byChars, pairs), decimals(words.precision, 4), decimals(chars.precision, 4))
	}
	clusters := trueClusters(overproof)
	if words, err = noiseRun(ctx, overproof, word(3)); err != nil {
		return nil, err
	}
	if chars, err = noiseRun(ctx, overproof, shingle.Spec{Unit: shingle.Char, N: 5}); err != nil {
		return nil, err
	}
	var pairs, byWords, byChars int64
	for i, c := range clusters {
		for j := range i {
			if c != "" && clusters[j] == c {
				pairs++
				byWords += words.has(i, j)
				byChars += chars.has(i, j)
			}
		}
	}
	t.row(opticalSet, count(pairs), shareWithInterval(byWords, pairs), shareWithInterval(byChars, pairs), decimals(words.precision, 4), decimals(chars.precision, 4))
	return t, nil
}

const opticalSet = "overproof_half"

// noisy is what a run at edited reports.
type noisy struct {
	leader    []int
	pairs     map[[2]int]bool
	precision float64 // of verified pairs
}

// has is 1 for a pair of records that was verified or is exact, else 0.
func (n *noisy) has(a, b int) int64 {
	if n.leader[a] == n.leader[b] || n.pairs[ordered(n.leader[a], n.leader[b])] {
		return 1
	}
	return 0
}

func noiseRun(ctx context.Context, set *labelled, spec shingle.Spec) (*noisy, error) {
	n := &noisy{leader: make([]int, len(set.records)), pairs: map[[2]int]bool{}}
	for leader, group := range copiesOf(set) {
		for _, i := range group {
			n.leader[i] = leader
		}
	}
	clusters := trueClusters(set)
	right := 0
	err := runWith(ctx, pipeline.Options{Inputs: []string{set.path}, Preset: pipeline.Edited, Identity: pipeline.Identity{Shingle: spec}}, func(res *pipeline.Result) error {
		for p := range res.Pairs() {
			a, b := set.index[p.A], set.index[p.B]
			n.pairs[ordered(n.leader[a], n.leader[b])] = true
			if clusters[a] == clusters[b] {
				right++
			}
		}
		return nil
	})
	n.precision = float64(right) / float64(max(len(n.pairs), 1))
	return n, err
}
