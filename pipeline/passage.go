package pipeline

import (
	"cmp"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// Bounds of what is shown of boilerplate.
const (
	boilerplateExamples = 5
	exampleRunes        = 80
	exampleBytes        = 1 << 20 // of a text that is searched for a passage
)

// passageWords returns the least number of words of a passage that is shown: a
// shingle, or where one says nothing of its own, a few words.
func passageWords(spec shingle.Spec) int {
	if spec.Unit == shingle.Word && spec.N > 1 {
		return spec.N
	}
	return 5
}

// example is a text that shows some of the boilerplate.
type example struct {
	id       corpus.ID
	fresh    shingleSet // boilerplate that no example before has
	passages []string   // that show it, the longest first
}

// choose takes texts whose boilerplate is mostly that of no other one before, in
// the order of ranks: what is in many texts is likely to come first, and their
// order in the corpus does not matter. rows are the sets of texts.
func (b *boilerplate) choose(texts []rankedText, rows *spill.Store[uint64]) error {
	byRank := make([]int, len(texts))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortFunc(byRank, func(x, y int) int { return cmp.Compare(texts[x].rank, texts[y].rank) })
	var seen shingleSet
	for _, row := range byRank {
		if len(b.examples) == boilerplateExamples || seen.used == b.set.used {
			return nil
		}
		set, err := rows.Get(row, nil)
		if err != nil {
			return err
		}
		all, fresh := 0, shingleSet{}
		for _, h := range set {
			if b.set.has(h) {
				all++
				if !seen.has(h) {
					fresh.add(h)
				}
			}
		}
		if 2*fresh.used <= all {
			continue
		}
		for _, h := range fresh.slots {
			if h != 0 {
				seen.add(h)
			}
		}
		b.examples = append(b.examples, &example{id: texts[row].id, fresh: fresh})
	}
	return nil
}

// newExhibitor returns one worker's function that finds the passages of a text, if
// it is an example.
func (j *Job) newExhibitor() func(corpus.ID, []byte) {
	if j.boiler == nil {
		return func(corpus.ID, []byte) {}
	}
	b, words := j.boiler, passageWords(j.plan.Identity.Shingle)
	return func(id corpus.ID, text []byte) {
		i := slices.IndexFunc(b.examples, func(e *example) bool { return e.id == id })
		if i < 0 || len(text) > exampleBytes {
			return
		}
		b.examples[i].passages = runsOf(text, words, &b.examples[i].fresh, j.newShingler())
	}
}

// runsOf returns the longest runs of so many words and more whose shingles are all
// in a set.
func runsOf(text []byte, words int, of *shingleSet, shingler *shingle.Shingler) (passages []string) {
	segments := shingle.Segments(text)
	normalizer := shingle.NewNormalizer()
	type run struct{ from, to int } // words
	var runs []run
	var norm []byte
	var set []uint64
	for to := words; to <= len(segments); to++ {
		norm = normalizer.Append(norm[:0], text[segments[to-words].Start:segments[to-1].End])
		set = shingler.Append(set[:0], norm)
		if slices.ContainsFunc(set, func(h uint64) bool { return !of.has(h) }) {
			continue
		}
		if last := len(runs) - 1; last >= 0 && runs[last].to == to-1 {
			runs[last].to = to
		} else {
			runs = append(runs, run{to - words, to})
		}
	}
	slices.SortStableFunc(runs, func(a, b run) int { return cmp.Compare(b.to-b.from, a.to-a.from) })
	for _, r := range runs[:min(len(runs), boilerplateExamples)] {
		passages = append(passages, written(text, segments, r.from, r.to))
	}
	return passages
}

// shown returns the passages as they are printed, on one line and cut: the longest of
// each example, then the next ones.
func (b *boilerplate) shown() (passages []string) {
	for nth := range boilerplateExamples {
		for _, e := range b.examples {
			if nth >= len(e.passages) || len(passages) == boilerplateExamples {
				continue
			}
			line := strings.Join(strings.Fields(e.passages[nth]), " ")
			if r := []rune(line); len(r) > exampleRunes {
				line = string(r[:exampleRunes]) + "…"
			}
			passages = append(passages, line)
		}
	}
	return passages
}
