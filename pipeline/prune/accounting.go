package prune

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// SchemaVersion is the version of accounting.json and removed.jsonl. Persisted;
// a change of meaning takes a new number.
const SchemaVersion = 1

// Counts says where the records of a file, or of all files, ended. The sums
// close:
//
//	Read   = Kept + Pruned + Quarantined + Protected + Filtered
//	Kept   = Representatives + Singletons + Empty
//	Pruned = Exact + Near + Emptied + Contaminated + Decided
type Counts struct {
	Read        int64 `json:"read"`
	Kept        int64 `json:"kept"`
	Pruned      int64 `json:"pruned"`
	Quarantined int64 `json:"quarantined"`
	// Filtered records took no part ([corpus.Options.Where]); they are written as
	// they were.
	Filtered int64 `json:"filtered,omitempty"`
	// Representatives are kept documents of clusters, Singletons those in none
	// that are not empty, Empty documents without a token.
	Representatives int64 `json:"representatives"`
	Singletons      int64 `json:"singletons"`
	Empty           int64 `json:"empty"`
	// Exact and Near are the pruned documents by rule.
	Exact int64 `json:"exact"`
	Near  int64 `json:"near"`
	EditCounts
	// Decided are the documents that somebody has decided to drop.
	Decided int64 `json:"decided,omitempty"`
	// Protected are reference documents: read, never written.
	Protected int64 `json:"protected,omitempty"`
}

// FileCounts is the counts of one input file.
type FileCounts struct {
	// File is the [corpus.File.Name].
	File string `json:"file"`
	Counts
}

// Accounting says where every record ended, in total and file by file.
type Accounting struct {
	Schema      int             `json:"schema"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Options     json.RawMessage `json:"options,omitempty"`
	// Warnings are what a reader of the removals should know.
	Warnings []string `json:"warnings,omitempty"`
	Total    Counts   `json:"total"`
	// Files are all input files in reading order.
	Files []FileCounts `json:"files"`
}

// Check returns an error that names the first sum which does not close.
func (a *Accounting) Check() error {
	if err := a.check(); err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	return nil
}

func (a *Accounting) check() error {
	var total Counts
	for i := range a.Files {
		f := &a.Files[i]
		if err := f.check(); err != nil {
			return fmt.Errorf("file %q: %w", f.File, err)
		}
		total.add(&f.Counts)
	}
	if err := a.Total.check(); err != nil {
		return fmt.Errorf("in total: %w", err)
	}
	if total != a.Total {
		return fmt.Errorf("the files' counts come to %+v, the total is %+v", total, a.Total)
	}
	return nil
}

func (c *Counts) check() error {
	switch {
	case c.Read != c.Kept+c.Pruned+c.Quarantined+c.Protected+c.Filtered:
		return fmt.Errorf("%d records read are not %d kept + %d pruned + %d quarantined + %d protected + %d filtered",
			c.Read, c.Kept, c.Pruned, c.Quarantined, c.Protected, c.Filtered)
	case c.Kept != c.Representatives+c.Singletons+c.Empty:
		return fmt.Errorf("%d kept are not %d representatives + %d singletons + %d empty", c.Kept, c.Representatives, c.Singletons, c.Empty)
	case c.Pruned != c.Exact+c.Near+c.Emptied+c.Contaminated+c.Decided:
		return fmt.Errorf("%d pruned are not %d exact + %d near + %d emptied + %d contaminated + %d decided", c.Pruned, c.Exact, c.Near, c.Emptied, c.Contaminated, c.Decided)
	case c.Trimmed > c.Kept:
		return fmt.Errorf("%d trimmed are more than %d kept", c.Trimmed, c.Kept)
	case min(c.Representatives, c.Singletons, c.Empty, c.Exact, c.Near, c.Quarantined, c.Emptied, c.Contaminated, c.Trimmed, c.CutCharacters, c.Protected, c.Filtered, c.Decided) < 0:
		return fmt.Errorf("a negative count among %+v", *c)
	}
	return nil
}

func (c *Counts) add(d *Counts) {
	c.Read += d.Read
	c.Kept += d.Kept
	c.Pruned += d.Pruned
	c.Quarantined += d.Quarantined
	c.Filtered += d.Filtered
	c.Representatives += d.Representatives
	c.Singletons += d.Singletons
	c.Empty += d.Empty
	c.Exact += d.Exact
	c.Near += d.Near
	c.EditCounts.add(&d.EditCounts)
	c.Protected += d.Protected
	c.Decided += d.Decided
}

// document counts one document.
func (c *Counts) document(k class) {
	c.Read++
	switch k {
	case representative:
		c.Representatives++
	case singleton:
		c.Singletons++
	case empty:
		c.Empty++
	case exactPruned:
		c.Exact++
	case nearPruned:
		c.Near++
	case emptied:
		c.Emptied++
	case contaminated:
		c.Contaminated++
	case decided:
		c.Decided++
	case protected:
		c.Protected++
	}
	switch {
	case k < exactPruned:
		c.Kept++
	case k < protected:
		c.Pruned++
	}
}

// quarantine counts n records that are no documents.
func (c *Counts) quarantine(n int64) {
	c.Read += n
	c.Quarantined += n
}

// filter counts n records that take no part.
func (c *Counts) filter(n int64) {
	c.Read += n
	c.Filtered += n
}

func newAccounting(files []corpus.File) Accounting {
	a := Accounting{Schema: SchemaVersion, Files: make([]FileCounts, len(files))}
	for i := range files {
		a.Files[i].File = files[i].Name
	}
	return a
}

func (a *Accounting) sum() {
	a.Total = Counts{}
	for i := range a.Files {
		a.Total.add(&a.Files[i].Counts)
	}
}

func (a *Accounting) clone() Accounting {
	b := *a
	b.Files, b.Options, b.Warnings = slices.Clone(a.Files), bytes.Clone(a.Options), slices.Clone(a.Warnings)
	return b
}

// account computes the accounting of the plan from the catalog.
func (p *Plan) account(in *Input) error {
	a := newAccounting(p.files)
	a.Fingerprint, a.Warnings = in.Fingerprint, in.Warnings
	if len(in.Options) > 0 {
		var compact bytes.Buffer
		if err := json.Compact(&compact, in.Options); err != nil {
			return fmt.Errorf("prune: the options are no JSON: %w", err)
		}
		a.Options = compact.Bytes()
	}
	for id, k := range p.classes {
		file, _, _ := p.catalog.Location(corpus.ID(id))
		a.Files[file].document(k)
	}
	if err := p.catalog.Err(); err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	if n := len(in.Quarantined); n != 0 && n != len(a.Files) {
		return fmt.Errorf("prune: counts of bad records for %d files, but there are %d", n, len(a.Files))
	}
	for i, n := range in.Quarantined {
		if n < 0 {
			return fmt.Errorf("prune: %d bad records in file %q", n, a.Files[i].File)
		}
		a.Files[i].quarantine(n)
	}
	if n := len(in.Filtered); n != 0 && n != len(a.Files) {
		return fmt.Errorf("prune: counts of filtered records for %d files, but there are %d", n, len(a.Files))
	}
	for i, n := range in.Filtered {
		a.Files[i].filter(n)
	}
	a.sum()
	p.accounting = a
	return a.Check()
}
