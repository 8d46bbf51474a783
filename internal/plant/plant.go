// Package plant makes corpora whose duplicates are known because they were
// planted, and finds the labelled corpora that some tests measure against.
//
// [Spec.All] yields the documents of a synthetic corpus one by one;
// [Spec.Write] writes them as JSON lines with a truth file beside. The texts
// look like English to everything that matters here: words of a pronounceable
// vocabulary drawn with Zipfian frequencies, sentences, paragraphs, numbers,
// apostrophes, and typographic quotes and dashes in a share of the documents.
// Some documents end in one of a few standard footers, so that strangers share
// text as well.
//
// A planted duplicate is made from one original in one of three ways, named by
// its [Kind]: the same bytes; the same text after normalising (other case and
// white space); or a text in which words were deleted, inserted and
// substituted, as many as bring the Jaccard similarity of the word 5-gram sets
// close to a wanted level. What it really came to is counted, not assumed, and
// stands in [Relation]: tests can tell a pair at .81 from one at .79. Two
// duplicates of one original are related through it and their own similarity
// is not stated; it is near the product of theirs.
//
// A document is a pure function of the specification and its position, so a
// corpus of any size is made in the memory of one document and any part of it
// can be made again. Members of a cluster are scattered over the whole corpus
// by a keyed permutation of positions. Random numbers, vocabulary and
// frequencies are integer arithmetic of our own, so that one specification
// gives the same bytes on every machine and with every Go release; a test pins
// them.
//
// All functions may be called from many goroutines. The shared vocabulary takes
// about 1 MB and is built at first use.
//
// [Languages] has words of many languages, to plant duplicates in each; [OCR] makes
// noise as optical recognition does.
//
// [Dataset] and [Records] are for tests that need real labelled text, [Words], [Join]
// and [Mixture] for those whose few documents are made for the purpose.
package plant

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"time"
)

// Spec says what corpus to make. The zero value is a corpus of 1,000 documents
// of about 2,000 bytes without duplicates.
type Spec struct {
	// Documents is the size of the corpus. 0 is 1,000; at most 1e9.
	Documents int

	// MeanBytes is the mean length of a text in bytes; single texts have .3 to
	// 1.8 times as many, in steps. 0 is 2,000; at least 100.
	MeanBytes int

	// Seed chooses among corpora of equal shape.
	Seed uint64

	// ExactShare is the share of all documents that equal an earlier-made one
	// after normalising: three in four by bytes, the others by case folding
	// and white space only. In [0, 1).
	ExactShare float64

	// NearShare is the share of all documents that are edited copies. In
	// [0, 1); together with ExactShare at most .95.
	NearShare float64

	// Levels are the word 5-gram Jaccard similarities that edited copies aim
	// at, taken in turn. nil is .95, .85, .7. Each in (0, 1).
	Levels []float64

	// FooterShare is the share of originals that end in one of eight standard
	// footers of about 50 words; copies inherit them. In [0, 1].
	FooterShare float64
}

// Defaults returns s with its zero fields filled.
func (s Spec) Defaults() Spec {
	if s.Documents == 0 {
		s.Documents = 1000
	}
	if s.MeanBytes == 0 {
		s.MeanBytes = 2000
	}
	if s.Levels == nil {
		s.Levels = []float64{.95, .85, .7}
	}
	return s
}

// Validate reports every field of s (after Defaults) that is out of range.
func (s Spec) Validate() error {
	s = s.Defaults()
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("plant: "+format, args...))
	}
	if s.Documents < 1 || s.Documents > 1e9 {
		bad("%d documents are outside 1 to 1e9", s.Documents)
	}
	if s.MeanBytes < 100 || s.MeanBytes > 1<<30 {
		bad("mean length of %d bytes is outside 100 to 2^30", s.MeanBytes)
	}
	// The negated form also catches NaN.
	if !(s.ExactShare >= 0 && s.NearShare >= 0 && s.ExactShare+s.NearShare <= .95) {
		bad("shares of %g exact and %g near duplicates are outside 0 to .95 together", s.ExactShare, s.NearShare)
	}
	if !(s.FooterShare >= 0 && s.FooterShare <= 1) {
		bad("footer share %g is outside 0 to 1", s.FooterShare)
	}
	for _, l := range s.Levels {
		if !(l > 0 && l < 1) {
			bad("level %g is outside 0 to 1", l)
		}
	}
	if len(s.Levels) == 0 {
		bad("levels are empty")
	}
	return errors.Join(errs...)
}

// Kind is the way in which a document came about.
type Kind uint8

// The kinds of documents.
const (
	Original  Kind = iota + 1 // made from nothing
	Identical                 // the bytes of its original
	Restyled                  // equal to its original after case folding and white space
	Near                      // words of its original edited
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Original:
		return "original"
	case Identical:
		return "identical"
	case Restyled:
		return "restyled"
	case Near:
		return "near"
	}
	return fmt.Sprintf("plant.Kind(%d)", uint8(k))
}

// Relation is what is known about a document and the original that it was made
// from.
type Relation struct {
	Kind Kind
	Of   string // id of the original; the document's own id for an original

	// Level is the similarity aimed at and Jaccard the one reached, of the sets
	// of word 5-grams of lower-cased words. Both are 1 unless Kind is Near.
	Level, Jaccard float64
}

// Document is one document of a corpus. Text is good until the next document is
// asked for.
type Document struct {
	ID       string
	Text     []byte
	Source   string // one of twelve
	Date     string // 2006-01-02, within 2015 to 2024
	Relation Relation
}

// Cluster returns the name of the document's true cluster, alike for an
// original and all that was made from it.
func (d *Document) Cluster() string { return "of-" + d.Relation.Of }

// All yields the documents in order. It panics if Validate reports a problem.
func (s Spec) All() iter.Seq[*Document] {
	s = s.Defaults()
	if err := s.Validate(); err != nil {
		panic(err)
	}
	return func(yield func(*Document) bool) {
		g := newGenerator(s)
		for i := range s.Documents {
			if !yield(g.document(i)) {
				return
			}
		}
	}
}

// generator makes the documents of one corpus.
type generator struct {
	spec    Spec
	layout  []slot
	perm    permutation
	footers []string

	doc        Document
	base, text []byte
	grams      gramCounter
}

func newGenerator(s Spec) *generator {
	g := &generator{spec: s, layout: newLayout(s), perm: newPermutation(s.Documents, s.Seed)}
	for i := range 8 {
		r := newRand(s.Seed, streamFooter, uint64(i))
		g.footers = append(g.footers, string(appendText(nil, r, 300)))
	}
	return g
}

// The streams of random numbers: what one is used for never shifts another.
const (
	streamText = iota + 1
	streamEdit
	streamFacts
	streamFooter
	streamOrder
)

// document makes the document at a position. Its number, position and all that
// it depends on follow from the specification alone.
func (g *generator) document(position int) *Document {
	at := g.perm.at(position)
	page, s := at/len(g.layout)*len(g.layout), g.layout[at%len(g.layout)]
	original := page + s.of
	g.base = g.original(g.base[:0], original)
	g.doc = Document{
		ID:   documentID(position),
		Text: g.base,
		Relation: Relation{
			Kind: s.kind, Of: documentID(g.perm.inverse(original)), Level: 1, Jaccard: 1,
		},
	}
	g.facts(at)
	switch s.kind {
	case Restyled:
		g.text = appendRestyled(g.text[:0], g.base, at)
		g.doc.Text = g.text
	case Near:
		g.text = g.edited(g.text[:0], s.level, at)
		g.doc.Text = g.text
		g.doc.Relation.Level = s.level
		g.doc.Relation.Jaccard = g.grams.jaccard(g.base, g.text)
	}
	return &g.doc
}

func documentID(position int) string { return fmt.Sprintf("doc-%09d", position) }

// lengths are tenths of the mean length; their mean is 10.
var lengths = [...]int{3, 5, 7, 8, 9, 10, 11, 13, 16, 18}

func (g *generator) original(dst []byte, at int) []byte {
	r := newRand(g.spec.Seed, streamText, uint64(at))
	n := g.spec.MeanBytes * lengths[r.below(len(lengths))] / 10
	if !r.chance(uint64(g.spec.FooterShare * (1 << 32))) {
		return appendText(dst, r, n)
	}
	footer := g.footers[r.below(len(g.footers))]
	dst = appendText(dst, r, max(n-len(footer), 50))
	return append(append(dst, "\n\n"...), footer...)
}

// edited appends the base text with as many words edited as make the expected
// similarity of 5-gram sets equal level.
//
// An edit breaks the up to five grams around it. With edits at a share p of the
// words a gram survives with q = (1-p)^5, and of n grams on either side nq are
// shared: J = q/(2-q), so p = 1 - (2J/(1+J))^(1/5).
func (g *generator) edited(dst []byte, level float64, at int) []byte {
	p := 1 - math.Pow(2*level/(1+level), 1./gramWords)
	r := newRand(g.spec.Seed, streamEdit, uint64(at))
	return Edits{Substitute: p * .6, Insert: p * .2, Delete: p * .2, Seed: r.next()}.Append(dst, g.base)
}

var sources = [...]string{
	"anlo.example", "brivo.example", "cadun.example", "delta-post.example", "esper.example", "fenix.example",
	"gorna.example", "herald.example", "istok.example", "journal.example", "kvant.example", "lumen.example",
}

// facts fills the fields that a keep policy looks at. They belong to the single
// document, not to its cluster.
func (g *generator) facts(at int) {
	r := newRand(g.spec.Seed, streamFacts, uint64(at))
	g.doc.Source = sources[r.below(len(sources))]
	day := time.Date(2015, 1, 1+r.below(3650), 0, 0, 0, 0, time.UTC)
	g.doc.Date = day.Format(time.DateOnly)
}
