package pipeline

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
	"github.com/doppel-dedup/doppel/pipeline/idf"
	"github.com/doppel-dedup/doppel/shingle"
)

// Preset is a named level of likeness: a question about two documents with the
// settings that answer it. See docs/accuracy.md for what each one finds.
type Preset string

// The presets, from the strictest to the loosest.
const (
	// Verbatim: is it the same text, but for case, width and white space?
	Verbatim Preset = "verbatim"
	// Strict: is it a copy with typos? Word 5-grams, Jaccard 0.9.
	Strict Preset = "strict"
	// Near: is it an edited copy? Word 5-grams, Jaccard 0.8. The default.
	Near Preset = "near"
	// Loose: is it a reworked copy? Word 3-grams, Jaccard 0.7.
	Loose Preset = "loose"
	// Edited: is it a heavy edit? Word 3-grams, Jaccard 0.5.
	Edited Preset = "edited"
	// Story: do both report one event? Cosine of tf-idf weights.
	Story Preset = "story"
)

// defaultMaxHashes leaves room for the steepest S-curve at every copy level
// (16 x 6 at 0.8, 26 x 5 at 0.7, 35 x 3 at 0.5) with a signature that stays
// about 1 KiB.
const defaultMaxHashes = 136

var presets = []struct {
	name     Preset
	identity Identity
}{
	{Verbatim, level(Exact, word(5), 1, 0.99)},
	{Strict, level(Jaccard, word(5), 0.9, 0.99)},
	{Near, level(Jaccard, word(5), 0.8, 0.99)},
	{Loose, level(Jaccard, word(3), 0.7, 0.99)},
	{Edited, level(Jaccard, word(3), 0.5, 0.99)},
	{Story, storyLevel()},
}

func word(n int) shingle.Spec { return shingle.Spec{Unit: shingle.Word, N: n} }

func level(s Similarity, spec shingle.Spec, threshold, recall float64) Identity {
	return Identity{
		Shingle: spec, Similarity: s, Threshold: threshold, Recall: recall,
		MaxHashes: defaultMaxHashes, Clustering: cluster.Cover,
	}
}

// defaultKeyTerms is the number of key terms of a document: two shared ones of 25
// find nearly all pairs of one event, and make 300 keys (docs/accuracy.md).
const defaultKeyTerms = 25

var storyFeatures = func() idf.Features {
	f, err := idf.ParseFeatures("word:1*skip:20")
	if err != nil {
		panic(err)
	}
	return f
}()

// storyLevel compares weighted words, and pairs of telling words that stand near
// each other: two reports of one event share its names, numbers and their
// neighbourhood, and few of their phrases. The constants were chosen on one labelled
// set of events and confirmed on the other (docs/accuracy.md).
func storyLevel() Identity {
	return Identity{
		Shingle: word(1), Similarity: Cosine, Features: storyFeatures, Weights: idf.Auto, KeyTerms: defaultKeyTerms,
		Threshold: 0.1, Recall: 0.995, MaxHashes: defaultMaxHashes, Clustering: cluster.Average,
	}
}

// ParsePreset reads a preset's name.
func ParsePreset(name string) (Preset, error) {
	if p := Preset(name); p.known() {
		return p, nil
	}
	return "", fmt.Errorf("pipeline: preset %q is unknown, want one of %s", name, PresetNames())
}

// Presets returns all presets, from strict to loose.
func Presets() []Preset {
	names := make([]Preset, len(presets))
	for i, p := range presets {
		names[i] = p.name
	}
	return names
}

// PresetNames lists the presets from strict to loose, for help texts.
func PresetNames() string {
	var names []string
	for _, p := range Presets() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}

// Identity returns the settings the preset stands for, the rest zero.
func (p Preset) Identity() Identity {
	for _, q := range presets {
		if q.name == p {
			return q.identity
		}
	}
	return Identity{}
}

// preset returns the name of the preset that the identity's level is, "" if
// none: equal identities have equal reports, however they were asked for.
func (id Identity) preset() string {
	for _, p := range presets {
		level := Identity{Shingle: id.Shingle, Similarity: id.Similarity, Threshold: id.Threshold, Recall: id.Recall,
			MaxHashes: id.MaxHashes, Clustering: id.Clustering, Features: id.Features, Weights: id.Weights, KeyTerms: id.KeyTerms}
		if level == p.identity {
			return string(p.name)
		}
	}
	return ""
}

func (p Preset) known() bool {
	for _, q := range presets {
		if q.name == p {
			return true
		}
	}
	return false
}

// fill sets the zero fields of id that the preset speaks of.
func (p Preset) fill(id Identity) Identity {
	from := p.Identity()
	id.Shingle = cmp.Or(id.Shingle, from.Shingle)
	id.Similarity = cmp.Or(id.Similarity, from.Similarity)
	id.Threshold = cmp.Or(id.Threshold, from.Threshold)
	id.Recall = cmp.Or(id.Recall, from.Recall)
	id.MaxHashes = cmp.Or(id.MaxHashes, from.MaxHashes)
	id.Clustering = cmp.Or(id.Clustering, from.Clustering)
	if id.Similarity.weighted() {
		id.Features = cmp.Or(id.Features, storyFeatures)
		id.KeyTerms = cmp.Or(id.KeyTerms, defaultKeyTerms)
	} else {
		id.Features, id.KeyTerms, id.Weights = idf.Features{}, 0, idf.Auto
	}
	return id
}
