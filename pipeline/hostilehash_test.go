package pipeline_test

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

// collidingTexts returns two texts that have no word in common and the hashes of all
// words under the seed 0: words of 16 bytes collide that differ by 3 in the eighth one
// and the other way by 13 in the last.
func collidingTexts(n int) (a, b string) {
	rng := rand.New(rand.NewPCG(1, 1))
	var wordsA, wordsB []string
	for range n {
		w := make([]byte, 16)
		for i := range w {
			w[i] = 'a' + byte(rng.IntN(13))
		}
		w[3] = '0' + byte(rng.IntN(10)) // so that it is a figure too
		v := slices.Clone(w)
		w[7] += 3
		v[15] += 13
		wordsA, wordsB = append(wordsA, string(w)), append(wordsB, string(v))
	}
	return strings.Join(wordsA, " "), strings.Join(wordsB, " ")
}

// xxh3Secret is the secret of XXH3 without one of the user's.
const xxh3Secret = "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
	"cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
	"3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
	"a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
	"eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e" +
	"2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"

// collidingDigests returns two texts of lower-case letters and digits that differ in two
// letters and have one XXH3-128. Of long texts this adds, for each eight bytes d of a
// stripe of 64, the product of the halves of d^k, and d to the neighbour. Where the lower
// halves of two d^k are equal, a bit set in one upper half makes up for the same bit
// cleared in the other, and 1 more in one d for 1 less in the other.
func collidingDigests(t *testing.T) (a, b string) {
	t.Helper()
	secret, err := hex.DecodeString(xxh3Secret)
	if err != nil {
		t.Fatal(err)
	}
	text := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog while nobody looks ", 20))
	for at := range 16 * 16 * 8 {
		s, u, lane := at%16, at/16%16, at/256
		k, l := secret[8*(s+lane):], secret[8*(u+lane):]
		if s == u || k[4]&1 != l[4]&1 || !equalHalves(text[64*s+8*lane:], text[64*u+8*lane:], k, l) {
			continue
		}
		text[64*s+8*lane+4], text[64*u+8*lane+4] = 'b', 'c'
		a = string(text)
		text[64*s+8*lane+4], text[64*u+8*lane+4] = 'c', 'b'
		return a, string(text)
	}
	t.Fatal("no place for a collision")
	return "", ""
}

// equalHalves writes four letters or digits each to d and e that are equal after d^k and
// e^l, and reports whether there are any.
func equalHalves(d, e, k, l []byte) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789"
	for i := range 4 {
		j := strings.IndexFunc(letters, func(c rune) bool { return strings.IndexByte(letters, byte(c)^k[i]^l[i]) >= 0 })
		if j < 0 {
			return false
		}
		d[i], e[i] = letters[j], letters[j]^k[i]^l[i]
	}
	return true
}

// TestWordsAndTextsMadeToCollide: texts that were made to have the hashes of other ones
// count as their copies under the seed 0, which is a limit that the documentation names,
// and under no other.
func TestWordsAndTextsMadeToCollide(t *testing.T) {
	t.Parallel()
	wordsA, wordsB := collidingTexts(200)
	textA, textB := collidingDigests(t)
	if textA == textB || shingle.DigestOf([]byte(textA), 0) != shingle.DigestOf([]byte(textB), 0) {
		t.Fatalf("%q and %q were not made well", textA, textB)
	}
	for name, tt := range map[string]struct {
		o    pipeline.Options
		a, b string
	}{
		"verbatim":    {pipeline.Options{Preset: pipeline.Verbatim}, textA, textB},
		"strict":      {pipeline.Options{Preset: pipeline.Strict}, wordsA, wordsB},
		"near":        {pipeline.Options{}, wordsA, wordsB},
		"loose":       {pipeline.Options{Preset: pipeline.Loose}, wordsA, wordsB},
		"edited":      {pipeline.Options{Preset: pipeline.Edited}, wordsA, wordsB},
		"containment": {pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.Containment}}, wordsA, wordsB + " and some words more"},
		"boilerplate": {pipeline.Options{Identity: pipeline.Identity{Boilerplate: 0.5}}, wordsA, wordsB},
		"story":       {pipeline.Options{Preset: pipeline.Story}, wordsA, wordsB},
		"figures":     {pipeline.Options{Identity: pipeline.Identity{Figures: pipeline.FiguresApart}}, wordsA, wordsB},
	} {
		t.Run(name, func(t *testing.T) {
			for _, seed := range []int64{0, 1, -7, int64(rand.Uint64() >> 1)} {
				o := tt.o
				o.Identity.Seed = seed
				docs := []doc{{ID: "a", Text: tt.a}, {ID: "b", Text: tt.b}, {ID: "a again", Text: tt.a}}
				res := runDocs(t, o, append(docs, unlike(40)...))
				want := int64(1)
				if seed == 0 {
					want = 2
				}
				if got := res.Counts().Pruned; got != want {
					t.Errorf("seed %d: %d documents pruned, want %d", seed, got, want)
				}
			}
		})
	}
}

// unlike returns texts that have nothing to do with each other.
func unlike(n int) (docs []doc) {
	for i := range n {
		docs = append(docs, doc{ID: fmt.Sprintf("other %d", i), Text: join(words(fmt.Sprintf("own%d", i), 60))})
	}
	return docs
}

// TestSeedsFindTheSame: where nothing is left to chance, clusters, queries and explanations
// are the same under every seed, so all parts of a run hash by the one it has.
func TestSeedsFindTheSame(t *testing.T) {
	t.Parallel()
	sure := pipeline.Identity{Threshold: 0.5, Bands: 100, Rows: 1}
	figures, boilerplate := sure, sure
	figures.Figures, boilerplate.Boilerplate = pipeline.FiguresApart, 0.5
	for name, o := range map[string]pipeline.Options{
		"verbatim":    {Preset: pipeline.Verbatim},
		"edited":      {Preset: pipeline.Edited, Identity: sure},
		"characters":  {Preset: pipeline.Near, Identity: pipeline.Identity{Shingle: shingle.Spec{Unit: shingle.Char, N: 5}, Threshold: 0.5, Bands: 100, Rows: 1}},
		"figures":     {Preset: pipeline.Edited, Identity: figures},
		"boilerplate": {Preset: pipeline.Edited, Identity: boilerplate},
		"containment": {Identity: pipeline.Identity{Similarity: pipeline.Containment, Threshold: 0.5}},
		"story":       {Preset: pipeline.Story},
	} {
		t.Run(name, func(t *testing.T) {
			docs := append(planted(60, 20), seedDocs(t)...)
			o.Inputs, o.Temp = []string{writeJSONL(t, docs)}, t.TempDir()
			want := asked(t, o, docs)
			o.Identity.Seed = 7
			for i, got := range asked(t, o, docs) {
				if got != want[i] {
					t.Fatalf("seed 0: %s\nseed 7: %s", want[i], got)
				}
			}
		})
	}
}

// asked returns what a run, queries and explanations say of docs, but for what
// signatures estimate.
func asked(t *testing.T, o pipeline.Options, docs []doc) []string {
	t.Helper()
	said := []string{fmt.Sprint(partition(t, run(t, o)))}
	prepare := func() *pipeline.Job {
		j, err := pipeline.Prepare(o)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	for _, to := range []int{1, len(docs) - 4} {
		e, err := pipeline.Explain(t.Context(), prepare(), docs[to-1].ID, docs[to].ID)
		if err != nil {
			t.Fatal(err)
		}
		e.Estimate, e.Bands = 0, nil
		e.Verdict, _, _ = strings.Cut(e.Verdict, ":")
		if w := e.Weighted; w != nil { // of words with one share any may come first
			least := w.Words[len(w.Words)-1].Share
			w.Words = slices.DeleteFunc(w.Words, func(word pipeline.SharedWord) bool { return word.Share == least })
			slices.SortFunc(w.Words, func(a, b pipeline.SharedWord) int {
				return cmp.Or(cmp.Compare(b.Share, a.Share), strings.Compare(a.Word, b.Word))
			})
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, string(text))
	}
	if o.Preset == pipeline.Verbatim {
		return said
	}
	s, err := pipeline.NewSearcher(t.Context(), prepare())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, d := range docs {
		found, err := s.Find([]byte(d.Text))
		if err != nil {
			t.Fatal(err)
		}
		said = append(said, fmt.Sprintf("%s: %+v", d.ID, found))
	}
	return said
}
