package pipeline_test

import (
	"bufio"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// filesIn returns the files of a folder, each as its name and its content.
func filesIn(t testing.TB, dir string) string {
	t.Helper()
	var out strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		out.WriteString("== " + strings.TrimPrefix(path, dir) + "\n" + string(content))
		return err
	})
	if err != nil || out.Len() == 0 {
		t.Fatalf("%q: %v", dir, err)
	}
	return out.String()
}

// fullReport returns the report with singletons.
func fullReport(t testing.TB, f *pipeline.Findings) string {
	t.Helper()
	var out strings.Builder
	if err := f.WriteReport(&out, report.JSONL, pipeline.ReportOptions{Singletons: true}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// appliedFiles prunes a saved run as the command does, and returns the files.
func appliedFiles(t testing.TB, s *pipeline.SavedRun, o pipeline.Options, a *pipeline.Applied) string {
	t.Helper()
	plan, err := a.PlanTrim(t.Context(), inputsAgain(t, s.ReadOptions(), o.Inputs...))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "applied")
	w := prune.WriteOptions{Dir: dir, Quarantine: a.BadRecords()}
	if a.Trims() {
		w.Files = map[string]func(*bufio.Writer) error{pipeline.SpansFile: func(w *bufio.Writer) error { return a.WriteSpans(w) }}
	}
	if _, err := plan.Write(t.Context(), w); err != nil {
		t.Fatal(err)
	}
	return filesIn(t, dir)
}

// TestDecisionsInTheRun: a run that knows the decisions gives what a run without them
// gives and an Apply with them, byte for byte: report, rows, pruned corpus with its
// accounts, fingerprint. So does an Apply on what the former has saved, and without
// decisions that is as if there never were any. Whatever the method, scope, similarity,
// candidates, threads and memory.
func TestDecisionsInTheRun(t *testing.T) {
	t.Parallel()
	decided, apart := 0, 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 9))
		docs := kin(r, 10+r.IntN(40))
		id := pipeline.Identity{Threshold: 0.3, SourceField: "source", Keep: []string{"longest", "first", "source:B>A"}[r.IntN(3)],
			Clustering: []cluster.Method{cluster.Cover, cluster.Components, cluster.Average, cluster.Community}[seed%4]}
		switch seed % 5 {
		case 0:
			id.Candidates = pipeline.AllPairs
		case 1:
			id.KeepPer = pipeline.KeepPerSource
		case 2:
			id.Isolate = true
		case 3:
			id.Similarity = pipeline.Containment
		}
		o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Preset: pipeline.Edited, Identity: id, Temp: t.TempDir(), PairFloor: 0.1, Sources: true}
		if seed%7 == 6 {
			o.Preset, o.Identity = pipeline.Verbatim, pipeline.Identity{Keep: id.Keep}
		}
		dir, plain := save(t, o)
		s := openToApply(t, dir)
		v := decideAtRandom(r, docs, func(ids ...string) []string {
			c, err := s.Contents(t.Context(), ids)
			if err != nil {
				t.Fatal(err)
			}
			return c
		})
		log := logOf(t, v.events...)
		want, err := s.Apply(t.Context(), pipeline.ApplyOptions{Decisions: log})
		if err != nil {
			t.Fatal(err)
		}
		with := o
		with.Decisions, with.Threads, with.Memory = log, 1+r.IntN(3), 16<<20
		savedWith, got := save(t, with)
		if got, want := fullReport(t, &got.Findings), fullReport(t, &want.Findings); got != want {
			t.Fatalf("seed %d: the report of the run is another\n%s", seed, firstDifference(got, want))
		}
		pruned := filepath.Join(t.TempDir(), "pruned")
		if _, err := got.Prune(t.Context(), pruned); err != nil {
			t.Fatal(err)
		}
		if got, want := filesIn(t, pruned), appliedFiles(t, s, o, want); got != want {
			t.Errorf("seed %d: the pruned corpus is another\n%s", seed, firstDifference(got, want))
		}
		for id, row := range rowsOf(t, &want.Findings) {
			if other := rowsOf(t, &got.Findings)[id]; other != row {
				t.Errorf("seed %d: %+v, want %+v", seed, other, row)
			}
		}
		again := openToApply(t, savedWith)
		for _, c := range []struct {
			log  *decision.Log
			want string
		}{{log, fullReport(t, &want.Findings)}, {nil, fullReport(t, &plain.Findings)}} {
			a, err := again.Apply(t.Context(), pipeline.ApplyOptions{Decisions: c.log})
			if err != nil {
				t.Fatal(err)
			}
			if got := fullReport(t, &a.Findings); got != c.want {
				t.Errorf("seed %d: applied to the run with decisions\n%s", seed, firstDifference(got, c.want))
			}
		}
		if before, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{}); err != nil {
			t.Fatal(err)
		} else if after, err := again.Rethreshold(t.Context(), pipeline.RethresholdOptions{}); err != nil || clusterLines(t, after) != clusterLines(t, before) {
			t.Errorf("seed %d: rethreshold knows of decisions (%v)", seed, err)
		} else if told := strings.Contains(fullReport(t, after), `"code":"undecided"`); told != (len(v.events) > 0) {
			t.Errorf("seed %d: %d events, and rethreshold tells %v", seed, len(v.events), told)
		}
		if len(v.drop) > 0 {
			decided++
		}
		if len(v.apart) > 0 && fullReport(t, &got.Findings) != fullReport(t, &plain.Findings) {
			apart++
		}
		if len(v.events) > 0 == (got.Summary().Fingerprint == plain.Summary().Fingerprint) {
			t.Errorf("seed %d: %d events, fingerprints %s and %s", seed, len(v.events), got.Summary().Fingerprint, plain.Summary().Fingerprint)
		}
	}
	if decided < 20 || apart < 10 {
		t.Errorf("%d corpora of which something was dropped and %d with pairs apart: the test sees nothing", decided, apart)
	}
}

// TestDecisionsWithReferences: nothing is decided of references, and what they cover
// can be kept by decision. Guards count what goes after the decisions.
func TestDecisionsWithReferences(t *testing.T) {
	t.Parallel()
	text := strings.Join(strings.Fields("one two three four five six seven eight nine ten eleven twelve"), " ")
	in := writeJSONL(t, []doc{{ID: "a", Text: text + " more"}, {ID: "b", Text: text}, {ID: "c", Text: "something else altogether that stands alone here"}})
	o := pipeline.Options{Inputs: []string{in}, Against: []string{writeJSONL(t, []doc{{ID: "r", Text: text}})}, Preset: pipeline.Edited, Sources: true}
	if res := run(t, o); res.Counts().Pruned != 2 {
		t.Fatalf("%+v, want two documents pruned", res.Counts())
	}
	o.Decisions = logOf(t, decision.Event{Action: decision.Keep, IDs: []string{"a"}}, decision.Event{Action: decision.Drop, IDs: []string{"c"}})
	res := run(t, o)
	rows := rowsOf(t, &res.Findings)
	if rows["a"].Keeper != "a" || rows["b"].Class != pipeline.ClassDropped || rows["c"].Reason != pipeline.ReasonDecision {
		t.Errorf("%+v", rows)
	}
	if err := res.CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: 0.6}); err == nil || !strings.Contains(err.Error(), "2 of 3 documents") {
		t.Errorf("%v, want the limit passed by two of three documents", err)
	}
	o.Decisions = logOf(t, decision.Event{Action: decision.Keep, IDs: []string{"a", "b"}})
	if err := run(t, o).CheckRemoval(t.Context(), pipeline.RemovalLimits{Total: 0.01}); err != nil {
		t.Errorf("%v, and nothing goes", err)
	}
	reference := ""
	for id, row := range rows {
		if row.Class == pipeline.ClassProtected {
			reference = id
		}
	}
	for _, c := range []struct{ id, want string }{
		{reference, "is a reference, of which nothing can be decided"},
		{"nobody", `log:1: document "nobody" is not in the run`},
	} {
		o.Decisions = logOf(t, decision.Event{Action: decision.Drop, IDs: []string{c.id}})
		if _, err := pipeline.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.id, err, c.want)
		}
	}
}

// TestDecisionsAreOfTheCheckpoint: a run that was stopped goes on with its decisions,
// and with no others.
func TestDecisionsAreOfTheCheckpoint(t *testing.T) {
	t.Parallel()
	docs := planted(400, 91)
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Temp: t.TempDir()}
	log := logOf(t, decision.Event{Action: decision.Drop, IDs: []string{docs[7].ID}})
	o.Decisions = log
	want := fullReport(t, &run(t, o).Findings)
	if !slices.Contains(strings.Split(want, `"`), log.Digest) {
		t.Errorf("the digest %s is not in the report", log.Digest)
	}
	dir := filepath.Join(t.TempDir(), "checkpoint")
	o.Checkpoint = &checkpoint.Options{Dir: dir, Every: 8 << 10}
	if got := fullReport(t, &run(t, o).Findings); got != want {
		t.Errorf("with a checkpoint\n%s", firstDifference(got, want))
	}
	if got := fullReport(t, &run(t, o).Findings); got != want {
		t.Errorf("taken up\n%s", firstDifference(got, want))
	}
	o.Decisions = nil
	if _, err := pipeline.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "decisions was \""+log.Digest+"\", and is not there") {
		t.Errorf("without decisions: %v", err)
	}
}
