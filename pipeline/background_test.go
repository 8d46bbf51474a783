package pipeline_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
)

// TestBackgroundOfTheSample plans for unrelated texts, which never meet, and for
// texts that share a template, which often do, and counts what came.
func TestBackgroundOfTheSample(t *testing.T) {
	t.Parallel()
	const documents = 4000
	corpus := func(template int) string {
		rng := rand.New(rand.NewPCG(1, 9))
		var lines strings.Builder
		for i := range documents {
			fmt.Fprintf(&lines, `{"id":"%d","text":"`, i)
			for k := range template {
				fmt.Fprintf(&lines, "phrase%d of the template ", k)
			}
			for range 60 {
				fmt.Fprintf(&lines, "w%d ", rng.Uint32())
			}
			lines.WriteString("\"}\n")
		}
		return lines.String()
	}
	for template, most := range map[int]float64{0: 1, 10: 1e9} {
		res := run(t, pipeline.Options{Inputs: []string{writeFile(t, "c.jsonl", corpus(template))}, Preset: pipeline.Edited})
		expected, came := res.Plan().Candidates, float64(res.Counts().Candidates)
		// Giant buckets are chained, so that fewer pairs come than meet.
		if expected > most || template == 0 && came > 0 || template > 0 && (expected < came || math.IsNaN(expected)) {
			t.Errorf("template of %d phrases: %v candidate pairs expected, %v came", template, expected, came)
		}
	}
}
