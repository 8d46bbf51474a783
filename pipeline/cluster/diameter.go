package cluster

import "slices"

// ExactDiameter is the number of distinct texts up to which a cluster's diameter
// is always exact.
const ExactDiameter = 512

// diameter returns the greatest distance between two of n nodes, in steps, of a
// connected graph with the given edges, each once. Beyond [ExactDiameter] nodes
// it may be a lower bound; exact tells. It takes linear time there, and up to
// that n/64 times the edges for each step of the diameter.
func diameter(n int, edges [][2]uint32) (steps int, exact bool) {
	switch {
	case n == 1:
		return 0, true
	case len(edges) == n*(n-1)/2:
		return 1, true
	}
	degree := make([]uint32, n)
	for _, e := range edges {
		degree[e[0]]++
		degree[e[1]]++
	}
	hub := uint32(0)
	for i, d := range degree {
		if d > degree[hub] {
			hub = uint32(i)
		}
	}
	if int(degree[hub]) == n-1 {
		return 2, true
	}
	w := newWalker(degree, edges)
	if n <= ExactDiameter {
		return w.byBalls(), true
	}
	return w.bySweeps(hub)
}

// walker walks a graph: the neighbours of node i are to[start[i]:start[i+1]].
type walker struct {
	start []uint64
	to    []uint32
	dist  []int32 // from where the last walk began; -1 before it gets there
	queue []uint32
}

// newWalker makes the graph of edges; degree is that of each node.
func newWalker(degree []uint32, edges [][2]uint32) *walker {
	n := len(degree)
	w := &walker{start: make([]uint64, n+1), to: make([]uint32, 2*len(edges)), dist: make([]int32, n), queue: make([]uint32, 0, n)}
	sum := uint64(0)
	for i, d := range degree {
		sum += uint64(d)
		w.start[i] = sum
	}
	w.start[n] = sum
	// Filling from the back, start ends as the first neighbour of each.
	for _, e := range edges {
		for i, from := range e {
			w.start[from]--
			w.to[w.start[from]] = e[1-i]
		}
	}
	return w
}

func (w *walker) near(i uint32) []uint32 { return w.to[w.start[i]:w.start[i+1]] }

// byBalls grows the ball around every node, a set of bits, by one step at a
// time until none grows.
func (w *walker) byBalls() (steps int) {
	n := len(w.dist)
	words := (n + 63) / 64
	ball, next := make([]uint64, n*words), make([]uint64, n*words)
	for i := range n {
		ball[i*words+i/64] |= 1 << (i % 64)
	}
	for {
		for i := range n {
			grown := next[i*words : (i+1)*words]
			copy(grown, ball[i*words:])
			for _, k := range w.near(uint32(i)) {
				for j, b := range ball[int(k)*words : int(k+1)*words] {
					grown[j] |= b
				}
			}
		}
		if slices.Equal(ball, next) {
			return steps
		}
		steps++
		ball, next = next, ball
	}
}

// bySweeps bounds the diameter by four walks: from a hub, from the node farthest
// from it, from the middle of the way to the one farthest from that, and from the
// one farthest from the middle (Crescenzi et al., On computing the diameter of
// real-world undirected graphs, 2013). Any greatest distance from a node is a
// lower bound, twice of it an upper one.
func (w *walker) bySweeps(hub uint32) (steps int, exact bool) {
	low, high := 2, len(w.dist)-1 // some two nodes are no neighbours
	walk := func(from uint32) (far uint32) {
		far = w.walk(from)
		low, high = max(low, int(w.dist[far])), min(high, 2*int(w.dist[far]))
		return far
	}
	end := walk(walk(hub))
	walk(walk(w.middle(end)))
	return low, low == high
}

// walk goes from a node to all others, nearest first, and returns the farthest,
// the lowest of several.
func (w *walker) walk(from uint32) (far uint32) {
	for i := range w.dist {
		w.dist[i] = -1
	}
	w.dist[from] = 0
	w.queue = append(w.queue[:0], from)
	for head := 0; head < len(w.queue); head++ {
		i := w.queue[head]
		for _, k := range w.near(i) {
			if w.dist[k] < 0 {
				w.dist[k] = w.dist[i] + 1
				w.queue = append(w.queue, k)
			}
		}
	}
	for i, d := range w.dist {
		if d > w.dist[far] {
			far = uint32(i)
		}
	}
	return far
}

// middle returns the node halfway between i and where the last walk began, by
// the lowest neighbour at each step.
func (w *walker) middle(i uint32) uint32 {
	for half := w.dist[i] / 2; w.dist[i] > half; {
		best := none
		for _, k := range w.near(i) {
			if w.dist[k] == w.dist[i]-1 {
				best = min(best, k)
			}
		}
		i = best
	}
	return i
}
