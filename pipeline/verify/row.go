package verify

import (
	"fmt"
	"math"
	"slices"
)

// Parts of a weighted row.
const (
	rowHead     = 3 // values before the hashes of a section
	maxSections = 2
	weightBits  = 16
	weightMask  = 1<<weightBits - 1
	perWord     = 64 / weightBits // weights in a value
)

// section is one section of a weighted row.
type section struct {
	sum, squares uint64   // of the weights, and of their squares
	hashes       []uint64 // strictly ascending
	weights      []uint64 // of the hashes, perWord in each, the first in the lowest bits
}

// weight returns the weight of the i-th hash.
func (s *section) weight(i uint32) uint64 {
	return s.weights[i/perWord] >> (i % perWord * weightBits) & weightMask
}

// cutSections returns the sections of a row and their number. It panics unless
// they fill the row to its end.
func cutSections(row []uint64) (s [maxSections]section, n int) {
	for rest := row; len(rest) > 0; n++ {
		if n == maxSections || len(rest) < rowHead || rest[0] > uint64(len(rest)-rowHead) {
			panic(malformed(row, n))
		}
		head, hashes := rest[:rowHead], int(rest[0])
		rest = rest[rowHead:]
		words := (hashes + perWord - 1) / perWord
		if words > len(rest)-hashes {
			panic(malformed(row, n))
		}
		s[n] = section{head[1], head[2], rest[:hashes], rest[hashes : hashes+words]}
		rest = rest[hashes+words:]
	}
	return s, n
}

func malformed(row []uint64, section int) string {
	return fmt.Sprintf("verify: weighted row of %d values is malformed in section %d", len(row), section)
}

// RowSimilarity returns the similarity of two weighted rows under m, in [0, 1]:
// the number that a [Verifier] holds against its threshold, to the last bit. It
// is symmetric, and exactly 1 for equal rows.
//
// A weighted row is one or two sections end to end, as many in each row of a
// store. A section is the number of its entries, the sum of their weights, the
// sum of the squares of their weights, then the hashes of the entries, 64 bits each and
// strictly ascending, and then their weights, in 1..65535: four in a value, the first
// in its lowest bits, the last value filled up with zeros. A section may have no
// entries. A document without any has an empty row, similar to nothing.
//
// In each section, [Cosine] is sum(wa*wb) / sqrt(sum(wa²) * sum(wb²)) and
// [WeightedJaccard] is sum(min) / sum(max); both are 0 if one row has no entries
// there. The similarity is the geometric mean over the sections that are not
// empty in both. Sums are integers: the result is the same on every machine.
//
// Rows come from our own store and are not checked: where sections do not fill
// a row, or rows differ in their number, RowSimilarity panics; entries out of order
// give a meaningless number. It panics too if m is not [Measure.Weighted].
func RowSimilarity(a, b []uint64, m Measure) float64 {
	if !m.Weighted() {
		panic(fmt.Sprintf("verify: weighted rows compared by measure %v", m))
	}
	overlap, _ := rowOverlap(a, b, m, 0)
	return fromFixed(int(overlap))
}

// boundSlack is subtracted from what a bound is compared with. It is far more
// than rounding can add up to, so that a bound never rejects a pair that the
// final comparison would let through.
const boundSlack = 1e-9

// rowOverlap returns the similarity of two rows in fixed point, and whether it
// reaches the threshold. If not, it may leave off early and return 0.
func rowOverlap(a, b []uint64, m Measure, threshold float64) (overlap uint32, ok bool) {
	if len(a) == 0 || len(b) == 0 {
		return 0, false
	}
	sa, na := cutSections(a)
	sb, nb := cutSections(b)
	if na != nb {
		panic(fmt.Sprintf("verify: weighted rows of %d and %d sections compared", na, nb))
	}
	filled := 0 // sections that are not empty in both
	for i := range na {
		if len(sa[i].hashes)+len(sb[i].hashes) > 0 {
			filled++
		}
	}
	if filled == 0 {
		return 0, false
	}
	// The product of the sections' similarities, and what it must come to. A
	// section that is still to come counts as 1.
	product, least := 1.0, threshold
	if filled == 2 {
		least *= threshold
	}
	least -= boundSlack
	for i := range na {
		if len(sa[i].hashes)+len(sb[i].hashes) == 0 {
			continue
		}
		product *= sectionSimilarity(&sa[i], &sb[i], m, least/product)
		if product == 0 || product < least {
			return 0, false
		}
	}
	if filled == 2 {
		product = math.Sqrt(product)
	}
	overlap = toFixed(product)
	return overlap, fromFixed(int(overlap)) >= threshold
}

// sectionSimilarity returns the similarity of two sections, of which one may be
// empty. It may return 0 if the similarity is less than least.
func sectionSimilarity(a, b *section, m Measure, least float64) float64 {
	if m == WeightedJaccard {
		sum := a.sum + b.sum
		// x/(sum-x) >= s exactly when x >= sum s/(1+s).
		need := float64(sum) * least / (1 + least)
		if float64(min(a.sum, b.sum)) < need {
			return 0
		}
		shared := sharedWeight(a, b, m, need)
		return float64(shared) / float64(sum-shared)
	}
	norm := math.Sqrt(float64(a.squares) * float64(b.squares))
	if norm == 0 {
		return 0
	}
	// Rounding may lift the quotient over 1, but never that of equal sections.
	return min(1, float64(sharedWeight(a, b, m, norm*least))/norm)
}

// SharedEntry is an entry that two weighted rows have in common: the hash of the
// feature, and its weight in either row.
type SharedEntry struct {
	Hash             uint64
	WeightA, WeightB uint16
}

// Contribution returns what the entry adds to the numerator of the cosine.
func (e SharedEntry) Contribution() uint64 { return uint64(e.WeightA) * uint64(e.WeightB) }

// RowShared returns the entries that the rows a and b share in the given section,
// 0 or 1, by hash. It is for explanations: it allocates. A section that a row does not
// have shares nothing.
func RowShared(a, b []uint64, section int) []SharedEntry {
	sa, na := cutSections(a)
	sb, nb := cutSections(b)
	if section >= min(na, nb) {
		return nil
	}
	var shared []SharedEntry
	x, y := &sa[section], &sb[section]
	for i, h := range x.hashes {
		if k, found := slices.BinarySearch(y.hashes, h); found {
			shared = append(shared, SharedEntry{h, uint16(x.weight(uint32(i))), uint16(y.weight(uint32(k)))})
		}
	}
	return shared
}
