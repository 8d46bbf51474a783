package lsh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// joinKeys is joinAll for keys. Which band a list has means nothing.
func joinKeys(t testing.TB, b *KeyBucketer) joined {
	t.Helper()
	found, err := b.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	j := drain(t, found)
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Fatal(err)
	}
	return j
}

// keyLists returns the keys of n documents: out of a small space, so that many
// are shared, some often, some within one document.
func keyLists(rng *rand.Rand, n int) [][]uint64 {
	lists := make([][]uint64, n)
	for i := range lists {
		if rng.IntN(10) == 0 {
			continue
		}
		for range rng.IntN(30) {
			key := rng.Uint64N(uint64(20*n)) << (rng.IntN(2) * 40)
			switch rng.IntN(40) {
			case 0:
				key = rng.Uint64N(3) // in a giant bucket
			case 1:
				key = ^uint64(0)
			}
			lists[i] = append(lists[i], key)
			if rng.IntN(10) == 0 {
				lists[i] = append(lists[i], key)
			}
		}
	}
	return lists
}

// slowKeys is the definition, on maps. Giants have no band.
func slowKeys(lists [][]uint64, maxBucket int) (want joined) {
	buckets := map[uint64]map[corpus.ID]bool{}
	for i, keys := range lists {
		for _, key := range keys {
			want.stats.Records++
			if buckets[key] == nil {
				buckets[key] = map[corpus.ID]bool{}
			}
			buckets[key][3*corpus.ID(i)] = true
		}
	}
	pairs, giants, documents := map[corpus.Pair]bool{}, map[string][]corpus.ID{}, map[corpus.ID]bool{}
	for _, bucket := range buckets {
		members := slices.Sorted(maps.Keys(bucket))
		n := int64(len(members))
		if n < 2 {
			continue
		}
		maps.Copy(documents, bucket)
		want.stats.Buckets++
		want.stats.LargestBucket = max(want.stats.LargestBucket, n)
		if maxBucket > 0 && n > int64(maxBucket) {
			want.stats.GiantBuckets++
			giants[fmt.Sprint(members)] = members
			continue
		}
		want.stats.PairsRaw += n * (n - 1) / 2
		for i, a := range members {
			for _, b := range members[i+1:] {
				pairs[corpus.Pair{A: a, B: b}] = true
			}
		}
	}
	want.documents = slices.Sorted(maps.Keys(documents))
	want.pairs = slices.SortedFunc(maps.Keys(pairs), func(a, b corpus.Pair) int { return cmp.Compare(a.Pack(), b.Pack()) })
	want.stats.Pairs = int64(len(pairs))
	for _, members := range giants {
		want.giants = append(want.giants, giantBucket{members: members})
		want.stats.GiantLists++
		want.stats.GiantMembers += int64(len(members))
	}
	return want.sortGiants()
}

// sortGiants orders lists by their members and forgets their bands.
func (a joined) sortGiants() joined {
	a.giants = slices.Clone(a.giants)
	for i := range a.giants {
		a.giants[i].band = 0
	}
	slices.SortFunc(a.giants, func(x, y giantBucket) int { return slices.Compare(x.members, y.members) })
	return a
}

// bucketKeys runs lists through a KeyBucketer. maxRows over 0 forces the rows of a
// band to a file that many at a time.
func bucketKeys(t testing.TB, lists [][]uint64, o BucketerOptions, maxRows int) joined {
	t.Helper()
	b := NewKeyBucketer(o)
	for _, s := range b.stores {
		if maxRows > 0 {
			s.maxRows = maxRows
		}
	}
	for i, keys := range lists {
		given := slices.Clone(keys)
		if err := b.AddKeys(3*corpus.ID(i), given); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(given, keys) {
			t.Fatal("AddKeys changes its argument")
		}
		clear(given)
	}
	if maxRows > 0 && b.Keys() > int64(2*keyBands*maxRows) && b.FileBytes() == 0 {
		t.Fatal("nothing was spilled")
	}
	got := joinKeys(t, b)
	if b.Len() != len(lists) || b.Keys() != got.stats.Records {
		t.Errorf("%d documents, %d keys, want %d, %d", b.Len(), b.Keys(), len(lists), got.stats.Records)
	}
	return got
}

// TestKeyBucketerEqualsTheDefinition, with any memory, threads and MaxBucket.
func TestKeyBucketerEqualsTheDefinition(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 30))
		lists := keyLists(rng, 150+rng.IntN(200))
		for _, maxBucket := range []int{-1, 2, 8, 0} {
			want := slowKeys(lists, cmp.Or(maxBucket, DefaultMaxBucket))
			if len(want.pairs) == 0 || (maxBucket == 2 || maxBucket == 8) && len(want.giants) == 0 {
				t.Fatalf("seed %d shows nothing: %+v", seed, want.stats)
			}
			first := bucketKeys(t, lists, BucketerOptions{MaxBucket: maxBucket, Threads: 1}, 0)
			if !first.sortGiants().equal(want) {
				t.Fatalf("seed %d, MaxBucket %d: %+v, want %+v", seed, maxBucket, first.stats, want.stats)
			}
			for _, o := range []BucketerOptions{{Threads: 7}, {Memory: 1}, {Memory: 1, Threads: 1}, {Threads: 100}} {
				for _, maxRows := range []int{0, 40} {
					o.MaxBucket, o.TempDir = maxBucket, t.TempDir()
					if got := bucketKeys(t, lists, o, maxRows); !got.equal(first) {
						t.Errorf("seed %d, %+v, %d rows in memory: another result (%+v, want %+v)", seed, o, maxRows, got.stats, first.stats)
					}
					if left, _ := os.ReadDir(o.TempDir); len(left) != 0 {
						t.Errorf("files left behind: %v", left)
					}
				}
			}
		}
	}
}

// TestManyKeysInOneMegabyte need several passes over each band.
func TestManyKeysInOneMegabyte(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 31))
	lists := make([][]uint64, 2000)
	for i := range lists {
		for range 250 {
			lists[i] = append(lists[i], rng.Uint64N(1<<22))
		}
	}
	run := func(memory int64) joined {
		return bucketKeys(t, lists, BucketerOptions{Memory: memory, TempDir: t.TempDir(), MaxBucket: 3}, 0)
	}
	small, large := run(1<<20), run(64<<20)
	if !small.equal(large) || len(small.pairs) == 0 || len(small.giants) == 0 {
		t.Errorf("small memory: %+v, large: %+v", small.stats, large.stats)
	}
}

// TestKeyTwiceInADocument: it is in no pair with itself, and does not make a
// bucket larger than it is.
func TestKeyTwiceInADocument(t *testing.T) {
	lists := [][]uint64{{5, 5, 5, 5}, {6, 6}, {6, 7, 6}, {7, 7, 7}, nil, {8}}
	got := bucketKeys(t, lists, BucketerOptions{MaxBucket: 2}, 0)
	if want := []corpus.Pair{{A: 3, B: 6}, {A: 6, B: 9}}; !slices.Equal(got.pairs, want) || len(got.giants) != 0 || got.stats.Buckets != 2 || got.stats.LargestBucket != 2 {
		t.Errorf("%v, %+v, want %v", got.pairs, got.stats, want)
	}
}

// TestGiantListsOfManyKeys: documents that share a hundred keys are one list.
func TestGiantListsOfManyKeys(t *testing.T) {
	var lists [][]uint64
	for i := range uint64(600) {
		keys := []uint64{1000 + i/2} // pairs of their own
		for k := range uint64(100) {
			keys = append(keys, k+500*(i%2))
		}
		lists = append(lists, keys)
	}
	got := bucketKeys(t, lists, BucketerOptions{}, 0)
	if len(got.giants) != 2 || got.stats.GiantBuckets != 200 || len(got.giants[0].members) != 300 || len(got.pairs) != 300 {
		t.Errorf("%d lists, %d pairs, %+v", len(got.giants), len(got.pairs), got.stats)
	}
}

func TestAddKeysRefusesWhatItCannotHold(t *testing.T) {
	b := NewKeyBucketer(BucketerOptions{})
	if err := errors.Join(b.AddKeys(5, nil), b.AddKeys(6, []uint64{1, 2})); err != nil {
		t.Fatal(err)
	}
	for _, id := range []corpus.ID{6, 5, 0} {
		if err := b.AddKeys(id, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("document %d added after those of document 6", id)) {
			t.Errorf("document %d after 6: error %v", id, err)
		}
	}
	if b.MemoryBytes() == 0 || b.FileBytes() != 0 {
		t.Errorf("%d bytes in memory, %d in files", b.MemoryBytes(), b.FileBytes())
	}
	joinKeys(t, b)
	if b.AddKeys(9, nil) == nil {
		t.Error("keys added after the join")
	}
	if _, err := b.Join(t.Context()); err == nil {
		t.Error("joined twice")
	}
}

func TestKeyJoinEndsOnErrors(t *testing.T) {
	fill := func() *KeyBucketer {
		b := NewKeyBucketer(BucketerOptions{TempDir: t.TempDir()})
		for i := range 200 {
			for _, s := range b.stores {
				s.maxRows = 3
			}
			if err := b.AddKeys(corpus.ID(i), []uint64{uint64(i / 2), uint64(i / 3)}); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	b := fill()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.Join(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
	b = fill()
	if err := b.stores[3].file.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Join(t.Context()); !errors.Is(err, os.ErrClosed) {
		t.Errorf("error %v, want %v", err, os.ErrClosed)
	}
	b.Close()
}

// BenchmarkKeyJoin has 190 keys a document, as pairs of 20 key terms are.
func BenchmarkKeyJoin(b *testing.B) {
	const n, each = 20_000, 190
	for _, memory := range []int64{2 << 30, 16 << 20} {
		b.Run(fmt.Sprintf("memory=%dMiB", memory>>20), func(b *testing.B) {
			pairs := 0
			for b.Loop() {
				bucketer := NewKeyBucketer(BucketerOptions{Memory: memory, TempDir: b.TempDir()})
				rng := rand.New(rand.NewPCG(1, 1))
				keys := make([]uint64, each)
				for i := range n {
					for k := range keys {
						keys[k] = rng.Uint64N(n * each * 4)
					}
					if err := bucketer.AddKeys(corpus.ID(i), keys); err != nil {
						b.Fatal(err)
					}
				}
				found, err := bucketer.Join(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				pairs = 0
				_, err = found.Pairs(b.Context(), func(ps []corpus.Pair) error { pairs += len(ps); return nil })
				if err := errors.Join(err, found.Close(), bucketer.Close()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(n*each), "ns/key")
			b.ReportMetric(float64(pairs)/n, "pairs/doc")
		})
	}
}
