package verify

import (
	"maps"
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// NoTime is the time of a document whose date is not known.
const NoTime int32 = math.MinInt32

// Window keeps apart documents that are too far apart in time to tell the same
// story. It may be used by many goroutines. A nil Window keeps no pair apart.
type Window struct {
	// Times has the time of each document, by corpus.ID, or NoTime: in any one
	// unit, such as days or minutes, from any one moment. Documents beyond its
	// end have none.
	Times []int32
	// More are the other times of documents that stand for copies of theirs,
	// ascending and distinct. A document is as near to another one as the nearest
	// of their times. Those of a document without a time mean nothing.
	More map[corpus.ID][]int32
	// Span is the largest difference in time within a pair, 0 or more.
	Span int32
}

// Outside reports whether the times of a and b are all known and any two of them
// differ by more than the span.
func (w *Window) Outside(a, b corpus.ID) bool {
	if w == nil {
		return false
	}
	timeA, timeB := w.time(a), w.time(b)
	if timeA == NoTime || timeB == NoTime || w.near(timeA, timeB) {
		return false
	}
	return len(w.More) == 0 || !w.meet(a, b)
}

// near reports whether two times differ by no more than the span.
func (w *Window) near(s, t int32) bool {
	apart := int64(s) - int64(t)
	return max(apart, -apart) <= int64(w.Span)
}

// meet reports whether a time of a is near one of b. Their first ones are not.
func (w *Window) meet(a, b corpus.ID) bool {
	if len(w.More[a]) > len(w.More[b]) {
		a, b = b, a
	}
	if w.touches(b, w.time(a)) {
		return true
	}
	return slices.ContainsFunc(w.More[a], func(t int32) bool { return w.touches(b, t) })
}

// touches reports whether a time of id is near t.
func (w *Window) touches(id corpus.ID, t int32) bool {
	if w.near(w.time(id), t) {
		return true
	}
	more := w.More[id]
	at, _ := slices.BinarySearch(more, t)
	return at < len(more) && w.near(more[at], t) || at > 0 && w.near(more[at-1], t)
}

func (w *Window) time(id corpus.ID) int32 {
	if uint64(id) >= uint64(len(w.Times)) {
		return NoTime
	}
	return w.Times[id]
}

// Filter drops the pairs that are outside, in place, and returns the others in
// their order. A [Verifier] with this window does not compare them anyway: Filter
// is for those who count or keep candidates.
func (w *Window) Filter(pairs []corpus.Pair) []corpus.Pair {
	return slices.DeleteFunc(pairs, func(p corpus.Pair) bool { return w.Outside(p.A, p.B) })
}

// Runs cuts the members of a giant bucket into lists for [Verifier.Chain], which
// compares each member with few others and should not spend them on members that
// are outside. Any two members inside the window are in a list together.
//
// Each list covers less than two spans, in the order of members; lists come in the
// order of time. If some member's time is not known, the first list is all
// members. All lists together are at most three times as long as members have
// times. Runs does not keep members.
func (w *Window) Runs(members []corpus.ID) [][]corpus.ID {
	if w == nil {
		return [][]corpus.ID{slices.Clone(members)}
	}
	cells, unknown := w.cells(members)
	var runs [][]corpus.ID
	if unknown {
		runs = append(runs, slices.Clone(members))
	}
	for _, cell := range slices.Sorted(maps.Keys(cells)) {
		_, after := cells[cell+1]
		if _, before := cells[cell-1]; before && !after {
			continue // all of it is in the run before
		}
		places := slices.Concat(cells[cell], cells[cell+1])
		slices.Sort(places)
		if places = slices.Compact(places); len(places) < 2 {
			continue
		}
		run := make([]corpus.ID, len(places))
		for i, at := range places {
			run[i] = members[at]
		}
		runs = append(runs, run)
	}
	return runs
}

// cells cuts time into cells of one span, so that two times that are near each
// other are in one cell, or in cells side by side. It returns the positions of the
// members in each, and whether some member has no time.
func (w *Window) cells(members []corpus.ID) (cells map[int64][]int, unknown bool) {
	cells = map[int64][]int{}
	for i, id := range members {
		if w.time(id) == NoTime {
			unknown = true
			continue
		}
		for k := range 1 + len(w.More[id]) {
			t := w.time(id)
			if k > 0 {
				t = w.More[id][k-1]
			}
			cell := (int64(t) - math.MinInt32) / int64(max(w.Span, 1))
			if c := cells[cell]; len(c) == 0 || c[len(c)-1] != i {
				cells[cell] = append(c, i)
			}
		}
	}
	return cells, unknown
}

// Within returns a verifier that does as v and compares no pair outside w.
func (v *Verifier) Within(w *Window) *Verifier {
	narrow := *v
	narrow.window = w
	return &narrow
}
