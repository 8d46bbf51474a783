package pipeline

import (
	"cmp"
	"encoding/hex"
	"path"
	"slices"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// SourceCounts is what became of what one source gave: references and records that
// take no part are left out, and so is what is cut out of kept documents. The sums
// close:
//
//	Read = Kept + Dropped + Quarantined
type SourceCounts struct {
	// Name is the content of Identity.SourceField. A document without it belongs to
	// its file, and one that is a file to its folder, "." being that of the input.
	// Names over 256 bytes are cut and end in a checksum.
	Name string `json:"source"`
	// Read is in records, as is Quarantined: a bad record names no source, so it
	// counts for its file or folder.
	Read        int64 `json:"read"`
	Kept        int64 `json:"kept"`
	Dropped     int64 `json:"dropped"`
	Quarantined int64 `json:"quarantined"`
}

// longestSource is the size in bytes of the longest name that is held as it is: a
// hostile corpus may name a source a document, and at length.
const longestSource = 256

// sourceTable has the source of every document: four bytes each, and the names once.
type sourceTable struct {
	names  []string // by ordinal, in the order of their first documents
	byName map[string]uint32
	of     []uint32 // by ID
	named  int64    // documents that name theirs
	scheme func(file int) (name string, format corpus.Format)
	last   struct { // looked up last, for most documents are of one file after another
		file    int
		ordinal uint32
	}
}

// newSourceTable returns an empty table. file returns the name and format of a file.
func newSourceTable(file func(int) (string, corpus.Format)) *sourceTable {
	t := &sourceTable{byName: map[string]uint32{}, scheme: file}
	t.last.file = -1
	return t
}

// add gives the next document the source that it names, or else that of its file.
func (t *sourceTable) add(file int, named []byte) {
	if len(named) > 0 {
		t.of = append(t.of, t.ordinal(shortened(named)))
		t.named++
	} else {
		t.of = append(t.of, t.ofFile(file))
	}
}

// ofFile returns the source of what is in a file and names none.
func (t *sourceTable) ofFile(file int) uint32 {
	if t.last.file != file {
		t.last.file, t.last.ordinal = file, t.ordinal(t.nameOfFile(file))
	}
	return t.last.ordinal
}

func (t *sourceTable) nameOfFile(file int) []byte {
	name, format := t.scheme(file)
	if format.IsWhole() {
		name = path.Dir(name)
	}
	return shortened([]byte(name))
}

// addBad makes sources of the files with bad records, which may have no documents.
// After it nothing is changed: findings are read by several goroutines.
func (t *sourceTable) addBad(badInFile []int64) {
	for file, n := range badInFile {
		if n > 0 {
			t.ofFile(file)
		}
	}
}

func shortened(name []byte) []byte {
	if len(name) <= longestSource {
		return name
	}
	sum := xxh3.Hash128(name).Bytes()
	return append(slices.Clone(name[:longestSource-40]), "…"+hex.EncodeToString(sum[:])...)
}

// ordinal returns that of a shortened name.
func (t *sourceTable) ordinal(name []byte) uint32 {
	if n, known := t.byName[string(name)]; known {
		return n
	}
	n := uint32(len(t.names))
	t.names = append(t.names, string(name))
	t.byName[string(name)] = n
	return n
}

// Sources returns what became of each source, by name. It is nil unless
// Options.Sources was set, or the identity asks for sources; a saved run always has
// them.
func (r *Findings) Sources() []SourceCounts { return r.sourcesWithout(nil) }

// sourcesWithout is Sources where some of the kept documents go too.
func (r *Findings) sourcesWithout(more []corpus.ID) []SourceCounts {
	t := r.sources
	if t == nil {
		return nil
	}
	counts := t.counts(r.references)
	drop := func(id corpus.ID) {
		s := &counts[t.of[id]]
		s.Kept, s.Dropped = s.Kept-1, s.Dropped+1
	}
	for id, goes := range r.dropped {
		if goes {
			drop(corpus.ID(id))
		}
	}
	for i := range r.clusters {
		for _, m := range r.clusters[i].Members {
			if !m.Kept {
				drop(m.ID)
			}
		}
	}
	for _, id := range more {
		drop(id)
	}
	for file, n := range r.badInFile {
		if n > 0 {
			s := &counts[t.byName[string(t.nameOfFile(file))]]
			s.Read, s.Quarantined = s.Read+n, s.Quarantined+n
		}
	}
	counts = slices.DeleteFunc(counts, func(c SourceCounts) bool { return c.Read == 0 }) // of references alone
	slices.SortFunc(counts, func(a, b SourceCounts) int { return cmp.Compare(a.Name, b.Name) })
	return counts
}

// counts returns the documents of each source, by ordinal, all of them kept. References
// count for none.
func (t *sourceTable) counts(references corpus.ID) []SourceCounts {
	counts := make([]SourceCounts, len(t.names))
	for i, name := range t.names {
		counts[i].Name = name
	}
	for _, s := range t.of[:min(int64(references), int64(len(t.of)))] {
		counts[s].Read++
		counts[s].Kept++
	}
	return counts
}

// MostDropped returns the n sources with most documents dropped, or all if there are
// no more, the most first and by name where it is as many. others is what the rest
// come to, without a name.
func MostDropped(sources []SourceCounts, n int) (most []SourceCounts, others SourceCounts) {
	most = slices.Clone(sources)
	slices.SortFunc(most, func(a, b SourceCounts) int {
		return cmp.Or(cmp.Compare(b.Dropped, a.Dropped), cmp.Compare(a.Name, b.Name))
	})
	for _, s := range most[min(n, len(most)):] {
		others.Read += s.Read
		others.Kept += s.Kept
		others.Dropped += s.Dropped
		others.Quarantined += s.Quarantined
	}
	return most[:min(n, len(most))], others
}
