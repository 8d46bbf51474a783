package sets

import "math/bits"

// MatchBlock is about how many values of a set one call of Match passes.
const MatchBlock = 256

// matchRoom is the room for the matches of one call: a step that is begun is ended,
// and those of a vector are stored at once, whatever their number.
const matchRoom = MatchBlock + 3*mergeSteps

// Matches says where two sets hold equal values: A[k] and B[k] are the places of
// one that both have.
type Matches struct{ A, B [matchRoom]uint32 }

// Left is what Match has left of two sets: places from FrontA up to, not with,
// EndA in the first, and likewise in the second.
type Left struct{ FrontA, EndA, FrontB, EndB int }

// Empty reports whether nothing is left of one set.
func (l Left) Empty() bool { return l.FrontA == l.EndA || l.FrontB == l.EndB }

// Match walks over a and b, notes in m where they hold equal values, in any order,
// and returns how many it has found and what it has left of the sets. Both are
// sorted, distinct and of less than 2^32 values.
//
// It ends when it has passed some MatchBlock values of a, or of the smaller set where
// that is far smaller, so that a caller may look at what was found, or when nothing
// is left of a set. It takes values off the front and, in some versions, off the end. What it has taken off has
// no equal in what is left of the other set; what is left may have an equal that was
// taken off, which is noted then.
func Match(a, b []uint64, m *Matches) (n int, left Left) {
	left = Left{0, len(a), 0, len(b)}
	short, long := min(len(a), len(b)), max(len(a), len(b))
	if least := matchLeast(); short >= least && long/gallopRatio() < short {
		n, left = matchSteps(a, b, m)
		if min(left.EndA-left.FrontA, left.EndB-left.FrontB) >= least {
			return n, left
		}
	}
	return matchFew(a, b, m, n, left)
}

// mergeSteps is the number of steps that a merge takes before it looks up what it
// has found: one for each bit of a word.
const mergeSteps = 64

// mergeMatches is Match for sets of which two values or more are left. As merge, it
// goes from both ends at once without a branch on the data. It only notes, in a bit
// for each step, which set went on; where both did, there is a match.
func mergeMatches(a, b []uint64, m *Matches) (n int, left Left) {
	i, j, p, q := 0, 0, len(a)-1, len(b)-1
	for i+len(a)-1-p < MatchBlock {
		// A step takes at most two values of each set, one at either end.
		steps := min((p-i+1)/2, (q-j+1)/2, mergeSteps)
		if steps == 0 {
			break
		}
		var frontA, frontB, backA, backB uint64
		for range steps {
			x, y, z, u := a[i], b[j], a[p], b[q]
			le, ge := one(x <= y), one(y <= x)
			i += le
			j += ge
			frontA = frontA*2 + uint64(le)
			frontB = frontB*2 + uint64(ge)
			le, ge = one(z >= u), one(u >= z)
			p -= le
			q -= ge
			backA = backA*2 + uint64(le)
			backB = backB*2 + uint64(ge)
		}
		for both := frontA & frontB; both != 0; both &= both - 1 {
			later := both ^ (both - 1)
			m.A[n], m.B[n] = uint32(i-bits.OnesCount64(frontA&later)), uint32(j-bits.OnesCount64(frontB&later))
			n++
		}
		for both := backA & backB; both != 0; both &= both - 1 {
			later := both ^ (both - 1)
			m.A[n], m.B[n] = uint32(p+bits.OnesCount64(backA&later)), uint32(q+bits.OnesCount64(backB&later))
			n++
		}
	}
	return n, Left{i, p + 1, j, q + 1}
}

// matchFew goes on with what is left of the sets, where one has few values, or far
// fewer than the other: each is looked for there.
func matchFew(a, b []uint64, m *Matches, n int, left Left) (int, Left) {
	fromA, fromB := &left.FrontA, &left.FrontB
	few, many, inFew, inMany := a[:left.EndA], b[:left.EndB], &m.A, &m.B
	if left.EndA-left.FrontA > left.EndB-left.FrontB {
		fromA, fromB = fromB, fromA
		few, many, inFew, inMany = many, few, inMany, inFew
	}
	i, j := *fromA, *fromB
	for end := min(len(few), i+MatchBlock); i < end; i++ {
		if j += seek(many[j:], few[i]); j == len(many) {
			break
		}
		if many[j] == few[i] {
			inFew[n], inMany[n] = uint32(i), uint32(j)
			n++
		}
	}
	*fromA, *fromB = i, j
	return n, left
}
