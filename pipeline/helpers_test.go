package pipeline_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
)

// Short names of what tests make corpora of.
type doc = plant.Record

var (
	words   = plant.Words
	join    = plant.Join
	planted = plant.Mixture
)

// writeJSONL writes docs to a file of its own and returns its path.
func writeJSONL(t testing.TB, docs []doc) string {
	t.Helper()
	return writeFile(t, "corpus.jsonl", plant.JSONL(docs))
}

func writeFile(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs the pipeline and closes the result when the test ends.
func run(t testing.TB, o pipeline.Options) *pipeline.Result {
	t.Helper()
	if o.Temp == "" {
		o.Temp = t.TempDir()
	}
	res, err := pipeline.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := res.Close(); err != nil {
			t.Error(err)
		}
	})
	return res
}

// runDocs runs the pipeline over docs.
func runDocs(t testing.TB, o pipeline.Options, docs []doc) *pipeline.Result {
	t.Helper()
	o.Inputs = []string{writeJSONL(t, docs)}
	return run(t, o)
}

// reportOf returns the JSONL report with all singletons.
func reportOf(t testing.TB, res *pipeline.Result) string {
	t.Helper()
	return fullReport(t, &res.Findings)
}

// partition returns the clusters as sorted lists of ids, sorted.
func partition(t testing.TB, res *pipeline.Result) [][]string {
	t.Helper()
	var groups [][]string
	for c := range res.Clusters() {
		var ids []string
		for _, m := range c.Members {
			ids = append(ids, m.ID)
		}
		slices.Sort(ids)
		groups = append(groups, ids)
	}
	slices.SortFunc(groups, slices.Compare)
	return groups
}

// clusterWith returns the members of the cluster that id is in, or id alone.
func clusterWith(t testing.TB, res *pipeline.Result, id string) []string {
	t.Helper()
	for _, group := range partition(t, res) {
		if slices.Contains(group, id) {
			return group
		}
	}
	return []string{id}
}

// prunedIDs returns the ids of the documents that would go, sorted.
func prunedIDs(t testing.TB, res *pipeline.Result) []string {
	t.Helper()
	var ids []string
	for c := range res.Clusters() {
		for _, m := range c.Members {
			if !m.Keep {
				ids = append(ids, m.ID)
			}
		}
	}
	slices.Sort(ids)
	return ids
}
