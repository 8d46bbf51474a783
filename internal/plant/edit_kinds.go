package plant

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"
)

// EditKind is one way in which a copy comes to differ from its original. Unlike
// [Edits], which aims at a similarity, it is told how much of the text to spoil.
type EditKind uint8

// The kinds of edits, with what their rate is a share of.
const (
	DeleteWords       EditKind = iota + 1 // of words
	InsertWords                           // of words: one new word before each chosen one
	SubstituteWords                       // of words
	ShuffleSentences                      // of sentences, each moved to the place of another
	Truncate                              // of words, cut off at the end
	AddFrame                              // of words, added as a header and a footer that strangers have too
	MisreadLetters                        // of ASCII letters, confused as OCR does
	ChangeCase                            // of words with a letter, written with others in capitals
	ChangePunctuation                     // of words, which lose the marks behind them or get some
	ChangeUnicode                         // of words, in wide or bold letters or with invisible characters
)

var editKindNames = [...]string{
	DeleteWords: "delete words", InsertWords: "insert words", SubstituteWords: "substitute words",
	ShuffleSentences: "shuffle sentences", Truncate: "truncate", AddFrame: "add header and footer",
	MisreadLetters: "misread letters (OCR)", ChangeCase: "change case", ChangePunctuation: "change punctuation",
	ChangeUnicode: "change Unicode form",
}

// EditKinds returns all kinds, in the order of their declaration.
func EditKinds() []EditKind {
	var kinds []EditKind
	for k := DeleteWords; k <= ChangeUnicode; k++ {
		kinds = append(kinds, k)
	}
	return kinds
}

// String says in a few words what is done.
func (k EditKind) String() string {
	if k >= DeleteWords && k <= ChangeUnicode {
		return editKindNames[k]
	}
	return fmt.Sprintf("plant.EditKind(%d)", uint8(k))
}

// Append appends text with edits of one kind to dst and returns it. dst and
// text must not overlap.
//
// rate is the share of units, in [0, 1], that are edited; their number is
// rounded, but at least one (of sentences two) if rate is above 0 and the text
// has as many. Which ones, and into what, follows from seed. It panics if the
// kind is unknown or rate is out of range.
func (k EditKind) Append(dst, text []byte, rate float64, seed uint64) []byte {
	if !(rate >= 0 && rate <= 1) {
		panic("plant: edit rate must be in 0 to 1")
	}
	r := newRand(seed, streamEdit, uint64(k))
	switch k {
	case DeleteWords:
		return Edits{Delete: rate, Seed: seed}.Append(dst, text)
	case InsertWords:
		return Edits{Insert: rate, Seed: seed}.Append(dst, text)
	case SubstituteWords:
		return Edits{Substitute: rate, Seed: seed}.Append(dst, text)
	case ShuffleSentences:
		return appendShuffled(dst, text, rate, r)
	case Truncate:
		return appendTruncated(dst, text, rate)
	case AddFrame:
		return appendFramed(dst, text, rate, seed)
	case MisreadLetters:
		return appendMisread(dst, text, rate, r)
	case ChangeCase:
		return appendRespelled(dst, text, rate, r, respelling{hasLetter, appendCased})
	case ChangePunctuation:
		return appendRespelled(dst, text, rate, r, respelling{hasToken, appendPunctuated})
	case ChangeUnicode:
		return appendRespelled(dst, text, rate, r, respelling{hasToken, appendUnicode})
	}
	panic(k.String() + " is unknown")
}

// chooser chooses some of a number of units, each with the same probability
// (Knuth, vol. 2, 3.4.2, algorithm S).
type chooser struct {
	wanted, left int
	r            *random
}

func newChooser(units int, rate float64, least int, r *random) *chooser {
	wanted := int(math.Round(rate * float64(units)))
	if rate > 0 {
		wanted = max(wanted, least)
	}
	return &chooser{min(wanted, units), units, r}
}

// next says whether the next unit is chosen.
func (c *chooser) next() bool {
	chosen := c.r.below(c.left) < c.wanted
	c.left--
	if chosen {
		c.wanted--
	}
	return chosen
}

// sentences returns the bounds of the sentences of text, without the white space
// between them. A sentence ends at a full stop, a question mark or an
// exclamation mark before white space, closing quotes included, or at the end.
func sentences(text []byte) [][2]int {
	var bounds [][2]int
	start, at := -1, 0
	for word, gap := range wordsOf(text) {
		end := at + len(word)
		if len(word) > 0 && start < 0 {
			start = at
		}
		at = end + len(gap)
		last := bytes.TrimRight(word, `"”'’)`)
		if start >= 0 && (at == len(text) || len(last) > 0 && bytes.IndexByte([]byte(".?!"), last[len(last)-1]) >= 0) {
			bounds = append(bounds, [2]int{start, end})
			start = -1
		}
	}
	return bounds
}

// appendShuffled moves the chosen sentences along a random cycle (Sattolo 1986),
// so that none of them stays. What stands between sentences stays.
func appendShuffled(dst, text []byte, rate float64, r *random) []byte {
	all := sentences(text)
	c := newChooser(len(all), rate, 2, r)
	var moved []int
	for i := range all {
		if c.next() {
			moved = append(moved, i)
		}
	}
	from := make([]int, len(all))
	for i := range from {
		from[i] = i
	}
	for i := len(moved) - 1; i > 0; i-- {
		j := r.below(i)
		from[moved[i]], from[moved[j]] = from[moved[j]], from[moved[i]]
	}
	at := 0
	for i, s := range all {
		dst = append(dst, text[at:s[0]]...)
		dst = append(dst, text[all[from[i]][0]:all[from[i]][1]]...)
		at = s[1]
	}
	return append(dst, text[at:]...)
}

func appendTruncated(dst, text []byte, rate float64) []byte {
	words := countWords(text)
	keep := words - newChooser(words, rate, 1, nil).wanted
	for word, gap := range wordsOf(text) {
		if keep--; keep < 0 {
			break
		}
		dst = append(dst, word...)
		if keep > 0 {
			dst = append(dst, gap...)
		}
	}
	return dst
}

// frames is the number of different headers and footers.
const frames = 8

// streamFrame is a stream of random numbers beside those of plant.go.
const streamFrame = 64

// appendFramed adds the first words of one of a few headers and footers, so that
// many texts share them.
func appendFramed(dst, text []byte, rate float64, seed uint64) []byte {
	added := newChooser(countWords(text), rate, 1, nil).wanted
	r := newRand(seed%frames, streamFrame, 0)
	dst = appendWords(dst, r, (added+1)/2)
	dst = append(append(append(dst, "\n\n"...), text...), "\n\n"...)
	return appendWords(dst, r, added/2)
}

// appendWords appends n words, joined by spaces.
func appendWords(dst []byte, r *random, n int) []byte {
	for i := range n {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(dst, vocabulary().draw(r)...)
	}
	return dst
}

// misread are what a reading machine makes of the letters from a to z.
var misread = [26]string{
	"o", "h", "e", "cl", "c", "t", "q", "b", "l", "i", "lc", "1", "rn",
	"u", "0", "q", "g", "i", "5", "f", "n", "y", "vv", "z", "v", "2",
}

func isASCIILetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func appendMisread(dst, text []byte, rate float64, r *random) []byte {
	letters := 0
	for _, c := range text {
		if isASCIILetter(c) {
			letters++
		}
	}
	choose := newChooser(letters, rate, 1, r)
	for _, c := range text {
		if isASCIILetter(c) && choose.next() {
			dst = append(dst, misread[c|0x20-'a']...)
		} else {
			dst = append(dst, c)
		}
	}
	return dst
}

// respelling is another way to write the words for which it applies.
type respelling struct {
	applies func(word []byte) bool
	append  func(dst, word []byte, r *random) []byte
}

func hasLetter(word []byte) bool { return bytes.ContainsFunc(word, unicode.IsLetter) }

func appendRespelled(dst, text []byte, rate float64, r *random, s respelling) []byte {
	words := 0
	for word := range wordsOf(text) {
		if s.applies(word) {
			words++
		}
	}
	choose := newChooser(words, rate, 1, r)
	for word, gap := range wordsOf(text) {
		if s.applies(word) && choose.next() {
			dst = s.append(dst, word, r)
		} else {
			dst = append(dst, word...)
		}
		dst = append(dst, gap...)
	}
	return dst
}

func appendCased(dst, word []byte, r *random) []byte {
	upper := bytes.ToUpper(word)
	first, size := utf8.DecodeRune(word)
	if r.below(2) == 0 && unicode.IsLower(first) {
		return append(utf8.AppendRune(dst, unicode.ToUpper(first)), word[size:]...)
	}
	if bytes.Equal(upper, word) {
		return append(dst, bytes.ToLower(word)...)
	}
	return append(dst, upper...)
}

var marks = [...][2]string{{"", ","}, {"", ";"}, {"", "!"}, {"“", "”"}, {"(", ")"}, {"", " –"}, {"*", "*"}}

func appendPunctuated(dst, word []byte, r *random) []byte {
	if from, to := trimPunctuation(word); from > 0 || to < len(word) {
		return append(dst, word[from:to]...)
	}
	m := marks[r.below(len(marks))]
	return append(append(append(dst, m[0]...), word...), m[1]...)
}

// appendUnicode writes the word so that it looks nearly the same, and is the
// same after compatibility folding. Only ASCII letters change.
func appendUnicode(dst, word []byte, r *random) []byte {
	const wide, boldLower, boldUpper = 0xff00 - 0x20, 0x1d41a - 'a', 0x1d400 - 'A'
	form := r.below(4)
	if !slices.ContainsFunc(word, isASCIILetter) {
		form = 2
	}
	for i, c := range string(word) {
		letter := c < utf8.RuneSelf && isASCIILetter(byte(c))
		switch {
		case form == 0 && letter:
			c += wide
		case form == 1 && letter && c >= 'a':
			c += boldLower
		case form == 1 && letter:
			c += boldUpper
		case form == 2 && i == 0:
			dst = append(dst, "\u200b"...) // zero width space
		case form == 3 && i > 0 && letter && isASCIILetter(word[i-1]):
			dst = append(dst, "\u00ad"...) // soft hyphen
		}
		dst = utf8.AppendRune(dst, c)
	}
	return dst
}
