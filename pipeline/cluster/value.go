package cluster

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// rankNumber maps a decimal number to an int64 of the same order: x < y gives
// a smaller value, x == y the same, and -x the negated one. No finite number
// maps to math.MinInt64.
func rankNumber(s string) (int64, bool) {
	f, ok := parseNumber(s)
	return orderedBits(f), ok
}

// parseNumber reads a finite decimal number.
func parseNumber(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	// ParseFloat also takes hexadecimal, "inf" and "nan".
	if strings.ContainsAny(s, "xXpPiInN_") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// orderedBits maps finite floats to integers monotonically and oddly: the bits
// of a positive float rise with its value, those of a negative one are its
// positive's, negated. Both zeros give 0.
func orderedBits(f float64) int64 {
	bits := int64(math.Float64bits(math.Abs(f)))
	if f < 0 {
		return -bits
	}
	return bits
}

// dateLayouts are tried in order; no text fits two of them with different
// results. A fraction of a second is taken wherever seconds stand. Zones are
// offsets or GMT and UTC by name: what other abbreviations mean depends on
// where the program runs.
var dateLayouts = [...]string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04:05 -0700",
	"2006-01-02 15:04:05 UTC",
	"2006-01-02 15:04:05",
	"2006-01-02 15:04",
	"2006-01-02",
	"2006-01",
	"2006/01/02 15:04:05",
	"2006/01/02",
	"Mon, 2 Jan 2006 15:04:05 -0700",
	"Mon, 2 Jan 2006 15:04:05 GMT",
	"2 Jan 2006 15:04:05 -0700",
	"2 Jan 2006",
	"2 January 2006",
	"Jan 2, 2006",
	"January 2, 2006",
}

// ParseDate returns a date as microseconds since 1970, UTC. It reads RFC 3339, what
// comes close to it or stands in mail headers, English dates, and numbers: years,
// days as 20240131, and seconds to nanoseconds since 1970. A date without a zone is
// in UTC, one without a time of day is its midnight.
func ParseDate(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if plain, err := strconv.ParseUint(s, 10, 64); err == nil && plain < 1e8 {
		switch len(s) {
		case 4:
			return parseLayout("2006", s)
		case 8:
			return parseLayout("20060102", s)
		}
	}
	if v, ok := parseNumber(s); ok {
		return sinceEpoch(v)
	}
	for _, layout := range dateLayouts {
		if t, ok := parseLayout(layout, s); ok {
			return t, true
		}
	}
	return 0, false
}

func parseLayout(layout, s string) (int64, bool) {
	t, err := time.Parse(layout, s)
	return t.UnixMicro(), err == nil
}

// sinceEpoch takes a number as seconds since 1970, or, where that would be
// after the year 5138, as milliseconds, microseconds or nanoseconds, and
// returns microseconds.
func sinceEpoch(v float64) (int64, bool) {
	for _, micros := range [...]float64{1e6, 1e3, 1, 1e-3} {
		if t := v * micros; math.Abs(t) < 1e17 {
			return int64(math.Round(t)), true
		}
	}
	return 0, false
}
