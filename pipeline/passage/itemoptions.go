package passage

import (
	"cmp"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Action is what becomes of a document with evaluation items in it.
type Action uint8

// The actions. Persisted by name.
const (
	// Drop leaves the document out.
	Drop Action = iota
	// Mask puts a mark in place of what overlaps.
	Mask
	// Report only tells.
	Report
)

var actionNames = []string{"drop", "mask", "report"}

// String returns the name that ParseAction reads.
func (a Action) String() string { return nameOf(actionNames, uint8(a)) }

// MarshalText writes the name.
func (a Action) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (a *Action) UnmarshalText(text []byte) (err error) {
	*a, err = ParseAction(string(text))
	return err
}

// ParseAction reads drop, mask or report.
func ParseAction(s string) (Action, error) { return parse[Action]("action", actionNames, s) }

// ItemOptions say when a document counts as contaminated by an evaluation item. The
// zero value is no decontamination.
type ItemOptions struct {
	// Words is the number of words in a row that are compared. Default: 13.
	Words int `json:"words"`
	// MinWords is the number of words under which an item is not looked for: it would
	// be found everywhere. Default: 4.
	MinWords int `json:"min_words"`
	// Containment is the share, above 0 and up to 1, of an item's windows of Words
	// words that a document must have. Any hit is enough where it is as small as one
	// of them. Default: 0.5.
	Containment float64 `json:"containment"`
	Action      Action  `json:"action"`
	// Mark is what Mask puts in place of what overlaps, in UTF-8. Default: "[removed]".
	Mark string `json:"mark"`
	// Digest stands for the items, and their order. It is filled in, never chosen.
	Digest string `json:"digest"`
}

// AnyHit is a containment that one window in common reaches.
const AnyHit = 1e-9

// Defaults returns o with its zero fields filled in.
func (o ItemOptions) Defaults() ItemOptions {
	o.Words = cmp.Or(o.Words, 13)
	o.MinWords = cmp.Or(o.MinWords, 4)
	o.Containment = cmp.Or(o.Containment, 0.5)
	if o.Action == Mask {
		o.Mark = cmp.Or(o.Mark, "[removed]")
	}
	return o
}

// Validate returns all that is wrong with o, which has its defaults.
func (o ItemOptions) Validate() error {
	var errs []error
	if o.Words < 1 || o.Words > maxLength {
		errs = append(errs, fmt.Errorf("passage: %d words are outside 1 to %d", o.Words, maxLength))
	}
	if o.MinWords < 1 {
		errs = append(errs, fmt.Errorf("passage: min words %d is less than 1", o.MinWords))
	}
	if !(o.Containment > 0 && o.Containment <= 1) {
		errs = append(errs, fmt.Errorf("passage: containment %v is outside (0, 1]", o.Containment))
	}
	if int(o.Action) >= len(actionNames) {
		errs = append(errs, fmt.Errorf("passage: action %d is unknown", o.Action))
	}
	if !utf8.ValidString(o.Mark) {
		errs = append(errs, fmt.Errorf("passage: mark %q is not UTF-8", o.Mark))
	}
	if o.Mark != "" && o.Action != Mask {
		errs = append(errs, fmt.Errorf("passage: mark %q is for action mask", o.Mark))
	}
	return errors.Join(errs...)
}
