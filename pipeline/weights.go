package pipeline

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// weights is what a weighted similarity needs. In pass 1 workers count in how many
// documents of a batch words are, and the batches are added up in their order; the counts
// make the model, and the second reading makes the weighted rows by it, with the keys if
// candidates are found by key terms.
type weights struct {
	features idf.Features
	kind     idf.Kind
	keyTerms int
	seed     int64
	lexicon  func() *idf.Lexicon // made once
	words    int64               // the secret seed of what rows hold, once settled

	counted *idf.Counter // but for what is in since
	since   *idf.Counter // of what no segment has yet; nil without a checkpoint
	model   *idf.Model

	cut int64 // texts longer than pairs of words are made of
}

func newWeights(id Identity) *weights {
	return &weights{features: id.Features, kind: id.Weights, keyTerms: id.KeyTerms, seed: id.Seed,
		lexicon: sync.OnceValue(func() *idf.Lexicon { return idf.NewLexicon(id.Seed) })}
}

// newTally returns one worker's function that counts the words of a document, and one
// that hands what was counted to the batch.
func (w *weights) newTally() (count func(norm []byte), flush func(*batch)) {
	tally, termer := idf.NewTally(w.lexicon()), shingle.NewTermer(w.seed)
	var terms []shingle.Term
	count = func(norm []byte) {
		terms = termer.Append(terms[:0], norm)
		tally.Add(terms)
		if cap(terms) > maxKept/8 {
			terms = nil
		}
	}
	return count, func(b *batch) { tally.Flush(&b.words) }
}

// begin makes w ready to add up counts, logged says for a checkpoint too.
func (w *weights) begin(logged bool) {
	w.counted = idf.NewCounter(w.lexicon())
	if logged {
		w.since = idf.NewCounter(w.lexicon())
	}
}

// add adds what was counted of a batch.
func (w *weights) add(counts *idf.Counts) {
	if w.since != nil {
		w.since.AddCounts(counts)
	} else {
		w.counted.AddCounts(counts)
	}
}

// AppendNew appends what was counted since the last time, for a checkpoint.
func (w *weights) AppendNew(dst []byte) []byte {
	if w.since == nil || w.since.Documents() == 0 {
		return dst
	}
	dst = w.since.AppendTo(dst)
	w.counted.Merge(w.since)
	w.since.Reset()
	return dst
}

// TakeUp adds what AppendNew has appended.
func (w *weights) TakeUp(counts []byte) error { return w.counted.AddFrom(counts) }

// settle makes the model from what was counted. Counts add up the same in any order, so
// it does not depend on how batches are cut. words are the seed of the hashes in rows.
func (w *weights) settle(words int64) {
	w.words = words
	if w.since != nil {
		w.counted.Merge(w.since)
		w.since = nil
	}
	w.model = idf.NewModel(w.kind, w.counted, words)
}

// frequent is the number of documents from which a term is in too many to be a key:
// buckets of that size would be chained, for pairs that other terms find better.
func (w *weights) frequent() uint64 { return max(1000, w.counted.Documents()/20) }

// newRowAdder returns one worker's function that appends the weighted row of a
// text, and the keys of its key terms if asked to, and these for the sieve.
func (w *weights) newRowAdder(withKeys, sieved bool) func(*setBatch) {
	weigher := idf.NewWeigher(w.features, w.model)
	termer := shingle.NewTwinTermer(w.seed, w.words)
	frequent := w.frequent()
	var terms []shingle.Term
	var words []uint64
	return func(b *setBatch) {
		terms, words = termer.AppendBoth(terms[:0], words[:0], b.norm)
		weigher.Weigh(terms, words)
		before := weigher.Cut()
		b.sets = weigher.AppendRow(b.sets)
		b.cut += int64(weigher.Cut() - before)
		if withKeys {
			weigher.FindKeyTerms(max(w.keyTerms, sievedTerms), func(t shingle.Term) bool { return w.counted.DF(t) > frequent })
			b.keys = weigher.AppendPairKeys(b.keys, w.keyTerms)
			b.keyEnd = append(b.keyEnd, len(b.keys))
		}
		if sieved {
			b.terms = weigher.AppendKeyRow(b.terms, sievedTerms)
			b.termEnd = append(b.termEnd, len(b.terms))
		}
		if cap(terms) > maxKept/8 {
			terms, words = nil, nil
		}
	}
}

// warnings says of which texts not all features count.
func (w *weights) warnings() []report.Warning {
	n := w.cut
	if n == 0 {
		return nil
	}
	return []report.Warning{{Code: "long_texts", Message: fmt.Sprintf(
		"%s more than %s content words: the pairs of words behind them do not count", quantity.Of(n, "text has", "texts have"), quantity.Number(idf.MaxContentWords))}}
}

// Weighted is how alike two documents are by weights, and by which words.
type Weighted struct {
	// Measure says what the similarity is: cosine or weighted-jaccard.
	Measure string `json:"measure"`
	// Similarity is the geometric mean of those of the factors.
	Similarity float64  `json:"similarity"`
	Factors    []Factor `json:"factors"`
	// Words are those that both have and that add most to the first factor.
	Words []SharedWord `json:"words"`
}

// Factor is one of the features whose similarities are multiplied.
type Factor struct {
	Features   string  `json:"features"`
	Similarity float64 `json:"similarity"`
}

// SharedWord is a word of both documents, with its share in their similarity.
type SharedWord struct {
	Word  string  `json:"word"`
	Share float64 `json:"share"`
}

// sharedWords is the number of words that an explanation names.
const sharedWords = 20

// explain compares two normalised texts by their weights. text is the first one as
// it was written.
func (w *weights) explain(s Similarity, normA, normB, text []byte) *Weighted {
	termer := shingle.NewTwinTermer(w.seed, w.words)
	termsA, wordsA := termer.AppendBoth(nil, nil, normA)
	termsB, wordsB := termer.AppendBoth(nil, nil, normB)
	rows := func(features idf.Features) (a, b []uint64) {
		weigher := idf.NewWeigher(features, w.model)
		weigher.Weigh(termsA, wordsA)
		a = weigher.AppendRow(nil)
		weigher.Weigh(termsB, wordsB)
		return a, weigher.AppendRow(nil)
	}
	out := &Weighted{Measure: s.String(), Similarity: s.of(rows(w.features)), Words: []SharedWord{}}
	for _, section := range w.features.Sections() {
		out.Factors = append(out.Factors, Factor{section.String(), s.of(rows(section.Features()))})
	}
	a, b := rows(idf.Section{Kind: idf.Words}.Features())
	shared := verify.RowShared(a, b, 0)
	// What is shown must not hang on the secret hashes: ties are in the order of terms.
	term := map[uint64]shingle.Term{}
	for i, h := range wordsA {
		term[h] = termsA[i]
	}
	slices.SortFunc(shared, func(x, y verify.SharedEntry) int {
		return cmp.Or(cmp.Compare(y.Contribution(), x.Contribution()), cmp.Compare(term[x.Hash], term[y.Hash]))
	})
	total := 0.0
	for _, e := range shared {
		total += float64(e.Contribution())
	}
	written := w.writtenWords(text)
	for _, e := range shared[:min(len(shared), sharedWords)] {
		out.Words = append(out.Words, SharedWord{written[e.Hash], float64(e.Contribution()) / total})
	}
	return out
}

// writtenWords returns the words of a text by their hashes in a weighted row.
func (w *weights) writtenWords(text []byte) map[uint64]string {
	termer := shingle.NewTwinTermer(w.seed, w.words)
	written := map[uint64]string{}
	for _, segment := range shingle.Segments(text) {
		_, words := termer.AppendBoth(nil, nil, []byte(segment.Norm))
		for _, h := range words {
			if written[h] == "" {
				written[h] = segment.Norm
			}
		}
	}
	return written
}
