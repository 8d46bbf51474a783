package pipeline

import (
	"fmt"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

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
	s := &report.Summary{
		Fingerprint: p.Fingerprint,
		Options:     encoded(origin{p.Identity, r.rethresholdOf}),
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
	add("ignored_files", in.ignored, "%s left out, holding no text by name or header, the first %q", quantity.Of(in.ignored, "file was", "files were"), in.firstIgnored)
	if c.Documents == 0 {
		// A mistyped field leaves everything out.
		add("filtered", c.Filtered, "no record passes the filter %q, which has left out %s: look at its fields and values", r.plan.Identity.Where, quantity.Number(c.Filtered))
		add("unusable", c.Quarantined, "no record could be used: see the bad records%s", unusableHint(in.bad, r.plan.Identity.TextField))
	}
	add("quarantined", c.Quarantined, "%s left out", quantity.Of(c.Quarantined, "bad record was", "bad records were"))
	for i := range in.bad {
		add("bad_records", 1, "%s", badMessage(&in.bad[i], r.plan.Identity.TextField, r.plan.Identity.IDField))
	}
	add("broken_files", in.broken, "%s not be read to the end: what was behind the break is neither kept nor counted", quantity.Of(in.broken, "file could", "files could"))
	add("empty", c.Empty, "%s no letter or number: like nothing else, and kept", quantity.Of(c.Empty, "document has", "documents have"))
	add("unranked", c.Unranked, "%s no usable value for %q: ranked behind the others", quantity.Of(c.Unranked, "document has", "documents have"), r.plan.Identity.Keep)
	add("undated", in.undated, "%s no usable date in %q: compared with all others, whatever the window",
		quantity.Of(in.undated, "document has", "documents have"), r.plan.Identity.DateField)
	if field := r.plan.Identity.SourceField; field != "" && in.sourced == 0 {
		add("sourceless", c.Documents, "no document has the field %q, which was to name its source: it is its file, or the folder of a text", field)
	}
	if c.LargestCluster > giantCluster && c.LargestShare() > 0.1 {
		add("giant_cluster", 1, "one cluster holds %s of %s: look at it before pruning; a higher threshold, or --clustering cover, makes smaller ones", quantity.Number(c.LargestCluster), quantity.Of(c.Documents, "document", "documents"))
	}
	w = append(append(w, in.boilerplate...), in.long...)
	add("giant_buckets", c.GiantBuckets, "%s more than %s; their members were compared with up to %s each, not with one another",
		quantity.Of(c.GiantBuckets, "bucket held", "buckets held"), quantity.Of(r.plan.Identity.MaxBucket, "text", "texts"), quantity.Of(verify.MaxRepresentatives, "representative", "representatives"))
	return append(w, r.doubts...)
}

// giantCluster is the size from which a cluster of a tenth of the corpus is
// worth a warning.
const giantCluster = 100

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}
