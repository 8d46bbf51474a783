package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestIdleBatchesHoldNoGiants reads a giant record and checks that the batch which
// had it, and the parser, are rid of it afterwards.
func TestIdleBatchesHoldNoGiants(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.jsonl")
	const repeats = 3 << 20
	if err := os.WriteFile(path, []byte(`{"id":"giant","text":"`+strings.Repeat("some words ", repeats)+"\"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	j, err := Prepare(Options{Inputs: []string{path}, Temp: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	read, kept := j.newReader(), []*batch{}
	err = j.corpus.Scan(t.Context(), func(block *corpus.Block) error {
		b := &batch{blockHolder: blockHolder{block}}
		if err := read(b); err != nil {
			return err
		}
		if len(b.in.Docs) != 1 {
			t.Errorf("%d documents", len(b.in.Docs))
		}
		block.Release()
		b.empty()
		kept = append(kept, b)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(read)
	if !testing.Short() && m.HeapAlloc > 8*repeats {
		t.Errorf("%d idle batches, %d bytes in use after a record of %d", len(kept), m.HeapAlloc, 11*repeats)
	}
}

func TestRepeats(t *testing.T) {
	t.Parallel()
	shingler := shingle.NewShingler(shingle.Spec{Unit: shingle.Word, N: 5}, 0)
	var prose, numbers strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&prose, "word%d ", i*i%7919)
		fmt.Fprintf(&numbers, "%d ", i%300)
	}
	for text, want := range map[string]bool{
		prose.String():                   false,
		prose.String()[:2000]:            false,
		strings.Repeat("a ", 20_000):     true,
		strings.Repeat("a b c d ", 5000): true,
		numbers.String():                 true,
		"":                               false,
	} {
		if got := repeats(shingler.AppendAll(nil, []byte(text))); got != want {
			t.Errorf("repeats(%.40q...) = %v", text, got)
		}
	}
}
