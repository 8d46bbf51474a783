package text

import "bytes"

// A Mark is something that few texts have and that is costly to look for.
type Mark uint8

// The marks. Assembly knows the numbers.
const (
	Markup     Mark = 1 << iota // '<' or '&', which begin markup
	SoftHyphen                  // the two bytes of U+00AD
	Indic                       // 0xE0, which begins the characters U+0800 to U+0FFF
)

// Marks returns which of the marks text has, in one pass.
func Marks(text []byte) Mark { return findMarks(text) }

func marksPortable(text []byte) (m Mark) {
	if bytes.IndexByte(text, '<') >= 0 || bytes.IndexByte(text, '&') >= 0 {
		m |= Markup
	}
	if bytes.Contains(text, []byte("\u00ad")) {
		m |= SoftHyphen
	}
	if bytes.IndexByte(text, 0xE0) >= 0 {
		m |= Indic
	}
	return m
}

// Break returns the place of the first hyphen in text that is followed by a space but
// has another byte before it, or -1 if there is none.
func Break(text []byte) int { return lineBreak(text) }

func breakPortable(text []byte) int {
	for at := 1; at < len(text); {
		i := bytes.IndexByte(text[at:], '-')
		if i < 0 {
			break
		}
		at += i + 1
		if at < len(text) && text[at] == ' ' && text[at-2] != ' ' {
			return at - 1
		}
	}
	return -1
}
