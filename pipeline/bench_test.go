package pipeline_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// BenchmarkRun is the whole way, from a JSONL file to a written report, over
// 20,000 documents of about 2 KB with planted duplicates.
func BenchmarkRun(b *testing.B) {
	path := filepath.Join(b.TempDir(), "corpus.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := (plant.Spec{Documents: 20_000, Seed: 1, ExactShare: 0.1, NearShare: 0.2, FooterShare: 0.2}).Write(f, io.Discard, nil); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, preset := range []pipeline.Preset{pipeline.Verbatim, pipeline.Near, pipeline.Edited} {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", preset, threads), func(b *testing.B) {
				b.SetBytes(info.Size())
				b.ReportAllocs()
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				for b.Loop() {
					res, err := pipeline.Run(b.Context(), pipeline.Options{Inputs: []string{path}, Preset: preset, Threads: threads})
					if err != nil {
						b.Fatal(err)
					}
					if err := res.WriteReport(io.Discard, report.JSONL, pipeline.ReportOptions{}); err != nil {
						b.Fatal(err)
					}
					if err := res.Close(); err != nil {
						b.Fatal(err)
					}
				}
				runtime.ReadMemStats(&after)
				docs := 20_000 * float64(b.N)
				b.ReportMetric(docs/b.Elapsed().Seconds(), "docs/s")
				b.ReportMetric(float64(after.Mallocs-before.Mallocs)/docs, "allocs/doc")
				b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/docs, "B/doc")
			})
		}
	}
}
