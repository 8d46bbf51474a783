package pipeline

import (
	"fmt"
	"math"

	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// Stats is what is known of the input before the run, or guessed from a sample.
type Stats struct {
	// Bytes is the size of the input when decompressed.
	Bytes int64
	// Documents is the number of documents.
	Documents int64
	// NameBytes are the bytes of their ids and titles.
	NameBytes int64
	// KeptBytes is the part of Bytes that cannot be read a second time for
	// little: what is compressed, or comes from standard input.
	KeptBytes int64
	// RecordBytes is the mean size of a record, 0 if nothing is known of it.
	RecordBytes int64
	// LargestBytes is the size of the largest record seen, 0 if nothing is known.
	LargestBytes int64
	// Background is how similar documents of a sample are that have nothing to do
	// with each other: for each one its Jaccard similarities with the others, zeros
	// left out. Without a sample it is nil, and [lsh.DefaultProfile] is assumed.
	Background [][]float64
	// Stream tells that standard input, of which nothing is known, is read too.
	Stream bool
}

// Plan is what a run will do, resolved from Options before anything is read.
// Run executes exactly the plan it returns.
type Plan struct {
	// Identity has every choice made; Fingerprint is its short name.
	Identity    Identity
	Fingerprint string
	// Params are the bands and rows; zero when nothing is signed.
	Params lsh.Params
	// Recall is the predicted probability that a pair exactly at the
	// threshold becomes a candidate.
	Recall float64
	// Curve is the S-curve: the similarities at which a pair becomes a
	// candidate with probability 0.01, 0.1, 0.5, 0.9 and 0.99.
	Curve []CurvePoint
	// Documents is the number of documents expected.
	Documents int64
	// Candidates is the number of candidate pairs expected from unrelated
	// documents alone; duplicates come on top.
	Candidates float64
	// byChance is the share of documents expected to be in one of them.
	byChance float64
	// Budget is the memory share of each store, in bytes.
	Budget Budget
	// Expected is the predicted size of each store, in bytes; what is over its
	// budget goes to temporary files.
	Expected Budget
	// Forecast is what the run will take.
	Forecast Forecast

	// underWay bounds the weight of the blocks between reading and storing, and
	// blockWeight is that of a byte of them.
	underWay    int64
	blockWeight float64

	memory     int64 // the budget; it is no part of a result
	largest    int64 // Stats.LargestBytes
	inputBytes int64 // Stats.Bytes
	// Warnings are doubts about the result that the settings raise.
	Warnings []report.Warning
}

// CurvePoint is one point of an S-curve.
type CurvePoint struct {
	Similarity  float64
	Probability float64
}

// Plan resolves the options against what is known of the input. It opens no
// input and writes nothing; unset speed fields are taken from the machine.
func (o Options) Plan(stats Stats) (*Plan, error) {
	o = o.Defaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	id := o.Identity
	p := &Plan{Identity: id, Documents: stats.Documents}
	if id.Similarity == Exact || id.candidates(0) != MinHash {
		p.Recall = id.unsignedRecall()
		p.Fingerprint = p.Identity.Fingerprint()
		p.provide(o, stats)
		p.Warnings = id.doubts(p)
		return p, nil
	}
	params, err := id.params()
	if err != nil {
		return nil, err
	}
	p.Params = params
	p.Identity.Bands, p.Identity.Rows = params.Bands, params.Rows
	p.Fingerprint = p.Identity.Fingerprint()
	p.Recall = params.CandidateProb(id.jaccardAtThreshold())
	for _, probability := range []float64{0.01, 0.1, 0.5, 0.9, 0.99} {
		p.Curve = append(p.Curve, CurvePoint{params.SimilarityAt(probability), probability})
	}
	n := float64(p.Documents)
	rates := chanceRates(params, stats.Background)
	for _, rate := range rates {
		p.Candidates += n * max(n-1, 0) / 2 * rate / float64(len(rates))
		p.byChance += -math.Expm1(-n*rate) / float64(len(rates))
	}
	p.provide(o, stats)
	p.Warnings = id.doubts(p)
	return p, nil
}

// doubts lists what a user of these settings should know.
func (id Identity) doubts(p *Plan) []report.Warning {
	var w []report.Warning
	if p.Recall < id.Recall && p.Params.Bands > 0 {
		w = append(w, report.Warning{Code: "recall", Message: fmt.Sprintf(
			"%d bands x %d rows find a pair at the threshold %v with probability %.3f, less than the recall of %v asked for",
			p.Params.Bands, p.Params.Rows, id.Threshold, p.Recall, id.Recall)})
	}
	if id.Similarity == Containment && p.Params.Bands > 0 {
		w = append(w, report.Warning{Code: "containment", Message: fmt.Sprintf(
			"candidates are found by Jaccard similarity: the recall stated is for documents of equal size, and a document contained in one more than %.1f times its size is found with less than even odds",
			containmentReach(p.Params, id.Threshold))})
	}
	if p.Candidates > 1e9 {
		w = append(w, report.Warning{Code: "candidates", Message: fmt.Sprintf(
			"about %.2g candidate pairs are expected: a higher threshold, or more rows, makes far fewer", p.Candidates)})
	}
	return w
}

// containmentReach returns the ratio of sizes at which a document contained in
// another to degree t is found with even odds. With |B| = x|A|, J = t/(1+x-t).
func containmentReach(p lsh.Params, t float64) float64 {
	for x := 1.0; x < 1000; x += 0.1 {
		if p.CandidateProb(t/(1+x-t)) < 0.5 {
			return x
		}
	}
	return 1000
}

// Bytes is a number of bytes that prints in the largest fitting binary unit.
type Bytes int64

// String returns for example "512 B" or "1.5 GiB".
func (b Bytes) String() string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}
	v, i := float64(b), 0
	for v >= 1024 && i < len(units)-1 {
		v /= 1024
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", int64(b))
	}
	return fmt.Sprintf("%.1f %s", v, units[i])
}
