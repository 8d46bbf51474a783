package idf

import (
	"fmt"
	"strconv"
	"strings"
)

// SectionKind says what the features of a section are. The zero value is none.
type SectionKind uint8

// The kinds of sections.
const (
	Words         SectionKind = 1 + iota // words
	WordsAndPairs                        // words, and pairs of consecutive ones in their order
	SkipPairs                            // pairs of different content words that are near each other, in any order
)

// Section is one factor of Features.
type Section struct {
	Kind   SectionKind
	Window int // of SkipPairs: how many content words on the second word may be, 1 to MaxWindow; else 0
}

// MaxWindow is the largest window of a section.
const MaxWindow = 64

// MaxSections is the largest number of sections of Features.
const MaxSections = 4

// Features says what the rows of documents are made of: one section after
// another, whose similarities are multiplied. It is a small value that may be
// compared with ==. The zero value is invalid.
type Features struct {
	sections [MaxSections]Section // up to the first without a kind
}

// ParseFeatures reads features in the form that Features.String writes: sections
// with "*" between them, each "word:1", "word:1-2" or "skip:N".
func ParseFeatures(s string) (Features, error) {
	var f Features
	for i, part := range strings.Split(s, "*") {
		if i == MaxSections {
			return Features{}, fmt.Errorf("idf: features %q: more than %d sections", s, MaxSections)
		}
		section, err := parseSection(part)
		if err != nil {
			return Features{}, fmt.Errorf("idf: features %q: %w", s, err)
		}
		f.sections[i] = section
	}
	return f, f.check(s)
}

func parseSection(s string) (Section, error) {
	switch s {
	case "word:1":
		return Section{Kind: Words}, nil
	case "word:1-2":
		return Section{Kind: WordsAndPairs}, nil
	}
	window, found := strings.CutPrefix(s, "skip:")
	if !found {
		return Section{}, fmt.Errorf("section %q is none of word:1, word:1-2 and skip:N", s)
	}
	n, err := strconv.Atoi(window)
	if err != nil || strconv.Itoa(n) != window {
		return Section{}, fmt.Errorf("section %q: %q is not a number", s, window)
	}
	return Section{SkipPairs, n}, nil
}

// String returns the features in the form that ParseFeatures reads.
func (f Features) String() string {
	var parts []string
	for _, s := range f.Sections() {
		parts = append(parts, s.String())
	}
	return strings.Join(parts, "*")
}

// String returns the section in the form that ParseFeatures reads, and
// "section(n)" for one of an unknown kind.
func (s Section) String() string {
	switch s.Kind {
	case Words:
		return "word:1"
	case WordsAndPairs:
		return "word:1-2"
	case SkipPairs:
		return "skip:" + strconv.Itoa(s.Window)
	}
	return fmt.Sprintf("section(%d)", uint8(s.Kind))
}

// Sections returns the sections in order, none for the zero value. The slice is
// the caller's.
func (f Features) Sections() []Section {
	n := 0
	for n < MaxSections && f.sections[n].Kind != 0 {
		n++
	}
	return f.sections[:n]
}

// Features returns the features that are the section alone.
func (s Section) Features() Features { return Features{sections: [MaxSections]Section{s}} }

// MarshalText writes the features as String does.
func (f Features) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads the features as ParseFeatures does. On an error, f is
// unchanged.
func (f *Features) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*f = Features{} // which MarshalText writes so
		return nil
	}
	features, err := ParseFeatures(string(text))
	if err == nil {
		*f = features
	}
	return err
}

// Validate returns an error that says what is wrong with the features, or nil.
func (f Features) Validate() error { return f.check(f.String()) }

// check is Validate for features that their user knows as shown.
func (f Features) check(shown string) error {
	sections := f.Sections()
	if len(sections) == 0 {
		return fmt.Errorf("idf: features %q have no section", shown)
	}
	for i, s := range sections {
		if s.Kind == SkipPairs && (s.Window < 1 || s.Window > MaxWindow) {
			return fmt.Errorf("idf: features %q: window is %d, must be 1 to %d", shown, s.Window, MaxWindow)
		}
		for _, other := range sections[:i] {
			if s == other {
				return fmt.Errorf("idf: features %q: section %s is there twice", shown, s)
			}
		}
	}
	return nil
}
