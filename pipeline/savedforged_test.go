package pipeline_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// unpack returns the content of a compressed file of a saved run.
func unpack(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if b, err = z.DecodeAll(b, nil); err != nil {
		t.Fatal(err)
	}
	return b
}

// reseal puts other content into a saved run and makes every size and checksum
// right, as docs/formats.md describes them.
func reseal(t testing.TB, dir string, rows map[string]int, content map[string][]byte, header func(map[string]json.RawMessage)) {
	t.Helper()
	hexOf := func(b []byte) string { return fmt.Sprintf("%x", xxh3.Hash128(b).Bytes()) }
	path := filepath.Join(dir, "run.json")
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var h map[string]json.RawMessage // what it does not change stays as it is
	if err := json.Unmarshal(old, &h); err != nil {
		t.Fatal(err)
	}
	delete(h, "checksum")
	var files []struct {
		Name     string `json:"name"`
		Rows     int    `json:"rows"`
		Bytes    int    `json:"bytes"`
		Checksum string `json:"xxh3_128"`
	}
	if err := json.Unmarshal(h["files"], &files); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		f := &files[i]
		packed := z.EncodeAll(content[f.Name], nil)
		if err := os.WriteFile(filepath.Join(dir, f.Name), packed, 0o600); err != nil {
			t.Fatal(err)
		}
		f.Bytes, f.Rows, f.Checksum = len(packed), rows[f.Name], hexOf(packed)
	}
	if h["files"], err = json.Marshal(files); err != nil {
		t.Fatal(err)
	}
	if header != nil {
		header(h)
	}
	b, err := json.MarshalIndent(h, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	b = bytes.TrimSuffix(b, []byte("\n}"))
	b = fmt.Appendf(b, ",\n  \"checksum\": \"%s\"\n}\n", hexOf(b))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// savedPair saves a run of three documents, the last of which copies the first, with
// one verified pair.
func savedPair(t testing.TB) (dir string, content map[string][]byte) {
	t.Helper()
	input := writeJSONL(t, []doc{{ID: "a", Text: join(words("w", 30))}, {ID: "b", Text: join(words("w", 29))}, {ID: "c", Text: join(words("w", 30))}})
	dir, _ = save(t, pipeline.Options{Inputs: []string{input}, Identity: pipeline.Identity{Candidates: pipeline.AllPairs}})
	content = map[string][]byte{}
	for _, name := range []string{"documents.json.zst", "pairs.csv.zst"} {
		content[name] = unpack(t, filepath.Join(dir, name))
	}
	return dir, content
}

// TestForgedRunsAreRefused: with right checksums and the form kept, a saved run must
// still add up.
func TestForgedRunsAreRefused(t *testing.T) {
	t.Parallel()
	replace := func(file, old, new string) func(map[string][]byte) {
		return func(content map[string][]byte) {
			if !bytes.Contains(content[file], []byte(old)) {
				t.Errorf("%s has no %s: %s", file, old, content[file])
			}
			content[file] = bytes.Replace(content[file], []byte(old), []byte(new), 1)
		}
	}
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	for _, c := range []struct {
		name   string
		forge  func(map[string][]byte)
		header func(map[string]json.RawMessage)
		want   string
	}{
		{"nothing", nil, nil, ""},
		{"overlap below the threshold", replace(pairs, "0,1,25", "0,1,20"), nil, "pair 0,1 with overlap 20"},
		{"overlap above the sizes", replace(pairs, "0,1,25", "0,1,26"), nil, "pair 0,1 with overlap 26"},
		{"size that is not", replace(documents, `"shingles":26`, `"shingles":99`), nil, "pair 0,1"},
		{"id twice", replace(documents, `"id":"b"`, `"id":"a"`), nil, `"a"`},
		{"a text without its digest", replace(documents, `"line":3,"offset":256,"leader":0`, `"line":3,"offset":256,"leader":2`), nil, `content ""`},
		{"a copy less", replace(documents, `"line":3,"offset":256,"leader":0,"characters":109`,
			`"line":3,"offset":256,"leader":2,"characters":109,"content":"0123456789abcdef0123456789abcdef"`), nil, "0 copies"},
		{"other identity", nil, func(h map[string]json.RawMessage) {
			h["identity"] = bytes.Replace(h["identity"], []byte("0.8"), []byte("0.9"), 1)
		}, "fingerprint"},
		{"unknown choice", nil, func(h map[string]json.RawMessage) {
			h["identity"] = json.RawMessage(`{"flavour":1}`)
			h["fingerprint"] = fmt.Appendf(nil, "\"%x\"", xxh3.Hash128(h["identity"]).Bytes())
		}, "flavour"},
		{"impossible choice", nil, func(h map[string]json.RawMessage) {
			h["identity"] = json.RawMessage(`{"threshold":2}`)
			h["fingerprint"] = fmt.Appendf(nil, "\"%x\"", xxh3.Hash128(h["identity"]).Bytes())
		}, "threshold 2 is outside"},
	} {
		dir, content := savedPair(t)
		if c.forge != nil {
			c.forge(content)
		}
		reseal(t, dir, map[string]int{documents: 3, pairs: 1}, content, c.header)
		s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{})
		if err == nil {
			_, err = s.Rethreshold(t.Context(), pipeline.RethresholdOptions{})
			if closed := s.Close(); closed != nil {
				t.Error(closed)
			}
		}
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir)) {
			t.Errorf("%s: got %v, want an error with %q that names the folder", c.name, err, c.want)
		}
	}
}

// TestForgedFiguresAreRefused: so must the figures.
func TestForgedFiguresAreRefused(t *testing.T) {
	t.Parallel()
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	input := writeJSONL(t, matches(5, 1)) // the last one is like that before it
	for row, want := range map[string]string{
		"a,b,overlap,figures\n3,4,48,5\n": "",
		"a,b,overlap,figures\n3,4,48,6\n": "shares 6 of 5 and 5 figures",
		"a,b,overlap,figures\n3,4,48,3\n": "shares 3 of 5 and 5 figures",
		"a,b,overlap\n3,4,48\n":           "the header line",
	} {
		dir, _ := save(t, pipeline.Options{Inputs: []string{input}, Preset: pipeline.Loose, Identity: pipeline.Identity{Candidates: pipeline.AllPairs, Figures: pipeline.FiguresApart}})
		content := map[string][]byte{documents: unpack(t, filepath.Join(dir, documents)), pairs: unpack(t, filepath.Join(dir, pairs))}
		if want == "" && row != string(content[pairs]) {
			t.Errorf("the pairs are %q, want %q", content[pairs], row)
		}
		content[pairs] = []byte(row)
		reseal(t, dir, map[string]int{documents: 5, pairs: 1}, content, nil)
		if _, err := openRun(t, dir).Rethreshold(t.Context(), pipeline.RethresholdOptions{}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want an error with %q", row, err, want)
		}
	}
}

// FuzzSavedRun puts any documents and pairs into a saved run, with right checksums:
// it is refused, or its report keeps its promises. It never panics.
func FuzzSavedRun(f *testing.F) {
	dir, content := savedPair(f)
	const documents, pairs = "documents.json.zst", "pairs.csv.zst"
	f.Add(content[documents], content[pairs], 1, 0.8)
	f.Add(content[documents], []byte("a,b,overlap\n0,1,24\n"), 1, 0.75)
	f.Add(content[documents], []byte("a,b,overlap\n0,2,24\n"), 1, 1.0)
	f.Fuzz(func(t *testing.T, docs, rows []byte, n int, threshold float64) {
		reseal(t, dir, map[string]int{documents: 3, pairs: n}, map[string][]byte{documents: docs, pairs: rows}, nil)
		s, err := pipeline.OpenRun(dir, pipeline.SavedOptions{})
		if err != nil {
			return
		}
		found, err := s.Rethreshold(t.Context(), pipeline.RethresholdOptions{Threshold: threshold})
		if err == nil {
			var out bytes.Buffer
			if err := found.WriteReport(&out, report.JSONL, pipeline.ReportOptions{Singletons: true}); err != nil {
				t.Errorf("a report of what was accepted: %v", err)
			}
			if c := found.Counts(); c.Check() != nil {
				t.Error(c.Check())
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}
