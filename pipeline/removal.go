package pipeline

import (
	"cmp"
	"fmt"
	"slices"
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
}

// Error says of what too much would go, and what to do.
func (e *RemovalError) Error() string {
	of, limit, more, per := "the corpus", "--max-removed", "", ""
	if e.Sources > 0 {
		of, limit, per = fmt.Sprintf("source %q", e.Source), "--max-removed-per-source", ", keep one survivor of each source with --keep-per source"
	}
	if e.Sources > 1 {
		more = fmt.Sprintf(" (and %s over the limit)", plural(int64(e.Sources-1), "more source is", "more sources are"))
	}
	return fmt.Sprintf("pipeline: %d of %d documents of %s would go, %.1f%%, more than the %.4g%% allowed%s: nothing was written; "+
		"look at the largest clusters, leave shared templates out with --boilerplate, take a higher --threshold%s, or raise %s",
		e.Removed, e.Documents, of, 100*float64(e.Removed)/float64(e.Documents), 100*e.Limit, more, per, limit)
}

// CheckRemoval returns a [*RemovalError] if more would go than allowed, and an error
// of another kind if sources are not known.
func (r *Findings) CheckRemoval(limits RemovalLimits) error {
	if c := &r.counts; limits.Total > 0 && float64(c.Pruned) > limits.Total*float64(c.Documents-c.Protected) {
		return &RemovalError{Removed: c.Pruned, Documents: c.Documents - c.Protected, Limit: limits.Total}
	}
	if limits.PerSource == 0 {
		return nil
	}
	if r.sources == nil {
		return fmt.Errorf("pipeline: a limit for each source needs Options.Sources")
	}
	least := cmp.Or(limits.SmallSource, DefaultSmallSource)
	var over []SourceCounts
	for _, s := range r.Sources() {
		if n := s.Kept + s.Dropped; n >= least && float64(s.Dropped) > limits.PerSource*float64(n) {
			over = append(over, s)
		}
	}
	if len(over) == 0 {
		return nil
	}
	share := func(s SourceCounts) float64 { return float64(s.Dropped) / float64(s.Kept+s.Dropped) }
	worst := slices.MaxFunc(over, func(a, b SourceCounts) int { // the first by name on a tie
		return cmp.Or(cmp.Compare(share(a), share(b)), cmp.Compare(a.Dropped, b.Dropped))
	})
	return &RemovalError{Source: worst.Name, Sources: len(over), Removed: worst.Dropped, Documents: worst.Kept + worst.Dropped, Limit: limits.PerSource}
}
