package checkpoint

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// oneFile is a corpus of one document.
func oneFile(t testing.TB) *corpus.Corpus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"a","text":"some words"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := corpus.Open([]string{path}, corpus.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestNoEdgesInMemory: they are logged when they are known, in blocks of a
// bounded size, whatever a giant bucket gives, and come back as they were.
func TestNoEdgesInMemory(t *testing.T) {
	t.Parallel()
	c, o := oneFile(t), Options{Dir: filepath.Join(t.TempDir(), "c"), Every: 1 << 40}
	open := func() *Log {
		l, err := Open(o, NewHead([]byte("{}"), Keys{Stamp: make([]byte, 32)}, 0.5, c), c, func(*Batch) error { return errors.New("no batch was logged") }, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	edges := make([]verify.Scored, 3*edgesInBlock+1)
	for i := range edges {
		edges[i] = verify.Scored{Pair: corpus.Pair{A: corpus.ID(i), B: corpus.ID(i + 1)}, Overlap: uint32(i)}
	}
	l := open()
	if l.TakenUp() {
		t.Error("there is something to take up")
	}
	for n, want := range []int{0, 1, edgesInBlock, len(edges)} {
		if err := l.AddGiants(Giants{1, 5, 7, edges[:want]}); err != nil {
			t.Fatal(err)
		}
		if err := l.AddPairs(Pairs{uint64(n + 1), int64(n), edges[:want]}); err != nil {
			t.Fatal(err)
		}
		if cap(l.buf) > 2<<20 {
			t.Fatalf("a block of %d edges was made in %d bytes", want, cap(l.buf))
		}
	}
	if err := errors.Join(l.seal(), l.Close()); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(edges[:1], edges[:edgesInBlock], edges)
	again := open()
	if g := again.Giants(); !again.TakenUp() || g.Buckets != 4 || g.Compared != 20 || g.Unlinked != 28 || !slices.Equal(g.Edges, all) {
		t.Errorf("%d buckets, %d compared, %d unlinked, %d edges", g.Buckets, g.Compared, g.Unlinked, len(g.Edges))
	}
	if p := again.Pairs(); p.Offered != 10 || p.Compared != 6 || !slices.Equal(p.Edges, all) {
		t.Errorf("%d offered, %d compared, %d edges", p.Offered, p.Compared, len(p.Edges))
	}
}

// TestOptions: what cannot be is told.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o  Options
		ok bool
	}{{Options{Dir: "c"}, true}, {Options{}, false}, {Options{Dir: "c", Every: -1}, false}, {Options{Dir: "c", Interval: -1}, false}} {
		if err := c.o.Validate(); (err == nil) != c.ok {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
}

// FuzzDecodeBatch: no bytes make it panic, or take memory beyond their number.
func FuzzDecodeBatch(f *testing.F) {
	c := oneFile(f)
	doc := Document{Document: corpus.Document{Key: []byte("k"), Date: []byte{}, Fields: [][]byte{nil, []byte("x")}},
		Characters: 7, Stamp: 5, Title: []byte("title"), Keys: []uint64{1, 2}}
	b := &Batch{Bytes: 3, Documents: []Document{doc}, Errs: []*corpus.RecordError{{Line: 3, Reason: "r", Raw: []byte("raw"), Broken: true},
		{Line: 4, Reason: "r", Raw: []byte("raw"), Code: corpus.NoTextField, Fields: []string{"body", "title"}},
		{Line: 5, Reason: "r", Raw: []byte("raw"), Code: corpus.NoTextField, Fields: []string{}}}}
	good := (&Log{corpus: c}).appendBatch(nil, b)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(binary.AppendUvarint(nil, 1<<63))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &Log{corpus: c}
		d := &decoder{rest: data}
		b := l.decodeBatch(d)
		if d.bad {
			return
		}
		again := &decoder{rest: (&Log{corpus: c, digests: make([]uint64, 1)}).appendBatch(nil, b)}
		if got := l.decodeBatch(again); again.bad || len(again.rest) > 0 || !reflect.DeepEqual(got, b) {
			t.Errorf("written and read again: %+v, want %+v", got, b)
		}
	})
}
