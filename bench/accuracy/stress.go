package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

const stressSet = "stress_open"

// stressed is the set of known edits of real texts, with what each document went
// through.
type stressed struct {
	*labelled
	strata []stratum // by record
}

// stratum is what strata.csv says of a document.
type stratum struct {
	operation, level, language string
	cluster                    string
	original                   int // record that it was made from, -1 for none
}

func (b *bench) stressed() (*stressed, error) {
	set, err := b.set(stressSet)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(b.data, stressSet, "strata.csv")
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	s := &stressed{set, make([]stratum, len(set.records))}
	for _, row := range rows[1:] {
		at := func(name string) string { return row[column[name]] }
		i, ok := set.index[at("id")]
		if !ok {
			return nil, fmt.Errorf("%s: %q is no document", path, at("id"))
		}
		original, ok := set.index[at("original")]
		if !ok {
			original = -1
		}
		s.strata[i] = stratum{at("op"), at("level"), at("lang"), at("cluster"), original}
	}
	return s, nil
}

// reports is what a preset says about pairs of documents.
type reports struct {
	preset pipeline.Preset
	leader []int           // first record with the same normalised text
	pairs  map[[2]int]bool // of leaders, the first one first
	copies map[int][]int   // records by leader, itself included
}

func (s *stressed) reportsOf(ctx context.Context, preset pipeline.Preset) (*reports, error) {
	r := &reports{preset: preset, leader: make([]int, len(s.records)), pairs: map[[2]int]bool{}, copies: copiesOf(s.labelled)}
	for leader, group := range r.copies {
		for _, i := range group {
			r.leader[i] = leader
		}
	}
	err := runOver(ctx, s.path, runKey{preset: preset}, func(res *pipeline.Result) error {
		for p := range res.Pairs() {
			r.pairs[ordered(s.index[p.A], s.index[p.B])] = true
		}
		return nil
	})
	return r, err
}

func ordered(a, b int) [2]int { return [2]int{min(a, b), max(a, b)} }

func (r *reports) has(a, b int) bool {
	return r.leader[a] == r.leader[b] || r.pairs[ordered(r.leader[a], r.leader[b])]
}

// each yields every reported pair of documents once.
func (r *reports) each(yield func(a, b int)) {
	for _, group := range r.copies {
		for i, a := range group {
			for _, b := range group[:i] {
				yield(a, b)
			}
		}
	}
	for p := range r.pairs {
		for _, a := range r.copies[p[0]] {
			for _, b := range r.copies[p[1]] {
				yield(a, b)
			}
		}
	}
}

// tally counts, for a group of documents and each preset, the pairs with their
// originals and the pairs reported with anything.
type tally struct {
	pairs       int64
	five, three []float64        // similarities to the originals
	found       map[string]int64 // by preset
	missed      map[string]int64 // not found, though at the threshold or above
	right       map[string]int64
	wrong       map[string]int64
	merged      map[string]map[int]bool // documents reported with a stranger
}

func newTally() *tally {
	return &tally{found: map[string]int64{}, missed: map[string]int64{}, right: map[string]int64{}, wrong: map[string]int64{}, merged: map[string]map[int]bool{}}
}

// stress measures recall and precision by operation, level and language.
func stress(ctx context.Context, b *bench) error {
	s, err := b.stressed()
	if err != nil {
		return err
	}
	byOperation, byLanguage := map[string]*tally{}, map[string]*tally{}
	five, three := setsOf(s.records, word(5)), setsOf(s.records, word(3))
	for _, preset := range copyPresets {
		r, err := s.reportsOf(ctx, preset)
		if err != nil {
			return err
		}
		s.tallyPairs(byOperation, byLanguage, r, five, three)
		s.tallyReports(byOperation, byLanguage, r)
	}
	groups := operationGroups(byOperation)
	return errors.Join(
		b.figure("stress", operationsFigure(groups, byOperation)), b.figure("languages", languagesFigure(byLanguage)),
		b.table("stress", operationsTable(groups, byOperation)), b.table("languages", languagesTable(byLanguage)),
		b.table("singletons", singletonsTable(s, byOperation)))
}

// group is what a document is counted under: its operation and level.
func (s stratum) group() string {
	switch {
	case s.original >= 0 && strings.Contains(s.operation, "+"):
		return twoOperations
	case s.level != "0" && !strings.Contains(s.operation, "+"):
		return s.operation + " " + s.level
	}
	return s.operation
}

const (
	twoOperations = "two operations"
	digest        = "digest"    // holds two other documents
	strangers     = "strangers" // all documents, reported with others than digests
)

func at(m map[string]*tally, name string) *tally {
	if m[name] == nil {
		m[name] = newTally()
	}
	return m[name]
}

// tallyPairs counts which documents were reported with their originals.
func (s *stressed) tallyPairs(byOperation, byLanguage map[string]*tally, r *reports, five, three []shingle.Set) {
	id := r.preset.Identity()
	for i, d := range s.strata {
		if d.original < 0 {
			continue
		}
		j5, j3 := jaccard(five[i], five[d.original]), jaccard(three[i], three[d.original])
		due := r.leader[i] == r.leader[d.original]
		if id.Similarity != pipeline.Exact {
			similarity := j5
			if id.Shingle.N == 3 {
				similarity = j3
			}
			due = due || similarity >= id.Threshold
		}
		for _, t := range []*tally{at(byOperation, d.group()), at(byLanguage, d.language)} {
			if r.preset == copyPresets[0] {
				t.pairs++
				t.five, t.three = append(t.five, j5), append(t.three, j3)
			}
			switch {
			case r.has(i, d.original):
				t.found[string(r.preset)]++
			case due:
				t.missed[string(r.preset)]++
			}
		}
	}
}

// tallyReports counts, for the groups of both documents of each reported pair,
// whether it is true.
func (s *stressed) tallyReports(byOperation, byLanguage map[string]*tally, r *reports) {
	preset := string(r.preset)
	r.each(func(a, b int) {
		right := s.strata[a].cluster == s.strata[b].cluster
		for _, d := range []int{a, b} {
			x := s.strata[d]
			for _, t := range []*tally{at(byOperation, x.group()), at(byLanguage, x.language)} {
				if right {
					t.right[preset]++
					continue
				}
				t.wrong[preset]++
				t.merge(preset, d)
			}
			if !right && s.strata[a].operation != digest && s.strata[b].operation != digest {
				at(byOperation, strangers).merge(preset, d)
			}
		}
	})
}

// merge notes that a document was reported with a stranger.
func (t *tally) merge(preset string, document int) {
	if t.merged[preset] == nil {
		t.merged[preset] = map[int]bool{}
	}
	t.merged[preset][document] = true
}
