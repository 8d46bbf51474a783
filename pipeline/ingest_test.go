package pipeline

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestCharactersIsRuneCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// Long enough that counts of continuing bytes come near what a byte holds.
		s := strings.Repeat(rapid.String().Draw(t, "text"), rapid.IntRange(1, 1000).Draw(t, "times"))
		if got, want := characters([]byte(s)), utf8.RuneCountInString(s); int(got) != want {
			t.Fatalf("%q has %d characters, want %d", s, got, want)
		}
	})
}
