package pipeline_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

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
	numbers := corpusFolder(t, dated(append(planted(60, 7), matches(60, 4)...), 5))
	for _, c := range []struct {
		name string
		o    pipeline.Options
		keep []string // besides the one that the run has
		at   []float64
	}{
		{"jaccard", pipeline.Options{Preset: pipeline.Edited}, []string{"first", "source:wire/,a.jsonl"}, []float64{0.3, 0.8, 1}},
		{"containment", pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Similarity: pipeline.Containment, Keep: "newest"}},
			[]string{"oldest", "longest"}, []float64{0.5, 0.9}},
		{"cosine", pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Keep: "source:nobody"}},
			[]string{"longest"}, []float64{0.12, 0.6}},
		{"figures", pipeline.Options{Preset: pipeline.Loose, Identity: pipeline.Identity{DateField: "date", Window: 24 * 10, Figures: pipeline.FiguresApart}},
			[]string{"first"}, []float64{0.3, 0.6, 0.9}},
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
		{cover, pipeline.RethresholdOptions{Keep: "best"}, `unknown keep policy "best"`},
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

// TestEverySchemaIsRead: runs saved by released versions give what they gave then.
func TestEverySchemaIsRead(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob(filepath.Join("testdata", "compat", "saved-run-*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no saved runs: %v", err)
	}
	for _, dir := range dirs {
		want, err := os.ReadFile(filepath.Join(dir, "want.txt"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: 0.85, Keep: "oldest", Clustering: cluster.Components})
		if err != nil {
			t.Fatal(err)
		}
		var lines strings.Builder
		for c := range got.Clusters() {
			for _, m := range c.Members {
				fmt.Fprintf(&lines, "%s %s %s %v %s:%d\n", c.Cluster, m.ID, m.CoveredBy, m.Similarity, m.File, m.Line)
			}
		}
		if lines.String() != string(want) {
			t.Errorf("%s: got\n%s", dir, firstDifference(lines.String(), string(want)))
		}
	}
}

// unpack returns the content of a compressed file of a saved run.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if b, err = z.DecodeAll(b, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

// reseal puts other content into a saved run and makes every size and checksum
// right, as docs/formats.md describes them.
func reseal(t testing.TB, dir string, rows map[string]int, content map[string][]byte, header func(map[string]json.RawMessage)) {
	t.Helper()
	hexOf := func(b []byte) string { return fmt.Sprintf("%x", xxh3.Hash128(b).Bytes()) }
	path := filepath.Join(dir, "run.json")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var h map[string]json.RawMessage // what it does not change stays as it is
	if err := json.Unmarshal(old, &h); err != nil {
		t.Fatal(err)
	}
	delete(h, "checksum")
	var files []struct {
		Name     string `json:"name"`
		Rows     int    `json:"rows"`
		Bytes    int    `json:"bytes"`
		Checksum string `json:"xxh3_128"`
	}
	if err := json.Unmarshal(h["files"], &files); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		f := &files[i]
		packed := z.EncodeAll(content[f.Name], nil)
		if err := os.WriteFile(filepath.Join(dir, f.Name), packed, 0o600); err != nil {
			t.Fatal(err)
		}
		f.Bytes, f.Rows, f.Checksum = len(packed), rows[f.Name], hexOf(packed)
	}
	if h["files"], err = json.Marshal(files); err != nil {
		t.Fatal(err)
	}
	if header != nil {
		header(h)
	}
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.TrimSuffix(b, []byte("\n}"))
	b = fmt.Appendf(b, ",\n  \"checksum\": \"%s\"\n}\n", hexOf(b))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// savedPair saves a run of three documents, the last of which copies the first, with
// one verified pair.
func savedPair(t testing.TB) (dir string, content map[string][]byte) {
	t.Helper()
	input := writeJSONL(t, []doc{{ID: "a", Text: join(words("w", 30))}, {ID: "b", Text: join(words("w", 29))}, {ID: "c", Text: join(words("w", 30))}})
	dir, _ = save(t, pipeline.Options{Inputs: []string{input}, Identity: pipeline.Identity{Candidates: pipeline.AllPairs}})
	content = map[string][]byte{}
	for _, name := range []string{"documents.json.zst", "pairs.csv.zst"} {
		content[name] = unpack(t, filepath.Join(dir, name))
	}
	return dir, content
}

// TestForgedRunsAreRefused: with right checksums and the form kept, a saved run must
// still add up.
func TestForgedRunsAreRefused(t *testing.T) {
	t.Parallel()
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(content map[string][]byte) {
			if !bytes.Contains(content[file], []byte(old)) {
				t.Errorf("%s has no %s: %s", file, old, content[file])
			}
			content[file] = bytes.Replace(content[file], []byte(old), []byte(new), 1)
		}
	}
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	for _, c := range []struct {
		name   string
		forge  func(map[string][]byte)
		header func(map[string]json.RawMessage)
		want   string
	}{
		{"nothing", nil, nil, ""},
		{"overlap below the threshold", replace(pairs, "0,1,25", "0,1,20"), nil, "pair 0,1 with overlap 20"},
		{"overlap above the sizes", replace(pairs, "0,1,25", "0,1,26"), nil, "pair 0,1 with overlap 26"},
		{"size that is not", replace(documents, `"shingles":26`, `"shingles":99`), nil, "pair 0,1"},
		{"id twice", replace(documents, `"id":"b"`, `"id":"a"`), nil, `"a"`},
		{"a copy less", replace(documents, `"n":2,"id":"c","title":"w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19 w20 w21…","file":0,"line":3,"leader":0`,
			`"n":2,"id":"c","title":"","file":0,"line":3,"leader":2`), nil, "0 copies"},
		{"other identity", nil, func(h map[string]json.RawMessage) {
			h["identity"] = bytes.Replace(h["identity"], []byte("0.8"), []byte("0.9"), 1)
		}, "fingerprint"},
		{"unknown choice", nil, func(h map[string]json.RawMessage) {
			h["identity"] = json.RawMessage(`{"flavour":1}`)
			h["fingerprint"] = fmt.Appendf(nil, "\"%x\"", xxh3.Hash128(h["identity"]).Bytes())
		}, "flavour"},
		{"impossible choice", nil, func(h map[string]json.RawMessage) {
			h["identity"] = json.RawMessage(`{"threshold":2}`)
			h["fingerprint"] = fmt.Appendf(nil, "\"%x\"", xxh3.Hash128(h["identity"]).Bytes())
		}, "threshold 2 is outside"},
	} {
		dir, content := savedPair(t)
		if c.forge != nil {
			c.forge(content)
		}
		reseal(t, dir, map[string]int{documents: 3, pairs: 1}, content, c.header)
		s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{})
		if err == nil {
			_, err = s.Rethreshold(t.Context(), pipeline.RethresholdOptions{})
			if closed := s.Close(); closed != nil {
				t.Error(closed)
			}
		}
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir)) {
			t.Errorf("%s: got %v, want an error with %q that names the folder", c.name, err, c.want)
		}
	}
}

// TestForgedFiguresAreRefused: so must the figures.
func TestForgedFiguresAreRefused(t *testing.T) {
	t.Parallel()
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	input := writeJSONL(t, matches(5, 1)) // the last one is like that before it
	for row, want := range map[string]string{
		"a,b,overlap,figures\n3,4,48,5\n": "",
		"a,b,overlap,figures\n3,4,48,6\n": "shares 6 of 5 and 5 figures",
		"a,b,overlap,figures\n3,4,48,3\n": "shares 3 of 5 and 5 figures",
		"a,b,overlap\n3,4,48\n":           "the header line",
	} {
		dir, _ := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Loose, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Figures: pipeline.FiguresApart}})
		content := map[string][]byte{documents: unpack(t, filepath.Join(dir, documents)), pairs: unpack(t, filepath.Join(dir, pairs))}
		if want == "" && row != string(content[pairs]) {
			t.Errorf("the pairs are %q, want %q", content[pairs], row)
		}
		content[pairs] = []byte(row)
		reseal(t, dir, map[string]int{documents: 5, pairs: 1}, content, nil)
		if _, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", row, err, want)
		}
	}
}

// FuzzSavedRun puts any documents and pairs into a saved run, with right checksums:
// it is refused, or its report keeps its promises. It never panics.
func FuzzSavedRun(f *testing.F) {
	dir, content := savedPair(f)
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	f.Add(content[documents], content[pairs], 1, 0.8)
	f.Add(content[documents], []byte("a,b,overlap\n0,1,24\n"), 1, 0.75)
	f.Add(content[documents], []byte("a,b,overlap\n0,2,24\n"), 1, 1.0)
	f.Fuzz(func(t *testing.T, docs, rows []byte, n int, threshold float64) {
		reseal(t, dir, map[string]int{documents: 3, pairs: n}, map[string][]byte{documents: docs, pairs: rows}, nil)
		s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{})
		if err != nil {
			return
		}
		found, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: threshold})
		if err == nil {
			var out bytes.Buffer
			if err := found.WriteReport(&out, report.JSONL, pipeline.ReportOptions{Singletons: true}); err != nil {
				t.Errorf("a report of what was accepted: %v", err)
			}
			if c := found.Counts(); c.Check() != nil {
				t.Error(c.Check())
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
