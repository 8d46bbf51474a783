package pipeline_test

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
)

func pageOf(t testing.TB, res *pipeline.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := res.WritePage(t.Context(), &b, pipeline.PageOptions{Program: "doppel test", Inputs: []string{"in"}}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPageOfTheSeeds: the page shows the clusters of the five articles with what they
// share.
func TestPageOfTheSeeds(t *testing.T) {
	res := run(t, pipeline.Options{Inputs: []string{"../seeds/*.txt"}, Preset: pipeline.Story})
	page := pageOf(t, res)
	for _, want := range []string{"3 of 5 documents", "Cluster 1: 3 documents", "000_6cc9cd58440914a4.txt", ">Joint Working Group (JWG) on Counter-Terrorism</a>", "All 2 clusters"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// pairsOfCopies are n pairs of near-duplicates, each less alike than the one before,
// and one pair of copies.
func pairsOfCopies(n int) []doc {
	var docs []doc
	for i := range n {
		text := words(fmt.Sprint("t", i), 60)
		docs = append(docs, doc{ID: fmt.Sprint("a", i), Text: join(text)}, doc{ID: fmt.Sprint("b", i), Text: join(text[:60-i/4])})
	}
	return append(docs, doc{ID: "c1", Text: "the very same text"}, doc{ID: "c2", Text: "the very same text"})
}

// TestPageIsASample of many clusters, the same for any threads and memory, and says
// of how many.
func TestPageIsASample(t *testing.T) {
	docs := pairsOfCopies(39)
	res := runDocs(t, pipeline.Options{Threads: 1}, docs)
	page := pageOf(t, res)
	for _, want := range []string{"The 10 largest of 40 clusters.", "The 10 least similar of 40 clusters.", "10 drawn at random from the other", "All have the same text", ">a38<"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not in the page", want)
		}
	}
	border := page[strings.Index(page, `<section id="border">`):strings.Index(page, `<section id="sample">`)]
	if n := strings.Count(border, "<article"); n != 10 {
		t.Errorf("%d clusters are the least similar, want 10", n)
	}
	for i := 32; i < 39; i++ {
		if !strings.Contains(border, fmt.Sprintf(">a%d<", i)) {
			t.Errorf("a%d is not among the least similar", i)
		}
	}
	other := runDocs(t, pipeline.Options{Threads: 3, Memory: 16 << 20}, docs)
	if pageOf(t, other) != page {
		t.Error("the page depends on threads or memory")
	}
	var markdown bytes.Buffer
	if err := res.WriteSummary(&markdown, pipeline.PageOptions{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(markdown.String(), "# 40 of 80 documents dropped") {
		t.Errorf("summary:\n%s", markdown.String())
	}
}

// TestSummaryShowsWhatItSays: each section has as many rows as its first line says, and
// clusters of equal texts are not among the least similar.
func TestSummaryShowsWhatItSays(t *testing.T) {
	var docs []doc
	for i := range 30 {
		text := join(words(fmt.Sprint("t", i), 60))
		docs = append(docs, doc{ID: fmt.Sprint("a", i), Text: text}, doc{ID: fmt.Sprint("b", i), Text: text})
	}
	for _, c := range []struct {
		name string
		docs []doc
		want map[string]int
	}{
		{"copies", docs, map[string]int{"The largest clusters": 10, "Clusters at random": 10}},
		{"edited", pairsOfCopies(39), map[string]int{"The largest clusters": 10, "The least similar clusters": 10, "Clusters at random": 10}},
		{"few", pairsOfCopies(19), map[string]int{"Clusters": 20}},
	} {
		var b bytes.Buffer
		if err := runDocs(t, pipeline.Options{}, c.docs).WriteSummary(&b, pipeline.PageOptions{}); err != nil {
			t.Fatal(err)
		}
		got := map[string]int{}
		for _, section := range strings.Split(b.String(), "\n## ")[1:] {
			title, rows, _ := strings.Cut(section, "\n")
			if strings.Contains(title, "lusters") {
				got[title] = strings.Count(rows, "\n| ") - 2
			}
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: rows of sections are %v, want %v", c.name, got, c.want)
		}
	}
}

// TestPageFiguresAddUp: what stands in the histogram and the sizes are all pairs and
// clusters.
func TestPageFiguresAddUp(t *testing.T) {
	res := runDocs(t, pipeline.Options{}, pairsOfCopies(39))
	page := pageOf(t, res)
	sum := func(pattern string) (n int64) {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(page, -1) {
			var v int64
			fmt.Sscan(strings.ReplaceAll(m[1], ",", ""), &v)
			n += v
		}
		return n
	}
	c := res.Counts()
	if got := sum(`<tr><td>[0-9.]+ to [0-9.]+</td><td class="n">([0-9,]+)</td></tr>`); got != c.Verified {
		t.Errorf("the histogram holds %d pairs of %d", got, c.Verified)
	}
	if got := sum(`documents: ([0-9,]+) clusters`); got != c.Clusters {
		t.Errorf("the sizes hold %d clusters of %d", got, c.Clusters)
	}
}

// TestPageWithoutTexts: standard input, or an input that has changed, leaves the page
// without texts, and it says so.
func TestPageWithoutTexts(t *testing.T) {
	const lines = `{"id":"a","text":"one two three four five six seven"}` + "\n" + `{"id":"b","text":"One two three four five six seven"}` + "\n" +
		`{"id":"c","text":"one two three four five six seven eight"}` + "\n"
	streamed := run(t, pipeline.Options{Inputs: []string{"-"}, Stdin: strings.NewReader(lines), Identity: pipeline.Identity{Threshold: 0.5}})
	if page := pageOf(t, streamed); !strings.Contains(page, "standard input cannot be read again") {
		t.Error("the page does not say why texts are missing")
	}
	name := writeFile(t, "in.jsonl", lines)
	changed := run(t, pipeline.Options{Inputs: []string{name}, Identity: pipeline.Identity{Threshold: 0.5}})
	if err := os.WriteFile(name, []byte(strings.ReplaceAll(lines, "two", "owt")), 0o644); err != nil {
		t.Fatal(err)
	}
	if page := pageOf(t, changed); !strings.Contains(page, "has changed since it was first read") || strings.Contains(page, "owt") {
		t.Error("the page shows what another file says")
	}
}

// TestPageReadsTextsAtTheirPlaces: where the digests of texts are kept, only their records
// are read again, so that the page is the same though the file has grown; of one that
// says something else there it shows nothing.
func TestPageReadsTextsAtTheirPlaces(t *testing.T) {
	lines := "\xef\xbb\xbf"
	for i, d := range pairsOfCopies(40) {
		lines += fmt.Sprintf(`{"id":%q,"text":%q}%s`, d.ID, d.Text, []string{"\n", "\r\n", "\n\n"}[i%3])
	}
	name := writeFile(t, "in.jsonl", lines)
	res := run(t, pipeline.Options{Inputs: []string{name}, Save: true})
	scanned := pageOf(t, run(t, pipeline.Options{Inputs: []string{name}}))
	for what, change := range map[string]func(string) string{
		"":                               func(s string) string { return s + "more\n" },
		"has changed since it was first": func(s string) string { return strings.ReplaceAll(s, "e", "o") },
	} {
		if err := os.WriteFile(name, []byte(change(lines)), 0o644); err != nil {
			t.Fatal(err)
		}
		page := pageOf(t, res)
		if !strings.Contains(page, what) || (page == scanned) != (what == "") {
			t.Errorf("%q: the page is as it was: %t; it shows no texts: %t", what, page == scanned, strings.Contains(page, "Texts are not shown"))
		}
	}
}
