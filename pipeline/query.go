package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/shingle"
)

// Match is a document that a query found.
type Match struct {
	Type string `json:"type"` // "match"
	ID   string `json:"id"`
	// Similarity is exact; for containment it is the share of the query found in
	// the document.
	Similarity float64 `json:"similarity"`
	// Exact tells that the normalised texts are equal.
	Exact bool   `json:"exact"`
	Title string `json:"title"`
	File  string `json:"file"`
	Line  int64  `json:"line"`
	// Reference tells that it is one of Options.Against.
	Reference bool `json:"reference,omitempty"`
}

// Searcher answers "what is near this text?" over one corpus held in memory.
// It is built once and then queried, by one goroutine at a time. Where the level
// has signatures they are looked up; elsewhere a query compares all texts.
type Searcher struct {
	job        *Job
	mem        *lsh.Mem                  // nil without signatures
	all        []corpus.ID               // then, the distinct texts
	copies     map[corpus.ID][]corpus.ID // the others with a leader's text
	normalizer *shingle.Normalizer
	add        func(*setBatch) // appends a set
	maker      *contentMaker
}

// NewSearcher reads the corpus of j, which must not have run, and indexes it.
// Exact similarity has nothing to search by. The searcher takes the job over and
// closes it, also on error.
func NewSearcher(ctx context.Context, j *Job) (*Searcher, error) {
	s, err := newSearcher(ctx, j)
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	return s, nil
}

func newSearcher(ctx context.Context, j *Job) (*Searcher, error) {
	if j.plan.Identity.Similarity == Exact {
		return nil, fmt.Errorf("pipeline: a query looks for similar texts, and similarity %s knows equal ones only: choose another preset than %s", Exact, j.options.Preset)
	}
	if j.options.Checkpoint != nil {
		return nil, errNoCheckpoint
	}
	s := &Searcher{job: j, copies: map[corpus.ID][]corpus.ID{}, normalizer: shingle.NewNormalizer()}
	if j.signer != nil {
		mem, err := lsh.NewMem(j.plan.Params)
		if err != nil {
			return nil, err
		}
		s.mem, j.onSignature = mem, func(id corpus.ID, sig minhash.Signature) error { return mem.Add(id, sig) }
	}
	if err := j.readForQueries(ctx); err != nil {
		return nil, err
	}
	s.add, s.maker = j.newSetAdder(), j.newContentMaker()
	if s.mem != nil {
		s.mem.Index()
	} else {
		s.all = j.leaders()
	}
	for i, leader := range j.leader {
		if doc := corpus.ID(i); doc != leader {
			s.copies[leader] = append(s.copies[leader], doc)
		}
	}
	return s, nil
}

// readForQueries reads the corpus and makes the sets of all texts.
func (j *Job) readForQueries(ctx context.Context) error {
	j.bucketer, j.keyed = nil, nil // nothing is joined
	if err := j.ingest(ctx); err != nil {
		return err
	}
	if j.weights != nil {
		j.weights.settle(j.secrets.words)
	}
	if j.boiler != nil {
		if err := j.learnBoilerplate(ctx); err != nil {
			return err
		}
	}
	return j.makeSets(ctx, j.leaders())
}

// Counts returns what was read.
func (s *Searcher) Counts() report.Counts { return s.job.counts }

// Find returns the documents whose exact similarity to text reaches the
// threshold, most similar first, then by id. A text without a letter or number
// is an error: it is like nothing.
func (s *Searcher) Find(text []byte) ([]Match, error) {
	norm := s.normalizer.Append(nil, text)
	made := setBatch{norm: norm}
	s.add(&made)
	set := made.sets
	leader, same := s.job.texts.get(s.job.textKey(norm))
	candidates := s.all
	switch {
	case len(set) > 0:
	case !shingle.HasToken(norm):
		return nil, errors.New("pipeline: the text has no letter or number, so it is like nothing")
	case !same:
		return nil, errors.New("pipeline: too little of the text is left without boilerplate, so it is like nothing")
	default:
		return s.copiesOf(leader)
	}
	if s.mem != nil {
		var err error
		if candidates, err = s.mem.Query(s.job.signer.Sign(nil, s.maker.openSet(norm))); err != nil {
			return nil, err
		}
	}
	var found []Match
	for _, c := range candidates {
		similarity, near, err := s.compare(&made, c)
		if err != nil {
			return nil, err
		}
		if !near {
			continue
		}
		for _, doc := range append([]corpus.ID{c}, s.copies[c]...) {
			found = append(found, s.match(doc, similarity, same && c == leader))
		}
	}
	return s.inOrder(found)
}

// compare returns how similar a text is to a document, and whether that makes it a match.
func (s *Searcher) compare(made *setBatch, c corpus.ID) (similarity float64, near bool, err error) {
	id := &s.job.plan.Identity
	set, err := s.job.sets.Get(c, nil)
	if err != nil {
		return 0, false, err
	}
	similarity = id.Similarity.of(made.sets, set)
	if similarity < id.Threshold || s.job.figures == nil {
		return similarity, similarity >= id.Threshold, nil
	}
	figures, err := s.job.figures.sets.Get(c, nil)
	if err != nil {
		return 0, false, err
	}
	return similarity, id.Similarity.Measure().FiguresAgree(made.figures, figures, id.Threshold), nil
}

// copiesOf returns the documents with the text of leader.
func (s *Searcher) copiesOf(leader corpus.ID) ([]Match, error) {
	var found []Match
	for _, doc := range append([]corpus.ID{leader}, s.copies[leader]...) {
		found = append(found, s.match(doc, 1, true))
	}
	return s.inOrder(found)
}

// inOrder sorts matches, unless their names could not be read.
func (s *Searcher) inOrder(found []Match) ([]Match, error) {
	if err := s.job.catalog.Err(); err != nil {
		return nil, err
	}
	slices.SortFunc(found, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Similarity, a.Similarity), strings.Compare(a.ID, b.ID))
	})
	return found, nil
}

func (s *Searcher) match(doc corpus.ID, similarity float64, exact bool) Match {
	e := s.job.catalog.Entry(doc)
	return Match{Type: "match", ID: e.Key, Similarity: similarity, Exact: exact,
		Title: e.Title, File: s.job.corpus.Files()[e.File].Name, Line: e.Line, Reference: s.job.isReference(doc)}
}

// Close releases the corpus.
func (s *Searcher) Close() error { return s.job.Close() }
