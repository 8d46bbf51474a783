package shingle

import (
	"encoding/binary"
	"math/bits"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"

	kernels "github.com/doppel-dedup/doppel/internal/kernel/text"
)

// Constants for working on eight bytes at once. All additions of them are to
// bytes under 0x80 and cannot carry into the next byte.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// HasToken reports whether a normalised text has a token, that is, whether it
// is not empty. It looks no further than the first.
func HasToken(normalised []byte) bool {
	s := scanner{text: normalised}
	return s.next()
}

// A scanner finds the tokens of a text. After next has returned true, they are
// text[start:end]. text must be valid UTF-8.
type scanner struct {
	text       []byte
	start, end int
	limit      int // end of the segment that the token is part of, if beyond end
}

// next moves to the next token and reports whether there is one.
func (s *scanner) next() bool {
	if s.end < s.limit && s.nextPart() {
		return true
	}
	text, i := s.text, s.end
	for i < len(text) {
		c := kernels.Classes[text[i]]
		if c&(kernels.Wordy|kernels.Beyond) == 0 {
			i++
			continue
		}
		if c&kernels.Beyond == 0 {
			end, word, ok := asciiSegment(text, i)
			if ok {
				if word {
					s.start, s.end, s.limit = i, end, end
					return true
				}
				i = end
				continue
			}
		} else if size := ideograph(text[i:]); size > 0 {
			s.start, s.end, s.limit = i, i+size, i+size
			return true
		}
		size, _, err := words.SplitFunc(text[i:], true)
		if err != nil || size <= 0 {
			panic("shingle: no word boundary") // there is one at the end of the text
		}
		s.end, s.limit = i, i+size
		if s.nextPart() {
			return true
		}
		i = s.limit
	}
	s.start, s.end, s.limit = len(text), len(text), len(text)
	return false
}

// asciiSegment returns the end of the UAX #29 segment that starts with a wordy
// byte at text[i], and whether it has a letter or digit. ok is false if a
// character beyond ASCII has a say in where it ends.
//
// Of the rules, these are the ones that ASCII can meet: WB5 and WB8 to WB10
// (letters and digits hold together), WB13a and b (so do underscores), WB6 and
// 7 (one midLetter between letters), WB11 and 12 (one midNumber between
// digits).
func asciiSegment(text []byte, i int) (end int, word, ok bool) {
	for {
		k, found := wordyPrefix(text[i:])
		i += k
		word = word || found
		if i == len(text) {
			return i, word, true
		}
		c := kernels.Classes[text[i]]
		if c&kernels.Beyond != 0 {
			return i, word, startsCJK(text[i:]) // which neither joins nor extends
		}
		if c == 0 || i+1 == len(text) {
			return i, word, true
		}
		before, after := kernels.Classes[text[i-1]], kernels.Classes[text[i+1]]
		switch {
		case after&kernels.Beyond != 0:
			return i, word, startsCJK(text[i+1:])
		case c&kernels.MidLetter != 0 && before&after&kernels.Letter != 0:
		case c&kernels.MidNumber != 0 && before&after&kernels.Digit != 0:
		default:
			return i, word, true
		}
		i++
	}
}

// wordyPrefix returns the number of wordy bytes that text starts with, and
// whether a letter or digit is among them.
func wordyPrefix(text []byte) (n int, word bool) {
	for n+8 <= len(text) {
		w := binary.LittleEndian.Uint64(text[n:])
		v := w &^ highs
		lower := v | 0x20*ones
		letters := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones)
		digits := (v + (0x80-'0')*ones) &^ (v + (0x80-'9'-1)*ones)
		others := ((v ^ '_'*ones) + 0x7f*ones) &^ (letters | digits) // neither those nor '_'
		stop := (others | w) & highs
		if stop != 0 {
			within := stop&-stop - 1 // the bytes before the first stop
			return n + bits.TrailingZeros64(stop)/8, word || (letters|digits)&within&highs != 0
		}
		word = word || (letters|digits)&highs != 0
		n += 8
	}
	for n < len(text) && kernels.Classes[text[n]]&kernels.Wordy != 0 {
		word = word || kernels.Classes[text[n]]&(kernels.Letter|kernels.Digit) != 0
		n++
	}
	return n, word
}

// ideograph returns the size of the character that text starts with if it is
// plainly a token of its own: a Han or Hiragana letter before something that
// does not extend it. Otherwise, it returns 0, which says nothing.
func ideograph(text []byte) int {
	const size = 3
	if !startsCJK(text) {
		return 0
	}
	after := text[size:]
	if len(after) > 0 && after[0] >= utf8.RuneSelf && !startsCJK(after) && !startsCJKMark(after) {
		return 0
	}
	return size
}

// startsCJK reports whether text starts with a character for which commonCJK is
// true, and goes by its three bytes.
func startsCJK(text []byte) bool {
	if len(text) < 3 || text[1]&text[2]&0xC0 != 0x80 {
		return false
	}
	switch c := text[0]; c {
	case 0xE3: // U+3041 to U+3096
		return text[1] == 0x81 && text[2] != 0x80 || text[1] == 0x82 && text[2] <= 0x96
	case 0xE4: // from U+4E00
		return text[1] >= 0xB8
	default: // to U+9FFF
		return 0xE5 <= c && c <= 0xE9
	}
}

// startsCJKMark reports whether text starts with one of the punctuation marks from
// U+3001 to U+3011.
func startsCJKMark(text []byte) bool {
	return len(text) >= 3 && text[0] == 0xE3 && text[1] == 0x80 && 0x81 <= text[2] && text[2] <= 0x91
}

// commonCJK reports whether r is in the main block of Han or a Hiragana letter.
func commonCJK(r rune) bool {
	return 0x4E00 <= r && r <= 0x9FFF || 0x3041 <= r && r <= 0x3096
}

// nextPart moves to the next token inside the segment text[s.end:s.limit] and
// reports whether there is one. A segment is one token if it has a letter or
// number, but each character of an unspaced script, with the marks that follow
// it, is cut out as a token of its own.
func (s *scanner) nextPart() bool {
	s.start = s.end
	found := false // text[start:end] has a letter or number
	for s.end < s.limit {
		r, size := utf8.DecodeRune(s.text[s.end:s.limit])
		if unspaced(r) {
			if found {
				return true
			}
			s.start = s.end
			s.end += size
			s.skipMarks()
			return true
		}
		found = found || unicode.IsLetter(r) || unicode.IsNumber(r)
		s.end += size
	}
	return found
}

// skipMarks moves the end of the token behind the combining marks there.
func (s *scanner) skipMarks() {
	for s.end < s.limit {
		r, size := utf8.DecodeRune(s.text[s.end:s.limit])
		if !unicode.IsMark(r) && !invisible(r) {
			return
		}
		s.end += size
	}
}

// unspaced reports whether r is a letter or number (other than a decimal
// digit) of a script that is written without spaces between words, or one of
// the signs that Hiragana and Katakana share.
func unspaced(r rune) bool {
	switch {
	case r < 0x0E00: // before Thai
		return false
	case commonCJK(r):
		return true
	case r < 0x0F00: // Thai and Lao
		return unicode.IsLetter(r)
	case 0xAC00 <= r && r <= 0xD7A3: // Hangul
		return false
	case unicode.IsLetter(r) || unicode.Is(unicode.Nl, r):
		return r == 0x30FC || r == 0xFF70 || // prolonged sound marks
			0x3031 <= r && r <= 0x3035 || // kana repeat marks
			unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana,
				unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
	}
	return false
}
