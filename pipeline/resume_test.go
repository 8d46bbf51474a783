package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// mixedCorpus writes a corpus of several files of several kinds, with bad records,
// blank lines, keys that come again, and lines that are too long.
func mixedCorpus(t testing.TB, n int, seed uint64) string {
	t.Helper()
	dir := t.TempDir()
	docs := planted(n, seed)
	write := func(name string, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	lines := func(docs []doc) []byte {
		var b bytes.Buffer
		for i, d := range docs {
			fmt.Fprintf(&b, `{"id":%q,"text":%q,"score":%d,"source":%q,"date":%q}`+"\n", d.ID, d.Text, i%7, d.Source, d.Date)
			switch i % 50 {
			case 7:
				b.WriteString("\n{broken\n")
			case 13:
				fmt.Fprintf(&b, `{"id":%q,"text":"its key is taken"}`+"\n", d.ID)
			case 29:
				fmt.Fprintf(&b, `{"id":"long%s%d","text":%q}`+"\n", d.ID, i, strings.Repeat("long ", 40_000))
			}
		}
		return b.Bytes()
	}
	zip := func(p []byte) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write(p)
		if err := errors.Join(err, z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	q := len(docs) / 4
	write("a.jsonl", lines(docs[:q]))
	write("b.jsonl.gz", zip(lines(docs[q:2*q])))
	cut := zip(lines(docs[2*q : 3*q]))
	write("c.jsonl.gz", cut[:len(cut)*3/4])
	write("d.jsonl", nil)
	write("e.txt", nil)
	for i, d := range docs[3*q : 3*q+10] {
		write(fmt.Sprintf("f%d.txt", i), []byte(d.Text))
	}
	write("g.jsonl", lines(docs[3*q+10:]))
	return dir
}

// mixedOptions are those of a run over a mixedCorpus. Every hands out small segments.
func mixedOptions(dir string) pipeline.Options {
	o := pipeline.Options{Inputs: []string{dir}, Threads: 2, Save: true}
	o.Identity.MaxRecord = 100_000
	o.Identity.Keep = "max:score"
	return o
}

// outcome is all that a run gives: the report, the quarantine and what is saved.
func outcome(t testing.TB, res *pipeline.Result) string {
	t.Helper()
	got, err := tryOutcome(t, res)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// tryOutcome is outcome where it may fail. It closes the result in any case.
func tryOutcome(t testing.TB, res *pipeline.Result) (got string, err error) {
	t.Helper()
	defer func() { err = errors.Join(err, res.Close()) }()
	var b bytes.Buffer
	dir := filepath.Join(t.TempDir(), "saved")
	if err := res.WriteReport(&b, report.JSONL, pipeline.ReportOptions{Singletons: true}); err != nil {
		return "", err
	}
	if err := res.WriteQuarantine(&b); err != nil {
		return "", err
	}
	if err := res.Save(t.Context(), pipeline.SaveOptions{Dir: dir}); err != nil {
		return "", err
	}
	b.WriteString(contents(t, dir))
	return b.String(), nil
}

// contents are the files in a folder, which is not empty, by name.
func contents(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		t.Fatal(err, entries)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %d\n%s\n", e.Name(), len(content), content)
	}
	return b.String()
}

// undisturbed is the outcome of a run without a checkpoint.
func undisturbed(t testing.TB, o pipeline.Options) string {
	t.Helper()
	o.Temp = t.TempDir()
	res, err := pipeline.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return outcome(t, res)
}

// checkpoint returns one that seals often.
func logTo(dir string, every int64) *checkpoint.Options {
	return &checkpoint.Options{Dir: dir, Every: every, Interval: time.Hour}
}

// stopAt makes a run stop at its n-th report of progress.
func stopAt(ctx context.Context, o pipeline.Options, n int) (res *pipeline.Result, calls int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	o.Progress = func(pipeline.Progress) {
		if calls++; calls == n {
			cancel()
		}
	}
	res, err = pipeline.Run(ctx, o)
	return res, calls, err
}

var resumed = []struct {
	name string
	set  func(*pipeline.Options)
}{
	{"verbatim", func(o *pipeline.Options) { o.Preset = pipeline.Verbatim }},
	{"near", func(o *pipeline.Options) { o.Preset = pipeline.Near }},
	{"edited", func(o *pipeline.Options) {
		o.Preset, o.Identity.MaxBucket = pipeline.Edited, 3 // chains
		o.Identity.DateField, o.Identity.Window = "date", 24*400
	}},
	{"boilerplate", func(o *pipeline.Options) {
		o.Identity.Boilerplate, o.Identity.SourceField = 0.1, "source"
	}},
	{"contained", func(o *pipeline.Options) {
		o.Identity.Similarity, o.Identity.Figures = pipeline.Containment, pipeline.FiguresApart
	}},
	{"references", func(o *pipeline.Options) {
		o.Identity.SourceField, o.Identity.KeepPer = "source", pipeline.KeepPerSource
		o.Identity.Keep = "regex:source=~[02468]$,max:score,newest:date"
		o.Against = []string{o.Inputs[0] + "-ref.jsonl"}
	}},
	{"story", func(o *pipeline.Options) { o.Preset = pipeline.Story }},
	{"story by key terms", func(o *pipeline.Options) { // through the sieve
		o.Preset, o.Identity.Candidates = pipeline.Story, pipeline.KeyTerms
		o.Identity.Weights = idf.Background
	}},
	{"cosine", func(o *pipeline.Options) {
		o.Identity.Similarity, o.Identity.Weights = pipeline.Cosine, idf.Corpus
		o.Identity.Candidates = pipeline.KeyTerms
	}},
	{"weighted jaccard", func(o *pipeline.Options) {
		o.Identity.Similarity, o.Identity.Weights = pipeline.WeightedJaccard, idf.Corpus
		o.Identity.Figures = pipeline.FiguresApart
	}},
	{"boilerplate, contained", func(o *pipeline.Options) {
		o.Identity.Similarity, o.Identity.Boilerplate = pipeline.Containment, 0.05
		o.Identity.Figures, o.Identity.SourceField = pipeline.FiguresApart, "source"
	}},
}

// TestResumeAfterEveryInterrupt stops runs at each report of progress, some again and
// again, and lets them go on.
func TestResumeAfterEveryInterrupt(t *testing.T) {
	t.Parallel()
	dir := mixedCorpus(t, 300, 5)
	var refs strings.Builder
	for i, d := range planted(300, 5)[:40] {
		fmt.Fprintf(&refs, `{"id":%q,"text":%q}`+"\n", d.ID, strings.Repeat(d.Text, i%5&1)) // some are empty
	}
	if err := os.WriteFile(dir+"-ref.jsonl", []byte(refs.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	step := 1
	if os.Getenv("DOPPEL_LONG") != "" {
		step = 100
	}
	for _, c := range resumed {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := mixedOptions(dir)
			c.set(&o)
			want := undisturbed(t, o)
			stops, takenUp := 0, 0
			for at := 1; ; at += 1 + at/step {
				o.Temp = t.TempDir()
				o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 100_000)
				o.Checkpoint.Tell = func(s string) {
					if takenUp++; strings.Contains(s, "damaged") {
						t.Errorf("stopped at %d: %s", at, s)
					}
				}
				res, calls, err := stopAt(t.Context(), o, at)
				for next := at%3 + 1; err != nil; next *= 3 { // each time a little later
					if stops++; !errors.Is(err, context.Canceled) {
						t.Fatalf("stopped at %d: %v", at, err)
					}
					res, _, err = stopAt(t.Context(), o, next)
				}
				if got := outcome(t, res); got != want {
					t.Fatalf("stopped at %d: %s", at, firstDifference(got, want))
				}
				if calls < at {
					break
				}
			}
			if stops < 5 || takenUp < 5 {
				t.Errorf("only %d stops, and %d times taken up", stops, takenUp)
			}
			t.Logf("%d stops", stops)
		})
	}
}

// TestResumeOtherwise goes on with other threads, memory and blocks of input than it
// began with.
func TestResumeOtherwise(t *testing.T) {
	t.Parallel()
	dir := mixedCorpus(t, 300, 6)
	for _, c := range resumed {
		switch c.name {
		case "near", "boilerplate", "story by key terms", "cosine", "weighted jaccard":
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				o := mixedOptions(dir)
				c.set(&o)
				resumeOtherwise(t, o)
			})
		}
	}
}

func resumeOtherwise(t *testing.T, o pipeline.Options) {
	want := undisturbed(t, o)
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for range 3 {
		dir := filepath.Join(t.TempDir(), "c")
		var res *pipeline.Result
		for err := context.Canceled; err != nil; {
			o.Checkpoint = logTo(dir, 1+rng.Int64N(400_000))
			o.Temp, o.Threads, o.Memory = t.TempDir(), 1+rng.IntN(8), 16<<20+rng.Int64N(1<<30)
			res, _, err = stopAt(t.Context(), o, 1+rng.IntN(60))
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
		if got := outcome(t, res); got != want {
			t.Fatalf("seed %d: %s", seed, firstDifference(got, want))
		}
	}
}
