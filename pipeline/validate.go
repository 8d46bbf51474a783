package pipeline

import (
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/boilerplate"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// minMemory is the smallest budget with which batches in flight and read
// buffers do not dominate.
const minMemory = 16 << 20

// maxKeyTerms bounds the keys of a document to some thousands.
const maxKeyTerms = 100

// maxThreads is beyond any machine; every thread has blocks under way.
const maxThreads = 1024

// problems are what is wrong with options.
type problems []error

// unless adds a problem if ok is false.
func (p *problems) unless(ok bool, format string, args ...any) {
	if !ok {
		*p = append(*p, fmt.Errorf("pipeline: "+format, args...))
	}
}

// add adds those of errs that are not nil.
func (p *problems) add(errs ...error) {
	for _, err := range errs {
		if err != nil {
			*p = append(*p, err)
		}
	}
}

// Validate reports every problem of o at once, each with the value given and
// the range wanted. It expects Defaults to have been applied.
func (o Options) Validate() error {
	var p problems
	p.unless(len(o.Inputs) > 0, "no input: name a folder, a file, or - for standard input")
	p.unless(o.Preset.known(), "preset %q is unknown, want one of %s", o.Preset, PresetNames())
	o.Identity.checkLevel(&p)
	o.checkLimits(&p)
	o.checkTogether(&p)
	p.unless(o.Memory >= minMemory, "memory %d is less than %d bytes", o.Memory, minMemory)
	_, err := cluster.ParseKeepPolicy(o.Identity.Keep)
	p.add(err, o.checkCheckpoint(), o.Identity.Shingle.Validate(), o.Identity.checkInput(), o.MaxBad.check())
	o.Identity.checkStages(&p)
	return errors.Join(p...)
}

// checkLevel looks at what counts as a near-duplicate, and how it is found.
func (id *Identity) checkLevel(p *problems) {
	p.unless(id.Threshold > 0 && id.Threshold <= 1, "threshold %v is outside (0, 1]", id.Threshold)
	p.unless(id.Recall > 0 && id.Recall < 1, "recall %v is outside (0, 1)", id.Recall)
	p.unless(id.MaxHashes >= 1 && id.MaxHashes <= minhash.MaxHashes, "max hashes %d is outside 1 to %d", id.MaxHashes, minhash.MaxHashes)
	p.unless((id.Bands == 0) == (id.Rows == 0), "bands %d and rows %d must be given together", id.Bands, id.Rows)
	p.unless(id.Bands >= 0 && id.Rows >= 0 && id.Bands <= minhash.MaxHashes && id.Rows <= minhash.MaxHashes && id.Bands*id.Rows <= minhash.MaxHashes,
		"%d bands x %d rows are outside 1 to %d hashes", id.Bands, id.Rows, minhash.MaxHashes)
	p.unless(int(id.Similarity) < len(similarityNames), "similarity %d is unknown", id.Similarity)
	p.unless(id.Clustering <= cluster.Community, "clustering %d is unknown", id.Clustering)
	p.unless(id.Candidates.suit(id.Similarity), "similarity %s has no candidates by %s", id.Similarity, id.Candidates)
	p.unless(id.Family.IsKnown(), "hash family %d is unknown", id.Family)
	p.unless(id.Window == 0 || id.DateField != "", "window %q and a date field must be given together", id.Window)
	p.unless(id.DateField == "" || id.Window != 0, "date field %q and a window must be given together; what is kept by date has its field in the policy, newest:%[1]s", id.DateField)
	p.unless(id.Window >= 0 && id.Window <= maxWindow, "window %v is outside 1h to %v", id.Window, maxWindow)
	p.unless(id.Window == 0 || id.Similarity != Exact, "window %v does nothing where only equal texts count, for these stay together whatever their dates", id.Window)
	p.unless(id.Figures <= FiguresApart, "figures %d are unknown", id.Figures)
}

// checkLimits looks at single values besides.
func (o *Options) checkLimits(p *problems) {
	id := &o.Identity
	p.unless(o.OnError <= Stop, "error policy %d is unknown", o.OnError)
	p.unless(o.PairFloor >= 0 && o.PairFloor <= 1, "pair floor %v is outside 0 to 1", o.PairFloor)
	p.unless(id.MaxBucket >= 2, "max bucket %d is less than 2", id.MaxBucket)
	p.unless(id.MaxRecord >= 1 && id.MaxRecord <= corpus.MaxRecordLimit, "max record %d is outside 1 to %d bytes", id.MaxRecord, int64(corpus.MaxRecordLimit))
	p.unless(o.Threads >= 1 && o.Threads <= maxThreads, "threads %d are outside 1 to %d", o.Threads, maxThreads)
}

// checkTogether looks at what does not go together.
func (o *Options) checkTogether(p *problems) {
	id := &o.Identity
	p.unless(o.Preset != Verbatim || id.Similarity == Exact && id.Threshold == 1, "preset verbatim compares whole texts: it takes no similarity and no threshold")
	p.unless(id.Boilerplate == 0 || id.Boilerplate >= boilerplate.LeastShare && id.Boilerplate <= 1, "boilerplate %v is outside %v to 1", id.Boilerplate, boilerplate.LeastShare)
	p.unless(id.Boilerplate == 0 || id.Similarity.signed(), "boilerplate is left out of sets of shingles, and similarity %s has none", id.Similarity)
	p.unless(!id.documentsApart() || id.Similarity == Exact, "passages alone, and evaluation items, compare no documents: they take no similarity but exact")
	p.unless(!id.documentsApart() || o.Decisions == nil, "passages alone, and evaluation items, take no decisions about documents")
	p.unless(id.KeepPer == "" || id.KeepPer == KeepPerSource, "keep per %q is unknown, want %s", id.KeepPer, KeepPerSource)
	p.unless(id.KeepPer == "" || !id.Isolate, "keep per source lets documents go within a source only, and isolate only across: choose one")
}

// checkStages looks at the options of those stages that the identity asks for.
func (id *Identity) checkStages(p *problems) {
	if id.Similarity.weighted() {
		p.add(id.Features.Validate(), id.Weights.Validate())
		p.unless(id.KeyTerms >= 2 && id.KeyTerms <= maxKeyTerms, "key terms %d are outside 2 to %d", id.KeyTerms, maxKeyTerms)
	}
	if id.Items != (passage.ItemOptions{}) {
		p.add(id.Items.Validate())
	}
	p.add(id.Passages.Validate())
	if len(*p) == 0 && id.candidates(0) == MinHash && id.Similarity != Exact {
		_, err := id.params()
		p.add(err)
	}
}
