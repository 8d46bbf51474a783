package runfolder

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
	"github.com/doppel-dedup/doppel/pipeline"
)

// small is a corpus of one record of each class.
const small = `{"id":"a","text":"one two three four five six seven eight nine ten"}
{"id":"b","text":"One two three four five six seven eight nine ten!"}
{"id":"c","text":"something else"}
{"id":"d","text":"..."}
{"id":"a","text":"the id is taken"}
`

// unpack returns the text of a table.
func unpack(t *testing.T, stored string) string {
	t.Helper()
	z, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	text, err := z.DecodeAll([]byte(stored), nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestFolderIsAsDocumented: its files, the rows of its tables, and the keys of its
// manifest, which readers rely on.
func TestFolderIsAsDocumented(t *testing.T) {
	t.Parallel()
	input := t.TempDir()
	write(t, filepath.Join(input, "in.jsonl"), small)
	write(t, filepath.Join(input, "sub.txt"), "a text of its own")
	dir := filepath.Join(t.TempDir(), "run")
	asked{Options: pipeline.Options{Inputs: []string{input}}}.mustDo(t, dir)
	files := vfstest.Files(t, dir)
	want := []string{
		"_SUCCESS", "clusters.jsonl.zst", "clusters.parquet", "data/in.jsonl", "data/sub.txt", "decisions.jsonl", "manifest.json",
		"members.jsonl.zst", "members.parquet", "metrics.prom", "pairs.jsonl.zst", "pairs.parquet", "quarantine.jsonl", "report.html",
		"saved/documents.json.zst", "saved/pairs.csv.zst", "saved/run.json", "summary.md", "timings.json",
	}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Errorf("files\n%q, want\n%q", got, want)
	}
	for name, want := range map[string]string{
		"members.jsonl.zst": `{"id":"a","file":"in.jsonl","line":1,"offset":0,"class":"dropped","cluster":"b","keeper":"b","similarity":1.0,"reason":"near","source":"in.jsonl"}
{"id":"b","file":"in.jsonl","line":2,"offset":69,"class":"kept","cluster":"b","keeper":"b","similarity":1.0,"reason":null,"source":"in.jsonl"}
{"id":"c","file":"in.jsonl","line":3,"offset":139,"class":"singleton","cluster":null,"keeper":"c","similarity":1.0,"reason":null,"source":"in.jsonl"}
{"id":"d","file":"in.jsonl","line":4,"offset":174,"class":"empty","cluster":null,"keeper":"d","similarity":1.0,"reason":null,"source":"in.jsonl"}
{"id":"sub.txt","file":"sub.txt","line":1,"offset":0,"class":"singleton","cluster":null,"keeper":"sub.txt","similarity":1.0,"reason":null,"source":"."}
{"id":"a","file":"in.jsonl","line":5,"offset":198,"class":"quarantined","cluster":null,"keeper":null,"similarity":null,"reason":"id \"a\" was already used at in.jsonl:1","source":"in.jsonl"}
`,
		"clusters.jsonl.zst": `{"cluster":"b","size":2,"kept":1,"dropped":1,"min_similarity":1.0,"mean_similarity":1.0,"min_pair":1.0,"diameter":1,"chain":false}
`,
		"pairs.jsonl.zst": `{"a":"a","b":"b","similarity":1.0}
`,
	} {
		if got := unpack(t, files[name]); got != want {
			t.Errorf("%s holds\n%swant\n%s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		ManifestFile: "bad_records counts fingerprint inputs members options outputs program schema_version type version warnings",
		TimingsFile:  "args finished folder inputs machine peak_memory schema_version seconds stages started temp_bytes type",
	} {
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(files[name]), &object); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(slices.Sorted(maps.Keys(object)), " "); got != want {
			t.Errorf("%s has\n%s, want\n%s", name, got, want)
		}
	}
}
