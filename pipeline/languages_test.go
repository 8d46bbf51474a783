package pipeline_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/width"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// What is planted in each language: originals of so many words; of each one copy a
// form, and one edited text a rate, which has some form too. The rates spread edited
// texts over all levels of similarity that the presets ask for.
const (
	languageOriginals = 8
	languageWords     = 300
)

var languageRates = []float64{.002, .004, .006, .01, .015, .02, .03, .04, .055, .07, .09, .12}

// A form is a way to write a text so that it is still the same text.
type form struct {
	name  string
	write func(l *plant.Language, text string) string
}

var forms = []form{
	{"plain", func(_ *plant.Language, text string) string { return text }},
	{"decomposed", func(_ *plant.Language, text string) string { return norm.NFD.String(text) }},
	{"full width", func(_ *plant.Language, text string) string { return width.Widen.String(text) }},
	{"invisible", func(_ *plant.Language, text string) string { return insert(text, invisibles, insideWord) }},
	{"capitals", capitals},
	{"broken lines", brokenLines},
	{"markup", markup},
	{"typography", func(_ *plant.Language, text string) string {
		return strings.NewReplacer("'", "’", " - ", " — ", "-", "‑", `"`, "״").Replace(text)
	}},
	{"vowel marks", vowelMarks},
}

var invisibles = []string{"\u200b", "\u00ad", "\u200d", "\u200c", "\u2060", "\ufeff", "\u202a", "\u200f", "\ufe0f"}

// insert puts strings in turn between two characters, wherever fits says.
func insert(text string, what []string, fits func(i int, before, after rune) bool) string {
	var b strings.Builder
	n := 0
	var before rune
	for i, r := range text {
		if fits(i, before, r) {
			b.WriteString(what[n%len(what)])
			n++
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// insideWord is true for one place in seven between letters or marks.
func insideWord(i int, before, after rune) bool {
	part := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
	return i%7 == 0 && part(before) && part(after)
}

func capitals(l *plant.Language, text string) string {
	tag := language.Und
	if l.Name == "turkish" {
		tag = language.Turkish
	}
	return cases.Upper(tag).String(text)
}

// brokenLines breaks words with a hyphen where scripts do, and lines at spaces
// elsewhere.
func brokenLines(l *plant.Language, text string) string {
	india := func(r rune) bool { return unicode.In(r, unicode.Devanagari, unicode.Bengali) && unicode.IsLetter(r) }
	hyphenated := insert(text, []string{"-\n", "-\r\n    ", "‐\n", "\u00ad\n"}, func(i int, before, after rune) bool {
		return i%11 == 0 && (unicode.IsLower(before) && unicode.IsLower(after) || india(before) && india(after))
	})
	if hyphenated != text {
		return hyphenated
	}
	return strings.ReplaceAll(text, " ", "\r\n")
}

func markup(_ *plant.Language, text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", "'", "&#39;", `"`, "&quot;", "é", "&eacute;", " - ", "&nbsp;<b>-</b> ").Replace(text)
	return "<!DOCTYPE html>\n<p class=\"first\">" + strings.ReplaceAll(text, "\n", "</p>\n<!-- advertisement -->\n<p>") + "</p><script>var a = 1 < 2;</script>"
}

// vowelMarks adds the marks of scripts that are as often written without, which is
// what Arabic and Hebrew are.
func vowelMarks(_ *plant.Language, text string) string {
	text = insert(text, []string{"\u064e", "\u0650", "\u0651\u064f", "\u0640", "\u0652"}, func(_ int, before, after rune) bool {
		return unicode.Is(unicode.Arabic, before) && unicode.Is(unicode.Arabic, after)
	})
	return insert(text, []string{"\u05b0", "\u05b8", "\u05bc\u05b4", "\u05c1\u05b9"}, func(_ int, before, _ rune) bool {
		return unicode.Is(unicode.Hebrew, before) && unicode.IsLetter(before)
	})
}

// languageCorpus returns the planted texts of all languages as they are found, and
// the same texts in the same order plainly written.
func languageCorpus() (found, plain []doc) {
	for _, l := range plant.Languages() {
		add := func(original int, kind string, words []string, f form) {
			text := l.Text(words)
			id := fmt.Sprintf("%s/%d/%s", l.Name, original, kind)
			plain = append(plain, doc{ID: id, Text: text})
			found = append(found, doc{ID: id, Text: f.write(&l, text)})
		}
		for i := range languageOriginals {
			words := l.Draw(uint64(i), languageWords)
			for _, f := range forms {
				add(i, f.name, words, f)
			}
			for j, rate := range languageRates {
				add(i, fmt.Sprint(rate), l.Edit(words, rate, uint64(100*i+j)), forms[(i+j)%len(forms)])
			}
		}
	}
	return found, plain
}

// idPair is two documents by their places in a corpus, the first first.
type idPair struct{ a, b int }

// truePairs finds by brute force which of the plain texts are similar; those that are
// equal are in all cases.
func truePairs(t testing.TB, plain []doc, id pipeline.Identity) map[idPair]bool {
	t.Helper()
	pairs := map[idPair]bool{}
	if id.Similarity == pipeline.Exact {
		before := map[string][]int{}
		for i, d := range plain {
			for _, j := range before[d.Text] {
				pairs[idPair{j, i}] = true
			}
			before[d.Text] = append(before[d.Text], i)
		}
		return pairs
	}
	normalizer := shingle.NewNormalizer()
	shingler := shingle.NewShingler(id.Shingle, 0)
	sets := make([]shingle.Set, len(plain))
	for i, d := range plain {
		sets[i] = shingler.Append(nil, normalizer.Append(nil, []byte(d.Text)))
	}
	err := eval.AllPairs(t.Context(), sets, verify.Jaccard, id.Threshold, func(batch []verify.Scored) error {
		for _, p := range batch {
			pairs[idPair{int(p.Pair.A), int(p.Pair.B)}] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pairs
}

// foundPairs returns the pairs that a run reports, with copies in the place of the
// texts that they are copies of.
func foundPairs(t testing.TB, found []doc, copies map[string][]string, res *pipeline.Result) map[idPair]bool {
	t.Helper()
	place := make(map[string]int, len(found))
	for i, d := range found {
		place[d.ID] = i
	}
	pairs := map[idPair]bool{}
	add := func(a, b string) {
		x, y := place[a], place[b]
		if x != y {
			pairs[idPair{min(x, y), max(x, y)}] = true
		}
	}
	of := func(id string) []string {
		if group := copies[id]; group != nil {
			return group
		}
		return []string{id}
	}
	for p := range res.Pairs() {
		for _, a := range of(p.A) {
			for _, b := range of(p.B) {
				add(a, b)
			}
		}
	}
	for id, group := range copies {
		for _, other := range group {
			add(id, other)
		}
	}
	return pairs
}

// copiesOf returns for each document that has copies all of them and itself.
func copiesOf(t testing.TB, res *pipeline.Result) map[string][]string {
	copies := map[string][]string{}
	for _, group := range partition(t, res) {
		for _, id := range group {
			copies[id] = group
		}
	}
	return copies
}

// languageScore counts the pairs of one language.
type languageScore struct{ wanted, found, right int }

// languageScores counts the pairs by the language of their first document.
func languageScores(plain []doc, wanted, found map[idPair]bool) map[string]*languageScore {
	scores := map[string]*languageScore{}
	for _, l := range plant.Languages() {
		scores[l.Name] = new(languageScore)
	}
	of := func(p idPair) *languageScore {
		name, _, _ := strings.Cut(plain[p.a].ID, "/")
		return scores[name]
	}
	for p := range wanted {
		of(p).wanted++
	}
	for p := range found {
		of(p).found++
		if wanted[p] {
			of(p).right++
		}
	}
	return scores
}

var updateLanguages = flag.Bool("tables", false, "rewrite the table of languages in docs/languages.md")

// The section of docs/languages.md that this file writes and checks.
const (
	languagesPage  = "../docs/languages.md"
	languagesBegin = "<!-- table of languages: begin -->\n"
	languagesEnd   = "<!-- table of languages: end -->\n"
)

var languagePresets = []pipeline.Preset{pipeline.Verbatim, pipeline.Strict, pipeline.Near, pipeline.Loose, pipeline.Edited}

// TestPlantedDuplicatesInEveryLanguage searches texts that are written in many forms
// and holds what is found against all pairs of the texts plainly written: recall of
// pairs at least 0.98 and precision 1, for each language and preset.
func TestPlantedDuplicatesInEveryLanguage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some seconds")
	}
	t.Parallel()
	found, plain := languageCorpus()
	input := writeJSONL(t, found)
	copies := copiesOf(t, run(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Verbatim}))
	cells := map[string][]string{}
	for _, preset := range languagePresets {
		wanted := truePairs(t, plain, preset.Identity())
		res := run(t, pipeline.Options{Inputs: []string{input}, Preset: preset})
		for name, s := range languageScores(plain, wanted, foundPairs(t, found, copies, res)) {
			recall := float64(s.right) / float64(s.wanted)
			if s.wanted < 100 || recall < 0.98 || s.right != s.found {
				t.Errorf("%s, %s: of %d pairs %d were found, recall %.4f, want 100 or more and 0.98; %d found are none",
					name, preset, s.wanted, s.right, recall, s.found-s.right)
			}
			cells[name] = append(cells[name], fmt.Sprintf("%d | %.3f", s.wanted, recall))
		}
	}
	checkLanguagesTable(t, languagesTable(cells))
}

func languagesTable(cells map[string][]string) string {
	var b strings.Builder
	b.WriteString("| language |")
	for _, p := range languagePresets {
		fmt.Fprintf(&b, " `%s` pairs | recall |", p)
	}
	b.WriteString("\n|---|" + strings.Repeat("--:|--:|", len(languagePresets)) + "\n")
	for _, l := range plant.Languages() {
		fmt.Fprintf(&b, "| %s | %s |\n", l.Name, strings.Join(cells[l.Name], " | "))
	}
	return b.String()
}

func checkLanguagesTable(t *testing.T, table string) {
	t.Helper()
	page, err := os.ReadFile(languagesPage)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(page, []byte(languagesBegin))
	committed, after, closed := bytes.Cut(rest, []byte(languagesEnd))
	if !ok || !closed {
		t.Fatalf("%s: the marks of the table are gone", languagesPage)
	}
	if *updateLanguages {
		page = bytes.Join([][]byte{before, []byte(languagesBegin), []byte(table), []byte(languagesEnd), after}, nil)
		if err := os.WriteFile(languagesPage, page, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(committed) != table {
		t.Errorf("%s: the table is not what is measured; go test ./pipeline -run Language -tables writes it", languagesPage)
	}
}

// TestOpticalNoise plants texts of which 8% of the letters are mistaken for others:
// character 5-grams find them where word 3-grams do not.
func TestOpticalNoise(t *testing.T) {
	t.Parallel()
	const pairs = 200
	english := plant.Languages()[0]
	var docs []doc
	for i := range pairs {
		text := english.Text(english.Draw(uint64(i), languageWords))
		docs = append(docs, doc{ID: fmt.Sprintf("%d", i), Text: text}, doc{ID: fmt.Sprintf("%d-ocr", i), Text: plant.OCR(text, 0.08, uint64(i))})
	}
	recall := func(spec string) float64 {
		o := pipeline.Options{Preset: pipeline.Edited}
		var err error
		if o.Identity.Shingle, err = shingle.ParseSpec(spec); err != nil {
			t.Fatal(err)
		}
		right := 0
		for p := range runDocs(t, o, docs).Pairs() {
			if p.A+"-ocr" != p.B {
				t.Errorf("%s: %s and %s are not planted", spec, p.A, p.B)
			}
			right++
		}
		return float64(right) / pairs
	}
	word, char := recall("word:3"), recall("char:5")
	t.Logf("8%% of noise: recall %.3f by word:3, %.3f by char:5", word, char)
	if word > 0.02 || char < 0.9 {
		t.Errorf("recall %.3f by word:3 and %.3f by char:5, want next to none and 0.9", word, char)
	}
}
