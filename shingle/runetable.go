package shingle

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// A tableEntry says how to normalise one character. It is one of
//
//	entrySpace           white space
//	entryRune | r        stands alone and becomes r
//	entryText | i        stands alone and becomes texts[i], perhaps nothing
//	0                    anything else: may depend on its neighbours
//
// and, but for entrySpace, may have entryStable set: folding and removing
// leave it as it is. If its form has bytes that begin markup, entryMarkup is set.
//
// A character stands alone if its form is the same wherever it is found among
// others that stand alone: neither the character nor the first character of
// its form ever combines with one before it, the form is final after one round
// and holds no white space. NFKC of such characters in a row is then NFKC of
// each in a row (UAX #15, section 9), in the first round and in the second,
// which shows that nothing changes any more.
type tableEntry uint32

const (
	entrySpace  tableEntry = 1 << 31
	entryRune   tableEntry = 1 << 30
	entryText   tableEntry = 1 << 29
	entryStable tableEntry = 1 << 28
	entryMarkup tableEntry = 1 << 27
	entryValue  tableEntry = 1<<27 - 1
)

// pageSize is the number of characters in a page of a runeTable: a page costs
// about 0.1 ms to make, and most texts need three or four.
const pageSize = 256

// runeTable holds the entries of the characters met so far. The zero value is
// ready for use.
type runeTable struct {
	pages [(unicode.MaxRune + 1) / pageSize]*[pageSize]tableEntry
	texts [][]byte
	folds map[rune][]byte // what the characters that are not stable fold to
}

// entry returns the entry of r, which must be a valid code point.
func (t *runeTable) entry(r rune) tableEntry {
	page := t.pages[uint32(r)/pageSize]
	if page == nil {
		page = t.makePage(r / pageSize)
	}
	return page[uint32(r)%pageSize]
}

// makePage makes and returns page p.
func (t *runeTable) makePage(p rune) *[pageSize]tableEntry {
	if t.folds == nil {
		t.folds = make(map[rune][]byte)
	}
	page := new([pageSize]tableEntry)
	fold := cases.Fold()
	for i := range page {
		page[i] = t.makeEntry(p*pageSize+rune(i), fold)
	}
	t.pages[p] = page
	return page
}

// makeEntry works out the entry of r.
func (t *runeTable) makeEntry(r rune, fold cases.Caser) tableEntry {
	if unicode.IsSpace(r) {
		return entrySpace
	}
	var e tableEntry
	text := utf8.AppendRune(nil, r)
	if folded := foldRune(r, fold); bytes.Equal(folded, text) && r != dotAbove {
		e = entryStable
	} else {
		t.folds[r] = folded
	}
	form := foldAll(norm.NFKC.AppendString(nil, string(straight(r))), fold)
	if !startsAlone(text) || !startsAlone(form) ||
		!bytes.Equal(foldAll(norm.NFKC.Bytes(form), fold), form) || bytes.ContainsFunc(form, unicode.IsSpace) {
		return e
	}
	if kernels.Marks(form)&kernels.Markup != 0 {
		e |= entryMarkup
	}
	if first, size := utf8.DecodeRune(form); size > 0 && size == len(form) {
		return e | entryRune | tableEntry(first)
	}
	t.texts = append(t.texts, form)
	return e | entryText | tableEntry(len(t.texts)-1)
}

// foldAll returns text with each character folded by foldRune.
func foldAll(text []byte, fold cases.Caser) []byte {
	var folded []byte
	for _, r := range string(text) {
		folded = append(folded, foldRune(r, fold)...)
	}
	return folded
}

// dotAbove is the combining mark that folding drops behind an i: what is left of
// the Turkish capital in lower case is a small i as any other.
const dotAbove = 0x0307

// foldRune returns r with its case folded and typography straightened, or nothing
// if r is invisible or optional. Folding goes by single characters.
//
// The dotless i becomes i, as does its capital, which is I, and as does the dotted
// capital: a text in capitals does not tell its language.
//
// The capitals of Cherokee stay as they are: the small letters fold to them,
// but x/text v0.43.0 folds them to the small letters too, so that its fold has
// no final form.
func foldRune(r rune, fold cases.Caser) []byte {
	text := utf8.AppendRune(nil, r)
	switch {
	case invisible(r) || optional(r):
		return nil
	case r == 0x0130 || r == 0x0131:
		return []byte("i")
	case straight(r) != r:
		return utf8.AppendRune(nil, straight(r))
	case 0x13A0 <= r && r <= 0x13F5:
		return text
	}
	return fold.Bytes(text)
}

// startsAlone reports whether the first character of text, if any, never
// combines with one before it.
func startsAlone(text []byte) bool {
	return len(text) == 0 || norm.NFKC.Properties(text).BoundaryBefore()
}

// appendFolded appends text, which must be valid, to dst, which must be empty,
// with each character folded and those left out that fold to nothing.
func (t *runeTable) appendFolded(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if e := t.entry(r); e == entrySpace || e&entryStable != 0 {
			dst = append(dst, text[i:i+size]...)
		} else if r != dotAbove || !bytes.HasSuffix(dst, []byte("i")) {
			dst = append(dst, t.folds[r]...)
		}
		i += size
	}
	return dst
}

// stable reports whether text is valid and every character of it is white space or
// left as it is by folding, whatever is before it.
func (t *runeTable) stable(text []byte) bool {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		if t.entry(r)&(entryStable|entrySpace) == 0 || r == utf8.RuneError && size == 1 {
			return false
		}
		i += size
	}
	return true
}
