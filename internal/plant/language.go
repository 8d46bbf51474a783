package plant

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A Language has words to make texts of, some with what is special to it:
// apostrophes, hyphens, letters that change in capitals, marks.
type Language struct {
	Name   string
	Spaced bool   // words are parted by spaces
	Stop   string // the mark behind a sentence
	Words  []string
}

//go:embed languages.txt
var languagesText string

// Languages returns the languages that texts can be made in, English first. The
// caller must not change them.
var Languages = sync.OnceValue(func() []Language {
	var languages []Language
	for line := range strings.Lines(languagesText) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] == "#" {
			continue
		}
		name, unspaced := strings.CutSuffix(fields[0], "*")
		languages = append(languages, Language{name, !unspaced, strings.Trim(fields[1], "/"), distinct(fields[2:])})
	}
	return languages
})

func distinct(words []string) []string {
	var out []string
	seen := make(map[string]bool)
	for _, w := range words {
		if !seen[w] {
			seen[w] = true
			out = append(out, w)
		}
	}
	return out
}

// Draw returns n words drawn at random, one in forty of them a number. Texts of
// different seeds share next to no three words in a row.
func (l *Language) Draw(seed uint64, n int) []string {
	r := newRand(seed, streamText, uint64(len(l.Name)))
	words := make([]string, n)
	for i := range words {
		words[i] = l.draw(r)
	}
	return words
}

func (l *Language) draw(r *random) string {
	if r.below(40) == 0 {
		return fmt.Sprint(1 + r.below(2100))
	}
	return l.Words[r.below(len(l.Words))]
}

// Edit returns words with edits at a rate for each word: deleted, doubled up with
// a new one before it, or replaced by one, in equal parts.
func (l *Language) Edit(words []string, rate float64, seed uint64) []string {
	r := newRand(seed, streamEdit, uint64(len(l.Name)))
	var out []string
	for _, w := range words {
		if !r.chance(uint64(rate * (1 << 32))) {
			out = append(out, w)
			continue
		}
		switch r.below(3) {
		case 0:
			out = append(out, l.draw(r), w)
		case 1:
			out = append(out, l.draw(r))
		}
	}
	return out
}

// Text writes words as sentences of a few words each, as the language is written:
// with capitals, commas, some sentences in quotation marks, some with a dash. Where
// these stand depends on the words around them only, so an edit changes no others.
func (l *Language) Text(words []string) string {
	var b strings.Builder
	fresh := true // at the start of a sentence
	for i, w := range words {
		h := hashOf(w)
		if fresh {
			w = l.capital(w)
		}
		b.WriteString(w)
		fresh = h%8 == 0
		switch {
		case i == len(words)-1 || fresh:
			b.WriteString(l.Stop)
			b.WriteByte(' ')
			if h%3 == 0 {
				b.WriteByte('\n')
			}
		case h%19 == 1 && l.Spaced:
			b.WriteString(" - ")
		case h%19 == 2 && l.Spaced:
			b.WriteString(", ")
		case l.Spaced:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// hashOf is FNV-1a with its bits mixed.
func hashOf(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return mix(h)
}

// capital returns w with its first letter a capital.
func (l *Language) capital(w string) string {
	r, size := utf8.DecodeRuneInString(w)
	if l.Name == "turkish" {
		return string(unicode.TurkishCase.ToUpper(r)) + w[size:]
	}
	return string(unicode.ToUpper(r)) + w[size:]
}

// confusions are what optical recognition makes of a letter.
var confusions = map[rune]string{
	'a': "o", 'b': "h", 'c': "e", 'd': "cl", 'e': "c", 'f': "t", 'g': "q", 'h': "b", 'i': "l", 'k': "lc", 'l': "1", 'm': "rn",
	'n': "ri", 'o': "0", 'p': "n", 'q': "g", 'r': "t", 's': "5", 't': "f", 'u': "ii", 'v': "y", 'w': "vv", 'x': "z", 'y': "v", 'z': "2",
}

// OCR returns text with a share of its small Latin letters mistaken for others.
func OCR(text string, rate float64, seed uint64) string {
	r := newRand(seed, streamEdit, 1)
	var b strings.Builder
	for _, c := range text {
		if with, ok := confusions[c]; ok && r.chance(uint64(rate*(1<<32))) {
			b.WriteString(with)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
