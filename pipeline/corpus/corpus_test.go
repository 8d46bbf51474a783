package corpus

import (
	"cmp"
	"math"
	"math/rand/v2"
	"testing"
)

// TestPairs: a pair is ordered, survives packing, and packs in order.
func TestPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	ids := []ID{0, 1, 2, math.MaxInt32, math.MaxUint32}
	for range 20 {
		ids = append(ids, ID(rng.Uint32()))
	}
	var pairs []Pair
	for _, a := range ids {
		for _, b := range ids {
			if a == b {
				continue
			}
			p := MakePair(a, b)
			if p.A >= p.B || p != MakePair(b, a) || UnpackPair(p.Pack()) != p {
				t.Errorf("MakePair(%d, %d) = %v, unpacked %v", a, b, p, UnpackPair(p.Pack()))
			}
			pairs = append(pairs, p)
		}
	}
	for _, p := range pairs {
		for _, q := range pairs {
			if got, want := cmp.Compare(p.Pack(), q.Pack()), cmp.Or(cmp.Compare(p.A, q.A), cmp.Compare(p.B, q.B)); got != want {
				t.Fatalf("%v and %v compare as %d, packed as %d", p, q, want, got)
			}
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a document is paired with itself")
		}
	}()
	MakePair(3, 3)
}
