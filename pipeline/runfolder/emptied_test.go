package runfolder

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// TestEmptyDocumentsAreEmptied: documents without a letter or number, of which lines
// that repeat are cut out, stopped a run as rows that do not come to its counts.
func TestEmptyDocumentsAreEmptied(t *testing.T) {
	t.Parallel()
	in := filepath.Join(t.TempDir(), "corpus.jsonl")
	const records = `{"id":"kept","text":"=====\nsome words"}
{"id":"copy","text":"=====\nsome words"}
{"id":"empty","text":"-----"}
{"id":"emptied","text":"=====\n?!"}
{"id":"alone","text":"words of its own"}
{"id":"in others","text":"some words\nwords of its own"}
`
	if err := os.WriteFile(in, []byte(records), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	id := pipeline.Identity{Passages: passage.Options{Unit: passage.Line, MinChars: 1}}
	m := asked{Options: pipeline.Options{Inputs: []string{in}, Identity: id}}.mustDo(t, dir)
	if want := (ClassCounts{Read: 6, Kept: 1, Singletons: 1, Empty: 1, Dropped: 1, Emptied: 2}); m.Members != want {
		t.Errorf("got %+v, want %+v", m.Members, want)
	}
	if _, err := Verify(t.Context(), dir, 0); err != nil {
		t.Error(err)
	}
}
