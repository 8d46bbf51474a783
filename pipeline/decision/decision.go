// Package decision reads and makes what people have decided about documents: an
// append-only log of events, one JSON object a line.
//
//	{"type":"decision","time":"2026-01-02T15:04:05Z","actor":"ann","action":"keep","ids":["doc-7"],"content":["0a…"],"note":"the original"}
//	{"type":"decision","time":"2026-01-02T15:06:00Z","actor":"ann","action":"undo","undo":1}
//
// # In and out
//
// In goes a log; [Read] yields its events in order, and fails at the first line that
// is none. [Event.Append] makes the line of one event. [Documents.Apply] finds which
// documents of a run a log is about. What becomes of their clusters, and how to append
// safely, is elsewhere (packages pipeline and runfolder).
//
// # What an event means
//
// Keep: the document stays, whatever covers it. Drop: it goes, although nothing may
// cover it. Not duplicate: the pair does not count, as if it had never been found.
// Undo takes back an earlier event, named by its line in the same log, counted from
// 1. Of several about one document the last counts.
//
// Content names texts by the digest of what they are once normalised, so that an event
// holds for another run, in which ids or clusters differ.
//
// # Concurrency and memory
//
// All of it is functions over their arguments. A log is held in memory as a whole.
package decision

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
)

// Action is what was decided. Persisted by name.
type Action string

// The actions.
const (
	Keep         Action = "keep"
	Drop         Action = "drop"
	NotDuplicate Action = "not_duplicate"
	Undo         Action = "undo"
)

// Event is a line of a log.
type Event struct {
	Type string `json:"type"` // "decision"
	// Time and Actor say when and by whom; nothing hangs on them.
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"`
	Action Action    `json:"action"`
	// IDs are the documents, as reports name them: one or more, two for NotDuplicate,
	// none for Undo.
	IDs []string `json:"ids,omitempty"`
	// Content has the digest of each document's normalised text, 32 hexadecimal
	// digits, "" where none is known; or it is empty.
	Content []string `json:"content,omitempty"`
	// Undo is the line, from 1, of the event that is taken back.
	Undo int    `json:"undo,omitempty"`
	Note string `json:"note,omitempty"`

	// Line is where the event is in its log, from 1.
	Line int `json:"-"`
}

const eventType = "decision"

// MaxLine is the largest line that is read, in bytes.
const MaxLine = 1 << 20

// Log is a log that was read.
type Log struct {
	// Name is the file, for errors.
	Name string
	// Events are all of its lines, undone ones and undos too.
	Events []Event
	// Text is what was read, and Digest the xxh3-128 of it, 32 hexadecimal digits.
	Text   []byte
	Digest string
}

// Read reads a log to its end. The error names the line at fault as name:line.
func Read(r io.Reader, name string) (*Log, error) {
	in := bufio.NewReaderSize(r, 1<<16)
	log, undone := &Log{Name: name}, map[int]int{}
	var line []byte
	for n := 1; ; n++ {
		var err error
		if line, err = readLine(in, line[:0]); errors.Is(err, io.EOF) {
			break
		}
		var e Event
		if err == nil {
			log.Text = append(log.Text, line...)
			e, err = parse(line)
		}
		if err == nil {
			err = e.checkUndo(log.Events, undone, n)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		e.Line = n
		log.Events = append(log.Events, e)
	}
	digest := xxh3.Hash128(log.Text).Bytes()
	log.Digest = hex.EncodeToString(digest[:])
	return log, nil
}

// readLine appends a line with its end.
func readLine(in *bufio.Reader, line []byte) ([]byte, error) {
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > MaxLine:
			return nil, fmt.Errorf("a line of more than %d bytes is no decision", MaxLine)
		case err == nil:
			return line, nil
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, errors.New("the line has no end: it was cut short, remove it")
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// parse reads one line.
func parse(line []byte) (Event, error) {
	var e Event
	if !utf8.Valid(line) {
		return e, errors.New("the line is not valid UTF-8")
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return e, fmt.Errorf("no decision: %w", err)
	}
	return e, e.check()
}

// check looks at all that a single event shows.
func (e *Event) check() error {
	wants := map[Action]string{Keep: "one id or more", Drop: "one id or more", NotDuplicate: "two different ids", Undo: "no ids, and the line that is undone"}
	want, known := wants[e.Action]
	switch {
	case e.Type != eventType:
		return fmt.Errorf("type %q is not %q", e.Type, eventType)
	case !known:
		return fmt.Errorf("action %q is unknown, want keep, drop, not_duplicate or undo", e.Action)
	case e.Action == Undo && (len(e.IDs) > 0 || len(e.Content) > 0 || e.Undo < 1),
		e.Action != Undo && (len(e.IDs) == 0 || e.Undo != 0),
		e.Action == NotDuplicate && (len(e.IDs) != 2 || e.IDs[0] == e.IDs[1]):
		return fmt.Errorf("action %s with %d ids and undo %d: it takes %s", e.Action, len(e.IDs), e.Undo, want)
	case len(e.Content) > 0 && len(e.Content) != len(e.IDs):
		return fmt.Errorf("%d contents for %d ids", len(e.Content), len(e.IDs))
	}
	for _, id := range e.IDs {
		if id == "" {
			return errors.New("an id is empty")
		}
	}
	for _, c := range e.Content {
		if c != "" && (len(c) != 32 || strings.Trim(c, "0123456789abcdef") != "") {
			return fmt.Errorf("content %.60q is no digest, want 32 hexadecimal digits", c)
		}
	}
	return nil
}

// checkUndo holds an undo against the events before it.
func (e *Event) checkUndo(before []Event, undone map[int]int, line int) error {
	switch {
	case e.Action != Undo:
		return nil
	case e.Undo >= line:
		return fmt.Errorf("line %d cannot be undone, only one before", e.Undo)
	case before[e.Undo-1].Action == Undo:
		return fmt.Errorf("line %d is an undo, which cannot be undone: decide again", e.Undo)
	case undone[e.Undo] > 0:
		return fmt.Errorf("line %d is undone by line %d already", e.Undo, undone[e.Undo])
	}
	undone[e.Undo] = line
	return nil
}

// Effective returns the events that hold, in order: neither undos nor what they take
// back.
func (l *Log) Effective() []Event {
	undone := l.undone()
	var out []Event
	for _, e := range l.Events {
		if e.Action != Undo && undone[e.Line] == 0 {
			out = append(out, e)
		}
	}
	return out
}

// undone maps the lines that are undone to those that do it.
func (l *Log) undone() map[int]int {
	undone := map[int]int{}
	for i := range l.Events {
		if e := &l.Events[i]; e.Action == Undo {
			undone[e.Undo] = e.Line
		}
	}
	return undone
}

// Append appends the event as a line with its end, if it could come after a log.
func (e Event) Append(dst []byte, after *Log) ([]byte, error) {
	e.Type = eventType
	if err := e.check(); err != nil {
		return dst, fmt.Errorf("decision: %w", err)
	}
	if err := e.checkUndo(after.Events, after.undone(), len(after.Events)+1); err != nil {
		return dst, fmt.Errorf("decision: %w", err)
	}
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return dst, fmt.Errorf("decision: %w", err)
	}
	if line.Len() > MaxLine {
		return dst, fmt.Errorf("decision: a line of %d bytes is longer than %d: decide in parts", line.Len(), MaxLine)
	}
	return append(dst, line.Bytes()...), nil
}
