package decision

import (
	"cmp"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// someDocuments are a, its copies b and c of which c is the best, d of another text, e
// without a word, and the reference r. content has the digests of a and d.
func someDocuments(t *testing.T) (d *Documents, content map[string]string) {
	t.Helper()
	names := corpus.NewCatalog(1<<20, t.TempDir())
	t.Cleanup(func() {
		if err := names.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, key := range []string{"a", "b", "c", "d", "e", "r"} {
		if _, err := names.Add(0, &corpus.Document{Key: []byte(key)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	digests := []shingle.Digest{{1}, {}, {}, {2}, {}, {3}}
	return &Documents{Catalog: names, Leader: []corpus.ID{0, 0, 0, 3, 4, 5}, Empty: []bool{4: true, 5: false}, References: 5,
		Contents: func(yield func(shingle.Digest, error) bool) {
			for _, c := range digests {
				if !yield(c, nil) {
					return
				}
			}
		},
		Compare: func(a, b corpus.ID) int { return cmp.Compare(b, a) },
	}, map[string]string{"a": "01" + strings.Repeat("0", 30), "d": "02" + strings.Repeat("0", 30), "r": "03" + strings.Repeat("0", 30), "": strings.Repeat("f", 32)}
}

func logOf(events ...Event) *Log {
	for i := range events {
		events[i].Line = i + 1
	}
	return &Log{Name: "log", Events: events}
}

// TestApplyFindsDocuments: an event is about the documents that its ids, and before
// them its contents, name.
func TestApplyFindsDocuments(t *testing.T) {
	t.Parallel()
	d, content := someDocuments(t)
	for _, tt := range []struct {
		name          string
		events        []Event
		dropped, kept string
		apart         []corpus.Pair
		elsewhere     int64
	}{
		{name: "by id", events: []Event{{Action: Drop, IDs: []string{"b", "d"}}}, dropped: "bd"},
		{name: "the last counts", events: []Event{{Action: Drop, IDs: []string{"b"}}, {Action: Keep, IDs: []string{"b"}}}, kept: "b"},
		{name: "undone", events: []Event{{Action: Drop, IDs: []string{"b"}}, {Action: Undo, Undo: 1}}},
		{name: "drop a text", events: []Event{{Action: Drop, IDs: []string{"elsewhere"}, Content: []string{content["a"]}}}, dropped: "abc"},
		{name: "keep a text by an id of it", events: []Event{{Action: Keep, IDs: []string{"b"}, Content: []string{content["a"]}}}, kept: "b"},
		{name: "keep a text by the best of it", events: []Event{{Action: Keep, IDs: []string{"d"}, Content: []string{content["a"]}}}, kept: "c"},
		{name: "a text that is not here", events: []Event{{Action: Keep, IDs: []string{"a"}, Content: []string{content[""]}}}, elsewhere: 1},
		{name: "a text of a reference", events: []Event{{Action: Drop, IDs: []string{"r"}, Content: []string{content["r"]}}}},
		{name: "apart", events: []Event{{Action: NotDuplicate, IDs: []string{"d", "b"}}}, apart: []corpus.Pair{{A: 0, B: 3}}},
		{name: "apart from what is not here", events: []Event{{Action: NotDuplicate, IDs: []string{"d", "x"}, Content: []string{"", content[""]}}}, elsewhere: 1},
	} {
		got, err := d.Apply(logOf(tt.events...))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		want := d.undecided()
		want.Elsewhere = tt.elsewhere
		for id := range corpus.ID(6) {
			want.Dropped[id] = strings.Contains(tt.dropped, d.Catalog.Key(id))
			want.Kept[id] = strings.Contains(tt.kept, d.Catalog.Key(id))
		}
		for _, p := range tt.apart {
			want.Apart[p] = true
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, want)
		}
	}
}

// TestApplyRefuses: what cannot hold is named with its line, and alone it is refused too.
func TestApplyRefuses(t *testing.T) {
	t.Parallel()
	d, content := someDocuments(t)
	for _, tt := range []struct {
		event Event
		want  string
	}{
		{Event{Action: Keep, IDs: []string{"x"}}, `document "x" is not in the run`},
		{Event{Action: Drop, IDs: []string{"e"}}, `document "e" has no letter or number`},
		{Event{Action: Keep, IDs: []string{"r"}}, `document "r" is a reference`},
		{Event{Action: NotDuplicate, IDs: []string{"a", "c"}}, `documents "a" and "c" have the same text`},
	} {
		if _, err := d.Apply(logOf(Event{Action: Keep, IDs: []string{"a"}}, tt.event)); err == nil || !strings.HasPrefix(err.Error(), "log:2: "+tt.want) {
			t.Errorf("%+v: got %v, want log:2: %s", tt.event, err, tt.want)
		}
		if err := d.Check(tt.event); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%+v alone: got %v, want %s", tt.event, err, tt.want)
		}
	}
	if err := d.Check(Event{Action: Keep, IDs: []string{"x"}, Content: []string{content["a"]}}); err == nil {
		t.Error("an id that is not here is forgiven for its content")
	}
	if err := d.Check(Event{Action: NotDuplicate, IDs: []string{"a", "r"}}); err != nil {
		t.Errorf("a pair with a reference: %v", err)
	}
}

// TestApplyTellsOfDigestsThatMeet: decisions name texts by digests, so two texts of one
// are an error, as is a digest that cannot be read.
func TestApplyTellsOfDigestsThatMeet(t *testing.T) {
	t.Parallel()
	d, content := someDocuments(t)
	log := logOf(Event{Action: Keep, IDs: []string{"a"}, Content: []string{content["a"]}})
	d.Contents = func(yield func(shingle.Digest, error) bool) {
		for range 2 {
			if !yield(shingle.Digest{1}, nil) {
				return
			}
		}
	}
	if _, err := d.Apply(log); err == nil || !strings.Contains(err.Error(), `documents "a" and "b" differ, and have one digest`) {
		t.Errorf("two texts of one digest: %v", err)
	}
	lost := errors.New("lost")
	d.Contents = func(yield func(shingle.Digest, error) bool) { yield(shingle.Digest{}, lost) }
	if _, err := d.Apply(log); !errors.Is(err, lost) {
		t.Errorf("got %v, want %v", err, lost)
	}
}
