package decision

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"
)

var digest = strings.Repeat("0a", 16)

func TestReadNamesTheLineAtFault(t *testing.T) {
	t.Parallel()
	const keep = `{"type":"decision","action":"keep","ids":["a"]}` + "\n"
	const undo = `{"type":"decision","action":"undo","undo":1}` + "\n"
	for text, want := range map[string]string{
		"\n":                    "log:1: no decision",
		"null\n":                `log:1: type ""`,
		keep + "[]\n":           "log:2: no decision",
		keep + "x":              "log:2: the line has no end",
		keep + keep[:20]:        "log:2: the line has no end",
		"{\"type\":\"\xff\"}\n": "log:1: the line is not valid UTF-8",
		`{"type":"decision","action":"merge","ids":["a"]}` + "\n":                                              `action "merge" is unknown`,
		`{"type":"decision","action":"keep"}` + "\n":                                                           "takes one id or more",
		`{"type":"decision","action":"drop","ids":[""]}` + "\n":                                                "an id is empty",
		`{"type":"decision","action":"drop","ids":["a"],"undo":1}` + "\n":                                      "takes one id or more",
		`{"type":"decision","action":"not_duplicate","ids":["a"]}` + "\n":                                      "takes two different ids",
		`{"type":"decision","action":"not_duplicate","ids":["a","a"]}` + "\n":                                  "takes two different ids",
		`{"type":"decision","action":"keep","ids":["a"],"content":["` + digest + `","` + digest + `"]}` + "\n": "2 contents for 1 ids",
		`{"type":"decision","action":"keep","ids":["a"],"content":["` + strings.ToUpper(digest) + `"]}` + "\n": "is no digest",
		`{"type":"decision","action":"keep","ids":["a"],"time":"soon"}` + "\n":                                 "no decision",
		undo:               "log:1: line 1 cannot be undone",
		keep + undo + undo: "log:3: line 1 is undone by line 2 already",
		keep + undo + strings.Replace(undo, "1", "2", 1): "log:3: line 2 is an undo",
		keep + strings.Repeat("x", MaxLine+1) + "\n":     "log:2: a line of more than",
	} {
		if _, err := Read(strings.NewReader(text), "log"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80q: got %v, want an error with %q", text, err, want)
		}
	}
}

// TestAppendIsRead: what is appended is read back, undone events are not in effect, and
// what could not be read is not appended.
func TestAppendIsRead(t *testing.T) {
	t.Parallel()
	events := []Event{
		{Time: time.Unix(0, 0).UTC(), Actor: "<ann>", Action: Keep, IDs: []string{"a\u2028\n", "b"}, Content: []string{"", digest}, Note: "\x1b[1m"},
		{Action: NotDuplicate, IDs: []string{"a", "b"}},
		{Action: Undo, Undo: 1},
		{Action: Drop, IDs: []string{"a"}},
	}
	log, text := &Log{}, []byte(nil)
	for i, e := range events {
		line, err := e.Append(nil, log)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, line...)
		if log, err = Read(bytes.NewReader(text), "log"); err != nil {
			t.Fatal(err)
		}
		events[i].Type, events[i].Line = "decision", i+1
	}
	if !reflect.DeepEqual(log.Events, events) {
		t.Errorf("got  %+v\nwant %+v", log.Events, events)
	}
	if got := log.Effective(); len(got) != 2 || got[0].Line != 2 || got[1].Line != 4 {
		t.Errorf("in effect are %+v", got)
	}
	for _, bad := range []Event{{Action: Undo, Undo: 1}, {Action: Undo, Undo: 3}, {Action: Undo, Undo: 5}, {Action: Keep}, {Action: Keep, IDs: []string{strings.Repeat("x", MaxLine)}}} {
		if line, err := bad.Append(nil, log); err == nil {
			t.Errorf("%+v was made to %.80q", bad, line)
		}
	}
}

// FuzzRead: no log makes Read panic, what it accepts it accepts again as Append writes
// it, and a log cut anywhere inside a line is refused.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"type":"decision","time":"2026-01-02T15:04:05Z","actor":"a","action":"keep","ids":["x"],"content":["` + digest + `"]}` + "\n" + `{"type":"decision","action":"undo","undo":1}` + "\n"))
	f.Add([]byte(`{"type":"decision","action":"not_duplicate","ids":["x","y"],"note":"n"}` + "\n"))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		log, err := Read(bytes.NewReader(text), "log")
		if err != nil {
			return
		}
		var again []byte
		before := &Log{}
		for _, e := range log.Events {
			line, err := e.Append(nil, before)
			if err != nil {
				if e.Time.Year() < 0 || e.Time.Year() > 9999 || strings.Contains(err.Error(), "longer than") {
					return
				}
				t.Fatalf("%+v was read and cannot be appended: %v", e, err)
			}
			again = append(again, line...)
			before.Events = append(before.Events, e)
		}
		other, err := Read(bytes.NewReader(again), "log")
		if err != nil || len(other.Events) != len(log.Events) {
			t.Fatalf("%q: read again: %v", again, err)
		}
		if len(text) > 0 {
			if _, err := Read(bytes.NewReader(text[:len(text)-1]), "log"); err == nil && len(text) > 1 && text[len(text)-2] != '\n' {
				t.Errorf("%q cut by its last byte is read", text)
			}
		}
	})
}
