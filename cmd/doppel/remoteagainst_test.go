package main

import (
	"bytes"
	"errors"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

const quiz = "Which of the following rivers is the longest in the world, if one counts all its tributaries and its estuary?"

// withReferences writes a corpus, references and evaluation items to the disk and the
// same to the bucket, and returns the folder they are in.
func withReferences(t *testing.T, backend gofakes3.Backend) string {
	t.Helper()
	corpus, references := manySources(t, 8)
	dir := t.TempDir()
	of := map[string]string{
		"in/quiz.jsonl":    `{"id":"told","text":"In a forum. ` + quiz + ` I said the Nile."}` + "\n" + `{"id":"other","text":"Of other things, and of no river."}` + "\n",
		"items/deep/q.csv": "id,text\nq1,\"" + quiz + "\"\n",
		"items/q.html":     "<html><body><nav>Home</nav><article><p>" + quiz + "</p></article></body></html>",
	}
	for name, file := range map[string]string{"in/many.jsonl": corpus, "ref/books.jsonl": references} {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		of[name] = string(content)
	}
	for name, content := range of {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
		putObject(t, backend, name, content)
	}
	return dir
}

// TestAgainstObjectStorage: references and evaluation items may be in object storage,
// whether the corpus is there or on the disk; what comes of it is the same.
func TestAgainstObjectStorage(t *testing.T) {
	dir := withReferences(t, storage(t))
	in := map[string]string{"disk": filepath.Join(dir, "in"), "store": "s3://bucket/in"}
	against := func(name, where string) string {
		if where == "disk" {
			return filepath.Join(dir, name)
		}
		return "s3://bucket/" + name
	}
	verbs := map[string][]string{
		"ref":   {"prune", "run", "cluster"},
		"items": {"decontaminate", "decontaminate --any --action mask", "decontaminate --action report"},
	}
	for name, lines := range verbs {
		for _, line := range lines {
			t.Run(line, func(t *testing.T) {
				t.Parallel() // waits for the storage most of the time
				var want map[string]string
				for _, places := range [][2]string{{"disk", "disk"}, {"disk", "store"}, {"store", "store"}} {
					out := t.TempDir()
					args := append(strings.Fields(line), "-q", in[places[0]], "--against", against(name, places[1]), "-o", filepath.Join(out, "out"))
					command(t, exitQuarantined, args...)
					got := resultsIn(t, out)
					if want == nil {
						want = got
						checkUsesReferences(t, line, want)
					}
					if !maps.Equal(got, want) {
						t.Errorf("corpus and references on %v: %d files, %d on the disk, or others", places, len(got), len(want))
					}
				}
			})
		}
	}
}

// resultsIn are the files of a folder but those that name the inputs, or tell of time.
func resultsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := vfstest.Files(t, dir)
	maps.DeleteFunc(files, func(name, _ string) bool {
		return slices.Contains([]string{runfolder.TimingsFile, runfolder.MetricsFile, runfolder.SuccessFile, runfolder.ManifestFile, "report.html", "summary.md"}, path.Base(name))
	})
	return files
}

// checkUsesReferences makes sure that the references had something to do.
func checkUsesReferences(t *testing.T, line string, files map[string]string) {
	t.Helper()
	all := strings.Join(slices.Collect(maps.Values(files)), "\n")
	signs := []string{"ref:books.jsonl:a"}
	if strings.HasPrefix(line, "decontaminate") {
		signs = []string{`"item":"q1","benchmark":"deep/q.csv","containment":1,`, `"item":"q.html","benchmark":"q.html","containment":1,`}
	}
	for _, sign := range signs {
		if !strings.Contains(all, sign) {
			t.Errorf("%s: nothing tells of %s", line, sign)
		}
	}
}

// TestRunAgainstObjectStorage: a run whose inputs and references are in object storage
// can be explained, checked, applied anew, and refuses a place inside them.
func TestRunAgainstObjectStorage(t *testing.T) {
	dir := withReferences(t, storage(t))
	at := filepath.Join(dir, "run")
	args := []string{"s3://bucket/in", "--against", "s3://bucket/ref"}
	command(t, exitGuarded, append([]string{"run", "-q", "-o", at, "--max-cluster-share", "0.001"}, args...)...)
	command(t, exitGuarded, "resume", "-q", at)
	command(t, exitQuarantined, append([]string{"run", "-q", "-o", at}, args...)...) // goes on
	command(t, exitQuarantined, append([]string{"run", "-q", "-o", at}, args...)...) // finished already
	command(t, exitDone, "verify", at)
	command(t, exitQuarantined, "apply", "-q", at, "--keep", "first", "-o", filepath.Join(dir, "anew"))
	for _, said := range []string{
		command(t, exitQuarantined, append([]string{"explain", "-q", "ref:books.jsonl:a", "1-0"}, args...)...),
		command(t, exitQuarantined, append([]string{"query", "-q", "--text", "the text of number 1, and of nothing else there is, said 0 by one two"}, args...)...),
	} {
		if !strings.Contains(said, "ref:books.jsonl:a") {
			t.Errorf("no reference in %s", said)
		}
	}
	for _, refused := range [][]string{
		{"prune", "s3://bucket/in", "--against", "s3://bucket/ref", "-o", "s3://bucket/ref/out"},
		{"run", filepath.Join(dir, "in"), "--against", "s3://bucket/ref/*", "-o", "s3://bucket/ref/out"},
		{"run", "s3://bucket/in", "-o", "s3://bucket/in/out/", "--work", filepath.Join(dir, "work")},
		{"decontaminate", filepath.Join(dir, "in"), "--against", "s3://bucket/items/", "-o", "s3://bucket/items/out"},
	} {
		var stderr bytes.Buffer
		if code := run(t.Context(), refused, nil, &stderr, &stderr); code != exitError || !strings.Contains(stderr.String(), "it would be part of the input") {
			t.Errorf("%q: exit code %d\n%s", refused, code, &stderr)
		}
	}
}

// TestReferencesThatCannotBeRead end the work, and nothing is written: without them,
// what they cover would stay.
func TestReferencesThatCannotBeRead(t *testing.T) {
	refused := false
	backend := storageBehind(t, func(w http.ResponseWriter, r *http.Request) bool {
		isRefused := refused && r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "l") // the objects, not the listing
		if isRefused {
			w.WriteHeader(http.StatusForbidden)
		}
		return isRefused
	})
	dir := withReferences(t, backend)
	refused = true
	for name, verbs := range map[string][]string{"ref/": {"prune", "run"}, "items/": {"decontaminate"}, "nothing/": {"prune", "run", "decontaminate"}} {
		for _, verb := range verbs {
			out := filepath.Join(dir, "out")
			var stderr bytes.Buffer
			code := run(t.Context(), []string{verb, filepath.Join(dir, "in"), "--against", "s3://bucket/" + name, "-o", out}, nil, &stderr, &stderr)
			if code != exitError || !strings.Contains(stderr.String(), "bucket/"+name) {
				t.Errorf("%s, %s: exit code %d\n%s", verb, name, code, &stderr)
			}
			if _, err := os.Stat(filepath.Join(out, "data")); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s, %s: there is a corpus, %v", verb, name, err)
			}
			if err := os.RemoveAll(out); err != nil {
				t.Fatal(err)
			}
		}
	}
}
