package pipeline

import (
	"fmt"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline/cluster"
)

// judge says why the two are in one cluster or are not.
func (e *Explanation) judge(id Identity) {
	e.Together = e.A.Cluster != "" && e.A.Cluster == e.B.Cluster
	kind, similarity := e.decisive(id)
	reached := similarity >= id.Threshold && id.Similarity != Exact
	bar := e.bar(id)
	switch {
	case e.SameText && e.OneSide:
		e.Verdict = "their normalised texts are equal, but " + bar
	case e.SameText:
		e.Verdict = "together: their normalised texts are equal"
	case e.A.bare() || e.B.bare():
		e.Verdict = "apart: a document that has too little but boilerplate is like nothing but its exact copies"
	case e.A.Shingles == 0 || e.B.Shingles == 0:
		e.Verdict = "a document without a letter or number is like nothing else"
	case id.Similarity == Exact:
		e.Verdict = "apart: their normalised texts differ, and only equal ones count at this level"
	case e.Together && reached && bar != "":
		e.Verdict = fmt.Sprintf("together, though %s: %s", bar, e.bridge())
	case e.Together && reached:
		e.Verdict = fmt.Sprintf("together: %s %.4f reaches the threshold %v", kind, similarity, id.Threshold)
	case e.Together:
		e.Verdict = fmt.Sprintf("together, though %s %.4f is below the threshold %v: %s", kind, similarity, id.Threshold, e.bridge())
	case reached && bar != "":
		e.Verdict = fmt.Sprintf("apart, though %s %.4f reaches the threshold %v: %s", kind, similarity, id.Threshold, bar)
	case e.BandCount == 0 && !reached:
		e.Verdict = fmt.Sprintf("apart: %s %.4f is below the threshold %v", kind, similarity, id.Threshold)
	case e.BandCount == 0 && id.Clustering == cluster.Average:
		e.Verdict = fmt.Sprintf("apart, though %s %.4f reaches the threshold %v: the documents that each of them is with are less alike on average", kind, similarity, id.Threshold)
	case e.BandCount == 0:
		e.Verdict = fmt.Sprintf("apart, though %s %.4f reaches the threshold %v: %s", kind, similarity, id.Threshold, e.bridge())
	case !reached && len(e.Bands) == 0:
		e.Verdict = fmt.Sprintf("apart: %s %.4f is below the threshold %v, and no band brought them together", kind, similarity, id.Threshold)
	case !reached:
		e.Verdict = fmt.Sprintf("apart: a band brought them together, but %s %.4f is below the threshold %v", kind, similarity, id.Threshold)
	case len(e.Bands) == 0:
		e.Verdict = fmt.Sprintf("apart: %s %.4f reaches the threshold %v, but no band brought them together; at this similarity that happens with probability %.4f", kind, similarity, id.Threshold, 1-e.CandidateProbability)
	case e.A.Keep && e.B.Keep && id.Similarity == Jaccard:
		e.Verdict = fmt.Sprintf("apart, though %s %.4f reaches the threshold %v: they met in a giant bucket only, whose members are compared with its representatives and not with one another", kind, similarity, id.Threshold)
	default:
		e.Verdict = fmt.Sprintf("apart, though %s %.4f reaches the threshold %v: %s", kind, similarity, id.Threshold, e.bridge())
	}
	for _, s := range []*Side{&e.A, &e.B} {
		if s.Reference {
			e.Verdict += fmt.Sprintf("; %s is a reference, and references are never pruned", s.ID)
		}
	}
}

// bar says what keeps two documents from being a pair however alike they are, ""
// if nothing does.
func (e *Explanation) bar(id Identity) string {
	switch {
	case e.OneSide:
		return e.side
	case e.OutsideWindow:
		return fmt.Sprintf("their dates are more than %v apart", id.Window)
	case e.Figures != nil && !e.Figures.Agree:
		return fmt.Sprintf("their figures differ (%s and %s, %s in both)",
			quantity.Number(e.Figures.A), quantity.Of(e.Figures.B, "number", "numbers"), quantity.Number(e.Figures.Shared))
	}
	return ""
}

// decisive returns the similarity that decides at this level, and its name. Of
// the two containments it is that of the document which the other one covers,
// or else the larger.
func (e *Explanation) decisive(id Identity) (kind string, similarity float64) {
	const aInB, bInA = "containment of A in B", "containment of B in A"
	switch {
	case e.Weighted != nil:
		return id.Similarity.String(), e.Weighted.Similarity
	case id.Similarity != Containment:
		return id.Similarity.String(), e.Jaccard
	case e.A.CoveredBy == e.B.ID:
		return aInB, e.AInB
	case e.B.CoveredBy == e.A.ID || e.BInA > e.AInB:
		return bInA, e.BInA
	}
	return aInB, e.AInB
}

// bridge tells which kept documents stand between the two.
func (e *Explanation) bridge() string {
	return fmt.Sprintf("%s, and %s", e.A.place(), e.B.place())
}

// bare tells whether too little but boilerplate is there to be compared.
func (s *Side) bare() bool { return s.Shingles == 0 && s.Boilerplate > 0 }

func (s *Side) place() string {
	if s.Keep {
		return fmt.Sprintf("%s is kept", s.ID)
	}
	return fmt.Sprintf("%s is covered by %s at %.4f", s.ID, s.CoveredBy, s.Similarity)
}
