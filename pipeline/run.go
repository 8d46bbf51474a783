package pipeline

import (
	"context"
	"errors"

	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/decision"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Run reads the corpus, finds its near-duplicates and groups them. It is
// Prepare followed by [Job.Run]. The caller closes the result.
func Run(ctx context.Context, o Options) (*Result, error) {
	j, err := Prepare(o)
	if err != nil {
		return nil, err
	}
	return j.Run(ctx)
}

// Prepare checks the options, looks up the inputs and makes the plan. It reads a
// sample of the inputs, for the forecast. Run must be called once, whatever becomes of the plan, or
// Close instead.
func Prepare(o Options) (*Job, error) {
	o = o.Defaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	keep, err := o.Identity.keepPolicy()
	if err != nil {
		return nil, err
	}
	var j *Job
	c, err := o.openInputs(keep, func(f *corpus.File, line, size int64) error { return j.meetGiant(f, line, size) })
	if err != nil {
		return nil, err
	}
	o.Identity.PageText = o.pageTextOf(c)
	if err := checkEditable(c, o.Identity); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	s := surveyOf(c, o)
	plan, err := o.Plan(s.stats)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	j = &Job{options: o, plan: plan, keep: keep, corpus: c, secrets: newSecrets(), texts: newTextTable(),
		badInFile: make([]int64, len(c.Files())), filteredInFile: make([]int64, len(c.Files()))}
	for _, f := range c.Files() {
		j.inputBytes += f.Size
	}
	j.references, j.recheck = noReference, noFile
	if err := j.open(); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	j.forecastTime(s)
	return j, nil
}

// Job is a run with its plan made and its stores open. It is used by one
// goroutine; the stages it starts end before its methods return.
type Job struct {
	options Options
	plan    *Plan
	keep    cluster.KeepPolicy
	corpus  *corpus.Corpus

	catalog  *corpus.Catalog
	bad      *spill.Store[byte] // quarantine lines
	sets     *verify.SetStore
	bucketer *lsh.Bucketer            // nil unless keys are bands of signatures
	signer   *minhash.Signer          // likewise
	keyed    *lsh.KeyBucketer         // nil unless documents have keys of other kinds
	weights  *weights                 // nil unless the similarity is weighted
	boiler   *boilerplate.Boilerplate // nil unless boilerplate is left out
	leftOut  boilerplateCounts
	sieve    *verify.Sieve // nil unless candidates by key terms go through one
	found    Candidates    // how they were

	dates   *dateTable     // nil without a window
	window  *verify.Window // likewise; made of dates after pass 1
	sides   *verify.Sides  // made after pass 1; nil if no sides are kept apart
	figures *figureStores  // nil if figures are ignored
	sources *sourceTable   // nil if nothing asks
	sourced int64          // documents that name their source

	secrets secrets
	texts   *textTable // first document with each text; dropped after pass 1
	documents
	held   [][]byte    // contents of the fields of a document, for fields
	fields *fieldStore // nil unless the run is to be saved with the keep field

	contents *spill.Store[byte] // digests of texts, of leaders; nil unless wanted
	decided  *decision.Outcome  // after pass 1; nil without decisions
	places   places

	// Blocks of files that are not read a second time; see reread.go.
	kept       *spill.Store[byte]
	again      []bool // by file: read a second time, since an earlier run had its blocks; nil for none
	keptBlocks []keptBlock
	setsMade   int64 // so far, of setsWanted
	setsWanted int64
	learnt     bool // what is boilerplate, by an earlier run
	recheck    int  // file of which sets were taken up, and whose end is to be seen; or noFile

	told int64 // memory that was said to be needed for a giant

	badInFile      []int64 // quarantined records by file
	filteredInFile []int64 // records that take no part, likewise

	badReasons  badReasons
	brokenFiles int64 // files that could not be read to their end
	inputBytes  int64 // size of the files as stored
	tempBytes   int64 // in temporary files so far

	involved   *involved     // while pairs are verified and grouped
	candidates []corpus.Pair // with Options.KeepCandidates only
	edges      []verify.Scored
	weak       []verify.Scored // under what clustering needs; see floor.go
	clusters   cluster.Result
	counts     report.Counts

	cuts cuts
	// passageDrop weakens the hashes of the first searches, for tests.
	passageDrop []uint8

	journal *checkpoint.Log  // nil without Options.Checkpoint
	logged  checkpoint.Batch // used again and again

	// capture and onSignature serve explanations and queries.
	capture     map[string]*captured
	onSignature func(corpus.ID, minhash.Signature) error
}

// captured is a document whose text is wanted after the run.
type captured struct {
	id    corpus.ID
	text  []byte
	found bool
}

// Plan returns what Run will do.
func (j *Job) Plan() *Plan { return j.plan }

// Options returns what the job was prepared with, and the defaults of the rest.
func (j *Job) Options() Options { return j.options }

// Corpus returns the inputs as they were found.
func (j *Job) Corpus() *corpus.Corpus { return j.corpus }

// open creates the stores within the plan's budget.
func (j *Job) open() error {
	budget, temp, fs := j.plan.Budget, j.options.Temp, j.options.tempFS
	j.catalog = corpus.NewCatalog(budget.Names, temp).In(fs)
	j.bad = spill.New[byte](budget.Names/8, temp).In(fs)
	j.kept = spill.New[byte](budget.Kept, temp).In(fs)
	j.sets = verify.NewSetStore(budget.Sets, temp).In(fs)
	held := j.plan.Identity.held(j.keep)
	if j.held = make([][]byte, len(held)); j.options.Save && len(j.held) > 0 {
		j.fields = newFieldStore(held, budget.Names/8, temp, fs)
	}
	if j.options.Save || hasEvents(j.options.Decisions) {
		j.contents = spill.New[byte](budget.Names/8, temp).In(fs)
	}
	id := j.plan.Identity
	if j.options.Sources || id.asksForSources() {
		j.sources = newSourceTable(func(file int) (string, corpus.Format) {
			f := &j.corpus.Files()[file]
			return f.Name, f.Format
		})
	}
	if id.Window > 0 {
		j.dates = newDateTable()
	}
	if id.Similarity != Exact && id.Figures == FiguresApart {
		j.figures = newFigureStores(budget.Figures, temp, fs)
	}
	return j.openCandidates()
}

// openCandidates makes what pass 1 leaves keys with, from which candidates come.
func (j *Job) openCandidates() error {
	id := j.plan.Identity
	switch {
	case id.Similarity == Exact:
		return nil
	case id.Similarity.weighted():
		j.weights = newWeights(id)
		return nil
	}
	if id.Boilerplate > 0 {
		j.boiler = boilerplate.New(id.Boilerplate, j.corpus.Files())
	}
	switch id.candidates(0) {
	case AllPairs:
		return nil
	case SampledShingles:
		j.keyed = lsh.NewKeyBucketer(j.bucketing())
		return nil
	}
	var err error
	if j.signer, err = minhash.NewSigner(id.Family, j.plan.Params.Hashes(), id.Seed); err != nil {
		return err
	}
	j.bucketer, err = lsh.NewBucketer(j.plan.Params, j.bucketing())
	return err
}

func (j *Job) bucketing() lsh.BucketerOptions {
	return lsh.BucketerOptions{
		MaxBucket: j.plan.Identity.MaxBucket,
		Memory:    j.plan.Budget.Keys,
		TempDir:   j.options.Temp,
		TempFS:    j.options.tempFS,
		Threads:   j.options.Threads,
	}
}

// Run executes the plan. On error, or when ctx ends, everything is closed and
// no goroutine is left.
func (j *Job) Run(ctx context.Context) (*Result, error) {
	err := j.openJournal()
	if err == nil {
		err = j.ingest(ctx)
	}
	if err == nil {
		err = j.decide()
	}
	j.texts = nil
	if err == nil {
		err = j.journal.Stop(j.match(ctx))
	}
	err = errors.Join(err, j.journal.Close())
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	if j.decided == nil {
		j.clusters = j.involved.group(j.plan.Identity, &j.documents, j.edges, j.sets.Size)
	}
	j.involved = nil
	if err := ctx.Err(); err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return newResult(j), nil
}

// Close releases the stores and removes their temporary files.
func (j *Job) Close() error {
	var errs []error
	for _, c := range []interface{ Close() error }{j.corpus, j.catalog, j.bad, j.kept, j.sets} {
		errs = append(errs, c.Close())
	}
	if j.figures != nil {
		errs = append(errs, j.figures.close())
	}
	errs = append(errs, j.cuts.close())
	if j.bucketer != nil {
		errs = append(errs, j.bucketer.Close())
	}
	if j.keyed != nil {
		errs = append(errs, j.keyed.Close())
	}
	if j.fields != nil {
		errs = append(errs, j.fields.rows.Close())
	}
	if j.contents != nil {
		errs = append(errs, j.contents.Close())
	}
	return errors.Join(errs...)
}

// Stage is a part of a run, as progress shows it.
type Stage string

// The stages that take time.
const (
	StageRead   Stage = "read"
	StageSets   Stage = "compare" // shingle sets of the documents in candidate pairs
	StageVerify Stage = "verify"
)

// Progress is how far a run has come.
type Progress struct {
	Stage     Stage
	Documents int64
	// InputBytes are the bytes read so far and in all, as stored, compressed or
	// not; the total is 0 for standard input.
	InputBytes, InputTotal int64
	// Sets are the shingle sets made so far, of SetsTotal documents that are in
	// a candidate pair.
	Sets, SetsTotal int64
	// Pairs verified so far.
	Pairs int64
}

func (j *Job) report(stage Stage) {
	if j.options.Progress == nil {
		return
	}
	p := Progress{Stage: stage, Documents: j.counts.Documents, Pairs: j.counts.Candidates, Sets: j.setsMade, SetsTotal: j.setsWanted,
		InputBytes: j.corpus.BytesRead(), InputTotal: j.inputBytes}
	j.options.Progress(p)
}
