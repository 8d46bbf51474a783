package pipeline

import (
	"cmp"
	"context"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// ReportOptions says what a report holds and how a table looks.
type ReportOptions struct {
	// Singletons adds the documents that are in no cluster.
	Singletons bool
	// Table is for the format of that name.
	Table report.Options
}

// WriteReport writes the clusters, the singletons if wanted, and the summary.
// w has the whole report when it returns nil.
func (r *Findings) WriteReport(w io.Writer, f report.Format, o ReportOptions) error {
	err := r.writeReport(w, f, o)
	if lost := r.catalog.Err(); lost != nil {
		return lost // a report only tells that names are missing
	}
	return err
}

func (r *Findings) writeReport(w io.Writer, f report.Format, o ReportOptions) error {
	o.Table.Keep = cmp.Or(o.Table.Keep, r.plan.Identity.Keep)
	out := report.NewWriter(f, w, o.Table)
	if err := r.writeClusters(out); err != nil {
		return err
	}
	if o.Singletons {
		for m := range r.Singletons() {
			if err := out.Singleton(m); err != nil {
				return err
			}
		}
	}
	if err := r.catalog.Err(); err != nil {
		return err
	}
	return out.Finish(r.Summary())
}

// writeBatch is the number of clusters that are looked up before they are written.
const writeBatch = 256

// writeClusters writes the clusters while it looks up the names of the next ones.
func (r *Findings) writeClusters(out report.Writer) error {
	g, ctx := errgroup.WithContext(context.Background())
	batches := make(chan []report.Cluster, 2)
	free := make(chan []report.Cluster, 4)
	g.Go(func() error {
		defer close(batches)
		kept := map[corpus.ID]string{}
		for part := range slices.Chunk(r.clusters, writeBatch) {
			var b []report.Cluster
			select {
			case b = <-free:
			default:
			}
			b = slices.Grow(b, len(part))[:len(part)]
			for i := range part {
				r.fill(&b[i], &part[i], kept)
			}
			select {
			case batches <- b:
			case <-ctx.Done():
				return nil // the writer has the error
			}
		}
		return nil
	})
	g.Go(func() error {
		for b := range batches {
			for i := range b {
				if err := out.Cluster(&b[i]); err != nil {
					return err
				}
			}
			select {
			case free <- b[:0]:
			default:
			}
		}
		return nil
	})
	return g.Wait()
}
