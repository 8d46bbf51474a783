package pipeline_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/shingle"
)

// textSet returns the shingle set of a text through the slow, obvious way: no
// pipeline, no signatures, a map.
func textSet(spec shingle.Spec, text string) map[uint64]bool {
	set := map[uint64]bool{}
	for _, h := range shingle.NewShingler(spec, 0).Append(nil, shingle.NewNormalizer().Append(nil, []byte(text))) {
		set[h] = true
	}
	return set
}

func jaccard(a, b map[uint64]bool) float64 {
	shared := 0
	for h := range a {
		if b[h] {
			shared++
		}
	}
	return float64(shared) / float64(len(a)+len(b)-shared)
}

// checkCover recomputes the cover guarantee: whatever goes is similar, at the
// threshold and by the very figure given, to a document that stays.
func checkCover(t *testing.T, docs []doc, res *pipeline.Result, spec shingle.Spec, threshold float64) {
	t.Helper()
	texts := map[string]string{}
	for _, d := range docs {
		texts[d.ID] = d.Text
	}
	pruned := prunedIDs(t, res)
	for c := range res.Clusters() {
		for _, m := range c.Members {
			if m.Keep {
				continue
			}
			if _, gone := slices.BinarySearch(pruned, m.CoveredBy); gone {
				t.Errorf("%s is covered by %s, which goes itself", m.ID, m.CoveredBy)
			}
			got := jaccard(textSet(spec, texts[m.ID]), textSet(spec, texts[m.CoveredBy]))
			if got < threshold || got != m.Similarity {
				t.Errorf("%s is covered by %s at %v, reported %v, threshold %v", m.ID, m.CoveredBy, got, m.Similarity, threshold)
			}
		}
	}
}

// removal is a line of removed.jsonl as a user reads it.
type removal struct {
	ID         string  `json:"id"`
	CoveredBy  string  `json:"covered_by"`
	Similarity float64 `json:"similarity"`
	Rule       string  `json:"rule"`
}

func readLines[T any](t *testing.T, path string) []T {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []T
	s := bufio.NewScanner(f)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatalf("%s: %v in %.200s", path, err, s.Text())
		}
		out = append(out, v)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCoverGuaranteeFromRemoved reads nothing but the files that prune wrote
// and the input, and recomputes every similarity from the texts.
func TestCoverGuaranteeFromRemoved(t *testing.T) {
	t.Parallel()
	sets := map[string][]doc{"planted": planted(2000, 20)}
	labelled := []string{"cockroach_versions", "bible_en_pd8", "scoop_news"}
	if testing.Short() {
		labelled = labelled[2:]
	}
	for _, name := range labelled {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var docs []doc
			for _, r := range plant.Records(t, name) {
				docs = append(docs, doc{ID: r.ID, Text: r.Text})
			}
			checkRemoved(t, docs)
		})
	}
	for name, docs := range sets {
		t.Run(name, func(t *testing.T) { checkRemoved(t, docs) })
	}
}

func checkRemoved(t *testing.T, docs []doc) {
	t.Helper()
	texts := map[string]string{}
	for _, d := range docs {
		texts[d.ID] = d.Text
	}
	for _, c := range []struct {
		preset    pipeline.Preset
		spec      shingle.Spec
		threshold float64
		method    cluster.Method
	}{
		{pipeline.Near, shingle.Spec{Unit: shingle.Word, N: 5}, 0.8, cluster.Cover},
		{pipeline.Loose, shingle.Spec{Unit: shingle.Word, N: 3}, 0.7, cluster.Components},
	} {
		dir := filepath.Join(t.TempDir(), "out")
		res := runDocs(t, pipeline.Options{Preset: c.preset, Reread: true, Identity: pipeline.Identity{Clustering: c.method}}, docs)
		acc, err := res.Prune(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		kept := map[string]bool{}
		for _, d := range readLines[doc](t, filepath.Join(dir, "data", "corpus.jsonl")) {
			if texts[d.ID] != d.Text {
				t.Errorf("%s: the kept record of %s is not what went in", c.preset, d.ID)
			}
			kept[d.ID] = true
		}
		removed := readLines[removal](t, filepath.Join(dir, "removed.jsonl"))
		if len(kept)+len(removed) != len(docs) || len(removed) == 0 {
			t.Errorf("%s: %d kept and %d removed of %d", c.preset, len(kept), len(removed), len(docs))
		}
		if acc.Total.Kept != int64(len(kept)) || acc.Total.Pruned != int64(len(removed)) {
			t.Errorf("%s: accounts say %+v, files %d kept and %d removed", c.preset, acc.Total, len(kept), len(removed))
		}
		for _, r := range removed {
			if kept[r.ID] || !kept[r.CoveredBy] {
				t.Errorf("%s: %s removed (kept too: %t) for %s (kept: %t)", c.preset, r.ID, kept[r.ID], r.CoveredBy, kept[r.CoveredBy])
			}
			got := jaccard(textSet(c.spec, texts[r.ID]), textSet(c.spec, texts[r.CoveredBy]))
			if got < c.threshold || got != r.Similarity {
				t.Errorf("%s: %s for %s at %v, file says %v, threshold %v", c.preset, r.ID, r.CoveredBy, got, r.Similarity, c.threshold)
			}
		}
	}
}

// TestPruneKeepsInputUntouched: the input stays as it was, what is kept are its
// lines in its order, and the plan is what is written.
func TestPruneKeepsInputUntouched(t *testing.T) {
	t.Parallel()
	docs := planted(300, 21)
	path := writeJSONL(t, docs)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "out")
	res := run(t, pipeline.Options{Inputs: []string{path}, Reread: true})
	plan, err := res.PlanPrune()
	if err != nil {
		t.Fatal(err)
	}
	planned := plan.Accounting()
	written, err := res.Prune(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(planned) != fmt.Sprint(written) {
		t.Errorf("the dry run says %+v, the real one %+v", planned, written)
	}
	var removals []removal
	for r, err := range plan.Removals {
		if err != nil {
			t.Fatal(err)
		}
		removals = append(removals, removal{r.ID, r.CoveredBy, r.Similarity, r.Rule.String()})
	}
	if removed := readLines[removal](t, filepath.Join(dir, "removed.jsonl")); !slices.Equal(removals, removed) || len(removed) == 0 {
		t.Errorf("%d removals planned, %d written, want the same", len(removals), len(removed))
	}
	after, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != string(before) {
		t.Error("the input changed")
	}
	kept, err := os.ReadFile(filepath.Join(dir, "data", "corpus.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	rest := string(before)
	for line := range strings.Lines(string(kept)) {
		at := strings.Index(rest, line)
		if at < 0 {
			t.Fatalf("kept line is not in the input after the one before it: %.100s", line)
		}
		rest = rest[at+len(line):]
	}
	if _, err := res.Prune(t.Context(), dir); err == nil {
		t.Error("a second run wrote into a folder that is not empty")
	}
}
