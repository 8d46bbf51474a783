package textdiff

import (
	"container/heap"
	"sort"
)

// Shared returns the passages of at least minTokens tokens that a and b have in
// common, in the order of a. No token is in two of them. All are Equal.
//
// The longest common passage comes first, then the longest among the tokens
// left, and so on; of equally long ones the first in a, then in b, is taken.
// minTokens below 1 counts as 1.
//
// Very repetitive texts have a number of common passages that grows with the
// product of their lengths. Where more than about a million pairs of places
// would have to be looked at, minTokens is raised to the least number that
// keeps within this bound; and after some 17 million comparisons of tokens no
// more passages are gathered, so that some may be missing or in pieces. It takes
// texts like one line repeated thousands of times to come to that.
func Shared[T comparable](a, b []T, minTokens int) []Span {
	x, y := intern(a, b)
	t := &tiler{
		a: x, b: y,
		aTaken: make([]bool, len(x)),
		bTaken: make([]bool, len(y)),
	}
	t.collect(max(minTokens, 1))
	t.tile()
	return t.inOrder()
}

// maxPlaces bounds the pairs of places that are looked at, maxSteps the tokens
// that are compared there.
const (
	maxPlaces = 1 << 20
	maxSteps  = 1 << 24
)

// match says that n tokens from a on and from b on are equal.
type match struct{ a, b, n int32 }

// tiler holds one search.
type tiler struct {
	a, b           []int32
	shortest       int // tokens of the shortest passage wanted
	steps          int // tokens compared
	matches        matchHeap
	aTaken, bTaken []bool
	tileAt         map[int32]match // by place in a
}

// collect finds all maximal matches of at least minTokens tokens, or of more if
// there are too many.
func (t *tiler) collect(minTokens int) {
	longest := min(len(t.a), len(t.b))
	if minTokens > longest {
		return
	}
	// Longer grams meet in fewer places. The longest possible ones meet in
	// fewer than len(a)+len(b), so some length always fits.
	limit := max(maxPlaces, len(t.a)+len(t.b))
	var grams []uint64
	var x *gramIndex
	fits := func(n int) bool {
		grams, x = newGrams(t.a, n), newGramIndex(t.b, n)
		return x.places(grams) <= limit
	}
	t.shortest = minTokens
	if !fits(minTokens) {
		t.shortest += sort.Search(longest-minTokens, func(i int) bool { return fits(minTokens + i) })
		fits(t.shortest)
	}
	t.extend(grams, x)
	heap.Init(&t.matches)
}

// extend grows every place where a gram of a meets one of b into the maximal
// match around it. Later grams of that match lie on the same diagonal and are
// passed over.
func (t *tiler) extend(grams []uint64, x *gramIndex) {
	done := make([]int32, len(t.a)+len(t.b)) // by diagonal: end of the last match, in a
	for i, g := range grams {
		for j := x.first(g); j >= 0 && t.steps < maxSteps; j = x.next[j] {
			diagonal := i - int(j) + len(t.b)
			if int(done[diagonal]) > i {
				continue
			}
			n := 0
			for i+n < len(t.a) && int(j)+n < len(t.b) && t.a[i+n] == t.b[int(j)+n] {
				n++
			}
			t.steps += n
			done[diagonal] = int32(i + n)
			if n >= t.shortest { // else two grams of one hash
				t.matches = append(t.matches, match{int32(i), j, int32(n)})
			}
		}
	}
}

// tile takes matches from the longest on. One that meets tokens taken before is
// cut to what is left of it and waits for its turn again, so that the match on
// top, if it is whole, is the longest there is.
func (t *tiler) tile() {
	t.tileAt = make(map[int32]match)
	for len(t.matches) > 0 {
		m := heap.Pop(&t.matches).(match)
		if !t.isFree(m) {
			if t.steps += int(m.n); t.steps < 2*maxSteps {
				t.pushRests(m)
			}
			continue
		}
		for k := range m.n {
			t.aTaken[m.a+k], t.bTaken[m.b+k] = true, true
		}
		t.tileAt[m.a] = m
	}
}

func (t *tiler) isFree(m match) bool {
	for k := range m.n {
		if t.aTaken[m.a+k] || t.bTaken[m.b+k] {
			return false
		}
	}
	return true
}

func (t *tiler) pushRests(m match) {
	start := int32(0)
	for k := int32(0); k <= m.n; k++ {
		if k < m.n && !t.aTaken[m.a+k] && !t.bTaken[m.b+k] {
			continue
		}
		if int(k-start) >= t.shortest {
			heap.Push(&t.matches, match{m.a + start, m.b + start, k - start})
		}
		start = k + 1
	}
}

func (t *tiler) inOrder() []Span {
	var spans []Span
	for i := 0; i < len(t.a); {
		m, ok := t.tileAt[int32(i)]
		if !ok {
			i++
			continue
		}
		end := i + int(m.n)
		spans = append(spans, Span{i, end, int(m.b), int(m.b + m.n), true})
		i = end
	}
	return spans
}

// matchHeap has the longest match on top, of equal ones the first in a, then b.
type matchHeap []match

func (h matchHeap) Len() int      { return len(h) }
func (h matchHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *matchHeap) Push(x any)   { *h = append(*h, x.(match)) }

func (h matchHeap) Less(i, j int) bool {
	x, y := h[i], h[j]
	if x.n != y.n {
		return x.n > y.n
	}
	if x.a != y.a {
		return x.a < y.a
	}
	return x.b < y.b
}

func (h *matchHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// gramIndex finds the places of the n-grams of a sequence, in ascending order.
type gramIndex struct {
	heads map[uint64]gramHead
	next  []int32 // by place: the next one of the same gram, -1 at the end
}

type gramHead struct {
	first, count int32
}

func newGramIndex(tokens []int32, n int) *gramIndex {
	grams := newGrams(tokens, n)
	x := &gramIndex{heads: make(map[uint64]gramHead, len(grams)), next: make([]int32, len(grams))}
	for i := len(grams) - 1; i >= 0; i-- {
		h, ok := x.heads[grams[i]]
		if !ok {
			h.first = -1
		}
		x.next[i] = h.first
		x.heads[grams[i]] = gramHead{int32(i), h.count + 1}
	}
	return x
}

// first returns the first place of a gram, -1 if there is none.
func (x *gramIndex) first(gram uint64) int32 {
	if h, ok := x.heads[gram]; ok {
		return h.first
	}
	return -1
}

// places returns how many pairs of places the grams have with the index.
func (x *gramIndex) places(grams []uint64) int {
	sum := 0
	for _, g := range grams {
		sum += int(x.heads[g].count)
	}
	return sum
}

// newGrams returns the hash of the n tokens from each place on: a polynomial in
// an odd base modulo 2^64 over mixed tokens, rolled. Hashes may collide; who
// uses them compares the tokens.
func newGrams(tokens []int32, n int) []uint64 {
	if len(tokens) < n {
		return nil
	}
	const base = 0x9e3779b97f4a7c15
	var h uint64
	power := uint64(1) // base^n
	for _, t := range tokens[:n] {
		h = h*base + mix(t)
		power *= base
	}
	grams := make([]uint64, 0, len(tokens)-n+1)
	grams = append(grams, h)
	for i, t := range tokens[n:] {
		h = h*base + mix(t) - power*mix(tokens[i])
		grams = append(grams, h)
	}
	return grams
}

func mix(t int32) uint64 {
	x := (uint64(t) + 1) * 0xbf58476d1ce4e5b9
	return (x ^ x>>31) * 0x94d049bb133111eb
}
