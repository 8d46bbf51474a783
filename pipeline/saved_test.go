package pipeline_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// save runs the pipeline over o and saves the run to a folder.
func save(t testing.TB, o pipeline.Options) (dir string, res *pipeline.Result) {
	t.Helper()
	o.Save = true
	res = run(t, o)
	dir = filepath.Join(t.TempDir(), "run")
	if err := res.Save(t.Context(), pipeline.SaveOptions{Dir: dir, Program: "doppel test"}); err != nil {
		t.Fatal(err)
	}
	return dir, res
}

// openRun opens a saved run until the test ends.
func openRun(t testing.TB, dir string) *pipeline.SavedRun {
	t.Helper()
	s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{Temp: t.TempDir(), Memory: 16 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// body returns the report without its summary.
func body(t testing.TB, f *pipeline.Findings) string {
	t.Helper()
	var b bytes.Buffer
	if err := f.WriteReport(&b, report.JSONL, pipeline.ReportOptions{Singletons: true}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	return text[:strings.Index(text, `{"type":"summary"`)]
}

// corpusFolder writes the documents to three files, of which one is in a folder of
// its own, with one empty text and one bad record.
func corpusFolder(t testing.TB, docs []doc) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "wire"), 0o700); err != nil {
		t.Fatal(err)
	}
	docs = append(docs, doc{ID: "empty", Text: " ... "})
	for i, name := range []string{"a.jsonl", "b.jsonl", "wire/c.jsonl"} {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		for _, d := range docs[i*len(docs)/3 : (i+1)*len(docs)/3] {
			if err := enc.Encode(d); err != nil {
				t.Fatal(err)
			}
		}
		b.WriteString("{\n")
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRethresholdIsAFreshRun: with all pairs as candidates, clustering a saved run
// again gives the clusters, the singletons and the counts of a run of its own, byte
// for byte, under every similarity, clustering and keep policy.
func TestRethresholdIsAFreshRun(t *testing.T) {
	t.Parallel()
	docs := planted(120, 5)
	input := corpusFolder(t, docs)
	for i := range docs {
		docs[i].Source = "" // then files alone say where a document is from
	}
	bare := corpusFolder(t, docs)
	games := matches(60, 4)
	for i := 1; i < len(games); i += 2 { // figures that agree to 0.67, or to 0.43
		games[i].Text = strings.Replace(games[i-1].Text, " spectators", "1 spectators", 1)
		if i%4 == 1 {
			games[i].Text = strings.Replace(games[i].Text, " shots", "1 shots", 1)
		}
	}
	numbers := corpusFolder(t, dated(append(planted(60, 7), games...), 5))
	sheets, _ := pages(0.5)
	templates := corpusFolder(t, sheets[:5*pagesOfSite])
	for _, c := range []struct {
		name string
		o    pipeline.Options
		keep []string // besides the one that the run has
		at   []float64
	}{
		{"jaccard", pipeline.Options{Preset: pipeline.Edited}, []string{"first", "source:wire/,a.jsonl", "protected,regex:7$,source:wire/>a.jsonl,longest,first"}, []float64{0.3, 0.8, 1}},
		{"containment", pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Similarity: pipeline.Containment, Keep: "newest"}},
			[]string{"oldest", "longest"}, []float64{0.5, 0.9}},
		{"cosine", pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Keep: "source:nobody"}},
			[]string{"longest"}, []float64{0.12, 0.6}},
		{"figures", pipeline.Options{Preset: pipeline.Loose, Identity: pipeline.Identity{DateField: "date", Window: 24 * 30, Figures: pipeline.FiguresApart}},
			[]string{"first"}, []float64{0.3, 0.6, 0.8}},
		{"boilerplate", pipeline.Options{Preset: pipeline.Loose, Identity: pipeline.Identity{Boilerplate: 0.05}}, []string{"first"}, []float64{0.3, 0.99}},
		{"exact", pipeline.Options{Preset: pipeline.Verbatim}, []string{"first"}, []float64{1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.o
			o.Inputs = []string{input}
			switch c.name {
			case "jaccard":
				o.Inputs = []string{bare}
			case "figures":
				o.Inputs = []string{numbers}
			case "boilerplate":
				o.Inputs = []string{templates}
			}
			if c.name != "exact" {
				o.Identity.Candidates = pipeline.AllPairs
			}
			o.Identity.Clustering = cluster.Average
			o.Identity.Threshold = c.at[0]
			dir, res := save(t, o)
			s := openRun(t, dir)
			if s.Fingerprint() != res.Plan().Fingerprint || s.Identity() != res.Plan().Identity {
				t.Errorf("saved as %s %+v, run as %s %+v", s.Fingerprint(), s.Identity(), res.Plan().Fingerprint, res.Plan().Identity)
			}
			differ := map[string]bool{}
			keeps := append(c.keep, o.Identity.Keep)
			for i, at := range c.at {
				for k, method := range []cluster.Method{cluster.Cover, cluster.Components, cluster.Average, cluster.Community} {
					again := pipeline.RethresholdOptions{Threshold: at, Clustering: method, Keep: keeps[(i+k)%len(keeps)]}
					got, err := s.Rethreshold(t.Context(), again)
					if err != nil {
						t.Fatalf("%+v: %v", again, err)
					}
					fresh := o
					fresh.Identity.Threshold, fresh.Identity.Clustering, fresh.Identity.Keep = at, method, again.Keep
					want := run(t, fresh)
					lines := body(t, got)
					differ[lines] = true
					if wantLines := body(t, &want.Findings); lines != wantLines {
						t.Errorf("%+v: the report differs from that of a run\n%s", again, firstDifference(lines, wantLines))
					}
					told := slices.DeleteFunc(got.Warnings(), func(w report.Warning) bool { return w.Code == "saved_source" })
					if !slices.Equal(told, want.Warnings()) {
						t.Errorf("%+v: warnings\n%v, want\n%v", again, told, want.Warnings())
					}
					if got.Counts() != want.Counts() {
						t.Errorf("%+v: counts\n%+v, want\n%+v", again, got.Counts(), want.Counts())
					}
				}
			}
			if want := len(c.at) + len(c.keep); len(differ) < want {
				t.Errorf("%d different reports, want at least %d: the test sees nothing", len(differ), want)
			}
		})
	}
}

// TestRethresholdFindsNoLess: with candidates by signatures, every pair that a run at
// the threshold reports is among those of a saved run at a lower one, up to the
// recall of that one.
func TestRethresholdFindsNoLess(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(3000, 8))
	dir, _ := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Edited})
	got, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.8})
	if err != nil {
		t.Fatal(err)
	}
	id := pipeline.Edited.Identity()
	id.Threshold = 0.8
	have := map[pipeline.Pair]bool{}
	for p := range got.Pairs() {
		have[p] = true
	}
	found, missed := 0, 0
	for p := range run(t, pipeline.Options{Inputs: []string{input}, Identity: id}).Pairs() {
		if found++; !have[p] {
			missed++
		}
	}
	if found < 300 || missed > found/100 {
		t.Errorf("of %d pairs of a fresh run %d are missing", found, missed)
	}
}

// TestSavedRunSaysWhatItIs: the summary names the settings that hold now and the run
// that the pairs are from.
func TestSavedRunSaysWhatItIs(t *testing.T) {
	t.Parallel()
	dir, res := save(t, pipeline.Options{Inputs: []string{writeJSONL(t, planted(200, 4))}, Preset: pipeline.Edited})
	s := openRun(t, dir)
	got, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.8, Keep: "first"})
	if err != nil {
		t.Fatal(err)
	}
	sum := got.Summary()
	var options struct {
		Threshold     float64
		Keep          string
		Bands         int
		RethresholdOf string `json:"rethreshold_of"`
	}
	if err := json.Unmarshal(sum.Options, &options); err != nil {
		t.Fatal(err)
	}
	plan := res.Plan()
	if options.Threshold != 0.8 || options.Keep != "first" || options.Bands != plan.Params.Bands || options.RethresholdOf != plan.Fingerprint {
		t.Errorf("options %s", sum.Options)
	}
	if sum.Fingerprint == plan.Fingerprint || len(sum.Fingerprint) != 32 {
		t.Errorf("fingerprint %s, of the run %s", sum.Fingerprint, plan.Fingerprint)
	}
	set := sum.Settings
	if set.Threshold != 0.8 || set.Keep != "first" || set.Bands != plan.Params.Bands || !(set.Recall > plan.Recall) {
		t.Errorf("settings %+v", set)
	}
	if strings.Contains(reportOf(t, res), "rethreshold") {
		t.Error("a run says that it is a saved one")
	}
	again, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.8, Keep: "first"})
	if err != nil {
		t.Fatal(err)
	}
	if again.Summary().Fingerprint != sum.Fingerprint || body(t, again) != body(t, got) {
		t.Error("the same request gave something else")
	}
}
