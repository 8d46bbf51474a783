package pipeline_test

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/report"
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
	text := []byte(strings.Repeat("the quick brown fox jumps over the lazy dog while nobody looks ", 20) + "ends")
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

// madeToCollide are texts that have the hashes of each other under the seed 0, by what
// takes them for copies where these decide.
func madeToCollide(t *testing.T) map[string]madePair {
	t.Helper()
	wordsA, wordsB := collidingTexts(200)
	textA, textB := collidingDigests(t)
	if textA == textB || shingle.DigestOf([]byte(textA), 0) != shingle.DigestOf([]byte(textB), 0) {
		t.Fatalf("%q and %q were not made well", textA, textB)
	}
	spec := shingle.Spec{Unit: shingle.Word, N: 5}
	open := func(text string) shingle.Set { return shingle.NewShingler(spec, 0).Append(nil, []byte(text)) }
	if !slices.Equal(open(wordsA), open(wordsB)) {
		t.Fatal("the words were not made well")
	}
	prose := ""
	for i := range 400 {
		prose += withoutDigits(fmt.Sprint(i)) + " "
	}
	// Key terms have no digit, and two words that have one in one place may have a letter.
	lettersA, lettersB := withoutDigits(wordsA), withoutDigits(wordsB)
	weighty, weightless := "zebras graze quietly beside giraffes near the river", ""
	for _, word := range strings.Fields(likeThe) {
		terms := shingle.NewTermer(0).Append(nil, []byte("the "+word))
		if terms[0] != terms[1] {
			t.Fatalf("%q was not made well", word)
		}
		weightless += " " + word
	}
	figuresA, figuresB := strings.Join(strings.Fields(wordsA)[:3], " "), strings.Join(strings.Fields(wordsB)[:3], " ")
	return map[string]madePair{
		"verbatim":     {pipeline.Options{Preset: pipeline.Verbatim}, textA, textB},
		"digest":       {pipeline.Options{}, textA, textB},
		"strict":       {pipeline.Options{Preset: pipeline.Strict}, wordsA, wordsB},
		"near":         {pipeline.Options{}, wordsA, wordsB},
		"loose":        {pipeline.Options{Preset: pipeline.Loose}, wordsA, wordsB},
		"edited":       {pipeline.Options{Preset: pipeline.Edited}, wordsA, wordsB},
		"all pairs":    {pipeline.Options{Identity: pipeline.Identity{Candidates: pipeline.AllPairs}}, wordsA, wordsB},
		"containment":  {pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.Containment}}, wordsA, wordsB + " and some words more"},
		"boilerplate":  {pipeline.Options{Identity: pipeline.Identity{Boilerplate: 0.5}}, wordsA, wordsB},
		"both":         {pipeline.Options{Identity: pipeline.Identity{Boilerplate: 0.5, Similarity: pipeline.Containment}}, wordsA, wordsB},
		"figures":      {pipeline.Options{Identity: pipeline.Identity{Figures: pipeline.FiguresApart}}, prose + figuresA, prose + figuresB},
		"story":        {pipeline.Options{Preset: pipeline.Story}, wordsA, wordsB},
		"cosine":       {pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.Cosine}}, wordsA, wordsB},
		"weighted":     {pipeline.Options{Identity: pipeline.Identity{Similarity: pipeline.WeightedJaccard}}, wordsA, wordsB},
		"key terms":    {pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Candidates: pipeline.KeyTerms, Weights: idf.Background}}, lettersA, lettersB},
		"weightless":   {pipeline.Options{Preset: pipeline.Story, Identity: pipeline.Identity{Weights: idf.Background, Threshold: 0.5}}, weighty, weighty + weightless},
		"average link": {pipeline.Options{Identity: pipeline.Identity{Clustering: cluster.Average}}, wordsA, wordsB},
	}
}

// likeThe are words that have the hash of "the" under the seed 0: of 2^38 words of 16
// letters some hundred thousand have it.
const likeThe = "lerepjdtxjjykuka ohzlzotukzggmjum okjluwmhkmtzimsy ohgziowfkzdsecxr leremwkqxjjyxurs ohzlwfvvkzggzthb " +
	"lukanzdbxzxrlnfb luktpabtxzxupqaa leoujvkqxjwlrvet lxavqwyuxmkdkzlh lxwkaqusxmahwqil lblmfrwfxwgowwce " +
	"ohdwqgxtkzqcxihd lbidemmzxwtywitq ohggzwdwkzdpdabq leobkotaxjwiapok lxtxnmntxmnhdlww lbidxlwdxwtyzzmg " +
	"lbignnebxwtlmiev okmusfjykmgpvhnb ohwcydtekztqmvvp okjohpmikmtmifnd okjoxiftkmtmytte ohwvhubpkzttnasq"

// withoutDigits writes a letter for each digit.
func withoutDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + 'k'
		}
		return r
	}, text)
}

// madePair is two texts and the settings that could take them for copies.
type madePair struct {
	o    pipeline.Options
	a, b string
}

// docs are the texts, one of them twice, among others.
func (p madePair) docs() []doc {
	return append([]doc{{ID: "a", Text: p.a}, {ID: "b", Text: p.b}, {ID: "a again", Text: p.a}}, unlike(40)...)
}

// TestWordsAndTextsMadeToCollide: texts that were made to have the hashes of other ones
// are no copies of these under any seed, that of which all functions are known included.
func TestWordsAndTextsMadeToCollide(t *testing.T) {
	t.Parallel()
	for name, made := range madeToCollide(t) {
		t.Run(name, func(t *testing.T) {
			for _, seed := range []int64{0, 1, -7, int64(rand.Uint64() >> 1)} {
				o := made.o
				o.Identity.Seed = seed
				if got := prunedIDs(t, runDocs(t, o, made.docs())); !slices.Equal(got, []string{"a again"}) {
					t.Errorf("seed %d: %q are pruned, want the copy alone", seed, got)
				}
			}
		})
	}
}

// TestMadeReferences: a document is not pruned in favour of a reference that was made to
// have its hashes, nor of one that has its digest.
func TestMadeReferences(t *testing.T) {
	t.Parallel()
	for name, made := range madeToCollide(t) {
		t.Run(name, func(t *testing.T) {
			o := made.o
			o.Against = []string{writeJSONL(t, []doc{{ID: "r", Text: made.b}})}
			if got := prunedIDs(t, runDocs(t, o, made.docs()[:1])); len(got) != 0 {
				t.Errorf("%q are pruned", got)
			}
			if got := prunedIDs(t, runDocs(t, o, []doc{{ID: "b", Text: made.b}})); !slices.Equal(got, []string{"b"}) {
				t.Errorf("%q are pruned, want the copy of the reference", got)
			}
		})
	}
}

// TestMadeTextsAfterAStop: a run that goes on tells the texts that an earlier process read
// from those that were made to collide with them, and from none that are copies.
func TestMadeTextsAfterAStop(t *testing.T) {
	t.Parallel()
	for name, made := range madeToCollide(t) {
		if slices.Contains([]string{"story", "cosine", "weighted", "weightless"}, name) {
			continue // key terms are stopped in the same places, and each run takes longer
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			docs := made.docs()
			o := made.o
			o.Inputs = []string{writeJSONL(t, docs[:1]), writeJSONL(t, docs[1:2]), writeJSONL(t, docs[2:])}
			o.Temp = t.TempDir()
			takenUp := 0
			for at := 1; ; at++ {
				o.Checkpoint = logTo(filepath.Join(t.TempDir(), "c"), 1)
				o.Checkpoint.Tell = func(string) { takenUp++ }
				res, calls, err := stopAt(t.Context(), o, at)
				for next := 1; err != nil; next++ {
					if !errors.Is(err, context.Canceled) {
						t.Fatal(err)
					}
					res, _, err = stopAt(t.Context(), o, next)
				}
				if got := prunedIDs(t, res); !slices.Equal(got, []string{"a again"}) {
					t.Errorf("stopped at %d: %q are pruned, want the copy alone", at, got)
				}
				if err := res.Close(); err != nil {
					t.Fatal(err)
				}
				if calls < at {
					break
				}
			}
			if takenUp == 0 {
				t.Error("nothing was taken up")
			}
		})
	}
}

// TestMadeGiantBucket: texts that differ in half of their words, and have one signature
// under the seed 0, fill a bucket that is chained, and none is pruned.
func TestMadeGiantBucket(t *testing.T) {
	t.Parallel()
	a, b := collidingTexts(200)
	either := [2][]string{strings.Fields(a), strings.Fields(b)}
	rng := rand.New(rand.NewPCG(3, 3))
	var docs []doc
	for i := range 60 {
		own := make([]string, len(either[0]))
		for k := range own {
			own[k] = either[rng.IntN(2)][k]
		}
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: join(own)})
	}
	for name, id := range map[string]pipeline.Identity{
		"jaccard":     {MaxBucket: 5},
		"containment": {MaxBucket: 5, Similarity: pipeline.Containment},
		"figures":     {MaxBucket: 5, Figures: pipeline.FiguresApart},
		"boilerplate": {MaxBucket: 5, Boilerplate: 1},
	} {
		c := runDocs(t, pipeline.Options{Identity: id}, docs).Counts()
		if c.GiantBuckets == 0 || c.Pruned != 0 {
			t.Errorf("%s: %d giant buckets, %d documents pruned, want some and none", name, c.GiantBuckets, c.Pruned)
		}
	}
}

// TestMadeBoilerplate: nobody makes a part of a text boilerplate by texts that do not
// have it, and a copy of the rest does not cover the text.
func TestMadeBoilerplate(t *testing.T) {
	t.Parallel()
	a, b := collidingTexts(60)
	rest := join(words("rest", 60))
	docs := []doc{{ID: "whole", Text: a + " " + rest}, {ID: "part", Text: rest + " and an end that is longer than the rest of the other text " + join(words("end", 3))}}
	for i := range 40 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: b + " " + join(words(fmt.Sprintf("own%d", i), 80))})
	}
	res := runDocs(t, pipeline.Options{Preset: pipeline.Edited, Identity: pipeline.Identity{Boilerplate: 0.5, Threshold: 0.6}}, docs)
	if got := prunedIDs(t, res); len(got) != 0 {
		t.Errorf("%q are pruned", got)
	}
	if w := res.Warnings(); !slices.ContainsFunc(w, func(w report.Warning) bool {
		return w.Code == "boilerplate" && strings.HasPrefix(w.Message, "58 shingles")
	}) {
		t.Errorf("warnings %v, want those of b as boilerplate", w)
	}
}

// TestMadeTextsAreAskedFor by queries and explanations, which find them unlike.
func TestMadeTextsAreAskedFor(t *testing.T) {
	t.Parallel()
	for name, made := range madeToCollide(t) {
		t.Run(name, func(t *testing.T) {
			o := made.o
			o.Inputs, o.Temp = []string{writeJSONL(t, made.docs())}, t.TempDir()
			prepare := func() *pipeline.Job {
				j, err := pipeline.Prepare(o)
				if err != nil {
					t.Fatal(err)
				}
				return j
			}
			e, err := pipeline.Explain(t.Context(), prepare(), "a", "b")
			if err != nil || e.Together || e.SameText || e.Figures != nil && e.Figures.Shared > 0 {
				t.Errorf("explained as %q (%v), want apart", e.Verdict, err)
			}
			if o.Preset == pipeline.Verbatim {
				return
			}
			s, err := pipeline.NewSearcher(t.Context(), prepare())
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			found, err := s.Find([]byte(made.b))
			if err != nil || len(found) != 1 || found[0].ID != "b" || !found[0].Exact {
				t.Errorf("found %+v (%v), want b alone", found, err)
			}
		})
	}
}

// TestDecisionOfAMadeDigest: a decision that names a text by a digest that two have is
// refused, also of a saved run, and others are not.
func TestDecisionOfAMadeDigest(t *testing.T) {
	t.Parallel()
	textA, textB := collidingDigests(t)
	docs := append([]doc{{ID: "a", Text: textA}, {ID: "b", Text: textB}, {ID: "c", Text: "another text"}}, unlike(3)...)
	decide := func(id, text string) *decision.Log {
		return logOf(t, decision.Event{Action: decision.Drop, IDs: []string{id}, Content: []string{shingle.DigestOf([]byte(text), 0).String()}})
	}
	o := pipeline.Options{Inputs: []string{writeJSONL(t, docs)}, Temp: t.TempDir(), Save: true}
	saved := filepath.Join(t.TempDir(), "saved")
	if err := run(t, o).Save(t.Context(), pipeline.SaveOptions{Dir: saved}); err != nil {
		t.Fatal(err)
	}
	s := openToApply(t, saved)
	for _, id := range []string{"a", "b"} {
		o.Decisions = decide(id, textB)
		_, runErr := pipeline.Run(t.Context(), o)
		_, applyErr := s.Apply(t.Context(), pipeline.ApplyOptions{Decisions: o.Decisions})
		for _, err := range []error{runErr, applyErr} {
			if err == nil || !strings.Contains(err.Error(), `"a" and "b"`) || !strings.Contains(err.Error(), "--seed random") {
				t.Errorf("error %v, want one that names both and what to do", err)
			}
		}
	}
	o.Decisions = decide("c", "another text")
	if got := run(t, o).Counts(); got.Pruned != 1 {
		t.Errorf("%d documents are pruned, want the one decided of", got.Pruned)
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
