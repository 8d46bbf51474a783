package shingle

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// mendBreaks takes the hyphen and space out of a normalised text wherever they are
// between a letter and a small letter, and returns its new length: that is what
// words broken at the end of a line have become, as "exam-\nple" and, with lines
// joined, "exam- ple".
func mendBreaks(text []byte) int {
	to, from := 0, 0 // text[from:] is to move to text[to:]
	for at := 0; ; {
		at = nextBreak(text, at)
		if at < 0 {
			break
		}
		if to += at - from; from > 0 {
			copy(text[to-(at-from):], text[from:at])
		}
		at += len("- ")
		from = at
	}
	if from == 0 {
		return len(text)
	}
	return to + copy(text[to:], text[from:])
}

// nextBreak returns where the first hyphen from text[at] on is that breaks a word, or
// -1 if there is none. text[at] is no such hyphen: it is the first byte, or it is a space
// or stands behind one.
func nextBreak(text []byte, at int) int {
	for {
		i := kernels.Break(text[at:])
		if i < 0 {
			return -1
		}
		hyphen := at + i
		at = hyphen + 1
		last, _ := utf8.DecodeLastRune(text[:hyphen])
		first, _ := utf8.DecodeRune(text[at+1:])
		if unicode.IsLower(first) && inWord(last) {
			return hyphen
		}
	}
}

// softHyphen is the character that marks where a word may be broken, in UTF-8.
var softHyphen = []byte("\u00ad")

// appendSoftBreaks appends the edits that take soft hyphens and the white space after
// them out from between letters: scanned books and text taken out of PDF have
// "exam", soft hyphen, line end, "ple". It does so if most soft hyphens of the text
// are followed by white space; elsewhere they say where a word may be broken, or
// are strewn in, and mean nothing.
func appendSoftBreaks(edits []edit, text []byte) []edit {
	all, spaced := 0, 0
	for at := 0; ; all++ {
		i := bytes.Index(text[at:], softHyphen)
		if i < 0 {
			break
		}
		start := at + i
		for at = start; bytes.HasPrefix(text[at:], softHyphen); {
			at += len(softHyphen)
		}
		end := len(text) - len(bytes.TrimLeftFunc(text[at:], unicode.IsSpace))
		if end == at {
			continue
		}
		spaced++
		last, _ := utf8.DecodeLastRune(text[:start])
		first, _ := utf8.DecodeRune(text[end:])
		if inWord(last) && unicode.IsLetter(first) {
			edits = append(edits, edit{start: start, end: end})
		}
		at = end
	}
	if 2*spaced <= all {
		return edits[:0]
	}
	return edits
}

// appendLineBreaks appends the edits that take a hyphen and the line end after it out
// from within a word in a script of India. These scripts have no small letters by
// which mendBreaks could know the second half, and their readers write
// "word- word" for a dash, so that it must be the end of a line.
func appendLineBreaks(edits []edit, text []byte) []edit {
	if bytes.IndexByte(text, indicLead) < 0 {
		return edits
	}
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '\n')
		if i < 0 {
			return edits
		}
		at += i
		end := len(text) - len(bytes.TrimLeft(text[at+1:], " \t"))
		before := bytes.TrimRight(bytes.TrimSuffix(text[:at], []byte("\r")), " \t")
		at++
		hyphen, size := utf8.DecodeLastRune(before)
		if hyphen != '-' && hyphen != '\u2010' {
			continue
		}
		start := len(before) - size
		last, _ := utf8.DecodeLastRune(text[:start])
		first, _ := utf8.DecodeRune(text[end:])
		if indic(last) && indic(first) {
			edits = append(edits, edit{start: start, end: end})
		}
	}
}

// indicLead is the first byte of the characters of indic in UTF-8.
const indicLead = 0xE0

// indic reports whether r is part of a word in one of the scripts from Devanagari to
// Sinhala, which break words with a hyphen.
func indic(r rune) bool { return 0x0900 <= r && r <= 0x0DFF && inWord(r) }

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsMark(r) }
