package pipeline_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/seeds"
)

// moscow is the cluster that the reference case asks for.
var moscow = []string{"000_6cc9cd58440914a4.txt", "001_611cf8fc74704ec0.txt", "002_200e7f99c6b5dcc2.txt"}

// lavrov are the two articles that must stay apart from it.
var lavrov = []string{"003_d5e8a0246e74781b.txt", "004_11cfc1119cf92189.txt"}

func checkSeeds(t *testing.T, res *pipeline.Result, what string) {
	t.Helper()
	if got := clusterWith(t, res, moscow[0]); !slices.Equal(got, moscow) {
		t.Errorf("%s: the Moscow meetings are in cluster %v, want %v", what, got, moscow)
	}
	for _, id := range lavrov {
		if got := clusterWith(t, res, id); slices.Contains(moscow, got[0]) {
			t.Errorf("%s: %s is together with %v", what, id, got)
		}
	}
}

func TestSeedsStory(t *testing.T) {
	t.Parallel()
	for _, candidates := range []pipeline.Candidates{pipeline.AllPairs, pipeline.KeyTerms} {
		for _, threads := range []int{1, 4} {
			res := run(t, pipeline.Options{FS: seeds.FS, Inputs: []string{"."}, Preset: pipeline.Story, Threads: threads,
				Identity: pipeline.Identity{Candidates: candidates}})
			checkSeeds(t, res, fmt.Sprintf("candidates by %v, %d threads", candidates, threads))
		}
	}
}

// seedDocs returns the five articles as records.
func seedDocs(t testing.TB) []doc {
	t.Helper()
	var docs []doc
	for _, id := range slices.Concat(moscow, lavrov) {
		text, err := fs.ReadFile(seeds.FS, id)
		if err != nil {
			t.Fatal(err)
		}
		docs = append(docs, doc{ID: id, Text: string(text)})
	}
	return docs
}

func TestSeedsStoryAnyOrder(t *testing.T) {
	t.Parallel()
	docs := seedDocs(t)
	rng := rand.New(rand.NewPCG(3, 3))
	for i := range 10 {
		rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		res := runDocs(t, pipeline.Options{Preset: pipeline.Story}, docs)
		checkSeeds(t, res, fmt.Sprintf("order %d", i))
	}
}

// TestSeedsStoryAmongNews mixes the articles into other English sets: nothing that
// is not theirs may join them.
func TestSeedsStoryAmongNews(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4))
	for _, set := range []string{"ecbplus_odd", "fnc1_train", "scoop_news", "cockroach_versions"} {
		var docs []doc
		for _, r := range plant.Records(t, set) {
			docs = append(docs, doc{ID: set + r.ID, Text: r.Text})
		}
		if testing.Short() {
			docs = docs[:min(len(docs), 300)]
		}
		docs = append(docs, seedDocs(t)...)
		rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
		res := runDocs(t, pipeline.Options{Preset: pipeline.Story}, docs)
		checkSeeds(t, res, fmt.Sprintf("among %d documents of %s", len(docs)-5, set))
	}
}

// TestSeedsReportTellsTheStory reads the report as a user's program would.
func TestSeedsReportTellsTheStory(t *testing.T) {
	t.Parallel()
	res := run(t, pipeline.Options{FS: seeds.FS, Inputs: []string{"."}, Preset: pipeline.Story})
	lines := strings.Split(strings.TrimSpace(reportOf(t, res)), "\n")
	var last struct {
		Type   string
		Counts struct{ Documents, Clusters int64 }
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil {
		t.Fatal(err)
	}
	if last.Type != "summary" || last.Counts.Documents != 5 || last.Counts.Clusters < 1 {
		t.Errorf("the last line is %+v, want a summary of 5 documents", last)
	}
}

// TestSeedsMargins states how far the reference case is from the threshold, in
// exact similarities: docs/accuracy.md quotes what it logs.
func TestSeedsMargins(t *testing.T) {
	t.Parallel()
	docs := seedDocs(t)
	for _, r := range plant.Records(t, "ecbplus_odd") {
		docs = append(docs, doc{ID: r.ID, Text: r.Text})
	}
	res := runDocs(t, pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Threshold: 0.001}}, docs)
	threshold := pipeline.Story.Identity().Threshold
	inside, across, news := 1.0, 0.0, 0.0
	for p := range res.Pairs() {
		switch a, b := slices.Contains(moscow, p.A), slices.Contains(moscow, p.B); {
		case a && b:
			inside = min(inside, p.Similarity)
		case !a && !b:
		case slices.Contains(lavrov, p.A) || slices.Contains(lavrov, p.B):
			across = max(across, p.Similarity)
		default:
			news = max(news, p.Similarity)
		}
	}
	t.Logf("threshold %v: at least %.4f inside the event, at most %.4f to the Lavrov articles, at most %.4f to 496 news documents", threshold, inside, across, news)
	if inside < 2*threshold || across >= threshold || news > threshold/2 {
		t.Errorf("inside %.4f, across %.4f, news %.4f: too near the threshold %v", inside, across, news, threshold)
	}
}
