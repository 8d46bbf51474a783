package cluster

import (
	"math"
	"math/bits"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Cohesion says how closely the distinct texts of a cluster hang together:
// exact copies count as one. The pairs are those of [Input.Edges] at or above
// the threshold, both of whose documents are in the cluster. A pair that was
// never verified, as in a giant bucket, is not among them.
type Cohesion struct {
	// Texts is the number of distinct texts, at least 1.
	Texts int
	// Pairs is the number of verified pairs and Density their share of all
	// pairs of Texts, in (0, 1]; 0 pairs and density 1 for copies of one text.
	Pairs   int
	Density float64
	// MinPair and MeanPair are over the pairs; 1 if there is none. For
	// containment the larger direction of a pair counts.
	MinPair, MeanPair float64
	// Diameter is the greatest number of pairs that must be walked from one
	// text to another by the shortest way: 1 if all are paired, 2 if some text
	// is paired with all others.
	Diameter int
	// DiameterExact is false if there are too many texts to be sure: Diameter
	// is then a lower bound. See [ExactDiameter].
	DiameterExact bool
}

// IsChain tells that some two texts have no third one that resembles both: the
// cluster hangs together by chains alone. It is sure if it is true; if Diameter
// is no more than a lower bound, a chain may be missed.
func (c *Cohesion) IsChain() bool { return c.Diameter > 2 }

// cohesive measures clusters one after another. It takes 8 bytes a document,
// and 16 a pair of the largest cluster.
type cohesive struct {
	g     *graph
	label []corpus.ID
	local []uint32 // by leader: its number in the cluster being measured
	seen  []uint32 // by leader: one more than the number that met it last
	pairs [][2]uint32
}

func (g *graph) newCohesive(label []corpus.ID) *cohesive {
	return &cohesive{g: g, label: label, local: make([]uint32, len(label)), seen: make([]uint32, len(label))}
}

// measure returns the cohesion of a cluster with the given members, in keep
// order.
func (c *cohesive) measure(members []Member) Cohesion {
	g := c.g
	n := 0
	for i := range members {
		if l := g.in.Leader[members[i].ID]; g.best[l] == members[i].ID {
			c.local[l], c.seen[l] = uint32(n), 0
			n++
		}
	}
	out := Cohesion{Texts: n, MinPair: 1}
	c.pairs = c.pairs[:0]
	var sum fixedSum
	for i := range members {
		l := g.in.Leader[members[i].ID]
		if g.best[l] != members[i].ID {
			continue
		}
		from := c.local[l]
		for _, k := range g.linksOf(l) {
			to := c.local[k.to]
			if c.label[k.to] != c.label[l] || to <= from || c.seen[k.to] == from+1 {
				continue // elsewhere, or met from the other end, or given twice
			}
			c.seen[k.to] = from + 1
			if s := g.similarity(l, k.to, k.overlap); s >= g.in.Threshold {
				c.pairs = append(c.pairs, [2]uint32{from, to})
				out.MinPair = min(out.MinPair, s)
				sum.add(s)
			}
		}
	}
	out.Pairs, out.MeanPair = len(c.pairs), sum.mean(len(c.pairs))
	out.Density = 1
	if n > 1 {
		out.Density = float64(out.Pairs) / (float64(n) * float64(n-1) / 2)
	}
	out.Diameter, out.DiameterExact = diameter(n, c.pairs)
	return out
}

// fixedSum adds similarities up in 128 bits, so that the order does not matter.
type fixedSum struct{ hi, lo uint64 }

// fixedOne is a similarity of 1. One of 1/1024 and above is held exactly.
const fixedOne = 1 << 62

func (f *fixedSum) add(similarity float64) {
	var carry uint64
	f.lo, carry = bits.Add64(f.lo, uint64(math.Round(similarity*fixedOne)), 0)
	f.hi += carry
}

// mean returns the mean of n similarities, 1 if there are none. The sum over n
// is at most fixedOne, so the quotient fits; equal ones have themselves as mean.
func (f *fixedSum) mean(n int) float64 {
	if n == 0 {
		return 1
	}
	q, _ := bits.Div64(f.hi, f.lo, uint64(n))
	return float64(q) / fixedOne
}
