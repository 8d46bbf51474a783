package eval

import (
	"cmp"
	"math"
	"slices"
)

// LabelledPair is a pair of documents that a person has judged.
type LabelledPair struct {
	A, B       string
	Similarity float64
	Same       bool
}

// ThresholdScore says how a threshold does on labelled pairs: those whose
// similarity reaches it are said to be the same. The intervals take pairs to be
// independent of each other ([Wilson]).
type ThresholdScore struct {
	Threshold float64 `json:"threshold"`
	PairScore
	PrecisionInterval Interval `json:"precision_interval"`
	RecallInterval    Interval `json:"recall_interval"`
}

// ScoreThreshold scores one threshold.
func ScoreThreshold(pairs []LabelledPair, threshold float64) ThresholdScore {
	var tp, fp, fn int64
	for _, p := range pairs {
		switch {
		case p.Similarity >= threshold && p.Same:
			tp++
		case p.Similarity >= threshold:
			fp++
		case p.Same:
			fn++
		}
	}
	return ThresholdScore{Threshold: threshold, PairScore: newPairScore(tp, fp, fn),
		PrecisionInterval: Wilson(tp, tp+fp), RecallInterval: Wilson(tp, tp+fn)}
}

// Suggestion is the threshold that does best on labelled pairs.
type Suggestion struct {
	// ThresholdScore is of the very pairs that the threshold was chosen on, so
	// it is somewhat better than what new pairs will show.
	ThresholdScore
	// Interval is where the threshold falls when the labels are drawn again; nil
	// if Groups is below MinGroups.
	Interval *Interval `json:"interval,omitempty"`
	// Groups is the number of groups of pairs that have no document in common
	// with another group.
	Groups int `json:"groups"`
}

// MinGroups is the least number of groups of labelled pairs from which an interval
// says something.
const MinGroups = 10

// SuggestThreshold returns the threshold with the highest F1 on the labelled pairs:
// of equal ones the highest, and halfway down to the next pair, since all that
// lies between two pairs does alike. Without a pair that is the same and
// has a similarity above 0 there is nothing to suggest.
//
// The interval is by bootstrap, of at least [MinRounds] rounds, over groups of
// pairs and not over pairs, because those that share a document share its fate.
func SuggestThreshold(pairs []LabelledPair, rounds int) (s Suggestion, ok bool) {
	byFall := slices.Clone(pairs)
	slices.SortStableFunc(byFall, func(x, y LabelledPair) int { return cmp.Compare(y.Similarity, x.Similarity) })
	once := make([]int64, len(byFall))
	for i := range once {
		once[i] = 1
	}
	threshold, ok := bestThreshold(byFall, once)
	if !ok {
		return Suggestion{}, false
	}
	groups, count := groupPairs(byFall)
	s = Suggestion{ThresholdScore: ScoreThreshold(pairs, threshold), Groups: count}
	if count >= MinGroups {
		interval := thresholdInterval(byFall, groups, count, rounds)
		s.Interval = &interval
	}
	return s, true
}

func thresholdInterval(byFall []LabelledPair, groups []int, count, rounds int) Interval {
	var d drawer
	values := make([]float64, 0, rounds)
	drawn, times := make([]int64, count), make([]int64, len(byFall))
	for round := range rounds {
		d.start(round)
		d.draw(drawn)
		for i, g := range groups {
			times[i] = drawn[g]
		}
		threshold, ok := bestThreshold(byFall, times)
		if !ok {
			threshold = 1 // a draw of different pairs alone: nothing is the same
		}
		values = append(values, threshold)
	}
	return percentile(values)
}

// bestThreshold returns the threshold of the highest F1 if pair i is there times[i]
// times. The pairs are sorted by falling similarity.
func bestThreshold(byFall []LabelledPair, times []int64) (threshold float64, ok bool) {
	var same int64
	for i, p := range byFall {
		if p.Same {
			same += times[i]
		}
	}
	var tp, fp int64
	best := 0.0
	for i := 0; i < len(byFall); {
		similarity := byFall[i].Similarity
		for ; i < len(byFall) && byFall[i].Similarity == similarity; i++ {
			if byFall[i].Same {
				tp += times[i]
			} else {
				fp += times[i]
			}
		}
		if f1 := newPairScore(tp, fp, same-tp).F1; similarity > 0 && f1 > best {
			next := 0.0
			if i < len(byFall) {
				next = byFall[i].Similarity
			}
			best, threshold = f1, between(next, similarity)
		}
	}
	return threshold, best > 0
}

// between returns a number in (low, high] that is short to write: the middle,
// rounded to as few digits as keep it there.
func between(low, high float64) float64 {
	middle := low + (high-low)/2
	for scale := 100.0; scale <= 1e6; scale *= 10 {
		if t := math.Round(middle*scale) / scale; t > low && t <= high {
			return t
		}
	}
	return high
}

// groupPairs numbers the groups of pairs that hang together by documents.
func groupPairs(pairs []LabelledPair) (groups []int, count int) {
	parent := map[string]string{}
	var root func(string) string
	root = func(x string) string {
		p, ok := parent[x]
		if !ok || p == x {
			parent[x] = x
			return x
		}
		r := root(p)
		parent[x] = r
		return r
	}
	for _, p := range pairs {
		parent[root(p.A)] = root(p.B)
	}
	numbers := map[string]int{}
	for _, p := range pairs {
		r := root(p.A)
		n, ok := numbers[r]
		if !ok {
			n = len(numbers)
			numbers[r] = n
		}
		groups = append(groups, n)
	}
	return groups, len(numbers)
}
