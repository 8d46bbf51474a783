package plant

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// recorder is a TB that remembers how it ended.
type recorder struct{ skipped, failed string }

func (r *recorder) Helper()                        {}
func (r *recorder) Skipf(format string, a ...any)  { r.skipped = fmt.Sprintf(format, a...) }
func (r *recorder) Fatalf(format string, a ...any) { r.failed = fmt.Sprintf(format, a...) }

func TestDatasetAbsent(t *testing.T) {
	t.Setenv("DOPPEL_DATA", t.TempDir())
	t.Setenv("DOPPEL_REQUIRE_DATA", "")
	var r recorder
	if docs, _ := Dataset(&r, "none"); docs != "" || r.skipped == "" || r.failed != "" {
		t.Errorf("optional: %q, %+v", docs, r)
	}
	t.Setenv("DOPPEL_REQUIRE_DATA", "1")
	r = recorder{}
	if docs, _ := Dataset(&r, "none"); docs != "" || r.skipped != "" || r.failed == "" {
		t.Errorf("required: %q, %+v", docs, r)
	}
	if got := Records(&r, "none"); got != nil {
		t.Errorf("records %v", got)
	}
}

func TestDatasetPresent(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("DOPPEL_DATA", dir)
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	set := filepath.Join(dir, "two")
	lines := []byte(`{"id":"a","text":"A","more":1}` + "\n" + `{"id":"b","text":"B"}` + "\n")
	write := func(name string, data []byte) {
		if err := os.MkdirAll(set, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(set, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("docs.jsonl.zst", z.EncodeAll(lines, nil))
	if docs, truth := Dataset(t, "two"); docs != filepath.Join(set, "docs.jsonl.zst") || truth != "" {
		t.Errorf("got %q, %q", docs, truth)
	}
	write("truth.csv", []byte("id,cluster\n"))
	if _, truth := Dataset(t, "two"); truth != filepath.Join(set, "truth.csv") {
		t.Errorf("truth %q", truth)
	}
	got := Records(t, "two")
	if len(got) != 2 || got[0] != (Record{ID: "a", Text: "A"}) || got[1] != (Record{ID: "b", Text: "B"}) {
		t.Errorf("records %v", got)
	}
	write("docs.jsonl.zst", z.EncodeAll(append(lines, '{'), nil))
	var r recorder
	if Records(&r, "two"); r.failed == "" {
		t.Error("a cut record was accepted")
	}
}
