package pipeline

import (
	"bufio"
	"io"
	"iter"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// Result is what a run found. It holds the names of all documents and the
// shingle sets, partly in temporary files, until it is closed. It may be read
// by several goroutines.
type Result struct {
	Findings
	job *Job
}

func newResult(j *Job) *Result {
	r := &Result{job: j, Findings: Findings{
		plan:       j.plan,
		catalog:    j.catalog,
		fileName:   func(file int) string { return j.corpus.Files()[file].Name },
		isWhole:    func(file int) bool { return j.corpus.Files()[file].Format.IsWhole() },
		clusters:   j.clusters.Clusters,
		edges:      j.edges,
		weaker:     slices.Values(j.weak),
		sizeOf:     j.sets.Size,
		counts:     j.counts,
		reading:    j.reading(),
		sources:    j.sources,
		references: j.references,
		badInFile:  j.badInFile,
		empty:      j.empty,
	}}
	r.bad = r.quarantine
	c := &r.counts
	c.Files = int64(len(j.corpus.Files()))
	c.Records = c.Documents + c.Quarantined + c.Filtered
	if j.decided != nil {
		r.settle(j.decided, j.documents)
	}
	r.tally()
	return r
}

// reading is what there is to tell of the input.
func (j *Job) reading() reading {
	ignored := j.corpus.Ignored()
	r := reading{ignored: int64(len(ignored)), firstIgnored: first(ignored), broken: j.brokenFiles,
		sourced: j.sourced, bad: j.badReasons.sorted(), boilerplate: j.boilerplateWarnings()}
	if j.dates != nil {
		r.undated = j.dates.undated
	}
	if j.weights != nil {
		r.long = j.weights.warnings()
	}
	return r
}

// Plan returns the plan that was executed.
func (r *Result) Plan() *Plan { return r.job.plan }

// InputFile is a file that was read.
type InputFile struct {
	corpus.File
	// Sum is known with Options.Sums.
	corpus.Sum
	// XXH3 is the hash of the file as decompressed and read.
	XXH3 uint64
	// Quarantined is the number of bad records, and Filtered that of records that
	// take no part.
	Quarantined, Filtered int64
}

// Inputs returns the files in reading order.
func (r *Result) Inputs() []InputFile {
	c := r.job.corpus
	files := make([]InputFile, len(c.Files()))
	for i, f := range c.Files() {
		files[i] = InputFile{File: f, Sum: c.Sum(i), XXH3: c.Digest(i), Quarantined: r.job.badInFile[i], Filtered: r.job.filteredInFile[i]}
	}
	return files
}

// Copies yields every document whose normalised text an earlier one has, and the first
// that has it, in reading order.
func (r *Result) Copies() iter.Seq2[corpus.ID, corpus.ID] {
	return func(yield func(id, leader corpus.ID) bool) {
		for i, leader := range r.job.leader {
			if id := corpus.ID(i); id != leader && !yield(id, leader) {
				return
			}
		}
	}
}

// WriteQuarantine writes the bad records as JSON lines: file, line, byte
// offset, reason and the record itself, cut if it is long.
func (r *Result) WriteQuarantine(w io.Writer) error {
	out := bufio.NewWriter(w)
	for line, err := range r.quarantine {
		if err != nil {
			return err
		}
		out.Write(line) // a bufio.Writer keeps its first error for Flush
		out.WriteByte('\n')
	}
	return out.Flush()
}

// quarantine yields the lines of the quarantine, without their line ends.
func (r *Result) quarantine(yield func([]byte, error) bool) {
	for i := range r.job.bad.Len() {
		line, err := r.job.bad.Get(i, nil)
		if !yield(line, err) || err != nil {
			return
		}
	}
}

// TempBytes returns how much of the shingle sets, band keys, names, bad records,
// blocks put aside, and, after PlanTrim, texts and keys of passages was over the memory
// budget and went to temporary files. Candidate pairs on the disk are not counted.
func (r *Result) TempBytes() int64 { return r.job.tempBytes }

// Close releases the stores and removes their temporary files.
func (r *Result) Close() error { return r.job.Close() }
