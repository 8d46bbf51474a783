package interop

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/internal/plant"
)

// build builds the command and puts it where scripts find it.
func build(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "doppel")
	if said, err := exec.Command("go", "build", "-o", path, "../../cmd/doppel").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return path
}

// offline keeps datasets from asking its hub, and from leaving a cache.
func offline(t *testing.T) {
	t.Setenv("HF_HUB_OFFLINE", "1")
	t.Setenv("HF_HOME", t.TempDir())
	t.Setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
}

// TestDocumentedTables runs docs/tables.md from its beginning to its end: it makes a corpus,
// runs doppel over it and asks the tools, and each must answer what stands there.
func TestDocumentedTables(t *testing.T) {
	needPython(t)
	build(t)
	offline(t)
	page, err := filepath.Abs("../../docs/tables.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s", scriptIn(t, t.TempDir(), "blocks.py", page))
}

// TestAccountsAddUp: of a run over four formats and references, every tool reads the same
// rows from both forms of each table; they come to the counts of the manifest, and the
// pruned corpus has just the documents that are to be in it.
func TestAccountsAddUp(t *testing.T) {
	needPython(t)
	doppel := build(t)
	offline(t)
	dir := t.TempDir()
	planted, err := os.Create(filepath.Join(dir, "planted.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	spec := plant.Spec{Documents: 2000, MeanBytes: 500, Seed: 3, ExactShare: 0.15, NearShare: 0.3, FooterShare: 0.2}
	_, err = spec.Write(planted, io.Discard, nil)
	if err := errors.Join(err, planted.Close()); err != nil {
		t.Fatal(err)
	}
	script(t, "accounts.py", "make", planted.Name(), dir)
	run := exec.Command(doppel, "run", filepath.Join(dir, "in"), "--against", filepath.Join(dir, "references.jsonl"), "-o", filepath.Join(dir, "run"))
	said, err := run.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 { // two records are bad
		t.Fatalf("%v\n%s", err, said)
	}
	t.Logf("%s", script(t, "accounts.py", "check", dir))
}
