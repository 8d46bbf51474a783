package cluster

import (
	"fmt"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"
)

// criterion is one item of a [KeepPolicy].
type criterion struct {
	kind    keepKind
	field   string
	at      int // of field, in KeepPolicy.fields
	sources []string
	pattern *regexp.Regexp
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
	keepProtected
	keepRegex
)

var keepNames = [...]string{
	keepLongest: "longest", keepFirst: "first", keepNewest: "newest", keepOldest: "oldest",
	keepMax: "max", keepMin: "min", keepSource: "source", keepProtected: "protected", keepRegex: "regex",
}

const (
	defaultDateField = "date"
	sourceField      = "source"
)

// parseCriterion reads one item. Its errors do not say of which policy.
func parseCriterion(s string) (criterion, error) {
	name, arg, hasArg := strings.Cut(s, ":")
	kind := slices.Index(keepNames[:], name)
	if kind < 0 {
		return criterion{}, fmt.Errorf("%q is unknown, want protected, longest, first, newest, oldest, max:FIELD, min:FIELD, source:A>B or regex:PATTERN", s)
	}
	c := criterion{kind: keepKind(kind)}
	if hasArg && arg == "" {
		return criterion{}, fmt.Errorf("%q has nothing after the colon", s)
	}
	switch c.kind {
	case keepLongest, keepFirst, keepProtected:
		if hasArg {
			return criterion{}, fmt.Errorf("%q: %s takes nothing after it", s, name)
		}
		return c, nil
	case keepMax, keepMin:
		if !hasArg {
			return criterion{}, fmt.Errorf("%q needs a field, as in %s:score", s, name)
		}
	case keepSource:
		return parseSources(s, arg)
	case keepRegex:
		return parsePattern(s, arg)
	}
	c.field = defaultDateField
	if hasArg {
		c.field = unescape(arg, ",")
	}
	if strings.HasSuffix(c.field, `\`) {
		return criterion{}, errBackslash
	}
	return c, nil
}

func parseSources(s, arg string) (criterion, error) {
	c := criterion{kind: keepSource, field: sourceField}
	if arg == "" {
		return criterion{}, fmt.Errorf("%q needs a list, as in source:reuters>wire/", s)
	}
	parts := splitAt(arg, '>')
	if len(parts) == 1 {
		parts = splitAt(arg, ',')
	}
	for i, src := range parts {
		src = unescape(src, ",>")
		if src == "" {
			return criterion{}, fmt.Errorf("%q: source %d is empty", s, i+1)
		}
		if slices.Contains(c.sources, src) {
			return criterion{}, fmt.Errorf("%q names source %q twice", s, src)
		}
		if _, err := path.Match(src, ""); err != nil {
			return criterion{}, fmt.Errorf("%q: source %q: %w", s, src, err)
		}
		c.sources = append(c.sources, src)
	}
	return c, nil
}

func parsePattern(s, arg string) (criterion, error) {
	c := criterion{kind: keepRegex}
	if arg == "" {
		return criterion{}, fmt.Errorf("%q needs a pattern, as in regex:^crawl-2024", s)
	}
	field, pattern, named := strings.Cut(arg, "=~")
	if !named {
		field, pattern = "", arg
	} else if field == "" || pattern == "" {
		return criterion{}, fmt.Errorf("%q has nothing on one side of =~", s)
	}
	c.field = unescape(field, ",")
	if strings.HasSuffix(c.field, `\`) {
		return criterion{}, errBackslash
	}
	var err error
	if c.pattern, err = regexp.Compile(pattern); err != nil {
		return criterion{}, fmt.Errorf("%q: %w", s, err)
	}
	return c, nil
}

// String returns the criterion as parseCriterion reads it.
func (c *criterion) String() string {
	name := keepNames[c.kind]
	switch c.kind {
	case keepNewest, keepOldest:
		if c.field == defaultDateField {
			return name
		}
		return name + ":" + escape(c.field, ",")
	case keepMax, keepMin:
		return name + ":" + escape(c.field, ",")
	case keepSource:
		escaped := make([]string, len(c.sources))
		for i, src := range c.sources {
			escaped[i] = escape(src, ",>")
		}
		return name + ":" + strings.Join(escaped, ">")
	case keepRegex:
		if c.field == "" {
			return name + ":" + c.pattern.String()
		}
		return name + ":" + escape(c.field, ",") + "=~" + c.pattern.String()
	default:
		return name
	}
}

// rank is as [KeepPolicy.AppendRanks] says, of one criterion.
func (c *criterion) rank(doc *DocInfo) (rank int64, ok bool) {
	switch c.kind {
	case keepLongest:
		return int64(doc.TextLen), true
	case keepFirst:
		return -int64(doc.ID), true
	case keepProtected:
		return oneIf(doc.Protected), true
	case keepNewest, keepOldest:
		rank, ok = ParseDate(string(doc.field(c.at)))
	case keepMax, keepMin:
		rank, ok = rankNumber(string(doc.field(c.at)))
	case keepSource:
		rank, ok = c.matchSource(doc)
	case keepRegex:
		rank, ok = c.matchPattern(doc)
	}
	switch {
	case !ok:
		return math.MinInt64, false
	case c.kind == keepOldest || c.kind == keepMin:
		return -rank, true
	}
	return rank, true
}

func oneIf(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}

func (c *criterion) matchPattern(doc *DocInfo) (rank int64, ok bool) {
	if c.field == "" {
		return oneIf(c.pattern.Match(doc.Key) || c.pattern.MatchString(doc.FileName)), true
	}
	value := doc.field(c.at)
	return oneIf(c.pattern.Match(value)), value != nil
}

func (c *criterion) matchSource(doc *DocInfo) (rank int64, ok bool) {
	value := doc.field(c.at)
	i := slices.IndexFunc(c.sources, func(src string) bool {
		if value != nil {
			return src == string(value)
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
