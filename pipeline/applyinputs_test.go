package pipeline_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// fieldOptions are those to read fields with that the saved run does not hold.
func fieldOptions(t testing.TB, s *pipeline.SavedRun, o pipeline.ApplyOptions) corpus.Options {
	t.Helper()
	read, needed, err := s.FieldOptions(o)
	if err != nil || !needed {
		t.Fatalf("fields are to be read again: %v, %v", needed, err)
	}
	return read
}

// inputsAgain opens the JSONL inputs of a saved run again, at paths.
func inputsAgain(t testing.TB, read corpus.Options, paths ...string) *corpus.Corpus {
	t.Helper()
	files := make([]corpus.File, len(paths))
	for i, path := range paths {
		files[i] = corpus.File{Name: filepath.Base(path), Path: path, Format: corpus.JSONL}
	}
	c, err := corpus.OpenFiles(files, read)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// writeRated writes kin with fields that keep policies look at, of which some are not
// there or not what they should be, and with bad records between them.
func writeRated(t testing.TB, r *rand.Rand, docs []doc) (path string) {
	t.Helper()
	var b, twice strings.Builder
	for _, d := range docs {
		if twice.Len() > 0 && r.IntN(4) == 0 { // or between others
			b.WriteString(twice.String())
			twice.Reset()
		}
		fields := map[string]any{"id": d.ID, "text": d.Text, "source": d.Source}
		switch r.IntN(5) {
		case 0:
		case 1:
			fields["score"], fields["date"] = "high", "soon"
		default:
			fields["score"], fields["date"] = r.IntN(5), fmt.Sprintf("2024-12-%02d", 1+r.IntN(5))
		}
		if r.IntN(10) == 0 {
			b.WriteString("{\"text\":\n")
		}
		if r.IntN(10) == 0 { // an id that comes twice, the last time at the end
			fmt.Fprintf(&twice, "{\"id\":%q,\"text\":\"once more\",\"date\":\"2025-01-01\"}\n", d.ID)
		}
		line, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(append(line, '\n'))
	}
	path = filepath.Join(t.TempDir(), "corpus.jsonl")
	if err := os.WriteFile(path, []byte(b.String()+twice.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestApplyReadsFieldsAgain: a policy that looks at fields which the run did not save
// ranks documents as a run with that policy from the start does.
func TestApplyReadsFieldsAgain(t *testing.T) {
	t.Parallel()
	changed := 0
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 21))
		path := writeRated(t, r, kin(r, 10+r.IntN(40)))
		o := pipeline.Options{Inputs: []string{path}, Preset: pipeline.Edited}
		dir, was := save(t, o)
		keep := []string{"newest,max:score", "source:C>A,min:score", "regex:date=~0[24]$,first", "oldest,source:B>A"}[seed%4]
		to := pipeline.ApplyOptions{Keep: keep, KeepPer: []string{"", pipeline.KeepPerSource}[r.IntN(2)]}
		s := openToApply(t, dir)
		if _, err := s.Apply(t.Context(), to); err == nil || !strings.Contains(err.Error(), "takes the inputs again") {
			t.Errorf("seed %d: without inputs: %v", seed, err)
		}
		to.Inputs = inputsAgain(t, fieldOptions(t, s, to), path)
		got, err := s.Apply(t.Context(), to)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		o.Identity.Keep, o.Identity.KeepPer = to.Keep, to.KeepPer
		fresh := run(t, o)
		if got, want := body(t, &got.Findings), body(t, &fresh.Findings); got != want {
			t.Errorf("seed %d, %s\n%s", seed, keep, firstDifference(got, want))
		} else if got != body(t, &was.Findings) {
			changed++
		}
		if got, want := got.Counts().Unranked, fresh.Counts().Unranked; got != want {
			t.Errorf("seed %d, %s: %d without rank, want %d", seed, keep, got, want)
		}
		for _, w := range got.Warnings() {
			if w.Code == "saved_source" {
				t.Errorf("seed %d: %s", seed, w.Message)
			}
		}
	}
	if changed < 20 {
		t.Errorf("the policy changed %d reports: the test sees nothing", changed)
	}
}

// TestApplyDoesNotRankWhatHasChanged: fields of another input than that of the run are
// an error that names it.
func TestApplyDoesNotRankWhatHasChanged(t *testing.T) {
	t.Parallel()
	docs := kin(rand.New(rand.NewPCG(3, 21)), 20)
	path := writeRated(t, rand.New(rand.NewPCG(3, 22)), docs)
	dir, _ := save(t, pipeline.Options{Inputs: []string{path}, Preset: pipeline.Edited})
	other := writeRated(t, rand.New(rand.NewPCG(4, 22)), docs)
	s, to := openToApply(t, dir), pipeline.ApplyOptions{Keep: "newest"}
	to.Inputs = inputsAgain(t, fieldOptions(t, s, to), other)
	if _, err := s.Apply(t.Context(), to); err == nil || !strings.Contains(err.Error(), `"corpus.jsonl" has changed`) {
		t.Errorf("with another input: %v", err)
	}
}
