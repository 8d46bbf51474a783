package cluster

import "math/bits"

// communities divides a component into communities of high modularity over its
// pairs at or above bar, and returns, for each number, the lowest number in its
// community.
//
// It is the method of Blondel, Guillaume, Lambiotte and Lefebvre (Fast
// unfolding of communities in large networks, 2008), called Louvain, at
// resolution 1. Nodes are moved in keep order, without chance. A community that
// has come apart, as that method allows (Traag, Waltman and van Eck, From
// Louvain to Leiden, 2019), is divided at the end, which raises modularity.
//
// Note: gonum's community.Modularize adds up floats in the order of a map, and
// looks at every member of each neighbouring community to move a node, which is
// quadratic in a giant component. It serves as an oracle in the tests.
func communities(s subgraph, bar uint64) []uint32 {
	strong := newSubgraph(s.len(), len(s.ties))
	for i := range uint32(s.len()) {
		for _, t := range s.of(i) {
			if t.weight >= bar {
				strong.ties = append(strong.ties, t)
			}
		}
		strong.end()
	}
	of := upTo[uint32](s.len()) // by number: its node at the level
	for l := newLevel(strong, make([]uint64, s.len())); ; {
		community := l.move()
		count := renumber(community)
		for i, node := range of {
			of[i] = community[node]
		}
		if count == l.ties.len() {
			break
		}
		l = l.condense(community, count)
	}
	whole := newForest[uint32](s.len())
	for i := range uint32(s.len()) {
		for _, t := range strong.of(i) {
			if of[i] == of[t.to] {
				whole.join(i, t.to)
			}
		}
	}
	whole.flatten()
	return whole
}

// level is the graph that is moved about: at first the component itself, then
// its communities as nodes.
type level struct {
	ties   subgraph // between different nodes
	self   []uint64 // by node: twice the weight within it
	degree []uint64 // by node: the weight of its ends
	total  uint64   // of degree: twice the weight of all pairs

	// weightTo is, for the communities in touched, the weight of one node's
	// ties to them; 0 elsewhere.
	weightTo []uint64
	touched  []uint32
}

func newLevel(ties subgraph, self []uint64) *level {
	l := &level{ties: ties, self: self, degree: make([]uint64, len(self)), weightTo: make([]uint64, len(self))}
	for i := range self {
		l.degree[i] = self[i]
		for _, t := range ties.of(uint32(i)) {
			l.degree[i] += t.weight
		}
		l.total += l.degree[i]
	}
	return l
}

// touch adds a node's ties to weightTo.
func (l *level) touch(i uint32, community []uint32) {
	for _, t := range l.ties.of(i) {
		c := community[t.to]
		if l.weightTo[c] == 0 {
			l.touched = append(l.touched, c)
		}
		l.weightTo[c] += t.weight
	}
}

// untouch makes weightTo zero.
func (l *level) untouch() {
	for _, c := range l.touched {
		l.weightTo[c] = 0
	}
	l.touched = l.touched[:0]
}

// move starts from every node by itself, moves each to the community that gains
// most, until none gains, and returns the community of each. Where several gain
// the same, a node stays, or else goes to that of its first neighbour. A node is
// looked at again when a neighbour has gone elsewhere. It ends because every move
// gains.
func (l *level) move() (community []uint32) {
	n := l.ties.len()
	community = upTo[uint32](n)
	ends := append([]uint64(nil), l.degree...) // by community: the sum of degrees
	waits := make([]bool, n)
	for i := range waits {
		waits[i] = true
	}
	var next []uint32
	for queue := upTo[uint32](n); len(queue) > 0; queue, next = next, queue[:0] {
		for _, i := range queue {
			waits[i] = false
			own := community[i]
			ends[own] -= l.degree[i]
			best := l.best(i, community, ends)
			ends[best] += l.degree[i]
			if best == own {
				continue
			}
			community[i] = best
			for _, t := range l.ties.of(i) {
				if community[t.to] != best && !waits[t.to] {
					waits[t.to] = true
					next = append(next, t.to)
				}
			}
		}
	}
	return community
}

// best returns the community for a node that has been taken out of its own.
func (l *level) best(i uint32, community []uint32, ends []uint64) uint32 {
	best := community[i]
	l.touch(i, community)
	for _, c := range l.touched {
		if l.gainsMore(l.degree[i], ends, c, best) {
			best = c
		}
	}
	l.untouch()
	return best
}

// gainsMore tells whether a node of the given degree, taken out of its
// community, gains more modularity in community c than in d. The gain is in
// proportion to
//
//	weightTo[c] - degree * ends[c] / total
//
// compared here in 128 bits, without rounding.
func (l *level) gainsMore(degree uint64, ends []uint64, c, d uint32) bool {
	ch, cl := mulAdd(l.weightTo[c], l.total, degree, ends[d])
	dh, dl := mulAdd(l.weightTo[d], l.total, degree, ends[c])
	return ch > dh || ch == dh && cl > dl
}

// mulAdd returns a*b + c*d, each below 1<<63.
func mulAdd(a, b, c, d uint64) (hi, lo uint64) {
	h1, l1 := bits.Mul64(a, b)
	h2, l2 := bits.Mul64(c, d)
	lo, carry := bits.Add64(l1, l2, 0)
	hi, _ = bits.Add64(h1, h2, carry)
	return hi, lo
}

// renumber gives the communities the numbers 0, 1, ... in the order of their
// first nodes, and returns how many there are.
func renumber(community []uint32) (count int) {
	number := make([]uint32, len(community)) // one more than the new number
	for i, c := range community {
		if number[c] == 0 {
			count++
			number[c] = uint32(count)
		}
		community[i] = number[c] - 1
	}
	return count
}

// condense returns the level whose nodes are the communities of l.
func (l *level) condense(community []uint32, count int) *level {
	// Nodes by community, in order: count, sum up, fill from the back.
	start := make([]uint32, count+1)
	for _, c := range community {
		start[c]++
	}
	for c, sum := 0, uint32(0); c <= count; c++ {
		sum += start[c]
		start[c] = sum
	}
	nodes := make([]uint32, len(community))
	for i := len(community) - 1; i >= 0; i-- {
		c := community[i]
		start[c]--
		nodes[start[c]] = uint32(i)
	}
	ties, self := newSubgraph(count, 0), make([]uint64, count)
	for c := range uint32(count) {
		for _, i := range nodes[start[c]:start[c+1]] {
			self[c] += l.self[i]
			l.touch(i, community)
		}
		for _, d := range l.touched {
			if d == c {
				self[c] += l.weightTo[d]
			} else {
				ties.ties = append(ties.ties, tie{d, l.weightTo[d]})
			}
		}
		ties.end()
		l.untouch()
	}
	return newLevel(ties, self)
}
