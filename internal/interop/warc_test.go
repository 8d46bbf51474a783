package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/warc"
)

// needPython skips the test where there is no Python.
func needPython(t *testing.T) (interpreter string) {
	t.Helper()
	interpreter = os.Getenv("DOPPEL_PYTHON")
	if interpreter == "" {
		if os.Getenv("DOPPEL_REQUIRE_PYTHON") == "1" {
			t.Fatal("DOPPEL_PYTHON names no interpreter")
		}
		t.Skip("DOPPEL_PYTHON names no interpreter with the packages of requirements.txt")
	}
	return interpreter
}

// script runs a Python script of this folder, or skips the test where there is no
// Python.
func script(t *testing.T, name string, args ...string) []byte {
	t.Helper()
	return scriptIn(t, ".", name, args...)
}

// scriptIn does so in another folder.
func scriptIn(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(needPython(t), append([]string{path}, args...)...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = dir, &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s%s", name, args, err, out, &stderr)
	}
	return out
}

func warcio(t *testing.T, args ...string) []byte {
	t.Helper()
	return script(t, "warc.py", args...)
}

// recordOfWarcio is a record as warcio reads it, its digests checked.
type recordOfWarcio struct{ ID, Type, Payload string }

func readByWarcio(t *testing.T, name string) []recordOfWarcio {
	t.Helper()
	var all []recordOfWarcio
	for line := range bytes.Lines(warcio(t, "read", name)) {
		var r recordOfWarcio
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// TestWarcioReadsWhatSelectWrites: a choice of documents leaves a file in which
// warcio finds just the other records, with their digests.
func TestWarcioReadsWhatSelectWrites(t *testing.T) {
	dir := t.TempDir()
	warcio(t, "write", dir)
	for _, name := range []string{"crawl.warc", "crawl.warc.gz", "crawl.wet.gz"} {
		path := filepath.Join(dir, name)
		before := readByWarcio(t, path)
		ids := documents(t, path)
		if len(ids) != 4 {
			t.Fatalf("%s: documents %q", name, ids)
		}
		for choice := range 1 << len(ids) {
			if choice%3 != 0 {
				continue // Python starts slowly
			}
			gone := map[string]bool{}
			for i, id := range ids {
				gone[id] = choice>>i&1 == 0
			}
			var want []recordOfWarcio
			for i, r := range before {
				// The request of a page is the record behind it.
				if !gone[r.ID] && !(r.Type == "request" && gone[before[i-1].ID]) {
					want = append(want, r)
				}
			}
			picked := filepath.Join(dir, "picked-"+name)
			pick(t, path, picked, func(number int64) bool { return !gone[ids[number-1]] })
			got := readByWarcio(t, picked)
			if len(got) != len(want) {
				t.Fatalf("%s, choice %04b: %d records, want %d", name, choice, len(got), len(want))
			}
			for i := range got {
				if got[i] != want[i] {
					t.Errorf("%s, choice %04b: record %d is %v, want %v", name, choice, i+1, got[i], want[i])
				}
			}
		}
	}
}

// TestFixturesAreThoseOfWarcio: the files that the tests of package warc read are
// what warc.py writes today.
func TestFixturesAreThoseOfWarcio(t *testing.T) {
	dir := t.TempDir()
	warcio(t, "write", dir)
	for _, name := range []string{"crawl.warc", "crawl.warc.gz", "crawl.wet.gz"} {
		fixture := filepath.Join("../../pipeline/corpus/warc/testdata/warcio", name)
		got, want := readByWarcio(t, fixture), readByWarcio(t, filepath.Join(dir, name))
		if len(got) != len(want) {
			t.Fatalf("%s: %d records, want %d", fixture, len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%s: record %d is %v, want %v", fixture, i+1, got[i], want[i])
			}
		}
	}
}

func open(t *testing.T, path string) *corpus.Stored {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return &corpus.Stored{Name: path, Size: info.Size(), Reader: f, ReaderAt: f}
}

// documents returns the ids of a file's documents.
func documents(t *testing.T, path string) []string {
	t.Helper()
	records, err := warc.New().Open(t.Context(), open(t, path), corpus.ContainerOptions{MaxRecord: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	var ids []string
	for {
		r, err := records.Next()
		if err != nil {
			return ids
		}
		_, rest, _ := strings.Cut(string(r.JSON), `{"id":"`)
		id, _, _ := strings.Cut(rest, `"`)
		ids = append(ids, id)
	}
}

func pick(t *testing.T, from, to string, keep func(number int64) bool) {
	t.Helper()
	var out bytes.Buffer
	if err := warc.New().Select(t.Context(), open(t, from), &out, keep); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
