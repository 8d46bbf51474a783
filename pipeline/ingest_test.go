package pipeline

import (
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCharactersIsRuneCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if got, want := characters([]byte(s)), utf8.RuneCountInString(s); int(got) != want {
			t.Fatalf("%q has %d characters, want %d", s, got, want)
		}
	})
}
