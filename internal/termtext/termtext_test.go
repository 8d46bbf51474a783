package termtext

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPlain(t *testing.T) {
	for _, c := range []struct{ in, escaped, dropped string }{
		{"plain ~", "plain ~", "plain ~"},
		{"Žluťoučký 你好", "Žluťoučký 你好", "Žluťoučký 你好"},
		{"a\x1b[31mb\x07", `a\x1b[31mb\x07`, "a [31mb "},
		{"tab\tnl\r\n", `tab\x09nl\x0d\x0a`, "tab nl  "},
		{"\u202egnp.exe\u2066", `\u{202e}gnp.exe\u{2066}`, "gnp.exe"},
		{"\u009b2J\u2028", `\u{9b}2J\u{2028}`, " 2J "},
		{"soft\u00adhyphen\ufeff", `soft\u{ad}hyphen\u{feff}`, "softhyphen"},
		{"bad\xff\xef", `bad\xff\xef`, "bad\ufffd\ufffd"},
		{"\ufffd", "\ufffd", "\ufffd"},
		{"👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم", "👨\u200d👩\u200d👧 می\u200cخواهم"},
	} {
		if got := Plain(c.in, true); got != c.escaped {
			t.Errorf("Plain(%q, escape) = %q, want %q", c.in, got, c.escaped)
		}
		if got := Plain(c.in, false); got != c.dropped {
			t.Errorf("Plain(%q) = %q, want %q", c.in, got, c.dropped)
		}
	}
}

func TestColumnsAndFit(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "你好": 4, "ｱ": 1, "Ａ": 2, "한": 2, "👍🏽": 2, "👨‍👩‍👧": 2, "❤\ufe0f": 2, "❤": 1, "🇫🇷": 2, "\u0301": 0,
	} {
		if got := Columns(s); got != want {
			t.Errorf("Columns(%q) = %d, want %d", s, got, want)
		}
	}
	for _, c := range []struct {
		s     string
		limit int
		want  string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"ab cd", 4, "ab…"}, {"abc", 0, ""}, {"abc", -1, ""}, {"abc", 1, "…"},
		{"你好吗", 6, "你好吗"}, {"你好吗", 5, "你好…"}, {"你好吗", 4, "你…"}, {"你好吗", 1, "…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"👨‍👩‍👧👨‍👩‍👧", 3, "👨‍👩‍👧…"},
		{"a" + strings.Repeat("\u0301", 1000) + "b", 5, "a" + strings.Repeat("\u0301", maxMarks-1) + "b"},
	} {
		if got := Fit(c.s, c.limit); got != c.want {
			t.Errorf("Fit(%q, %d) = %q, want %q", c.s, c.limit, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s, limit := Plain(rapid.String().Draw(t, "s"), true), rapid.IntRange(0, 30).Draw(t, "limit")
		got := Fit(s, limit)
		if Columns(got) > limit {
			t.Fatalf("Fit(%q, %d) = %q takes %d columns", s, limit, got, Columns(got))
		}
		if Columns(s) > limit && limit > 0 && !strings.HasSuffix(got, ellipsis) {
			t.Fatalf("Fit(%q, %d) = %q was cut without a sign", s, limit, got)
		}
	})
}
