package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/snapshot"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// SavedRun is a run that was saved and can be clustered again. It is for one
// goroutine.
type SavedRun struct {
	dir      string
	options  SavedOptions
	applied  []*Applied // which are closed with it
	from     *snapshot.Reader
	identity Identity
	keep     cluster.KeepPolicy

	// What follows is read when it is first needed.
	loaded  bool
	catalog *corpus.Catalog
	documents
	sizes []uint32 // shingles

	keepContents bool
	contents     []shingle.Digest // of leaders; zero for others; nil unless asked for
	fields       *fieldStore
	files        []corpus.ID // first document of each input
	sources      *sourceTable
	edges        []verify.Scored
	// Where figures count, how many a document has, and the documents of an edge
	// share.
	figures []uint32
	shared  []uint32
}

// SavedOptions says how a saved run is read. The zero value of every field is its
// documented default.
type SavedOptions struct {
	// Memory is the budget in bytes, as Options.Memory; names go to Temp beyond
	// their share of it. Default: 60% of the machine's or the cgroup's memory.
	Memory int64
	// Temp is the folder for temporary files. Default: the system's.
	Temp string
	// Contents reads what [SavedRun.Apply] and [SavedRun.Contents] need too: 16 bytes
	// a document.
	Contents bool

	tempFS vfs.TempFS // of temporary files; nil is the machine's
}

// OpenRun opens the folder that [Result.Save] has written, or a run folder, which has
// such a one inside. The caller closes it.
func OpenRun(dir string, o SavedOptions) (*SavedRun, error) {
	if inside := filepath.Join(dir, snapshot.Folder); snapshot.IsAt(inside) && !snapshot.IsAt(dir) {
		dir = inside
	}
	from, err := snapshot.Open(dir)
	if err != nil {
		return nil, err
	}
	s := &SavedRun{dir: dir, from: from, options: o, keepContents: o.Contents}
	s.references = noReference
	if err := s.readIdentity(); err != nil {
		return nil, fmt.Errorf("pipeline: saved run %q: %w", dir, err)
	}
	if s.keep, err = s.identity.keepPolicy(); err != nil {
		return nil, fmt.Errorf("pipeline: saved run %q: %w", dir, err)
	}
	memory := cmp.Or(o.Memory, machineMemory()/10*6)
	s.catalog = corpus.NewCatalog(memory/4, o.Temp).In(o.tempFS)
	s.fields = newFieldStore(s.identity.held(s.keep), memory/16, o.Temp, o.tempFS)
	s.sources = newSourceTable(func(file int) (string, corpus.Format) {
		in := &from.Header().Inputs[file]
		return in.Name, in.Format
	})
	return s, nil
}

// readIdentity checks the identity as stored: the fingerprint is that of its bytes,
// so that it stays what it was when later versions have more fields.
func (s *SavedRun) readIdentity() error {
	h := s.from.Header()
	var compact bytes.Buffer
	if err := json.Compact(&compact, h.Identity); err != nil {
		return err
	}
	if got := fingerprintOf(compact.Bytes()); got != h.Fingerprint {
		return fmt.Errorf("the fingerprint of its identity is %s, and should be %s", got, h.Fingerprint)
	}
	dec := json.NewDecoder(&compact)
	dec.DisallowUnknownFields() // a choice that this version does not know
	if err := dec.Decode(&s.identity); err != nil {
		return fmt.Errorf("its identity, written by %q: %w: use that version", h.Program, err)
	}
	o := Options{Inputs: []string{s.dir}, Preset: Near, Identity: s.identity, Threads: 1, Memory: minMemory}
	if err := o.Validate(); err != nil {
		return fmt.Errorf("its identity: %w", err)
	}
	return nil
}

// Identity returns what the saved run was made with.
func (s *SavedRun) Identity() Identity { return s.identity }

// Fingerprint returns the short name of the identity.
func (s *SavedRun) Fingerprint() string { return s.from.Header().Fingerprint }

// VerifiedFrom returns the similarity from which the saved run has its pairs.
func (s *SavedRun) VerifiedFrom() float64 { return s.from.Header().VerifiedFrom }

// load reads documents and pairs, once.
func (s *SavedRun) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	if s.catalog.Len() > 0 {
		return errors.New("pipeline: reading the saved run has failed before: open it again")
	}
	if err := s.from.Documents(ctx, s.add); err != nil {
		return err
	}
	if err := errors.Join(s.catalog.Seal(), s.fields.rows.Seal()); err != nil {
		return err
	}
	for len(s.files) < len(s.from.Header().Inputs) {
		s.files = append(s.files, corpus.ID(len(s.leader))) // inputs without documents
	}
	c := s.from.Header().Counts
	var empty, copies int64
	for i, leader := range s.leader {
		if s.empty[i] {
			empty++
		}
		if corpus.ID(i) != leader {
			copies++
		}
	}
	if empty != c.Empty || copies != c.ExactCopies {
		return fmt.Errorf("pipeline: saved run %q has %d empty documents and %d copies, and says it has %d and %d", s.dir, empty, copies, c.Empty, c.ExactCopies)
	}
	s.sources.addBad(s.badInFile())
	s.source = s.sources.of
	s.edges = slices.Grow(s.edges, int(min(s.from.Header().Files[1].Rows, 1<<24)))
	if err := s.from.Pairs(ctx, snapshot.Columns(s.apart()), s.addPair); err != nil {
		return err
	}
	s.loaded = true
	return nil
}

// badInFile returns the number of bad records of each input.
func (s *SavedRun) badInFile() (bad []int64) {
	for _, in := range s.from.Header().Inputs {
		bad = append(bad, in.Quarantined)
	}
	return bad
}

func (s *SavedRun) add(d *snapshot.Document) error {
	for len(s.files) <= d.File {
		s.files = append(s.files, d.N)
	}
	place := corpus.Document{Key: []byte(d.ID), Line: d.Line, Offset: d.Offset, StoredAt: d.Offset}
	if d.StoredAt != nil {
		place.StoredAt = *d.StoredAt
	}
	if _, err := s.catalog.Add(d.File, &place, []byte(d.Title)); err != nil {
		return fmt.Errorf("pipeline: saved run %q: %w", s.dir, err)
	}
	if s.keepContents {
		var content shingle.Digest
		if _, err := hex.Decode(content[:], []byte(d.Content)); err != nil {
			return fmt.Errorf("pipeline: saved run %q: %w", s.dir, err)
		}
		s.contents = append(s.contents, content)
	}
	var source []byte
	values := d.FieldValues()
	if at := slices.Index(s.fields.names, s.identity.SourceField); at >= 0 && at < len(values) {
		source = values[at]
	}
	s.sources.add(d.File, source)
	if s.from.Header().Inputs[d.File].Reference {
		s.references = min(s.references, d.N)
	}
	s.leader = append(s.leader, d.Leader)
	s.empty = append(s.empty, d.Empty)
	s.lens = append(s.lens, d.Characters)
	s.sizes = append(s.sizes, d.Shingles)
	if s.apart() {
		s.figures = append(s.figures, d.Figures)
	}
	return s.fields.append(values)
}

// addPair holds a pair against the sizes of its documents.
func (s *SavedRun) addPair(e snapshot.Pair) error {
	a, b := e.Pair.A, e.Pair.B
	similarity := s.similarity(e.Scored)
	if s.identity.Similarity.signed() && e.Overlap > min(s.sizes[a], s.sizes[b]) || !(similarity >= s.VerifiedFrom()) {
		return fmt.Errorf("pipeline: saved run %q: pair %d,%d with overlap %d has similarity %v, which no verified pair has", s.dir, a, b, e.Overlap, similarity)
	}
	s.edges = append(s.edges, e.Scored)
	if s.apart() {
		s.shared = append(s.shared, e.Figures)
		if e.Figures > min(s.figures[a], s.figures[b]) || !s.agree(len(s.edges)-1, s.VerifiedFrom(), s.identity.Threshold) {
			return fmt.Errorf("pipeline: saved run %q: pair %d,%d shares %d of %d and %d figures, which no verified pair does", s.dir, a, b, e.Figures, s.figures[a], s.figures[b])
		}
	}
	return nil
}

// apart tells whether figures count.
func (s *SavedRun) apart() bool {
	return s.identity.Similarity != Exact && s.identity.Figures == FiguresApart
}

// agree tells whether the figures of an edge agree, to a threshold, in each direction
// in which the documents are similar from the given similarity on: as
// [verify.Verifier.Agreeing] has it.
func (s *SavedRun) agree(edge int, from, threshold float64) bool {
	e, measure := s.edges[edge], s.identity.Similarity.Measure()
	in := func(member, representative corpus.ID) bool {
		return measure.Directed(int(e.Overlap), s.sizeOf(member), s.sizeOf(representative)) < from ||
			measure.FiguresAgreeBy(int(s.shared[edge]), int(s.figures[member]), int(s.figures[representative]), threshold)
	}
	return in(e.Pair.A, e.Pair.B) && in(e.Pair.B, e.Pair.A)
}

func (s *SavedRun) similarity(e verify.Scored) float64 {
	return s.identity.Similarity.ofPair(e, s.sizeOf)
}

func (s *SavedRun) sizeOf(id corpus.ID) int { return int(s.sizes[id]) }

// Close releases what was read. Findings of the run are good until then.
func (s *SavedRun) Close() error {
	err := errors.Join(s.catalog.Close(), s.fields.rows.Close())
	for _, a := range s.applied {
		err = errors.Join(err, a.cuts.close())
	}
	return err
}
