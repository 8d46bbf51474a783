package verify

import (
	"context"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// MaxRepresentatives is the number of members of a giant bucket that each other
// member is compared with at most.
const MaxRepresentatives = 32

// ChainStats says what [Verifier.Chain] did with one giant bucket.
type ChainStats struct {
	// Members is the number of documents in the bucket.
	Members int
	// Representatives is the number of them that others were compared with.
	Representatives int
	// Compared is the number of pairs decided: at most Members x
	// MaxRepresentatives.
	Compared int
	// Verified is the number of pairs found similar.
	Verified int
	// Unmatched is the number of members that resemble no representative and
	// found no free place to become one. They were not compared with each
	// other; if any pair is missed for the sake of linear time, it is theirs
	// or that of two members of one representative.
	Unmatched int
}

// Chain verifies a bucket too large for all its pairs. It walks members in the
// given order, best to keep first, and compares each with the representatives
// found so far: every similar one makes a verified pair, appended to dst. A
// member that none of them covers becomes a representative, until there are
// [MaxRepresentatives]. The result depends on the order of members alone.
//
// Members are distinct. Chain keeps neither slice. Its errors are those of
// reading spilled sets and of ctx.
func (v *Verifier) Chain(ctx context.Context, members []corpus.ID, dst []Scored, s *Scratch) ([]Scored, ChainStats, error) {
	st := ChainStats{Members: len(members)}
	reps := chainReps{stats: &st, scratch: s}
	for i, m := range members {
		if i%256 == 0 && ctx.Err() != nil {
			return dst, st, context.Cause(ctx)
		}
		// The set is read to where it stays if it becomes a representative's.
		buf := &s.b
		if reps.n < MaxRepresentatives {
			buf = &s.reps[reps.n]
		}
		set, err := v.read(m, buf)
		if err != nil {
			return dst, st, err
		}
		var covered, linked bool
		dst, covered, linked, err = v.link(m, set, &reps, dst)
		if err != nil {
			return dst, st, err
		}
		switch {
		case covered:
		case reps.n < MaxRepresentatives:
			reps.ids[reps.n], reps.sets[reps.n] = m, set
			reps.n++
		case !linked:
			st.Unmatched++
		}
	}
	st.Representatives = reps.n
	return dst, st, nil
}

// chainReps are the representatives of a giant bucket, in the order found.
type chainReps struct {
	n    int
	ids  [MaxRepresentatives]corpus.ID
	sets [MaxRepresentatives][]uint64

	stats   *ChainStats
	scratch *Scratch
}

// link appends to dst the pairs of m with every representative that it is
// similar to, and tells whether there are any, and whether one of them covers m.
// All are linked, because a representative may itself be covered from another
// bucket: its members then need another one.
func (v *Verifier) link(m corpus.ID, set []uint64, reps *chainReps, dst []Scored) (_ []Scored, covered, linked bool, err error) {
	for i, rep := range reps.ids[:reps.n] {
		if v.window != nil && v.window.Outside(m, rep) {
			continue
		}
		reps.stats.Compared++
		need, possible := v.needed(m, rep)
		if !possible {
			continue
		}
		overlap, ok := v.compare(set, reps.sets[i], need)
		if !ok {
			continue
		}
		pair := corpus.MakePair(m, rep)
		if ok, err = v.agree(pair, overlap, reps.scratch); err != nil {
			return dst, covered, linked, err
		}
		if ok {
			linked = true
			covered = covered || v.measure.Directed(int(overlap), len(set), len(reps.sets[i])) >= v.threshold
			if !v.sides.Same(m, rep) {
				reps.stats.Verified++
				dst = append(dst, Scored{pair, overlap})
			}
		}
	}
	return dst, covered, linked, nil
}
