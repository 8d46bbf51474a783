package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// object returns what is in the bucket, "" if nothing is.
func object(t *testing.T, b gofakes3.Backend, key string) string {
	t.Helper()
	o, err := b.GetObject("bucket", key, nil)
	if err != nil {
		return ""
	}
	content, err := io.ReadAll(o.Contents)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// sameRun compares the run folder below a prefix of the bucket with one on the disk.
func sameRun(t *testing.T, b gofakes3.Backend, prefix, dir string) {
	t.Helper()
	files := vfstest.Files(t, dir)
	for name, want := range files {
		got := object(t, b, prefix+name)
		isTimely := slices.Contains([]string{runfolder.TimingsFile, runfolder.MetricsFile, runfolder.SuccessFile}, name)
		if got != want && (!isTimely || got == "") {
			t.Errorf("%s differs", name)
		}
	}
	if len(files) < 15 {
		t.Errorf("%d files", len(files))
	}
}

// TestRunInObjectStorage: a run folder in a bucket is what it is on the disk; a work
// folder is kept, and what is missing of its upload is made up for.
func TestRunInObjectStorage(t *testing.T) {
	backend := storage(t)
	in, _ := manySources(t, 8)
	base := t.TempDir()
	local, work, temp := filepath.Join(base, "run"), filepath.Join(base, "work"), filepath.Join(base, "temp")
	if err := os.Mkdir(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	command(t, exitQuarantined, "run", "-q", in, "-o", local)
	if said := command(t, exitQuarantined, "run", "-q", in, "-o", "s3://bucket/a/", "--temp", temp); !strings.HasPrefix(said, "run s3://bucket/a/\n") {
		t.Errorf("said %s", said)
	}
	sameRun(t, backend, "a/", local)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	command(t, exitError, "run", "-q", in, "-o", "s3://bucket/a/")
	command(t, exitError, "run", "-q", in, "-o", "s3://bucket/a/", "--work", work)

	toB := []string{"run", "-q", in, "-o", "s3://bucket/b", "--work", work}
	command(t, exitGuarded, append(toB, "--max-cluster-share", "0.001")...)
	if object(t, backend, "b/"+runfolder.ManifestFile) != "" {
		t.Error("an unfinished run was uploaded")
	}
	command(t, exitQuarantined, toB...)
	sameRun(t, backend, "b/", local)
	for _, again := range [][]string{toB, {"resume", "-q", work}} {
		for _, lost := range []string{runfolder.SuccessFile, "members.parquet"} { // as if the upload had broken off
			if _, err := backend.DeleteObject("bucket", "b/"+lost); err != nil {
				t.Fatal(err)
			}
		}
		command(t, exitQuarantined, again...)
		sameRun(t, backend, "b/", work)
	}
	command(t, exitDone, "verify", work)
	putObject(t, backend, "b/"+runfolder.SuccessFile, "of another run")
	command(t, exitError, toB...)
	command(t, exitMismatch, "run", "-q", in, "-o", "s3://bucket/c", "--work", work, "--threshold", "0.9")
	if object(t, backend, "c/"+runfolder.SuccessFile) != "" {
		t.Error("another run was uploaded")
	}
	command(t, exitUsage, "run", "-q", in, "-o", "s3://bucket/d", "--overwrite")
	command(t, exitUsage, "run", "-q", in, "-o", local, "--work", work)
}
