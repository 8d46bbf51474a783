package pipeline

import (
	"iter"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Findings are documents put into clusters, with what a report says of them: those
// of a run, or of a saved run at another threshold. They may be read by several
// goroutines, until what they are of is closed.
type Findings struct {
	plan     *Plan
	catalog  *corpus.Catalog
	fileName func(file int) string
	clusters []cluster.Cluster
	edges    []verify.Scored
	// weaker are the verified pairs that are less alike than clustering asks for.
	weaker  iter.Seq[verify.Scored]
	sizeOf  func(corpus.ID) int
	counts  report.Counts
	reading reading
	sources *sourceTable // nil if nothing asked
	// references is the first of the reference documents, noReference if there are none.
	references corpus.ID
	// badInFile is the number of bad records of each file.
	badInFile []int64
	empty     []bool // by document
	// isWhole tells whether a file is one document.
	isWhole func(file int) bool
	// bad yields the lines of the quarantine, without their line ends; nil if they are
	// not known.
	bad iter.Seq2[[]byte, error]
	// dropped tells which documents go by decision; nil if none do.
	dropped []bool
	// doubts are what decisions bring up, and a saved run; rethresholdOf is the
	// fingerprint of that.
	doubts        []report.Warning
	rethresholdOf string
}

// reading is what is to be told of the input besides the counts.
type reading struct {
	ignored      int64
	firstIgnored string
	broken       int64 // could not be read to their end
	undated      int64 // documents, where a window asks for dates
	bad          []report.BadRecords
	boilerplate  []report.Warning
	long         []report.Warning // of texts longer than all of their features count
}

// tally counts what is in clusters and what is not.
func (r *Findings) tally() {
	c := &r.counts
	c.Clusters = int64(len(r.clusters))
	c.Clustered, c.LargestCluster, c.Representatives, c.Pruned, c.Matched, c.Decided = 0, 0, 0, 0, 0, 0
	for i := range r.clusters {
		members := r.clusters[i].Members
		c.Clustered += int64(len(members))
		c.LargestCluster = max(c.LargestCluster, int64(len(members)))
		for k := range members {
			switch {
			case members[k].ID >= r.references:
				c.Matched++
			case members[k].Kept:
				c.Representatives++
			default:
				c.Pruned++
			}
		}
	}
	for _, goes := range r.dropped {
		if goes {
			c.Decided++
		}
	}
	c.Pruned += c.Decided
	c.Protected = max(0, int64(r.catalog.Len())-int64(r.references))
	c.Kept = c.Documents - c.Pruned - c.Protected
	c.Singletons = c.Kept - c.Representatives - c.Empty
}
