// Package report writes what a run found, for programs and for people, and
// reads it back.
//
// # In and out
//
// In go clusters, one at a time and in the order they are to appear, then, if
// wanted, the documents in no cluster, then one [Summary]. Out comes one of
// three formats:
//
//   - [JSONL]: one object a line: each cluster, each singleton, the summary
//     last. The complete format, and the one [Read] reads.
//   - [CSV]: one row a document: cluster, id, representative, similarity, keep,
//     level, chain. For spreadsheets, joins and `doppel eval`.
//   - [Table]: for a terminal. Each cluster with its members' titles, what is
//     kept and why, and a summary whose figures add up.
//
// # JSONL schema 1
//
// Every line has "type" and "schema". Fields may be added within a schema,
// never renamed or given another meaning.
//
//	{"type":"cluster","schema":1,"cluster":"a","size":2,"kept":1,
//	 "min_similarity":0.9,"mean_similarity":0.9,
//	 "texts":2,"pairs":1,"density":1,"min_pair":0.9,"mean_pair":0.9,
//	 "diameter":1,"diameter_exact":true,"chain":false,"members":[
//	  {"id":"a","similarity":1,"covered_by":"a","keep":true,"level":"representative",
//	   "title":"First words","file":"news.jsonl","line":1},
//	  {"id":"b","similarity":0.9,"covered_by":"a","keep":false,"level":"near",
//	   "title":"First words","file":"news.jsonl","line":7}]}
//	{"type":"singleton","schema":1,"id":"c","similarity":1,"covered_by":"c",...}
//	{"type":"summary","schema":1,"fingerprint":"...","options":{...},
//	 "settings":{...},"counts":{...},"warnings":[...]}
//
// Similarities are written as the shortest decimal that reads back as the same
// float64. There are no times, no thread counts and no sizes of memory in it, so
// that two runs which mean the same are byte-identical. The summary is the last
// line: a report without one was cut short, and Read says so.
//
// # Promises that are checked
//
// Writers refuse, and Read refuses likewise, what would make a report untrue: a
// dropped document that no kept document of its cluster covers, a size that is
// not the number of members, a cohesion that no cluster of the size can have, a
// summary that does not add up or does not agree with the clusters before it. That a document stands in one cluster only is
// the caller's promise; to check it would take memory for every document.
//
// # Concurrency and memory
//
// A [Writer] and a Read belong to one goroutine and hold one cluster at a time.
package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// SchemaVersion is the version of the JSONL format, in every line of it.
// Persisted; a change of meaning takes a new number.
const SchemaVersion = 1

// Level says how a document relates to the one that covers it.
type Level string

// The levels. Persisted, never rename.
const (
	// LevelRepresentative is a kept document of a cluster.
	LevelRepresentative Level = "representative"
	// LevelExact is a document whose normalised text equals that of the
	// document that covers it.
	LevelExact Level = "exact"
	// LevelNear is a document that is similar to the one that covers it, at or
	// above the threshold.
	LevelNear Level = "near"
	// LevelProtected is a reference document of a cluster, which always stays.
	LevelProtected Level = "protected"
	// LevelSingleton is a document that is in no cluster.
	LevelSingleton Level = "singleton"
)

// Member is one document of a report.
type Member struct {
	// ID is the document's key: not empty, valid UTF-8.
	ID string `json:"id"`
	// Similarity is the exact similarity to CoveredBy, in [0, 1]; 1 for a
	// document that covers itself.
	Similarity float64 `json:"similarity"`
	// CoveredBy is the key of the kept document that stands for this one; a
	// kept document's own key.
	CoveredBy string `json:"covered_by"`
	// Keep tells whether the document survives pruning.
	Keep bool `json:"keep"`
	// Level says how the document relates to CoveredBy.
	Level Level `json:"level"`
	// Title is the first words of the document, for people.
	Title string `json:"title"`
	// File and Line are where the document was read. Bytes of a name that are
	// not UTF-8 are written as U+FFFD.
	File string `json:"file"`
	Line int64  `json:"line"`
}

// Cluster is a set of two or more documents that are near-duplicates.
type Cluster struct {
	// Cluster is the name of the cluster: the key of its representative.
	Cluster string `json:"cluster"`
	// Size and Kept are the number of members and of kept members, at least 2
	// and at least 1.
	Size int `json:"size"`
	Kept int `json:"kept"`
	// MinSimilarity and MeanSimilarity are over the members that are not kept,
	// each compared with the document that covers it; 1 if there are none.
	MinSimilarity  float64 `json:"min_similarity"`
	MeanSimilarity float64 `json:"mean_similarity"`
	Cohesion
	// Members holds the representative first.
	Members []Member `json:"members"`
}

// Cohesion says how closely the distinct texts of a cluster hang together: exact
// copies count as one. All of it is zero in a report from before it was added.
type Cohesion struct {
	// Texts is the number of distinct texts, at least 1 and at most Size.
	Texts int `json:"texts"`
	// Pairs is the number of verified pairs among them, at or above the
	// threshold, and Density their share of all pairs; 0 and 1 for one text.
	Pairs   int     `json:"pairs"`
	Density float64 `json:"density"`
	// MinPair and MeanPair are the similarities of these pairs; 1 for one text.
	MinPair  float64 `json:"min_pair"`
	MeanPair float64 `json:"mean_pair"`
	// Diameter is the greatest number of pairs to be walked from one text to
	// another by the shortest way; a lower bound unless DiameterExact.
	Diameter      int  `json:"diameter"`
	DiameterExact bool `json:"diameter_exact"`
	// Chain tells that Diameter is over 2: some two texts have no third one
	// that resembles both.
	Chain bool `json:"chain"`
}

// Settings are the options that a reader needs to understand a report.
type Settings struct {
	// Preset is the name of the preset that the options began with, if any.
	Preset string `json:"preset,omitempty"`
	// Shingle is the shingle spec, such as "word:5"; empty when only exact
	// duplicates were looked for.
	Shingle string `json:"shingle,omitempty"`
	// Similarity is the kind compared with Threshold, such as "jaccard".
	Similarity string `json:"similarity"`
	// Threshold is the lowest similarity at which a document is dropped.
	Threshold float64 `json:"threshold"`
	// Clustering and Keep are the method and the keep policy.
	Clustering string `json:"clustering"`
	Keep       string `json:"keep"`
	// Hashes, Bands and Rows are the signature and its division; 0 if nothing
	// was signed.
	Hashes int `json:"hashes"`
	Bands  int `json:"bands"`
	Rows   int `json:"rows"`
	// Recall is the predicted probability that a pair exactly at the threshold
	// was compared.
	Recall float64 `json:"recall"`
	// Boilerplate is the share of texts from which on shingles were left out:
	// similarities are those of the rest. 0 if none were.
	Boilerplate float64 `json:"boilerplate,omitempty"`
}

// Warning is a doubt about the result that the reader should know of.
type Warning struct {
	// Code is a short stable name, for programs.
	Code string `json:"code"`
	// Message is one sentence, for people.
	Message string `json:"message"`
}

// Summary ends a report.
type Summary struct {
	// Fingerprint is the short name of Options.
	Fingerprint string `json:"fingerprint"`
	// Options is everything that determined the result, as JSON.
	Options json.RawMessage `json:"options,omitempty"`
	// Settings is the part of Options that explains the report.
	Settings Settings `json:"settings"`
	// Counts is what became of the input.
	Counts Counts `json:"counts"`
	// BadRecords are the reasons of the quarantined records, those of most first.
	BadRecords []BadRecords `json:"bad_records,omitempty"`
	// Warnings come in the order they arose.
	Warnings []Warning `json:"warnings"`
}

func (m *Member) check() error {
	switch {
	case m.ID == "":
		return errors.New("a document without an id")
	case !utf8.ValidString(m.ID):
		return fmt.Errorf("id %q is not valid UTF-8", m.ID)
	case !(m.Similarity >= 0 && m.Similarity <= 1): // also NaN
		return fmt.Errorf("document %q: similarity %v is outside [0, 1]", m.ID, m.Similarity)
	case m.Keep != (m.Level == LevelRepresentative || m.Level == LevelSingleton || m.Level == LevelProtected):
		return fmt.Errorf("document %q: keep is %t at level %q", m.ID, m.Keep, m.Level)
	case m.Keep && (m.CoveredBy != m.ID || m.Similarity != 1):
		return fmt.Errorf("document %q is kept, but covered by %q at similarity %v", m.ID, m.CoveredBy, m.Similarity)
	case !m.Keep && m.Level != LevelExact && m.Level != LevelNear:
		return fmt.Errorf("document %q: level %q is unknown", m.ID, m.Level)
	}
	return nil
}

func (c *Cluster) check() error {
	if err := c.checkMembers(); err != nil {
		return fmt.Errorf("cluster %q: %w", c.Cluster, err)
	}
	return nil
}

func (c *Cluster) checkMembers() error {
	switch {
	case len(c.Members) < 2:
		return fmt.Errorf("%d members, want at least 2", len(c.Members))
	case c.Size != len(c.Members):
		return fmt.Errorf("size is %d, but there are %d members", c.Size, len(c.Members))
	case c.Members[0].ID != c.Cluster || !c.Members[0].Keep:
		return fmt.Errorf("the first member is %q (kept: %t), want the representative", c.Members[0].ID, c.Members[0].Keep)
	}
	kept := map[string]bool{}
	for i := range c.Members {
		m := &c.Members[i]
		if err := m.check(); err != nil {
			return err
		}
		if m.Level == LevelSingleton {
			return fmt.Errorf("document %q is a singleton", m.ID)
		}
		if m.Keep {
			kept[m.ID] = true
		}
	}
	if c.Kept != len(kept) {
		return fmt.Errorf("kept is %d, but %d members are", c.Kept, len(kept))
	}
	if err := c.checkCohesion(); err != nil {
		return err
	}
	return c.checkCovers(kept)
}

// checkCohesion proves that a connected cluster of the size can have the figures.
func (c *Cluster) checkCohesion() error {
	const rounding = 1e-9
	all := float64(c.Texts) * float64(c.Texts-1) / 2
	density := 1.0
	if c.Texts > 1 {
		density = float64(c.Pairs) / all
	}
	switch {
	case c.Cohesion == Cohesion{}:
		return nil
	case c.Texts < 1 || c.Texts > c.Size:
		return fmt.Errorf("%d distinct texts among %d documents", c.Texts, c.Size)
	case c.Pairs < c.Texts-1 || float64(c.Pairs) > all:
		return fmt.Errorf("%d verified pairs among %d texts", c.Pairs, c.Texts)
	case !(math.Abs(c.Density-density) <= rounding):
		return fmt.Errorf("the density is %v, but of %d pairs among %d texts %v", c.Density, c.Pairs, c.Texts, density)
	case !(c.MinPair >= 0 && c.MinPair <= c.MeanPair && c.MeanPair <= 1):
		return fmt.Errorf("verified pairs have similarity %v at least and %v on average", c.MinPair, c.MeanPair)
	case c.Diameter < min(1, c.Texts-1) || c.Diameter > c.Texts-1:
		return fmt.Errorf("diameter %d among %d texts", c.Diameter, c.Texts)
	case c.Chain != (c.Diameter > 2):
		return fmt.Errorf("chain is %t at diameter %d", c.Chain, c.Diameter)
	}
	return nil
}

// checkCovers proves that every dropped member has a kept one, and that the
// figures of the cluster are those of its members.
func (c *Cluster) checkCovers(kept map[string]bool) error {
	lowest := 1.0
	for i := range c.Members {
		m := &c.Members[i]
		if !kept[m.CoveredBy] {
			return fmt.Errorf("document %q is covered by %q, which is not a kept member", m.ID, m.CoveredBy)
		}
		lowest = min(lowest, m.Similarity)
	}
	if c.MinSimilarity != lowest {
		return fmt.Errorf("the lowest similarity is %v, but of its members %v", c.MinSimilarity, lowest)
	}
	const rounding = 1e-9
	if !(c.MeanSimilarity >= lowest-rounding && c.MeanSimilarity <= 1+rounding) {
		return fmt.Errorf("the mean similarity %v is outside [%v, 1]", c.MeanSimilarity, lowest)
	}
	return nil
}
