package pipeline_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestContainedInLongerTexts plants excerpts of 40 to 200 words in documents of 10
// and 50 times their length, where bands of minima would miss them.
func TestContainedInLongerTexts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	text := func(n int) []string {
		words := make([]string, n)
		for i := range words {
			words[i] = fmt.Sprintf("w%d", rng.IntN(20_000))
		}
		return words
	}
	for _, times := range []int{10, 50} {
		var docs []doc
		const excerpts = 60
		for i := range excerpts {
			words := 40 + rng.IntN(160)
			long := text(words * times)
			at := rng.IntN(len(long) - words)
			excerpt := append(append(text(words/10), long[at:at+words]...), text(words/20)...)
			docs = append(docs, doc{ID: fmt.Sprint("long", i), Text: strings.Join(long, " ")}, doc{ID: fmt.Sprint("excerpt", i), Text: strings.Join(excerpt, " ")})
		}
		found := map[pipeline.Candidates]int{}
		for _, candidates := range []pipeline.Candidates{pipeline.MinHash, pipeline.SampledShingles, pipeline.AllPairs} {
			res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.Containment, Threshold: 0.7, Candidates: candidates}}, docs)
			for c := range res.Clusters() {
				for _, m := range c.Members {
					if !m.Keep && strings.TrimPrefix(m.ID, "excerpt") == strings.TrimPrefix(m.CoveredBy, "long") {
						found[candidates]++
					}
				}
			}
		}
		t.Logf("%d times as long: of %d excerpts %v", times, excerpts, found)
		if found[pipeline.AllPairs] != excerpts || found[pipeline.SampledShingles] < excerpts-1 || found[pipeline.MinHash] > excerpts/2 {
			t.Errorf("%d times as long: found %v of %d", times, found, excerpts)
		}
	}
}

// TestContainedDigests: documents that lie in digests of two.
func TestContainedDigests(t *testing.T) {
	t.Parallel()
	docs, truth := plant.Dataset(t, "stress_open")
	f, err := os.Open(filepath.Join(filepath.Dir(truth), "contained.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	res := run(t, pipeline.Options{Inputs: []string{docs}, KeepCandidates: true, Identity: pipeline.Identity{Similarity: pipeline.Containment}})
	found := map[[2]string]bool{}
	for p := range res.Pairs() {
		found[[2]string{p.A, p.B}], found[[2]string{p.B, p.A}] = true, true
	}
	missed := 0
	for _, row := range rows[1:] {
		if !found[[2]string{row[0], row[1]}] {
			missed++
		}
	}
	s, err := res.Oracle(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d digests' parts missed; %d pairs at or above the threshold, recall %.4f, precision %.4f", missed, len(rows)-1, s.True, s.Recall, s.Precision)
	// Parts were edited before they were put into a digest, a quarter of them to less
	// than the threshold: brute force says which.
	if missed > 30 || s.True < 1000 || s.Recall < 0.98 || s.Precision != 1 {
		t.Errorf("missed %d of %d parts, recall %.4f, precision %.4f", missed, len(rows)-1, s.Recall, s.Precision)
	}
}
