package report

import "fmt"

// Counts is what became of the input, in documents unless said otherwise. The
// figures add up:
//
//	Records   = Documents + Quarantined + Filtered
//	Documents = Distinct + ExactCopies + Empty
//	Documents = Kept + Pruned + Protected
//	Kept      = Representatives + Singletons + Empty
//	Clustered = Representatives + Pruned - Decided + Matched
type Counts struct {
	// Files is the number of input files and Bytes their size as decompressed.
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
	// Records is the number of records read, and Blank the number of lines of
	// white space alone, which are not records.
	Records int64 `json:"records"`
	Blank   int64 `json:"blank"`
	// Quarantined is the number of records that are no documents.
	Quarantined int64 `json:"quarantined"`
	// Filtered is the number of records that take no part.
	Filtered  int64 `json:"filtered,omitempty"`
	Documents int64 `json:"documents"`
	// Empty documents have no token and are like no other document.
	Empty int64 `json:"empty"`
	// Distinct is the number of different normalised texts, and ExactCopies
	// the number of documents that repeat one.
	Distinct    int64 `json:"distinct"`
	ExactCopies int64 `json:"exact_copies"`
	// Unranked documents have no usable value for the keep policy.
	Unranked int64 `json:"unranked"`
	// Candidates is the number of pairs compared exactly, those of giant buckets
	// once for each bucket, and Verified the number of distinct pairs at or
	// above the threshold.
	Candidates int64 `json:"candidates"`
	Verified   int64 `json:"verified"`
	// GiantBuckets is the number of buckets too large to list every pair of,
	// and Unlinked the number of comparisons left out there, summed over them:
	// a pair that several buckets hold counts in each.
	GiantBuckets int64 `json:"giant_buckets"`
	Unlinked     int64 `json:"unlinked"`
	// Clusters is the number of clusters, Clustered the documents in them and
	// LargestCluster the size of the largest.
	Clusters       int64 `json:"clusters"`
	Clustered      int64 `json:"clustered"`
	LargestCluster int64 `json:"largest_cluster"`
	// Representatives are kept documents in clusters, Singletons documents in
	// none that are not empty.
	Representatives int64 `json:"representatives"`
	Singletons      int64 `json:"singletons"`
	Kept            int64 `json:"kept"`
	Pruned          int64 `json:"pruned"`
	// Protected is the number of reference documents, which Kept does not count,
	// and Matched how many of them are in clusters.
	Protected int64 `json:"protected,omitempty"`
	Matched   int64 `json:"matched,omitempty"`
	// Decided is how many of Pruned somebody has decided to drop: they are in no
	// cluster, and nothing need cover them.
	Decided int64 `json:"decided,omitempty"`
}

// LargestShare returns the share of all documents that the largest cluster holds,
// in [0, 1]; 0 if there is none.
func (c *Counts) LargestShare() float64 {
	if c.Documents == 0 {
		return 0
	}
	return float64(c.LargestCluster) / float64(c.Documents)
}

// Check returns an error that names the first sum which does not close, or the
// first figure that cannot be.
func (c *Counts) Check() error {
	if err := c.check(); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return nil
}

func (c *Counts) check() error {
	for _, v := range []int64{
		c.Files, c.Bytes, c.Records, c.Blank, c.Quarantined, c.Filtered, c.Documents, c.Empty, c.Distinct, c.ExactCopies,
		c.Unranked, c.Candidates, c.Verified, c.GiantBuckets, c.Unlinked, c.Clusters, c.Clustered, c.LargestCluster,
		c.Representatives, c.Singletons, c.Kept, c.Pruned, c.Protected, c.Matched, c.Decided,
	} {
		if v < 0 {
			return fmt.Errorf("a negative count among %+v", *c)
		}
	}
	for _, s := range []struct {
		name  string
		total int64
		parts []int64
		sum   string
	}{
		{"records", c.Records, []int64{c.Documents, c.Quarantined, c.Filtered}, "documents + quarantined + filtered"},
		{"documents", c.Documents, []int64{c.Distinct, c.ExactCopies, c.Empty}, "distinct + exact copies + empty"},
		{"documents", c.Documents, []int64{c.Kept, c.Pruned, c.Protected}, "kept + pruned + protected"},
		{"kept", c.Kept, []int64{c.Representatives, c.Singletons, c.Empty}, "representatives + singletons + empty"},
		{"clustered", c.Clustered, []int64{c.Representatives, c.Pruned, -c.Decided, c.Matched}, "representatives + pruned - decided + matched"},
	} {
		var sum int64
		for _, p := range s.parts {
			sum += p
		}
		if sum != s.total {
			return fmt.Errorf("%d %s are not %d = %s %d", s.total, s.name, sum, s.sum, s.parts)
		}
	}
	switch {
	case c.Verified > c.Candidates:
		return fmt.Errorf("%d verified pairs of %d candidates", c.Verified, c.Candidates)
	case c.Clusters > c.Representatives+c.Matched:
		return fmt.Errorf("%d clusters with %d representatives and %d references", c.Clusters, c.Representatives, c.Matched)
	case c.Matched > c.Protected:
		return fmt.Errorf("%d of %d references are in clusters", c.Matched, c.Protected)
	case c.LargestCluster > c.Clustered:
		return fmt.Errorf("the largest cluster has %d of %d documents in clusters", c.LargestCluster, c.Clustered)
	}
	return nil
}
