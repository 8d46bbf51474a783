package main

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestYAMLScalar: what config show prints is read as the same text.
func TestYAMLScalar(t *testing.T) {
	check := func(t interface{ Fatalf(string, ...any) }, s string) {
		settings, err := parseConfig("f", []byte("key: "+yamlScalar(s)+"\n"))
		if err != nil {
			t.Fatalf("%q is written as %s: %v", s, yamlScalar(s), err)
		}
		if got := settings[""]["key"].values; !slices.Equal(got, []string{s}) {
			t.Fatalf("%q is written as %s and read as %q", s, yamlScalar(s), got)
		}
	}
	for _, s := range []string{"", "yes", "true", "null", "~", "0.80", "1e3", "0x1f", "-", "- a", "a: b", "a #b", "word:5", "max:score,longest", "C:\\x", "ключ", "\u2028", "\x00", "a\nb", "'", `"`, ":", "..", "5-", "2GiB", "7d", ".inf", "1_000", "2024-01-02"} {
		check(t, s)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.String().Draw(t, "s")) })
}

func TestEditDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"kitten", "sitting", 3}, {"treshold", "threshold", 1}, {"abc", "cab", 2}} {
		if got := editDistance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// FuzzConfig: any file is settings or an error, and every setting has a place.
func FuzzConfig(f *testing.F) {
	for _, s := range []string{"threshold: 0.8\n", "prune:\n  keep: [longest, newest]\n", "a: &x 1\nb: *x\n", "? [a]\n: b\n", "<<: {a: b}\n", "a: |\n  text\n", "{a: {b: {c: d}}}", "---\na: 1\n---\nb: 2\n", "\ufeffa: 1", "a: !!binary aGk=\n", "a:\n", "1: 2\n", "- a\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := parseConfig("f", data)
		if err != nil {
			return
		}
		for section, keys := range settings {
			for key, s := range keys {
				if s.origin == "" {
					t.Errorf("%q.%q: %+v", section, key, s)
				}
			}
		}
	})
}
