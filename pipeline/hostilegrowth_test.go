package pipeline_test

import (
	"encoding/json"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/webpage"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// hostileShapes are texts of n parts made to cost a normaliser, a segmenter, a comparison
// or an extractor more than their length.
func hostileShapes() map[string]func(n int) string {
	repeat := func(s string) func(n int) string {
		return func(n int) string { return strings.Repeat(s, n) }
	}
	return map[string]func(n int) string{
		"marks":        func(n int) string { return "e" + strings.Repeat("\u0301", n) },
		"mixed marks":  func(n int) string { return "e" + strings.Repeat("\u0301\u0316", n/2) },
		"joiners":      repeat("👩\u200d"),
		"flags":        repeat("🇦"),
		"one word":     repeat("a"),
		"one word a":   repeat("a "),
		"soft hyphens": repeat("a\u00ad"),
		"line hyphens": repeat("a-\n"),
		"jamo":         repeat("\u1100\u1161\u11a8"),
		"Thai":         repeat("กา"),
		"Han":          repeat("中文"),
		"viramas":      repeat("क्"),
		"ligatures":    repeat("\ufdfa"),
		"apostrophes":  repeat("a'"),
		"directions":   repeat("\u202e\u202d"),
		"lines":        repeat("a\n"),
		"tags":         repeat("<a "),
		"comments":     repeat("<!-- "),
		"entities":     repeat("&amp"),
		"two in turn":  repeat("a b a a b "),
		"numbers": func(n int) string {
			var b strings.Builder
			for i := range n {
				b.WriteString(strconv.Itoa(i) + " ")
			}
			return b.String()
		},
	}
}

// hostilePageShapes are the same for HTML.
func hostilePageShapes() map[string]func(n int) string {
	around := func(open, shut string) func(n int) string {
		return func(n int) string { return strings.Repeat(open, n) + "words" + strings.Repeat(shut, n) }
	}
	return map[string]func(n int) string{
		"html div":        around("<div>", "</div>"),
		"html bold":       around("<b>", ""),
		"html links":      around("<a href=x>y", ""),
		"html paragraphs": around("<p>some words of text, more", ""),
		"html tables":     around("<table><tr><td>", ""),
		"html misnested":  around("<b><p><i>", "</b></i></p>"),
		"html ends":       around("", "</p></br>"),
		"html attributes": func(n int) string { return "<p " + strings.Repeat("a=b ", n) + ">words" },
		"html comments":   around("<!--", "-->"),
		"html cells":      func(n int) string { return "<table>" + strings.Repeat("<td>x", n) },
		"html select":     around("<select><option>", ""),
		"html templates":  around("<template>", ""),
		"html svg":        around("<svg><foreignObject>", ""),
	}
}

// work clusters two texts that differ in their last word, cuts passages out, and writes
// the page that compares them.
func work(t testing.TB, html bool, text string) {
	t.Helper()
	o := pipeline.Options{Preset: pipeline.Edited, Temp: t.TempDir(), Threads: 1}
	if html {
		o.PageText = corpus.PageText{Version: webpage.Main.Version(), Extract: webpage.Main.Text}
		o.Inputs = []string{writeFile(t, "a.html", text), writeFile(t, "b.html", text+" end")}
	} else {
		var lines strings.Builder
		for _, d := range []doc{{ID: "a", Text: text}, {ID: "b", Text: text + " end"}} {
			if err := json.NewEncoder(&lines).Encode(d); err != nil {
				t.Fatal(err)
			}
		}
		o.Inputs = []string{writeFile(t, "x.jsonl", lines.String())}
		o.Reread, o.Identity.Passages = true, passage.Options{Unit: passage.Line}
	}
	res, err := pipeline.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.WritePage(t.Context(), io.Discard, pipeline.PageOptions{}); err != nil {
		t.Error(err)
	}
	if !html {
		if _, err := res.PlanTrim(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := res.Close(); err != nil {
		t.Error(err)
	}
}

// TestHostileTextsAllocateLinearly: four times the text takes about four times the memory, summed
// over all that is ever allocated.
func TestHostileTextsAllocateLinearly(t *testing.T) {
	const n = 5_000
	if testing.Short() {
		t.Skip("many megabytes")
	}
	allocated := func(html bool, text string) float64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		work(t, html, text)
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	check := func(name string, html bool, shape func(n int) string) {
		few, many := allocated(html, shape(n)), allocated(html, shape(4*n))
		t.Logf("%-15s %7.1f MB, %7.1f MB of four times the text", name, few/1e6, many/1e6)
		if many > 6*few+16<<20 { // buffers double
			t.Errorf("%s: %.0f bytes are allocated for %d parts, %.0f for %d", name, few, n, many, 4*n)
		}
	}
	for name, shape := range hostileShapes() {
		check(name, false, shape)
	}
	for name, shape := range hostilePageShapes() {
		check(name, true, shape)
	}
}

// BenchmarkHostileTexts is the time for texts of n and of 4n parts: that of 4n should be about
// four times as long, and sixteen times would be quadratic.
func BenchmarkHostileTexts(b *testing.B) {
	const n = 20_000
	run := func(name string, html bool, shape func(n int) string) {
		for _, size := range []int{n, 4 * n} {
			text := shape(size)
			b.Run(strings.ReplaceAll(name, " ", "_")+"/"+strconv.Itoa(size), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					work(b, html, text)
				}
			})
		}
	}
	for name, shape := range hostileShapes() {
		run(name, false, shape)
	}
	for name, shape := range hostilePageShapes() {
		run(name, true, shape)
	}
}
