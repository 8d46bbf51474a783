package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"os"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline"
)

// TestForecast runs within several budgets and compares what the plan said of
// documents and temporary files with what came. What it says of the process's
// memory is compared in the tests of the command, and of time in bench/run.sh.
func TestForecast(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(writeJSONL(t, planted(15_000, 51)))
	if err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	plain, gz := writeFile(t, "c.jsonl", string(content)), writeFile(t, "c.jsonl.gz", zipped.String())
	for _, input := range []string{plain, gz} {
		for _, memory := range []int64{1 << 30, 16 << 20} {
			for _, preset := range []pipeline.Preset{pipeline.Near, pipeline.Edited} {
				job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{input}, Preset: preset, Memory: memory, Temp: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				plan := *job.Plan()
				res, err := job.Run(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				within := func(what string, forecast, came, slack int64) {
					if forecast > 2*came+slack || came > 2*forecast+slack {
						t.Errorf("%s, %s, %s: %s forecast %d, came %d", input, preset, pipeline.Bytes(memory), what, forecast, came)
					}
				}
				within("documents", plan.Documents, res.Counts().Documents, 0)
				within("temporary files", plan.Forecast.Temp, res.TempBytes(), 1<<20)
				if plan.Forecast.Time <= 0 {
					t.Errorf("%s: no time is forecast", input)
				}
				if err := res.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestForecastOfUnreadableInputs must not fail: the scan says what is wrong.
func TestForecastOfUnreadableInputs(t *testing.T) {
	t.Parallel()
	for _, content := range []string{"", "\n\n", "no JSON\n", "\x1f\x8b", `{"id":"a","text":"`} {
		res := run(t, pipeline.Options{Inputs: []string{writeFile(t, "c.jsonl", content), writeFile(t, "d.jsonl.gz", content)}})
		if n := res.Counts().Documents; n != 0 {
			t.Errorf("%q: %d documents", content, n)
		}
	}
}
