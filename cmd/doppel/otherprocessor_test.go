package main

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// TestOtherProcessorGivesTheSameBytes builds doppel for arm64, which has none of the
// assembly, and runs it in the emulator that DOPPEL_EMULATOR names. What it writes must
// be what this machine writes, floating point of the story level and compressed tables
// included.
func TestOtherProcessorGivesTheSameBytes(t *testing.T) {
	emulator := os.Getenv("DOPPEL_EMULATOR")
	if emulator == "" {
		t.Skip("DOPPEL_EMULATOR names no emulator of arm64")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "doppel-arm64")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", other, ".") // a test has no version either
	build.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	corpus, few := filepath.Join(t.TempDir(), "planted.jsonl"), filepath.Join(t.TempDir(), "few.jsonl")
	writePlanted(t, corpus, 600)
	writePlanted(t, few, 60) // a row of the story level takes the emulator long
	seeds := filepath.Join("..", "..", "seeds")
	for name, args := range map[string][]string{
		"verbatim":   {"cluster", "--preset", "verbatim", corpus},
		"near":       {"cluster", "--preset", "near", corpus},
		"edited":     {"cluster", "--preset", "edited", "--shingle", "char:5", corpus},
		"spilled":    {"cluster", "--preset", "loose", "--memory", "64MiB", corpus},
		"story":      {"cluster", "--preset", "story", seeds, few},
		"own words":  {"cluster", "--preset", "story", "--weights", "corpus", few},
		"contained":  {"cluster", "--similarity", "containment", "--threshold", "0.8", corpus},
		"run":        {"run", "--preset", "near", corpus, seeds},
		"passages":   {"run", "--dedup", "substring", "--min-length", "20", corpus},
		"whole text": {"prune", "--preset", "strict", "--keep", "longest", corpus},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			here, there := t.TempDir(), t.TempDir()
			native := exec.Command(self, args...)
			native.Args[0] = "doppel" // see TestMain
			runInto(t, here, native)
			runInto(t, there, exec.Command(emulator, append([]string{other}, args...)...))
			want, got := written(t, here), written(t, there)
			if len(want) == 0 {
				t.Fatal("nothing was written")
			}
			for name, data := range want {
				if got[name] != data {
					t.Errorf("%s: %d bytes here, others (%d) there", name, len(data), len(got[name]))
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d files here, %d there", len(want), len(got))
			}
		})
	}
}

func writePlanted(t *testing.T, path string, documents int) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	spec := plant.Spec{Documents: documents, Seed: 11, ExactShare: 0.1, NearShare: 0.3}
	if _, err := spec.Write(f, io.Discard, nil); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// runInto runs doppel with dir/out as its output.
func runInto(t *testing.T, dir string, cmd *exec.Cmd) {
	t.Helper()
	cmd.Args = append(cmd.Args, "-o", filepath.Join(dir, "out"), "--quiet")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, out)
	}
}

// written is vfstest.Files without the files of a run folder that tell of time.
func written(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := vfstest.Files(t, dir)
	maps.DeleteFunc(files, func(name, _ string) bool {
		return slices.Contains([]string{"timings.json", "metrics.prom", "_SUCCESS"}, path.Base(name))
	})
	return files
}
