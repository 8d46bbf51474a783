// Package jsontext writes strings as JSON, many a second: byte for byte what encoding/json
// writes of them without escaping HTML.
//
// In goes a string, and out comes the buffer with the string appended, in quotes. What is
// common, text without escapes, is copied; anything else is left to encoding/json.
//
// Its functions may be called from many goroutines, and keep nothing.
package jsontext

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf8"
)

// AppendString appends s, in quotes. Bytes that are not UTF-8 become U+FFFD each.
func AppendString(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(append(dst, '"'), s...)
	if !isPlain(dst[start+1:]) {
		return appendEscaped(dst[:start], s)
	}
	return append(dst, '"')
}

// isPlain reports whether s stands for itself in JSON: it is valid UTF-8 without quotes,
// backslashes, control characters, or the line separators, which encoding/json escapes.
func isPlain(s []byte) bool {
	var seen uint64 // bytes beyond ASCII
	rest := s
	for ; len(rest) >= 8; rest = rest[8:] {
		v := binary.LittleEndian.Uint64(rest)
		if special(v) {
			return false
		}
		seen |= v
	}
	for _, c := range rest {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		seen |= uint64(c)
	}
	return seen&highs == 0 || utf8.Valid(s) && !hasSeparator(s)
}

// Constants for working on eight bytes at once.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// special reports whether one of eight bytes is a control character, quote or backslash.
// Each term has the highest bit of the lowest byte that is one, and of no byte below it.
func special(v uint64) bool {
	quote, backslash := v^'"'*ones, v^'\\'*ones
	return ((v-' '*ones)&^v|(quote-ones)&^quote|(backslash-ones)&^backslash)&highs != 0
}

// hasSeparator reports whether s, which is valid, has one of the characters U+2028 and
// U+2029: 0xE2 0x80 0xA8 and 0xE2 0x80 0xA9.
func hasSeparator(s []byte) bool {
	for {
		i := bytes.IndexByte(s, 0xE2)
		if i < 0 {
			return false
		}
		if s[i+1] == 0x80 && s[i+2]|1 == 0xA9 {
			return true
		}
		s = s[i+3:]
	}
}

func appendEscaped(dst []byte, s string) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("jsontext: a string is no JSON: " + err.Error()) // every string is
	}
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
