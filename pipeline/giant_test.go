package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestGiantClusterOfCopies: 10,000 copies of one text cost one shingling and no
// pair at all.
func TestGiantClusterOfCopies(t *testing.T) {
	t.Parallel()
	text := join(words("copy", 80))
	var docs []doc
	for i := range 10_000 {
		docs = append(docs, doc{ID: fmt.Sprintf("%05d", i), Text: text})
	}
	c := runDocs(t, pipeline.Options{}, docs).Counts()
	if c.Candidates != 0 || c.Distinct != 1 || c.Pruned != 9999 || c.LargestCluster != 10_000 {
		t.Errorf("counts %+v, want no candidate and 9,999 pruned", c)
	}
}

// TestGiantBucketOfATemplate: 10,000 texts that differ in two words of a
// template would be 50 million pairs; chaining keeps the comparisons linear and
// still covers every document.
func TestGiantBucketOfATemplate(t *testing.T) {
	t.Parallel()
	head, tail := words("head", 150), words("tail", 150)
	var docs []doc
	for i := range 10_000 {
		docs = append(docs, doc{ID: fmt.Sprintf("%05d", i), Text: join(head, []string{fmt.Sprintf("item%d", i), "costs"}, tail)})
	}
	res := runDocs(t, pipeline.Options{}, docs)
	c := res.Counts()
	if c.GiantBuckets == 0 || c.Candidates > 20*10_000 {
		t.Errorf("%d giant buckets and %d comparisons, want some and at most 20 a document", c.GiantBuckets, c.Candidates)
	}
	if c.Kept != 1 || c.Pruned != 9999 {
		t.Errorf("kept %d, pruned %d, want 1 and 9,999", c.Kept, c.Pruned)
	}
	if c.Unlinked == 0 {
		t.Error("the comparisons left out are not counted")
	}
	checkCover(t, docs, res, shingle.Spec{Unit: shingle.Word, N: 5}, 0.8)
}

// TestGiantBucketAgreesWithAllPairs lowers the limit so that the same corpus is
// chained and compared in full: the clusters keep and prune as many documents
// within a small margin, and the guarantee holds in both.
func TestGiantBucketAgreesWithAllPairs(t *testing.T) {
	t.Parallel()
	docs := planted(3000, 40)
	full := runDocs(t, pipeline.Options{Preset: pipeline.Edited}, docs)
	chained := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{MaxBucket: 2}}, docs)
	if chained.Counts().GiantBuckets == 0 {
		t.Fatal("no bucket was chained")
	}
	checkCover(t, docs, chained, shingle.Spec{Unit: shingle.Word, N: 3}, 0.5)
	if f, c := full.Counts().Pruned, chained.Counts().Pruned; float64(c) < 0.95*float64(f) {
		t.Errorf("chained: %d pruned, in full %d", c, f)
	}
}
