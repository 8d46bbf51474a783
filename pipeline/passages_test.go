package pipeline

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
)

// trimmed runs the search for passages over texts and returns each text without its
// cuts, nil for one that is emptied.
func trimmed(t testing.TB, o Options, texts []string, change func(*Job)) []string {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for i, text := range texts {
		if err := enc.Encode(map[string]any{"id": fmt.Sprint(i), "text": text}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	o.Inputs, o.Preset, o.Temp = []string{path}, Verbatim, t.TempDir()
	o.Identity.Passages.Scope = passage.Alone
	j, err := Prepare(o)
	if err != nil {
		t.Fatal(err)
	}
	change(j)
	res, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	dir := filepath.Join(t.TempDir(), "out")
	acc, err := res.Prune(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]string, len(texts))
	data, err := os.ReadFile(filepath.Join(dir, "data", "in.jsonl"))
	if err != nil && acc.Total.Kept > 0 {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var d struct{ ID, Text string }
		if err := json.Unmarshal(line, &d); err != nil {
			t.Fatal(err)
		}
		var i int
		fmt.Sscan(d.ID, &i)
		got[i] = d.Text
	}
	checkSpans(t, filepath.Join(dir, SpansFile), texts, acc.Total.CutCharacters)
	return got
}

// checkSpans holds every line of spans.jsonl to the texts: the passage and its first
// occurrence are the same, and the characters add up.
func checkSpans(t testing.TB, path string, texts []string, characters int64) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	normalizer := shingle.NewNormalizer() // making one for each text takes minutes
	norm := func(s string) string { return string(normalizer.Append(nil, []byte(s))) }
	var sum int64
	for line := range bytes.Lines(data) {
		var s spanLine
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		var id, first int
		fmt.Sscan(s.ID, &id)
		fmt.Sscan(s.First, &first)
		cut := texts[id][s.Start:s.End]
		if n := utf8.RuneCountInString(cut); n != s.Characters {
			t.Errorf("%s has %d characters", line, n)
		}
		sum += int64(s.Characters)
		if want := strings.TrimSpace(norm(cut)); s.Kind != passage.Substring && !strings.HasPrefix(norm(texts[first][s.FirstStart:]), want) {
			t.Errorf("%s: %q does not begin with %q", line, texts[first][s.FirstStart:], want)
		}
	}
	if sum != characters {
		t.Errorf("the spans have %d characters, the accounting %d", sum, characters)
	}
}

// unitOracle cuts repeated paragraphs or lines out of texts the obvious way.
func unitOracle(o passage.Options, texts []string) []string {
	normalizer := shingle.NewNormalizer()
	norm := func(s string) string { return string(normalizer.Append(nil, []byte(s))) }
	counts := map[string]int{}
	for _, text := range texts {
		for _, p := range splitUnits(o.Unit, text) {
			counts[norm(p)]++
		}
	}
	seen := map[string]bool{}
	out := make([]string, len(texts))
	for i, text := range texts {
		cut := false
		for _, p := range splitUnits(o.Unit, text) {
			n := norm(p)
			first := !seen[n]
			seen[n] = true
			if utf8.RuneCountInString(n) >= o.MinChars && counts[n] >= o.MinCount && (!first || o.Keep == passage.KeepNone) {
				cut = true
				continue
			}
			out[i] += p
		}
		if cut && !shingle.HasToken([]byte(norm(out[i]))) {
			out[i] = ""
		}
	}
	return out
}

// splitUnits parts a text into its units with what follows them, so that end to end
// they are the text.
func splitUnits(u passage.Unit, text string) (units []string) {
	lines := slices.Collect(strings.Lines(text))
	blank := func(s string) bool { return strings.TrimSpace(s) == "" }
	for i, line := range lines {
		if i > 0 && (u == passage.Paragraph && (blank(line) || !blank(lines[i-1])) && !leading(lines[:i])) {
			units[len(units)-1] += line
			continue
		}
		units = append(units, line)
	}
	return units
}

func leading(lines []string) bool {
	return !slices.ContainsFunc(lines, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// unitTexts makes texts of few different lines, some of them blank, in spellings that
// normalising makes equal.
func unitTexts(rng *rand.Rand, n int) []string {
	lines := []string{"", "", " \t", "a short one", "THE first line", "the first  line", "Ünïcode ﬁne", "ÜNÏCODE FINE", "<b>the</b> first line",
		"zeile 4", "zeile 5", "zeile\r", "…", "x", "日本語の行", "e\u0301tude", "étude"}
	ends := []string{"\n", "\n", "\n", "\r\n"}
	texts := make([]string, n)
	for i := range texts {
		for range rng.IntN(9) {
			texts[i] += lines[rng.IntN(len(lines))] + ends[rng.IntN(len(ends))]
		}
		if rng.IntN(2) == 0 {
			texts[i] = strings.TrimRight(texts[i], "\r\n")
		}
	}
	return texts
}

// substringOracle marks the elements of every window that has occurred before, window
// by window, and cuts them out; it says which elements go.
func substringOracle(o passage.Options, texts [][]string) [][]bool {
	n := o.MinLength.N
	type place struct{ doc, at int }
	places := map[string][]place{}
	for d, elements := range texts {
		for i := 0; i+n <= len(elements); i++ {
			key := fmt.Sprintf("%q", elements[i:i+n])
			places[key] = append(places[key], place{d, i})
		}
	}
	gone := make([][]bool, len(texts))
	for d := range texts {
		gone[d] = make([]bool, len(texts[d]))
	}
	for _, at := range places {
		if len(at) < o.MinCount {
			continue
		}
		for i, p := range at {
			from := p.at
			if o.Keep == passage.KeepFirst {
				if i == 0 {
					continue
				}
				if p.doc == at[0].doc {
					from = max(from, at[0].at+n)
				}
			}
			for k := from; k < p.at+n; k++ {
				gone[p.doc][k] = true
			}
		}
	}
	return gone
}

// substringTexts makes texts that share runs of words.
func substringTexts(rng *rand.Rand, docs, vocabulary int) []string {
	texts := make([]string, docs)
	for i := range texts {
		var b strings.Builder
		for range rng.IntN(40) {
			word := fmt.Sprintf("w%d", rng.IntN(vocabulary))
			switch rng.IntN(12) {
			case 0:
				word = strings.ToUpper(word)
			case 1:
				word = "日"
			case 2:
				word = "e\u0301a\u0300"
			}
			b.WriteString(word + []string{" ", " ", ". ", "\r\n", ", ", "👩‍👩‍👧 "}[rng.IntN(6)])
		}
		if i > 0 && rng.IntN(3) == 0 {
			b.WriteString(texts[rng.IntN(i)])
		}
		texts[i] = b.String()
	}
	return texts
}

// TestSubstringsOfTokensAgainstTheOracle: the tokens that are left are those that the
// oracle leaves.
func TestSubstringsOfTokensAgainstTheOracle(t *testing.T) {
	t.Parallel()
	normalizer := shingle.NewNormalizer()
	tokensOf := func(text string) (norms []string) {
		for _, s := range normalizer.Segments([]byte(text)) {
			norms = append(norms, s.Norm)
		}
		return norms
	}
	cut := 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 3))
		o := passage.Options{Unit: passage.Substring, MinCount: 2 + rng.IntN(2), Keep: passage.Keep(rng.IntN(2)), MinLength: passage.Length{N: 1 + rng.IntN(8)}}
		texts := substringTexts(rng, 30, 2+rng.IntN(30))
		elements := make([][]string, len(texts))
		for i, text := range texts {
			elements[i] = tokensOf(text)
		}
		gone := substringOracle(o, elements)
		got := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 1 + rng.IntN(4)}, texts, func(*Job) {})
		for i := range texts {
			var want []string
			for k, e := range elements[i] {
				if gone[i][k] {
					cut++
				} else {
					want = append(want, e)
				}
			}
			if left := tokensOf(got[i]); !slices.Equal(left, want) {
				t.Fatalf("seed %d, %v: text %d, %q, is left as %q, want the tokens %q", seed, o, i, texts[i], got[i], want)
			}
		}
	}
	if cut < 1000 {
		t.Errorf("%d tokens cut: the test sees too little", cut)
	}
}

// TestSubstringsOfBytesAgainstTheOracle: what is cut is what the oracle cuts, but for
// bytes at the ends that are parts of characters.
func TestSubstringsOfBytesAgainstTheOracle(t *testing.T) {
	t.Parallel()
	cut := 0
	for seed := range uint64(40) {
		rng := rand.New(rand.NewPCG(seed, 4))
		o := passage.Options{Unit: passage.Substring, MinCount: 2 + rng.IntN(2), Keep: passage.Keep(rng.IntN(2)), MinLength: passage.Length{N: 4 + rng.IntN(40), In: passage.Bytes}}
		texts := substringTexts(rng, 20, 2+rng.IntN(30))
		elements := make([][]string, len(texts))
		for i, text := range texts {
			for k := range len(text) {
				elements[i] = append(elements[i], text[k:k+1])
			}
		}
		gone := substringOracle(o, elements)
		got := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 1 + rng.IntN(4)}, texts, func(*Job) {})
		for i, text := range texts {
			want := cutGraphemes(text, gone[i])
			cut += len(text) - len(want)
			if got[i] != want && (got[i] != "" || shingle.HasToken([]byte(want))) {
				t.Fatalf("seed %d, %v: text %d, %q, is left as %q, want %q", seed, o, i, text, got[i], want)
			}
		}
	}
	if cut < 1000 {
		t.Errorf("%d bytes cut: the test sees too little", cut)
	}
}

// cutGraphemes cuts the characters out, as readers see them, that are in a run of gone
// bytes as a whole.
func cutGraphemes(text string, gone []bool) string {
	var left strings.Builder
	for at := 0; at < len(text); {
		size, _, _ := graphemes.SplitFunc([]byte(text[at:]), true)
		if slices.Contains(gone[at:at+size], false) {
			left.WriteString(text[at : at+size])
		}
		at += size
	}
	return left.String()
}

func TestUnitsAgainstTheOracle(t *testing.T) {
	t.Parallel()
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		o := passage.Options{Unit: passage.Paragraph + passage.Unit(rng.IntN(2)), MinCount: 2 + rng.IntN(3), MinChars: 1 + rng.IntN(12), Keep: passage.Keep(rng.IntN(2))}
		texts := unitTexts(rng, 60)
		want := unitOracle(o, texts)
		got := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 1 + rng.IntN(4)}, texts, func(*Job) {})
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("seed %d, %v: text %d, %q, is left as %q, want %q", seed, o, i, texts[i], got[i], want[i])
			}
		}
	}
}

// TestPassagesDoNotDependOnTheMachine: threads, memory and weak hashes change
// nothing.
func TestPassagesDoNotDependOnTheMachine(t *testing.T) {
	t.Parallel()
	texts := unitTexts(rand.New(rand.NewPCG(5, 5)), 3000)
	for _, o := range []passage.Options{{Unit: passage.Line, MinChars: 1}, {Unit: passage.Paragraph, MinChars: 1, MinCount: 3, Keep: passage.KeepNone},
		{Unit: passage.Substring, MinLength: passage.Length{N: 6}}, {Unit: passage.Substring, MinLength: passage.Length{N: 30, In: passage.Bytes}}} {
		want := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: 1}, texts, func(*Job) {})
		small := func(j *Job) { j.plan.Budget.Keys, j.plan.Budget.Sets = 1<<12, 1<<12 }
		for name, tt := range map[string]struct {
			threads int
			change  func(*Job)
		}{
			"two threads":   {2, func(*Job) {}},
			"eight threads": {8, func(*Job) {}},
			"spilled":       {4, small},
			"weak once":     {4, func(j *Job) { j.passageDrop = []uint8{62} }},
			"weak twice":    {4, func(j *Job) { j.passageDrop = []uint8{64, 61} }},
			"weak, spilled": {8, func(j *Job) { small(j); j.passageDrop = []uint8{62} }},
		} {
			got := trimmed(t, Options{Identity: Identity{Passages: o}, Threads: tt.threads}, texts, tt.change)
			if !slices.Equal(got, want) {
				t.Errorf("%v, %s: another result", o, name)
			}
		}
	}
}

// TestTrimmingIsOnlyOfKeptDocuments: a document that goes as a whole takes no
// paragraph of another with it.
func TestTrimmingIsOnlyOfKeptDocuments(t *testing.T) {
	t.Parallel()
	shared := "A paragraph that both of them have, and which is long enough."
	lines := []string{
		`{"id":"short","text":"` + shared + `\n\nAnd some words."}`,
		`{"id":"long","text":"` + shared + `\n\nAnd some words. "}`,
		`{"id":"other","text":"Something else.\n\n` + shared + `"}`,
	}
	path := filepath.Join(t.TempDir(), "in.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := Prepare(Options{Inputs: []string{path}, Preset: Verbatim, Identity: Identity{Keep: "longest", Passages: passage.Options{Unit: passage.Paragraph}}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := j.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	p, err := res.PlanTrim(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var spans bytes.Buffer
	if err := res.WriteSpans(&spans); err != nil {
		t.Fatal(err)
	}
	if got := spans.String(); p.Keeps(corpus.ID(0)) || strings.Count(got, "\n") != 1 || !strings.Contains(got, `"id":"other"`) || !strings.Contains(got, `"first":"long"`) {
		t.Errorf("spans %s, want one, of other, with long as the first", got)
	}
}
