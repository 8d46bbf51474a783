package pipeline_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/shingle"
)

// The tests below are named for faults found in other deduplicators, by their
// number in docs/peer-bugs.md. Those of a single package stand with it.

// Two verified pairs whose documents meet in a bucket, but are not similar
// across, are two clusters with two survivors.
func TestPeerBug01_VerificationSplitsClusters(t *testing.T) {
	t.Parallel()
	shared := words("common", 150)
	a, d := words("left", 60), words("right", 60)
	docs := []doc{
		{ID: "A", Text: join(shared, a)}, {ID: "A2", Text: join(shared, a, []string{"end"})},
		{ID: "D", Text: join(shared, d)}, {ID: "D2", Text: join(shared, d, []string{"end"})},
	}
	res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{Bands: 120, Rows: 2}}, docs)
	if c := res.Counts(); c.Candidates != 6 {
		t.Fatalf("%d candidates, want all 6 pairs, or the test shows nothing", c.Candidates)
	}
	want := [][]string{{"A", "A2"}, {"D", "D2"}}
	if got := partition(t, res); !equalGroups(got, want) {
		t.Errorf("clusters %v, want %v", got, want)
	}
	if got := prunedIDs(t, res); len(got) != 2 {
		t.Errorf("pruned %v, want one of each cluster", got)
	}
}

// Short documents are compared like all others and none vanishes.
func TestPeerBug02_ShortDocumentsDoNotVanish(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 10 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: strings.Repeat(fmt.Sprintf("w%d ", i%7), i%5)})
	}
	res := runDocs(t, pipeline.Options{}, docs)
	seen := map[string]int{}
	for c := range res.Clusters() {
		for _, m := range c.Members {
			seen[m.ID]++
		}
	}
	for m := range res.Singletons() {
		seen[m.ID]++
	}
	for _, d := range docs {
		if seen[d.ID] != 1 {
			t.Errorf("document %s is listed %d times, want once", d.ID, seen[d.ID])
		}
	}
}

func TestPeerBug03_ShortDocumentsAreNotAlike(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i, text := range []string{"", " ", ". . .", "alpha beta", "gamma delta", "alpha", "beta alpha"} {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: text})
	}
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near, pipeline.Edited} {
		if got := partition(t, runDocs(t, pipeline.Options{Preset: preset}, docs)); len(got) != 0 {
			t.Errorf("%s: %v are together, want none", preset, got)
		}
	}
	// The order of words counts for nothing at story level.
	got := partition(t, runDocs(t, pipeline.Options{Preset: pipeline.Story}, docs))
	if len(got) != 1 || !slices.Equal(got[0], []string{"3", "6"}) {
		t.Errorf("story: %v are together, want the documents of the same two words and no others", got)
	}
}

func TestPeerBug04_ShortCopiesAreFound(t *testing.T) {
	t.Parallel()
	docs := []doc{{ID: "1", Text: "four words are short"}, {ID: "2", Text: "four words are short"}, {ID: "3", Text: "Four  words are short"}}
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near} {
		if got := prunedIDs(t, runDocs(t, pipeline.Options{Preset: preset}, docs)); len(got) != 2 {
			t.Errorf("%s: pruned %v, want two of three copies", preset, got)
		}
	}
}

func TestPeerBug05_EmptyDocumentsMatchNothing(t *testing.T) {
	t.Parallel()
	docs := []doc{{ID: "1", Text: ""}, {ID: "2", Text: ""}, {ID: "3", Text: "!?"}, {ID: "4", Text: "!?"}, {ID: "5", Text: "word"}}
	res := runDocs(t, pipeline.Options{}, docs)
	if c := res.Counts(); c.Empty != 4 || c.Pruned != 0 || c.Kept != 5 {
		t.Errorf("counts %+v, want 4 empty documents and all 5 kept", c)
	}
}

func TestPeerBug06_BadLinesAreCountedNotFatal(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "mixed.jsonl", `{"id":"a","text":"a good line of text"}
{"id":"b","text":
{"id":"c"}

{"id":"d","text":""}
{"id":"e","text":"a good line of text"}
`)
	res := run(t, pipeline.Options{Inputs: []string{path}})
	c := res.Counts()
	if c.Records != 5 || c.Documents != 3 || c.Quarantined != 2 || c.Pruned != 1 {
		t.Errorf("counts %+v, want 5 records, 3 documents, 2 quarantined, 1 pruned", c)
	}
	var b strings.Builder
	if err := res.WriteQuarantine(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"line":2`, `"line":3`, `field \"text\" is missing`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the quarantine lacks %s:\n%s", want, b.String())
		}
	}
	_, err := pipeline.Run(t.Context(), pipeline.Options{Inputs: []string{path}, OnError: pipeline.Stop})
	if err == nil || !strings.Contains(err.Error(), "mixed.jsonl:2: ") {
		t.Errorf("with on-error stop: %v, want an error that names mixed.jsonl:2", err)
	}
}

func TestPeerBug07_EveryCopyGoes(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 5 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: join(words("same", 30))})
	}
	docs = append(docs, doc{ID: "other", Text: join(words("other", 30))})
	if got := prunedIDs(t, runDocs(t, pipeline.Options{}, docs)); len(got) != 4 {
		t.Errorf("pruned %v, want 4 of the 5 copies", got)
	}
}

// No option switches deduplication off by the way.
func TestPeerBug09_NoOptionSwitchesDedupOff(t *testing.T) {
	t.Parallel()
	text := words("word", 60)
	var docs []doc
	for i := range 4 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: join(text), Source: "s", Date: "2024-12-19"})
	}
	docs = append(docs, doc{ID: "near", Text: join(text, []string{"end"}), Source: "s", Date: "2024-12-20"})
	for name, id := range map[string]pipeline.Identity{
		"nothing":     {},
		"char":        {Shingle: shingle.Spec{Unit: shingle.Char, N: 5}},
		"threshold":   {Threshold: 0.3},
		"recall":      {Recall: 0.5},
		"max hashes":  {MaxHashes: 512},
		"bands":       {Bands: 20, Rows: 2},
		"seed":        {Seed: 99},
		"components":  {Clustering: cluster.Components},
		"keep":        {Keep: "newest"},
		"containment": {Similarity: pipeline.Containment},
		"max bucket":  {MaxBucket: 2},
		"max record":  {MaxRecord: 1 << 20},
	} {
		res := runDocs(t, pipeline.Options{Identity: id}, docs)
		if got := prunedIDs(t, res); len(got) != 4 {
			t.Errorf("with %s set: pruned %v, want 4 of 5", name, got)
		}
	}
}

func TestPeerBug10_ManyThreadsOneAnswer(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(400, 10))
	want := reportOf(t, run(t, pipeline.Options{Inputs: []string{input}, Threads: 1}))
	rounds := 10
	if testing.Short() {
		rounds = 2
	}
	for i := range rounds {
		for _, threads := range []int{1, 2, 8, 16} {
			if got := reportOf(t, run(t, pipeline.Options{Inputs: []string{input}, Threads: threads})); got != want {
				t.Fatalf("run %d with %d threads differs\n%s", i, threads, firstDifference(got, want))
			}
		}
	}
}

// A second run over the pruned corpus removes nothing.
func TestPeerBug11_PruningIsIdempotent(t *testing.T) {
	t.Parallel()
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near, pipeline.Loose} {
		dir := filepath.Join(t.TempDir(), "pruned")
		res := runDocs(t, pipeline.Options{Preset: preset, Reread: true}, planted(1200, 11))
		first, err := res.Prune(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if first.Total.Pruned == 0 {
			t.Fatalf("%s: nothing to prune, or the test shows nothing", preset)
		}
		again := run(t, pipeline.Options{Preset: preset, Inputs: []string{filepath.Join(dir, "data")}})
		if c := again.Counts(); c.Pruned != 0 || c.Documents != first.Total.Kept {
			t.Errorf("%s: the second run read %d documents and prunes %d, want %d and 0", preset, c.Documents, c.Pruned, first.Total.Kept)
		}
	}
}

// N copies in every position of two files leave one document.
func TestPeerBug13_CopiesAtEveryFilePosition(t *testing.T) {
	t.Parallel()
	for n := 1; n <= 12; n++ {
		dir := t.TempDir()
		for f := range 2 {
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "{\"id\":\"%d-%d\",\"text\":\"the same line of text everywhere\"}\n", f, i)
			}
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.jsonl", f)), []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if c := run(t, pipeline.Options{Inputs: []string{dir}}).Counts(); c.Kept != 1 || c.Pruned != int64(2*n-1) {
			t.Errorf("2 files of %d copies: kept %d, pruned %d, want 1 and %d", n, c.Kept, c.Pruned, 2*n-1)
		}
	}
}

// The survivor depends on policy, content and id, not on order or chance.
func TestPeerBug14_SurvivorIsAFunctionOfTheContent(t *testing.T) {
	t.Parallel()
	docs := planted(500, 14)
	rng := rand.New(rand.NewPCG(14, 14))
	var want []string
	for i := range 5 {
		got := prunedIDs(t, runDocs(t, pipeline.Options{Threads: 1 + i}, docs))
		if i == 0 {
			want = got
		}
		if !slices.Equal(got, want) || len(got) == 0 {
			t.Errorf("order %d prunes %d documents, order 0 %d, want the same ones", i, len(got), len(want))
		}
		rng.Shuffle(len(docs), func(a, b int) { docs[a], docs[b] = docs[b], docs[a] })
	}
}

// One edited word is found wherever it stands and however long the text is.
func TestPeerBug16_EditsAtAnyPlaceAreFound(t *testing.T) {
	t.Parallel()
	for _, n := range []int{60, 300, 2000} {
		text := words(fmt.Sprintf("n%dw", n), n)
		docs := []doc{{ID: "original", Text: join(text)}}
		for _, at := range []int{0, 1, n / 2, n - 1} {
			for _, edit := range []struct {
				name string
				text string
			}{
				{"insert", join(text[:at], []string{"extra"}, text[at:])},
				{"delete", join(text[:at], text[at+1:])},
				{"substitute", join(text[:at], []string{"other"}, text[at+1:])},
				{"move", join([]string{text[at]}, text[:at], text[at+1:])},
			} {
				docs = append(docs, doc{ID: fmt.Sprintf("%s-%d", edit.name, at), Text: edit.text})
			}
		}
		if got := clusterWith(t, runDocs(t, pipeline.Options{}, docs), "original"); len(got) != len(docs) {
			t.Errorf("%d words: %d of %d edited copies are with the original: %v", n, len(got)-1, len(docs)-1, got)
		}
	}
}

// A chain of neighbours does not lose its far end: every document that goes is
// similar to one that stays.
func TestPeerBug23_ChainsLoseNothing(t *testing.T) {
	t.Parallel()
	all := words("link", 200+20*10)
	var docs []doc
	for i := range 20 {
		docs = append(docs, doc{ID: fmt.Sprintf("%02d", i), Text: join(all[i*10 : i*10+200])})
	}
	for _, method := range []cluster.Method{cluster.Cover, cluster.Components} {
		res := runDocs(t, pipeline.Options{Identity: pipeline.Identity{Clustering: method}}, docs)
		checkCover(t, docs, res, shingle.Spec{Unit: shingle.Word, N: 5}, 0.8)
		if c := res.Counts(); c.Pruned == 0 || c.Kept < 4 {
			t.Errorf("%s: kept %d, pruned %d of a chain of 20, want several kept and some pruned", method, c.Kept, c.Pruned)
		}
		if method == cluster.Components && len(partition(t, res)) != 1 {
			t.Errorf("components: %d clusters, want the chain in one", len(partition(t, res)))
		}
	}
}

// Reports that differ in their figures alone are different reports.
func TestPeerBug24_NumbersCount(t *testing.T) {
	t.Parallel()
	var docs []doc
	for i := range 6 {
		docs = append(docs, doc{ID: fmt.Sprint(i), Text: fmt.Sprintf("Final score %d to %d after %d minutes, attendance %d, on %d June", i, i+1, 90+i, 20000+i, i+1)})
	}
	if c := runDocs(t, pipeline.Options{}, docs).Counts(); c.Pruned != 0 {
		t.Errorf("%d of six match reports would go", c.Pruned)
	}
}

func TestPeerBug25_IDsInReportsExist(t *testing.T) {
	t.Parallel()
	docs := planted(600, 25)
	known := map[string]bool{}
	for _, d := range docs {
		known[d.ID] = true
	}
	for c := range runDocs(t, pipeline.Options{}, docs).Clusters() {
		member := false
		for _, m := range c.Members {
			if !known[m.ID] || !known[m.CoveredBy] {
				t.Errorf("member %q, covered by %q: not ids of the corpus", m.ID, m.CoveredBy)
			}
			member = member || m.ID == c.Cluster && m.Keep
		}
		if !member {
			t.Errorf("cluster %q is not named for a kept member", c.Cluster)
		}
	}
}
