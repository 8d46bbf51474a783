package pipeline

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
	"github.com/doppel-dedup/doppel/shingle"
)

// TestJournalHoldsEveryField of a batch that number uses: whoever adds one to these
// types has to decide here whether the journal must hold it too.
func TestJournalHoldsEveryField(t *testing.T) {
	for _, c := range []struct {
		of   any
		want []string // those in appendBatch, and then those that number does not need
	}{
		{batch{}, []string{"blockHolder", "in", "digests", "noToken", "lens", "titles", "titleAt", "keys", "keyEnd",
			"sigs", "leads", "dropped", "size"}},
		{corpus.Batch{}, []string{"Docs", "Errs", "Blank", "Filtered", "File", "arena", "values"}},
		{corpus.Document{}, []string{"Key", "Fields", "Date", "Source", "Line", "StoredAt", "Offset", "Text", "ASCII", "Size"}},
		{corpus.RecordError{}, []string{"File", "Line", "Offset", "Key", "Reason", "Raw", "Truncated", "Broken"}},
		{corpus.Mark{}, []string{"File", "Offset", "Line", "Hashed", "Hash"}},
	} {
		typ := reflect.TypeOf(c.of)
		var got []string
		for i := range typ.NumField() {
			got = append(got, typ.Field(i).Name)
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v has the fields %q, and the journal knows %q: add the others to appendBatch and decodeBatch, or here", typ, got, c.want)
		}
	}
}

// TestJournalHoldsNoEdgesInMemory: they are logged when they are known, in blocks of a
// bounded size, whatever a giant bucket gives, and come back as they were.
func TestJournalHoldsNoEdgesInMemory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"a","text":"some words"}`), 0o644); err != nil {
		t.Fatal(err)
	}
	o := Options{Inputs: []string{path}, Temp: t.TempDir(), Checkpoint: &Checkpoint{Dir: filepath.Join(t.TempDir(), "c"), Every: 1 << 40}}
	open := func() *Job {
		j, err := Prepare(o)
		if err == nil {
			err = j.openJournal()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = j.Close() })
		return j
	}
	edges := make([]verify.Scored, 3*edgesInBlock+1)
	for i := range edges {
		edges[i] = verify.Scored{Pair: corpus.Pair{A: corpus.ID(i), B: corpus.ID(i + 1)}, Overlap: uint32(i)}
	}
	l := open().journal
	for n, want := range []int{0, 1, edgesInBlock, len(edges)} {
		if err := l.addGiant(5, 7, edges[:want]); err != nil {
			t.Fatal(err)
		}
		if err := l.addPairs(&pairBatch{offered: n + 1, pairs: make([]corpus.Pair, n), scored: edges[:want]}); err != nil {
			t.Fatal(err)
		}
		if cap(l.buf) > 2<<20 {
			t.Fatalf("a block of %d edges was made in %d bytes", want, cap(l.buf))
		}
	}
	if err := errors.Join(l.seal(), l.close()); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(edges[:1], edges[:edgesInBlock], edges)
	again := open().journal
	if g := again.doneGiants(); g.buckets != 4 || g.compared != 20 || g.unlinked != 28 || !slices.Equal(g.edges, all) {
		t.Errorf("%d buckets, %d compared, %d unlinked, %d edges", g.buckets, g.compared, g.unlinked, len(g.edges))
	}
	if p := again.donePairs(); p.offered != 10 || p.compared != 6 || !slices.Equal(p.edges, all) {
		t.Errorf("%d offered, %d compared, %d edges", p.offered, p.compared, len(p.edges))
	}
}

// FuzzDecodeBatch: no bytes make it panic, or take memory beyond their number.
func FuzzDecodeBatch(f *testing.F) {
	path := filepath.Join(f.TempDir(), "a.jsonl")
	if err := os.WriteFile(path, []byte(`{"id":"a","text":"some words"}`), 0o644); err != nil {
		f.Fatal(err)
	}
	j, err := Prepare(Options{Inputs: []string{path}, Temp: f.TempDir()})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = j.Close() })
	b := &batch{in: corpus.Batch{Docs: []corpus.Document{{Key: []byte("k"), Date: []byte{}, Fields: [][]byte{nil, []byte("x")}}},
		Errs: []*corpus.RecordError{{Line: 3, Reason: "r", Raw: []byte("raw"), Broken: true}}},
		digests: make([]shingle.Digest, 1), noToken: []bool{false}, lens: []uint32{7}, titles: []byte("title"), titleAt: []int{0},
		keys: []uint64{1, 2}, keyEnd: []int{2}, leads: []bool{true}}
	b.hold(j.corpus.NewBlock(0, 0, []byte("{}\n")))
	l := &journal{job: j}
	good := l.appendBatch(nil, b)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add(binary.AppendUvarint(nil, 1<<63))
	f.Fuzz(func(t *testing.T, data []byte) {
		l := &journal{job: j}
		d := &decoder{rest: data}
		b := l.decodeBatch(d)
		if d.bad {
			return
		}
		again := &decoder{rest: (&journal{job: j, digests: make([]uint64, 1)}).appendDecoded(b)}
		if got := l.decodeBatch(again); again.bad || !reflect.DeepEqual(got.in.Docs, b.in.Docs) || !reflect.DeepEqual(got.keys, b.keys) || !reflect.DeepEqual(got.in.Errs, b.in.Errs) {
			t.Errorf("written and read again: %+v, want %+v", got.in, b.in)
		}
	})
}

// appendDecoded is appendBatch for a batch of the log.
func (l *journal) appendDecoded(b *batch) []byte {
	b.leads = slices.Repeat([]bool{true}, len(b.in.Docs))
	return l.appendBatch(nil, b)
}
