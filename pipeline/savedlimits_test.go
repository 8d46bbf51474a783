package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// TestSavedRunWarns of what may differ from a run of its own.
func TestSavedRunWarns(t *testing.T) {
	t.Parallel()
	codes := func(f *pipeline.Findings) string {
		var all []string
		for _, w := range f.Warnings() {
			all = append(all, w.Code)
		}
		return strings.Join(all, " ")
	}
	input := writeJSONL(t, planted(1500, 6))
	dir, res := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Edited, Identity: pipeline.Identity{MaxBucket: 2}})
	if res.Counts().GiantBuckets == 0 {
		t.Fatal("no giant buckets")
	}
	apart, _ := save(t, pipeline.Options{Inputs: []string{writeJSONL(t, dated(matches(40, 3), 5))}, Preset: pipeline.Loose, Identity: pipeline.Identity{
		Similarity: pipeline.Containment, Candidates: pipeline.AllPairs, Figures: pipeline.FiguresApart, DateField: "date", Window: 24}})
	for _, c := range []struct {
		dir  string
		o    pipeline.RethresholdOptions
		want string
	}{
		{dir, pipeline.RethresholdOptions{Threshold: 0.5}, "giant_buckets"},
		{dir, pipeline.RethresholdOptions{Threshold: 0.6}, "giant_buckets saved_giant_buckets"},
		{dir, pipeline.RethresholdOptions{Threshold: 0.5, Keep: "source:a"}, "unranked giant_buckets saved_source"},
		{apart, pipeline.RethresholdOptions{Threshold: 0.7}, "undated"},
		{apart, pipeline.RethresholdOptions{Threshold: 0.8}, "undated saved_figures"},
	} {
		f, err := openRun(t, c.dir).Rethreshold(t.Context(), c.o)
		if err != nil {
			t.Fatal(err)
		}
		if got := codes(f); got != c.want {
			t.Errorf("%+v: warnings %q, want %q", c.o, got, c.want)
		}
	}
}

// TestRethresholdRefuses what the saved run cannot answer, and says what would.
func TestRethresholdRefuses(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(60, 4))
	dirOf := func(method cluster.Method, keep string) string {
		dir, _ := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Edited, Identity: pipeline.Identity{Threshold: 0.6, Clustering: method, Keep: keep}})
		return dir
	}
	cover, average := dirOf(cluster.Cover, ""), dirOf(cluster.Average, "max:score")
	apart, _ := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Edited, Identity: pipeline.Identity{Threshold: 0.6, Clustering: cluster.Average, Figures: pipeline.FiguresApart}})
	for _, c := range []struct {
		dir  string
		o    pipeline.RethresholdOptions
		want string // "" is no error
	}{
		{cover, pipeline.RethresholdOptions{Threshold: 0.6}, ""},
		{cover, pipeline.RethresholdOptions{Threshold: 0.59}, "--threshold 0.59"},
		{cover, pipeline.RethresholdOptions{Threshold: 0.9, Clustering: cluster.Average}, "weighs pairs from similarity 0.45"},
		{cover, pipeline.RethresholdOptions{Threshold: 1.1}, "outside (0, 1]"},
		{cover, pipeline.RethresholdOptions{Threshold: -1}, "outside (0, 1]"},
		{cover, pipeline.RethresholdOptions{Threshold: 0.7, Clustering: 9}, "clustering 9 is unknown"},
		{cover, pipeline.RethresholdOptions{Keep: "newest"}, `looks at the field "date"`},
		{cover, pipeline.RethresholdOptions{Keep: "best"}, `"best" is unknown`},
		{cover, pipeline.RethresholdOptions{}, ""},
		{average, pipeline.RethresholdOptions{Threshold: 0.6}, ""},
		{average, pipeline.RethresholdOptions{Threshold: 0.5}, "--threshold 0.5 --clustering average"},
		{average, pipeline.RethresholdOptions{Threshold: 0.3, Clustering: cluster.Cover}, ""},
		{average, pipeline.RethresholdOptions{Threshold: 0.29, Clustering: cluster.Cover}, "below 0.3"},
		{apart, pipeline.RethresholdOptions{Threshold: 0.5, Clustering: cluster.Cover}, "to which the figures"},
		{apart, pipeline.RethresholdOptions{Threshold: 0.7, Clustering: cluster.Cover}, ""},
		{average, pipeline.RethresholdOptions{Keep: "min:score"}, ""},
		{average, pipeline.RethresholdOptions{Keep: "min:date"}, `holds the field "score" alone`},
	} {
		s := openRun(t, c.dir)
		err := s.Validate(c.o)
		_, runErr := s.Rethreshold(t.Context(), c.o)
		if (err == nil) != (c.want == "") || (runErr == nil) != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v and %v, want an error with %q", c.o, err, runErr, c.want)
		}
	}
}

// TestSaveRefuses before anything is written.
func TestSaveRefuses(t *testing.T) {
	t.Parallel()
	input := corpusFolder(t, planted(30, 4))
	res := run(t, pipeline.Options{Inputs: []string{input}, Save: true})
	for dir, want := range map[string]string{
		filepath.Join(input, "run"):          "part of the input",
		filepath.Dir(writeFile(t, "f", "")):  "not empty",
		filepath.Join(t.TempDir(), "a", "b"): "no such file",
	} {
		if err := res.Save(t.Context(), pipeline.SaveOptions{Dir: dir}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", dir, err, want)
		}
	}
	parent := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := res.Save(ctx, pipeline.SaveOptions{Dir: filepath.Join(parent, "run")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was interrupted", err)
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("left %v", left)
	}
	if err := run(t, pipeline.Options{Inputs: []string{input}}).Save(t.Context(), pipeline.SaveOptions{Dir: filepath.Join(parent, "run")}); err == nil || !strings.Contains(err.Error(), "Options.Save") {
		t.Errorf("got %v, want that Options.Save is missing", err)
	}
}

// TestSavedBytesAreTheSame on any number of threads and with stores in memory or on
// the disk.
func TestSavedBytesAreTheSame(t *testing.T) {
	t.Parallel()
	input := corpusFolder(t, planted(1500, 7))
	var want map[string]string
	for _, o := range []pipeline.Options{{Threads: 1}, {Threads: 7}, {Threads: 2, Memory: 16 << 20}} {
		o.Inputs, o.Preset, o.Identity.Keep = []string{input}, pipeline.Loose, "newest"
		dir, _ := save(t, o)
		got := map[string]string{}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			got[e.Name()] = string(b)
		}
		if want == nil {
			want = got
		}
		if len(got) != 3 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%d threads, memory %d: other bytes", o.Threads, o.Memory)
		}
	}
}

// TestRethresholdStops when its context ends, and can be asked again if it had read
// all before.
func TestRethresholdStops(t *testing.T) {
	t.Parallel()
	dir, _ := save(t, pipeline.Options{Inputs: []string{writeJSONL(t, planted(3000, 4))}})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := openRun(t, dir)
	if _, err := s.Rethreshold(ctx, pipeline.RethresholdOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was interrupted", err)
	}
	if _, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{}); err == nil || !strings.Contains(err.Error(), "open it again") {
		t.Errorf("got %v, want that half a run is of no use", err)
	}
}
