package verify

import (
	"maps"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

var weighted = []Measure{Cosine, WeightedJaccard}

// terms is a section as it is thought of: weights by hash.
type terms map[uint64]uint64

// rowOf returns the weighted row of a document's sections.
func rowOf(sections ...terms) (row []uint64) {
	for _, s := range sections {
		var sum, squares uint64
		for _, w := range s {
			sum += w
			squares += w * w
		}
		row = append(row, uint64(len(s)), sum, squares)
		hashes := slices.Sorted(maps.Keys(s))
		row = append(row, hashes...)
		for four := range slices.Chunk(hashes, 4) {
			word := uint64(0)
			for i, h := range four {
				word |= s[h] << (16 * i)
			}
			row = append(row, word)
		}
	}
	if len(row) == rowHead*len(sections) {
		return nil
	}
	return row
}

// slowSections is the way back.
func slowSections(row []uint64) (all []terms) {
	for len(row) > 0 {
		s := terms{}
		n := row[0]
		for i, h := range row[3 : 3+n] {
			s[h] = row[3+n+uint64(i)/4] >> (i % 4 * 16) & 0xffff
		}
		all, row = append(all, s), row[3+n+(n+3)/4:]
	}
	return all
}

// slowRowSimilarity is the definition, in 200 bits.
func slowRowSimilarity(a, b []uint64, m Measure) *big.Float {
	const bits = 200
	float := func(v uint64) *big.Float { return new(big.Float).SetPrec(bits).SetUint64(v) }
	sa, sb := slowSections(a), slowSections(b)
	product, filled := float(1), 0
	for i := range min(len(sa), len(sb)) {
		if len(sa[i]) == 0 && len(sb[i]) == 0 {
			continue
		}
		filled++
		part, whole := float(0), float(0)
		add := func(to *big.Float, v uint64) { to.Add(to, float(v)) }
		switch m {
		case WeightedJaccard:
			for h, w := range sa[i] {
				add(part, min(w, sb[i][h]))
				add(whole, max(w, sb[i][h]))
			}
			for h, w := range sb[i] {
				if sa[i][h] == 0 {
					add(whole, w)
				}
			}
		case Cosine:
			na, nb := float(0), float(0)
			for h, w := range sa[i] {
				add(part, w*sb[i][h])
				add(na, w*w)
			}
			for _, w := range sb[i] {
				add(nb, w*w)
			}
			whole.Sqrt(na.Mul(na, nb))
		}
		if whole.Sign() == 0 {
			return float(0)
		}
		product.Mul(product, part.Quo(part, whole))
	}
	switch filled {
	case 0:
		return float(0)
	case 2:
		product.Sqrt(product)
	}
	return product
}

// checkRows holds RowSimilarity and the early exits to the definition.
func checkRows(t *testing.T, a, b []uint64) {
	t.Helper()
	for _, m := range weighted {
		got := RowSimilarity(a, b, m)
		want, _ := slowRowSimilarity(a, b, m).Float64()
		// One step of the fixed point down, and rounding either way.
		if got > want+1e-14 || got < want-1.0/fixedOne-1e-14 || got < 0 || got > 1 {
			t.Fatalf("%v of %v and %v = %v, want %v", m, a, b, got, want)
		}
		if other := RowSimilarity(b, a, m); other != got {
			t.Fatalf("%v of %v and %v = %v, turned round %v", m, a, b, got, other)
		}
		for _, row := range [][]uint64{a, b} {
			if s := RowSimilarity(row, row, m); len(row) > 0 && s != 1 {
				t.Fatalf("%v of %v and itself = %v", m, row, s)
			}
		}
		checkRowThresholds(t, a, b, m, got)
	}
}

// checkRowThresholds: no bound rejects a pair at its threshold, and none just
// above is let through.
func checkRowThresholds(t *testing.T, a, b []uint64, m Measure, s float64) {
	t.Helper()
	for _, threshold := range []float64{1e-300, 1e-6, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 1, s, math.Nextafter(s, 0), math.Nextafter(s, 2), s * 0.999999, s * 1.000001} {
		if threshold <= 0 || threshold > 1 {
			continue
		}
		overlap, ok := rowOverlap(a, b, m, threshold)
		if ok != (s >= threshold) {
			t.Fatalf("%v of %v and %v is %v, but similar at %v: %v", m, a, b, s, threshold, ok)
		}
		if ok && m.Similarity(int(overlap), 1, 1) != s {
			t.Fatalf("%v of %v and %v is %v, at threshold %v %v", m, a, b, s, threshold, m.Similarity(int(overlap), 1, 1))
		}
	}
}

// randomTerms returns a section of n terms out of a vocabulary.
func randomTerms(r *rand.Rand, n, vocabulary int) terms {
	s := terms{}
	for range n {
		// The lowest and highest hashes and weights are drawn now and then.
		hash := uint64(r.IntN(vocabulary)) * ((1<<64 - 1) / uint64(vocabulary))
		switch r.IntN(50) {
		case 0:
			hash = 0
		case 1:
			hash = 1<<64 - 1
		}
		weight := 1 + r.Uint64N(4000)
		switch r.IntN(50) {
		case 0:
			weight = 1
		case 1:
			weight = 1<<16 - 1
		}
		s[hash] = weight
	}
	return s
}

// edited returns s with some terms dropped, added and weighed anew.
func edited(r *rand.Rand, s terms, edits, vocabulary int) terms {
	s = maps.Clone(s)
	for _, h := range slices.Sorted(maps.Keys(s)) {
		if r.IntN(1+edits) > 2 {
			delete(s, h)
		}
	}
	for range edits {
		maps.Copy(s, randomTerms(r, 1, vocabulary))
	}
	return s
}

func TestRowSimilarity(t *testing.T) {
	for trial := range uint64(1200) {
		r := rand.New(rand.NewPCG(trial, 3))
		sections, vocabulary := 1+r.IntN(2), 20+r.IntN(400)
		var a, b []terms
		for range sections {
			x := randomTerms(r, r.IntN(90), vocabulary)
			y := edited(r, x, r.IntN(40), vocabulary)
			switch r.IntN(6) {
			case 0:
				y = randomTerms(r, r.IntN(1500), 4000) // long and unrelated: gallop
			case 1:
				y = terms{}
			case 2:
				x, y = terms{}, terms{}
			case 3:
				y = edited(r, randomTerms(r, 1+r.IntN(2000), 4000), 20, 4000)
				maps.Copy(y, x)
			}
			a, b = append(a, x), append(b, y)
		}
		checkRows(t, rowOf(a...), rowOf(b...))
	}
}

func TestRowSimilarityByHand(t *testing.T) {
	words := terms{1: 3, 2: 4}
	for _, c := range []struct {
		a, b            []uint64
		cosine, jaccard float64
	}{
		{nil, nil, 0, 0},
		{rowOf(words), nil, 0, 0},
		{[]uint64{0, 0, 0}, []uint64{0, 0, 0}, 0, 0}, // no row of ours, but harmless
		{rowOf(words), rowOf(terms{1: 4, 2: 3}), 24.0 / 25, 6.0 / 8},
		{rowOf(words), rowOf(terms{2: 4}), 16.0 / 20, 4.0 / 7},
		{rowOf(words), rowOf(terms{3: 4}), 0, 0},
		{rowOf(words, terms{}), rowOf(terms{2: 4}, terms{}), 0.8, 4.0 / 7}, // nothing in the second: does not count
		{rowOf(words, words), rowOf(terms{2: 4}, terms{}), 0, 0},
		{rowOf(words, terms{}), rowOf(terms{}, words), 0, 0},
		{rowOf(words, terms{7: 9}), rowOf(terms{2: 4}, terms{7: 9}), math.Sqrt(0.8), math.Sqrt(4.0 / 7)},
		{rowOf(words, words), rowOf(words, terms{5: 1}), 0, 0},
	} {
		for m, want := range map[Measure]float64{Cosine: c.cosine, WeightedJaccard: c.jaccard} {
			if got := RowSimilarity(c.a, c.b, m); got != fromFixed(int(toFixed(want))) {
				t.Errorf("%v of %v and %v = %v, want %v", m, c.a, c.b, got, want)
			}
		}
	}
}

// TestEqualRowsAreExactlyOne, whatever the sums are.
func TestEqualRowsAreExactlyOne(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for range 3000 {
		row := rowOf(randomTerms(r, 1+r.IntN(40), 1<<20), randomTerms(r, r.IntN(40), 1<<20))
		for _, m := range weighted {
			if overlap, ok := rowOverlap(row, slices.Clone(row), m, 1); !ok || overlap != fixedOne {
				t.Fatalf("%v of %v and itself: %d, %v", m, row, overlap, ok)
			}
		}
	}
}

// TestRowSimilarityFalls when a term is added to one row, or when a term that is
// shared becomes another one.
func TestRowSimilarityFalls(t *testing.T) {
	for trial := range uint64(400) {
		r := rand.New(rand.NewPCG(trial, 4))
		a := randomTerms(r, 1+r.IntN(60), 300)
		b := edited(r, a, r.IntN(20), 300)
		if len(b) == 0 {
			continue
		}
		for _, m := range weighted {
			before := RowSimilarity(rowOf(a), rowOf(b), m)
			more, other := maps.Clone(b), maps.Clone(b)
			more[1<<63+5] = 1 + r.Uint64N(5000)
			if got := RowSimilarity(rowOf(a), rowOf(more), m); got > before {
				t.Fatalf("trial %d, %v: %v, with a term of its own %v", trial, m, before, got)
			}
			h := slices.Sorted(maps.Keys(b))[r.IntN(len(b))]
			other[1<<63+5] = other[h]
			delete(other, h)
			if got := RowSimilarity(rowOf(a), rowOf(other), m); got > before || got == before && a[h] > 0 && before > 1e-6 {
				t.Fatalf("trial %d, %v: %v, with a term replaced %v", trial, m, before, got)
			}
		}
	}
}

func TestRowsThatAreMalformedPanic(t *testing.T) {
	good := rowOf(terms{1: 1})
	for name, call := range map[string]func(){
		"cut head":         func() { RowSimilarity(good, []uint64{1, 1}, Cosine) },
		"cut entries":      func() { RowSimilarity(good, good[:3], Cosine) },
		"cut weights":      func() { RowSimilarity(good, good[:4], Cosine) },
		"huge length":      func() { RowSimilarity(good, []uint64{1 << 63, 1, 1, 1, 1}, Cosine) },
		"three sections":   func() { RowSimilarity(slices.Concat(good, good, good), good, Cosine) },
		"one against two":  func() { RowSimilarity(good, slices.Concat(good, good), Cosine) },
		"sets' measure":    func() { RowSimilarity(good, good, Jaccard) },
		"no overlap to it": func() { Cosine.Needed(0.5, 1, 1) },
	} {
		func() {
			defer func() {
				if _, ok := recover().(string); !ok {
					t.Errorf("%s: no panic that says what is wrong", name)
				}
			}()
			call()
		}()
	}
}

func FuzzRowSimilarity(f *testing.F) {
	f.Add([]byte("abc"), []byte("bcd"), byte(1))
	f.Add([]byte("q"), []byte("the quick brown fox jumps over the lazy dog"), byte(0))
	f.Add([]byte{}, []byte{0, 255}, byte(2))
	f.Fuzz(func(t *testing.T, x, y []byte, cut byte) {
		section := func(data []byte) terms {
			s := terms{}
			for i, c := range data {
				s[uint64(c)<<40] += 1 + uint64(c)%3
				if i > 0 {
					s[uint64(c)<<40|uint64(data[i-1])] += 7
				}
			}
			for h, w := range s {
				s[h] = min(w*w*w, 1<<16-1)
			}
			return s
		}
		row := func(data []byte) []uint64 {
			if cut%2 == 0 {
				return rowOf(section(data))
			}
			at := min(int(cut), len(data))
			return rowOf(section(data[:at]), section(data[at:]))
		}
		checkRows(t, row(x), row(y))
	})
}
