package passage

import (
	"fmt"
	"strconv"
	"strings"
)

// Measure is what lengths are counted in.
type Measure uint8

// The measures. Persisted by name.
const (
	// Tokens are words as package shingle finds them, compared after normalising.
	Tokens Measure = iota
	// Bytes are those of the text as written.
	Bytes
)

// MarshalText writes "tokens" or "bytes".
func (m Measure) MarshalText() ([]byte, error) {
	return []byte(nameOf([]string{"tokens", "bytes"}, uint8(m))), nil
}

// UnmarshalText reads what MarshalText writes.
func (m *Measure) UnmarshalText(text []byte) error {
	for _, known := range []Measure{Tokens, Bytes} {
		if name, err := known.MarshalText(); err == nil && string(name) == string(text) {
			*m = known
			return nil
		}
	}
	return fmt.Errorf("passage: %q is no measure, want tokens or bytes", text)
}

// Length is a number of tokens or bytes.
type Length struct {
	N  int     `json:"n"`
	In Measure `json:"in"`
}

// String returns the length as ParseLength reads it.
func (l Length) String() string {
	if l.In == Bytes {
		return strconv.Itoa(l.N) + "B"
	}
	return strconv.Itoa(l.N)
}

// ParseLength reads a number of tokens, "50", or of bytes, "200B".
func ParseLength(s string) (Length, error) {
	digits, isBytes := strings.CutSuffix(s, "B")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return Length{}, fmt.Errorf("passage: length %q is neither a number of words, such as 50, nor of bytes, such as 200B", s)
	}
	if isBytes {
		return Length{n, Bytes}, nil
	}
	return Length{n, Tokens}, nil
}
