package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/doppel-dedup/doppel/pipeline/tables"
)

// TestDocumentedTableCommands runs what docs/tables.md says of the tables of a run, with
// the tools themselves. DOPPEL_PYTHON names a Python that has them.
func TestDocumentedTableCommands(t *testing.T) {
	python := os.Getenv("DOPPEL_PYTHON")
	if python == "" && os.Getenv("DOPPEL_REQUIRE_PYTHON") == "" {
		t.Skip("DOPPEL_PYTHON names no Python with internal/interop/requirements.txt")
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	pruneNews(t, filepath.Join(root, "pipeline", "corpus", "parquet", "testdata", "news.parquet"), filepath.Join(dir, "run"))
	for _, s := range documentedTables {
		writeTable(t, filepath.Join(dir, "run"), s)
	}
	cmd := exec.Command(python, filepath.Join(root, "internal", "interop", "blocks.py"), filepath.Join(root, "docs", "tables.md"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "HF_HOME="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// pruneNews prunes a Parquet file into a folder.
func pruneNews(t *testing.T, input, dir string) {
	t.Helper()
	var stderr bytes.Buffer
	code := run(context.Background(), []string{"prune", "-q", "--text-field", "article.body", "--id-field", "url", input, "-o", dir}, nil, io.Discard, &stderr)
	if code != 3 { // a row has no text
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
}

// documentedTables are the tables as docs/tables.md describes them.
var documentedTables = []tables.Schema{
	{Name: "members", Columns: []tables.Column{
		{Name: "id", Type: tables.TypeString, Optional: true},
		{Name: "file", Type: tables.TypeString, Repeats: true},
		{Name: "line", Type: tables.TypeInt64},
		{Name: "offset", Type: tables.TypeInt64},
		{Name: "class", Type: tables.TypeString, Repeats: true},
		{Name: "cluster", Type: tables.TypeString, Optional: true},
		{Name: "keeper", Type: tables.TypeString, Optional: true},
		{Name: "similarity", Type: tables.TypeDouble, Optional: true},
		{Name: "reason", Type: tables.TypeString, Optional: true},
		{Name: "source", Type: tables.TypeString, Repeats: true},
	}},
	{Name: "clusters", Columns: []tables.Column{
		{Name: "cluster", Type: tables.TypeString},
		{Name: "size", Type: tables.TypeInt64},
		{Name: "kept", Type: tables.TypeInt64},
		{Name: "dropped", Type: tables.TypeInt64},
		{Name: "min_similarity", Type: tables.TypeDouble},
		{Name: "mean_similarity", Type: tables.TypeDouble},
		{Name: "min_pair", Type: tables.TypeDouble},
		{Name: "diameter", Type: tables.TypeInt64},
		{Name: "chain", Type: tables.TypeBool},
	}},
	{Name: "pairs", Columns: []tables.Column{
		{Name: "a", Type: tables.TypeString},
		{Name: "b", Type: tables.TypeString},
		{Name: "similarity", Type: tables.TypeDouble},
	}},
}

// tableRows returns the rows of a small run's table.
func tableRows(table string) [][]tables.Value {
	text, number, share, null := tables.String, tables.Int, tables.Float, tables.Null()
	switch table {
	case "members":
		row := func(id string, line int64, class string, cluster, keeper, similarity, reason tables.Value, source string) []tables.Value {
			return []tables.Value{text(id), text("news.jsonl"), number(line), number(100 * line), text(class), cluster, keeper, similarity, reason, text(source)}
		}
		return [][]tables.Value{
			row("a", 1, "kept", text("a"), text("a"), share(1), null, "news"),
			row("b", 2, "dropped", text("a"), text("a"), share(0.9), text("near"), "news"),
			row("c", 3, "dropped", text("a"), text("a"), share(0.85), text("near"), "news"),
			row("d", 4, "singleton", null, text("d"), share(1), null, "news"),
			row("e", 5, "singleton", null, text("e"), share(1), null, "web"),
		}
	case "clusters":
		return [][]tables.Value{{text("a"), number(3), number(1), number(2), share(0.85), share(0.875), share(0.85), number(2), tables.Bool(false)}}
	}
	return [][]tables.Value{{text("a"), text("b"), share(0.9)}, {text("a"), text("c"), share(0.85)}}
}

func writeTable(t *testing.T, dir string, s tables.Schema) {
	t.Helper()
	for ending, open := range map[string]func(io.Writer, tables.Schema) (tables.Writer, error){
		".parquet": tables.NewParquet, ".jsonl.zst": tables.NewJSONL,
	} {
		var b bytes.Buffer
		w, err := open(&b, s)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range tableRows(s.Name) {
			if err := w.Append(row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, s.Name+ending), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
