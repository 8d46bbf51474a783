package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// storage is object storage for a test, named by the environment, in which every fifth
// request is refused and every seventh answer breaks off.
func storage(t *testing.T) gofakes3.Backend {
	var requests atomic.Int64
	return storageBehind(t, func(w http.ResponseWriter, r *http.Request) (answered bool) {
		n := requests.Add(1)
		if n%5 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}
		if n%7 == 0 && r.Method == http.MethodGet {
			panic(http.ErrAbortHandler)
		}
		return false
	})
}

// storageBehind is object storage behind somebody who may answer in its place.
func storageBehind(t *testing.T, answer func(http.ResponseWriter, *http.Request) bool) gofakes3.Backend {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(backend).Server()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !answer(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	server.Config.SetKeepAlivesEnabled(false)
	t.Cleanup(server.Close)
	for name, value := range map[string]string{"AWS_ENDPOINT_URL_S3": server.URL, "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "k", "AWS_SECRET_ACCESS_KEY": "very-secret"} {
		t.Setenv(name, value)
	}
	return backend
}

func putObject(t *testing.T, b gofakes3.Backend, key, content string) {
	t.Helper()
	meta := map[string]string{"Last-Modified": "Mon, 02 Jan 2006 15:04:05 GMT"}
	if _, err := b.PutObject("bucket", key, meta, strings.NewReader(content), int64(len(content)), nil); err != nil {
		t.Fatal(err)
	}
}

// TestPruneInObjectStorage: what comes from a bucket and goes to one is what it is on
// the disk, and nothing is left on the disk.
func TestPruneInObjectStorage(t *testing.T) {
	backend := storage(t)
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	var lines bytes.Buffer
	for i := range 200 {
		fmt.Fprintf(&lines, `{"id":"r%d","text":"this is text number %d of a few, one two three four five six seven"}`+"\n", i, i/3)
	}
	for name, content := range map[string]string{"a.jsonl": lines.String(), "deep/b.txt": "this is text number 5 of a few, one two three four five six seven", "deep/c.txt": ""} {
		p := filepath.Join(in, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
		putObject(t, backend, "in/"+name, content)
	}
	temp := filepath.Join(dir, "temp")
	if err := os.Mkdir(temp, 0o755); err != nil {
		t.Fatal(err)
	}
	do := func(want int, args ...string) string {
		t.Helper()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), args, nil, &stdout, &stderr); code != want {
			t.Fatalf("%q: exit code %d, want %d\n%s", args, code, want, &stderr)
		}
		if strings.Contains(stdout.String()+stderr.String(), "very-secret") {
			t.Errorf("%q tells the secret", args)
		}
		return stderr.String()
	}
	do(exitDone, "prune", in, "-o", filepath.Join(dir, "out"), "--temp", temp)
	do(exitDone, "prune", "s3://bucket/in/", "-o", "s3://bucket/out/", "--temp", temp)
	pruned := vfstest.Files(t, filepath.Join(dir, "out"))
	for name, want := range pruned {
		if got := object(t, backend, "out/"+name); got != want {
			t.Errorf("%s differs:\n%s\nwant\n%s", name, got, want)
		}
	}
	if len(pruned) < 5 {
		t.Errorf("%d files", len(pruned))
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if said := do(exitError, "prune", "s3://bucket/in/", "-o", "s3://bucket/out/"); !strings.Contains(said, "not empty") {
		t.Errorf("a second time: %s", said)
	}
	if said := do(exitError, "cluster", "s3://bucket/nothing/"); !strings.Contains(said, "does not exist") {
		t.Errorf("nothing there: %s", said)
	}
	if said := do(exitUsage, "cluster", "--s3-endpoint", "nowhere", "s3://bucket/in/"); !strings.Contains(said, "no URL") {
		t.Errorf("a bad endpoint: %s", said)
	}
}

// TestResultThatCannotBeUploaded stays on the disk, and the error says where.
func TestResultThatCannotBeUploaded(t *testing.T) {
	storageBehind(t, func(w http.ResponseWriter, r *http.Request) bool {
		refused := r.Method == http.MethodPut || r.Method == http.MethodPost
		if refused {
			w.WriteHeader(http.StatusForbidden)
		}
		return refused
	})
	dir := t.TempDir()
	in, local := filepath.Join(dir, "in.txt"), filepath.Join(dir, "local")
	if err := os.WriteFile(in, []byte("One text of some words."), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, exitDone, "prune", "-q", in, "-o", local)
	for verb, last := range map[string]string{"prune": prune.AccountingFile, "run": runfolder.SuccessFile} {
		temp := t.TempDir()
		var stdout, stderr bytes.Buffer
		if code := run(t.Context(), []string{verb, "-q", in, "-o", "s3://bucket/out", "--temp", temp}, nil, &stdout, &stderr); code != exitError {
			t.Fatalf("%s: exit code %d\n%s", verb, code, &stderr)
		}
		kept, err := filepath.Glob(filepath.Join(temp, "doppel-upload-*", "out"))
		if err != nil || len(kept) != 1 || !strings.Contains(stderr.String(), strconv.Quote(kept[0])) {
			t.Fatalf("%s: kept are %q, %v\n%s", verb, kept, err, &stderr)
		}
		if _, err := os.Stat(filepath.Join(kept[0], last)); err != nil {
			t.Error(err)
		}
		if verb == "prune" && !maps.Equal(vfstest.Files(t, kept[0]), vfstest.Files(t, local)) {
			t.Errorf("%s has other files than %s", kept[0], local)
		}
	}
}
