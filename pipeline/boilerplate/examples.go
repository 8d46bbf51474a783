package boilerplate

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
	mostExamples = 5
	exampleRunes = 80
	exampleBytes = 1 << 20 // of a text that is searched for a passage
)

// example is a text that shows some of the boilerplate.
type example struct {
	id       corpus.ID
	fresh    shingleSet // boilerplate that no example before has
	passages []string   // that show it, the longest first
}

// choose takes texts whose boilerplate is mostly that of no other one before, in
// the order of ranks: what is in many texts is likely to come first, and their
// order in the corpus does not matter. rows are the sets of texts.
func (b *Boilerplate) choose(texts []rankedText, rows *spill.Store[uint64]) error {
	byRank := make([]int, len(texts))
	for i := range byRank {
		byRank[i] = i
	}
	slices.SortFunc(byRank, func(x, y int) int { return cmp.Compare(texts[x].rank, texts[y].rank) })
	var seen shingleSet
	for _, row := range byRank {
		if len(b.examples) == mostExamples || seen.used == b.set.used {
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

// Passages looks for passages in the text of a document, if it was chosen as an example:
// runs of so many words and more that are boilerplate, by shinglers such as have made the
// sets. It may be called for several documents at once.
func (b *Boilerplate) Passages(id corpus.ID, text []byte, words int, newShingler func() *shingle.Shingler) []string {
	i := b.exampleOf(id)
	if i < 0 || len(text) > exampleBytes {
		return nil
	}
	return runsOf(text, words, &b.examples[i].fresh, newShingler())
}

// Show takes what Passages has returned, for Examples. It is not to be called beside
// other methods.
func (b *Boilerplate) Show(id corpus.ID, passages []string) {
	if i := b.exampleOf(id); i >= 0 {
		b.examples[i].passages = passages
	}
}

func (b *Boilerplate) exampleOf(id corpus.ID) int {
	return slices.IndexFunc(b.examples, func(e *example) bool { return e.id == id })
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
	for _, r := range runs[:min(len(runs), mostExamples)] {
		passages = append(passages, shingle.Written(text, segments[r.from:r.to]))
	}
	return passages
}

// Examples returns some of the passages that were found, each on one line and cut:
// the longest of each text, then the next ones.
func (b *Boilerplate) Examples() (passages []string) {
	for nth := range mostExamples {
		for _, e := range b.examples {
			if nth >= len(e.passages) || len(passages) == mostExamples {
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
