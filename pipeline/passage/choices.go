package passage

import (
	"fmt"
	"slices"
	"strings"
)

// Unit is what is looked for.
type Unit uint8

// The units. Persisted by name.
const (
	// None looks for nothing.
	None Unit = iota
	// Paragraph is a run of lines that are not blank.
	Paragraph
	// Line is a line that is not blank.
	Line
	// Substring is any run of words or bytes, of [Options.MinLength] at least.
	Substring
)

var unitNames = []string{"none", "paragraph", "line", "substring"}

// String returns the name that ParseUnit reads.
func (u Unit) String() string { return nameOf(unitNames, uint8(u)) }

// MarshalText writes the name.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (u *Unit) UnmarshalText(text []byte) (err error) {
	*u, err = parse[Unit]("unit", unitNames, string(text))
	return err
}

// ParseUnit reads paragraph, line or substring.
func ParseUnit(s string) (Unit, error) {
	u, err := parse[Unit]("unit", unitNames[1:], s)
	return u + 1, err
}

// Keep says which occurrences stay.
type Keep uint8

// The policies. Persisted by name.
const (
	// KeepFirst keeps the first occurrence in reading order.
	KeepFirst Keep = iota
	// KeepNone cuts all occurrences out.
	KeepNone
)

var keepNames = []string{"first", "none"}

// String returns "first" or "none".
func (k Keep) String() string { return nameOf(keepNames, uint8(k)) }

// MarshalText writes the name.
func (k Keep) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *Keep) UnmarshalText(text []byte) (err error) {
	*k, err = ParseKeep(string(text))
	return err
}

// ParseKeep reads first or none.
func ParseKeep(s string) (Keep, error) { return parse[Keep]("keep", keepNames, s) }

// Boundary is where a text may be cut.
type Boundary uint8

// The boundaries. Persisted by name.
const (
	// AtCharacter is between two characters as readers see them (extended grapheme
	// clusters of UAX #29).
	AtCharacter Boundary = iota
	// AtSentence is between two sentences of UAX #29: only those that are repeated
	// as a whole go.
	AtSentence
)

var boundaryNames = []string{"character", "sentence"}

// String returns "character" or "sentence".
func (b Boundary) String() string { return nameOf(boundaryNames, uint8(b)) }

// MarshalText writes the name.
func (b Boundary) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (b *Boundary) UnmarshalText(text []byte) (err error) {
	*b, err = ParseBoundary(string(text))
	return err
}

// ParseBoundary reads character or sentence.
func ParseBoundary(s string) (Boundary, error) { return parse[Boundary]("boundary", boundaryNames, s) }

// Scope is among which documents passages are looked for.
type Scope uint8

// The scopes. Persisted by name.
const (
	// AfterDocuments are those that remain once near-duplicates are gone.
	AfterDocuments Scope = iota
	// Alone are all of them: documents are not compared with each other.
	Alone
)

var scopeNames = []string{"after-documents", "alone"}

// String returns "after-documents" or "alone".
func (s Scope) String() string { return nameOf(scopeNames, uint8(s)) }

// MarshalText writes the name.
func (s Scope) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (s *Scope) UnmarshalText(text []byte) (err error) {
	*s, err = parse[Scope]("scope", scopeNames, string(text))
	return err
}

func nameOf(names []string, i uint8) string {
	if int(i) < len(names) {
		return names[i]
	}
	return fmt.Sprintf("unknown(%d)", i)
}

func parse[T ~uint8](what string, names []string, s string) (T, error) {
	if i := slices.Index(names, s); i >= 0 {
		return T(i), nil
	}
	return 0, fmt.Errorf("passage: %s %q is unknown, want one of %s", what, s, strings.Join(names, ", "))
}
