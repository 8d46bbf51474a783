package pipeline_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
)

// containers are those that the command knows.
func containers() []corpus.Container { return []corpus.Container{parquet.Container{}, warc.New()} }

// formatsCorpus writes a corpus of ten kinds of files, each of them read in several
// blocks.
func formatsCorpus(t testing.TB, n int, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	if err := formats.Write(dir, plant.Spec{Documents: n, MeanBytes: 2000, Seed: seed, ExactShare: 0.1, NearShare: 0.3, FooterShare: 0.2}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestResumeInsideEveryFormat stops runs at reports of progress all through Parquet, WARC,
// CSV and what is compressed in every way, with a segment for each block.
func TestResumeInsideEveryFormat(t *testing.T) {
	t.Parallel()
	o := mixedOptions(formatsCorpus(t, 2000, 3))
	o.Containers = containers()
	want := undisturbed(t, o)
	step := 11
	switch {
	case testing.Short():
		step = 30
	case os.Getenv("DOPPEL_LONG") != "":
		step = 1
	}
	stops, takenUp := 0, 0
	for at := 1; ; at += step {
		o.Temp = t.TempDir()
		o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 1)
		o.Checkpoint.Tell = func(s string) {
			if strings.Contains(s, "damaged") {
				t.Errorf("stopped at %d: %s", at, s)
			}
			if !strings.Contains(s, ": 0 documents") {
				takenUp++
			}
		}
		res, calls, err := stopAt(t.Context(), o, at)
		if err != nil {
			if stops++; !errors.Is(err, context.Canceled) {
				t.Fatalf("stopped at %d: %v", at, err)
			}
			o.Threads = 1 + at%3
			if res, err = pipeline.Run(t.Context(), o); err != nil {
				t.Fatalf("stopped at %d: %v", at, err)
			}
		}
		if got := outcome(t, res); got != want {
			t.Fatalf("stopped at %d: %s", at, firstDifference(got, want))
		}
		if calls < at {
			break
		}
	}
	if stops*step < 50 || takenUp < stops/2 {
		t.Errorf("only %d stops, and %d times taken up", stops, takenUp)
	}
	t.Logf("%d stops, %d times taken up behind the beginning", stops, takenUp)
}

// TestResumedRunTellsFieldsOfTables: the names of columns that may have the text are told
// by a run that goes on as by one that was never stopped.
func TestResumedRunTellsFieldsOfTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	row, err := os.ReadFile("corpus/parquet/testdata/none.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string]string{"a.csv": "id,headline\n1,x\n", "b.parquet": string(row), "c.jsonl": `{"id":"a","gone":"some words are here"}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	o := mixedOptions(dir)
	o.Containers, o.Identity.TextField = containers(), "gone"
	o.Inputs = []string{filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.parquet"), filepath.Join(dir, "c.jsonl")}
	want := undisturbed(t, o)
	if !strings.Contains(want, `"headline"`) || !strings.Contains(want, `"meta.source"`) {
		t.Fatalf("fields are not told: %s", want)
	}
	stops := 0
	for at := 1; ; at++ {
		o.Temp = t.TempDir()
		o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 1)
		res, calls, err := stopAt(t.Context(), o, at)
		if err != nil {
			stops++
			if res, err = pipeline.Run(t.Context(), o); err != nil {
				t.Fatalf("stopped at %d: %v", at, err)
			}
		}
		if got := outcome(t, res); got != want {
			t.Fatalf("stopped at %d: %s", at, firstDifference(got, want))
		}
		if calls < at {
			break
		}
	}
	if stops < 3 {
		t.Errorf("only %d stops", stops)
	}
}
