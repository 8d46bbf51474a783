package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/textdiff"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/verify"
	"github.com/doppel-dedup/doppel/shingle"
)

// Explanation says how like two documents are and why they are, or are not, in
// one cluster.
type Explanation struct {
	Type string `json:"type"` // "explanation"
	A    Side   `json:"a"`
	B    Side   `json:"b"`

	// SameText tells that the normalised texts are equal.
	SameText bool `json:"same_text"`
	// Shared is the number of distinct shingles in both.
	Shared int `json:"shared_shingles"`
	// Jaccard and the containments are exact.
	Jaccard float64 `json:"jaccard"`
	AInB    float64 `json:"containment_of_a_in_b"`
	BInA    float64 `json:"containment_of_b_in_a"`
	// Estimate is the Jaccard similarity as the signatures estimate it, with
	// the standard error that a signature of this length has.
	Estimate      float64 `json:"estimate"`
	StandardError float64 `json:"standard_error"`
	// Weighted is how a weighted similarity came about; nil at other levels.
	Weighted *Weighted `json:"weighted,omitempty"`
	// Bands are the bands, counted from 1, in which both have one band key, out
	// of BandCount. CandidateProbability is the S-curve at Jaccard.
	Bands                []int   `json:"bands"`
	BandCount            int     `json:"band_count"`
	CandidateProbability float64 `json:"candidate_probability"`

	// Figures are the numbers of both; nil if they do not count.
	Figures *SharedFigures `json:"figures,omitempty"`
	// OutsideWindow tells that the two are too far apart in time to be compared.
	OutsideWindow bool `json:"outside_window,omitempty"`
	// OneSide tells that the two are not compared: both are references, or have the
	// texts of such, or Identity.Isolate is set and they are of one source.
	OneSide bool   `json:"one_side,omitempty"`
	side    string // in words

	// Together tells whether they are in one cluster, and Verdict why.
	Together bool   `json:"together"`
	Verdict  string `json:"verdict"`

	// Passages are the runs of at least a shingle's length that both texts have,
	// wherever they stand, in the order of A.
	Passages []Passage `json:"passages"`
	// Alignment is the two texts side by side from start to end. It is left out
	// below a Jaccard similarity of 0.2, where texts align on stray words.
	Alignment []Aligned `json:"alignment"`

	// Quarantined is the number of bad records that were left out of the run.
	Quarantined int64 `json:"quarantined"`
}

// Side is one of the two documents.
type Side struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	File     string `json:"file"`
	Line     int64  `json:"line"`
	Shingles int    `json:"shingles"`
	// Reference tells that it is one of Options.Against, so that it is never pruned.
	Reference bool `json:"reference,omitempty"`
	// Boilerplate is the number of other shingles, which are left out. If too
	// little else is there, Shingles is 0.
	Boilerplate int `json:"boilerplate_shingles,omitempty"`
	// Cluster is the id of its cluster's representative, "" if it is in none.
	Cluster string `json:"cluster"`
	Keep    bool   `json:"keep"`
	// CoveredBy is the kept document that stands for it, with their similarity.
	CoveredBy  string  `json:"covered_by"`
	Similarity float64 `json:"similarity"`
}

// Passage is a run of words that both texts have, as each writes it.
type Passage struct {
	Words int    `json:"words"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// Aligned is a stretch of A and what stands in its place in B; one of them may
// be empty.
type Aligned struct {
	Equal bool   `json:"equal"`
	A     string `json:"a"`
	B     string `json:"b"`
}

// Explain runs the job and compares the documents with ids a and b. It closes
// the job. An id that no document has is an error.
func Explain(ctx context.Context, j *Job, a, b string) (*Explanation, error) {
	if a == b {
		return nil, errors.Join(fmt.Errorf("pipeline: %q is one document, two are needed", a), j.Close())
	}
	docs := map[string]*captured{a: {}, b: {}}
	j.capture = docs
	res, err := j.Run(ctx)
	if err != nil {
		return nil, err
	}
	defer res.Close()
	for _, id := range []string{a, b} {
		if !docs[id].found {
			return nil, j.unknown(id, res.counts.Documents)
		}
	}
	places := res.placesInClusters()
	e := &Explanation{Type: "explanation", Quarantined: res.counts.Quarantined,
		Bands: []int{}, Passages: []Passage{}, Alignment: []Aligned{}, A: res.side(docs[a], places), B: res.side(docs[b], places)}
	e.compare(j, docs[a], docs[b])
	e.align(docs[a].text, docs[b].text, j.plan.Identity.Shingle)
	e.judge(j.plan.Identity)
	return e, res.Err()
}

// unknown is the error of an id that no document has.
func (j *Job) unknown(id string, read int64) error {
	hint := ""
	if j.plan.Identity.Against {
		hint = "; the id of a reference is ref:FILE:ID"
	}
	return fmt.Errorf("pipeline: no document has the id %q among the %s read%s", id, quantity.Number(read), hint)
}

// side describes a document and its place in the clusters.
func (r *Result) side(c *captured, places clusterPlaces) Side {
	m := r.member(c.id, "")
	s := Side{ID: m.ID, Title: m.Title, File: m.File, Line: m.Line, Keep: true, CoveredBy: m.ID, Similarity: 1, Reference: r.job.isReference(c.id)}
	if cl, member := places.of(r.clusters, c.id); cl != nil {
		s.Cluster = r.job.catalog.Key(cl.Representative)
		s.Keep, s.CoveredBy, s.Similarity = member.Kept, r.job.catalog.Key(member.Cover), member.Similarity
	}
	return s
}

// side says why two documents are on one side, so that their pair does not count, ""
// if they are not.
func (j *Job) side(a, b corpus.ID) string {
	const within, references = "they are of one source, and pairs within a source do not count", "references, and what has the text of one, are not compared with one another"
	switch x, y := j.leader[a], j.leader[b]; {
	case x == y: // copies, of which each has its own source
		if j.plan.Identity.Isolate && !j.isReference(a) && !j.isReference(b) && j.source[a] == j.source[b] {
			return within
		}
		return ""
	case !j.sides.Same(x, y):
		return ""
	case j.sides.Of[x] == referenceSide:
		return references
	}
	return within
}

// compare fills in every figure of likeness, from the texts themselves: copies
// have no set of their own in the store, and at Exact nothing has.
func (e *Explanation) compare(j *Job, a, b *captured) {
	e.side = j.side(a.id, b.id)
	e.OneSide = e.side != ""
	normalizer := shingle.NewNormalizer()
	normA, normB := normalizer.Append(nil, a.text), normalizer.Append(nil, b.text)
	maker := j.newContentMaker()
	setA, _, droppedA := maker.appendSet(nil, normA)
	setB, _, droppedB := maker.appendSet(nil, normB)
	e.A.Shingles, e.B.Shingles = len(setA), len(setB)
	e.A.Boilerplate, e.B.Boilerplate = droppedA, droppedB
	e.SameText = shingle.HasToken(normA) && bytes.Equal(normA, normB)
	if len(setA) == 0 || len(setB) == 0 {
		return
	}
	e.Shared = verify.Overlap(setA, setB)
	e.Jaccard = verify.Jaccard.Similarity(e.Shared, len(setA), len(setB))
	e.AInB = verify.Containment.Directed(e.Shared, len(setA), len(setB))
	e.BInA = verify.Containment.Directed(e.Shared, len(setB), len(setA))
	if j.weights != nil {
		e.Weighted = j.weights.explain(j.plan.Identity.Similarity, normA, normB, a.text)
	}
	if j.figures != nil {
		e.Figures = e.compareFigures(j, normA, normB)
	}
	e.OutsideWindow = j.window.Outside(j.leader[a.id], j.leader[b.id])
	if j.signer != nil {
		e.compareSignatures(j, maker, normA, normB)
	}
}

// compareSignatures fills in what the signatures of two texts say.
func (e *Explanation) compareSignatures(j *Job, maker *contentMaker, a, b []byte) {
	k := j.signer.Hashes()
	sigA := j.signer.Sign(make(minhash.Signature, k), maker.openSet(a))
	sigB := j.signer.Sign(make(minhash.Signature, k), maker.openSet(b))
	e.Estimate = minhash.Estimate(sigA, sigB)
	e.StandardError = minhash.StdErr(e.Jaccard, k)
	params := j.plan.Params
	e.BandCount, e.CandidateProbability = params.Bands, params.CandidateProb(e.Jaccard)
	keysA, keysB := lsh.AppendBandKeys(nil, sigA, params), lsh.AppendBandKeys(nil, sigB, params)
	for i := range keysA {
		if keysA[i] == keysB[i] {
			e.Bands = append(e.Bands, i+1)
		}
	}
}

// alignedFrom is the Jaccard similarity from which a word by word alignment
// says something.
const alignedFrom = 0.2

// align finds what the texts share and where they differ, as they are written.
func (e *Explanation) align(a, b []byte, spec shingle.Spec) {
	segA, segB := shingle.Segments(a), shingle.Segments(b)
	wordsA, wordsB := shingle.Norms(segA), shingle.Norms(segB)
	for _, s := range textdiff.Shared(wordsA, wordsB, passageWords(spec)) {
		e.Passages = append(e.Passages, Passage{Words: s.AEnd - s.AStart,
			A: shingle.Written(a, segA[s.AStart:s.AEnd]), B: shingle.Written(b, segB[s.BStart:s.BEnd])})
	}
	if e.Jaccard < alignedFrom {
		return
	}
	for _, s := range textdiff.Diff(wordsA, wordsB) {
		e.Alignment = append(e.Alignment, Aligned{Equal: s.Equal,
			A: shingle.Written(a, segA[s.AStart:s.AEnd]), B: shingle.Written(b, segB[s.BStart:s.BEnd])})
	}
}

// passageWords returns the least number of words of a passage that is shown: a
// shingle, or where one says nothing of its own, a few words.
func passageWords(spec shingle.Spec) int {
	if spec.Unit == shingle.Word && spec.N > 1 {
		return spec.N
	}
	return 5
}
