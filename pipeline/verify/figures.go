package verify

import "github.com/doppel-dedup/doppel/pipeline/corpus"

// figures are the sets of numbers that the two texts of a pair must agree in.
type figures struct {
	store     *SetStore
	threshold float64
}

// Agreeing returns a verifier that does as v and lets a pair through only if the
// figures of the two documents agree as well ([Measure.FiguresAgree]): for
// Containment in each direction in which the pair is similar, so that whichever
// document stands for the other one has its figures.
//
// store holds the set of figures of each document; it must be sealed before the
// first pair is verified. The threshold is in (0, 1].
func (v *Verifier) Agreeing(store *SetStore, threshold float64) *Verifier {
	strict := *v
	strict.figures = &figures{store, threshold}
	return &strict
}

// FiguresAgree reports whether the figures of a member, a sorted distinct set,
// agree with those of a representative: whether their Jaccard similarity reaches
// the threshold, or, for Containment, the share of the member's that the
// representative has. Two documents without figures agree, and so does, for
// Containment, a member without any.
func (m Measure) FiguresAgree(member, representative []uint64, threshold float64) bool {
	return m.FiguresAgreeBy(Overlap(member, representative), len(member), len(representative), threshold)
}

// FiguresAgreeBy is FiguresAgree for sets of the given sizes that share so many
// figures.
func (m Measure) FiguresAgreeBy(shared, member, representative int, threshold float64) bool {
	directed := m == Containment
	if member == 0 && (directed || representative == 0) {
		return true
	}
	if !directed {
		m = Jaccard
	}
	return m.Directed(shared, member, representative) >= threshold
}

// agree reports whether the figures of a similar pair agree.
func (v *Verifier) agree(p corpus.Pair, overlap uint32, s *Scratch) (bool, error) {
	f := v.figures
	if f == nil {
		return true, nil
	}
	a, err := f.read(p.A, &s.figuresA)
	if err != nil {
		return false, err
	}
	b, err := f.read(p.B, &s.figuresB)
	if err != nil {
		return false, err
	}
	if v.measure != Containment {
		return v.measure.FiguresAgree(a, b, f.threshold), nil
	}
	sizeA, sizeB := v.store.Size(p.A), v.store.Size(p.B)
	reaches := func(member, representative int) bool {
		return v.measure.Directed(int(overlap), member, representative) >= v.threshold
	}
	return (!reaches(sizeA, sizeB) || v.measure.FiguresAgree(a, b, f.threshold)) &&
		(!reaches(sizeB, sizeA) || v.measure.FiguresAgree(b, a, f.threshold)), nil
}

func (f *figures) read(id corpus.ID, buf *[]uint64) ([]uint64, error) {
	if n := f.store.Size(id); cap(*buf) < n {
		*buf = make([]uint64, n+n/2)
	}
	return f.store.Get(id, *buf)
}
