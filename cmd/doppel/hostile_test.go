package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// hostileCase is a file that is not as it should be.
type hostileCase struct {
	name string
	file string // default x.jsonl
	data string
	// bad are the lines (ordinals of records in an archive) that the quarantine names.
	bad []int64
	// stays are texts that the pruned corpus still holds.
	stays []string
}

const (
	goodA = `{"id":"a","text":"first good record of the file, alpha bravo charlie"}`
	goodB = `{"id":"b","text":"second good record, delta echo foxtrot golf"}`
)

// between is a line with a good record before and after it.
func between(line string) string { return goodA + "\n" + line + "\n" + goodB + "\n" }

// TestHostileInputs runs prune over a folder with each of the files and one good one:
// nothing panics, the accounts close and agree with the files written, the
// quarantine names the place, and the good records around a bad one stay.
func TestHostileInputs(t *testing.T) {
	cases := slices.Concat(hostileLines(), hostileTexts(), hostileStreams(t), hostileWhole(t), hostileArchives(t), hostilePages(), hostileTables(t))
	if len(cases) < 100 {
		t.Fatalf("%d cases, want the 100 that docs/reliability.md tells of", len(cases))
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.check(t) })
	}
}

func (c *hostileCase) check(t *testing.T) {
	if c.file == "" {
		c.file = "x.jsonl"
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
	writeTree(t, in, map[string]string{c.file: c.data, "good.jsonl": `{"id":"g","text":"a good record in a file of its own"}` + "\n"})
	before := treeOf(t, in)
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), []string{"prune", "-q", "--max-record", "300KiB", in, "-o", out}, nil, &stdout, &stderr)
	want := exitDone
	if len(c.bad) > 0 {
		want = exitQuarantined
	}
	if code != want {
		t.Fatalf("exit code %d, want %d\n%s", code, want, &stderr)
	}
	if got := treeOf(t, in); got != before {
		t.Errorf("the input was changed:\n%s\nwant\n%s", got, before)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 2 {
		t.Errorf("beside the input and the output there is %v, %v", left, err)
	}
	c.checkOutput(t, out)
}

// checkOutput compares the accounts with the files.
func (c *hostileCase) checkOutput(t *testing.T, out string) {
	var acc prune.Accounting
	readJSON(t, filepath.Join(out, "accounting.json"), &acc)
	for _, f := range append([]prune.FileCounts{{Counts: acc.Total}}, acc.Files...) {
		if f.Read != f.Kept+f.Pruned+f.Quarantined {
			t.Errorf("%s: %d read, %d kept, %d pruned and %d quarantined", f.File, f.Read, f.Kept, f.Pruned, f.Quarantined)
		}
	}
	var places []int64
	for _, line := range linesOf(t, filepath.Join(out, "quarantine.jsonl")) {
		var q struct {
			File, Reason string
			Line, Offset int64
		}
		if err := json.Unmarshal([]byte(line), &q); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if q.File != c.file || q.Reason == "" || q.Offset < 0 || !strings.Contains(line, `"offset":`) {
			t.Errorf("the quarantine says %s", line)
		}
		places = append(places, q.Line)
	}
	if !slices.Equal(places, c.bad) || acc.Total.Quarantined != int64(len(places)) {
		t.Errorf("quarantined lines %v (%d in the accounts), want %v", places, acc.Total.Quarantined, c.bad)
	}
	if removed := linesOf(t, filepath.Join(out, "removed.jsonl")); acc.Total.Pruned != int64(len(removed)) {
		t.Errorf("%d removals are listed, %d in the accounts", len(removed), acc.Total.Pruned)
	}
	kept := dataOf(t, out)
	for _, text := range append(c.stays, "a good record in a file of its own") {
		if !strings.Contains(kept, text) {
			t.Errorf("%q did not stay", text)
		}
	}
	if n := int64(len(strings.FieldsFunc(kept, func(r rune) bool { return r == '\n' }))); strings.HasSuffix(c.file, ".jsonl") && acc.Total.Kept != n {
		t.Errorf("%d lines stayed, %d in the accounts", n, acc.Total.Kept)
	}
}

// hostileLines are lines between two good ones.
func hostileLines() (cases []hostileCase) {
	for name, line := range map[string]string{
		"malformed JSON":       `{"id":"m","text":}`,
		"truncated JSON":       `{"id":"m","text":"abc`,
		"prose":                `Once upon a time`,
		"two objects":          `{"id":"m","text":"z"}{"id":"n","text":"z"}`,
		"single quotes":        `{'id':'m','text':'z'}`,
		"NaN":                  `{"id":"m","text":"z","n":NaN}`,
		"UTF-16 in a line":     "{\x00\"\x00t\x00",
		"NUL bytes":            "\x00\x00\x00\x00",
		"NUL in a text":        "{\"id\":\"m\",\"text\":\"a\x00b\"}",
		"ESC in a text":        "{\"id\":\"m\",\"text\":\"a\x1b[31mb\"}",
		"invalid UTF-8":        "{\"id\":\"m\",\"text\":\"a\xff\xfeb\"}",
		"overlong UTF-8":       "{\"id\":\"m\",\"text\":\"\xc0\xaf\"}",
		"surrogate in UTF-8":   "{\"id\":\"m\",\"text\":\"\xed\xa0\xbd\"}",
		"BOM in the middle":    bom + `{"id":"m","text":"z"}`,
		"text missing":         `{"id":"m"}`,
		"text a number":        `{"id":"m","text":7}`,
		"text null":            `{"id":"m","text":null}`,
		"text an array":        `{"id":"m","text":["z"]}`,
		"text an object":       `{"id":"m","text":{"text":"z"}}`,
		"last text a number":   `{"id":"m","text":"z","text":3}`,
		"id an array":          `{"id":["m"],"text":"z"}`,
		"top level array":      `[{"id":"m","text":"z"}]`,
		"top level null":       `null`,
		"very long line":       `{"id":"m","text":"` + strings.Repeat("long ", 100_000) + `"}`,
		"very long garbage":    strings.Repeat("[{", 400_000),
		"arrays 100,000 deep":  strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000),
		"objects 40,000 deep":  `{"id":"m","text":"z","o":` + strings.Repeat(`{"":`, 40_000) + "1" + strings.Repeat("}", 40_001),
		"id used before":       `{"id":"a","text":"quite another text under an id that is taken"}`,
		"id used in a file":    `{"id":"g","text":"quite another text"}`,
		"id escaped to an old": `{"id":"\u0061","text":"quite another text"}`,
	} {
		cases = append(cases, hostileCase{name: name, data: between(line), bad: []int64{2}, stays: []string{goodA, goodB}})
	}
	// The file that is read first has the id.
	i := slices.IndexFunc(cases, func(c hostileCase) bool { return c.name == "id used in a file" })
	cases[i].file = "z.jsonl"
	return cases
}

// hostileTexts are records that are odd and good.
func hostileTexts() (cases []hostileCase) {
	const bomb = 100_000
	for name, line := range map[string]string{
		"text empty":            `{"id":"m","text":""}`,
		"text white space":      `{"id":"m","text":" \t\n\u00a0\u3000"}`,
		"text all punctuation":  `{"id":"m","text":"!?.,;:-()[]{}"}`,
		"lone surrogates":       `{"id":"m","text":"a\ud83d \ude00b"}`,
		"escaped NUL":           `{"id":"m\u0000","text":"a\u0000b"}`,
		"combining bomb":        `{"id":"m","text":"e` + strings.Repeat("\u0301", bomb) + `"}`,
		"mixed combining bomb":  `{"id":"m","text":"e` + strings.Repeat("\u0301\u0316", bomb/2) + `"}`,
		"ZWJ bomb":              `{"id":"m","text":"` + strings.Repeat("👩\u200d", bomb/3) + `"}`,
		"ligature bomb":         `{"id":"m","text":"` + strings.Repeat("\ufdfa", bomb/3) + `"}`,
		"soft hyphens":          `{"id":"m","text":"` + strings.Repeat("a\u00ad", bomb/3) + `"}`,
		"one giant word":        `{"id":"m","text":"` + strings.Repeat("a", 2*bomb) + `"}`,
		"unclosed tags":         `{"id":"m","text":"` + strings.Repeat("<a <!-- &amp", bomb/12) + `"}`,
		"RTL and controls":      `{"id":"\u202em\u0007\u001b[2J","text":"\u202e\u2066x\u001b]0;t\u0007"}`,
		"path as id":            `{"id":"../../../../etc/passwd","text":"z"}`,
		"newline in the id":     `{"id":"m\nn","text":"z"}`,
		"giant id":              `{"id":"` + strings.Repeat("i", bomb) + `","text":"z"}`,
		"id missing":            `{"text":"z"}`,
		"id a huge number":      `{"id":1e999999999,"text":"z"}`,
		"duplicate keys":        `{"id":"l","id":"m","text":"y","text":"z"}`,
		"5,000 keys":            `{"id":"m","text":"z"` + strings.Repeat(`,"k":1`, 5000) + `}`,
		"numbers of 10k digits": `{"id":"m","text":"z","n":` + strings.Repeat("9", 10_000) + `}`,
	} {
		cases = append(cases, hostileCase{name: name, data: between(line), stays: []string{goodA, line, goodB}})
	}
	return cases
}

// hostileStreams are streams of lines, compressed or not.
func hostileStreams(t *testing.T) []hostileCase {
	plain := goodA + "\n" + goodB + "\n"
	both := []string{goodA, goodB}
	skippable := "\x50\x2a\x4d\x18\x03\x00\x00\x00abc"
	utf16 := "\xff\xfe" + strings.ReplaceAll(plain, "", "\x00")[1:]
	flipped := []byte(zstOf(t, plain))
	flipped[len(flipped)-2] ^= 1 // in the checksum
	return []hostileCase{
		{name: "empty file"},
		{name: "blank lines", data: "\n \n" + goodA + "\n\t\n\r\n" + goodB, stays: both},
		{name: "CRLF", data: goodA + "\r\n" + goodB + "\r\n", stays: both},
		{name: "BOM", data: bom + plain, stays: both},
		{name: "BOM alone", data: bom},
		{name: "UTF-16", data: utf16, bad: []int64{0}},
		{name: "UTF-16, big-endian", data: "\xfe\xff\x00{\x00}", bad: []int64{0}},
		{name: "no newline at the end", data: goodA + "\n" + goodB, stays: both},
		{name: "bare CR", data: goodA + "\r" + goodB, bad: []int64{1}},
		{name: "broken off", data: plain + `{"id":"m","text":"ab`, bad: []int64{3}, stays: both},
		{name: "long lines in a row", data: strings.Repeat(strings.Repeat("x", 400<<10)+"\n", 3) + plain, bad: []int64{1, 2, 3}, stays: both},
		{name: "gzip", file: "x.jsonl.gz", data: gzOf(t, plain), stays: both},
		{name: "concatenated gzip", file: "x.jsonl.gz", data: gzOf(t, plain[:30]) + gzOf(t, plain[30:]), stays: both},
		{name: "truncated gzip", file: "x.jsonl.gz", data: gzOf(t, plain)[:20], bad: []int64{1}},
		{name: "gzip without its checksum", file: "x.jsonl.gz", data: strings.TrimSuffix(gzOf(t, plain), gzOf(t, plain)[len(gzOf(t, plain))-4:]), bad: []int64{3}, stays: both},
		{name: "garbage after gzip", file: "x.jsonl.gz", data: gzOf(t, plain) + "garbage garbage", bad: []int64{3}, stays: both},
		{name: "zeros after gzip", file: "x.jsonl.gz", data: gzOf(t, plain) + strings.Repeat("\x00", 100), stays: both},
		{name: "zeros and more after gzip", file: "x.jsonl.gz", data: gzOf(t, plain) + strings.Repeat("\x00", 100) + gzOf(t, plain), bad: []int64{3}, stays: both},
		{name: "gzip that is none", file: "x.jsonl.gz", data: plain, bad: []int64{0}},
		{name: "gzip of 0 bytes", file: "x.jsonl.gz", bad: []int64{0}},
		{name: "gzip twice", file: "x.jsonl.gz", data: gzOf(t, gzOf(t, plain)), bad: []int64{0}},
		{name: "gzip under a plain name", data: gzOf(t, plain), bad: []int64{0}},
		{name: "zstd", file: "x.jsonl.zst", data: zstOf(t, plain), stays: both},
		{name: "concatenated zstd", file: "x.jsonl.zst", data: zstOf(t, plain[:30]) + zstOf(t, plain[30:]), stays: both},
		{name: "zstd with skippable frames", file: "x.jsonl.zst", data: skippable + zstOf(t, plain) + skippable, stays: both},
		{name: "truncated zstd", file: "x.jsonl.zst", data: zstOf(t, plain)[:20], bad: []int64{1}},
		{name: "zstd, wrong checksum", file: "x.jsonl.zst", data: string(flipped), bad: []int64{1}},
		{name: "garbage after zstd", file: "x.jsonl.zst", data: zstOf(t, plain) + "garbage", bad: []int64{3}, stays: both},
		{name: "zstd that is none", file: "x.jsonl.zst", data: plain, bad: []int64{1}},
		{name: "bzip2 that is none", file: "x.jsonl.bz2", data: plain, bad: []int64{1}},
		{name: "xz that is none", file: "x.jsonl.xz", data: plain, bad: []int64{0}},
		{name: "zstd under a plain name", data: zstOf(t, plain), bad: []int64{0}},
		{name: "an executable", data: "\x7fELF\x02\x01\x01\x00\n\x00\x00", bad: []int64{1, 2}},
	}
}

// hostileWhole are files of one record.
func hostileWhole(t *testing.T) []hostileCase {
	return []hostileCase{
		{name: "text, empty", file: "x.txt"},
		{name: "text, a BOM", file: "x.txt", data: bom},
		{name: "text, NUL", file: "x.txt", data: "a\x00b", stays: []string{"a\x00b"}},
		{name: "text, UTF-16", file: "x.txt", data: "\xff\xfew\x00o\x00r\x00d\x00"},
		{name: "text, invalid UTF-8", file: "x.md", data: "caf\xe9", bad: []int64{1}},
		{name: "text, too long", file: "x.txt", data: strings.Repeat("long ", 100_000), bad: []int64{1}},
		{name: "text, cut gzip", file: "x.txt.gz", data: gzOf(t, "Hello, world")[:24], bad: []int64{1}},
		{name: "text, cut zstd", file: "x.txt.zst", data: zstOf(t, strings.Repeat("Hello, world", 99))[:12], bad: []int64{1}},
		{name: "a name with escapes", file: "\x1b[31m\u202ex\n.jsonl", data: between("{"), bad: []int64{2}, stays: []string{goodA, goodB}},
		{name: "a name with dots", file: "..x.jsonl"}, // hidden
		{name: "a name like a flag", file: "--output.jsonl", data: between("{"), bad: []int64{2}, stays: []string{goodA, goodB}},
	}
}

const bom = "\xef\xbb\xbf"

func gzOf(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	return closed(t, gzip.NewWriter(&b), &b, s)
}

func zstOf(t testing.TB, s string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	return closed(t, w, &b, s)
}

func closed(t testing.TB, w io.WriteCloser, b *bytes.Buffer, s string) string {
	t.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// writeTree lays files out below dir.
func writeTree(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// treeOf describes all that is below dir: names, kinds, modes, times and contents.
func treeOf(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var content []byte
		if info.Mode().IsRegular() {
			content, err = os.ReadFile(path)
		}
		fmt.Fprintf(&b, "%q %v %v %d %q\n", path, info.Mode(), info.ModTime().UnixNano(), len(content), content[:min(len(content), 200)])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// linesOf returns the lines of a file, none if it is not there.
func linesOf(t testing.TB, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[:bytes.Count(b, []byte("\n"))]
}

// dataOf returns the content of all files of a pruned corpus, decompressed.
func dataOf(t testing.TB, out string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(filepath.Join(out, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		var r io.Reader = f
		if strings.HasSuffix(path, ".gz") {
			r, err = gzip.NewReader(f)
		} else if strings.HasSuffix(path, ".zst") {
			r, err = zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
		}
		if err == nil {
			_, err = io.Copy(&all, r)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
