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
