package interop

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEmptiedFilesAreReadable: of tables of which no row stays the other side's tools read
// the header or the schema, and of web archives the records that are no documents, the
// same as before.
func TestEmptiedFilesAreReadable(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	script(t, "emptied.py", "write", in)
	if said, err := exec.Command(build(t), "prune", in, "--preset", "verbatim", "--keep", "first", "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	script(t, "emptied.py", "check", in, out)
}
