package verify

import (
	"maps"
	"math"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// NoDay is the day of a document whose date is not known.
const NoDay int32 = math.MinInt32

// Window keeps apart documents that are too far apart in time to tell the same
// story. It may be used by many goroutines. A nil Window keeps no pair apart.
type Window struct {
	// Days is the day of each document, by corpus.ID, counted from any one day,
	// or NoDay. Documents beyond its end have none.
	Days []int32
	// Span is the largest number of days between two documents of a pair, 0 or
	// more.
	Span int32
}

// Outside reports whether the days of a and b are both known and differ by more
// than the span.
func (w *Window) Outside(a, b corpus.ID) bool {
	if w == nil {
		return false
	}
	dayA, dayB := w.day(a), w.day(b)
	if dayA == NoDay || dayB == NoDay {
		return false
	}
	apart := int64(dayA) - int64(dayB)
	return max(apart, -apart) > int64(w.Span)
}

func (w *Window) day(id corpus.ID) int32 {
	if uint64(id) >= uint64(len(w.Days)) {
		return NoDay
	}
	return w.Days[id]
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
// Each list has members of two spans of days at most, in the order of members;
// lists come in the order of time. If some member's day is not known, the first
// list is all members. All lists together are at most three times as long as
// members, of which Runs keeps a copy.
func (w *Window) Runs(members []corpus.ID) [][]corpus.ID {
	// Days are cut into cells of one span: two days inside the window are in one
	// cell, or in cells next to each other.
	cells, unknown := map[int64][]int{}, w == nil // positions in members
	for i, id := range members {
		if w == nil || w.day(id) == NoDay {
			unknown = true
			continue
		}
		cell := (int64(w.day(id)) - math.MinInt32) / int64(max(w.Span, 1))
		cells[cell] = append(cells[cell], i)
	}
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
		if len(places) < 2 {
			continue
		}
		slices.Sort(places)
		run := make([]corpus.ID, len(places))
		for i, at := range places {
			run[i] = members[at]
		}
		runs = append(runs, run)
	}
	return runs
}

// Within returns a verifier that does as v and compares no pair outside w.
func (v *Verifier) Within(w *Window) *Verifier {
	narrow := *v
	narrow.window = w
	return &narrow
}
