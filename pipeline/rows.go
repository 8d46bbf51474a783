package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
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

// Members yields a row for every document, in reading order, and then one for
// every bad record, likewise. A row is good until yield returns. yield's first
// error ends it, and so does ctx.
func (r *Findings) Members(ctx context.Context, yield func(*MemberRow) error) error {
	return r.members(ctx, nil, yield)
}

// Members is [Findings.Members] with what the last PlanTrim emptied.
func (r *Result) Members(ctx context.Context, yield func(*MemberRow) error) error {
	emptied, err := r.job.cuts.emptied()
	if err != nil {
		return err
	}
	return r.members(ctx, emptied, yield)
}

// members yields the rows; emptied ascends.
func (r *Findings) members(ctx context.Context, emptied []corpus.ID, yield func(*MemberRow) error) error {
	place := r.placesInClusters()
	var row MemberRow
	for i := range place.number {
		if err := stopped(ctx, i); err != nil {
			return err
		}
		r.memberRow(&row, corpus.ID(i), place)
		if len(emptied) > 0 && emptied[0] == corpus.ID(i) {
			row.Class, row.Reason, emptied = ClassEmptied, string(ClassEmptied), emptied[1:]
		}
		if err := r.catalog.Err(); err != nil {
			return err
		}
		if err := yield(&row); err != nil {
			return err
		}
	}
	return r.badRows(ctx, yield)
}

func stopped(ctx context.Context, row int) error {
	if row%checkEvery == 0 && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return nil
}

// memberRow fills in the row of a document.
func (r *Findings) memberRow(row *MemberRow, id corpus.ID, place clusterPlaces) {
	file, line, offset := r.catalog.Location(id)
	key := r.catalog.Key(id)
	*row = MemberRow{ID: key, File: r.fileName(file), Line: line, Offset: offset,
		Class: ClassSingleton, Keeper: key, Similarity: 1, Source: r.sourceOf(id, file)}
	c, m := place.of(r.clusters, id)
	switch {
	case id >= r.references:
		row.Class = ClassProtected
	case r.dropped != nil && r.dropped[id]:
		row.Class, row.Keeper, row.Similarity, row.Reason = ClassDropped, "", 0, ReasonDecision
	case m == nil && r.empty[id]:
		row.Class = ClassEmpty
	case m == nil:
	case m.Kept:
		row.Class = ClassKept
	default:
		row.Class, row.Keeper, row.Similarity = ClassDropped, r.catalog.Key(m.Cover), m.Similarity
		row.Reason = string(report.LevelNear)
		if m.Exact {
			row.Reason = string(report.LevelExact)
		}
	}
	if m != nil {
		row.Cluster = r.catalog.Key(c.Representative)
	}
}

// sourceOf returns where a document is from.
func (r *Findings) sourceOf(id corpus.ID, file int) string {
	if t := r.sources; t != nil {
		return t.names[t.of[id]]
	}
	return r.sourceOfFile(file)
}

// sourceOfFile returns where what names no source is from.
func (r *Findings) sourceOfFile(file int) string {
	if name := r.fileName(file); !r.isWhole(file) {
		return name
	}
	return path.Dir(r.fileName(file))
}

// badRows yields the rows of the bad records.
func (r *Findings) badRows(ctx context.Context, yield func(*MemberRow) error) error {
	files := map[string]int{}
	for i := range r.badInFile {
		files[r.fileName(i)] = i
	}
	n := 0
	for line, err := range r.bad {
		if err == nil {
			err = stopped(ctx, n)
		}
		if err != nil {
			return err
		}
		n++
		row := MemberRow{Class: ClassQuarantined}
		if err := json.Unmarshal(line, &row); err != nil { // it has fields of the same names
			return fmt.Errorf("pipeline: the file with bad records is damaged: %w", err)
		}
		row.Source = r.sourceOfFile(files[row.File])
		if err := yield(&row); err != nil {
			return err
		}
	}
	return nil
}

// clusterPlaces finds the cluster of a document.
type clusterPlaces struct {
	number []uint32 // by ID: 1 + the number of the member, clusters end to end; 0 is in none
	starts []uint32 // number of each cluster's first member
}

func (r *Findings) placesInClusters() clusterPlaces {
	p := clusterPlaces{number: make([]uint32, r.catalog.Len())}
	n := uint32(0)
	for i := range r.clusters {
		p.starts = append(p.starts, n)
		for k := range r.clusters[i].Members {
			n++
			p.number[r.clusters[i].Members[k].ID] = n
		}
	}
	return p
}

// of returns a document's cluster and its place there, nil if there is none.
func (p clusterPlaces) of(clusters []cluster.Cluster, id corpus.ID) (*cluster.Cluster, *cluster.Member) {
	n := p.number[id]
	if n == 0 {
		return nil, nil
	}
	i, found := slices.BinarySearch(p.starts, n-1)
	if !found {
		i--
	}
	c := &clusters[i]
	return c, &c.Members[n-1-p.starts[i]]
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

// InputFile is a file that was read.
type InputFile struct {
	corpus.File
	// Sum is known with Options.Sums.
	corpus.Sum
	// XXH3 is the hash of the file as decompressed and read.
	XXH3 uint64
	// Quarantined is the number of bad records, and Filtered that of records that
	// take no part.
	Quarantined, Filtered int64
}

// Inputs returns the files in reading order.
func (r *Result) Inputs() []InputFile {
	c := r.job.corpus
	files := make([]InputFile, len(c.Files()))
	for i, f := range c.Files() {
		files[i] = InputFile{File: f, Sum: c.Sum(i), XXH3: c.Digest(i), Quarantined: r.job.badInFile[i], Filtered: r.job.filteredInFile[i]}
	}
	return files
}
