package pipeline

import (
	"context"
	"errors"
	"io"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// Trims tells whether passages are cut out of the documents that stay, for which the
// inputs have to be read again.
func (a *Applied) Trims() bool { return a.plan.Identity.Passages.Unit != passage.None }

// PlanTrim is [Applied.PlanPrune] with the passages that the identity asks to be cut
// out, as [Result.PlanTrim] is; c is needed for these whether or not records are
// written.
func (a *Applied) PlanTrim(ctx context.Context, c *corpus.Corpus) (*prune.Plan, error) {
	p, err := a.PlanPrune(c)
	if err != nil || !a.Trims() {
		return p, err
	}
	if c == nil {
		return nil, errors.New("pipeline: cutting passages out takes the inputs again")
	}
	found, err := a.cuts.find(func() (*passages, error) {
		j, err := a.run.reread(a.plan, c)
		if err != nil {
			return nil, err
		}
		return j.findPassages(ctx, p.Keeps)
	})
	if err != nil {
		return nil, err
	}
	return p, p.Edit(found.edits, "")
}

// Members is [Findings.Members] with what the last PlanTrim emptied.
func (a *Applied) Members(ctx context.Context, yield func(*MemberRow) error) error {
	emptied, err := a.cuts.emptied()
	if err != nil {
		return err
	}
	return a.members(ctx, emptied, yield)
}

// WriteSpans is [Result.WriteSpans].
func (a *Applied) WriteSpans(w io.Writer) error { return a.writeSpans(w, a.cuts.get()) }

// CheckRemoval is [Findings.CheckRemoval], where the documents go too that the last
// PlanTrim emptied.
func (a *Applied) CheckRemoval(_ context.Context, limits RemovalLimits) error {
	emptied, err := a.cuts.emptied()
	if err != nil {
		return err
	}
	return a.checkRemoval(limits, emptied)
}
