package pipeline_test

import (
	"os"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
)

// TestOracleOnLabelledSets holds the search against brute force on real texts:
// of all pairs at or above the threshold at least 98% are reported, and nothing
// else is. docs/accuracy.md has the figures.
func TestOracleOnLabelledSets(t *testing.T) {
	t.Parallel()
	sets := map[string][]pipeline.Preset{
		"cockroach_versions": {pipeline.Near, pipeline.Loose, pipeline.Edited},
		"stress_open":        {pipeline.Near, pipeline.Loose},
		"driver_docs_half":   {pipeline.Near, pipeline.Loose, pipeline.Edited},
		"bible_en_pd8":       {pipeline.Loose, pipeline.Edited},
	}
	if testing.Short() {
		sets = map[string][]pipeline.Preset{"cockroach_versions": {pipeline.Near}}
	} else if os.Getenv("DOPPEL_LONG") != "" {
		sets["civil_codes_11"] = []pipeline.Preset{pipeline.Near, pipeline.Loose, pipeline.Edited}
	}
	for set, presets := range sets {
		for _, preset := range presets {
			t.Run(set+"/"+string(preset), func(t *testing.T) {
				docs, _ := plant.Dataset(t, set)
				res := run(t, pipeline.Options{Inputs: []string{docs}, Preset: preset, KeepCandidates: true})
				s, err := res.Oracle(t.Context(), 0)
				if err != nil {
					t.Fatal(err)
				}
				t.Logf("%d pairs at or above the threshold, recall %.4f (candidates predicted %.4f), precision %.4f", s.True, s.Recall, s.PredictedRecall, s.Precision)
				if s.True < 40 {
					t.Errorf("%d pairs: too few to measure anything", s.True)
				}
				if s.Recall < 0.98 {
					t.Errorf("recall %.4f, want at least 0.98; missed for example %v", s.Recall, s.Missed)
				}
				if s.Precision != 1 || s.WrongOverlap != 0 {
					t.Errorf("precision %v with %d wrong overlaps, want exactly 1 and 0", s.Precision, s.WrongOverlap)
				}
			})
		}
	}
}

// TestOracleOnPlantedTexts is the same where the labelled sets are not at hand,
// and with buckets that are chained.
func TestOracleOnPlantedTexts(t *testing.T) {
	t.Parallel()
	input := writeJSONL(t, planted(4000, 50))
	for _, preset := range []pipeline.Preset{pipeline.Strict, pipeline.Near, pipeline.Loose, pipeline.Edited} {
		for _, maxBucket := range []int{0, 3} {
			res := run(t, pipeline.Options{Inputs: []string{input}, Preset: preset, KeepCandidates: true,
				Identity: pipeline.Identity{MaxBucket: maxBucket}})
			s, err := res.Oracle(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			if s.True < 100 || s.Precision != 1 || s.WrongOverlap != 0 {
				t.Errorf("%s: %d true pairs, precision %v, %d wrong overlaps, want many, 1 and 0", preset, s.True, s.Precision, s.WrongOverlap)
			}
			if maxBucket == 0 && s.Recall < 0.98 {
				t.Errorf("%s: recall %.4f, want at least 0.98", preset, s.Recall)
			}
			if maxBucket != 0 && (res.Counts().GiantBuckets == 0 || s.Recall < 0.5) {
				t.Errorf("%s, chained: %d giant buckets, recall %.4f", preset, res.Counts().GiantBuckets, s.Recall)
			}
		}
	}
}
