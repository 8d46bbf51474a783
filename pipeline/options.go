package pipeline

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
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
	// OnBadRecord, when set, is told every record that is left out, in the
	// order of the input and from one goroutine.
	OnBadRecord func(*corpus.RecordError)

	tempFS vfs.TempFS // of temporary files; nil is the machine's
}

// Identity is everything that changes results, and nothing that does not. Two
// runs over the same input with equal identities give byte-identical reports.
type Identity struct {
	// Shingle is the unit that similarity is computed on.
	Shingle shingle.Spec `json:"shingle"`
	// Similarity is what is compared with Threshold.
	Similarity Similarity `json:"similarity"`
	// Threshold is the similarity, in (0, 1], at which two documents count as
	// near-duplicates.
	Threshold float64 `json:"threshold"`
	// Recall is the probability, in (0, 1), that a pair exactly at Threshold
	// becomes a candidate; by key terms, that one at Threshold or above does. Bands
	// and Rows follow from it, or KeyTermCut.
	Recall float64 `json:"recall"`
	// MaxHashes bounds the signature length that Recall may cost, 1 to 1024.
	MaxHashes int `json:"max_hashes"`
	// Bands and Rows override what Recall would choose. Both or neither.
	Bands int `json:"bands"`
	Rows  int `json:"rows"`
	// Family is the family of hash functions behind the signatures.
	Family minhash.Family `json:"hash_family"`
	// Seed fixes the hash functions. It can change which pairs below certainty
	// are found, never whether a reported pair is true; but under 0, the default, texts
	// can be made that meet others in vain, or by weights of words count as others, and
	// under a secret one they cannot.
	Seed int64 `json:"seed"`
	// Clustering turns verified pairs into clusters.
	Clustering cluster.Method `json:"clustering"`
	// Keep chooses the representative: criteria in their order, as
	// cluster.ParseKeepPolicy reads them. Default: "longest".
	Keep string `json:"keep"`
	// KeepPer is "source" to keep one document of each source in a cluster: one
	// goes only in favour of one of its own source, or of a reference. Clusters are
	// as they would be; a pair across two of them lets nothing go. Default: "".
	KeepPer string `json:"keep_per,omitempty"`
	// Isolate lets pairs count only between sources, and between the corpus and
	// references: within a source nothing goes, not even exact copies. Clusters of
	// cover are then those of components. Default: no.
	Isolate bool `json:"isolate,omitempty"`
	// Against tells that there are references. It is filled in.
	Against bool `json:"against,omitempty"`
	// Candidates is how pairs are found that are worth comparing.
	Candidates Candidates `json:"candidates"`
	// Features are what the weighted similarities weigh; none for the others.
	Features idf.Features `json:"features"`
	// Weights says where the weights of words come from.
	Weights idf.Kind `json:"weights"`
	// KeyTerms is the number of key terms of a document whose pairs are its keys.
	KeyTerms int `json:"key_terms"`
	// KeyTermCut is the cosine, in thousandths, from which on the key terms of two
	// documents are like enough to compare the rest. It follows from Recall and is
	// filled in, never chosen. 0 is no cut.
	KeyTermCut int `json:"key_term_cut,omitzero"`

	// DateField names the field of a JSONL record with the document's date, as
	// [cluster.ParseDate] reads it, and Window how far apart in time two documents
	// may be and still be compared. Both or neither; see [Window].
	DateField string `json:"date_field,omitzero"`
	Window    Window `json:"window,omitzero"`
	// Figures says what numbers count for. Default: FiguresIgnore.
	Figures Figures `json:"figures,omitzero"`

	// MaxBucket is the number of distinct texts a bucket may hold before its
	// pairs are chained through representatives instead of listed in full.
	MaxBucket int `json:"max_bucket"`

	// Boilerplate is the share of the distinct texts, 0.001 to 1, from which on a
	// shingle is boilerplate: it is in more of them, and in 20 at least. So is
	// one in more than half of the texts of one source, or in more than that
	// share if it is larger, and in 20. Boilerplate is in no set, so neither
	// makes candidates nor counts in similarities. Shares are those of a sample
	// of 32,768 texts, and of 128 of each source; what has fewer is counted
	// whole.
	//
	// A text that is mostly boilerplate and has fewer than 16 other shingles is
	// like nothing but its exact copies. Near-duplicates in so many texts are
	// taken for boilerplate too. It costs a reading of the sample, and the sets
	// of all texts are stored. It is for Jaccard and Containment, and leaves no
	// Figures out. Default: 0, nothing is left out.
	Boilerplate float64 `json:"boilerplate,omitempty"`
	// SourceField names the JSONL field with a document's source. A document
	// without it belongs to its file; one that is a file, to its folder. A keep
	// policy by source looks there too.
	SourceField string `json:"source_field,omitempty"`

	// Passages says which passages that occur more than once are cut out of the
	// documents. Default: none.
	Passages passage.Options `json:"passages,omitzero"`

	// Items says when a document counts as contaminated by evaluation items, as
	// [Items.Options] returns it. Default: no decontamination.
	Items passage.ItemOptions `json:"items,omitzero"`

	// TextField and IDField name the fields of a JSONL record. Defaults: "text" and
	// "id".
	TextField string `json:"text_field"`
	IDField   string `json:"id_field"`
	// Format forces the input format instead of going by file names.
	Format corpus.Format `json:"input_format"`
	// MaxRecord is the largest record, in bytes. Default: 64 MiB.
	MaxRecord int64 `json:"max_record"`

	// Where says which records take part, CSV is the dialect of CSV and TSV files and
	// Encoding that of text files and pages: see [corpus.Options]. MaxExpansion is
	// how many times its size a compressed file may have. Defaults: all, RFC 4180,
	// what files say of themselves, 2000.
	Where        string            `json:"where,omitempty"`
	CSV          corpus.CSVOptions `json:"csv,omitzero"`
	Encoding     string            `json:"encoding,omitempty"`
	MaxExpansion int64             `json:"max_expansion,omitempty"`
	// PageText is the version of the function that makes text of pages, where the
	// input holds some. It is filled in, never chosen.
	PageText string `json:"page_text,omitempty"`

	// Normalizer, Shingler and Search are the versions of the functions that
	// make sets of texts, and pairs of sets. They are filled in, never chosen.
	Normalizer string `json:"normalizer"`
	Shingler   string `json:"shingler"`
	Search     string `json:"search"`

	// Decisions is the digest of the log of decisions, "" without any. It is filled in.
	Decisions string `json:"decisions,omitempty"` // last, where summaries always had it
}

// searchVersion names the signatures, band keys, key terms and the chaining of
// giant buckets: raise it when a change to one of them can change what is found.
const searchVersion = "signature/1 band-key/1 key-terms/2 chain/1"

// Fingerprint is a short stable name of the identity: equal for equal
// identities, stored in every artefact.
func (id Identity) Fingerprint() string {
	b, err := json.Marshal(id)
	if err != nil {
		panic(fmt.Sprintf("pipeline: identity cannot be encoded: %v", err))
	}
	return fingerprintOf(b)
}

func fingerprintOf(identity []byte) string {
	sum := xxh3.Hash128(identity).Bytes()
	return hex.EncodeToString(sum[:])
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

// minMemory is the smallest budget with which batches in flight and read
// buffers do not dominate.
const minMemory = 16 << 20

// maxKeyTerms bounds the keys of a document to some thousands.
const maxKeyTerms = 100

// maxThreads is beyond any machine; every thread has blocks under way.
const maxThreads = 1024

// Defaults returns o with every zero field filled: from the preset, then from
// the machine. It does not check anything.
func (o Options) Defaults() Options {
	if o.Preset == "" {
		o.Preset = Near
	}
	anyLength := o.Identity.MaxHashes == 0
	o.Identity = o.Preset.fill(o.Identity)
	id := &o.Identity
	if _, err := id.params(); err != nil && anyLength && id.Similarity.signed() {
		// A threshold below the preset's own may need a longer signature; who
		// did not set a limit wants the recall.
		id.MaxHashes = minhash.MaxHashes
	}
	setDefault(&id.Keep, "longest")
	if keep, err := cluster.ParseKeepPolicy(id.Keep); err == nil {
		id.Keep = keep.String() // one spelling of one policy
	}
	setDefault(&id.TextField, corpus.DefaultTextField)
	setDefault(&id.IDField, corpus.DefaultIDField)
	setDefault(&id.MaxRecord, corpus.DefaultMaxRecord)
	setDefault(&id.MaxBucket, lsh.DefaultMaxBucket)
	id.Passages = id.Passages.Defaults()
	id.Against = len(o.Against) > 0
	id.Decisions = digestOf(o.Decisions)
	id.spellInput()
	id.KeyTermCut = id.keyTermCut()
	id.Normalizer, id.Shingler, id.Search = shingle.NormalizerVersion, shingle.VersionOf(id.Seed), searchVersion
	setDefault(&o.Threads, runtime.GOMAXPROCS(0))
	if o.Memory == 0 {
		o.Memory = machineMemory() / 10 * 6
	}
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports every problem of o at once, each with the value given and
// the range wanted. It expects Defaults to have been applied.
func (o Options) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("pipeline: "+format, args...))
		}
	}
	id := o.Identity
	check(len(o.Inputs) > 0, "no input: name a folder, a file, or - for standard input")
	check(o.Preset.known(), "preset %q is unknown, want one of %s", o.Preset, PresetNames())
	check(id.Threshold > 0 && id.Threshold <= 1, "threshold %v is outside (0, 1]", id.Threshold)
	check(id.Recall > 0 && id.Recall < 1, "recall %v is outside (0, 1)", id.Recall)
	check(id.MaxHashes >= 1 && id.MaxHashes <= minhash.MaxHashes, "max hashes %d is outside 1 to %d", id.MaxHashes, minhash.MaxHashes)
	check((id.Bands == 0) == (id.Rows == 0), "bands %d and rows %d must be given together", id.Bands, id.Rows)
	check(id.Bands >= 0 && id.Rows >= 0 && id.Bands <= minhash.MaxHashes && id.Rows <= minhash.MaxHashes && id.Bands*id.Rows <= minhash.MaxHashes,
		"%d bands x %d rows are outside 1 to %d hashes", id.Bands, id.Rows, minhash.MaxHashes)
	check(int(id.Similarity) < len(similarityNames), "similarity %d is unknown", id.Similarity)
	check(id.Clustering <= cluster.Community, "clustering %d is unknown", id.Clustering)
	check(id.Candidates.suit(id.Similarity), "similarity %s has no candidates by %s", id.Similarity, id.Candidates)
	check(id.Family.IsKnown(), "hash family %d is unknown", id.Family)
	check((id.DateField == "") == (id.Window == 0), "date field %q and window %q must be given together", id.DateField, id.Window)
	check(id.Window >= 0 && id.Window <= maxWindow, "window %v is outside 1h to %v", id.Window, maxWindow)
	check(id.Window == 0 || id.Similarity != Exact, "window %v does nothing where only equal texts count, for these stay together whatever their dates", id.Window)
	check(id.Figures <= FiguresApart, "figures %d are unknown", id.Figures)
	check(o.OnError <= Stop, "error policy %d is unknown", o.OnError)
	check(o.PairFloor >= 0 && o.PairFloor <= 1, "pair floor %v is outside 0 to 1", o.PairFloor)
	check(id.MaxBucket >= 2, "max bucket %d is less than 2", id.MaxBucket)
	check(id.MaxRecord >= 1 && id.MaxRecord <= corpus.MaxRecordLimit, "max record %d is outside 1 to %d bytes", id.MaxRecord, int64(corpus.MaxRecordLimit))
	check(o.Threads >= 1 && o.Threads <= maxThreads, "threads %d are outside 1 to %d", o.Threads, maxThreads)
	check(o.Preset != Verbatim || id.Similarity == Exact && id.Threshold == 1, "preset verbatim compares whole texts: it takes no similarity and no threshold")
	check(id.Boilerplate == 0 || id.Boilerplate >= boilerplate.LeastShare && id.Boilerplate <= 1, "boilerplate %v is outside %v to 1", id.Boilerplate, boilerplate.LeastShare)
	check(id.Boilerplate == 0 || id.Similarity.signed(), "boilerplate is left out of sets of shingles, and similarity %s has none", id.Similarity)
	check(!id.documentsApart() || id.Similarity == Exact, "passages alone, and evaluation items, compare no documents: they take no similarity but exact")
	check(!id.documentsApart() || o.Decisions == nil, "passages alone, and evaluation items, take no decisions about documents")
	check(id.KeepPer == "" || id.KeepPer == KeepPerSource, "keep per %q is unknown, want %s", id.KeepPer, KeepPerSource)
	check(id.KeepPer == "" || !id.Isolate, "keep per source lets documents go within a source only, and isolate only across: choose one")
	check(o.Memory >= minMemory, "memory %d is less than %d bytes", o.Memory, minMemory)
	if _, err := cluster.ParseKeepPolicy(id.Keep); err != nil {
		errs = append(errs, err)
	}
	if err := o.checkCheckpoint(); err != nil {
		errs = append(errs, err)
	}
	if err := id.Shingle.Validate(); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, id.checkInput(), o.MaxBad.check())
	if id.Similarity.weighted() {
		errs = append(errs, id.Features.Validate(), id.Weights.Validate())
		check(id.KeyTerms >= 2 && id.KeyTerms <= maxKeyTerms, "key terms %d are outside 2 to %d", id.KeyTerms, maxKeyTerms)
	}
	if id.Items != (passage.ItemOptions{}) {
		errs = append(errs, id.Items.Validate())
	}
	if err := id.Passages.Validate(); err != nil {
		errs = append(errs, err)
	}
	if errors.Join(errs...) == nil && id.candidates(0) == MinHash && id.Similarity != Exact {
		if _, err := id.params(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// params returns the bands and rows of the identity: those given, or those
// that reach the target recall.
func (id Identity) params() (lsh.Params, error) {
	if id.Bands > 0 {
		return lsh.Params{Bands: id.Bands, Rows: id.Rows}, nil
	}
	return lsh.Tune(id.jaccardAtThreshold(), id.Recall, id.MaxHashes)
}

// jaccardAtThreshold is the Jaccard similarity, which is what makes candidates,
// of a pair exactly at the threshold: for containment t, of two sets of equal
// size, t/(2-t). See Identity.doubts for other sizes.
func (id Identity) jaccardAtThreshold() float64 {
	if id.Similarity == Containment {
		return id.Threshold / (2 - id.Threshold)
	}
	return id.Threshold
}
