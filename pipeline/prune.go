package pipeline

import (
	"bufio"
	"context"
	"fmt"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// Prune writes the corpus without the documents that a kept one covers to the
// folder dir, which must be new or empty and not inside an input. The folder
// appears whole or not at all. See package prune for what is in it. The inputs
// are read a second time and must not have changed; standard input can be read
// again only if Options.Reread was set.
func (r *Result) Prune(ctx context.Context, dir string) (prune.Accounting, error) {
	p, err := r.PlanTrim(ctx)
	if err != nil {
		return prune.Accounting{}, err
	}
	o := prune.WriteOptions{Dir: dir, Quarantine: r.quarantine}
	if r.job.plan.Identity.Passages.Unit != passage.None {
		o.Files = map[string]func(*bufio.Writer) error{SpansFile: func(w *bufio.Writer) error { return r.WriteSpans(w) }}
	}
	if r.job.options.FS == nil {
		o.Inputs = r.job.options.allInputs()
	}
	return p.Write(ctx, o)
}

// PlanPrune returns what Prune would do, document by document, and writes
// nothing. Prune executes the same plan.
func (r *Result) PlanPrune() (*prune.Plan, error) {
	j := r.job
	in := prune.Input{
		Corpus:      j.corpus,
		Catalog:     j.catalog,
		Clusters:    r.clusters,
		Threshold:   j.plan.Identity.Threshold,
		Protected:   j.isReference,
		Empty:       func(id corpus.ID) bool { return j.empty[id] },
		Quarantined: j.badInFile,
		Filtered:    j.filteredInFile,
		Fingerprint: j.plan.Fingerprint,
		Options:     encoded(j.plan.Identity),
		Warnings:    j.plan.PruneWarnings(),
	}
	r.addDecided(&in)
	return prune.NewPlan(in)
}

// addDecided adds what was decided, and what is to be told of it.
func (r *Findings) addDecided(in *prune.Input) {
	if r.dropped != nil {
		in.Dropped = func(id corpus.ID) bool { return r.dropped[id] }
	}
	for _, w := range r.doubts {
		in.Warnings = append(in.Warnings, w.Message)
	}
}

// PruneWarnings lists what somebody should know before documents are removed by the
// plan, one sentence each.
func (p *Plan) PruneWarnings() []string {
	if !p.Identity.Similarity.weighted() {
		return nil
	}
	return []string{fmt.Sprintf("%s of weights puts together what tells of one event: the documents removed are other texts of it, not copies of those kept", p.Identity.Similarity)}
}
