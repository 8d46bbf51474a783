package pipeline_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestThreadsAndMemoryDoNotChangeTheReport is the determinism promise: the
// same bytes on any number of threads and with stores in memory or on disk.
func TestThreadsAndMemoryDoNotChangeTheReport(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(3000, 1))
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near, pipeline.Edited} {
		var want string
		for _, o := range []pipeline.Options{
			{Threads: 1}, {Threads: 2}, {Threads: 7}, {Threads: 16},
			{Threads: 3, Memory: 16 << 20},
		} {
			o.Inputs, o.Preset = []string{input}, preset
			got := reportOf(t, run(t, o))
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%s with %d threads and memory %d: the report differs\n%s", preset, o.Threads, o.Memory, firstDifference(got, want))
			}
		}
	}
}

// TestLevelsDoNotChangeTheReport runs every level of kernels that is live. It is
// not parallel: the level is the process's.
func TestLevelsDoNotChangeTheReport(t *testing.T) {
	input := writeJSONL(t, planted(2000, 9))
	want := map[string]string{}
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Strict, pipeline.Near, pipeline.Loose, pipeline.Edited} {
			for _, spec := range []string{"word:5", "char:7"} {
				o := pipeline.Options{Inputs: []string{input}, Preset: preset, Threads: 2}
				var err error
				if o.Identity.Shingle, err = shingle.ParseSpec(spec); err != nil {
					t.Fatal(err)
				}
				key, got := string(preset)+" "+spec, reportOf(t, run(t, o))
				if want[key] == "" {
					want[key] = got
				}
				if got != want[key] {
					t.Errorf("%s: the report differs\n%s", key, firstDifference(got, want[key]))
				}
			}
		}
	})
}

// TestSpilledStoresDoNotChangeTheReport runs within a budget that makes the
// stores spill, and without one.
func TestSpilledStoresDoNotChangeTheReport(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(40_000, 8))
	roomy := run(t, pipeline.Options{Inputs: []string{input}, Memory: 4 << 30})
	tight := run(t, pipeline.Options{Inputs: []string{input}, Memory: 16 << 20, Threads: 3})
	if roomy.TempBytes() != 0 || tight.TempBytes() == 0 {
		t.Fatalf("%d and %d bytes went to files, want none and some", roomy.TempBytes(), tight.TempBytes())
	}
	if a, b := reportOf(t, roomy), reportOf(t, tight); a != b {
		t.Errorf("the report differs\n%s", firstDifference(b, a))
	}
}

// TestOrderDoesNotChangeGiantBuckets shuffles a corpus with copies whose
// buckets are chained: what is walked first is the best to keep of each text.
func TestOrderDoesNotChangeGiantBuckets(t *testing.T) {
	t.Parallel()
	docs := planted(900, 9)
	rng := rand.New(rand.NewPCG(9, 9))
	for i := range 400 { // copies, longer and shorter than their originals
		d := docs[i]
		d.ID, d.Text = "copy-"+d.ID, strings.ReplaceAll(d.Text, " ", strings.Repeat(" ", 1+i%3))
		docs = append(docs, d)
	}
	var want string
	for i := range 5 {
		res := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{MaxBucket: 2}}, docs)
		if res.Counts().GiantBuckets == 0 {
			t.Fatal("no bucket was chained")
		}
		if got := facts(t, res); i == 0 {
			want = got
		} else if got != want {
			t.Errorf("order %d: %s", i, firstDifference(got, want))
		}
		rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
	}
}

// facts is everything a report says of clusters but for files and lines.
func facts(t testing.TB, res *pipeline.Result) string {
	t.Helper()
	var lines []string
	for c := range res.Clusters() {
		for _, m := range c.Members {
			lines = append(lines, fmt.Sprintf("%s %s %v %t %s %s", c.Cluster, m.ID, m.Similarity, m.Keep, m.CoveredBy, m.Level))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func firstDifference(a, b string) string {
	la, lb := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			return fmt.Sprintf("line %d\n got %.300s\nwant %.300s", i+1, la[i], lb[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(la), len(lb))
}

// TestOrderDoesNotChangeTheClusters shuffles the records: which documents are
// together, which one is kept, and what covers the others stays.
func TestOrderDoesNotChangeTheClusters(t *testing.T) {
	t.Parallel()
	docs := planted(1500, 2)
	rng := rand.New(rand.NewPCG(5, 5))
	for _, keep := range []string{"longest", "newest", "source:reuters,ap"} {
		var want string
		for i := range 6 {
			o := pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Keep: keep, Clustering: cluster.Method(1 + i%2)}}
			res := runDocs(t, o, docs)
			got := fmt.Sprint(prunedIDs(t, res))
			if i%2 == 0 { // cover: the clusters too
				got += facts(t, res)
			}
			key := fmt.Sprintf("%v", got)
			if i == 0 {
				want = key
			} else if i%2 == 0 && key != want {
				t.Errorf("keep %s, order %d: clusters differ", keep, i)
			} else if i%2 == 1 && !strings.HasPrefix(want, key) {
				t.Errorf("keep %s, order %d: components prune other documents than cover", keep, i)
			}
			rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		}
	}
}

// TestOrderDoesNotChangeDividedClusters is the same for the methods that divide
// components, with their weak pairs.
func TestOrderDoesNotChangeDividedClusters(t *testing.T) {
	t.Parallel()
	docs := planted(800, 2)
	rng := rand.New(rand.NewPCG(6, 6))
	for _, method := range []cluster.Method{cluster.Average, cluster.Community} {
		var want string
		for i := range 4 {
			got := facts(t, runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Clustering: method}}, docs))
			if i == 0 {
				want = got
			}
			if got != want {
				t.Errorf("%v, order %d: the report differs\n%s", method, i, firstDifference(got, want))
			}
			rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		}
	}
}

// TestFilesDoNotChangeTheClusters reads the same records as one file and as
// many.
func TestFilesDoNotChangeTheClusters(t *testing.T) {
	t.Parallel()
	docs := planted(800, 3)
	whole := partition(t, runDocs(t, pipeline.Options{}, docs))
	dir := t.TempDir()
	for i, part := range slices.Collect(slices.Chunk(docs, 97)) {
		b, err := os.ReadFile(writeJSONL(t, part))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%02d.jsonl", i)), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	split := partition(t, run(t, pipeline.Options{Inputs: []string{dir}}))
	if len(whole) == 0 || !equalGroups(whole, split) {
		t.Errorf("%d clusters from one file, %d from many, want the same", len(whole), len(split))
	}
}

func equalGroups(a, b [][]string) bool {
	return slices.EqualFunc(a, b, func(x, y []string) bool { return slices.Equal(x, y) })
}

// TestDoubledCorpus gives every document a copy: each copy joins its original,
// nothing else changes, and the number of distinct texts stays.
func TestDoubledCorpus(t *testing.T) {
	t.Parallel()
	docs := planted(600, 4)
	once := runDocs(t, pipeline.Options{}, docs)
	doubled := slices.Clone(docs)
	for _, d := range docs {
		d.ID = "copy-of-" + d.ID
		doubled = append(doubled, d)
	}
	twice := runDocs(t, pipeline.Options{}, doubled)
	if once.Counts().Distinct != twice.Counts().Distinct {
		t.Errorf("%d distinct texts, doubled %d", once.Counts().Distinct, twice.Counts().Distinct)
	}
	if once.Counts().Verified != twice.Counts().Verified || once.Counts().Candidates != twice.Counts().Candidates {
		t.Errorf("copies cost pairs: %+v, doubled %+v", once.Counts(), twice.Counts())
	}
	var folded [][]string
	for _, group := range partition(t, twice) {
		var originals []string
		for _, id := range group {
			if !strings.HasPrefix(id, "copy-of-") {
				originals = append(originals, id)
			}
		}
		if len(group) != 2*len(originals) {
			t.Errorf("cluster %v does not hold every document with its copy", group)
		}
		if len(originals) > 1 {
			folded = append(folded, originals)
		}
	}
	if !equalGroups(folded, partition(t, once)) {
		t.Error("doubling the corpus changed its clusters")
	}
}

// TestLowerThresholdOnlyAddsPairs holds with the bands fixed, which makes the
// candidates the same.
func TestLowerThresholdOnlyAddsPairs(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(1500, 5))
	var last map[string]bool
	for _, threshold := range []float64{0.95, 0.9, 0.8, 0.7, 0.5} {
		res := run(t, pipeline.Options{Inputs: []string{input}, Identity: pipeline.Identity{Threshold: threshold, Bands: 35, Rows: 3}})
		now := map[string]bool{}
		for p := range res.Pairs() {
			now[p.A+" "+p.B] = true
		}
		for pair := range last {
			if !now[pair] {
				t.Errorf("pair %s is lost at threshold %v", pair, threshold)
			}
		}
		if len(now) == 0 {
			t.Errorf("no pair at %v", threshold)
		}
		last = now
	}
}

// TestDisjointCorpusChangesNothing adds documents that share no word with the
// others.
func TestDisjointCorpusChangesNothing(t *testing.T) {
	t.Parallel()
	docs := planted(500, 6)
	before := partition(t, runDocs(t, pipeline.Options{}, docs))
	for i := range 200 {
		docs = append(docs, doc{ID: fmt.Sprintf("foreign%d", i), Text: join(words(fmt.Sprintf("zq%dx", i), 40))})
	}
	if after := partition(t, runDocs(t, pipeline.Options{}, docs)); !equalGroups(before, after) {
		t.Error("unrelated documents changed the clusters")
	}
}

// TestReportTwice runs twice in one process: no state is left behind.
func TestReportTwice(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(300, 7))
	a := reportOf(t, run(t, pipeline.Options{Inputs: []string{input}}))
	b := reportOf(t, run(t, pipeline.Options{Inputs: []string{input}}))
	if !bytes.Equal([]byte(a), []byte(b)) {
		t.Error("the second run differs\n" + firstDifference(b, a))
	}
}
