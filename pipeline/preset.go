package pipeline

import (
	"fmt"
	"strings"

	"github.com/doppel-dedup/doppel/pipeline/cluster"
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
	// Story: do both report one event? Word 3-grams at a Jaccard so low that
	// bands have a single row; meant for up to some ten thousand documents.
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

// storyLevel takes the threshold that the two labelled event sets agree on
// (docs/accuracy.md): 0.03 lies above 99.9% of the pairs of unrelated reports.
// Recall is asked high because a story has few pairs and losing one splits it;
// only one row a band reaches it.
func storyLevel() Identity {
	id := level(Jaccard, word(3), 0.03, 0.999)
	id.MaxHashes = 256
	// Reports of one event resemble a neighbour more than a common centre, so
	// stars leave them in pieces: pairwise F1 0.29 and 0.34 against 0.63 and
	// 0.70 on the two event sets. What is kept is the same by both methods.
	id.Clustering = cluster.Components
	return id
}

// ParsePreset reads a preset's name.
func ParsePreset(name string) (Preset, error) {
	if p := Preset(name); p.known() {
		return p, nil
	}
	return "", fmt.Errorf("pipeline: preset %q is unknown, want one of %s", name, PresetNames())
}

// PresetNames lists the presets from strict to loose, for help texts.
func PresetNames() string {
	names := make([]string, len(presets))
	for i, p := range presets {
		names[i] = string(p.name)
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
			MaxHashes: id.MaxHashes, Clustering: id.Clustering}
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
	setDefault(&id.Shingle, from.Shingle)
	setDefault(&id.Similarity, from.Similarity)
	setDefault(&id.Threshold, from.Threshold)
	setDefault(&id.Recall, from.Recall)
	setDefault(&id.MaxHashes, from.MaxHashes)
	setDefault(&id.Clustering, from.Clustering)
	return id
}
