package tune

import (
	"cmp"
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// gridFrom returns the bounds of the bins from floor to 1, ascending: steps of 0.05,
// and of 0.01 below 0.1, where unlike texts are told from reports of one event.
func gridFrom(floor float64) []float64 {
	grid := []float64{floor}
	for i := range 10 {
		grid = append(grid, float64(i)/100)
	}
	for i := 2; i <= 20; i++ {
		grid = append(grid, float64(i)/20)
	}
	grid = slices.DeleteFunc(grid, func(x float64) bool { return x < floor })
	slices.Sort(grid)
	return slices.Compact(grid)
}

// rater looks at the verified pairs of a run.
type rater struct {
	res    *pipeline.Result
	params lsh.Params
}

// reach is the probability that the pair became a candidate.
func (r *rater) reach(e verify.Scored) float64 {
	return r.params.CandidateProb(verify.Jaccard.Similarity(int(e.Overlap), r.res.SizeOf(e.Pair.A), r.res.SizeOf(e.Pair.B)))
}

func (r *rater) histogram(floor float64) []Bin {
	grid := gridFrom(floor)
	bins := make([]Bin, max(1, len(grid)-1))
	there := make([]float64, len(bins)) // pairs, as estimated
	binOf := func(s float64) int {
		at, found := slices.BinarySearch(grid, s)
		if !found {
			at--
		}
		return min(at, len(bins)-1)
	}
	best := make([]float64, r.res.Counts().Documents) // similarity of a document's best partner
	for e, s := range r.res.Scored() {
		at := binOf(s)
		bins[at].Pairs++
		there[at] += 1 / r.reach(e)
		best[e.Pair.A], best[e.Pair.B] = max(best[e.Pair.A], s), max(best[e.Pair.B], s)
	}
	for id, leader := range r.res.Copies() {
		best[id], best[leader] = 1, 1
	}
	for _, s := range best {
		if s >= floor {
			bins[binOf(s)].Documents++
		}
	}
	for i := len(bins) - 1; i >= 0; i-- {
		b := &bins[i]
		b.Low, b.High = grid[i], grid[min(i+1, len(grid)-1)]
		b.Reach = r.params.CandidateProb(b.Low)
		if b.Pairs > 0 {
			b.Reach = float64(b.Pairs) / there[i]
		}
		b.Reach = math.Round(b.Reach*1e4) / 1e4 // the sum's last bits depend on the order of the files
		if i+1 < len(bins) {
			b.Documents += bins[i+1].Documents
		}
	}
	slices.Reverse(bins)
	return bins
}

// lowLevels are below all presets that count shingles.
var lowLevels = []float64{0.3, 0.1, 0.03}

// levels finds the border cases around the thresholds of the presets that count
// shingles, and around some lower ones.
func (r *rater) levels(texts map[string][]byte) []Level {
	id := r.res.Plan().Identity
	levels := []Level{}
	for _, p := range pipeline.Presets() {
		of := p.Identity()
		if of.Similarity != pipeline.Jaccard || of.Threshold <= id.Threshold {
			continue
		}
		l := Level{Threshold: of.Threshold}
		if of.Shingle == id.Shingle {
			l.Preset = string(p)
		}
		levels = append(levels, l)
	}
	for _, low := range lowLevels {
		if low > id.Threshold {
			levels = append(levels, Level{Threshold: low})
		}
	}
	slices.SortStableFunc(levels, func(a, b Level) int { return cmp.Compare(b.Threshold, a.Threshold) })
	for i := range levels {
		l := &levels[i]
		above, below := r.around(l.Threshold)
		l.Above, l.Below = r.describe(above, texts), r.describe(below, texts)
	}
	return levels
}

// nearPair is a verified pair and its similarity.
type nearPair struct {
	pair       corpus.Pair
	similarity float64
}

// around returns the pairs next to a threshold, on either side of it.
func (r *rater) around(threshold float64) (above, below []nearPair) {
	for e, s := range r.res.Scored() {
		switch {
		case s >= threshold && s < threshold+Window:
			above = append(above, nearPair{e.Pair, s})
		case s < threshold && s >= threshold-Window:
			below = append(below, nearPair{e.Pair, s})
		}
	}
	return nearest(above, threshold), nearest(below, threshold)
}

// nearest returns the pairs nearest to the threshold, most similar first. They have
// no document in common, and no two have the very same similarity, so that one
// template and its versions do not fill the list.
func nearest(pairs []nearPair, threshold float64) []nearPair {
	slices.SortFunc(pairs, func(a, b nearPair) int {
		return cmp.Or(cmp.Compare(math.Abs(a.similarity-threshold), math.Abs(b.similarity-threshold)), cmp.Compare(a.pair.Pack(), b.pair.Pack()))
	})
	used, seen := map[corpus.ID]bool{}, map[float64]bool{}
	var chosen []nearPair
	for _, p := range pairs {
		if len(chosen) < Border && !used[p.pair.A] && !used[p.pair.B] && !seen[p.similarity] {
			used[p.pair.A], used[p.pair.B], seen[p.similarity] = true, true, true
			chosen = append(chosen, p)
		}
	}
	slices.SortStableFunc(chosen, func(a, b nearPair) int { return cmp.Compare(b.similarity, a.similarity) })
	return chosen
}

func (r *rater) describe(pairs []nearPair, texts map[string][]byte) []BorderPair {
	out := []BorderPair{}
	for _, p := range pairs {
		b := BorderPair{A: r.res.Name(p.pair.A), B: r.res.Name(p.pair.B), Similarity: p.similarity}
		b.compare(texts[b.A], texts[b.B])
		out = append(out, b)
	}
	return out
}
