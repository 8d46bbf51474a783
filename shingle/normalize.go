package shingle

import (
	"bytes"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// NormalizerVersion names the rules of Normalizer.Append and the edition of
// the Unicode tables that they go by, which depends on the Go release that
// built the program. It is persisted, never renumber: digests and sets made
// under different versions must not be compared.
const NormalizerVersion = "nfkc-casefold/3 unicode-" + norm.Version

// A Normalizer normalises texts. Make one with NewNormalizer; it keeps tables
// and buffers and belongs to one goroutine at a time.
type Normalizer struct {
	table  runeTable
	markup rewriter
	met    tableEntry // all bits of the entries used beyond ASCII, and entryMarkup after others

	form, composed, folded []byte // of appendSlow
	run                    []byte // of foldRun
}

// NewNormalizer returns a Normalizer. Its tables fill as characters are met.
func NewNormalizer() *Normalizer {
	return new(Normalizer)
}

// Append appends the normalised form of text to dst and returns the extended
// slice. It keeps neither slice; they must not overlap.
//
// The normalised form is Unicode's NFKC_Casefold (The Unicode Standard,
// section 3.13, R5): NFKC, full case folding and removal of the characters
// that are invisible by default (soft hyphen, zero-width joiners and spaces,
// byte order mark, bidi controls, variation selectors), repeated until nothing
// changes. After that, every run of Unicode white space becomes one space and none
// is left at either end. Each byte that is not part of valid UTF-8 counts as U+FFFD.
//
// Beyond NFKC_Casefold:
//
//   - Typographic apostrophes, quotation marks, hyphens and dashes become ', " and -.
//   - Marks that Arabic and Hebrew are as often written without are removed: vowel
//     points, doubling, cantillation, and the Arabic stroke that makes words longer.
//   - ı and İ become i, and a dot above an i is removed.
//   - A hyphen and white space between a letter and a small letter (after folding)
//     are removed, since words broken at the end of a line look so; likewise a hyphen
//     and line end between letters or marks of the scripts of India, and a soft hyphen
//     and white space between letters, if most soft hyphens of the text stand so.
//   - HTML is removed: tags, comments, scripts and style sheets; and character
//     references become the characters. It is looked for in the text as it is and
//     once more as folding has left it.
//
// Normalising a normalised text changes nothing, unless markup was written so that
// there is some left after it was removed twice.
func (n *Normalizer) Append(dst, text []byte) []byte {
	base := len(dst)
	first, seen := n.markup.remove(text)
	n.met = 0
	dst, _ = n.appendFolded(dst, first)
	if seen || n.met&entryMarkup != 0 {
		// Folding may have spelled out what was hidden before. That is markup only:
		// it leaves neither soft hyphens nor line ends.
		if second, _ := n.markup.remove(dst[base:]); n.markup.changed {
			dst, _ = n.appendFolded(dst[:base], second)
		}
	}
	n.markup.release() // a giant text must not be paid for ever after
	return dst[:base+mendBreaks(dst[base:])]
}

// appendFolded is Append for characters, without markup and line ends. ascii reports
// whether text has nothing else.
func (n *Normalizer) appendFolded(dst, text []byte) (_ []byte, ascii bool) {
	base := len(dst)
	ascii = true
	for i := 0; ; {
		dst = slices.Grow(dst, len(text)-i)
		written, read := kernels.Lower(dst[len(dst):len(dst)+len(text)-i], text[i:], afterSpace(dst, base))
		dst = dst[:len(dst)+written]
		i += read
		if i == len(text) {
			break
		}
		ascii = false
		dst, i = n.appendBeyond(dst, text, i, base)
	}
	if len(dst) > base && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst, ascii
}

// afterSpace reports whether white space adds nothing to dst[base:].
func afterSpace(dst []byte, base int) bool { return len(dst) == base || dst[len(dst)-1] == ' ' }

// appendBeyond normalises the characters beyond ASCII that stand at text[i], with
// single ASCII characters among them, and returns the extended dst and the place
// in text where it stopped.
func (n *Normalizer) appendBeyond(dst, text []byte, i, base int) ([]byte, int) {
	var met tableEntry
	for i < len(text) {
		if text[i] < utf8.RuneSelf && (i+1 == len(text) || text[i+1] < utf8.RuneSelf) {
			break
		}
		r, size := utf8.DecodeRune(text[i:])
		e := n.table.entry(r)
		met |= e
		switch {
		case e == entrySpace:
			if !afterSpace(dst, base) {
				dst = append(dst, ' ')
			}
		case e&entryRune != 0:
			dst = utf8.AppendRune(dst, rune(e&entryValue))
		case e&entryText != 0:
			dst = append(dst, n.table.texts[e&entryValue]...)
		default:
			// The character may combine with those before it, so its whole
			// run is done again. Characters that stand alone make no white
			// space, so the run starts where the last of it is.
			for !afterSpace(dst, base) {
				dst = dst[:len(dst)-1]
			}
			i = runStart(text, i)
			dst, size = n.appendRun(dst, text[i:], base)
			met |= entryMarkup
		}
		i += size
	}
	n.met |= met
	return dst, i
}

// runStart returns where the run of characters other than white space starts that
// text[i] is part of. Going back finds the same characters as going forth, but
// for bytes that are not valid UTF-8, of which none is white space.
func runStart(text []byte, i int) int {
	for i > 0 {
		r, size := utf8.DecodeLastRune(text[:i])
		if unicode.IsSpace(r) {
			break
		}
		i -= size
	}
	return i
}

// appendRun normalises the run of characters other than white space that text
// starts with, and the white space that ends it, and returns the extended dst
// and the number of bytes of text done. dst[base:] is empty or ends in a space.
func (n *Normalizer) appendRun(dst, text []byte, base int) ([]byte, int) {
	begin := len(dst)
	single := true // all characters so far stand alone
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		e := n.table.entry(r)
		if e == entrySpace {
			if !single {
				dst = n.appendSlow(dst[:begin], text[:i], base)
			}
			if len(dst) > base && dst[len(dst)-1] != ' ' {
				dst = append(dst, ' ')
			}
			return dst, i + size
		}
		i += size
		switch {
		case !single:
		case e&entryRune != 0:
			dst = utf8.AppendRune(dst, rune(e&entryValue))
		case e&entryText != 0:
			dst = append(dst, n.table.texts[e&entryValue]...)
		default:
			single = false
		}
	}
	if !single {
		dst = n.appendSlow(dst[:begin], text, base)
	}
	return dst, len(text)
}

// appendSlow normalises a run without white space by the libraries. The form of
// a run does not depend on what stands before and behind it, since white space
// is a boundary of normalisation: it neither composes nor changes places with
// anything.
//
// It goes in rounds of NFKC, case folding and removal of invisible characters.
// They come to an end: each lowers the number of characters that are not in
// their last form, or the number of marks that are not in order. More than two
// are rare. A run of more than 30 marks is put in order in parts (UAX #15,
// Stream-Safe Text Format); the grapheme joiners that part it are among the
// characters removed, so the form of such a run may be final without being
// stable after NFKC.
func (n *Normalizer) appendSlow(dst, run []byte, base int) []byte {
	if n.table.stable(run) && norm.NFKC.QuickSpan(run) == len(run) {
		return append(dst, run...)
	}
	n.form = appendValid(n.form[:0], run)
	for {
		n.composed = norm.NFKC.Append(n.composed[:0], n.form...)
		if n.table.stable(n.composed) { // so another round would change nothing
			n.form, n.composed = n.composed, n.form
			break
		}
		n.folded = n.table.appendFolded(n.folded[:0], n.composed)
		n.form, n.folded = n.folded, n.form
		if bytes.Equal(n.form, n.folded) {
			break
		}
	}
	// Compatibility forms such as U+00A8 and U+FDFA hold spaces.
	for _, r := range string(n.form) {
		if !unicode.IsSpace(r) {
			dst = utf8.AppendRune(dst, r)
		} else if len(dst) > base && dst[len(dst)-1] != ' ' {
			dst = append(dst, ' ')
		}
	}
	return dst
}

// appendValid appends text with U+FFFD for each byte that is not part of valid
// UTF-8, and apostrophes for acute accents: NFKC would make those a space.
func appendValid(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, straight(r))
		i += size
	}
	return dst
}

// invisible reports whether r has the property Default_Ignorable_Code_Point,
// derived as in the Unicode Character Database, DerivedCoreProperties.txt.
func invisible(r rune) bool {
	switch {
	case r < 0xAD:
		return false
	case unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return true
	case !unicode.Is(unicode.Cf, r):
		return false
	}
	return !(0xFFF9 <= r && r <= 0xFFFB || // interlinear annotation
		0x13430 <= r && r <= 0x13440 || // Egyptian hieroglyph format controls
		unicode.Is(unicode.Prepended_Concatenation_Mark, r))
}

// optional reports whether r is a mark that Arabic or Hebrew is as often written
// without: vowel points, the doubling of letters, signs for reciters, and the stroke
// that makes words longer. Hamza and madda are parts of letters and stay, as do
// all marks of other scripts.
func optional(r rune) bool {
	switch {
	case r < 0x0591 || r > 0xFB1E:
		return false
	case r <= 0x05C7 || 0x0610 <= r && r <= 0x061A || 0x064B <= r && r <= 0x065E && (r < 0x0653 || r > 0x0655) ||
		r == 0x0670 || 0x06D6 <= r && r <= 0x06ED || 0x08CA <= r && r <= 0x08FF || r == 0xFB1E:
		return unicode.Is(unicode.Mn, r)
	}
	return r == 0x0640
}

// straight returns the character on a typewriter that stands for an apostrophe,
// quotation mark, hyphen or dash, and any other r itself. Of these, only apostrophes
// and their like in Hebrew are parts of words.
func straight(r rune) rune {
	switch r {
	case 0x00B4, 0x1FFD, 0x02BB, 0x02BC, 0x05F3, 0x2018, 0x2019, 0x201A, 0x201B:
		return '\''
	case 0x05F4, 0x201C, 0x201D, 0x201E, 0x201F:
		return '"'
	case 0x058A, 0x05BE, 0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x2E17:
		return '-'
	}
	return r
}
