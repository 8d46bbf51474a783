package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPruneKeepsWhatOthersWrote: one run over eleven formats and compressions, written and
// read back by the other side's tools. What is kept is as it was, row by row; lines
// byte by byte.
func TestPruneKeepsWhatOthersWrote(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	script(t, "formats.py", "write", in)
	if said, err := exec.Command(build(t), "prune", in, "-o", out).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var seen struct{ Kept, Gone int }
	said := script(t, "formats.py", "check", in, out)
	if err := json.Unmarshal(said[bytes.LastIndexByte(bytes.TrimSpace(said), '\n')+1:], &seen); err != nil {
		t.Fatal(err)
	}
	// 5 files of lines, 4 tables and one of Parquet have 12 rows each, and many copies.
	if seen.Kept < 40 || seen.Gone < 40 {
		t.Errorf("%d rows kept and %d gone, of 120: too few to tell anything", seen.Kept, seen.Gone)
	}
}
