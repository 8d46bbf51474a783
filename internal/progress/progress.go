// Package progress draws one line on a terminal that says how far a long run has
// come, how fast it goes and when it will end:
//
//	reading  12,345 documents  1.2 GiB of 3.4 GiB  35%  123.4 MiB/s  eta 18s
//
// A [Line] is told of work by [Line.Add], from any number of goroutines and as
// often as a batch is done. There is no goroutine of its own: the line is drawn
// again by the first Add after a fifth of a second. Adding costs two atomic
// additions and a look at the clock.
//
// A run has stages; each counts from zero. A rate is the mean of its stage, and
// the remaining time follows from it, since documents and files of one corpus
// are much alike; figures of the last second jump about without being truer.
//
// Whether to draw is the caller's knowledge: a nil *Line does nothing at all,
// which is what a run without a terminal uses. Other output to the same terminal
// (a log, say) goes through [Line.Write], which takes the line away first.
//
// A line takes no memory worth counting, and errors of the terminal are ignored:
// no run may fail because nobody can watch it.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doppel-dedup/doppel/internal/quantity"
)

// Stage is a part of a run. Name is for the reader ("verifying"), as are Unit and
// One, a unit's name ("pairs", "pair"). Total counts units and TotalBytes bytes; the first of TotalBytes and
// Total that is above 0 gives the share done and the time left, and with
// neither, both are left out.
type Stage struct {
	Name, Unit, One   string
	Total, TotalBytes int64
}

// Line is one line of progress. A nil *Line is silent.
type Line struct {
	w     io.Writer
	width int
	now   func() time.Time

	units, bytes atomic.Int64

	mu        sync.Mutex // guards what is below, and w
	stage     Stage
	begin     time.Time
	nextDraw  time.Duration // since begin
	isDrawn   bool
	isStopped bool
}

// interval is the least time between two drawings.
const interval = 200 * time.Millisecond

// eraseLine takes the cursor to the start of the line and erases it (ECMA-48 EL).
const eraseLine = "\r\x1b[K"

// New returns a line of at most width columns (0 is 80) on terminal w. now is
// the clock, nil for time.Now.
func New(w io.Writer, width int, now func() time.Time) *Line {
	if width <= 0 {
		width = 80
	}
	if now == nil {
		now = time.Now
	}
	return &Line{w: w, width: width, now: now, begin: now()}
}

// Start begins a stage with all counts at 0 and draws it. Adds of the stage
// before must have returned.
func (l *Line) Start(s Stage) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stage, l.begin = s, l.now()
	l.units.Store(0)
	l.bytes.Store(0)
	l.nextDraw = interval
	l.draw(0)
}

// Add counts work done and draws the line if it is time to.
func (l *Line) Add(units, bytes int64) {
	if l == nil {
		return
	}
	l.units.Add(units)
	l.bytes.Add(bytes)
	// Only who finds the lock free draws: others have better things to do
	// than to wait for a terminal.
	if !l.mu.TryLock() {
		return
	}
	defer l.mu.Unlock()
	if elapsed := l.now().Sub(l.begin); elapsed >= l.nextDraw {
		l.nextDraw = elapsed + interval
		l.draw(elapsed)
	}
}

// Write writes p to the terminal in place of the line, which comes back with
// the next drawing. p should end with a line feed. A nil *Line cannot be
// written to.
func (l *Line) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	return l.w.Write(p)
}

// Stop erases the line. Nothing is drawn afterwards. It may be called more than
// once.
func (l *Line) Stop() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	l.isStopped = true
}

func (l *Line) erase() {
	if l.isDrawn {
		io.WriteString(l.w, eraseLine)
		l.isDrawn = false
	}
}

func (l *Line) draw(elapsed time.Duration) {
	if l.isStopped || l.stage.Name == "" {
		return
	}
	text := l.stage.text(l.units.Load(), l.bytes.Load(), elapsed)
	// The last column stays empty: some terminals wrap when it is written.
	if r := []rune(text); len(r) > l.width-1 {
		text = string(r[:l.width-1])
	}
	io.WriteString(l.w, eraseLine+text)
	l.isDrawn = true
}

// text says how far the stage has come.
func (s Stage) text(units, bytes int64, elapsed time.Duration) string {
	parts := []string{s.Name}
	if s.Unit != "" {
		parts = append(parts, s.unitsText(units))
	}
	if bytes > 0 || s.TotalBytes > 0 {
		parts = append(parts, bytesText(bytes, s.TotalBytes))
	}
	done, total := bytes, s.TotalBytes
	if total <= 0 {
		done, total = units, s.Total
	}
	if total > 0 {
		parts = append(parts, fmt.Sprintf("%d%%", share(done, total)))
	}
	if seconds := elapsed.Seconds(); seconds > 0 {
		parts = append(parts, s.rateText(units, bytes, seconds))
		if 0 < done && done < total {
			left := time.Duration(float64(elapsed) / float64(done) * float64(total-done))
			parts = append(parts, "eta "+durationText(left))
		}
	}
	return strings.Join(parts, "  ")
}

// share is done of total in whole per cent, rounded down so that 100 means all,
// and 100 too when more came than was announced.
func share(done, total int64) int {
	return int(float64(min(done, total)) / float64(total) * 100)
}

func (s Stage) unitsText(units int64) string {
	if s.Total > 0 {
		return quantity.Number(units) + " of " + quantity.Of(s.Total, s.One, s.Unit)
	}
	return quantity.Of(units, s.One, s.Unit)
}

func (s Stage) rateText(units, bytes int64, seconds float64) string {
	if bytes > 0 {
		return byteSize(int64(float64(bytes)/seconds)) + "/s"
	}
	return quantity.Number(int64(float64(units)/seconds)) + "/s"
}

func bytesText(bytes, total int64) string {
	if total > 0 {
		return byteSize(bytes) + " of " + byteSize(total)
	}
	return byteSize(bytes)
}

// durationText gives two units at most: 8s, 3m20s, 2h05m.
func durationText(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	switch {
	case s < 60:
		return fmt.Sprintf("%ds", s)
	case s < 3600:
		return fmt.Sprintf("%dm%02ds", s/60, s%60)
	}
	return fmt.Sprintf("%dh%02dm", s/3600, s/60%60)
}

// byteSize returns n bytes in the binary unit that leaves 1 to 1023, with one
// decimal from KiB on.
func byteSize(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v := float64(n)
	for _, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		// 1023.95 would print as 1024.0.
		if v /= 1 << 10; v < 1023.95 {
			return fmt.Sprintf("%.1f %s", v, unit)
		}
	}
	return fmt.Sprintf("%.1f PiB", v/(1<<10))
}
