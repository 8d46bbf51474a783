// Package lsh finds candidate pairs: documents whose MinHash signatures agree
// in at least one band (Leskovec, Rajaraman and Ullman, Mining of Massive
// Datasets, chapter 3; the scheme goes back to Indyk and Motwani, 1998).
//
// # What comes in, what goes out
//
// A signature is cut into [Params].Bands bands of [Params].Rows rows. Each band
// is hashed to a 64-bit band key ([AppendBandKeys]); documents with an equal key
// share a bucket, and any two of a bucket are a candidate pair. Two documents
// of Jaccard similarity s become one with probability 1-(1-s^r)^b, the S-curve
// ([Params.CandidateProb]).
//
// [Tune] chooses bands and rows by the recall wanted at the threshold. The usual
// choice, the least area of false positives and false negatives under the
// curve, finds only 34 to 80% of the pairs at the threshold itself.
//
// A [Bucketer] takes each document's band keys in ID order and joins them to what
// [Joined] hands out: the documents that are in any pair, of whose shingle sets
// alone the next stage has need, and all candidate pairs, sorted and distinct. [Mem] is a query index in memory, built
// on github.com/ekzhu/minhash-lsh; given the same signatures and parameters the
// two agree candidate for candidate, which the tests prove.
//
// Two more sources propose pairs in other ways and hand them out alike. A
// [KeyBucketer] takes any number of keys for each document (key terms, sampled
// shingles) and pairs the documents that share one. [AllPairs] proposes every pair.
//
// A candidate pair is a proposal and not a result: package verify decides by
// the exact similarity. Empty documents have no signature and hence no keys;
// they never come here.
//
// # Giant buckets
//
// A bucket of n documents holds n(n-1)/2 pairs. One template shared by 10,000
// documents would mean 50 million in every band, so buckets over
// [BucketerOptions].MaxBucket are not expanded: their member lists are handed
// out as they are ([Joined.Giants]), each distinct list once, and counted, so that the caller can
// walk them in linear time. Nothing is dropped silently.
//
// # Memory
//
// The Bucketer stores 8 bytes a document and band, and 4 for the ID, in columns (a
// struct of arrays) that grow by chunks of up to a megabyte and are counted as
// allocated. Beyond half of the budget they move to one temporary file, in which
// the keys of a band lie together. The join takes 8 bytes a document for each band
// in work, and 12 more if its keys are in the file; a band for which that is more
// than its share is joined in several passes over its column, each for a range of
// keys. Pairs go through an external sort and giant lists into a store that spills,
// and one bit a document tells who is in any of them. Only the member lists of the
// giant buckets of the bands in work, 4 bytes a member, may exceed the budget. A
// KeyBucketer takes 12 bytes a key, in 16 stores of that kind. Mem takes more than a
// kilobyte a document: it is for small corpora and queries.
//
// # Concurrency and determinism
//
// Params and AppendBandKeys are pure. Bucketer.Add and Mem.Add belong to one
// goroutine, and so does a Joined. Bucketer.Join works on several bands at once;
// what it finds, and in which order it is handed out, depends on the records
// alone, never on threads or memory. An indexed Mem serves any number of queries
// at once.
package lsh

import (
	"fmt"
	"math"
)

// Params is the banding of a signature. Both fields are at least 1.
type Params struct {
	// Bands is the number of band keys of a document. More bands raise recall,
	// the number of candidates and memory (8 bytes a document and band).
	Bands int
	// Rows is the number of hashes in a band. More rows cut candidates of low
	// similarity and need more bands for the same recall.
	Rows int
}

// String returns the banding as in "16 bands x 6 rows".
func (p Params) String() string { return fmt.Sprintf("%d bands x %d rows", p.Bands, p.Rows) }

// Validate returns an error unless both fields are at least 1.
func (p Params) Validate() error {
	if p.Bands < 1 || p.Rows < 1 {
		return fmt.Errorf("lsh: %v, want at least one of each", p)
	}
	return nil
}

// Hashes returns Bands*Rows, the number of hashes that a signature needs.
func (p Params) Hashes() int { return p.Bands * p.Rows }

// CandidateProb returns the probability 1-(1-s^Rows)^Bands that two documents of
// similarity s in [0,1] share a band key.
func (p Params) CandidateProb(s float64) float64 {
	// Through logarithms: for small s, 1-(1-x)^b loses all its digits.
	return -math.Expm1(float64(p.Bands) * math.Log1p(-math.Pow(s, float64(p.Rows))))
}

// SimilarityAt returns the similarity at which a pair becomes a candidate with
// the given probability, in (0, 1): the inverse of [Params.CandidateProb].
func (p Params) SimilarityAt(probability float64) float64 {
	return math.Pow(1-math.Pow(1-probability, 1/float64(p.Bands)), 1/float64(p.Rows))
}

// evenPoint returns the similarity at which a pair becomes a candidate with
// probability one half.
func (p Params) evenPoint() float64 {
	return math.Pow(-math.Expm1(-math.Ln2/float64(p.Bands)), 1/float64(p.Rows))
}
