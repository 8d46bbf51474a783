package runfolder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// Manifest is the content of manifest.json: equal for equal runs.
type Manifest struct {
	Type    string `json:"type"` // "run_manifest"
	Schema  int    `json:"schema_version"`
	Program string `json:"program"`
	Version string `json:"version"`
	// Fingerprint is that of the identity, which determined the result.
	Fingerprint string   `json:"fingerprint"`
	Options     Settings `json:"options"`
	Inputs      []Input  `json:"inputs"`
	// Members sums up the table of that name.
	Members ClassCounts `json:"members"`
	// Counts tells it stage by stage: read, compared, grouped, kept.
	Counts report.Counts `json:"counts"`
	// BadRecords are the reasons of the bad ones, those of most first.
	BadRecords []report.BadRecords `json:"bad_records,omitempty"`
	// Passages is what was cut out of kept documents, if that was asked for.
	Passages *prune.EditCounts `json:"passages,omitzero"`
	// Sources are the at most 50 with most documents dropped, those first, and
	// OtherSources what the others come to; none if the job did not count them.
	Sources      []pipeline.SourceCounts `json:"sources,omitzero"`
	SourcesTotal int                     `json:"sources_total,omitzero"`
	OtherSources *pipeline.SourceCounts  `json:"other_sources,omitzero"`
	Warnings     []report.Warning        `json:"warnings"`
	// Outputs are all other files but decisions.jsonl, timings.json, metrics.prom
	// and _SUCCESS, by name.
	Outputs []Output `json:"outputs"`
}

const manifestType = "run_manifest"

// Input is a file that was read.
type Input struct {
	Name   string        `json:"name"`
	Path   string        `json:"path"`
	Format corpus.Format `json:"format"`
	// PathBytes is Path if that is not UTF-8, which JSON cannot hold; else nil.
	PathBytes []byte `json:"path_bytes,omitempty"`
	// Bytes is its size as stored and SHA256 the digest of that, from the bytes that
	// were read; "" if it could not be read to its end. XXH3 is of what was
	// decompressed.
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	XXH3   string `json:"xxh3"`
	// Reference is set for a file of references.
	Reference bool `json:"reference,omitzero"`
	// Records is what became of its records.
	Records ClassCounts `json:"records"`
}

// ClassCounts is how many records ended in each class, of those that take part (see
// Identity.Where). The sum closes:
//
//	Read = Kept + Singletons + Empty + Emptied + Dropped + Protected + Quarantined + Filtered
type ClassCounts struct {
	Read        int64 `json:"read"`
	Kept        int64 `json:"kept"`
	Singletons  int64 `json:"singletons"`
	Empty       int64 `json:"empty"`
	Dropped     int64 `json:"dropped"`
	Protected   int64 `json:"protected"`
	Quarantined int64 `json:"quarantined"`
	// Emptied documents had nothing but passages that repeat. Filtered records take
	// no part, and have no row.
	Emptied  int64 `json:"emptied,omitzero"`
	Filtered int64 `json:"filtered,omitzero"`
}

// filter counts n records that take no part.
func (c *ClassCounts) filter(n int64) {
	c.Read += n
	c.Filtered += n
}

// plus adds d.
func (c *ClassCounts) plus(d *ClassCounts) {
	c.Read += d.Read
	c.Kept += d.Kept
	c.Singletons += d.Singletons
	c.Empty += d.Empty
	c.Dropped += d.Dropped
	c.Protected += d.Protected
	c.Quarantined += d.Quarantined
	c.Emptied += d.Emptied
	c.Filtered += d.Filtered
}

// Written is the number of documents that are in the pruned corpus.
func (c ClassCounts) Written() int64 { return c.Kept + c.Singletons + c.Empty }

// add counts a record.
func (c *ClassCounts) add(class pipeline.Class) error {
	switch class {
	case pipeline.ClassKept:
		c.Kept++
	case pipeline.ClassSingleton:
		c.Singletons++
	case pipeline.ClassEmpty:
		c.Empty++
	case pipeline.ClassDropped:
		c.Dropped++
	case pipeline.ClassProtected:
		c.Protected++
	case pipeline.ClassQuarantined:
		c.Quarantined++
	case pipeline.ClassEmptied:
		c.Emptied++
	default:
		return fmt.Errorf("runfolder: class %q is unknown", class)
	}
	c.Read++
	return nil
}

// check holds the rows of members against the counts of the run. Emptied documents were
// representatives, singletons or empty.
func (c ClassCounts) check(r report.Counts) error {
	want := ClassCounts{Read: r.Records, Kept: r.Representatives, Singletons: r.Singletons, Empty: r.Empty, Dropped: r.Pruned, Protected: r.Protected,
		Quarantined: r.Quarantined, Emptied: c.Emptied, Filtered: r.Filtered}
	before := c
	if kept, empty := want.Kept-c.Kept, want.Empty-c.Empty; kept >= 0 && empty >= 0 && kept+empty <= c.Emptied {
		before.Kept, before.Empty, before.Singletons = want.Kept, want.Empty, before.Singletons+c.Emptied-kept-empty
	}
	if before != want {
		return fmt.Errorf("the rows of members come to %+v, and the run counted %+v", c, want)
	}
	if sum := c.Written() + c.Emptied + c.Dropped + c.Protected + c.Quarantined + c.Filtered; sum != c.Read {
		return fmt.Errorf("%d records read are not %d kept + %d singletons + %d empty + %d emptied + %d dropped + %d protected + %d quarantined + %d filtered",
			c.Read, c.Kept, c.Singletons, c.Empty, c.Emptied, c.Dropped, c.Protected, c.Quarantined, c.Filtered)
	}
	return nil
}

// checkPlan holds them against what the plan of the pruned corpus says.
func (c ClassCounts) checkPlan(p prune.Counts) error {
	type ends struct{ read, written, dropped, emptied, protected, quarantined, filtered int64 }
	rows := ends{c.Read, c.Written(), c.Dropped, c.Emptied, c.Protected, c.Quarantined, c.Filtered}
	plan := ends{p.Read, p.Kept, p.Exact + p.Near + p.Decided, p.Emptied, p.Protected, p.Quarantined, p.Filtered}
	if rows != plan {
		return fmt.Errorf("the rows of members come to %+v, and the plan of the pruned corpus to %+v", rows, plan)
	}
	return nil
}

// Output is a file of the folder.
type Output struct {
	// Name is relative to the folder, with slashes.
	Name string `json:"name"`
	// Rows is the number of rows of a table.
	Rows int64 `json:"rows,omitzero"`
	// Bytes is its size and SHA256 the digest of what was written.
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// listedSources is how many sources a manifest names.
const listedSources = 50

// setSources lists the sources with most documents dropped.
func (m *Manifest) setSources(all []pipeline.SourceCounts) {
	most, others := pipeline.MostDropped(all, listedSources)
	m.Sources, m.SourcesTotal = most, len(all)
	if len(most) < len(all) {
		m.OtherSources = &others
	}
}

func hexOf(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:]) }

// inputsOf lists the files that were read; records is by file.
func inputsOf(files []pipeline.InputFile, records []ClassCounts) []Input {
	inputs := make([]Input, len(files))
	for i, f := range files {
		in := Input{Name: f.Name, Path: f.Path, PathBytes: rawName(f.Path), Format: f.Format, Bytes: f.Size, XXH3: fmt.Sprintf("%016x", f.XXH3), Reference: f.Reference, Records: records[i]}
		if f.Known {
			in.Bytes, in.SHA256 = f.Bytes, hexOf(f.SHA256)
		}
		inputs[i] = in
	}
	return inputs
}

// inputs lists the files that were read. Those that an earlier process has read, so that
// this one did not, are read now for their digests. One that is gone or of another size
// is an error; one that could not be read then either has no digest.
func (f *Folder) inputs(ctx context.Context, files []pipeline.InputFile) ([]Input, error) {
	inputs, d := inputsOf(files, f.records), newDigester()
	for i := range inputs {
		in := &inputs[i]
		if in.SHA256 != "" || in.Path == stdinPath {
			continue
		}
		size, sum, err := d.input(ctx, f.job, i)
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case err != nil && in.Records.Quarantined > 0:
			continue
		case err != nil:
			return nil, &corpus.ChangedError{File: in.Name, Reason: err.Error()}
		case size != in.Bytes:
			return nil, &corpus.ChangedError{File: in.Name}
		}
		in.SHA256 = sum
	}
	return inputs, nil
}

// ReadManifest reads the manifest of a finished run. It does not check digests; see
// [Verify]. One that another version wrote may be a [*SchemaError].
func ReadManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestFile)
	var m Manifest
	if err := readJSON(path, &m); err != nil {
		return nil, err
	}
	if err := checkKind(path, m.Type, manifestType, m.Schema, m.Program+" "+m.Version); err != nil {
		return nil, err
	}
	for i := range m.Inputs {
		restoreName(&m.Inputs[i].Path, m.Inputs[i].PathBytes)
	}
	return &m, nil
}

// ReadTimings reads timings.json likewise.
func ReadTimings(dir string) (*Timings, error) {
	path := filepath.Join(dir, TimingsFile)
	var t Timings
	if err := readJSON(path, &t); err != nil {
		return nil, err
	}
	if err := checkKind(path, t.Type, timingsType, t.Schema, ""); err != nil {
		return nil, err
	}
	restoreName(&t.Folder, t.FolderBytes)
	restoreNames(t.Args, t.ArgsBytes)
	restoreInputs(t.Inputs)
	return &t, nil
}
