package pipeline

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Window is a time in hours: documents that lie further apart are not compared. 0
// is no window. Dates count to the minute; a date without a time of day is its
// midnight, UTC.
//
// Documents without a usable date are compared with all others, and counted in a
// warning. Copies of one text stay together whatever their dates: an agency's text
// that is printed again months later is the same text. Such a text is as near to
// another one as the nearest of its copies, and is compared with all others if a
// copy has no date.
//
// A cluster may span more than the window: under cover its members are each within
// the window of the document that covers them, so any two are within twice of it;
// under the other methods they are linked in steps of which each is within it.
//
// Of a giant bucket, whose pairs are not all compared, any two members within the
// window are in a run together that is chained; see [verify.Window.Runs].
type Window int64

const (
	hoursADay = 24
	// maxWindow is a hundred years.
	maxWindow Window = 36500 * hoursADay
)

// String returns what ParseWindow reads: whole days where possible, "" for none.
func (w Window) String() string {
	switch {
	case w == 0:
		return ""
	case w%hoursADay == 0:
		return fmt.Sprintf("%dd", w/hoursADay)
	}
	return fmt.Sprintf("%dh", int64(w))
}

// MarshalText writes what String returns.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (w *Window) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*w = 0
		return nil
	}
	*w, err = ParseWindow(string(text))
	return err
}

// ParseWindow reads a whole number of hours, days or weeks, such as 12h, 7d or 2w,
// or of days if no unit follows: one hour to a hundred years.
func ParseWindow(s string) (Window, error) {
	digits, unit := s, Window(hoursADay)
	if s != "" {
		if hours, known := map[byte]Window{'h': 1, 'd': hoursADay, 'w': 7 * hoursADay}[s[len(s)-1]]; known {
			digits, unit = s[:len(s)-1], hours
		}
	}
	// ParseUint takes no sign; a leading zero is no number that people write.
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil || digits[0] == '0' || Window(n) > maxWindow/unit {
		return 0, fmt.Errorf("pipeline: window %q is none, want hours, days or weeks from 1h to %v, for example 12h, 7d or 2w", s, maxWindow)
	}
	return Window(n) * unit, nil
}

// minutes returns the window in the unit of a dateTable.
func (w Window) minutes() int32 { return int32(w * 60) }

// dateTable has the dates of documents, in minutes since 1970: 4 bytes each, and 4
// more for each copy of an earlier text whose date is another one.
type dateTable struct {
	times   []int32               // by ID; NoTime for a text that is compared with all
	more    map[corpus.ID][]int32 // other dates of a leader's copies, in any order
	undated int64
}

func newDateTable() *dateTable { return &dateTable{more: map[corpus.ID][]int32{}} }

// add gives the next document its date, and the leader of its text too.
func (t *dateTable) add(leader corpus.ID, date []byte) {
	at := minuteOf(date)
	if at == verify.NoTime {
		t.undated++
	}
	t.times = append(t.times, at)
	switch of := t.times[leader]; {
	case of == at || of == verify.NoTime:
	case at == verify.NoTime:
		t.times[leader] = at
		delete(t.more, leader)
	default:
		t.more[leader] = append(t.more[leader], at)
	}
}

// window returns the window over the dates, and takes them over.
func (t *dateTable) window(span Window) *verify.Window {
	for leader, times := range t.more {
		slices.Sort(times)
		t.more[leader] = slices.Clip(slices.Compact(times))
	}
	w := &verify.Window{Times: t.times, More: t.more, Span: span.minutes()}
	t.times, t.more = nil, nil
	return w
}

// minuteOf returns a date as minutes since 1970, or NoTime if it cannot be read, or
// is after the year 6052.
func minuteOf(date []byte) int32 {
	micros, ok := cluster.ParseDate(string(date))
	if !ok {
		return verify.NoTime
	}
	const minute = 60e6
	minutes := micros / minute
	if micros%minute < 0 {
		minutes--
	}
	if minutes <= math.MinInt32 || minutes > math.MaxInt32 {
		return verify.NoTime
	}
	return int32(minutes)
}
