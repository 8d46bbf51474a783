package shingle

import (
	"bytes"
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// NormalizerVersion names the rules of Normalizer.Append and the edition of
// the Unicode tables that they go by, which depends on the Go release that
// built the program. It is persisted, never renumber: digests and sets made
// under different versions must not be compared.
const NormalizerVersion = "nfkc-casefold/1 unicode-" + norm.Version

// A Normalizer normalises texts. Make one with NewNormalizer; it keeps tables
// and buffers and belongs to one goroutine at a time.
type Normalizer struct {
	table runeTable

	form, composed, folded []byte // of appendSlow
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
// byte order mark, variation selectors), repeated until nothing changes. After
// that, every run of Unicode white space becomes one space and none is left at
// either end. Each byte that is not part of valid UTF-8 counts as U+FFFD.
// Normalising a normalised text changes nothing.
func (n *Normalizer) Append(dst, text []byte) []byte {
	base := len(dst)
	dst = slices.Grow(dst, len(text))
	for i := 0; i < len(text); {
		var k int
		dst, k = appendASCII(dst, text[i:], base)
		i += k
		if i == len(text) {
			break
		}
		// A character beyond ASCII may combine with those before it, so
		// its whole run is done again. The part of the run that is written
		// already is as long as what it was made of.
		begin := len(dst)
		for begin > base && dst[begin-1] != ' ' {
			begin--
		}
		i -= len(dst) - begin
		dst, k = n.appendRun(dst[:begin], text[i:], base)
		i += k
		dst = slices.Grow(dst, len(text)-i)
	}
	if len(dst) > base && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// Constants for working on eight bytes at once. All additions below are of
// bytes under 0x80 and cannot carry into the next byte.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// appendASCII normalises text up to its first byte beyond ASCII and returns
// the extended dst and the number of bytes done. White space becomes one space
// unless dst[base:] is empty or ends in a space. dst must have room.
func appendASCII(dst, text []byte, base int) ([]byte, int) {
	out := dst[:len(dst)+len(text)]
	i, j := 0, len(dst)
	for {
		for i+8 <= len(text) {
			w := binary.LittleEndian.Uint64(text[i:])
			if w&highs != 0 {
				break
			}
			control := (w + (0x80-'\t')*ones) &^ (w + (0x80-'\r'-1)*ones) & highs
			w = w&^(control>>7*0xff) | control>>2
			space := ^((w ^ ' '*ones) + 0x7f*ones) & highs
			before := space << 8
			if j == base || out[j-1] == ' ' {
				before |= 0x80
			}
			if space&before != 0 {
				break
			}
			upper := (w + (0x80-'A')*ones) &^ (w + (0x80-'Z'-1)*ones) & highs
			binary.LittleEndian.PutUint64(out[j:], w|upper>>2)
			i += 8
			j += 8
		}
		for stop := min(i+8, len(text)); i < stop; i++ {
			c := text[i]
			switch {
			case c >= utf8.RuneSelf:
				return out[:j], i
			case c == ' ' || '\t' <= c && c <= '\r':
				if j > base && out[j-1] != ' ' {
					out[j] = ' '
					j++
				}
			default:
				if 'A' <= c && c <= 'Z' {
					c += 'a' - 'A'
				}
				out[j] = c
				j++
			}
		}
		if i == len(text) {
			return out[:j], i
		}
	}
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
// UTF-8.
func appendValid(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		dst = utf8.AppendRune(dst, r)
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
