package pipeline

import (
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"runtime"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
)

// Options says what to read, what counts as a near-duplicate, and how much of
// the machine to use. The zero value of every field is its documented default;
// only Inputs must be given.
type Options struct {
	// Inputs are folders, globs, files, or "-" for Stdin; see [corpus.Open].
	Inputs []string
	// Stdin is what "-" reads. Default: nothing, so that "-" is an error.
	Stdin io.Reader
	// FS, when set, is where Inputs are looked up instead of the disk.
	FS fs.FS
	// Stores are where inputs are whose names begin with a scheme; see
	// [corpus.Options.Stores].
	Stores map[string]fs.FS

	// Containers are the kinds of files besides text and lines that can be read.
	// Default: CSV and TSV alone.
	Containers []corpus.Container
	// PageText makes text of HTML pages. Default: pages are texts as they are.
	PageText corpus.PageText

	// Reread says that the corpus will be read a second time, as pruning does:
	// standard input is then copied to a temporary file. Default: no.
	Reread bool

	// KeepCandidates keeps every candidate pair in memory for Result.Oracle.
	// Default: no.
	KeepCandidates bool

	// Save says that [Result.Save] will be called: what it stores of every document
	// stays in memory, 12 bytes each, and the field of the keep policy. Default: no.
	Save bool

	// Against are references, in the forms of Inputs: documents that are never
	// pruned and never written, in favour of which those of the corpus go. Their ids
	// begin with "ref:", the name of the file, and a colon. Default: none.
	Against []string

	// Decisions is what people have decided about documents, of other runs for example:
	// the result is that of [SavedRun.Apply] with them, after a run without. 16 bytes
	// a document. Default: nothing.
	Decisions *decision.Log

	// Sources says that [Findings.Sources] will be called: 4 bytes a document, and
	// the names of the sources. Default: no, unless the identity asks for sources.
	Sources bool

	// PairFloor is the similarity, in (0, 1], from which verified pairs are kept for
	// [Result.PairRows] and [Result.Save], if that is below what clustering needs.
	// It never changes clusters. Default: 0, only what clustering needs. It has no
	// effect with FiguresApart.
	PairFloor float64
	// Sums asks for the digests of the inputs that [Result.Inputs] gives. Default: no.
	Sums bool

	// Preset fills the Identity fields that are left zero. Default: Near.
	Preset Preset
	// Identity holds all that changes results.
	Identity Identity
	// OnError says what a bad record does. Default: Skip.
	OnError ErrorPolicy

	// Checkpoint, when set, lets the run go on after it was stopped. Default: none.
	Checkpoint *checkpoint.Options

	// MaxBad is how many bad records end the run with a [*TooManyBadError]. Default:
	// none do.
	MaxBad BadLimit

	// Threads is the number of worker goroutines a stage uses. Default: the
	// number of CPUs available. It never changes results.
	Threads int
	// Memory is the budget in bytes for the process. What shingle sets, band keys,
	// candidate pairs, document names and the blocks of inputs that are not read
	// a second time would take beyond it goes to Temp; see the README for what
	// does not. Default: 60% of the
	// machine's or the cgroup's memory. At least 16 MiB. It never changes
	// results.
	Memory int64
	// Temp is the folder for temporary files. Default: the system's.
	Temp string
	// Progress, when set, is called now and then from one goroutine at a time.
	Progress func(Progress)
	// OnGiant, when set, is told, before it is read, of a document that needs more
	// memory than the budget and than those before it: a sentence. One goroutine at a
	// time calls it.
	OnGiant func(doubt string)
	// OnBadRecord, when set, is told every record that is left out, in the
	// order of the input and from one goroutine.
	OnBadRecord func(*corpus.RecordError)

	tempFS vfs.TempFS // of temporary files; nil is the machine's
}

// ErrorPolicy says what a bad record does to the run.
type ErrorPolicy uint8

const (
	// Skip leaves the record out, counts it and keeps it for the quarantine.
	Skip ErrorPolicy = iota
	// Stop ends the run with the record's error.
	Stop
)

// ParseErrorPolicy reads skip or stop.
func ParseErrorPolicy(name string) (ErrorPolicy, error) {
	switch name {
	case "skip":
		return Skip, nil
	case "stop":
		return Stop, nil
	}
	return 0, fmt.Errorf("pipeline: error policy %q is unknown, want skip or stop", name)
}

// Defaults returns o with every zero field filled: from the preset, then from
// the machine. It does not check anything.
func (o Options) Defaults() Options {
	o.Preset = cmp.Or(o.Preset, Near)
	anyLength := o.Identity.MaxHashes == 0
	o.Identity = o.Preset.fill(o.Identity)
	id := &o.Identity
	if _, err := id.params(); err != nil && anyLength && id.Similarity.signed() {
		// A threshold below the preset's own may need a longer signature; who
		// did not set a limit wants the recall.
		id.MaxHashes = minhash.MaxHashes
	}
	id.fill()
	id.Against = len(o.Against) > 0
	id.Decisions = digestOf(o.Decisions)
	o.Threads = cmp.Or(o.Threads, runtime.GOMAXPROCS(0))
	if o.Memory == 0 {
		o.Memory = machineMemory() / 10 * 6
	}
	return o
}
