package verify

import (
	"math"

	"github.com/doppel-dedup/doppel/internal/kernel/sets"
)

// sharedWeight returns the sum, over the entries that a and b share, of the
// product of their weights, or for [WeightedJaccard] of the smaller one. It may
// return 0 as soon as it sees that the sum is less than need.
func sharedWeight(a, b *section, m Measure, need float64) uint64 {
	w := rowMerge{measure: m, a: a, b: b, left: sets.Left{EndA: len(a.hashes), EndB: len(b.hashes)}}
	look := newRowBound(&w, need)
	for !w.left.Empty() {
		w.step()
		if look.hopeless(&w) {
			return 0
		}
	}
	return w.shared
}

// rowMerge walks over two sections; left is what is left of their entries, shared the
// numerator of the measure so far.
type rowMerge struct {
	measure Measure
	a, b    *section
	left    sets.Left
	shared  uint64
	matches sets.Matches
}

// step goes over a block of entries. That weights are beside the hashes and not among
// them makes hashes of 64 bits and vectors of them possible; weights are looked up
// where two are equal, which is rare in most pairs.
func (w *rowMerge) step() {
	l := &w.left
	n, next := sets.Match(w.a.hashes[l.FrontA:l.EndA], w.b.hashes[l.FrontB:l.EndB], &w.matches)
	fromA, fromB := uint32(l.FrontA), uint32(l.FrontB)
	sum := uint64(0)
	if w.measure == WeightedJaccard {
		for k := range n {
			sum += min(w.a.weight(fromA+w.matches.A[k]), w.b.weight(fromB+w.matches.B[k]))
		}
	} else {
		for k := range n {
			sum += w.a.weight(fromA+w.matches.A[k]) * w.b.weight(fromB+w.matches.B[k])
		}
	}
	w.shared += sum
	w.left = sets.Left{FrontA: l.FrontA + next.FrontA, EndA: l.FrontA + next.EndA, FrontB: l.FrontB + next.FrontB, EndB: l.FrontB + next.EndB}
}

// rowBound tells when what a merge has not reached can no longer fill the gap to need:
// it adds at most the root of the product of the sums of squares for [Cosine] (by Cauchy
// and Schwarz), and the smaller sum for [WeightedJaccard].
//
// Summing costs half as much as merging, so it looks only where it may pay: weights do
// not hang on hashes, so that of a share of the entries about that share of the sum is left.
type rowBound struct {
	need   float64
	lookAt int // entries of a left, from which on it looks; negative for never
}

// worthLeft is the share of the entries that must be left for an end to pay.
const worthLeft = 1.0 / 8

func newRowBound(w *rowMerge, need float64) rowBound {
	n := len(w.a.hashes)
	if n <= sets.MatchBlock {
		return rowBound{lookAt: -1}
	}
	most := math.Sqrt(float64(w.a.squares) * float64(w.b.squares))
	if w.measure == WeightedJaccard {
		most = float64(min(w.a.sum, w.b.sum))
	}
	r := rowBound{need: need}
	r.lookAfter(n, n, need/most)
	return r
}

// lookAfter looks again when a share of the entries that are left now is left.
func (r *rowBound) lookAfter(left, all int, share float64) {
	if r.lookAt = int(share * float64(left)); float64(r.lookAt) < worthLeft*float64(all) {
		r.lookAt = -1
	}
}

// hopeless reports whether it sees that need is out of reach.
func (r *rowBound) hopeless(w *rowMerge) bool {
	left := w.left.EndA - w.left.FrontA
	if left > r.lookAt || w.left.Empty() {
		return false
	}
	rest, missing := w.rest(), r.need-float64(w.shared)
	r.lookAfter(left, len(w.a.hashes), missing/rest)
	return rest < missing
}

// rest returns the most that what is left can add.
func (w *rowMerge) rest() float64 {
	sumA, squaresA := w.a.weigh(w.left.FrontA, w.left.EndA)
	sumB, squaresB := w.b.weigh(w.left.FrontB, w.left.EndB)
	if w.measure == WeightedJaccard {
		return float64(min(sumA, sumB))
	}
	return math.Sqrt(float64(squaresA) * float64(squaresB))
}

// weigh returns the sum of the weights of the entries from up to end, and of their
// squares, of which it may count up to three more on either side.
func (s *section) weigh(from, end int) (sum, squares uint64) {
	for _, x := range s.weights[from/perWord : (end+perWord-1)/perWord] {
		a, b, c, d := x&weightMask, x>>weightBits&weightMask, x>>(2*weightBits)&weightMask, x>>(3*weightBits)
		sum += a + b + c + d
		squares += a*a + b*b + c*c + d*d
	}
	return sum, squares
}
