package pipeline

import (
	"fmt"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestTextTable compares the table with a map, on texts of which every third one
// comes again, and on keys that differ in one half only.
func TestTextTable(t *testing.T) {
	table, want := newTextTable(), map[textKey]corpus.ID{}
	if _, seen := table.get(textKey{}); seen {
		t.Error("an empty table has seen a text")
	}
	add := func(d textKey, id corpus.ID) {
		first, seen := table.add(d, id)
		before, wantSeen := want[d]
		if !wantSeen {
			want[d], before = id, id
		}
		if first != before || seen != wantSeen {
			t.Fatalf("add(%v, %d) = %d, %v; want %d, %v", d, id, first, seen, before, wantSeen)
		}
	}
	id := corpus.ID(0)
	for i := range 30_000 {
		add(textKey(shingle.DigestOf(fmt.Append(nil, i-i%3%2), 0)), id)
		id++
	}
	for i := range 2000 {
		add(textKey{0: byte(i), 1: byte(i >> 8)}, id)
		add(textKey{14: byte(i), 15: byte(i >> 8)}, id+1)
		id += 2
	}
	for d, first := range want {
		if got, seen := table.get(d); !seen || got != first {
			t.Fatalf("get(%v) = %d, %v; want %d", d, got, seen, first)
		}
	}
}
