package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// setsOf returns sets of n documents from an id on, whose first row has so many values.
func setsOf(from, n, values int) *Sets {
	s := &Sets{Columns: make([]Column, 3), Counts: []int64{int64(n), 0}}
	for i := range n {
		s.IDs = append(s.IDs, corpus.ID(from+3*i))
		for k := range values {
			s.Columns[0].Values = append(s.Columns[0].Values, uint64(k)<<40|uint64(i))
		}
		s.Columns[0].Ends = append(s.Columns[0].Ends, len(s.Columns[0].Values))
		s.Columns[2].Ends = append(s.Columns[2].Ends, 0) // rows of nothing
		values = i % 5
	}
	if n > 1 {
		s.Passages = []Passages{{ID: corpus.ID(from), Texts: []string{"a passage", ""}}}
	}
	return s
}

// setsAgain opens a log whose pass 1 has ended, and returns what it has of a second
// reading. It is closed when the test ends.
func setsAgain(t *testing.T, c *corpus.Corpus, o Options, keys Keys) (l *Log, learnt string, all []Sets) {
	t.Helper()
	l, err := Open(o, NewHead([]byte("{}"), keys, 0.5, c), c, func(*Batch) error { return nil }, nil)
	if err == nil {
		err = l.EndRead(nil)
	}
	if err == nil {
		t.Cleanup(func() { _ = l.Close() })
		err = l.OpenSets(func(p []byte) error { learnt += string(p); return nil }, func(s *Sets) error {
			all = append(all, copyOf(s))
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return l, learnt, all
}

// copyOf has nothing of a log's buffers, and nil for what is empty.
func copyOf(s *Sets) (c Sets) {
	c.IDs, c.Counts, c.Passages = append(c.IDs, s.IDs...), append(c.Counts, s.Counts...), s.Passages
	for _, from := range s.Columns {
		c.Columns = append(c.Columns, Column{append([]uint64(nil), from.Values...), append([]int(nil), from.Ends...)})
	}
	return c
}

// TestSetsComeBack: what was logged and sealed comes back, rows of many blocks too, and
// for its owner alone; not under other keys, or without any.
func TestSetsComeBack(t *testing.T) {
	t.Parallel()
	c := oneFile(t)
	var told []string
	o := Options{Dir: filepath.Join(t.TempDir(), "c"), Every: 100, Tell: func(s string) { told = append(told, s) }}
	keys := Keys{Stamp: make([]byte, 32), Words: 7}
	l, learnt, all := setsAgain(t, c, o, keys)
	if learnt != "" || len(all) > 0 || l.SetsDone() {
		t.Fatal("there is something in a new log")
	}
	want := []Sets{}
	add := func(s *Sets, bytes int64) {
		t.Helper()
		if err := l.AddSets(s, bytes); err != nil {
			t.Fatal(err)
		}
		want = append(want, copyOf(s))
		if cap(l.buf) > 2<<20 {
			t.Fatalf("blocks were made in %d bytes", cap(l.buf))
		}
	}
	if err := l.AddLearnt([]byte("learnt")); err != nil {
		t.Fatal(err)
	}
	add(setsOf(0, 1, 0), 1)
	add(setsOf(5, 30, 3*valuesInBlock+1), 1)
	add(setsOf(1000, 2, valuesInBlock), 99) // which seals
	lost := setsOf(2000, 3, 1)
	if err := errors.Join(l.AddSets(lost, 1), l.Close()); err != nil {
		t.Fatal(err)
	}
	l, learnt, all = setsAgain(t, c, o, Keys{Stamp: make([]byte, 32), Words: 9}) // which the head replaces
	if learnt != "learnt" || !reflect.DeepEqual(all, want) || l.SetsDone() {
		t.Errorf("%q and %d sets came back", learnt, len(all))
	}
	add(lost, 1)
	if err := errors.Join(l.EndSets(nil), l.Close()); err != nil {
		t.Fatal(err)
	}
	if l, _, all = setsAgain(t, c, o, keys); !reflect.DeepEqual(all, want) || !l.SetsDone() {
		t.Errorf("%d sets came back of %d, done: %v", len(all), len(want), l.SetsDone())
	}
	err := filepath.WalkDir(o.Dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(o.Dir, "00000000.seg")); err != nil {
		t.Fatal(err)
	}
	if _, learnt, all = setsAgain(t, c, o, Keys{Stamp: make([]byte, 32), Words: 9}); len(all) > 0 || learnt != "" {
		t.Errorf("%d sets came back to a run with other keys", len(all))
	}
	if all := strings.Join(told, "\n"); !strings.Contains(all, filepath.Join(o.Dir, "sets")+" is of another run") {
		t.Errorf("told %q", all)
	}
	o.NoSets = true
	if l, _, all = setsAgain(t, c, o, keys); len(all) > 0 || errors.Join(l.AddLearnt(nil), l.AddSets(lost, 1), l.EndSets(nil)) != nil {
		t.Error("sets are kept that nobody wanted")
	}
}

// TestChangedInputsLeaveNoSets: their sets would be taken up.
func TestChangedInputsLeaveNoSets(t *testing.T) {
	t.Parallel()
	c, o, keys := oneFile(t), Options{Dir: filepath.Join(t.TempDir(), "c"), Every: 1}, Keys{Stamp: make([]byte, 32)}
	for _, why := range []error{&corpus.ChangedError{File: "a.jsonl"}, errors.New("stopped")} {
		l, _, all := setsAgain(t, c, o, keys)
		if len(all) > 0 {
			t.Fatal("there are sets")
		}
		if err := l.AddSets(setsOf(0, 2, 2), 1); err != nil {
			t.Fatal(err)
		}
		if err := l.EndSets(fmt.Errorf("file: %w", why)); !errors.Is(err, why) {
			t.Errorf("got error %v, want %v", err, why)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, all := setsAgain(t, c, o, keys); len(all) != 1 {
		t.Errorf("%d sets, want those of the run that was stopped", len(all))
	}
}

// FuzzTakeSets: no bytes of a block make it panic, or take memory beyond their number.
func FuzzTakeSets(f *testing.F) {
	good := append([]byte{setsBlock}, setsOf(3, 4, 2).appendTo(nil)...)
	f.Add(good, []byte{valuesBlock, 1, 2, 3, 4, 5, 6, 7, 8})
	f.Add(good[:len(good)/2], []byte{valuesBlock})
	f.Add(append([]byte{setsBlock}, binary.AppendUvarint(nil, 1<<62)...), []byte{setsDoneBlock})
	f.Add([]byte{learntBlock, 1, 2}, []byte{tieBlock})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		l := &Log{sets: &setLog{blocks: 2}, o: Options{Dir: "c"}}
		taken := func(s *Sets) error {
			for _, c := range s.Columns {
				if len(c.Ends) > 0 && (len(c.Ends) != len(s.IDs) || c.Ends[len(c.Ends)-1] != len(c.Values)) {
					t.Errorf("a column of %d rows and %d values for %d documents", len(c.Ends), len(c.Values), len(s.IDs))
				}
			}
			return nil
		}
		for _, block := range [][]byte{first, second} {
			if l.takeSets(block, func([]byte) error { return nil }, taken) != nil {
				return
			}
		}
	})
}
