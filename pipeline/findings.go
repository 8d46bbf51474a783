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
	sourced      int64 // documents that name their source
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

// Counts returns what became of the input. Its sums close.
func (r *Findings) Counts() report.Counts { return r.counts }

// Err returns the first error of reading names back from a temporary file. What
// Clusters, Singletons and Pairs yielded is sound only if it is nil;
// WriteReport and Prune look themselves.
func (r *Findings) Err() error { return r.catalog.Err() }

// Clusters yields the clusters, largest first. A cluster is good until the
// next one is asked for.
func (r *Findings) Clusters() iter.Seq[*report.Cluster] {
	return func(yield func(*report.Cluster) bool) {
		var out report.Cluster
		kept := map[corpus.ID]string{}
		for i := range r.clusters {
			r.fill(&out, &r.clusters[i], kept)
			if !yield(&out) {
				return
			}
		}
	}
}

// fill makes out the cluster c with names in place of numbers. Names may be on the
// disk, so each is looked up once: a cover is a member too. kept is scratch.
func (r *Findings) fill(out *report.Cluster, c *cluster.Cluster, kept map[corpus.ID]string) {
	*out = report.Cluster{
		Size:           len(c.Members),
		MinSimilarity:  c.MinSimilarity,
		MeanSimilarity: c.MeanSimilarity,
		Cohesion: report.Cohesion{
			Texts: c.Cohesion.Texts, Pairs: c.Cohesion.Pairs, Density: c.Cohesion.Density,
			MinPair: c.Cohesion.MinPair, MeanPair: c.Cohesion.MeanPair,
			Diameter: c.Cohesion.Diameter, DiameterExact: c.Cohesion.DiameterExact, Chain: c.Cohesion.IsChain(),
		},
		Members: out.Members[:0],
	}
	clear(kept)
	for _, m := range c.Members {
		level := report.LevelNear
		switch {
		case m.ID >= r.references:
			level = report.LevelProtected
			out.Kept++
		case m.Kept:
			level = report.LevelRepresentative
			out.Kept++
		case m.Exact:
			level = report.LevelExact
		}
		member := r.member(m.ID, level)
		member.Similarity, member.Keep = m.Similarity, m.Kept
		if m.Kept {
			kept[m.ID] = member.ID
		}
		out.Members = append(out.Members, member)
	}
	out.Cluster = kept[c.Representative]
	for i, m := range c.Members {
		out.Members[i].CoveredBy = kept[m.Cover]
	}
}

// member returns a document that covers itself.
func (r *Findings) member(id corpus.ID, level report.Level) report.Member {
	e := r.catalog.Entry(id)
	return report.Member{ID: e.Key, CoveredBy: e.Key, Similarity: 1, Keep: true, Level: level,
		Title: e.Title, File: r.fileName(e.File), Line: e.Line}
}

// Singletons yields the documents that are in no cluster, in reading order.
// References are none of them.
func (r *Findings) Singletons() iter.Seq[report.Member] {
	return func(yield func(report.Member) bool) {
		clustered := make([]bool, r.catalog.Len())
		for i := range r.clusters {
			for _, m := range r.clusters[i].Members {
				clustered[m.ID] = true
			}
		}
		for id, in := range clustered {
			if corpus.ID(id) >= r.references {
				return
			}
			if r.dropped != nil && r.dropped[id] {
				continue
			}
			if !in && !yield(r.member(corpus.ID(id), report.LevelSingleton)) {
				return
			}
		}
	}
}
