package pipeline

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

// TestSourcesChangeNothing: findings are read by several goroutines. One file has no
// document, so that its source comes from its bad record alone.
func TestSourcesChangeNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, content := range map[string]string{"a.jsonl": "{bad\n", "b.jsonl": `{"id":"b","text":"some words"}` + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	res, err := Run(t.Context(), Options{Inputs: []string{dir}, Temp: t.TempDir(), Sources: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Close() })
	table := res.sources
	names, last := slices.Clone(table.names), table.last
	want := []SourceCounts{{Name: "a.jsonl", Read: 1, Quarantined: 1}, {Name: "b.jsonl", Read: 1, Kept: 1}}
	if got := res.Sources(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if !slices.Equal(table.names, names) || table.last != last {
		t.Errorf("the table was %q, %v and is %q, %v", names, last, table.names, table.last)
	}
}
