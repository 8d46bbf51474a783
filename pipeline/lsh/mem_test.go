package lsh

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	minhashlsh "github.com/ekzhu/minhash-lsh"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
)

func newMem(t testing.TB, p Params, sigs []minhash.Signature) *Mem {
	t.Helper()
	m, err := NewMem(p)
	if err != nil {
		t.Fatal(err)
	}
	for i, sig := range sigs {
		if sig == nil {
			continue
		}
		if err := m.Add(corpus.ID(i), sig); err != nil {
			t.Fatal(err)
		}
	}
	m.Index()
	return m
}

// memPairs asks the index for every document's neighbours.
func memPairs(t testing.TB, m *Mem, sigs []minhash.Signature) []corpus.Pair {
	t.Helper()
	var pairs []corpus.Pair
	for i, sig := range sigs {
		if sig == nil {
			continue
		}
		ids, err := m.Query(sig)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(ids, corpus.ID(i)) {
			t.Fatalf("document %d does not find itself", i)
		}
		for _, id := range ids {
			if id > corpus.ID(i) {
				pairs = append(pairs, corpus.Pair{A: corpus.ID(i), B: id})
			}
		}
	}
	return pairs
}

// TestBucketerAgreesWithMinhashLSH is the oracle: the bucket join and the
// independent implementation propose the same candidates, pair for pair, from
// the same signatures and banding, for 250 random corpora and settings.
func TestBucketerAgreesWithMinhashLSH(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	found := 0
	for trial := range 250 {
		p := Params{Bands: 1 + rng.IntN(12), Rows: 1 + rng.IntN(5)}
		n, size := 2+rng.IntN(90), 1+rng.IntN(60)
		sigs := randomCorpus(t, rng, n, size, p)
		want := memPairs(t, newMem(t, p, sigs), sigs)
		got := bucketSignatures(t, sigs, p, BucketerOptions{MaxBucket: -1}, rng.IntN(2)*(1+rng.IntN(n)))
		if !slices.Equal(got.pairs, want) {
			t.Fatalf("trial %d: %v, n=%d, size=%d: bucket join gives %d pairs, minhash-lsh %d", trial, p, n, size, len(got.pairs), len(want))
		}
		found += len(want)
	}
	if found < 1000 {
		t.Errorf("only %d pairs in all corpora: the test shows little", found)
	}
}

// TestMemReachesEveryBanding: minhash-lsh takes no banding, only a number of
// hashes and a threshold. The presets' bandings are among these.
func TestMemReachesEveryBanding(t *testing.T) {
	for _, p := range []Params{{16, 6}, {13, 8}, {26, 5}, {35, 3}, {11, 10}, {75, 1}, {151, 1}, {227, 1}, {1, 136}, {1, 1}, {20, 1}, {3, 2}, {40, 2}} {
		m, err := NewMem(p)
		if err != nil {
			t.Errorf("%v: %v", p, err)
			continue
		}
		at := 0
		for _, part := range m.parts {
			rows, bands := part.lsh.Params()
			if part.from != at || rows != p.Rows || part.to-part.from != rows*bands {
				t.Errorf("%v: part %d..%d has %d bands of %d rows", p, part.from, part.to, bands, rows)
			}
			at = part.to
		}
		if at != p.Hashes() || m.params != p {
			t.Errorf("%v: parts cover %d hashes", p, at)
		}
		t.Logf("%v: %d indexes", p, len(m.parts))
	}
}

// TestMemOfSeveralIndexes: where no single index has the banding, the union over
// ranges of bands is the same index.
func TestMemOfSeveralIndexes(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	p := Params{Bands: 7, Rows: 3}
	sigs := randomCorpus(t, rng, 80, 30, p)
	whole := memPairs(t, newMem(t, p, sigs), sigs)
	split := &Mem{params: p}
	atMostTwo := func(p Params) *minhashlsh.MinhashLSH {
		if p.Bands > 2 {
			return nil
		}
		return findIndex(p)
	}
	if err := split.addParts(0, p.Bands, atMostTwo); err != nil {
		t.Fatal(err)
	}
	if len(split.parts) != 4 {
		t.Fatalf("%d parts, want 4", len(split.parts))
	}
	for i, sig := range sigs {
		if sig != nil {
			if err := split.Add(corpus.ID(i), sig); err != nil {
				t.Fatal(err)
			}
		}
	}
	split.Index()
	if got := memPairs(t, split, sigs); !slices.Equal(got, whole) {
		t.Errorf("%d pairs from several indexes, %d from one", len(got), len(whole))
	}
}

// TestMemFailsLoudly rather than index with another banding than was asked for.
func TestMemFailsLoudly(t *testing.T) {
	m := &Mem{params: Params{Bands: 5, Rows: 2}}
	err := m.addParts(0, 5, func(Params) *minhashlsh.MinhashLSH { return nil })
	if err == nil || !strings.Contains(err.Error(), "1 bands x 2 rows") {
		t.Errorf("got error %v, want one that names the banding", err)
	}
	if index := probe(Params{Bands: 16, Rows: 6}, 0.05); index != nil {
		t.Error("probe returned an index of another banding")
	}
}

// TestPeerBug05_EmptyDocumentsNeverMatch: an empty signature is refused, not
// matched with every other empty one.
func TestPeerBug05_EmptyDocumentsNeverMatch(t *testing.T) {
	p := Params{4, 2}
	m, err := NewMem(p)
	if err != nil {
		t.Fatal(err)
	}
	empty := newSigner(t, p.Hashes(), 1).Sign(nil, nil)
	if err := m.Add(3, empty); err == nil || !strings.Contains(err.Error(), "document 3") {
		t.Errorf("got error %v, want one that names document 3", err)
	}
	if _, err := m.Query(empty); err == nil {
		t.Error("query with an empty signature")
	}
	if err := m.Add(4, make([]uint64, 7)); err == nil || !strings.Contains(err.Error(), "need 8 hashes, signature has 7") {
		t.Errorf("got error %v for a short signature", err)
	}
	b, err := NewBucketer(p, BucketerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if b.Add(3, nil) == nil {
		t.Error("the Bucketer took a document without keys")
	}
}

// TestPeerBug07_EveryIndexedCopyIsFound: a lookup that stops after its first hit
// finds one copy only.
func TestPeerBug07_EveryIndexedCopyIsFound(t *testing.T) {
	p := Params{6, 3}
	signer := newSigner(t, p.Hashes(), 5)
	same, other := signer.Sign(nil, []uint64{1, 2, 3}), signer.Sign(nil, []uint64{7, 8, 9})
	m := newMem(t, p, []minhash.Signature{same, same, other, same, same})
	for range 2 {
		if got, err := m.Query(same); err != nil || !slices.Equal(got, []corpus.ID{0, 1, 3, 4}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := m.Query(other); err != nil || !slices.Equal(got, []corpus.ID{2}) {
			t.Errorf("got %v, %v", got, err)
		}
	}
}

func TestMemGrowsAfterIndexing(t *testing.T) {
	p := Params{6, 3}
	signer := newSigner(t, p.Hashes(), 5)
	sig := signer.Sign(nil, []uint64{1, 2, 3})
	m, err := NewMem(p)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := m.Query(sig); err != nil || len(got) != 0 {
		t.Errorf("empty index: got %v, %v", got, err)
	}
	for i := range corpus.ID(3) {
		kept := slices.Clone(sig)
		if err := m.Add(i, kept); err != nil {
			t.Fatal(err)
		}
		clear(kept) // Add has copied it
		if _, err := m.Query(sig); err == nil {
			t.Error("query between Add and Index")
		}
		m.Index()
		if got, err := m.Query(sig); err != nil || len(got) != int(i)+1 || m.Len() != len(got) {
			t.Errorf("after document %d: got %v, %v", i, got, err)
		}
	}
}

func TestMemServesManyQueries(t *testing.T) {
	p := Params{8, 2}
	sigs := randomCorpus(t, rand.New(rand.NewPCG(15, 16)), 60, 20, p)
	m := newMem(t, p, sigs)
	want := memPairs(t, m, sigs)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, sig := range sigs {
				if sig == nil {
					continue
				}
				ids, err := m.Query(sig)
				if err != nil || !slices.Contains(ids, corpus.ID(i)) {
					t.Errorf("document %d: %v, %v", i, ids, err)
				}
			}
		})
	}
	wg.Wait()
	if got := memPairs(t, m, sigs); !slices.Equal(got, want) {
		t.Error("queries change the answers")
	}
}

func BenchmarkNewMem(b *testing.B) {
	for _, p := range []Params{{16, 6}, {26, 5}, {35, 3}, {75, 1}, {11, 10}} {
		b.Run(p.String(), func(b *testing.B) {
			for b.Loop() {
				if _, err := NewMem(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
