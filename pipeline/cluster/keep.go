package cluster

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// KeepPolicy says which document of a cluster is kept. The zero value is
// "longest", the default. It is comparable by [KeepPolicy.String], which
// [ParseKeepPolicy] reads back.
type KeepPolicy struct {
	kind    keepKind
	field   string
	sources []string
}

type keepKind uint8

const (
	keepLongest keepKind = iota
	keepFirst
	keepNewest
	keepOldest
	keepMax
	keepMin
	keepSource
)

var keepNames = [...]string{
	keepLongest: "longest", keepFirst: "first", keepNewest: "newest", keepOldest: "oldest",
	keepMax: "max", keepMin: "min", keepSource: "source",
}

const (
	defaultDateField = "date"
	sourceField      = "source"
)

// ParseKeepPolicy reads a policy:
//
//	longest        the longest text, in characters
//	first          the first in reading order
//	newest         the latest date in field "date"
//	newest:FIELD   the latest date in FIELD
//	oldest         the earliest date in field "date"
//	oldest:FIELD   the earliest date in FIELD
//	max:FIELD      the largest number in FIELD
//	min:FIELD      the smallest number in FIELD
//	source:A,B     from source A rather than B, from B rather than others
//
// See [KeepPolicy.Rank] for what counts as a date, a number and a source.
func ParseKeepPolicy(s string) (KeepPolicy, error) {
	name, arg, hasArg := strings.Cut(s, ":")
	kind := slices.Index(keepNames[:], name)
	if kind < 0 {
		return KeepPolicy{}, fmt.Errorf("cluster: unknown keep policy %q, want longest, first, newest, oldest, max:FIELD, min:FIELD or source:A,B", s)
	}
	p := KeepPolicy{kind: keepKind(kind), field: arg}
	if hasArg && arg == "" {
		return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q has nothing after the colon", s)
	}
	switch p.kind {
	case keepLongest, keepFirst:
		if hasArg {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q: %s takes nothing after it", s, name)
		}
	case keepNewest, keepOldest:
		if !hasArg {
			p.field = defaultDateField
		}
	case keepMax, keepMin:
		if !hasArg {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q needs a field, as in %s:score", s, name)
		}
	case keepSource:
		return parseSources(s, arg)
	}
	return p, nil
}

func parseSources(s, arg string) (KeepPolicy, error) {
	p := KeepPolicy{kind: keepSource, field: sourceField, sources: strings.Split(arg, ",")}
	if arg == "" {
		return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q needs a list, as in source:reuters,wire/", s)
	}
	for i, src := range p.sources {
		if src == "" {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q: source %d is empty", s, i+1)
		}
		if slices.Contains(p.sources[:i], src) {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q names source %q twice", s, src)
		}
		if _, err := path.Match(src, ""); err != nil {
			return KeepPolicy{}, fmt.Errorf("cluster: keep policy %q: source %q: %w", s, src, err)
		}
	}
	return p, nil
}

// String returns the policy as [ParseKeepPolicy] reads it.
func (p KeepPolicy) String() string {
	name := keepNames[p.kind]
	switch p.kind {
	case keepNewest, keepOldest:
		if p.field == defaultDateField {
			return name
		}
		return name + ":" + p.field
	case keepMax, keepMin:
		return name + ":" + p.field
	case keepSource:
		return name + ":" + strings.Join(p.sources, ",")
	default:
		return name
	}
}

// Field returns the name of the record field that the policy looks at, "" if
// none.
func (p KeepPolicy) Field() string { return p.field }

// DocInfo is what a [KeepPolicy] may know of a document.
type DocInfo struct {
	// ID is the place in reading order.
	ID corpus.ID
	// Field is the content of the field named by [KeepPolicy.Field], nil if
	// the record has none.
	Field []byte
	// FileName is the slash-separated name of the input file.
	FileName string
	// TextLen is the length of the text in characters.
	TextLen int
}

// Rank returns the document's worth under the policy: of two documents the one
// with the larger rank is kept. ok is false if the document lacks what the
// policy looks at; it then ranks last, math.MinInt64, and ties are broken by
// length and key as always (see [NewOrder]).
//
// A number is decimal, such as 12, -0.5 or 1e6, with or without white space
// around it; numbers are compared as float64, and one too large for it is no
// number.
//
// A date is RFC 3339 or its parts ("2024-12-19T10:00:00Z", "2024-12-19 10:00",
// "2024-12-19", "2024-12", "2024"), "2024/12/19", "20241219", a date as in mail
// ("Thu, 19 Dec 2024 10:00:00 GMT") or in English ("19 December 2024",
// "Dec 19, 2024"), or a number of seconds (milli-, micro-, nanoseconds, told by
// their size) since 1970. Four digits are a year, eight are a day. Without a
// time zone it is UTC; dates are compared to the microsecond. Dates such as
// 02/03/2024, which nobody can tell, are no dates.
//
// A source matches when it equals the field "source"; for a document without
// that field, when it equals the name of its file, is a folder above it (with
// or without the slash at its end), or matches the name as a pattern of
// [path.Match].
func (p KeepPolicy) Rank(doc DocInfo) (rank int64, ok bool) {
	switch p.kind {
	case keepLongest:
		return int64(doc.TextLen), true
	case keepFirst:
		return -int64(doc.ID), true
	case keepNewest, keepOldest:
		rank, ok = ParseDate(string(doc.Field))
	case keepMax, keepMin:
		rank, ok = rankNumber(string(doc.Field))
	case keepSource:
		rank, ok = p.matchSource(doc)
	}
	switch {
	case !ok:
		return math.MinInt64, false
	case p.kind == keepOldest || p.kind == keepMin:
		return -rank, true
	}
	return rank, true
}

func (p KeepPolicy) matchSource(doc DocInfo) (rank int64, ok bool) {
	i := slices.IndexFunc(p.sources, func(src string) bool {
		if doc.Field != nil {
			return src == string(doc.Field)
		}
		return matchFile(src, doc.FileName)
	})
	return -int64(i), i >= 0
}

func matchFile(src, name string) bool {
	if src == name || strings.HasPrefix(name, strings.TrimSuffix(src, "/")+"/") {
		return true
	}
	ok, err := path.Match(src, name)
	return ok && err == nil
}
