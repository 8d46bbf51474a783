package pipeline

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/shingle"
)

// Identity is everything that changes results, and nothing that does not. Two
// runs over the same input with equal identities give byte-identical reports.
type Identity struct {
	// Shingle is the unit that similarity is computed on.
	Shingle shingle.Spec `json:"shingle"`
	// Similarity is what is compared with Threshold.
	Similarity Similarity `json:"similarity"`
	// Threshold is the similarity, in (0, 1], at which two documents count as
	// near-duplicates.
	Threshold float64 `json:"threshold"`
	// Recall is the probability, in (0, 1), that a pair exactly at Threshold
	// becomes a candidate; by key terms, that one at Threshold or above does. Bands
	// and Rows follow from it, or KeyTermCut.
	Recall float64 `json:"recall"`
	// MaxHashes bounds the signature length that Recall may cost, 1 to 1024.
	MaxHashes int `json:"max_hashes"`
	// Bands and Rows override what Recall would choose. Both or neither.
	Bands int `json:"bands"`
	Rows  int `json:"rows"`
	// Family is the family of hash functions behind the signatures.
	Family minhash.Family `json:"hash_family"`
	// Seed fixes the hash functions. It can change which pairs below certainty
	// are found, never whether a reported pair is true; but under 0, the default, texts
	// can be made that meet others in vain, or words that a corpus gives no weight, and
	// under a secret one they cannot.
	Seed int64 `json:"seed"`
	// Clustering turns verified pairs into clusters.
	Clustering cluster.Method `json:"clustering"`
	// Keep chooses the representative: criteria in their order, as
	// cluster.ParseKeepPolicy reads them. Default: "longest".
	Keep string `json:"keep"`
	// KeepPer is "source" to keep one document of each source in a cluster: one
	// goes only in favour of one of its own source, or of a reference. Clusters are
	// as they would be; a pair across two of them lets nothing go. Default: "".
	KeepPer string `json:"keep_per,omitempty"`
	// Isolate lets pairs count only between sources, and between the corpus and
	// references: within a source nothing goes, not even exact copies. Clusters of
	// cover are then those of components. Default: no.
	Isolate bool `json:"isolate,omitempty"`
	// Against tells that there are references. It is filled in.
	Against bool `json:"against,omitempty"`
	// Candidates is how pairs are found that are worth comparing.
	Candidates Candidates `json:"candidates"`
	// Features are what the weighted similarities weigh; none for the others.
	Features idf.Features `json:"features"`
	// Weights says where the weights of words come from.
	Weights idf.Kind `json:"weights"`
	// KeyTerms is the number of key terms of a document whose pairs are its keys.
	KeyTerms int `json:"key_terms"`
	// KeyTermCut is the cosine, in thousandths, from which on the key terms of two
	// documents are like enough to compare the rest. It follows from Recall and is
	// filled in, never chosen. 0 is no cut.
	KeyTermCut int `json:"key_term_cut,omitzero"`

	// DateField names the field of a JSONL record with the document's date, as
	// [cluster.ParseDate] reads it, and Window how far apart in time two documents
	// may be and still be compared. Both or neither; see [Window].
	DateField string `json:"date_field,omitzero"`
	Window    Window `json:"window,omitzero"`
	// Figures says what numbers count for. Default: FiguresIgnore.
	Figures Figures `json:"figures,omitzero"`

	// MaxBucket is the number of distinct texts a bucket may hold before its
	// pairs are chained through representatives instead of listed in full.
	MaxBucket int `json:"max_bucket"`

	// Boilerplate is the share of the distinct texts, 0.001 to 1, from which on a
	// shingle is boilerplate: it is in more of them, and in 20 at least. So is
	// one in more than half of the texts of one source, or in more than that
	// share if it is larger, and in 20. Boilerplate is in no set, so neither
	// makes candidates nor counts in similarities. Shares are those of a sample
	// of 32,768 texts, and of 128 of each source; what has fewer is counted
	// whole.
	//
	// A text that is mostly boilerplate and has fewer than 16 other shingles is
	// like nothing but its exact copies. Near-duplicates in so many texts are
	// taken for boilerplate too. It costs a reading of the sample, and the sets
	// of all texts are stored. It is for Jaccard and Containment, and leaves no
	// Figures out. Default: 0, nothing is left out.
	Boilerplate float64 `json:"boilerplate,omitempty"`
	// SourceField names the JSONL field with a document's source. A document
	// without it belongs to its file; one that is a file, to its folder. A keep
	// policy by source looks there too.
	SourceField string `json:"source_field,omitempty"`

	// Passages says which passages that occur more than once are cut out of the
	// documents. Default: none.
	Passages passage.Options `json:"passages,omitzero"`

	// Items says when a document counts as contaminated by evaluation items, as
	// [Items.Options] returns it. Default: no decontamination.
	Items passage.ItemOptions `json:"items,omitzero"`

	// TextField and IDField name the fields of a JSONL record. Defaults: "text" and
	// "id".
	TextField string `json:"text_field"`
	IDField   string `json:"id_field"`
	// Format forces the input format instead of going by file names.
	Format corpus.Format `json:"input_format"`
	// MaxRecord is the largest record, in bytes. Default: 64 MiB.
	MaxRecord int64 `json:"max_record"`

	// Where says which records take part, CSV is the dialect of CSV and TSV files and
	// Encoding that of text files and pages: see [corpus.Options]. MaxExpansion is
	// how many times its size a compressed file may have. Defaults: all, RFC 4180,
	// what files say of themselves, 2000.
	Where        string            `json:"where,omitempty"`
	CSV          corpus.CSVOptions `json:"csv,omitzero"`
	Encoding     string            `json:"encoding,omitempty"`
	MaxExpansion int64             `json:"max_expansion,omitempty"`
	// PageText is the version of the function that makes text of pages, where the
	// input holds some. It is filled in, never chosen.
	PageText string `json:"page_text,omitempty"`

	// Normalizer, Shingler and Search are the versions of the functions that
	// make sets of texts, and pairs of sets. They are filled in, never chosen.
	Normalizer string `json:"normalizer"`
	Shingler   string `json:"shingler"`
	Search     string `json:"search"`

	// Decisions is the digest of the log of decisions, "" without any. It is filled in.
	Decisions string `json:"decisions,omitempty"` // last, where summaries always had it
}

// searchVersion names the signatures, band keys, terms with their weights and rows,
// key terms and the chaining of giant buckets: raise it when a change to one of them
// can change what is found.
const searchVersion = "signature/1 band-key/1 key-terms/2 chain/1"

// Fingerprint is a short stable name of the identity: equal for equal
// identities, stored in every artefact.
func (id Identity) Fingerprint() string {
	return fingerprintOf(encoded(id))
}

func fingerprintOf(identity []byte) string {
	sum := xxh3.Hash128(identity).Bytes()
	return hex.EncodeToString(sum[:])
}

// encoded returns an identity, or what has one, as JSON.
func encoded(identity any) json.RawMessage {
	b, err := json.Marshal(identity)
	if err != nil {
		panic(fmt.Sprintf("pipeline: identity cannot be encoded: %v", err))
	}
	return b
}

// fill sets the fields that no preset has an opinion of, and those that follow from
// others.
func (id *Identity) fill() {
	id.Keep = cmp.Or(id.Keep, "longest")
	if keep, err := cluster.ParseKeepPolicy(id.Keep); err == nil {
		id.Keep = keep.String() // one spelling of one policy
	}
	id.TextField = cmp.Or(id.TextField, corpus.DefaultTextField)
	id.IDField = cmp.Or(id.IDField, corpus.DefaultIDField)
	id.MaxRecord = cmp.Or(id.MaxRecord, corpus.DefaultMaxRecord)
	id.MaxBucket = cmp.Or(id.MaxBucket, lsh.DefaultMaxBucket)
	id.Passages = id.Passages.Defaults()
	id.spellInput()
	id.KeyTermCut = id.keyTermCut()
	id.Normalizer, id.Shingler, id.Search = shingle.NormalizerVersion, shingle.VersionOf(id.Seed), searchVersion
}

// params returns the bands and rows of the identity: those given, or those
// that reach the target recall.
func (id Identity) params() (lsh.Params, error) {
	if id.Bands > 0 {
		return lsh.Params{Bands: id.Bands, Rows: id.Rows}, nil
	}
	return lsh.Tune(id.jaccardAtThreshold(), id.Recall, id.MaxHashes)
}

// jaccardAtThreshold is the Jaccard similarity, which is what makes candidates,
// of a pair exactly at the threshold: for containment t, of two sets of equal
// size, t/(2-t). See Identity.doubts for other sizes.
func (id Identity) jaccardAtThreshold() float64 {
	if id.Similarity == Containment {
		return id.Threshold / (2 - id.Threshold)
	}
	return id.Threshold
}
