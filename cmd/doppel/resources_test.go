package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/internal/plant/formats"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// TestResumeWithOtherResources: a run with two threads is stopped, the folder of its
// temporary files goes, and it goes on with one thread, less memory and another folder,
// from another place: to the bytes of a run that nobody stopped.
func TestResumeWithOtherResources(t *testing.T) {
	dir := t.TempDir()
	here := filepath.Join(dir, "elsewhere")
	err := errors.Join(os.Mkdir(filepath.Join(dir, "in"), 0o755), os.Mkdir(filepath.Join(dir, "gone"), 0o755),
		os.MkdirAll(filepath.Join(here, "scratch"), 0o755),
		formats.Write(filepath.Join(dir, "in"), plant.Spec{Documents: 2000, MeanBytes: 2000, Seed: 8, ExactShare: 0.1, NearShare: 0.3}))
	if err != nil {
		t.Fatal(err)
	}
	if code := interrupted(t, dir, nil, "run", "in", "-o", "whole"); code != exitQuarantined {
		t.Fatalf("exit code %d", code)
	}
	given := []string{"run", "in", "--threads", "2", "--memory", "256MiB", "--temp", "gone", "-o", "run"}
	if code := interrupted(t, dir, begun(filepath.Join(dir, "run")), given...); code != exitInterrupted {
		t.Fatalf("exit code %d, want an interrupted run", code)
	}
	if err := os.Remove(filepath.Join(dir, "gone")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DOPPEL_THREADS", "3") // is for runs that do not say
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, exitUsage}, // its temporary files have no folder
		{[]string{"--temp", "gone"}, exitUsage},
		{[]string{"--threads", "-1", "--temp", "scratch"}, exitUsage},
		{[]string{"--threads", "1", "--memory", "64MiB", "--temp", "scratch"}, exitQuarantined},
	} {
		if code := interrupted(t, here, nil, append([]string{"resume", "../run"}, c.args...)...); code != c.want {
			t.Fatalf("%q: exit code %d, want %d", c.args, code, c.want)
		}
	}
	sameRunFolder(t, filepath.Join(dir, "run"), filepath.Join(dir, "whole"))
	timings, err := runfolder.ReadTimings(filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if m := timings.Machine; m.Threads != 1 || m.Memory != 64<<20 || !slices.Equal(timings.Args, given) {
		t.Errorf("timings tell of %d threads, %d bytes and %q", m.Threads, m.Memory, timings.Args)
	}
	if err := os.Mkdir(filepath.Join(dir, "gone"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, again := range [][]string{given, {"resume", "run", "--threads", "5"}} {
		if code := interrupted(t, dir, nil, again...); code != exitQuarantined {
			t.Errorf("%q: exit code %d", again, code)
		}
	}
	if _, err := runfolder.Verify(t.Context(), filepath.Join(dir, "run"), 0); err != nil {
		t.Error(err)
	}
}

// begun returns a function that tells whether the run in a folder has left anything to
// go on from.
func begun(run string) func() bool {
	return func() bool {
		segments, err := filepath.Glob(filepath.Join(runfolder.CheckpointDir(run), "*.seg"))
		return err == nil && len(segments) > 0
	}
}

// sameRunFolder holds the files of a run against those of another, but for times.
func sameRunFolder(t *testing.T, gotDir, wantDir string) {
	t.Helper()
	got, want := vfstest.Files(t, gotDir), vfstest.Files(t, wantDir)
	for name := range want {
		timely := slices.Contains([]string{runfolder.TimingsFile, runfolder.MetricsFile, runfolder.SuccessFile}, name)
		if content, ok := got[name]; !ok || content != want[name] && !timely {
			t.Errorf("%s differs", name)
		}
	}
	if len(got) != len(want) || len(want) < 20 {
		t.Errorf("%d files, want %d", len(got), len(want))
	}
}
