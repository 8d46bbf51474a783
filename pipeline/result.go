package pipeline

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// Result is what a run found. It holds the names of all documents and the
// shingle sets, partly in temporary files, until it is closed. It may be read
// by several goroutines.
type Result struct {
	Findings
	job *Job
}

func newResult(j *Job) *Result {
	r := &Result{job: j, Findings: Findings{
		plan:       j.plan,
		catalog:    j.catalog,
		fileName:   func(file int) string { return j.corpus.Files()[file].Name },
		clusters:   j.clusters.Clusters,
		edges:      j.edges,
		weaker:     slices.Values(j.weak),
		sizeOf:     j.sets.Size,
		counts:     j.counts,
		references: j.references,
		sources:    j.sources, badInFile: j.badInFile,
		reading: reading{ignored: int64(len(j.corpus.Ignored())), firstIgnored: first(j.corpus.Ignored()), broken: j.brokenFiles, bad: j.badReasons.sorted()},
	}}
	r.empty, r.isWhole = j.empty, func(file int) bool { return j.corpus.Files()[file].Format.IsWhole() }
	r.bad = r.quarantine
	if j.dates != nil {
		r.reading.undated = j.dates.undated
	}
	r.reading.boilerplate = j.boilerplateWarnings()
	if j.weights != nil {
		r.reading.long = j.weights.warnings()
	}
	c := &r.counts
	c.Files = int64(len(j.corpus.Files()))
	c.Records = c.Documents + c.Quarantined + c.Filtered
	if j.decided != nil {
		j.decided.settle(&r.Findings, j.documents)
	}
	r.tally()
	return r
}

// Plan returns the plan that was executed.
func (r *Result) Plan() *Plan { return r.job.plan }

// Counts returns what became of the input. Its sums close.
func (r *Findings) Counts() report.Counts { return r.counts }

// Err returns the first error of reading names back from a temporary file. What
// Clusters, Singletons and Pairs yielded is sound only if it is nil;
// WriteReport and Prune look themselves.
func (r *Findings) Err() error { return r.catalog.Err() }

// TempBytes returns how much of the shingle sets, band keys, names, bad records,
// blocks put aside, and, after PlanTrim, texts and keys of passages was over the memory
// budget and went to temporary files. Candidate pairs on the disk are not counted.
func (r *Result) TempBytes() int64 { return r.job.tempBytes }

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

// origin is all that determined findings, as a summary tells it.
type origin struct {
	Identity
	// RethresholdOf is the fingerprint of the run whose pairs these are.
	RethresholdOf string `json:"rethreshold_of,omitempty"`
}

// Summary returns the end of the report. It holds nothing that differs between
// two runs which mean the same: no times, no threads, no memory.
func (r *Findings) Summary() *report.Summary {
	p := r.plan
	options, err := json.Marshal(origin{p.Identity, r.rethresholdOf})
	if err != nil {
		panic(fmt.Sprintf("pipeline: identity cannot be encoded: %v", err))
	}
	s := &report.Summary{
		Fingerprint: p.Fingerprint,
		Options:     options,
		Settings: report.Settings{
			Preset:     p.Identity.preset(),
			Similarity: p.Identity.Similarity.String(),
			Threshold:  p.Identity.Threshold,
			Clustering: p.Identity.Clustering.String(),
			Keep:       p.Identity.Keep,
			Hashes:     p.Params.Hashes(),
			Bands:      p.Params.Bands,
			Rows:       p.Params.Rows,
			Recall:     p.Recall,

			Boilerplate: p.Identity.Boilerplate,
		},
		Counts:     r.counts,
		BadRecords: r.reading.bad,
		Warnings:   r.Warnings(),
	}
	if p.Identity.Similarity != Exact {
		s.Settings.Shingle = p.Identity.unit()
	}
	return s
}

// Warnings lists what a reader of the result should know, the plan's doubts
// first. They are in the summary too.
func (r *Findings) Warnings() []report.Warning {
	w := append([]report.Warning{}, r.plan.Warnings...)
	c := &r.counts
	add := func(code string, n int64, format string, args ...any) {
		if n > 0 {
			w = append(w, report.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
		}
	}
	in := &r.reading
	add("ignored_files", in.ignored, "%s left out, holding no text by name or header, the first %q", plural(in.ignored, "file was", "files were"), in.firstIgnored)
	if c.Documents == 0 {
		// A mistyped field leaves everything out.
		add("filtered", c.Filtered, "no record passes the filter %q, which has left out %d: look at its fields and values", r.plan.Identity.Where, c.Filtered)
		add("unusable", c.Quarantined, "no record could be used: see the bad records; if the text of records is in another field than %q, name it by --text-field", r.plan.Identity.TextField)
	}
	add("quarantined", c.Quarantined, "%s left out", plural(c.Quarantined, "bad record was", "bad records were"))
	for i := range in.bad {
		add("bad_records", 1, "%s", badMessage(&in.bad[i], r.plan.Identity.TextField, r.plan.Identity.IDField))
	}
	add("broken_files", in.broken, "%s not be read to the end: what was behind the break is neither kept nor counted", plural(in.broken, "file could", "files could"))
	add("empty", c.Empty, "%s no letter or number: like nothing else, and kept", plural(c.Empty, "document has", "documents have"))
	add("unranked", c.Unranked, "%s no usable value for %q: ranked behind the others", plural(c.Unranked, "document has", "documents have"), r.plan.Identity.Keep)
	add("undated", in.undated, "%s no usable date in %q: compared with all others, whatever the window",
		plural(in.undated, "document has", "documents have"), r.plan.Identity.DateField)
	if c.LargestCluster > giantCluster && c.LargestShare() > 0.1 {
		add("giant_cluster", 1, "one cluster holds %d of %d documents: look at it before pruning; a higher threshold, or --clustering cover, makes smaller ones", c.LargestCluster, c.Documents)
	}
	w = append(append(w, in.boilerplate...), in.long...)
	add("giant_buckets", c.GiantBuckets, "%s more than %d texts; their members were compared with up to %d representatives each, not with one another",
		plural(c.GiantBuckets, "bucket held", "buckets held"), r.plan.Identity.MaxBucket, verify.MaxRepresentatives)
	return append(w, r.doubts...)
}

// giantCluster is the size from which a cluster of a tenth of the corpus is
// worth a warning.
const giantCluster = 100

func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

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

// WriteQuarantine writes the bad records as JSON lines: file, line, byte
// offset, reason and the record itself, cut if it is long.
func (r *Result) WriteQuarantine(w io.Writer) error {
	out := bufio.NewWriter(w)
	for line, err := range r.quarantine {
		if err != nil {
			return err
		}
		out.Write(line) // a bufio.Writer keeps its first error for Flush
		out.WriteByte('\n')
	}
	return out.Flush()
}

// Close releases the stores and removes their temporary files.
func (r *Result) Close() error { return r.job.Close() }
