package report

import (
	"bytes"
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
	dst = appendString(append(dst, `"cluster":`...), c.Cluster)
	dst = strconv.AppendInt(append(dst, `,"size":`...), int64(c.Size), 10)
	dst = strconv.AppendInt(append(dst, `,"kept":`...), int64(c.Kept), 10)
	dst = appendFloat(append(dst, `,"min_similarity":`...), c.MinSimilarity)
	dst = appendFloat(append(dst, `,"mean_similarity":`...), c.MeanSimilarity)
	dst = strconv.AppendInt(append(dst, `,"texts":`...), int64(c.Texts), 10)
	dst = strconv.AppendInt(append(dst, `,"pairs":`...), int64(c.Pairs), 10)
	dst = appendFloat(append(dst, `,"density":`...), c.Density)
	dst = appendFloat(append(dst, `,"min_pair":`...), c.MinPair)
	dst = appendFloat(append(dst, `,"mean_pair":`...), c.MeanPair)
	dst = strconv.AppendInt(append(dst, `,"diameter":`...), int64(c.Diameter), 10)
	dst = strconv.AppendBool(append(dst, `,"diameter_exact":`...), c.DiameterExact)
	dst = strconv.AppendBool(append(dst, `,"chain":`...), c.Chain)
	dst = append(dst, `,"members":[`...)
	for i := range c.Members {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendMember(append(dst, '{'), &c.Members[i]), '}')
	}
	return append(dst, ']')
}

// appendMember appends the fields of a member, without the braces.
func appendMember(dst []byte, m *Member) []byte {
	dst = appendString(append(dst, `"id":`...), m.ID)
	dst = appendFloat(append(dst, `,"similarity":`...), m.Similarity)
	dst = appendString(append(dst, `,"covered_by":`...), m.CoveredBy)
	dst = strconv.AppendBool(append(dst, `,"keep":`...), m.Keep)
	dst = appendString(append(dst, `,"level":`...), string(m.Level))
	dst = appendString(append(dst, `,"title":`...), m.Title)
	dst = appendString(append(dst, `,"file":`...), m.File)
	return strconv.AppendInt(append(dst, `,"line":`...), m.Line, 10)
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
	ascii := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c == '"' || c == '\\' {
			return appendAny(dst, s)
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !isPlain(s) {
		return appendAny(dst, s)
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// isPlain reports whether s is valid UTF-8 without the line separators, which
// encoding/json escapes.
func isPlain(s string) bool {
	for _, r := range s {
		if r == utf8.RuneError || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
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
