// Package prune decides what of a corpus goes and writes the corpus that
// remains.
//
// # In and out
//
// In go a corpus that has been scanned once, the catalog of its documents and
// their clusters. [NewPlan] makes of them a [Plan]: for every document, whether
// it is kept or which kept document it goes in favour of. [Plan.Accounting]
// says what that comes to, file by file; [Plan.Write] does it:
//
//	DIR/data/<file name>  the kept records, as they were, in input order
//	DIR/removed.jsonl     one line a removed document: what covers it, how much
//	DIR/quarantine.jsonl  the records that were no documents, with the reason
//	DIR/accounting.json   the Accounting
//
// Records that take no part ([corpus.Options.Where]) are written with the kept ones.
//
// A dry run is a plan whose Write is not called; the Accounting is the same
// value, and Write fails if what it wrote does not come to it.
//
// [Plan.Edit] adds what is cut out of the documents that stay; their records are
// then copied with a shorter text, and those of which no word is left go too.
//
// # What a kept record is
//
// The bytes of a JSONL record with its line terminator are copied as they are;
// nothing is parsed or written anew. Lines of white space and a byte order mark
// at the start of a JSONL file belong to no record and do not appear. A text
// file is copied as it is stored, compressed or not. JSONL that was compressed
// is compressed again in the same way; standard input is written plain. A file of text
// or lines of which nothing is kept has no file in data.
//
// The records of a [corpus.Container] are written by its Select, or those of which
// parts are cut out by that of a [corpus.Editor], and what it wrote is read back. What
// is no record stays if none is kept too: the header of a table, the schema of Parquet,
// the other records of an archive. A file that could not be opened has none of these.
//
// # What is checked
//
// The plan is refused if a removed document is not covered by a kept one at or
// above the threshold. Writing reads the corpus a second time and fails if any
// file is not what it was the first time; if a document is not where it was; if
// the sums of the Accounting do not close. After any error, or if ctx ends, DIR
// is as it was before: the folder appears at once, when all of it is on disk.
// Nothing is ever written at or below an input ([CheckTarget]).
//
// # Concurrency and memory
//
// NewPlan and Write run on the calling goroutine, beside the readers of the
// corpus. A plan takes one byte a document and 24 more for each that goes;
// writing takes the buffers of [corpus.Corpus.Scan] and one output file, and
// for a compressed text file twice its size.
package prune

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// Input is what a plan is made from.
type Input struct {
	// Corpus has been scanned to its end, and Catalog, sealed, holds its
	// documents.
	Corpus  *corpus.Corpus
	Catalog *corpus.Catalog
	// Files and Digests are those of the corpus as the catalog knows it: what writing
	// must find again. Default: those of Corpus. With them Corpus need not have been
	// scanned, and may be nil if no data are to be written.
	Files   []corpus.File
	Digests []uint64
	// Dropped tells which documents go although nothing covers them. They are in no
	// cluster. Default: none.
	Dropped func(id corpus.ID) bool
	// Clusters are those of [cluster.Build]; a document in none of them is kept.
	Clusters []cluster.Cluster
	// Threshold is the lowest similarity at which a document may go.
	Threshold float64
	// Protected tells which documents are references: they are never written, and
	// counted apart. Their files are those of [corpus.File.Reference]. Default: none.
	Protected func(id corpus.ID) bool
	// Empty tells which documents have no token. They are kept, and counted
	// apart. Default: none.
	Empty func(corpus.ID) bool
	// Quarantined is the number of records of each file, in the order of
	// [corpus.Corpus.Files], that are no documents. Default: none.
	Quarantined []int64
	// Filtered is the number of those that take no part, likewise.
	Filtered []int64
	// Fingerprint and Options name the options that led to the clusters, for
	// the accounting. Default: not said.
	Fingerprint string
	Options     json.RawMessage
	// Warnings are sentences to repeat in the accounting. Default: none.
	Warnings []string
}

// class is what becomes of a document.
type class uint8

const (
	singleton class = iota
	representative
	empty
	exactPruned
	nearPruned
	emptied
	contaminated
	decided
	protected
)

// Plan is what becomes of every document. It is immutable.
type Plan struct {
	corpus     *corpus.Corpus
	catalog    *corpus.Catalog
	files      []corpus.File
	digests    []uint64 // of the files as they were read for the plan
	classes    []class
	removed    []decision
	accounting Accounting
	edits      *passage.Edits // nil if kept records are copied as they are
	mark       []byte
}

// NewPlan decides every document. It returns an error if the clusters would
// remove a document that no kept document covers, or contradict each other.
func NewPlan(in Input) (*Plan, error) {
	p := &Plan{corpus: in.Corpus, catalog: in.Catalog, files: in.Files, digests: in.Digests, classes: make([]class, in.Catalog.Len())}
	if p.files == nil {
		p.files = in.Corpus.Files()
		for i := range p.files {
			p.digests = append(p.digests, in.Corpus.Digest(i))
		}
	}
	if err := checkNames(p.files); err != nil {
		return nil, err
	}
	if in.Protected != nil {
		for id := range p.classes {
			if in.Protected(corpus.ID(id)) {
				p.classes[id] = protected
			}
		}
	}
	for i := range in.Clusters {
		if err := p.decide(&in.Clusters[i], in.Threshold); err != nil {
			return nil, err
		}
	}
	if err := p.dropDecided(in.Dropped); err != nil {
		return nil, err
	}
	slices.SortFunc(p.removed, func(a, b decision) int { return cmp.Compare(a.ID, b.ID) })
	if in.Empty != nil {
		for id := range p.classes {
			if p.classes[id] == singleton && in.Empty(corpus.ID(id)) {
				p.classes[id] = empty
			}
		}
	}
	return p, p.account(&in)
}

// dropDecided takes out what is to go whatever covers it.
func (p *Plan) dropDecided(dropped func(corpus.ID) bool) error {
	if dropped == nil {
		return nil
	}
	for i, k := range p.classes {
		id := corpus.ID(i)
		if !dropped(id) {
			continue
		}
		if k != singleton {
			return fmt.Errorf("prune: document %d is to be dropped, and is a reference or in a cluster", id)
		}
		p.classes[i] = decided
		p.removed = append(p.removed, decision{ID: id, Cover: id, Rule: Decided})
	}
	return nil
}

// decide sorts the members of a cluster into kept and removed.
func (p *Plan) decide(c *cluster.Cluster, threshold float64) error {
	for _, m := range c.Members {
		if int(m.ID) >= len(p.classes) {
			return fmt.Errorf("prune: document %d is in a cluster, but there are %d documents", m.ID, len(p.classes))
		}
		if p.classes[m.ID] == protected {
			if !m.Kept {
				return fmt.Errorf("prune: reference document %d would go", m.ID)
			}
			continue
		}
		if p.classes[m.ID] != singleton {
			return fmt.Errorf("prune: document %d is in two clusters", m.ID)
		}
		switch {
		case m.Kept:
			p.classes[m.ID] = representative
			continue
		case m.Exact:
			p.classes[m.ID] = exactPruned
			p.removed = append(p.removed, decision{m.ID, m.Cover, m.Similarity, Exact})
		default:
			p.classes[m.ID] = nearPruned
			p.removed = append(p.removed, decision{m.ID, m.Cover, m.Similarity, Near})
		}
		if !(m.Similarity >= threshold) { // also NaN
			return fmt.Errorf("prune: document %d would go at similarity %v, under the threshold %v", m.ID, m.Similarity, threshold)
		}
	}
	for _, m := range c.Members {
		if int(m.Cover) >= len(p.classes) || p.classes[m.Cover] != representative && p.classes[m.Cover] != protected {
			return fmt.Errorf("prune: document %d is covered by %d, which is not kept", m.ID, m.Cover)
		}
	}
	return nil
}

// Accounting returns what the plan comes to.
func (p *Plan) Accounting() Accounting { return p.accounting.clone() }

// Keeps reports whether a document stays.
func (p *Plan) Keeps(id corpus.ID) bool { return p.classes[id] < exactPruned }

// checkNames makes sure that the files can stand in one folder: each name is
// local to it, and none is a folder to another.
func checkNames(files []corpus.File) error {
	names := make(map[string]bool, len(files))
	for _, f := range files {
		names[f.Name] = !f.Reference
	}
	for _, f := range files {
		if f.Reference {
			continue
		}
		if f.Name == "." || path.Clean(f.Name) != f.Name || !filepath.IsLocal(filepath.FromSlash(f.Name)) || strings.ContainsRune(f.Name, 0) {
			return fmt.Errorf("prune: input name %q is no name inside a folder", f.Name)
		}
		for dir := path.Dir(f.Name); dir != "."; dir = path.Dir(dir) {
			if names[dir] {
				return fmt.Errorf("prune: the inputs have a file named %q and a file %q inside a folder of that name: prune them apart", dir, f.Name)
			}
		}
	}
	return nil
}
