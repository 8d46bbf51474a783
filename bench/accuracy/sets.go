package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/shingle"
)

// Sets by what they are good for.
var (
	labelledSets = []string{"cockroach_versions", "scoop_news", "stress_open", "driver_docs_half", "bible_en_pd8", "shakespeare_folio",
		"overproof_half", "civil_codes_11", "gesetze_de_tenth", "ecbplus_odd", "fnc1_train"}
	copySets  = []string{"cockroach_versions", "scoop_news", "stress_open", "bible_en_pd8", "shakespeare_folio", "overproof_half"} // with truth
	eventSets = []string{"ecbplus_odd", "fnc1_train"}                                                                              // with truth
)

// copyPresets look for copies, story for events.
var copyPresets = []pipeline.Preset{pipeline.Verbatim, pipeline.Strict, pipeline.Near, pipeline.Loose, pipeline.Edited}

// record is one document.
type record = plant.Record

// labelled is a set of documents, with its truth if it has one.
type labelled struct {
	name    string
	path    string // what doppel reads
	records []record
	index   map[string]int // by ID, into records
	truth   *eval.Truth
}

// set reads a labelled set, once.
func (b *bench) set(name string) (*labelled, error) {
	if s := b.sets[name]; s != nil {
		return s, nil
	}
	s := &labelled{name: name, path: filepath.Join(b.data, name, "docs.jsonl.zst"), index: map[string]int{}}
	var err error
	if s.records, err = plant.ReadRecords(s.path); err != nil {
		return nil, fmt.Errorf("labelled set %q: %w", name, err)
	}
	for i, r := range s.records {
		s.index[r.ID] = i
	}
	if s.truth, err = readTruth(filepath.Join(b.data, name, "truth.csv")); err != nil {
		return nil, fmt.Errorf("labelled set %q: %w", name, err)
	}
	b.sets[name] = s
	return s, nil
}

// readTruth returns nil where there is no such file.
func readTruth(path string) (*eval.Truth, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return eval.ReadTruth(f)
}

// writeRecords writes documents where doppel and other tools can read them.
func writeRecords(path string, records []record) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(f, 1<<20)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range records {
		if err := enc.Encode(r); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(w.Flush(), f.Close())
}

// reader makes shingle sets of texts the slow and obvious way: no pipeline, no
// signatures.
type reader struct {
	normalizer *shingle.Normalizer
	shingler   *shingle.Shingler
	text       []byte
}

func newReader(spec shingle.Spec) *reader {
	return &reader{normalizer: shingle.NewNormalizer(), shingler: shingle.NewShingler(spec, 0)}
}

func (r *reader) normalised(text string) []byte {
	r.text = r.normalizer.Append(r.text[:0], []byte(text))
	return r.text
}

func (r *reader) set(text string) shingle.Set {
	return slices.Clone(r.shingler.Append(nil, r.normalised(text)))
}

// setsOf returns the shingle sets of all records.
func setsOf(records []record, spec shingle.Spec) []shingle.Set {
	r := newReader(spec)
	sets := make([]shingle.Set, len(records))
	for i := range records {
		sets[i] = r.set(records[i].Text)
	}
	return sets
}
