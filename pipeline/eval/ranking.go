package eval

import (
	"cmp"
	"slices"
)

// AveragePrecision says how well similarity alone tells true pairs from false
// ones, whatever threshold is chosen.
//
// All pairs of documents that the truth names are ranked by similarity, and Value
// is the sum over ranks of precision times the gain in recall. Pairs of equal
// similarity are one rank, since no order among them is better than another
// (McSherry and Najork, Computing Information Retrieval Performance Measures
// Efficiently in the Presence of Tied Scores, 2008, on what goes wrong
// otherwise). Pairs that were never compared are one rank, the last: a true pair
// that the search missed is found there, at the precision of chance.
type AveragePrecision struct {
	// Value is in [0, 1]; 1 if there is no true pair.
	Value float64 `json:"value"`
	// Pairs is the number of pairs with a similarity, Lowest the lowest of
	// these (0 without any), TruePairs the number of true pairs in all, of
	// which Ranked have a similarity.
	Pairs     int64   `json:"pairs"`
	Lowest    float64 `json:"lowest"`
	TruePairs int64   `json:"true_pairs"`
	Ranked    int64   `json:"true_pairs_ranked"`
}

// Ranking collects the similarities of pairs, each known to be true or false. It
// holds 32 bytes for every two true clusters and similarity that occur together.
type Ranking struct {
	numbers map[string]int32 // true cluster by key
	sizes   []int64          // documents, by true cluster
	groups  [][]part
	entries []ranked
	sorted  bool
}

// part is the number of documents of a group that are in a true cluster.
type part struct {
	cluster int32
	n       int64
}

// ranked are n pairs of equal similarity between true clusters a <= b.
type ranked struct {
	similarity float64
	a, b       int32
	n          int64
}

// NewRanking returns a ranking without pairs.
func NewRanking(truth *Truth) *Ranking {
	r := &Ranking{numbers: make(map[string]int32, truth.Len()), sizes: make([]int64, len(truth.names))}
	for i, key := range truth.keys {
		r.numbers[key] = truth.clusters[i]
		r.sizes[truth.clusters[i]]++
	}
	return r
}

// AddGroup adds documents of one text, whose pairs with each other have similarity
// 1, and returns the group's number for [Ranking.AddPairs]: 0, 1 and so on. Keys
// that the truth does not name are passed over. A key is in one group at most.
func (r *Ranking) AddGroup(keys []string) int {
	var parts []part
	for _, key := range keys {
		c, ok := r.numbers[key]
		if !ok {
			continue
		}
		at := slices.IndexFunc(parts, func(p part) bool { return p.cluster == c })
		if at < 0 {
			at = len(parts)
			parts = append(parts, part{cluster: c})
		}
		parts[at].n++
	}
	for i, p := range parts {
		r.add(1, p.cluster, p.cluster, p.n*(p.n-1)/2)
		for _, q := range parts[:i] {
			r.add(1, p.cluster, q.cluster, p.n*q.n)
		}
	}
	r.groups = append(r.groups, parts)
	return len(r.groups) - 1
}

// AddPairs adds the pairs between the documents of two groups. Any two groups are
// added once at most.
func (r *Ranking) AddPairs(a, b int, similarity float64) {
	for _, p := range r.groups[a] {
		for _, q := range r.groups[b] {
			r.add(similarity, p.cluster, q.cluster, p.n*q.n)
		}
	}
}

func (r *Ranking) add(similarity float64, a, b int32, n int64) {
	if n > 0 {
		r.entries = append(r.entries, ranked{similarity, min(a, b), max(a, b), n})
		r.sorted = false
	}
}

// sort ranks the entries and adds up those that say the same.
func (r *Ranking) sort() {
	if r.sorted {
		return
	}
	slices.SortFunc(r.entries, func(x, y ranked) int {
		return cmp.Or(cmp.Compare(y.similarity, x.similarity), cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b))
	})
	merged := r.entries[:0]
	for _, e := range r.entries {
		if last := len(merged) - 1; last >= 0 && merged[last].similarity == e.similarity && merged[last].a == e.a && merged[last].b == e.b {
			merged[last].n += e.n
		} else {
			merged = append(merged, e)
		}
	}
	r.entries, r.sorted = merged, true
}

// AveragePrecision returns that of the pairs added so far.
func (r *Ranking) AveragePrecision() AveragePrecision {
	r.sort()
	once := make([]int64, len(r.sizes))
	for i := range once {
		once[i] = 1
	}
	a := AveragePrecision{Value: r.average(once), TruePairs: pairsIn(r.sizes)}
	for _, e := range r.entries {
		a.Pairs += e.n
		a.Lowest = e.similarity
		if e.a == e.b {
			a.Ranked += e.n
		}
	}
	return a
}

// average is the average precision if true cluster c is there times[c] times; see
// Bootstrap for what that means for pairs of two clusters. The entries are sorted.
func (r *Ranking) average(times []int64) float64 {
	var documents, squares, truePairs int64
	for c, n := range r.sizes {
		documents += times[c] * n
		squares += times[c] * n * times[c] * n
		truePairs += times[c] * (n * (n - 1) / 2)
	}
	if truePairs == 0 {
		return 1
	}
	var sum float64
	var passed, found int64 // pairs so far, and the true ones among them
	for i := 0; i < len(r.entries); {
		similarity, before := r.entries[i].similarity, found
		for ; i < len(r.entries) && r.entries[i].similarity == similarity; i++ {
			e := &r.entries[i]
			n := e.n * times[e.a]
			if e.a == e.b {
				found += n
			} else {
				n *= times[e.b]
			}
			passed += n
		}
		if found > before {
			sum += float64(float64(found-before) * float64(found) / float64(passed))
		}
	}
	all := (documents*documents-squares)/2 + truePairs
	sum += float64(float64(truePairs-found) * float64(truePairs) / float64(all))
	return sum / float64(truePairs)
}
