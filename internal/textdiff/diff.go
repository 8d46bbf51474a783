package textdiff

import "math"

// Diff aligns a with b. The spans cover both sequences from start to end
// without gaps, and equal and changed ones alternate; two empty sequences have
// none.
//
// The tokens in equal spans are a longest common subsequence unless the texts
// are so long and different that the search was cut short (see the package
// comment): that takes at least 256 edits.
func Diff[T comparable](a, b []T) []Span {
	return newDiffer(intern(a, b)).run()
}

// minSearch is the least number of edits at which a search is given up.
const minSearch = 256

// differ holds one comparison. Boxes are solved from the front to the back, so
// spans are found in order.
type differ struct {
	a, b              []int32
	limit             int // edits that one search may make from either side
	forward, backward []int
	spans             []Span
	aDone, bDone      int // what spans cover
}

func newDiffer(a, b []int32) *differ {
	n := len(a) + len(b)
	return &differ{
		a: a, b: b,
		limit: max(minSearch, int(math.Sqrt(float64(n)))),
		// Farthest points are kept by diagonal, which run from -len(b) to
		// len(a), with one more at either end.
		forward: make([]int, n+3), backward: make([]int, n+3),
	}
}

func (d *differ) run() []Span {
	d.box(0, len(d.a), 0, len(d.b))
	d.changed(len(d.a), len(d.b))
	return d.spans
}

// box aligns a[a0:a1] with b[b0:b1].
func (d *differ) box(a0, a1, b0, b1 int) {
	n := 0
	for a0+n < a1 && b0+n < b1 && d.a[a0+n] == d.b[b0+n] {
		n++
	}
	d.equal(a0, b0, n)
	a0, b0 = a0+n, b0+n
	n = 0
	for a0 < a1-n && b0 < b1-n && d.a[a1-n-1] == d.b[b1-n-1] {
		n++
	}
	if a1-n > a0 && b1-n > b0 {
		x, y := d.split(a0, a1-n, b0, b1-n)
		d.box(a0, x, b0, y)
		d.box(x, a1-n, y, b1-n)
	}
	d.equal(a1-n, b1-n, n)
}

// equal notes n common tokens and the change before them.
func (d *differ) equal(a, b, n int) {
	if n == 0 {
		return
	}
	d.changed(a, b)
	if last := len(d.spans) - 1; last >= 0 && d.spans[last].Equal {
		d.spans[last].AEnd, d.spans[last].BEnd = a+n, b+n
	} else {
		d.spans = append(d.spans, Span{a, a + n, b, b + n, true})
	}
	d.aDone, d.bDone = a+n, b+n
}

// changed notes that what lies before a and b and is not covered yet differs.
func (d *differ) changed(a, b int) {
	if d.aDone < a || d.bDone < b {
		d.spans = append(d.spans, Span{d.aDone, a, d.bDone, b, false})
		d.aDone, d.bDone = a, b
	}
}

// split returns a point (x, y) on a shortest path through the box from (a0, b0)
// to (a1, b1), neither of these corners. The box is not empty in either
// direction and its first and last tokens differ.
//
// A step of the search extends every diagonal by one edit and all equal tokens
// after it, forward from the top and backward from the bottom corner, until two
// paths meet (Myers 1986, section 4b).
func (d *differ) split(a0, a1, b0, b1 int) (x, y int) {
	zero := len(d.b) + 1 // index of diagonal 0; diagonal k is where x-y = k
	low, high := a0-b1, a1-b0
	first, last := a0-b0, a1-b1
	isOdd := (first-last)&1 != 0
	d.forward[zero+first], d.backward[zero+last] = a0, a1
	f0, f1, r0, r1 := first, first, last, last // diagonals in use
	for edits := 1; ; edits++ {
		f0, f1 = widen(d.forward, zero, f0, f1, low, high, math.MinInt)
		for k := f1; k >= f0; k -= 2 {
			x := max(d.forward[zero+k-1]+1, d.forward[zero+k+1])
			for x < a1 && x-k < b1 && d.a[x] == d.b[x-k] {
				x++
			}
			d.forward[zero+k] = x
			if isOdd && r0 <= k && k <= r1 && d.backward[zero+k] <= x {
				return x, x - k
			}
		}
		r0, r1 = widen(d.backward, zero, r0, r1, low, high, math.MaxInt)
		for k := r1; k >= r0; k -= 2 {
			x := min(d.backward[zero+k-1], d.backward[zero+k+1]-1)
			for x > a0 && x-k > b0 && d.a[x-1] == d.b[x-k-1] {
				x--
			}
			d.backward[zero+k] = x
			if !isOdd && f0 <= k && k <= f1 && x <= d.forward[zero+k] {
				return x, x - k
			}
		}
		if edits >= d.limit {
			return d.farthest(zero, f0, f1, a1, b1)
		}
	}
}

// widen adds a diagonal on either side of [k0, k1] for the next edit, or, at the
// edge of the box, takes one away, since beyond it there is nothing. Diagonals
// just outside the result read as out of reach.
func widen(reach []int, zero, k0, k1, low, high, none int) (int, int) {
	if k0 > low {
		k0--
		reach[zero+k0-1] = none
	} else {
		k0++
	}
	if k1 < high {
		k1++
		reach[zero+k1+1] = none
	} else {
		k1--
	}
	return k0, k1
}

// farthest returns the point in the box that forward paths got farthest to.
// After many edits it is far from the first corner; a path may have run over
// the box's edge, where it is cut.
func (d *differ) farthest(zero, f0, f1, a1, b1 int) (x, y int) {
	best := -1
	for k := f0; k <= f1; k += 2 {
		px := min(d.forward[zero+k], a1)
		py := px - k
		if py > b1 {
			px, py = b1+k, b1
		}
		if px+py > best {
			best, x, y = px+py, px, py
		}
	}
	return x, y
}
