package pipeline

import (
	"context"
)

// Class says what became of a record.
type Class string

// The classes. Persisted, never rename.
const (
	// ClassKept is a kept document of a cluster, and ClassDropped one that a kept
	// document covers.
	ClassKept    Class = "kept"
	ClassDropped Class = "dropped"
	// ClassSingleton is a document in no cluster, and ClassEmpty one without a
	// letter or number. Both are kept.
	ClassSingleton Class = "singleton"
	ClassEmpty     Class = "empty"
	// ClassProtected is a reference document: never dropped, never written.
	ClassProtected Class = "protected"
	// ClassEmptied is a document of which no word was left when the passages that
	// repeat were cut out: it was to be kept, and is not written.
	ClassEmptied Class = "emptied"
	// ClassQuarantined is a bad record.
	ClassQuarantined Class = "quarantined"
)

// ReasonDecision is the reason of a document that somebody has decided to drop. It
// has no keeper. Persisted.
const ReasonDecision = "decision"

// MemberRow is what became of one record of the input.
type MemberRow struct {
	// ID is the document's key; of a bad record "" if it is not known.
	ID string `json:"id"`
	// File is the name of its input, Line counts from 1, and Offset is in bytes of
	// the file as decompressed.
	File   string `json:"file"`
	Line   int64  `json:"line"`
	Offset int64  `json:"offset"`
	Class  Class  `json:"class"`
	// Cluster is the name of its cluster, "" if it is in none.
	Cluster string `json:"cluster"`
	// Keeper is the kept document that stands for this one, itself if it is kept
	// or emptied, and "" for a bad record. Similarity is exact and between these two, in [0, 1].
	Keeper     string  `json:"keeper"`
	Similarity float64 `json:"similarity"`
	// Reason is why it is not kept: exact, near, emptied, decision, or what is wrong
	// with the record.
	Reason string `json:"reason"`
	// Source is what [SourceCounts] calls it, if Options.Sources was set; else the
	// file, or the folder of a file that is one document.
	Source string `json:"source"`
}

// ClusterRow is one cluster. The figures are those of [report.Cluster].
type ClusterRow struct {
	Cluster        string  `json:"cluster"`
	Size           int64   `json:"size"`
	Kept           int64   `json:"kept"`
	Dropped        int64   `json:"dropped"`
	MinSimilarity  float64 `json:"min_similarity"`
	MeanSimilarity float64 `json:"mean_similarity"`
	MinPair        float64 `json:"min_pair"`
	Diameter       int64   `json:"diameter"`
	Chain          bool    `json:"chain"`
}

// PairRow is a verified pair.
type PairRow struct {
	A string `json:"a"`
	B string `json:"b"`
	// Similarity is exact; for containment the larger of the two directions.
	Similarity float64 `json:"similarity"`
}

// checkEvery is how many rows pass between two looks at the context.
const checkEvery = 1024

func stopped(ctx context.Context, row int) error {
	if row%checkEvery == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// ClusterRows yields the clusters, largest first, as Members does its rows.
func (r *Findings) ClusterRows(ctx context.Context, yield func(*ClusterRow) error) error {
	for i := range r.clusters {
		if err := stopped(ctx, i); err != nil {
			return err
		}
		c := &r.clusters[i]
		row := ClusterRow{
			Cluster: r.catalog.Key(c.Representative), Size: int64(len(c.Members)),
			MinSimilarity: c.MinSimilarity, MeanSimilarity: c.MeanSimilarity,
			MinPair: c.Cohesion.MinPair, Diameter: int64(c.Cohesion.Diameter), Chain: c.Cohesion.IsChain(),
		}
		for k := range c.Members {
			if c.Members[k].Kept {
				row.Kept++
			}
		}
		row.Dropped = row.Size - row.Kept
		if err := r.catalog.Err(); err != nil {
			return err
		}
		if err := yield(&row); err != nil {
			return err
		}
	}
	return nil
}

// PairRows yields the verified pairs between distinct texts from
// Options.PairFloor on, in reading order of their documents, as Members does its
// rows.
func (r *Result) PairRows(ctx context.Context, yield func(*PairRow) error) error {
	id := &r.plan.Identity
	for i, e := range r.job.allPairs() {
		if err := stopped(ctx, i); err != nil {
			return err
		}
		row := PairRow{r.catalog.Key(e.Pair.A), r.catalog.Key(e.Pair.B), id.Similarity.ofPair(e, r.sizeOf)}
		if err := r.catalog.Err(); err != nil {
			return err
		}
		if err := yield(&row); err != nil {
			return err
		}
	}
	return nil
}

// PairsFrom returns the similarity from which PairRows has the pairs.
func (r *Result) PairsFrom() float64 { return r.job.pairsFrom() }
