package report

import (
	"encoding/json"
	"math"
	"strconv"

	"github.com/doppel-dedup/doppel/internal/jsontext"
)

// A report has a line of JSON for each cluster and an object for each of its
// members, millions of them. What is written here is, byte for byte, what
// encoding/json writes of the same values without escaping HTML; anything but the
// common case is left to it. The tests compare the two.

// appendCluster appends the fields of a cluster, without the braces.
func appendCluster(dst []byte, c *Cluster) []byte {
	var f floats
	dst = jsontext.AppendString(append(dst, `"cluster":`...), c.Cluster)
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
	dst = jsontext.AppendString(append(dst, `"id":`...), m.ID)
	dst = f.append(append(dst, `,"similarity":`...), m.Similarity)
	dst = jsontext.AppendString(append(dst, `,"covered_by":`...), m.CoveredBy)
	dst = strconv.AppendBool(append(dst, `,"keep":`...), m.Keep)
	dst = jsontext.AppendString(append(dst, `,"level":`...), string(m.Level))
	dst = jsontext.AppendString(append(dst, `,"title":`...), m.Title)
	dst = jsontext.AppendString(append(dst, `,"file":`...), m.File)
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
		return appendOdd(dst, v)
	}
	if v == 0 && math.Signbit(v) {
		return append(dst, "-0"...)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

// appendOdd appends what encoding/json makes of a finite number.
func appendOdd(dst []byte, v float64) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("report: " + err.Error()) // it is finite
	}
	return append(dst, text...)
}
