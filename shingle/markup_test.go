package shingle

import (
	"bytes"
	"html"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// slowMarkup takes markup out by regular expressions.
func slowMarkup(text string) string { return slowTags(slowEntities(slowTags(text))) }

var markup = func() *regexp.Regexp {
	const (
		space = `[\t-\r ]`
		value = `(?:"[^"]*"|'[^']*'|[^\t-\r "'<>` + "`" + `]+)`
	)
	attribute := space + `+(?:[\w:.@-]+` + space + `*=` + space + `*` + value + `|(?:` + alternatives(flags) + `))`
	opened := func(names string) string {
		return `<(?:` + names + `)(?:` + attribute + `)*` + space + `*/?` + space + `*>`
	}
	return regexp.MustCompile(`(?is)<!--.*?-->` +
		`|<(?:!doctype|\?xml)[^<>]*>` +
		`|` + opened(`script`) + `.*?</script` + space + `*>` +
		`|` + opened(`style`) + `.*?</style` + space + `*>` +
		`|` + opened(alternatives(elements)) +
		`|</(?:` + alternatives(elements) + `)` + space + `*>`)
}()

func alternatives[V any](names map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(names)), "|")
}

var inlineMarkup = regexp.MustCompile(`^</?(?:[a-z0-9]+)`)

func slowTags(text string) string {
	if !strings.Contains(text, "<") {
		return text // sooner than an expression finds out
	}
	return markup.ReplaceAllStringFunc(text, func(tag string) string {
		name := strings.Trim(inlineMarkup.FindString(strings.ToLower(tag)), "</")
		if strings.HasPrefix(tag, "<!--") || elements[name] == inline {
			return ""
		}
		return " "
	})
}

var reference = regexp.MustCompile(`^&[#0-9A-Za-z]{1,31};`)

func slowEntities(text string) string {
	if !strings.Contains(text, "&") {
		return text
	}
	var b strings.Builder
	for text != "" {
		if whole := reference.FindString(text); whole != "" {
			with := html.UnescapeString(whole)
			if with == "&" {
				text = "&" + text[len(whole):]
				continue
			}
			if with == ";" || !strings.HasSuffix(with, ";") {
				b.WriteString(with)
				text = text[len(whole):]
				continue
			}
		}
		b.WriteByte(text[0])
		text = text[1:]
	}
	return b.String()
}

// TestMarkupEqualsExpressions puts pieces of markup together at random, so that many
// are nearly right.
func TestMarkupEqualsExpressions(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	parts := []string{"<", ">", "/", "</", "a", "b", "td", "script", "STYLE", "x", " ", "\n", "=", `"`, "'", "class", "nowrap", "id=5",
		`href="u"`, "<!--", "-->", "<br>", "</script>", "<p ", "<i>", "&", ";", "amp", "&amp;", "&lt;", "&#38;", "#60;", "&notit;", "&#59", "é"}
	var w rewriter
	count := 0
	for range 200_000 {
		var b strings.Builder
		for range 1 + rng.IntN(12) {
			b.WriteString(parts[rng.IntN(len(parts))])
		}
		text := b.String()
		got, seen := w.remove([]byte(text))
		if want := slowMarkup(text); string(got) != want || w.changed != (want != text) {
			t.Fatalf("seed %d: %q without markup is %q (changed: %v), want %q", seed, text, got, w.changed, want)
		}
		if seen != strings.ContainsAny(text, "<&") {
			t.Fatalf("%q: seen is %v", text, seen)
		}
		if w.changed {
			count++
		}
	}
	if count < 20_000 {
		t.Errorf("only %d texts had markup", count)
	}
}

// TestEveryEntityIsKnown holds the bound on names to the longest one.
func TestEveryEntityIsKnown(t *testing.T) {
	for text, want := range map[string]string{
		"&CounterClockwiseContourIntegral;": "∳", "&nbsp;": "\u00a0", "&#x1F600;": "😀", "&#x80;": "€", "&NotEqualTilde;": "≂̸",
	} {
		var b []byte
		if b = appendEdited(b, []byte(text), appendEntities(nil, []byte(text))); !bytes.Equal(b, []byte(want)) {
			t.Errorf("%s stands for %q, want %q", text, b, want)
		}
	}
}

// TestMarkupSpelledOutByFolding has markup in characters that only folding makes those of
// markup, alone and in runs that are normalised as a whole.
func TestMarkupSpelledOutByFolding(t *testing.T) {
	kerneltest.Levels(t, func(t *testing.T, _ kernel.Level) {
		for text, want := range map[string]string{
			"one ＜b＞two＜/b＞":      "one two",
			"one ﹤br﹥two":         "one two",
			"A ﹠amp; B ＆eacute;t": "a & b ét",
			"ke\u0301＜b＞s":        "kés",
			"ke\u0301＆amp;s":      "ké&s",
			"1 ＜ 2 － 3":           "1 < 2 - 3",
		} {
			if got := normalise(text); got != want || got != slowNormalize(text) {
				t.Errorf("%q becomes %q, want %q, slowly %q", text, got, want, slowNormalize(text))
			}
		}
	})
}
