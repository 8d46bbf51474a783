package minhash

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	minhashlsh "github.com/ekzhu/minhash-lsh"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

func newSigner(t testing.TB, f Family, k int, seed int64) *Signer {
	t.Helper()
	s, err := NewSigner(f, k, seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func randomSet(rng *rand.Rand, n int) []uint64 {
	set := make([]uint64, n)
	for i := range set {
		set[i] = rng.Uint64()
	}
	return set
}

// slowClassic32 is the definition of the family, function by function.
func slowClassic32(s *Signer, set []uint64) Signature {
	sig := make(Signature, s.hashes)
	for i := range sig {
		sig[i] = math.MaxUint32
		for _, x := range set {
			sig[i] = min(sig[i], uint64(s.funcs.At(i, x)))
		}
	}
	return sig
}

func TestSignEqualsTheDefinition(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, k := range []int{1, 2, 3, 4, 5, 31, 96, 128, MaxHashes} {
			s := newSigner(t, Classic32, k, int64(k)-3)
			for _, n := range []int{1, 2, 3, 10, 511, 512, 513, 1031} {
				set := randomSet(rng, n)
				if got, want := s.Sign(nil, set), slowClassic32(s, set); !slices.Equal(got, want) {
					t.Errorf("k=%d n=%d: signature differs from the definition", k, n)
				}
			}
		}
	})
}

// TestPrefixOfClassic32 is documented: the first functions do not depend on k.
func TestPrefixOfClassic32(t *testing.T) {
	set := randomSet(rand.New(rand.NewPCG(21, 22)), 100)
	long := newSigner(t, Classic32, 128, 5).Sign(nil, set)
	if short := newSigner(t, Classic32, 37, 5).Sign(nil, set); !slices.Equal(short, long[:37]) {
		t.Error("37 functions are not the first of 128")
	}
}

// TestSignGolden pins signatures: they are stored in artefacts, so a change of
// the family needs a new version in the fingerprint.
func TestSignGolden(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		set := []uint64{1, 2, 3, 1 << 63, 0xdeadbeef}
		tests := []struct {
			family Family
			seed   int64
			want   Signature
		}{
			{Classic32, 0, Signature{0x1e92bd0, 0x1b27bfb2, 0x6014b577}},
			{Classic32, 1, Signature{0x4b596924, 0x540ca010, 0x4be44fa3}},
			{Classic32, -1, Signature{0x102b5a84, 0x4b5654af, 0x56f8aa2}},
			{FSS, 0, Signature{0x1e535eede31428f0, 0x25c26ea579cea98a, 0x5692161d100b05e5}},
			{FSS, 1, Signature{0x25c26ea579cea98a, 0x1e535eede31428f0, 0x4e062702ec929eea}},
			{FSS, -1, Signature{0x4e062702ec929eea, 0x5692161d100b05e5, 0x25c26ea579cea98a}},
			{Classic, 1, Signature{0x95e30b469440e72, 0x9d45a310f625f2f7, 0x17076ec5923af64e}},
		}
		for _, test := range tests {
			got := newSigner(t, test.family, 3, test.seed).Sign(nil, set)
			if !slices.Equal(got, test.want) {
				t.Errorf("%v seed %d: got %#x, want %#x", test.family, test.seed, got, test.want)
			}
		}
	})
}

func TestClassicEqualsMinhashLSH(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		seed, k, n := int64(rng.Uint64()), 1+rng.IntN(300), 1+rng.IntN(400)
		set := randomSet(rng, n)
		if rng.IntN(3) == 0 {
			for i := range set {
				set[i] = uint64(i) // small numbers have zero bytes
			}
		}
		theirs := minhashlsh.NewMinhash(seed, k)
		for _, x := range set {
			theirs.Push(binary.LittleEndian.AppendUint64(nil, x))
		}
		if got := newSigner(t, Classic, k, seed).Sign(nil, set); !slices.Equal(got, theirs.Signature()) {
			t.Fatalf("seed %d, k=%d, n=%d: differs from minhash-lsh", seed, k, n)
		}
	}
}

func TestSignIsAFunctionOfTheSet(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, f := range []Family{Classic32, Classic, FSS} {
		s := newSigner(t, f, 64, 9)
		set := randomSet(rng, 500)
		want := s.Sign(nil, set)
		twice := append(slices.Clone(set), set...)
		rng.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		dst := make(Signature, 3, 64)
		got := s.Sign(dst, twice)
		if !slices.Equal(got, want) {
			t.Errorf("%v: order or repetition changes the signature", f)
		}
		if &got[0] != &dst[0] {
			t.Errorf("%v: Sign does not use the room in dst", f)
		}
		if s.Sign(dst, nil) != nil {
			t.Errorf("%v: the empty set has a signature", f)
		}
	}
}

func TestSignerServesManyGoroutines(t *testing.T) {
	for _, f := range []Family{Classic32, FSS} {
		s := newSigner(t, f, 96, 7)
		set := randomSet(rand.New(rand.NewPCG(7, 8)), 300)
		want := s.Sign(nil, set)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					if !slices.Equal(s.Sign(nil, set), want) {
						t.Errorf("%v: signatures differ between goroutines", f)
					}
				}
			})
		}
		wg.Wait()
	}
}

func TestNewSignerRefusesBadArguments(t *testing.T) {
	for _, k := range []int{-1, 0, MaxHashes + 1} {
		if _, err := NewSigner(Classic32, k, 1); err == nil || !strings.Contains(err.Error(), fmt.Sprint(k)) {
			t.Errorf("k=%d: got error %v, want one that names it", k, err)
		}
	}
	if _, err := NewSigner(Family(9), 8, 1); err == nil {
		t.Error("family 9 accepted")
	}
}

func TestFamilyRoundTrip(t *testing.T) {
	if FSS != 0 || Classic != 2 || Classic32 != 3 {
		t.Error("families are persisted and must keep their numbers")
	}
	for _, f := range []Family{1, 4} {
		if f.IsKnown() {
			t.Errorf("%v is known", f)
		}
	}
	for _, f := range []Family{Classic32, Classic, FSS} {
		if !f.IsKnown() {
			t.Errorf("%v is unknown", f)
		}
		if got, err := ParseFamily(f.String()); err != nil || got != f {
			t.Errorf("%v: parsed as %v, %v", f, got, err)
		}
	}
	if _, err := ParseFamily("simhash"); err == nil || !strings.Contains(err.Error(), `"simhash"`) {
		t.Errorf("got error %v, want one that names simhash", err)
	}
}

func TestEstimate(t *testing.T) {
	tests := []struct {
		a, b Signature
		want float64
	}{
		{Signature{1}, Signature{1}, 1},
		{Signature{1, 2, 3, 4}, Signature{4, 3, 2, 1}, 0},
		{Signature{1, 2, 3, 4}, Signature{1, 5, 3, 5}, 0.5},
		{Signature{1, 2, 3, 4}, Signature{0, 0, 3, 0}, 0.25},
	}
	for _, test := range tests {
		if got := Estimate(test.a, test.b); got != test.want {
			t.Errorf("Estimate(%v, %v) = %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

func TestEstimatePanicsOnWhatCannotBeCompared(t *testing.T) {
	for _, pair := range [][2]Signature{{{1}, {1, 2}}, {nil, nil}, {nil, {1}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Estimate(%v, %v) did not panic", pair[0], pair[1])
				}
			}()
			Estimate(pair[0], pair[1])
		}()
	}
}

func TestStdErr(t *testing.T) {
	for _, test := range []struct {
		j    float64
		k    int
		want float64
	}{{0.5, 100, 0.05}, {0.06, 128, 0.020991}, {0, 64, 0}, {1, 64, 0}, {0.8, 16, 0.1}} {
		if got := StdErr(test.j, test.k); math.Abs(got-test.want) > 1e-6 {
			t.Errorf("StdErr(%v, %d) = %v, want %v", test.j, test.k, got, test.want)
		}
	}
}

func FuzzSign(f *testing.F) {
	f.Add(uint8(5), int64(1), []byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, k uint8, seed int64, data []byte) {
		s := newSigner(t, Classic32, int(k)+1, seed)
		var set []uint64
		for ; len(data) >= 8; data = data[8:] {
			set = append(set, binary.LittleEndian.Uint64(data))
		}
		fss := newSigner(t, FSS, int(k)+1, seed)
		got, sketch := s.Sign(nil, set), fss.Sign(nil, set)
		if len(set) == 0 {
			if got != nil || sketch != nil {
				t.Fatal("the empty set has a signature")
			}
			return
		}
		if !slices.Equal(got, slowClassic32(s, set)) {
			t.Fatalf("k=%d seed=%d: signature differs from the definition", k, seed)
		}
		if !slices.Equal(sketch, slowFSS(fss, set)) {
			t.Fatalf("fss k=%d seed=%d: sketch differs from the definition", k, seed)
		}
	})
}
