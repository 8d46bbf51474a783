package idf

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestStoryPairs holds what rows are for against labelled news: of all pairs of
// documents in the order of their similarity, those about the same event come
// first. The measure is average precision over all pairs.
func TestStoryPairs(t *testing.T) {
	if testing.Short() {
		t.Skip("2 s for each set of features")
	}
	for _, set := range []string{"ecbplus_odd", "fnc1_train"} {
		t.Run(set, func(t *testing.T) {
			texts, events := labelled(t, set)
			m := backgroundModel()
			words := similarities(rowsOf(t, "word:1", m, texts))
			skips := similarities(rowsOf(t, "skip:20", m, texts))
			c := NewCounter(NewLexicon(0))
			for _, text := range texts {
				c.Add(text.terms)
			}
			corpus := NewModel(Corpus, c, wordSeed)
			corpusWords := similarities(rowsOf(t, "word:1", corpus, texts))
			corpusSkips := similarities(rowsOf(t, "skip:20", corpus, texts))
			for _, tt := range []struct {
				features string
				sims     [][]float64
				want     float64
			}{
				{"word:1", words.cosine, 0.905},
				{"skip:20", skips.cosine, 0.895},
				{"word:1*skip:20", geometricMean(words.cosine, skips.cosine), 0.895},
				{"word:1-2", similarities(rowsOf(t, "word:1-2", m, texts)).cosine, 0.86},
				{"word:1*skip:20, weights of the corpus", geometricMean(corpusWords.cosine, corpusSkips.cosine), 0.885},
				{"word:1, weighted Jaccard", words.jaccard, 0.82},
				{"skip:20, weighted Jaccard", skips.jaccard, 0.86},
				{"word:1*skip:20, weighted Jaccard", geometricMean(words.jaccard, skips.jaccard), 0.85},
			} {
				got := averagePrecision(tt.sims, events)
				t.Logf("%s: average precision %.4f", tt.features, got)
				if got < tt.want {
					t.Errorf("%s: average precision %.4f, want at least %.3f", tt.features, got, tt.want)
				}
			}
		})
	}
}

// labelled returns the documents of a set that have a label, and their labels.
func labelled(t *testing.T, set string) (texts []doc, events []string) {
	t.Helper()
	_, path := plant.Dataset(t, set)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() // read only
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	truth := map[string]string{}
	for _, line := range lines[1:] {
		truth[line[0]] = line[1]
	}
	for _, r := range plant.Records(t, set) {
		if event, ok := truth[r.ID]; ok {
			texts = append(texts, docOf(r.Text))
			events = append(events, event)
		}
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no labelled documents", set)
	}
	return texts, events
}

// termsOf returns the terms of a text as it was written.
func termsOf(text string) []shingle.Term {
	return shingle.NewTermer(0).Append(nil, shingle.NewNormalizer().Append(nil, []byte(text)))
}

func rowsOf(t *testing.T, features string, m *Model, texts []doc) [][]entry {
	t.Helper()
	f, err := ParseFeatures(features)
	if err != nil {
		t.Fatal(err)
	}
	w := NewWeigher(f, m)
	var rows [][]entry
	for _, text := range texts {
		entries, _ := entriesOf(rowOf(w, text))
		rows = append(rows, entries)
	}
	return rows
}

// pairSims has the similarities of all pairs i<j of rows, the one of i and j at
// [i][j-i-1].
type pairSims struct{ cosine, jaccard [][]float64 }

// similarities compares rows of one section.
func similarities(rows [][]entry) pairSims {
	index := indexOf(rows)
	var all pairSims
	dots, least := make([]uint64, len(rows)), make([]uint64, len(rows))
	sums, squares := make([]uint64, len(rows)), make([]uint64, len(rows))
	for i, row := range rows {
		for _, e := range row {
			sums[i], squares[i] = sums[i]+e.q, squares[i]+e.q*e.q
		}
	}
	for i, a := range rows {
		clear(dots)
		clear(least)
		for _, e := range a {
			for _, p := range index[e.hash] {
				dots[p.doc] += e.q * p.q
				least[p.doc] += min(e.q, p.q)
			}
		}
		var cosines, jaccards []float64
		for j := i + 1; j < len(rows); j++ {
			cosines = append(cosines, float64(dots[j])/math.Sqrt(max(1, float64(squares[i])*float64(squares[j]))))
			jaccards = append(jaccards, float64(least[j])/max(1, float64(sums[i]+sums[j]-least[j])))
		}
		all.cosine, all.jaccard = append(all.cosine, cosines), append(all.jaccard, jaccards)
	}
	return all
}

// geometricMean is that of two lists of similarities.
func geometricMean(a, b [][]float64) [][]float64 {
	mean := make([][]float64, len(a))
	for i := range a {
		for k := range a[i] {
			mean[i] = append(mean[i], math.Sqrt(a[i][k]*b[i][k]))
		}
	}
	return mean
}

// posting is a row that has an entry.
type posting struct{ doc, q uint64 }

// indexOf returns the rows that have an entry of each hash, if two or more have.
func indexOf(rows [][]entry) map[uint64][]posting {
	const few = 1 << 24 // hashes that share a place are only taken for more frequent
	seen := make([]uint8, few)
	for _, row := range rows {
		for _, e := range row {
			if seen[e.hash%few] < 2 {
				seen[e.hash%few]++
			}
		}
	}
	index := map[uint64][]posting{}
	for i, row := range rows {
		for _, e := range row {
			if seen[e.hash%few] == 2 {
				index[e.hash] = append(index[e.hash], posting{uint64(i), e.q})
			}
		}
	}
	return index
}

// averagePrecision returns the mean, over the pairs of the same event, of the
// precision among the pairs that are no less similar. Pairs as similar as each
// other count in the order of the documents.
func averagePrecision(sims [][]float64, events []string) float64 {
	var pairs []uint64 // most similar first
	for i, line := range sims {
		for k, s := range line {
			same := uint64(0)
			if events[i] == events[i+1+k] {
				same = 1
			}
			unlike := uint64(math.MaxUint32 * max(0, 1-s))
			pairs = append(pairs, unlike<<32|uint64(len(pairs))<<1|same)
		}
	}
	slices.Sort(pairs)
	var sum, same float64
	for i, p := range pairs {
		if p&1 == 1 {
			same++
			sum += same / float64(i+1)
		}
	}
	return sum / same
}
