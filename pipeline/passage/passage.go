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

	"github.com/doppel-dedup/doppel/internal/quantity"
)

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
	what := fmt.Sprintf("%ss of %s or more", o.Unit, quantity.Of(o.MinChars, "character", "characters"))
	if o.Unit == Substring {
		what = "passages of " + quantity.Of(o.MinLength.N, "word", "words") + " or more"
		if o.MinLength.In == Bytes {
			what = "passages of " + quantity.Of(o.MinLength.N, "byte", "bytes") + " or more"
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
	return fmt.Sprintf("%s that occur %s or more: %s%s", what, quantity.Of(o.MinCount, "time", "times"), stays, cut)
}
