package eval

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// OracleInput is a run to be checked against brute force.
type OracleInput struct {
	// Sets are the shingle sets by document ID, nil for documents that took no
	// part in the search (copies and empty ones).
	Sets []shingle.Set

	Measure   verify.Measure
	Threshold float64 // in (0, 1]

	// Floor is the lowest similarity of the curve, in (0, Threshold]; 0 is
	// Threshold. The lower it is, the more pairs there are to look at.
	Floor float64

	// Predict is the probability that a pair of the given Jaccard similarity
	// becomes a candidate.
	Predict func(jaccard float64) float64

	// Candidates are the pairs that were proposed, Verified those that were
	// reported; sorted by (A, B) and distinct.
	Candidates []corpus.Pair
	Verified   []verify.Scored
}

// OracleScore is how a search compares with brute force. Recall is of pairs and
// against true similarity, not against what people hold for duplicates.
type OracleScore struct {
	// True is the number of pairs at or above the threshold; of these,
	// CandidatesFound were proposed and VerifiedFound reported.
	True            int64 `json:"true"`
	CandidatesFound int64 `json:"candidates_found"`
	VerifiedFound   int64 `json:"verified_found"`

	// Candidates and Verified are all pairs proposed and reported.
	// WrongOverlap counts true pairs reported with an overlap that is not
	// theirs.
	Candidates   int64 `json:"candidates"`
	Verified     int64 `json:"verified"`
	WrongOverlap int64 `json:"wrong_overlap"`

	// CandidateRecall is CandidatesFound/True; PredictedRecall the mean of the
	// predictions for the same pairs, with its standard error if pairs were
	// independent of each other, which pairs of one document are not.
	CandidateRecall float64 `json:"candidate_recall"`
	PredictedRecall float64 `json:"predicted_recall"`
	StdErr          float64 `json:"std_err"`

	// Recall is VerifiedFound/True and Precision VerifiedFound/Verified.
	Recall    float64 `json:"recall"`
	Precision float64 `json:"precision"`

	// Missed are the first true pairs that were not reported, at most
	// MaxMissed.
	Missed []verify.Scored `json:"-"`

	// Curve has the bins that hold a pair, lowest first.
	Curve []CurveBin `json:"curve"`
}

// MaxMissed is the greatest length of OracleScore.Missed.
const MaxMissed = 20

// CurveBin compares the S-curve with what happened to the pairs whose true
// similarity is in [Low, High), or [Low, 1] in the last bin. Predicted is the
// mean probability of being a candidate, Measured the share that were, with its
// interval if pairs were independent of each other ([Wilson]).
type CurveBin struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Pairs      int64   `json:"pairs"`
	Candidates int64   `json:"candidates"`
	Measured   float64 `json:"measured"`
	Predicted  float64 `json:"predicted"`

	MeasuredInterval Interval `json:"measured_interval"`
}

// curveBins is the number of bins over [0, 1].
const curveBins = 20

// Oracle finds all pairs by brute force and compares the run with them. Its cost
// is that of [AllPairs] at the floor.
func Oracle(ctx context.Context, in OracleInput) (OracleScore, error) {
	if in.Floor == 0 {
		in.Floor = in.Threshold
	}
	if err := in.validate(); err != nil {
		return OracleScore{}, err
	}
	c := &comparison{in: in, candidates: in.Candidates, verified: in.Verified}
	err := AllPairs(ctx, in.Sets, in.Measure, in.Floor, func(pairs []verify.Scored) error {
		for _, p := range pairs {
			c.add(p)
		}
		return nil
	})
	if err != nil {
		return OracleScore{}, err
	}
	return c.finish(), nil
}

func (in *OracleInput) validate() error {
	if !(in.Threshold > 0 && in.Threshold <= 1 && in.Floor > 0 && in.Floor <= in.Threshold) {
		return fmt.Errorf("eval: threshold %g and floor %g, want 0 < floor <= threshold <= 1", in.Threshold, in.Floor)
	}
	if in.Predict == nil {
		return errors.New("eval: no prediction of candidates to compare with")
	}
	for i := 1; i < len(in.Candidates); i++ {
		if in.Candidates[i-1].Pack() >= in.Candidates[i].Pack() {
			return fmt.Errorf("eval: candidate %v follows %v, want sorted and distinct pairs", in.Candidates[i], in.Candidates[i-1])
		}
	}
	for i := 1; i < len(in.Verified); i++ {
		if in.Verified[i-1].Pair.Pack() >= in.Verified[i].Pair.Pack() {
			return fmt.Errorf("eval: verified pair %v follows %v, want sorted and distinct pairs", in.Verified[i].Pair, in.Verified[i-1].Pair)
		}
	}
	return nil
}

// comparison walks true pairs, candidates and verified pairs side by side.
type comparison struct {
	in         OracleInput
	candidates []corpus.Pair   // not passed yet
	verified   []verify.Scored // not passed yet

	score     OracleScore
	predicted float64 // sum over true pairs
	variance  float64
	bins      [curveBins]CurveBin
}

// add takes the next pair in order.
func (c *comparison) add(p verify.Scored) {
	sizeA, sizeB := len(c.in.Sets[p.Pair.A]), len(c.in.Sets[p.Pair.B])
	overlap := int(p.Overlap)
	similarity := c.in.Measure.Similarity(overlap, sizeA, sizeB)
	expected := c.in.Predict(verify.Jaccard.Similarity(overlap, sizeA, sizeB))
	isCandidate := c.passCandidates(p.Pair)
	reported, isReported := c.passVerified(p.Pair)

	bin := &c.bins[binOf(similarity)]
	bin.Pairs++
	bin.Predicted += expected
	if isCandidate {
		bin.Candidates++
	}
	if similarity < c.in.Threshold {
		return
	}
	c.score.True++
	c.predicted += expected
	c.variance += expected * (1 - expected)
	if isCandidate {
		c.score.CandidatesFound++
	}
	switch {
	case !isReported:
		if len(c.score.Missed) < MaxMissed {
			c.score.Missed = append(c.score.Missed, p)
		}
	case reported.Overlap != p.Overlap:
		c.score.WrongOverlap++
		c.score.VerifiedFound++
	default:
		c.score.VerifiedFound++
	}
}

// binOf returns the bin of a similarity in [0, 1]. The product may be off by
// rounding, so the bin's own bounds, as they are shown, decide.
func binOf(similarity float64) int {
	i := min(int(similarity*curveBins), curveBins-1)
	if similarity < float64(i)/curveBins {
		return i - 1
	}
	if i < curveBins-1 && similarity >= float64(i+1)/curveBins {
		return i + 1
	}
	return i
}

// passCandidates drops candidates before pair and says whether it is one.
func (c *comparison) passCandidates(pair corpus.Pair) bool {
	for len(c.candidates) > 0 && c.candidates[0].Pack() < pair.Pack() {
		c.candidates = c.candidates[1:]
	}
	return len(c.candidates) > 0 && c.candidates[0] == pair
}

// passVerified does the same with verified pairs.
func (c *comparison) passVerified(pair corpus.Pair) (verify.Scored, bool) {
	for len(c.verified) > 0 && c.verified[0].Pair.Pack() < pair.Pack() {
		c.verified = c.verified[1:]
	}
	if len(c.verified) > 0 && c.verified[0].Pair == pair {
		return c.verified[0], true
	}
	return verify.Scored{}, false
}

func (c *comparison) finish() OracleScore {
	s := c.score
	s.Candidates, s.Verified = int64(len(c.in.Candidates)), int64(len(c.in.Verified))
	n := float64(s.True)
	s.CandidateRecall = ratio(float64(s.CandidatesFound), n)
	s.PredictedRecall = ratio(c.predicted, n)
	if s.True > 0 {
		s.StdErr = math.Sqrt(c.variance) / n
	}
	s.Recall = ratio(float64(s.VerifiedFound), n)
	s.Precision = ratio(float64(s.VerifiedFound), float64(s.Verified))
	for i, b := range c.bins {
		if b.Pairs == 0 {
			continue
		}
		b.Low, b.High = float64(i)/curveBins, float64(i+1)/curveBins
		b.Measured = float64(b.Candidates) / float64(b.Pairs)
		b.MeasuredInterval = Wilson(b.Candidates, b.Pairs)
		b.Predicted /= float64(b.Pairs)
		s.Curve = append(s.Curve, b)
	}
	return s
}
