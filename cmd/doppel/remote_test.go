package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// storage is object storage for a test, named by the environment, in which every fifth
// request is refused and every seventh answer breaks off.
func storage(t *testing.T) gofakes3.Backend {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	inner := gofakes3.New(backend).Server()
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		if n%5 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		if n%7 == 0 && r.Method == http.MethodGet {
			panic(http.ErrAbortHandler)
		}
		inner.ServeHTTP(w, r)
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
	found := 0
	err := filepath.WalkDir(filepath.Join(dir, "out"), func(p string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found++
		want, err := os.ReadFile(p)
		rel, relErr := filepath.Rel(filepath.Join(dir, "out"), p)
		o, getErr := backend.GetObject("bucket", "out/"+filepath.ToSlash(rel), nil)
		if err := errors.Join(err, relErr, getErr); err != nil {
			return err
		}
		got, err := io.ReadAll(o.Contents)
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs:\n%s\nwant\n%s", rel, got, want)
		}
		return err
	})
	if err != nil || found < 5 {
		t.Errorf("%d files, %v", found, err)
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
