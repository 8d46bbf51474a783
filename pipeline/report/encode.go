package report

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strconv"
	"unicode/utf8"
)

// A report has a line of JSON for each cluster and an object for each of its
// members, millions of them. What is written here is, byte for byte, what
// encoding/json writes of the same values without escaping HTML; anything but the
// common case is left to it. The tests compare the two.

// appendCluster appends the fields of a cluster, without the braces.
func appendCluster(dst []byte, c *Cluster) []byte {
	var f floats
	dst = appendString(append(dst, `"cluster":`...), c.Cluster)
	dst = strconv.AppendInt(append(dst, `,"size":`...), int64(c.Size), 10)
	dst = strconv.AppendInt(append(dst, `,"kept":`...), int64(c.Kept), 10)
	dst = f.append(append(dst, `,"min_similarity":`...), c.MinSimilarity)
	dst = f.append(append(dst, `,"mean_similarity":`...), c.MeanSimilarity)
	dst = strconv.AppendInt(append(dst, `,"texts":`...), int64(c.Texts), 10)
	dst = strconv.AppendInt(append(dst, `,"pairs":`...), int64(c.Pairs), 10)
	dst = f.append(append(dst, `,"density":`...), c.Density)
	dst = f.append(append(dst, `,"min_pair":`...), c.MinPair)
	dst = f.append(append(dst, `,"mean_pair":`...), c.MeanPair)
	dst = strconv.AppendInt(append(dst, `,"diameter":`...), int64(c.Diameter), 10)
	dst = strconv.AppendBool(append(dst, `,"diameter_exact":`...), c.DiameterExact)
	dst = strconv.AppendBool(append(dst, `,"chain":`...), c.Chain)
	dst = append(dst, `,"members":[`...)
	for i := range c.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(f.member(append(dst, '{'), &c.Members[i]), '}')
	}
	return append(dst, ']')
}

// appendMember appends the fields of a member, without the braces.
func appendMember(dst []byte, m *Member) []byte { return new(floats).member(dst, m) }

// floats writes the similarities of a line. It remembers where in the line it wrote the
// last one but 0 and 1: a cluster of two has the same one five times. The zero value is
// ready for use.
type floats struct {
	last       float64
	start, end int
}

func (f *floats) member(dst []byte, m *Member) []byte {
	dst = appendString(append(dst, `"id":`...), m.ID)
	dst = f.append(append(dst, `,"similarity":`...), m.Similarity)
	dst = appendString(append(dst, `,"covered_by":`...), m.CoveredBy)
	dst = strconv.AppendBool(append(dst, `,"keep":`...), m.Keep)
	dst = appendString(append(dst, `,"level":`...), string(m.Level))
	dst = appendString(append(dst, `,"title":`...), m.Title)
	dst = appendString(append(dst, `,"file":`...), m.File)
	return strconv.AppendInt(append(dst, `,"line":`...), m.Line, 10)
}

// append appends v to the line dst.
func (f *floats) append(dst []byte, v float64) []byte {
	switch {
	case v == 1:
		return append(dst, '1')
	case v == 0:
		return appendFloat(dst, v)
	case v != f.last:
		f.last, f.start = v, len(dst)
		dst = appendFloat(dst, v)
		f.end = len(dst)
		return dst
	}
	return append(dst, dst[f.start:f.end]...)
}

// appendFloat appends a similarity. encoding/json goes over to exponents below
// 1e-6, and refuses what is no number, which the checks before have done.
func appendFloat(dst []byte, v float64) []byte {
	if v != 0 && !(v >= 1e-6 && v < 1e21) {
		return appendAny(dst, v)
	}
	if v == 0 && math.Signbit(v) {
		return append(dst, "-0"...)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

func appendString(dst []byte, s string) []byte {
	start := len(dst)
	dst = append(append(dst, '"'), s...)
	if !isPlain(dst[start+1:]) {
		return appendAny(dst[:start], s)
	}
	return append(dst, '"')
}

// isPlain reports whether s stands for itself in JSON: it is valid UTF-8 without quotes,
// backslashes, control characters, or the line separators, which encoding/json escapes.
func isPlain(s []byte) bool {
	var seen uint64 // bytes beyond ASCII
	rest := s
	for ; len(rest) >= 8; rest = rest[8:] {
		v := binary.LittleEndian.Uint64(rest)
		if special(v) {
			return false
		}
		seen |= v
	}
	for _, c := range rest {
		if c < ' ' || c == '"' || c == '\\' {
			return false
		}
		seen |= uint64(c)
	}
	return seen&highs == 0 || utf8.Valid(s) && !hasSeparator(s)
}

// Constants for working on eight bytes at once.
const (
	ones  = 0x0101010101010101
	highs = 0x80 * ones
)

// special reports whether one of eight bytes is a control character, quote or backslash.
// Each term has the highest bit of the lowest byte that is one, and of no byte below it.
func special(v uint64) bool {
	quote, backslash := v^'"'*ones, v^'\\'*ones
	return ((v-' '*ones)&^v|(quote-ones)&^quote|(backslash-ones)&^backslash)&highs != 0
}

// hasSeparator reports whether s, which is valid, has one of the characters U+2028 and
// U+2029: 0xE2 0x80 0xA8 and 0xE2 0x80 0xA9.
func hasSeparator(s []byte) bool {
	for {
		i := bytes.IndexByte(s, 0xE2)
		if i < 0 {
			return false
		}
		if s[i+1] == 0x80 && s[i+2]|1 == 0xA9 {
			return true
		}
		s = s[i+3:]
	}
}

// appendAny appends what encoding/json makes of a string or a finite number.
func appendAny(dst []byte, v any) []byte {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("report: " + err.Error()) // not of these types
	}
	return append(dst, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
