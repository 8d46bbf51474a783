package parquet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// python runs a script of internal/interop with the packages of its requirements.txt.
// DOPPEL_PYTHON names the interpreter that has them.
func python(t *testing.T, args ...string) string {
	t.Helper()
	name := os.Getenv("DOPPEL_PYTHON")
	if name == "" && os.Getenv("DOPPEL_REQUIRE_PYTHON") == "" {
		t.Skip("DOPPEL_PYTHON names no Python with internal/interop/requirements.txt")
	}
	cmd := exec.Command(name, args...)
	cmd.Dir = filepath.Join("..", "..", "..", "internal", "interop")
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("python %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestOtherToolsAgree has pyarrow write a table in every codec and encoding, reads and
// copies it, and has pyarrow, DuckDB, pandas and Polars check the result.
func TestOtherToolsAgree(t *testing.T) {
	dir := t.TempDir()
	python(t, "rows.py", dir, "1000")
	if err := os.Remove(filepath.Join(dir, "news.parquet")); err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(names) < 11 {
		t.Fatalf("%d files, %v", len(names), err)
	}
	for _, name := range names {
		data := load(t, name)
		lines, err := rows(data, corpus.ContainerOptions{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		base := strings.TrimSuffix(name, ".parquet")
		write(t, base+".jsonl", []byte(strings.Join(lines, "\n")))
		write(t, base+".kept.parquet", selectRows(t, data, func(n int64) bool { return n%3 != 1 }))
	}
	t.Log(python(t, "check.py", dir))
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
