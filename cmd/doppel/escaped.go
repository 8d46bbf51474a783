package main

import (
	"bytes"
	"fmt"
	"io"
	"unicode"
)

// escaped writes JSON with those characters escaped that JSON lets stand and a terminal
// obeys: DEL, the control characters above it, and what turns the direction of
// writing around. The values stay the same. Characters must not be split between writes.
type escaped struct{ w io.Writer }

func (e escaped) Write(p []byte) (int, error) {
	if bytes.IndexFunc(p, isObeyed) < 0 {
		return e.w.Write(p)
	}
	var b bytes.Buffer
	for _, r := range string(p) {
		if isObeyed(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	if _, err := e.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// isObeyed reports whether r acts on a terminal. JSON has escaped those below DEL, and
// none beyond 16 bits does.
func isObeyed(r rune) bool {
	return r >= 0x7f && r <= 0xffff && unicode.In(r, unicode.Cc, unicode.Bidi_Control)
}
