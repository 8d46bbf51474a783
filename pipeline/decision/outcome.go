package decision

import (
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/shingle"
)

// Documents are those of a run, about which people decide.
type Documents struct {
	// Catalog has the names of all.
	Catalog *corpus.Catalog
	// Leader is, by ID, the first document with the same text, and Empty tells which
	// have no letter or number.
	Leader []corpus.ID
	Empty  []bool
	// References is the first of the reference documents: all behind it are such.
	References corpus.ID
	// Contents yields the digests of the texts of all documents, by ID; zero for a
	// copy, and for a document without a letter or number.
	Contents iter.Seq2[shingle.Digest, error]
	// Compare orders documents by the keep policy, the best first.
	Compare func(a, b corpus.ID) int
}

// Outcome is what a log comes to for the documents of a run.
type Outcome struct {
	// Dropped and Kept are by document; Apart has pairs of leaders.
	Dropped, Kept []bool
	Apart         map[corpus.Pair]bool
	// Elsewhere counts texts of the log that the run does not have.
	Elsewhere int64
}

// Apply finds what a log is about. Of several events about a document the last
// counts. An event that cannot hold is an error that names its line; one about a text
// that is not here is counted. It takes a map entry for each text the log names, and two
// bytes a document.
func (d *Documents) Apply(log *Log) (*Outcome, error) {
	events := log.Effective()
	leaders, err := d.leadersOf(events)
	if err != nil {
		return nil, err
	}
	s := &search{Documents: d, leaders: leaders, copies: map[corpus.ID][]corpus.ID{}}
	for _, leader := range leaders {
		s.copies[leader] = nil
	}
	for i, leader := range d.Leader {
		if list, wanted := s.copies[leader]; wanted {
			s.copies[leader] = append(list, corpus.ID(i))
		}
	}
	out := d.undecided()
	for i := range events {
		if err := s.apply(&events[i], out); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", log.Name, events[i].Line, err)
		}
	}
	return out, nil
}

// Check tells whether an event can be applied alone, by its ids.
func (d *Documents) Check(e Event) error {
	e.Content = nil // which would forgive an id that is not here
	return (&search{Documents: d}).apply(&e, d.undecided())
}

// undecided is what no event comes to.
func (d *Documents) undecided() *Outcome {
	n := len(d.Leader)
	return &Outcome{Dropped: make([]bool, n), Kept: make([]bool, n), Apart: map[corpus.Pair]bool{}}
}

// leadersOf returns the first documents with the contents that events name.
func (d *Documents) leadersOf(events []Event) (map[string]corpus.ID, error) {
	wanted := map[shingle.Digest]string{}
	for i := range events {
		for _, text := range events[i].Content {
			var c shingle.Digest
			if n, err := hex.Decode(c[:], []byte(text)); err == nil && n == len(c) {
				wanted[c] = text
			}
		}
	}
	found := map[string]corpus.ID{}
	id := corpus.ID(0)
	for c, err := range d.Contents {
		if err != nil {
			return nil, err
		}
		if text, ok := wanted[c]; ok && c != (shingle.Digest{}) {
			if first, before := found[text]; before {
				return nil, fmt.Errorf("decision: the texts of documents %q and %q differ, and have one digest, %s, by which decisions name a text: somebody must have made them so; "+
					"run with --seed random, and decide of that run", d.Catalog.Key(first), d.Catalog.Key(id), text)
			}
			found[text] = id
		}
		id++
	}
	return found, nil
}

// search finds the documents that events are about.
type search struct {
	*Documents
	leaders map[string]corpus.ID      // by content
	copies  map[corpus.ID][]corpus.ID // of those leaders, themselves among them
}

// apply brings an event into out.
func (s *search) apply(e *Event, out *Outcome) error {
	var leaders []corpus.ID
	for i := range e.IDs {
		docs, err := s.named(e, i)
		if err != nil {
			return err
		}
		if len(docs) == 0 {
			out.Elsewhere++
			continue
		}
		leaders = append(leaders, s.Leader[docs[0]])
		for _, id := range docs {
			if e.Action == NotDuplicate || s.isReference(id) {
				continue
			}
			out.Dropped[id], out.Kept[id] = e.Action == Drop, e.Action == Keep
		}
	}
	if e.Action != NotDuplicate || len(leaders) < 2 {
		return nil
	}
	if leaders[0] == leaders[1] {
		return fmt.Errorf("documents %q and %q have the same text, and copies are always duplicates: decide to keep them instead", e.IDs[0], e.IDs[1])
	}
	out.Apart[corpus.Pair{A: min(leaders[0], leaders[1]), B: max(leaders[0], leaders[1])}] = true
	return nil
}

// named returns the documents that place i of an event names: by content, or else by
// id. None are returned for a text that is not here.
func (s *search) named(e *Event, i int) ([]corpus.ID, error) {
	id, known := s.Catalog.Find(e.IDs[i])
	if err := s.Catalog.Err(); err != nil {
		return nil, err
	}
	if len(e.Content) > 0 && e.Content[i] != "" {
		leader, here := s.leaders[e.Content[i]]
		if !here {
			return nil, nil
		}
		return s.withText(leader, e.Action, id, known), nil
	}
	switch {
	case !known:
		return nil, fmt.Errorf("document %q is not in the run, and the decision has no content by which to find it", e.IDs[i])
	case e.Action != NotDuplicate && s.isReference(id):
		return nil, fmt.Errorf("document %q is a reference, of which nothing can be decided", e.IDs[i])
	case e.Action == Drop && s.Empty[id]:
		return nil, fmt.Errorf("document %q has no letter or number, and such documents always stay", e.IDs[i])
	}
	return []corpus.ID{id}, nil
}

// withText returns the documents with the text of leader that an action is about: all
// to be dropped, and to be kept the one with the id, if it is known and has the text, or
// the best of them.
func (s *search) withText(leader corpus.ID, action Action, id corpus.ID, known bool) []corpus.ID {
	switch {
	case action == Drop:
		return s.copies[leader]
	case known && s.Leader[id] == leader:
		return []corpus.ID{id}
	}
	return []corpus.ID{slices.MinFunc(s.copies[leader], s.Compare)}
}

func (d *Documents) isReference(id corpus.ID) bool { return id >= d.References }
