package shingle

import (
	"bytes"
	"unicode"
	"unicode/utf8"
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
// -1 if there is none. What is in front of at does not matter: no hyphen and space
// can follow another such pair.
func nextBreak(text []byte, at int) int {
	for {
		i := bytes.IndexByte(text[at:], '-')
		if i < 0 {
			return -1
		}
		hyphen := at + i
		at = hyphen + 1
		if at+1 < len(text) && text[at] == ' ' && hyphen > 0 {
			last, _ := utf8.DecodeLastRune(text[:hyphen])
			first, _ := utf8.DecodeRune(text[at+1:])
			if unicode.IsLower(first) && (unicode.IsLetter(last) || unicode.IsMark(last)) {
				return hyphen
			}
		}
	}
}
