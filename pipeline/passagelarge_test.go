package pipeline

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// TestPassagesOfLargeTexts has large texts that quote small ones, themselves and each
// other, and small ones that quote them: what goes is the same in all memory there is
// and in next to none.
func TestPassagesOfLargeTexts(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(8, 8))
	var texts []string
	for i := range 400 {
		n := 1 + rng.IntN(4)
		if i%40 == 20 {
			n = 300 // some 150 KB
		}
		var b strings.Builder
		for range n {
			if i > 0 && rng.IntN(2) == 0 {
				from := texts[rng.IntN(len(texts))]
				start := rng.IntN(len(from))
				b.WriteString(from[start:min(len(from), start+rng.IntN(1500))])
			}
			for range rng.IntN(60) {
				b.WriteString([]string{"Wörter ", "a ", "some\n\n", "&amp;c. ", "日本", "<b>x</b> "}[rng.IntN(6)])
				b.WriteString(strings.Repeat("z", rng.IntN(9)))
				b.WriteByte(byte('a' + rng.IntN(26)))
			}
		}
		texts = append(texts, strings.ToValidUTF8(b.String(), ""))
	}
	for _, o := range []passage.Options{{Unit: passage.Paragraph}, {Unit: passage.Line, MinChars: 5},
		{Unit: passage.Substring, MinLength: passage.Length{N: 20}}, {Unit: passage.Substring, MinLength: passage.Length{N: 12}, Cut: passage.AtSentence, Keep: passage.KeepNone},
		{Unit: passage.Substring, MinLength: passage.Length{N: 100, In: passage.Bytes}}} {
		want := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 1}, texts, func(*Job) {})
		if slices.Equal(want, texts) {
			t.Errorf("%v: nothing was cut", o)
		}
		got := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 4}, texts, func(j *Job) { j.plan.Budget.Keys, j.plan.Budget.Sets = 1<<12, 1<<12 })
		if !slices.Equal(got, want) {
			t.Errorf("%v: another result in little memory", o)
		}
	}
}
