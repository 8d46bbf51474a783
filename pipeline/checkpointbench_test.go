//go:build unix

package pipeline_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
)

// BenchmarkCheckpoint is what a checkpoint costs: runs with and without one, with the
// time of the processors, which other processes disturb less.
func BenchmarkCheckpoint(b *testing.B) {
	documents := 20_000
	if os.Getenv("DOPPEL_LONG") != "" {
		documents = 100_000
	}
	path := filepath.Join(b.TempDir(), "corpus.jsonl")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := (plant.Spec{Documents: documents, Seed: 1, ExactShare: 0.1, NearShare: 0.2, FooterShare: 0.2}).Write(f, io.Discard, nil); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	presets := map[string]func(*pipeline.Options){
		"near":        func(*pipeline.Options) {},
		"boilerplate": func(o *pipeline.Options) { o.Identity.Boilerplate = 0.1 },
		"story":       func(o *pipeline.Options) { o.Preset = pipeline.Story },
	}
	for _, of := range []string{"near/1", "near/2", "boilerplate/1", "story/1"} {
		for _, with := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/checkpoint=%v", of, with), func(b *testing.B) {
				before, stored := processorTime(b), int64(0)
				for n := 0; b.Loop(); n++ {
					preset, threads, _ := strings.Cut(of, "/")
					o := pipeline.Options{Inputs: []string{path}, Threads: int(threads[0] - '0')}
					presets[preset](&o)
					if with {
						o.Checkpoint = &checkpoint.Options{Dir: filepath.Join(b.TempDir(), fmt.Sprint(n))}
					}
					res, err := pipeline.Run(b.Context(), o)
					if err != nil {
						b.Fatal(err)
					}
					if err := res.Close(); err != nil {
						b.Fatal(err)
					}
					if with {
						stored = folderBytes(b, o.Checkpoint.Dir)
					}
				}
				b.ReportMetric((processorTime(b)-before).Seconds()/float64(b.N), "cpu-s/op")
				b.ReportMetric(float64(stored)/float64(documents), "stored-B/doc")
			})
		}
	}
}

// folderBytes removes a folder of files and returns how many bytes they had.
func folderBytes(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		b.Fatal(err)
	}
	return n
}

// processorTime is what the process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
