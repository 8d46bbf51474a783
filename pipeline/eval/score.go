package eval

import (
	"cmp"
	"math"
	"slices"
)

// PairScore counts pairs of documents: predicted and true (TP), predicted and
// not true (FP), true and not predicted (FN). Precision is 1 if no pair was
// predicted and Recall is 1 if there is none to find; F1 is 1 in both cases at
// once.
type PairScore struct {
	TP        int64   `json:"tp"`
	FP        int64   `json:"fp"`
	FN        int64   `json:"fn"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// newPairScore returns the score of the given counts.
func newPairScore(tp, fp, fn int64) PairScore {
	hits := float64(tp)
	return PairScore{
		TP: tp, FP: fp, FN: fn,
		Precision: ratio(hits, hits+float64(fp)),
		Recall:    ratio(hits, hits+float64(fn)),
		F1:        ratio(2*hits, 2*hits+float64(fp)+float64(fn)),
	}
}

// BCubed is precision, recall and their harmonic mean, averaged over documents:
// of the documents in a document's predicted cluster (itself included), how many
// belong to its true one; of those in its true cluster, how many were predicted.
type BCubed struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
}

// VMeasure says by entropy whether predicted clusters hold documents of one true
// cluster only (Homogeneity), whether true clusters were kept in one piece
// (Completeness), and gives their harmonic mean (V). All are in [0, 1].
type VMeasure struct {
	Homogeneity  float64 `json:"homogeneity"`
	Completeness float64 `json:"completeness"`
	V            float64 `json:"v"`
}

// ClusterScore is how predicted clusters compare with the truth.
type ClusterScore struct {
	// Documents is the number of documents scored: all that the truth names,
	// also those that were never read, since a lost document is a lost pair.
	Documents int `json:"documents"`

	// LeftOut is the number of documents in predicted clusters that the truth
	// does not name.
	LeftOut int `json:"left_out"`

	// NotRead is the number of documents that the truth names and the corpus
	// lacks. Score leaves it 0: it does not see the corpus.
	NotRead int `json:"not_read"`

	// Clusters and TrueClusters count clusters of at least two scored
	// documents, LargestCluster the scored documents of the largest predicted
	// one: a number out of all proportion tells of chaining.
	Clusters       int `json:"clusters"`
	TrueClusters   int `json:"true_clusters"`
	LargestCluster int `json:"largest_cluster"`

	Pairs    PairScore `json:"pairs"`
	BCubed   BCubed    `json:"b_cubed"`
	ARI      float64   `json:"ari"` // at most 1; below 0 is worse than chance
	VMeasure VMeasure  `json:"v_measure"`

	// SameSet is the share of documents whose predicted cluster has exactly
	// the members of their true one.
	SameSet float64 `json:"same_set"`
}

// Score compares predicted clusters with truth. predicted maps the key of each
// document to the name of its cluster; documents that are not in it stand alone.
// Without any document in truth all shares are 1.
func Score(truth *Truth, predicted map[string]string) ClusterScore {
	t := newTable(truth, predicted)
	s := ClusterScore{
		Documents:    truth.Len(),
		LeftOut:      len(predicted) - t.named,
		Clusters:     atLeastTwo(t.predicted),
		TrueClusters: atLeastTwo(t.truth),
	}
	if len(t.predicted) > 0 {
		s.LargestCluster = int(slices.Max(t.predicted))
	}
	s.Pairs = t.pairs()
	s.BCubed = t.bCubed()
	s.ARI = t.ari()
	s.VMeasure = t.vMeasure()
	s.SameSet = t.sameSet()
	return s
}

// cell is the number of documents in one true and one predicted cluster at once.
type cell struct {
	truth, predicted int32
	n                int64
}

// table is the contingency table of two clusterings: their cluster sizes and all
// cells above 0, in a fixed order so that sums come out the same every time.
type table struct {
	cells            []cell
	truth, predicted []int64
	named            int // predicted documents that truth names
}

func newTable(truth *Truth, predicted map[string]string) *table {
	t := &table{truth: make([]int64, len(truth.names))}
	numbers := make(map[string]int32)
	t.cells = make([]cell, 0, truth.Len())
	for i, key := range truth.keys {
		number := int32(len(t.predicted))
		if name, ok := predicted[key]; ok {
			t.named++
			if n, seen := numbers[name]; seen {
				number = n
			} else {
				numbers[name] = number
			}
		}
		if int(number) == len(t.predicted) {
			t.predicted = append(t.predicted, 0)
		}
		t.predicted[number]++
		t.truth[truth.clusters[i]]++
		t.cells = append(t.cells, cell{truth.clusters[i], number, 1})
	}
	t.merge()
	return t
}

// merge sorts the cells and adds up those of the same two clusters.
func (t *table) merge() {
	slices.SortFunc(t.cells, func(x, y cell) int {
		return cmp.Or(cmp.Compare(x.truth, y.truth), cmp.Compare(x.predicted, y.predicted))
	})
	merged := t.cells[:0]
	for _, c := range t.cells {
		if last := len(merged) - 1; last >= 0 && merged[last].truth == c.truth && merged[last].predicted == c.predicted {
			merged[last].n += c.n
		} else {
			merged = append(merged, c)
		}
	}
	t.cells = merged
}

func atLeastTwo(sizes []int64) int {
	count := 0
	for _, n := range sizes {
		if n >= 2 {
			count++
		}
	}
	return count
}

// pairsIn is the number of pairs in clusters of the given sizes.
func pairsIn(sizes []int64) int64 {
	var sum int64
	for _, n := range sizes {
		sum += n * (n - 1) / 2
	}
	return sum
}

func (t *table) documents() float64 {
	var sum int64
	for _, n := range t.truth {
		sum += n
	}
	return float64(sum)
}

func (t *table) commonPairs() int64 {
	var sum int64
	for _, c := range t.cells {
		sum += c.n * (c.n - 1) / 2
	}
	return sum
}

func (t *table) pairs() PairScore {
	tp := t.commonPairs()
	return newPairScore(tp, pairsIn(t.predicted)-tp, pairsIn(t.truth)-tp)
}

func (t *table) bCubed() BCubed {
	var p, r float64
	for _, c := range t.cells {
		square := float64(c.n) * float64(c.n)
		p += square / float64(t.predicted[c.predicted])
		r += square / float64(t.truth[c.truth])
	}
	n := t.documents()
	b := BCubed{Precision: ratio(p, n), Recall: ratio(r, n)}
	b.F1 = harmonic(b.Precision, b.Recall)
	return b
}

// ari is (index - expected) / (largest - expected), where index is the number
// of common pairs. Two clusterings without a single pair, and two of one
// cluster, agree.
func (t *table) ari() float64 {
	n := t.documents()
	a, b := float64(pairsIn(t.truth)), float64(pairsIn(t.predicted))
	expected := ratio(a*b, n*(n-1)/2)
	largest := (a + b) / 2
	if n < 2 || largest == expected {
		return 1
	}
	return (float64(t.commonPairs()) - expected) / (largest - expected)
}

func (t *table) vMeasure() VMeasure {
	n := t.documents()
	// Entropy of one clustering given the other: -sum n_ij/n log(n_ij/n_j).
	var truthGiven, predictedGiven float64
	for _, c := range t.cells {
		share := float64(c.n) / n
		truthGiven -= share * math.Log(float64(c.n)/float64(t.predicted[c.predicted]))
		predictedGiven -= share * math.Log(float64(c.n)/float64(t.truth[c.truth]))
	}
	v := VMeasure{
		Homogeneity:  1 - uncertainty(truthGiven, entropy(t.truth, n)),
		Completeness: 1 - uncertainty(predictedGiven, entropy(t.predicted, n)),
	}
	v.V = harmonic(v.Homogeneity, v.Completeness)
	return v
}

func entropy(sizes []int64, n float64) float64 {
	var sum float64
	for _, size := range sizes {
		sum -= float64(size) / n * math.Log(float64(size)/n)
	}
	return sum
}

// uncertainty is the share of an entropy that is left. Rounding may push it out
// of [0, 1] by a hair.
func uncertainty(left, entropy float64) float64 {
	if entropy == 0 {
		return 0
	}
	return min(1, max(0, left/entropy))
}

func (t *table) sameSet() float64 {
	var sum int64
	for _, c := range t.cells {
		if c.n == t.truth[c.truth] && c.n == t.predicted[c.predicted] {
			sum += c.n
		}
	}
	return ratio(float64(sum), t.documents())
}
