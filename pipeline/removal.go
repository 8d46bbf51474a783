package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
)

// RemovalLimits say how much may go. A zero value of a limit is none.
type RemovalLimits struct {
	// Total is the largest share of all documents that may go, and PerSource of
	// those of any one source (see [SourceCounts]), both in (0, 1].
	Total, PerSource float64
	// SmallSource is the number of documents below which a source is not held to
	// PerSource: of three documents two may well be copies. Default: 20.
	SmallSource int64
}

// DefaultSmallSource is the default of [RemovalLimits.SmallSource].
const DefaultSmallSource = 20

// RemovalError is a result that would remove more than allowed: most often because
// documents of a source share a template, or the threshold is too low, not because
// so much was copied.
type RemovalError struct {
	// Source is the one of which the largest share would go, "" if the limit of all
	// documents was passed. Sources is how many are over the limit.
	Source  string
	Sources int
	// Removed of Documents would go, a share over Limit.
	Removed, Documents int64
	Limit              float64
	// Emptied are the documents of the corpus that go because all of their text is cut
	// out.
	Emptied int64
}

// Error says of what too much would go, and what to do.
func (e *RemovalError) Error() string {
	of, limit, more, per, cut := "the corpus", "--max-removed", "", "", ""
	if e.Emptied > 0 {
		cut = fmt.Sprintf("at what --dedup cuts out, which leaves %s without text, ", quantity.Of(e.Emptied, "document", "documents"))
	}
	if e.Sources > 0 {
		of, limit, per = fmt.Sprintf("source %q", e.Source), "--max-removed-per-source", ", keep one survivor of each source with --keep-per source"
	}
	if e.Sources > 1 {
		more = fmt.Sprintf(" (and %s over the limit)", quantity.Of(e.Sources-1, "more source is", "more sources are"))
	}
	return fmt.Sprintf("pipeline: %s of %s of %s would go, %.1f%%, more than the %.4g%% allowed%s: nothing was written; "+
		"look %sat the largest clusters, leave shared templates out with --boilerplate, take a higher --threshold%s, or raise %s",
		quantity.Number(e.Removed), quantity.Of(e.Documents, "document", "documents"), of, 100*float64(e.Removed)/float64(e.Documents), 100*e.Limit, more, cut, per, limit)
}

// CheckRemoval returns a [*RemovalError] if more would go than allowed, and an error
// of another kind if sources are not known. ctx is for [Result.CheckRemoval].
func (r *Findings) CheckRemoval(_ context.Context, limits RemovalLimits) error {
	return r.checkRemoval(limits, nil)
}

// CheckRemoval is [Findings.CheckRemoval], where the documents go too of which
// [Result.PlanTrim] leaves no word.
func (r *Result) CheckRemoval(ctx context.Context, limits RemovalLimits) error {
	if limits.Total == 0 && limits.PerSource == 0 {
		return nil
	}
	if r.plan.Identity.Passages.Unit != passage.None {
		if _, err := r.PlanTrim(ctx); err != nil {
			return err
		}
	}
	emptied, err := r.job.cuts.emptied()
	if err != nil {
		return err
	}
	return r.checkRemoval(limits, emptied)
}

// over tells whether more than a share of all goes. The share is divided, not
// multiplied: 29 of 100 are 0.29 to the last bit, and 0.29 times 100 is less than 29.
func over(goes, all int64, limit float64) bool { return float64(goes)/float64(all) > limit }

func (r *Findings) checkRemoval(limits RemovalLimits, emptied []corpus.ID) error {
	goes, all := r.counts.Pruned+int64(len(emptied)), r.counts.Documents-r.counts.Protected
	if limits.Total > 0 && over(goes, all, limits.Total) {
		return &RemovalError{Removed: goes, Documents: all, Limit: limits.Total, Emptied: int64(len(emptied))}
	}
	if limits.PerSource == 0 {
		return nil
	}
	if r.sources == nil {
		return fmt.Errorf("pipeline: a limit for each source needs Options.Sources")
	}
	least := cmp.Or(limits.SmallSource, DefaultSmallSource)
	var tooMuch []SourceCounts
	for _, s := range r.sourcesWithout(emptied) {
		if n := s.Kept + s.Dropped; n >= least && over(s.Dropped, n, limits.PerSource) {
			tooMuch = append(tooMuch, s)
		}
	}
	if len(tooMuch) == 0 {
		return nil
	}
	share := func(s SourceCounts) float64 { return float64(s.Dropped) / float64(s.Kept+s.Dropped) }
	worst := slices.MaxFunc(tooMuch, func(a, b SourceCounts) int { // the first by name on a tie
		return cmp.Or(cmp.Compare(share(a), share(b)), cmp.Compare(a.Dropped, b.Dropped))
	})
	return &RemovalError{Source: worst.Name, Sources: len(tooMuch), Removed: worst.Dropped, Documents: worst.Kept + worst.Dropped, Limit: limits.PerSource, Emptied: int64(len(emptied))}
}
