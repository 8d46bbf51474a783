package text

// The classes of ASCII characters that the word boundary rules of UAX #29 tell
// apart, and one for the bytes of all other characters. White space and other
// punctuation has none.
const (
	Letter    = 1 << iota // ALetter
	Digit                 // Numeric
	Connector             // ExtendNumLet
	MidLetter             // MidLetter, MidNumLet, Single_Quote
	MidNumber             // MidNum, MidNumLet, Single_Quote
	Beyond                // not ASCII

	Wordy = Letter | Digit | Connector
)

// Classes has the classes of each byte.
var Classes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 0x80:
			t[c] = Beyond
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z':
			t[c] = Letter
		case '0' <= c && c <= '9':
			t[c] = Digit
		}
	}
	t['_'] = Connector
	t[':'] = MidLetter
	t[','], t[';'] = MidNumber, MidNumber
	t['.'], t['\''] = MidLetter|MidNumber, MidLetter|MidNumber
	return t
}()

// Constants for working on eight bytes at once. All additions are of bytes under
// 0x80 and cannot carry into the next byte, unless a comment says otherwise.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)
