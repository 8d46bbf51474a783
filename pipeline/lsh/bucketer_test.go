package lsh

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
)

type giantBucket struct {
	band    int
	members []corpus.ID
}

// joined is all that a Joined says.
type joined struct {
	documents []corpus.ID
	pairs     []corpus.Pair
	giants    []giantBucket
	stats     Stats
}

func (a joined) equal(b joined) bool {
	return a.stats == b.stats && slices.Equal(a.documents, b.documents) && slices.Equal(a.pairs, b.pairs) && slices.EqualFunc(a.giants, b.giants, func(x, y giantBucket) bool {
		return x.band == y.band && slices.Equal(x.members, y.members)
	})
}

func joinAll(t testing.TB, b *Bucketer) joined {
	t.Helper()
	found, err := b.Join(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return drain(t, found)
}

// drain takes all that found has, and closes it.
func drain(t testing.TB, found *Joined) joined {
	t.Helper()
	j := joined{documents: slices.Collect(found.Documents())}
	for range 2 { // lists can be read again
		j.giants = nil
		err := found.Giants(t.Context(), func(band int, members []corpus.ID) error {
			j.giants = append(j.giants, giantBucket{band, slices.Clone(members)})
			clear(members)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	var err error
	j.stats, err = found.Pairs(t.Context(), func(pairs []corpus.Pair) error {
		j.pairs = append(j.pairs, pairs...)
		clear(pairs)
		return nil
	})
	if err := errors.Join(err, found.Close(), found.Close()); err != nil {
		t.Fatal(err)
	}
	checkDocuments(t, j)
	return j
}

// checkDocuments holds the documents against the pairs and lists.
func checkDocuments(t testing.TB, j joined) {
	t.Helper()
	var want []corpus.ID
	for _, p := range j.pairs {
		want = append(want, p.A, p.B)
	}
	for _, g := range j.giants {
		want = append(want, g.members...)
	}
	slices.Sort(want)
	if want = slices.Compact(want); !slices.Equal(j.documents, want) {
		t.Errorf("%d documents, want the %d of the pairs and lists", len(j.documents), len(want))
	}
}

// bucketSignatures runs signatures through a Bucketer. maxRows over 0 forces
// the rows to a file that many at a time; memory over 0 bounds the join.
func bucketSignatures(t testing.TB, sigs []minhash.Signature, p Params, o BucketerOptions, maxRows int) joined {
	t.Helper()
	b, err := NewBucketer(p, o)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if maxRows > 0 {
		b.store.maxRows = maxRows
	}
	var keys []uint64
	for i, sig := range sigs {
		if sig == nil {
			continue
		}
		keys = AppendBandKeys(keys[:0], sig, p)
		if err := b.Add(corpus.ID(i), keys); err != nil {
			t.Fatal(err)
		}
	}
	return joinAll(t, b)
}

func TestBucketerEqualsTheDefinition(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 60 {
		p := Params{1 + rng.IntN(12), 1 + rng.IntN(4)}
		n, size := rng.IntN(150), 1+rng.IntN(40)
		sigs := randomCorpus(t, rng, n, size, p)
		got := bucketSignatures(t, sigs, p, BucketerOptions{MaxBucket: -1}, 0)
		if want := slowPairs(sigs, p); !slices.Equal(got.pairs, want) {
			t.Fatalf("%v, n=%d, size=%d: %d pairs, want %d", p, n, size, len(got.pairs), len(want))
		}
		if got.stats.Pairs != int64(len(got.pairs)) || got.stats.PairsRaw < got.stats.Pairs {
			t.Errorf("counted %d of %d raw pairs, emitted %d", got.stats.Pairs, got.stats.PairsRaw, len(got.pairs))
		}
	}
}

// TestLimitsDoNotChangeTheResult: memory, spilling and threads are for speed.
func TestLimitsDoNotChangeTheResult(t *testing.T) {
	p := Params{12, 2}
	sigs := randomCorpus(t, rand.New(rand.NewPCG(2, 2)), 1000, 30, p)
	for _, maxBucket := range []int{-1, 2, 20} {
		want := bucketSignatures(t, sigs, p, BucketerOptions{MaxBucket: maxBucket, Threads: 1}, 0)
		if maxBucket > 0 && len(want.giants) == 0 || len(want.pairs) == 0 {
			t.Fatalf("MaxBucket %d: %d giants, %d pairs: the test shows nothing", maxBucket, len(want.giants), len(want.pairs))
		}
		for _, o := range []BucketerOptions{{Threads: 7}, {Memory: 1}, {Memory: 1, Threads: 1}, {Threads: 100}} {
			for _, maxRows := range []int{0, 50, 400, 999, 1000} {
				o.MaxBucket, o.TempDir = maxBucket, t.TempDir()
				if got := bucketSignatures(t, sigs, p, o, maxRows); !got.equal(want) {
					t.Errorf("%+v, %d rows in memory: another result (%+v, want %+v)", o, maxRows, got.stats, want.stats)
				}
				if left, _ := os.ReadDir(o.TempDir); len(left) != 0 {
					t.Errorf("files left behind: %v", left)
				}
			}
		}
	}
}

// TestManyPassesOverABand has far more records than fit into a pass.
func TestManyPassesOverABand(t *testing.T) {
	p := Params{3, 1}
	rng := rand.New(rand.NewPCG(3, 3))
	rows := make([][3]uint64, 60000)
	for i := range rows {
		for band := range rows[i] {
			rows[i][band] = finish(rng.Uint64N(50000)) // few buckets of a handful each
		}
	}
	run := func(memory int64) joined {
		b, err := NewBucketer(p, BucketerOptions{Memory: memory, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		for i, keys := range rows {
			if err := b.Add(corpus.ID(3*i), keys[:]); err != nil {
				t.Fatal(err)
			}
		}
		if spilled := b.FileBytes() > 0; spilled != (memory == 1<<20) || b.Len() != len(rows) {
			t.Fatalf("memory %d: %d documents, %d bytes in memory, %d in the file", memory, b.Len(), b.MemoryBytes(), b.FileBytes())
		}
		return joinAll(t, b)
	}
	if small, large := run(1<<20), run(64<<20); !small.equal(large) {
		t.Errorf("small memory: %+v, large: %+v", small.stats, large.stats)
	}
}

// TestGiantBucketIsLinear: 10,000 copies of one text make one list and no pair,
// whatever the number of bands, and smaller buckets go on as before.
func TestGiantBucketIsLinear(t *testing.T) {
	const copies = 10000
	p := Params{16, 6}
	signer := newSigner(t, p.Hashes(), 1)
	same := signer.Sign(nil, []uint64{1, 2, 3})
	other := signer.Sign(nil, []uint64{4, 5, 6})
	sigs := []minhash.Signature{other}
	for range copies {
		sigs = append(sigs, same)
	}
	sigs = append(sigs, other)
	got := bucketSignatures(t, sigs, p, BucketerOptions{}, 0)
	if len(got.giants) != 1 || got.giants[0].band != 0 || len(got.giants[0].members) != copies {
		t.Fatalf("%d giant lists, want one of %d documents in band 0", len(got.giants), copies)
	}
	for i, id := range got.giants[0].members {
		if id != corpus.ID(i+1) {
			t.Fatalf("member %d is document %d", i, id)
		}
	}
	if want := []corpus.Pair{{A: 0, B: copies + 1}}; !slices.Equal(got.pairs, want) {
		t.Errorf("pairs %v, want %v", got.pairs, want)
	}
	want := Stats{Records: 16 * (copies + 2), Buckets: 32, PairsRaw: 16, Pairs: 1, GiantBuckets: 16, GiantLists: 1, GiantMembers: copies, LargestBucket: copies}
	if got.stats != want {
		t.Errorf("got %+v, want %+v", got.stats, want)
	}
}

// TestMaxBucketIsTheLargestExpanded walks along the limit.
func TestMaxBucketIsTheLargestExpanded(t *testing.T) {
	for n := 2; n <= 6; n++ {
		b, err := NewBucketer(Params{1, 1}, BucketerOptions{MaxBucket: 4})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := b.Add(corpus.ID(i), []uint64{42}); err != nil {
				t.Fatal(err)
			}
		}
		got := joinAll(t, b)
		if n <= 4 && (len(got.giants) != 0 || len(got.pairs) != n*(n-1)/2) || n > 4 && (len(got.giants) != 1 || len(got.pairs) != 0) {
			t.Errorf("n=%d: %d pairs, %d giants", n, len(got.pairs), len(got.giants))
		}
	}
}

// TestDifferentGiantListsAreAllHandedOut: a list that is not the same in two
// bands is two lists, in band order and then in member order.
func TestDifferentGiantListsAreAllHandedOut(t *testing.T) {
	b, err := NewBucketer(Params{2, 1}, BucketerOptions{MaxBucket: 2, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	for i, keys := range [][]uint64{{9, 1}, {9, 1}, {9, 1}, {5, 1}, {5, 2}, {5, 3}} {
		if err := b.Add(corpus.ID(i), keys); err != nil {
			t.Fatal(err)
		}
	}
	got := joinAll(t, b)
	want := []giantBucket{{0, []corpus.ID{0, 1, 2}}, {0, []corpus.ID{3, 4, 5}}, {1, []corpus.ID{0, 1, 2, 3}}}
	if !got.equal(joined{[]corpus.ID{0, 1, 2, 3, 4, 5}, nil, want, got.stats}) {
		t.Errorf("got %v, want %v", got.giants, want)
	}
}

// TestPeerBug13_EveryPositionCounts: a sentinel inside the value range once made
// one line of a file invisible and cut its group. Every document of a group is
// found at every place, with extreme keys and IDs too.
func TestPeerBug13_EveryPositionCounts(t *testing.T) {
	const n, copies = 24, 3
	for _, key := range []uint64{0, 1, 1 << 31, 1<<32 - 1, 1 << 63, 1<<64 - 1} {
		for position := 0; position+copies <= n; position++ {
			for _, base := range []corpus.ID{0, 1 << 24, 1<<32 - n} {
				b, err := NewBucketer(Params{1, 1}, BucketerOptions{})
				if err != nil {
					t.Fatal(err)
				}
				for i := range corpus.ID(n) {
					own := key ^ uint64(i+1)<<17
					if int(i) >= position && int(i) < position+copies {
						own = key
					}
					if err := b.Add(base+i, []uint64{own}); err != nil {
						t.Fatal(err)
					}
				}
				if got := joinAll(t, b).pairs; len(got) != 3 || got[0].A != base+corpus.ID(position) || got[2].B != base+corpus.ID(position+2) {
					t.Fatalf("key %#x, position %d, base %d: pairs %v", key, position, base, got)
				}
			}
		}
	}
}

// TestPeerBug22_MoreThreadsThanWork: a chunk size of 0 once lost everything.
func TestPeerBug22_MoreThreadsThanWork(t *testing.T) {
	for n := range 4 {
		b, err := NewBucketer(Params{2, 1}, BucketerOptions{Threads: 64})
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if err := b.Add(corpus.ID(i), []uint64{7, 8}); err != nil {
				t.Fatal(err)
			}
		}
		if got := joinAll(t, b); len(got.pairs) != n*(n-1)/2 || got.stats.Records != int64(2*n) {
			t.Errorf("n=%d: %+v", n, got.stats)
		}
	}
}

// TestKeysNeedNotBeUniform: skewed keys cost time and nothing else, even if they
// differ in their lowest bits only, which no item holds.
func TestKeysNeedNotBeUniform(t *testing.T) {
	const n = 5000
	for _, shift := range []int{0, 1, 20, 51} {
		for _, maxRows := range []int{0, 1000} {
			b, err := NewBucketer(Params{1, 1}, BucketerOptions{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			if maxRows > 0 {
				b.store.maxRows = maxRows
			}
			for i := range n {
				// Documents i and i+n/2 share a key.
				if err := b.Add(corpus.ID(i), []uint64{uint64(i%(n/2)) << shift}); err != nil {
					t.Fatal(err)
				}
			}
			got := joinAll(t, b)
			if len(got.pairs) != n/2 || got.stats.Buckets != n/2 {
				t.Fatalf("shift %d: %d pairs in %d buckets, want %d", shift, len(got.pairs), got.stats.Buckets, n/2)
			}
			for i, p := range got.pairs {
				if p != (corpus.Pair{A: corpus.ID(i), B: corpus.ID(i + n/2)}) {
					t.Fatalf("shift %d: pair %d is %v", shift, i, p)
				}
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestMemoryIsWhatIsAllocated: chunks are counted whole and stay in the share.
func TestMemoryIsWhatIsAllocated(t *testing.T) {
	for _, bands := range []int{1, 16, 100} {
		b, err := NewBucketer(Params{bands, 1}, BucketerOptions{Memory: 8 << 20, TempDir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		keys := make([]uint64, bands)
		const docs = 100_000
		for i := range docs {
			if err := b.Add(corpus.ID(i), keys); err != nil {
				t.Fatal(err)
			}
			if i%97 != 0 {
				continue
			}
			var bytes int64
			for _, c := range b.store.chunks {
				bytes += 4*int64(cap(c.ids)) + 8*int64(cap(c.keys))
			}
			if got := b.MemoryBytes(); got != bytes || got > 4<<20 || got < int64(b.store.inChunk)*b.store.rowBytes() {
				t.Fatalf("%d bands: %d bytes, allocated %d", bands, got, bytes)
			}
		}
		if sum := b.FileBytes() + int64(b.store.inChunk)*b.store.rowBytes(); sum != docs*b.store.rowBytes() {
			t.Errorf("%d bands: %d bytes of rows, want %d", bands, sum, docs*b.store.rowBytes())
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestItemSort takes uniform items, and runs of equal top bits.
func TestItemSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	var s itemSort
	for n := range 600 {
		for _, shift := range []int{0, 8, 40, 60} {
			vs := make([]uint64, n)
			for i := range vs {
				vs[i] = rng.Uint64() >> (rng.IntN(2) * shift)
			}
			s.items = append(s.room(n)[:0], vs...)
			slices.Sort(vs)
			if got := s.sorted(); !slices.Equal(got, vs) {
				t.Fatalf("%d items, shift %d: not sorted", n, shift)
			}
		}
	}
}

// TestEachPassHasAPart for all sizes that may occur.
func TestEachPassHasAPart(t *testing.T) {
	for _, rows := range []int{0, 1, 5000, 1 << 20, 1 << 30} {
		for _, passes := range []int64{1, 2, 3, 7, 100, 1 << 20} {
			if parts := int64(partsFor(rows, passes)); parts < passes || (parts+passes-1)/passes > maxParts {
				t.Errorf("%d rows, %d passes: %d parts", rows, passes, parts)
			}
		}
	}
}

func TestAddRefusesWhatItCannotHold(t *testing.T) {
	b, err := NewBucketer(Params{2, 1}, BucketerOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Add(5, []uint64{1, 2}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		id   corpus.ID
		keys []uint64
		want string
	}{
		{6, []uint64{1}, "1 band keys, want 2"},
		{6, nil, "0 band keys, want 2"},
		{5, []uint64{1, 2}, "document 5 added after document 5"},
		{4, []uint64{1, 2}, "document 4 added after document 5"},
	} {
		if err := b.Add(test.id, test.keys); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Add(%d, %v): got error %v, want %q in it", test.id, test.keys, err, test.want)
		}
	}
	joinAll(t, b)
	if b.Add(9, []uint64{1, 2}) == nil {
		t.Error("document added after the join")
	}
	if _, err := b.Join(t.Context()); err == nil {
		t.Error("joined twice")
	}
	if err := errors.Join(b.Close(), b.Close()); err != nil {
		t.Error(err)
	}
}

// TestJoinEndsOnErrors: of either callback, of the files, and of the context.
func TestJoinEndsOnErrors(t *testing.T) {
	stop := errors.New("stop")
	emit := func([]corpus.Pair) error { return nil }
	giant := func(int, []corpus.ID) error { return nil }
	fill := func(dir string) *Bucketer {
		b, err := NewBucketer(Params{9, 1}, BucketerOptions{MaxBucket: 3, TempDir: dir, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		b.store.maxRows = 3
		for i := range 10 {
			var keys [9]uint64
			for band := range keys {
				keys[band] = uint64(i / (2 + band%4))
			}
			if err := b.Add(corpus.ID(i), keys[:]); err != nil {
				t.Fatal(err)
			}
		}
		return b
	}
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		emit  func([]corpus.Pair) error
		giant func(int, []corpus.ID) error
		spoil func(*Bucketer) error
		want  error
	}{
		{"emit", t.Context(), func([]corpus.Pair) error { return stop }, giant, nil, stop},
		{"giant", t.Context(), emit, func(int, []corpus.ID) error { return stop }, nil, stop},
		{"context", cancelled, emit, giant, nil, context.Canceled},
		{"file", t.Context(), emit, giant, func(b *Bucketer) error { return b.store.file.Close() }, os.ErrClosed},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			b := fill(dir)
			if test.spoil != nil {
				if err := test.spoil(b); err != nil {
					t.Fatal(err)
				}
			}
			err := func() error {
				found, err := b.Join(test.ctx)
				if err != nil {
					return err
				}
				defer found.Close()
				if err := found.Giants(test.ctx, test.giant); err != nil {
					return err
				}
				_, err = found.Pairs(test.ctx, test.emit)
				return err
			}()
			if !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			b.Close()
			if left, _ := os.ReadDir(dir); len(left) != 0 {
				t.Errorf("files left behind: %v", left)
			}
		})
	}
}

func TestTruncatedBandFileIsAnError(t *testing.T) {
	files := &vfstest.TempFiles{}
	b, err := NewBucketer(Params{1, 1}, BucketerOptions{TempDir: t.TempDir(), TempFS: files})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	b.store.maxRows = 4
	for i := range 8 {
		if err := b.Add(corpus.ID(i), []uint64{1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.store.settle(); err != nil {
		t.Fatal(err)
	}
	if err := files.Made[0].Truncate(50); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Join(t.Context()); err == nil {
		t.Error("a file that is cut short was joined")
	}
}

// BenchmarkJoin reports the time for a document and band, at the default
// banding, with one document in ten a near-copy of its predecessor.
func BenchmarkJoin(b *testing.B) {
	p := Params{16, 6}
	for _, n := range []int{100_000, 1_000_000} {
		for _, memory := range []int64{2 << 30, 64 << 20} {
			b.Run(fmt.Sprintf("n=%d/memory=%dMiB", n, memory>>20), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					bucketer := fillForBenchmark(b, n, p, memory)
					b.StartTimer()
					pairs := 0
					found, err := bucketer.Join(b.Context())
					if err != nil {
						b.Fatal(err)
					}
					_, err = found.Pairs(b.Context(), func(ps []corpus.Pair) error { pairs += len(ps); return nil })
					if err := errors.Join(err, found.Close(), bucketer.Close()); err != nil {
						b.Fatal(err)
					}
					if pairs < n/11 {
						b.Fatalf("%d pairs", pairs)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*p.Bands), "ns/key")
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
			})
		}
	}
}

// BenchmarkGiantBucket joins copies of one text: time for a document must not grow
// with their number.
func BenchmarkGiantBucket(b *testing.B) {
	p := Params{16, 6}
	keys := make([]uint64, p.Bands)
	for band := range keys {
		keys[band] = finish(uint64(band))
	}
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("copies=%d", n), func(b *testing.B) {
			var st Stats
			for b.Loop() {
				b.StopTimer()
				bucketer, err := NewBucketer(p, BucketerOptions{Memory: 1 << 30, TempDir: b.TempDir(), Threads: 1})
				if err != nil {
					b.Fatal(err)
				}
				for i := range n {
					if err := bucketer.Add(corpus.ID(i), keys); err != nil {
						b.Fatal(err)
					}
				}
				b.StartTimer()
				found, err := bucketer.Join(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				st = found.Stats()
				if err := found.Close(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n*p.Bands), "ns/key")
			b.ReportMetric(float64(st.GiantLists), "lists")
			b.ReportMetric(float64(st.PairsRaw), "pairs")
		})
	}
}

func fillForBenchmark(b *testing.B, n int, p Params, memory int64) *Bucketer {
	bucketer, err := NewBucketer(p, BucketerOptions{Memory: memory, TempDir: b.TempDir(), Threads: 1})
	if err != nil {
		b.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	keys := make([]uint64, p.Bands)
	for i := range n {
		for band := range keys {
			if i%10 != 1 || rng.IntN(3) == 0 {
				keys[band] = rng.Uint64()
			}
		}
		if err := bucketer.Add(corpus.ID(i), keys); err != nil {
			b.Fatal(err)
		}
	}
	return bucketer
}

func BenchmarkAppendBandKeys(b *testing.B) {
	p := Params{16, 6}
	sig := make([]uint64, p.Hashes())
	for i := range sig {
		sig[i] = finish(uint64(i))
	}
	var keys []uint64
	for b.Loop() {
		keys = AppendBandKeys(keys[:0], sig, p)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(p.Bands), "ns/key")
}
