// Package tune shows how similar the documents of a corpus are, for a person to choose
// a threshold by.
//
// In goes a job of package pipeline, whose threshold is the floor below which nothing
// is looked at; out comes a [Tuning]: how many pairs there are by similarity, some of
// them next to the thresholds of the presets, with what differs, and, with labelled
// pairs, precision and recall by threshold. Nothing is changed or applied.
//
// Documents are drawn by a hash of their ids. In a sample of a share x of the
// documents there are about x*x of the pairs. What was found depends on the ids and
// texts alone, and not on their order or the machine.
//
// A sample is in memory, 512 MiB of text at most; its pairs are those of a run of
// package pipeline, within the memory of the job. Any number of tunings may go on side
// by side.
package tune

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// Options says what Run looks at. The zero value of every field is its
// default.
type Options struct {
	// Sample is the number of documents looked at, at least 2. A corpus with no
	// more is looked at whole. Default: 20,000, and in any case no more than
	// fit into 512 MiB of text.
	Sample int
	// Labels are pairs that a person has judged. Default: none.
	Labels []eval.Label
	// Rounds is the number of bootstrap rounds behind the interval of the
	// suggestion, at least [eval.MinRounds]. Default: 1,000.
	Rounds int
}

const (
	defaultSample = 20_000
	defaultRounds = 1000
)

// Tuning shows how similar the documents of a corpus are, for a person to choose a
// threshold by.
type Tuning struct {
	Type string `json:"type"` // "tuning"

	// Shingle, Similarity and Floor are what was compared and from where on.
	Shingle    string  `json:"shingle"`
	Similarity string  `json:"similarity"`
	Floor      float64 `json:"floor"`
	// Bands, Rows, and Recall, the probability that a pair at the floor is
	// found.
	Bands  int     `json:"bands"`
	Rows   int     `json:"rows"`
	Recall float64 `json:"recall_at_floor"`

	// Documents were read, of which Sampled are in the sample. Copies of these
	// have the text of an earlier one; they are in no pair.
	Documents int64 `json:"documents"`
	Sampled   int64 `json:"sampled"`
	Copies    int64 `json:"copies"`
	// Quarantined is the number of bad records left out.
	Quarantined int64 `json:"quarantined"`
	// Pairs are the pairs of distinct texts in the sample that were found at or
	// above the floor.
	Pairs int64 `json:"pairs"`

	// Histogram is over Pairs, highest similarity first.
	Histogram []Bin `json:"histogram"`
	// Levels are thresholds with the pairs next to them, highest first.
	Levels []Level `json:"levels"`
	// Labels is nil without labels.
	Labels *Labels `json:"labels,omitempty"`

	Warnings []report.Warning `json:"warnings"`
}

// Bin are the pairs whose similarity is in [Low, High), or [Low, 1].
type Bin struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Pairs were found, which is the share Reach of all that there are, as
	// estimated by counting each pair 1/p times, p being the probability that
	// it becomes a candidate (Horvitz and Thompson 1952), to four digits.
	Pairs int64   `json:"pairs"`
	Reach float64 `json:"reach"`
	// Documents have a partner at or above Low, copies included.
	Documents int64 `json:"documents"`
}

// Level is a threshold and the pairs whose similarity is nearest to it: at
// most Border on each side, no farther away than Window, no document and no
// similarity twice on one side, most similar first.
type Level struct {
	Threshold float64 `json:"threshold"`
	// Preset is the preset that has this threshold with the same shingles and
	// similarity, "" if none has.
	Preset string       `json:"preset"`
	Above  []BorderPair `json:"at_or_above"`
	Below  []BorderPair `json:"below"`
}

// What Level shows.
const (
	Border = 3
	Window = 0.05
)

// Labels is how thresholds do on labelled pairs. Similarities are exact,
// whether the search found the pair or not.
type Labels struct {
	// Pairs were scored, of which Same were judged to be the same.
	Pairs int `json:"pairs"`
	Same  int `json:"same"`
	// DifferentInReach are the pairs at or above the floor that were judged to be
	// different. Precision rests on them.
	DifferentInReach int `json:"different_at_or_above_floor"`
	// Missing are the labels that could not be scored, since a document is not
	// in the input.
	Missing    []MissingLabel        `json:"missing"`
	Thresholds []eval.ThresholdScore `json:"thresholds"`
	// Suggestion is nil if there is none; see [eval.SuggestThreshold].
	Suggestion *eval.Suggestion `json:"suggestion,omitempty"`
}

// MissingLabel is a line of labels, and the id that no document has.
type MissingLabel struct {
	Line int    `json:"line"`
	ID   string `json:"id"`
}

// Run runs the job over a sample of its corpus and shows how similar the documents
// are. The job's threshold is the floor: bands and rows are planned for it, and
// pairs below it are not looked at. Its similarity must be Jaccard. Run closes the job.
func Run(ctx context.Context, j *pipeline.Job, t Options) (*Tuning, error) {
	out, err := run(ctx, j, t)
	return out, errors.Join(err, j.Close())
}

func run(ctx context.Context, j *pipeline.Job, t Options) (*Tuning, error) {
	t.Sample, t.Rounds = cmp.Or(t.Sample, defaultSample), cmp.Or(t.Rounds, defaultRounds)
	switch p := j.Plan(); {
	case p.Params.Bands == 0:
		return nil, fmt.Errorf("tune: thresholds of Jaccard similarity can be tuned, and this is %s", p.Identity.Similarity)
	case t.Sample < 2:
		return nil, fmt.Errorf("tune: a sample of %d documents has no pairs", t.Sample)
	case t.Rounds < eval.MinRounds:
		return nil, fmt.Errorf("tune: %d bootstrap rounds, want at least %d", t.Rounds, eval.MinRounds)
	}
	s := &sampler{most: t.Sample, maxBytes: maxSampleBytes, wanted: map[string][]byte{}}
	for _, l := range t.Labels {
		s.wanted[l.A], s.wanted[l.B] = nil, nil
	}
	if err := s.draw(ctx, j); err != nil {
		return nil, err
	}
	res, err := pipeline.Run(ctx, sampleOptions(j.Options(), s))
	if err != nil {
		return nil, err
	}
	defer res.Close()
	out := newTuning(res)
	// Ids used twice are found only now.
	counts := res.Counts()
	out.Documents, out.Quarantined = s.read-counts.Quarantined, s.bad+counts.Quarantined
	r := rater{res: res, params: res.Plan().Params}
	out.Histogram = r.histogram(out.Floor)
	out.Levels = r.levels(s.texts())
	if t.Labels != nil {
		out.Labels = scoreLabels(&j.Plan().Identity, t, s.wanted)
	}
	return out, res.Err()
}

// maxBucket is larger than lsh.DefaultMaxBucket: a histogram of pairs that are
// chained in giant buckets would be of some pairs and not of others.
const maxBucket = 4000

// sampleOptions returns the options of the run over a sample.
func sampleOptions(o pipeline.Options, s *sampler) pipeline.Options {
	o.Inputs, o.Stdin, o.FS, o.Reread, o.KeepCandidates, o.OnBadRecord = []string{"-"}, s.reader(), nil, false, false, nil
	id := &o.Identity
	// The sample is written with the default fields, and escapes lengthen it.
	id.Format, id.TextField, id.IDField, id.MaxRecord = corpus.JSONL, "", "", corpus.MaxRecordLimit
	id.Where, o.MaxBad = "", pipeline.BadLimit{} // were heeded when the sample was drawn
	id.Keep, id.MaxBucket = "", max(id.MaxBucket, maxBucket)
	return o
}

func newTuning(res *pipeline.Result) *Tuning {
	p, counts := res.Plan(), res.Counts()
	t := &Tuning{
		Type: "tuning", Shingle: p.Identity.Shingle.String(), Similarity: p.Identity.Similarity.String(), Floor: p.Identity.Threshold,
		Bands: p.Params.Bands, Rows: p.Params.Rows, Recall: p.Recall,
		Sampled: counts.Documents, Copies: counts.ExactCopies, Pairs: counts.Verified,
		Warnings: []report.Warning{},
	}
	for _, w := range res.Warnings() {
		if w.Code != "giant_cluster" && w.Code != "quarantined" && w.Code != "bad_records" { // about a report; counted above
			t.Warnings = append(t.Warnings, w)
		}
	}
	return t
}

// scoreLabels compares the labelled documents, whether they are in the sample or not.
func scoreLabels(id *pipeline.Identity, t Options, texts map[string][]byte) *Labels {
	out := &Labels{Missing: []MissingLabel{}, Thresholds: []eval.ThresholdScore{}}
	sets := map[string][]uint64{}
	normalizer, shingler := shingle.NewNormalizer(), shingle.NewShingler(id.Shingle, id.Seed)
	for key, text := range texts {
		if text != nil {
			sets[key] = shingler.Append(nil, normalizer.Append(nil, text))
		}
	}
	var pairs []eval.LabelledPair
	for _, l := range t.Labels {
		a, okA := sets[l.A]
		b, okB := sets[l.B]
		switch {
		case !okA:
			out.Missing = append(out.Missing, MissingLabel{l.Line, l.A})
			continue
		case !okB:
			out.Missing = append(out.Missing, MissingLabel{l.Line, l.B})
			continue
		}
		out.Pairs++
		if l.Same {
			out.Same++
		}
		pairs = append(pairs, eval.LabelledPair{A: l.A, B: l.B, Same: l.Same,
			Similarity: id.Similarity.Measure().Similarity(verify.Overlap(a, b), len(a), len(b))})
		if !l.Same && pairs[len(pairs)-1].Similarity >= id.Threshold {
			out.DifferentInReach++
		}
	}
	grid := gridFrom(id.Threshold)
	for _, threshold := range slices.Backward(grid) {
		out.Thresholds = append(out.Thresholds, eval.ScoreThreshold(pairs, threshold))
	}
	if s, ok := eval.SuggestThreshold(pairs, t.Rounds); ok {
		out.Suggestion = &s
	}
	return out
}
