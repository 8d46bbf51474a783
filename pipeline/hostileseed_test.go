package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/shingle"
)

// craft returns n unlike texts of 60 words that all meet in the first band under the seed
// 0: the word for each of its positions that wins there of all those tried, and words of
// their own.
func craft(t *testing.T, n int, id pipeline.Identity) []doc {
	t.Helper()
	signer, err := minhash.NewSigner(id.Family, id.Bands*id.Rows, 0)
	if err != nil {
		t.Fatal(err)
	}
	shingler := shingle.NewShingler(id.Shingle, 0)
	best := make([]string, id.Rows) // which goes before all others at a position
	var set shingle.Set
	for i := range 30_000 {
		word := fmt.Sprintf("w%d", i)
		alone := signer.Sign(nil, shingler.Append(nil, []byte(word)))
		for p := range best {
			set = shingler.Append(set[:0], []byte(word+" "+best[p]))
			if signer.Sign(nil, set)[p] == alone[p] {
				best[p] = word
			}
		}
	}
	docs := make([]doc, n)
	for i := range docs {
		docs[i] = doc{ID: fmt.Sprintf("%06d", i), Text: join(best, words(fmt.Sprintf("own%d", i), 60-len(best)))}
	}
	return docs
}

// TestTextsMadeToMeet: texts written for the seed 0 fill one bucket under it; the work
// stays linear and none is taken for a copy of another. Under a seed that their writer
// did not know they do not meet at all.
func TestTextsMadeToMeet(t *testing.T) {
	t.Parallel()
	id := pipeline.Identity{Shingle: shingle.Spec{Unit: shingle.Word, N: 1}, Threshold: 0.5, Bands: 8, Rows: 6, Candidates: pipeline.MinHash}
	id = (pipeline.Options{Identity: id}).Defaults().Identity
	const n = 4000
	docs := craft(t, n, id)
	known := runDocs(t, pipeline.Options{Identity: id}, docs).Counts()
	if known.GiantBuckets == 0 || known.Candidates < n*8/10 {
		t.Fatalf("%d giant buckets, %d comparisons: the texts were not made well", known.GiantBuckets, known.Candidates)
	}
	if known.Candidates > 50*n || known.Pruned != 0 {
		t.Errorf("seed 0: %d comparisons and %d pruned, want at most %d and none", known.Candidates, known.Pruned, 50*n)
	}
	id.Seed = int64(rand.Uint64() >> 1)
	secret := runDocs(t, pipeline.Options{Identity: id}, docs).Counts()
	t.Logf("comparisons: %d under seed 0, %d under seed %d", known.Candidates, secret.Candidates, id.Seed)
	if secret.Candidates > n/100 || secret.GiantBuckets != 0 || secret.Pruned != 0 {
		t.Errorf("seed %d: %d comparisons, %d giant buckets, %d pruned", id.Seed, secret.Candidates, secret.GiantBuckets, secret.Pruned)
	}
}

// TestWorkOnAGiantBucketIsLinear: texts that all have one signature, but each a word of
// its own, cost so many comparisons a text, whatever their number.
func TestWorkOnAGiantBucketIsLinear(t *testing.T) {
	t.Parallel()
	common := words("common", 400)
	work := func(n int) float64 {
		docs := make([]doc, n)
		for i := range docs {
			docs[i] = doc{ID: fmt.Sprintf("%06d", i), Text: join(common, []string{fmt.Sprintf("own%d", i)})}
		}
		c := runDocs(t, pipeline.Options{}, docs).Counts()
		if c.GiantBuckets == 0 || c.Pruned != int64(n-1) {
			t.Fatalf("%d texts: %d giant buckets, %d pruned", n, c.GiantBuckets, c.Pruned)
		}
		return float64(c.Candidates) / float64(n)
	}
	large := 8000
	if os.Getenv("DOPPEL_LONG") == "1" {
		large = 100_000
	}
	few, many := work(2000), work(large)
	t.Logf("comparisons a text: %.1f of 2,000, %.1f of %d", few, many, large)
	if many > 1.3*few {
		t.Errorf("%.1f comparisons a text of 2,000, %.1f of %d", few, many, large)
	}
}
