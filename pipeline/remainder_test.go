package pipeline

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
)

// TestRemainder holds it to the whole of what is left, normalised.
func TestRemainder(t *testing.T) {
	t.Parallel()
	pieces := []string{" ", "a", "<b>", "</b>", "<!--", "-->", "&amp;", "&#32;", "\u00ad", "\u0301", "-\n", "日", "7", "…", ". ", "＜", "b＞", "<script>", "</script>"}
	normalizer, remains := shingle.NewNormalizer(), newRemainder()
	counts := map[bool]int{}
	for seed := range uint64(20_000) {
		rng := rand.New(rand.NewPCG(seed, 4))
		var text, left []byte
		var e passage.Edit
		for range rng.IntN(9) {
			piece := pieces[rng.IntN(len(pieces))]
			if rng.IntN(3) == 0 {
				e.Spans = append(e.Spans, passage.Span{Start: len(text), End: len(text) + len(piece)})
			} else {
				left = append(left, piece...)
			}
			text = append(text, piece...)
		}
		want := shingle.HasToken(normalizer.Append(nil, left)) && len(bytes.TrimSpace(left)) > 0
		counts[want]++
		if got := remains(text, &e); got != want {
			t.Fatalf("seed %d: %q without %v: %v, want %v", seed, text, e.Spans, got, want)
		}
	}
	if counts[true] < 1000 || counts[false] < 1000 {
		t.Errorf("texts with something left, and without: %v", counts)
	}
}
