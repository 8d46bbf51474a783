package corpus

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// editOne cuts one record of a corpus of one file.
func editOne(t testing.TB, name, record string, cuts []Cut, mark string) (string, error) {
	t.Helper()
	c := mustOpen(t, []string{name}, Options{FS: tree{name: record}.fs()})
	p := NewParser(c)
	b := c.NewBlock(0, 0, []byte(record))
	got, err := p.Edit(nil, b, []byte(record), cuts, []byte(mark))
	return string(got), err
}

func TestEditChangesNothingButTheText(t *testing.T) {
	for _, tt := range []struct {
		name, record string
		cuts         []Cut
		mark, want   string
	}{
		{"a.txt", "one two three", []Cut{{4, 8}}, "", "one three"},
		{"a.txt", "one two three", []Cut{{0, 3}, {8, 13}}, "#", "# two #"},
		{"a.jsonl", `{"text":"one two three","n":1.0}`, []Cut{{4, 8}}, "", `{"text":"one three","n":1.0}`},
		{"a.jsonl", `  {"n" : 1e5, "text" : "one two" , "text2":"x"} `, []Cut{{0, 7}}, "", `  {"n" : 1e5, "text" : "" , "text2":"x"} `},
		{"a.jsonl", `{"text":"a\n\u00e9\ud83d\ude00\"b"}`, []Cut{{2, 4}}, "", `{"text":"a\n\ud83d\ude00\"b"}`},
		{"a.jsonl", `{"text":"a\n\u00e9\ud83d\ude00\"b"}`, []Cut{{4, 8}}, "<\">", `{"text":"a\n\u00e9<\">\"b"}`},
		// Two halves of a pair must not meet.
		{"a.jsonl", `{"text":"\ud83dXX\ude00"}`, []Cut{{3, 5}}, "", `{"text":"\ufffd\ufffd"}`},
		{"a.jsonl", `{"text":"\uFFFDXX\uFffd"}`, []Cut{{3, 5}}, "", `{"text":"\uFFFD\uFffd"}`},
		// The last of equal names is the text.
		{"a.jsonl", `{"text":"first","text":"second"}`, []Cut{{0, 3}}, "", `{"text":"first","text":"ond"}`},
	} {
		got, err := editOne(t, tt.name, tt.record, tt.cuts, tt.mark)
		want := strings.ReplaceAll(tt.want, `<">`, `<\">`)
		if err != nil || got != want {
			t.Errorf("%s with %v out: got %s, %v, want %s", tt.record, tt.cuts, got, err, want)
		}
	}
}

func TestEditRefusesWhatIsNoDocument(t *testing.T) {
	for _, record := range []string{`{"text":1}`, `{"id":"a"}`, `[]`, `{"text":"a`, "{\"text\":\"\xff\"}"} {
		if got, err := editOne(t, "a.jsonl", record, []Cut{{0, 1}}, ""); err == nil {
			t.Errorf("%q was edited to %q", record, got)
		}
	}
	for _, cuts := range [][]Cut{{{1, 2}}, {{0, 1}}, {{4, 9}}} {
		if got, err := editOne(t, "a.jsonl", `{"text":"\u00e9\u00e9"}`, cuts, ""); err == nil {
			t.Errorf("a cut of %v, not at characters or not inside, gave %q", cuts, got)
		}
	}
}

// FuzzEdit holds an edited record to encoding/json: the object is the same but
// for its text, which is what cutting the decoded text gives.
func FuzzEdit(f *testing.F) {
	f.Add(`{"id":"a","text":"one two three","n":[1,{"text":"x"}]}`, 4, 8, 9, 11, "")
	f.Add(`{"text":"\ud83dXX\ude00\u00e9\n","a":null}`, 3, 5, 5, 8, "[cut]")
	f.Add("{\"text\":\"é\\u0041\\/\",\"text\":\"zwei\\tdrei\"}", 0, 4, 4, 9, "\"\\\x01")
	f.Fuzz(func(t *testing.T, record string, a, b, c, d int, mark string) {
		if strings.ContainsAny(record, "\n") || !utf8.ValidString(mark) {
			t.Skip()
		}
		corpus := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": record}.fs()})
		p := NewParser(corpus)
		block := corpus.NewBlock(0, 0, []byte(record))
		var batch Batch
		p.Parse(block, &batch)
		if len(batch.Docs) != 1 || batch.Docs[0].Offset != 0 {
			t.Skip()
		}
		text := bytes.Clone(batch.Docs[0].Text)
		cuts := cutsOf(text, a, b, c, d)
		got, err := p.Edit(nil, block, []byte(record), cuts, []byte(mark))
		if err != nil {
			t.Fatalf("%q with %v out: %v", record, cuts, err)
		}
		var before, after map[string]any
		if json.Unmarshal([]byte(record), &before) != nil {
			t.Skip() // too deep for it, or a number out of range
		}
		if err := json.Unmarshal(got, &after); err != nil {
			t.Fatalf("%q with %v out is %q: %v", record, cuts, got, err)
		}
		if want := string(appendCut(nil, text, cuts, []byte(mark))); after["text"] != want {
			t.Errorf("%q with %v out has text %q, want %q", record, cuts, after["text"], want)
		}
		before["text"] = after["text"]
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q with %v out is %q: more than the text has changed", record, cuts, got)
		}
	})
}

// cutsOf makes two cuts of any numbers, at characters of text.
func cutsOf(text []byte, a, b, c, d int) []Cut {
	at := make([]int, 0, 4)
	for _, n := range []int{a, b, c, d} {
		n = int(uint(n) % uint(len(text)+1))
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n++
		}
		at = append(at, n)
	}
	first, second := Cut{min(at[0], at[1]), max(at[0], at[1])}, Cut{min(at[2], at[3]), max(at[2], at[3])}
	var cuts []Cut
	if first.Start < first.End {
		cuts = append(cuts, first)
	}
	if second.Start >= first.End && second.Start < second.End {
		cuts = append(cuts, second)
	}
	return cuts
}
