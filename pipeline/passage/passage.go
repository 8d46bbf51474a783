// Package passage finds parts of documents that occur more than once in a corpus:
// paragraphs, lines, or any run of words or bytes of at least some length.
//
//	texts -> Finder.Keys -> triples, sorted -> Grouper -> matches, sorted -> Finder.Spans -> Edits
//
// # In and out
//
// In go the texts of documents that are numbered from 0 in reading order, and
// [Options]. A [Finder] makes of each text a key for every unit that may repeat: a
// hash of 128 bits with the unit's [Position]. Sorted, equal keys stand together;
// a [Grouper] tells which of them occur often enough, and gives for each occurrence
// that is to go a [Match] with the first one. Sorted by position, the matches of a
// document go back to a Finder, which compares the texts themselves and gives the
// [Span] values to cut out.
//
// # What is guaranteed
//
// A unit is found if and only if it occurs [Options.MinCount] times or more. No hash
// is trusted: every match is compared with the first occurrence character for
// character after normalising, and if they differ, all is done again under another
// seed ([ErrCollision]). So the result does not depend on hashes at all.
//
// A run of words (or bytes) of at least N of them occurs twice if and only if each of
// its N-word windows does. So the units of a substring search are all windows of N
// words, wherever they begin, and what is cut is the union of the windows that have
// occurred before. That is exact, and linear in the text however often a passage
// repeats: each window is compared with the first of its kind and no other. The
// suffix array of Lee et al., Deduplicating training data makes language models
// better, 2022, finds the same passages, in memory of several times the text.
//
// Of those windows only a few get keys: an [AnchorFinder] finds each one's anchor,
// [Anchors] tells which anchors occur at several places, and a window whose anchor does
// not cannot be repeated.
//
// # Concurrency and memory
//
// A Finder belongs to one goroutine; make as many as there are cores. [Edits] is
// filled by one and read by any. A key takes 24 bytes; where they are sorted is the
// caller's business (internal/extsort keeps to a budget).
package passage

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
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

// Options say what is looked for and what becomes of it. The zero value looks for
// nothing.
type Options struct {
	Unit Unit `json:"unit"`
	// MinCount is how often a unit must occur for anything to go, 2 or more.
	// Default: 2.
	MinCount int `json:"min_count"`
	// Keep says which occurrences stay. Default: KeepFirst.
	Keep Keep `json:"keep"`
	// MinChars is the length in characters, after normalising, under which a
	// paragraph or line stays however often it occurs. Default: 40.
	MinChars int `json:"min_chars"`
	// MinLength is the length of the shortest substring. Default: 50 tokens.
	MinLength Length `json:"min_length"`
	// Cut says where substrings may be cut. Default: AtCharacter.
	Cut Boundary `json:"cut"`
	// Scope is among which documents. Default: AfterDocuments.
	Scope Scope `json:"scope"`
}

// The defaults of Options.
const (
	DefaultMinCount  = 2
	DefaultMinChars  = 40
	DefaultMinLength = 50
)

// maxLength bounds a window: beyond it, a document would have to be that long.
const maxLength = 1 << 20

// Defaults returns o with its zero fields filled in, where they mean anything: no
// field does without a unit, and MinChars and MinLength each for their units.
func (o Options) Defaults() Options {
	if o.Unit == None {
		return o
	}
	if o.MinCount == 0 {
		o.MinCount = DefaultMinCount
	}
	if o.Unit == Substring {
		if o.MinLength.N == 0 {
			o.MinLength = Length{DefaultMinLength, Tokens}
		}
	} else if o.MinChars == 0 {
		o.MinChars = DefaultMinChars
	}
	return o
}

// Validate returns all that is wrong with o, which has its defaults.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("passage: "+format, args...))
		}
	}
	check(int(o.Unit) < len(unitNames), "unit %d is unknown", o.Unit)
	check(int(o.Keep) < len(keepNames), "keep %d is unknown", o.Keep)
	check(int(o.Cut) < len(boundaryNames), "cut %d is unknown", o.Cut)
	check(int(o.Scope) < len(scopeNames), "scope %d is unknown", o.Scope)
	check(o.MinLength.In <= Bytes, "measure %d is unknown", o.MinLength.In)
	if o.Unit == None {
		check(o == Options{}, "options %+v need a unit: paragraph, line or substring", o)
		return errors.Join(errs...)
	}
	check(o.MinCount >= 2, "min count %d is less than 2", o.MinCount)
	if o.Unit == Substring {
		check(o.MinLength.N >= 1 && o.MinLength.N <= maxLength, "min length %d is outside 1 to %d", o.MinLength.N, maxLength)
		check(o.MinChars == 0, "min chars %d is for paragraphs and lines; substrings have a min length", o.MinChars)
	} else {
		check(o.MinChars >= 1, "min chars %d is less than 1", o.MinChars)
		check(o.MinLength == Length{}, "min length %s is for substrings; %s units have min chars", o.MinLength, o.Unit)
		check(o.Cut == AtCharacter, "cut %s is for substrings: a %s is cut out whole", o.Cut, o.Unit)
	}
	return errors.Join(errs...)
}

// String says in words what is looked for and what stays.
func (o Options) String() string {
	what := fmt.Sprintf("%ss of %d characters or more", o.Unit, o.MinChars)
	if o.Unit == Substring {
		what = fmt.Sprintf("passages of %d words or more", o.MinLength.N)
		if o.MinLength.In == Bytes {
			what = fmt.Sprintf("passages of %d bytes or more", o.MinLength.N)
		}
	}
	stays := "all but the first occurrence"
	if o.Keep == KeepNone {
		stays = "every occurrence"
	}
	cut := ""
	if o.Cut == AtSentence {
		cut = ", at the ends of sentences"
	}
	return fmt.Sprintf("%s that occur %d times or more: %s%s", what, o.MinCount, stays, cut)
}
