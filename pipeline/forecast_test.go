package pipeline_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
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
				plan, temp := *job.Plan(), job.Needs(pipeline.Writes{})[0]
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
				if temp.Most != plan.Forecast.Temp || temp.Least > res.TempBytes() {
					t.Errorf("%s, %s, %s: the disk needs %+v, and %d bytes came", input, preset, pipeline.Bytes(memory), temp, res.TempBytes())
				}
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

// TestForecastOfPassages compares what the plan says of temporary files with what a
// search for passages wrote.
func TestForecastOfPassages(t *testing.T) {
	t.Parallel()
	spec := plant.Spec{Documents: 6000, Seed: 5, ExactShare: 0.05, NearShare: 0.1}
	var b bytes.Buffer
	if _, err := spec.Write(&b, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, "c.jsonl", b.String())
	for _, o := range []passage.Options{{Unit: passage.Paragraph}, {Unit: passage.Line}, {Unit: passage.Substring},
		{Unit: passage.Substring, MinLength: passage.Length{N: 200, In: passage.Bytes}}, {Unit: passage.Substring, MinLength: passage.Length{N: 3}}} {
		for _, memory := range []int64{1 << 30, 16 << 20} {
			o.Scope = passage.Alone
			job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{path}, Preset: pipeline.Verbatim, Memory: memory, Temp: t.TempDir(), Identity: pipeline.Identity{Passages: o}})
			if err != nil {
				t.Fatal(err)
			}
			forecast := job.Plan().Forecast.Temp
			res, err := job.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := res.PlanTrim(t.Context()); err != nil {
				t.Fatal(err)
			}
			came := res.TempBytes()
			if slack := int64(2 << 20); forecast > 2*came+slack || came > 2*forecast+slack {
				t.Errorf("%v, %v: temporary files forecast %d, came %d", o, pipeline.Bytes(memory), forecast, came)
			}
			if err := res.Close(); err != nil {
				t.Fatal(err)
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

// TestForecastOfMixedInputs has text files beside JSONL, a long first record, and
// a text cut inside a character by the sample.
func TestForecastOfMixedInputs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		write(fmt.Sprintf("%d.txt", i), "a"+strings.Repeat("съешьещё ", 30_000))
	}
	var lines strings.Builder
	fmt.Fprintf(&lines, `{"id":"long","text":"%s"}`+"\n", strings.Repeat("some words ", 60_000))
	for i := range 50_000 {
		fmt.Fprintf(&lines, `{"id":"%d","text":"a short record of some words with the number %d"}`+"\n", i, i)
	}
	write("z.jsonl", lines.String())
	job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	plan := job.Plan()
	// The long record is in the sample, so the estimate is low, but not lost.
	if plan.Documents < 3+5 || plan.Forecast.Time <= 0 || !plan.Forecast.Known() {
		t.Errorf("%d documents and %v expected", plan.Documents, plan.Forecast)
	}
	write("z.jsonl", lines.String()[700_000:])
	write("y.jsonl", "")
	again, err := pipeline.Prepare(pipeline.Options{Inputs: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if n := again.Plan().Documents; n < 40_000 || n > 60_000 {
		t.Errorf("%d documents expected, are about 49,700", n)
	}
}

func TestNothingIsForecastOfStandardInput(t *testing.T) {
	t.Parallel()
	job, err := pipeline.Prepare(pipeline.Options{Inputs: []string{"-"}, Stdin: strings.NewReader(`{"text":"x"}`)})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	if s := job.Plan().String(); job.Plan().Forecast.Known() || !strings.Contains(s, "nothing is known of standard input") {
		t.Errorf("plan:\n%s", s)
	}
}

// TestProgressOfBytes checks that a second reading is not counted.
func TestProgressOfBytes(t *testing.T) {
	t.Parallel()
	var last pipeline.Progress
	run(t, pipeline.Options{Inputs: []string{writeJSONL(t, planted(3000, 52))}, Progress: func(p pipeline.Progress) { last = p }})
	if last.InputBytes != last.InputTotal || last.Sets == 0 || last.Sets != last.SetsTotal {
		t.Errorf("at the end: %+v", last)
	}
}

// TestBudgetTooSmallForTheDocuments is said in the plan, and not in the report,
// which must not depend on memory.
func TestBudgetTooSmallForTheDocuments(t *testing.T) {
	t.Parallel()
	for memory, want := range map[int64]bool{16 << 20: true, 8 << 30: false} {
		plan, err := pipeline.Options{Inputs: []string{"x"}, Memory: memory}.Plan(pipeline.Stats{Bytes: 1 << 30, Documents: 1_000_000})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(plan.String(), "over the memory budget of"); got != want || len(plan.Warnings) > 0 {
			t.Errorf("%v: warnings %v, plan:\n%v", pipeline.Bytes(memory), plan.Warnings, plan)
		}
	}
}
