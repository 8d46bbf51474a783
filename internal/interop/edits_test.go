package interop

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestTrimmedTablesReadAsTheyShould: of CSV in four dialects and compressions and of
// Parquet in every codec, the other side's tools read the texts without what was cut,
// and all else as it was; so they do where the text is in a struct, or in two columns.
func TestTrimmedTablesReadAsTheyShould(t *testing.T) {
	dir := t.TempDir()
	in, doppel := filepath.Join(dir, "in"), filepath.Join(dir, "doppel")
	if err := os.Mkdir(in, 0o755); err != nil {
		t.Fatal(err)
	}
	script(t, "edits.py", "write", in)
	if said, err := exec.Command("go", "build", "-o", doppel, "../../cmd/doppel").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	nested := filepath.Join(dir, "nested")
	if err := os.Rename(filepath.Join(in, "nested"), nested); err != nil {
		t.Fatal(err)
	}
	// 9 of 12 rows of each of ten files have the notice, all but the first lose it; with
	// their notes, 48 rows more have it. In half of the nested rows the text is there twice,
	// with two passages of its own, and with the notice in 3.
	for _, c := range []struct {
		in, field string
		cut       int
	}{{in, "text", 10*9 - 1}, {nested, "doc.text", 9 - 1}, {in, "note,text", 10*9 + 48 - 1}, {nested, "doc.text,text", 9 + 3 - 1 + 6*2}} {
		out := c.in + "." + c.field
		if said, err := exec.Command(doppel, "trim", c.in, "--dedup", "paragraph", "--text-field", c.field, "-o", out).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
		var seen struct{ Cut int }
		said := script(t, "edits.py", "check", c.in, out, c.field)
		if err := json.Unmarshal(said[bytes.LastIndexByte(bytes.TrimSpace(said), '\n')+1:], &seen); err != nil {
			t.Fatal(err)
		}
		if seen.Cut != c.cut {
			t.Errorf("%s: %d paragraphs were cut out, want %d", c.in, seen.Cut, c.cut)
		}
	}
}
