package snapshot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// sample is a small run: document 2 copies 0, document 3 is empty.
func sample() (Header, []Document, []Pair) {
	value, none, at := "2024-05-06", "", int64(7)
	content := func(digit string) string { return strings.Repeat(digit, 32) }
	docs := []Document{
		{N: 0, ID: "a", Title: "<First> & \"words\"\u2028", File: 0, Line: 1, Leader: 0, Characters: 40, Shingles: 9, Figures: 2, Content: content("0"), Value: &value},
		{N: 1, ID: "b", File: 0, Line: 7, Offset: 1 << 40, Leader: 1, Characters: 41, Shingles: 8, Content: content("f")},
		{N: 2, ID: "c", Title: "漢字", File: 2, Line: 1, Leader: 0, Characters: 42, Value: &none},
		{N: 3, ID: "d", File: 2, Line: 2, Leader: 3, Empty: true},
		{N: 4, ID: "e", File: 2, Line: 3, Offset: 9, StoredAt: &at, Leader: 4, Characters: 1<<32 - 1, Shingles: 1<<32 - 1, Content: content("a"), Values: []*string{nil, &value}},
	}
	pairs := []Pair{
		pair(0, 1, 7, 1), pair(0, 4, 1<<32-1, 1<<32-1), pair(1, 4, 0, 0),
	}
	h := Header{
		Program: "doppel test", Fingerprint: "f", Identity: []byte(`{"keep":"source:a\u0026b"}`), VerifiedFrom: 0.5, ChancePairs: 1e-9,
		Counts: report.Counts{Files: 3, Records: 5, Documents: 5, Distinct: 3, ExactCopies: 1, Empty: 1, Candidates: 9, Verified: 2,
			Singletons: 4, Kept: 5},
		IgnoredFiles: 1, FirstIgnored: "x.pdf", Undated: 2, Boilerplate: []report.Warning{{Code: "c", Message: "m"}},
		Inputs: []Input{{"x.jsonl", corpus.JSONL, 12, "00ff", 0, 2, false}, {"y.txt", corpus.Text, 0, "00", 0, 0, false}, {"<z>.jsonl", corpus.JSONL, 5, "01", 3, 0, true}},
	}
	return h, docs, pairs
}

func pair(a, b corpus.ID, overlap, figures uint32) Pair {
	return Pair{verify.Scored{Pair: corpus.Pair{A: a, B: b}, Overlap: overlap}, figures}
}

// write writes a snapshot and returns its folder.
func write(t testing.TB, h Header, docs []Document, pairs []Pair) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := Create(dir, WithFigures)
	if err != nil {
		t.Fatal(err)
	}
	for i := range docs {
		if err := w.Document(&docs[i]); err != nil {
			t.Fatal(err)
		}
	}
	for _, e := range pairs {
		if err := w.Pair(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(h); err != nil {
		t.Fatal(err)
	}
	return dir
}

// read reads all of a snapshot.
func read(ctx context.Context, dir string) (h Header, docs []Document, pairs []Pair, err error) {
	r, err := Open(dir)
	if err != nil {
		return Header{}, nil, nil, err
	}
	err = r.Documents(ctx, func(d *Document) error {
		docs = append(docs, *d)
		return nil
	})
	if err == nil {
		err = r.Pairs(ctx, WithFigures, func(e Pair) error {
			pairs = append(pairs, e)
			return nil
		})
	}
	return *r.Header(), docs, pairs, err
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	h, docs, pairs := sample()
	docs[1].ID = strings.Repeat("long\r\n\x00", 300_000)
	dir := write(t, h, docs, pairs)
	got, gotDocs, gotPairs, err := read(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(gotDocs, docs) || !reflect.DeepEqual(gotPairs, pairs) {
		t.Errorf("got  %+v %v\nwant %+v %v", gotDocs, gotPairs, docs, pairs)
	}
	var identity bytes.Buffer
	if err := json.Compact(&identity, got.Identity); err != nil || identity.String() != string(h.Identity) {
		t.Errorf("identity %s, %v, want %s", &identity, err, h.Identity)
	}
	h.Type, h.Schema, h.Files, h.Identity = "run", Schema, got.Files, got.Identity
	if !reflect.DeepEqual(got, h) {
		t.Errorf("header\n%+v, want\n%+v", got, h)
	}
	for _, f := range got.Files {
		if info, err := os.Stat(filepath.Join(dir, f.Name)); err != nil || info.Size() != f.Bytes {
			t.Errorf("%+v is %v, %v", f, info, err)
		}
	}
}

// TestDamageIsFound flips bits and cuts every file at many places. No damage may go
// unnoticed, and the error names the file.
func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	h, docs, pairs := sample()
	dir := write(t, h, docs, pairs)
	damages := 0
	for _, name := range []string{HeaderName, DocumentsName, PairsName} {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		try := func(what string, data []byte) {
			damages++
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, _, _, err := read(t.Context(), dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s, %s: got %v, want an error that names the file", name, what, err)
			}
		}
		for i := 0; i < len(whole); i += 1 + len(whole)/500 {
			data := bytes.Clone(whole)
			data[i] ^= 1 << (i % 8)
			try(fmt.Sprintf("bit flipped in byte %d", i), data)
			if i%5 == 0 {
				try(fmt.Sprintf("cut after %d bytes", i), whole[:i])
			}
		}
		try("a byte more", append(bytes.Clone(whole), '\n'))
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if _, _, _, err := read(t.Context(), dir); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s missing: got %v, want an error that names the file", name, err)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, _, err := read(t.Context(), dir); err != nil || damages < 700 {
		t.Fatalf("whole again: %v; %d damages", err, damages)
	}
}

// TestWrongContent: checksums that are right do not make up for numbers that are
// not.
func TestWrongContent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(h *Header, docs []Document, pairs []Pair)
		want   string
	}{
		{"file that is not", func(_ *Header, docs []Document, _ []Pair) { docs[4].File = 3 }, "line 5: file 3 is not among 2 to 2"},
		{"file before the last", func(_ *Header, docs []Document, _ []Pair) { docs[3].File = 1 }, "line 4: file 1"},
		{"negative file", func(_ *Header, docs []Document, _ []Pair) { docs[0].File = -1 }, "line 1: file -1"},
		{"no line", func(_ *Header, docs []Document, _ []Pair) { docs[0].Line = 0 }, "line 1: line 0"},
		{"no id", func(_ *Header, docs []Document, _ []Pair) { docs[2].ID = "" }, "line 3: a document without an id"},
		{"copy of a later one", func(_ *Header, docs []Document, _ []Pair) { docs[0].Leader = 1 }, "cannot be a copy of document 1"},
		{"copy of a copy", func(_ *Header, docs []Document, _ []Pair) { docs[4].Leader = 2 }, "cannot be a copy of document 2"},
		{"copy of an empty one", func(_ *Header, docs []Document, _ []Pair) { docs[4].Leader = 3 }, "cannot be a copy of document 3"},
		{"empty copy", func(_ *Header, docs []Document, _ []Pair) { docs[3].Leader = 0 }, "document 3 cannot be a copy"},
		{"copy with shingles", func(_ *Header, docs []Document, _ []Pair) { docs[2].Shingles = 1 }, "document 2 is a copy, and has shingles"},
		{"copy with figures", func(_ *Header, docs []Document, _ []Pair) { docs[2].Figures = 1 }, "document 2 is a copy, and has shingles or figures"},
		{"leader without content", func(_ *Header, docs []Document, _ []Pair) { docs[0].Content = "" }, `document 0 has content ""`},
		{"copy with content", func(_ *Header, docs []Document, _ []Pair) { docs[2].Content = docs[0].Content }, "document 2 has content"},
		{"content of another kind", func(_ *Header, docs []Document, _ []Pair) { docs[0].Content = strings.Repeat("F", 32) }, "is no digest"},
		{"negative offset", func(_ *Header, docs []Document, _ []Pair) { docs[1].Offset = -1 }, "offset -1"},
		{"pair with itself", func(_ *Header, _ []Document, pairs []Pair) { pairs[0].Pair.A = 1 }, "line 2: pair 1,1 is out of order"},
		{"pair twice", func(_ *Header, _ []Document, pairs []Pair) { pairs[1] = pairs[0] }, "line 3: pair 0,1 is out of order"},
		{"pair of a copy", func(_ *Header, _ []Document, pairs []Pair) { pairs[2].Pair.A = 2 }, "line 4: document 2 cannot be in a pair"},
		{"pair of an empty one", func(_ *Header, _ []Document, pairs []Pair) { pairs[2].Pair.A = 3 }, "document 3 cannot be in a pair"},
		{"pair beyond the end", func(_ *Header, _ []Document, pairs []Pair) { pairs[2].Pair.B = 5 }, "document 5 cannot be in a pair"},
		{"more documents counted", func(h *Header, _ []Document, _ []Pair) {
			h.Counts.Documents, h.Counts.Records, h.Counts.Distinct, h.Counts.Kept, h.Counts.Singletons = 6, 6, 4, 6, 5
		}, "5 rows of documents, and 6 documents"},
		{"counts that do not close", func(h *Header, _ []Document, _ []Pair) { h.Counts.Kept++ }, "kept"},
		{"more verified", func(h *Header, _ []Document, _ []Pair) { h.Counts.Verified = 4 }, "3 rows of pairs, with 4 verified"},
		{"fewer candidates", func(h *Header, _ []Document, _ []Pair) { h.Counts.Candidates = 2 }, "3 rows of pairs"},
		{"verified from 0", func(h *Header, _ []Document, _ []Pair) { h.VerifiedFrom = 0 }, "verified_from 0"},
		{"verified from over 1", func(h *Header, _ []Document, _ []Pair) { h.VerifiedFrom = 1.5 }, "verified_from 1.5"},
		{"negative expectation", func(h *Header, _ []Document, _ []Pair) { h.ChancePairs = -1 }, "negative"},
		{"fewer inputs", func(h *Header, _ []Document, _ []Pair) { h.Inputs = h.Inputs[:2] }, "2 inputs, and 3 files"},
		{"input without a name", func(h *Header, _ []Document, _ []Pair) { h.Inputs[1].Name = "" }, "input 1"},
		{"negative count of an input", func(h *Header, _ []Document, _ []Pair) { h.Inputs[1].Quarantined = -1 }, "-1 bad records"},
		{"reference before an input", func(h *Header, _ []Document, _ []Pair) { h.Inputs[0].Reference = true }, "comes after a reference"},
		{"input without a format", func(h *Header, _ []Document, _ []Pair) { h.Inputs[1].Format = corpus.Auto }, "format auto"},
	} {
		h, docs, pairs := sample()
		c.change(&h, docs, pairs)
		if _, _, _, err := read(t.Context(), write(t, h, docs, pairs)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", c.name, err, c.want)
		}
	}
}

// TestForeignHeaders: of another schema or type nothing else is looked at.
func TestForeignHeaders(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"{\n  \"type\": \"run\",\n  \"schema\": 3,\n  \"counts\": 7":                 "schema 3 cannot be read, only schemas 1 to 2",
		"{\n  \"type\": \"index\",\n  \"schema\": 1":                                 `type "index" is not "run"`,
		"{\n  \"type\": \"run\",\n  \"schema\": 1":                                   "verified_from 0",
		"{\n  \"type\": \"run\",\n  \"schema\": 1,\n  \"inputs\": [{\"format\": 4}]": "format",
		"[":  "invalid character",
		"{}": "invalid character", // the checksum would follow
	} {
		data := body + checksumHead + checksum([]byte(body)) + checksumTail
		if _, err := decodeHeader([]byte(data)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", body, err, want)
		}
	}
	for _, data := range []string{"", "{}", checksumTail, checksumHead + checksumTail} {
		if _, err := decodeHeader([]byte(data)); err == nil || !strings.Contains(err.Error(), "does not end with a checksum") {
			t.Errorf("%q: got %v", data, err)
		}
	}
}

func TestOpenNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:        "is no folder",
		t.TempDir(): "is no saved run",
		file + "x":  "no such file",
	} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", path, err, want)
		}
	}
}

// TestYieldAndContextEndTheReading with their own errors.
func TestYieldAndContextEndTheReading(t *testing.T) {
	t.Parallel()
	h, docs, pairs := sample()
	h.Counts = report.Counts{Files: 3, Records: 5000, Documents: 5000, Distinct: 5000, Candidates: 9, Singletons: 5000, Kept: 5000}
	for len(docs) < 5000 {
		n := corpus.ID(len(docs))
		docs = append(docs, Document{N: n, ID: fmt.Sprint(n), File: 2, Line: int64(n), Leader: n, Content: strings.Repeat("e", 32)})
	}
	dir := write(t, h, docs, pairs)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	if err := r.Documents(t.Context(), func(*Document) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v, want the error of yield as it is", err)
	}
	if err := r.Documents(t.Context(), func(*Document) error { return nil }); err != nil {
		t.Error(err)
	}
	if err := r.Pairs(t.Context(), WithFigures, func(Pair) error { return mine }); !errors.Is(err, mine) {
		t.Errorf("got %v, want the error of yield as it is", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(mine)
	if err := r.Documents(ctx, func(*Document) error { return nil }); !errors.Is(err, mine) {
		t.Errorf("got %v, want the cause of the context", err)
	}
}

// TestAbortLeavesNothing, whatever was written.
func TestAbortLeavesNothing(t *testing.T) {
	t.Parallel()
	parent := t.TempDir()
	w, err := Create(filepath.Join(parent, "run"), WithoutFigures)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Document(&Document{}), w.Pair(Pair{}), w.Abort()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if err := os.WriteFile(filepath.Join(parent, "full"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(parent, WithFigures); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a folder with a file: %v", err)
	}
}

func TestParsePair(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]Pair{
		"0,1,2":                            pair(0, 1, 2, 0),
		"4294967294,4294967295,4294967295": pair(1<<32-2, 1<<32-1, 1<<32-1, 0),
		"0,1,2,3":                          pair(0, 1, 2, 3),
		"0,1,2,4294967295":                 pair(0, 1, 2, 1<<32-1),
	} {
		columns := Columns(strings.Count(line, ",") == 3)
		if got, err := parsePair([]byte(line), columns); err != nil || got != want {
			t.Errorf("%s: %v, %v", line, got, err)
		}
		if got, err := parsePair([]byte(line), !columns); err == nil {
			t.Errorf("%s, other columns: %v", line, got)
		}
	}
	for _, line := range []string{
		"", ",", "1,2", "1,2,", "1,2,3,", "01,2,3", "1,02,3", "1,2,00", "-1,2,3", "+1,2,3", "1 ,2,3", "1,2,3\r",
		"1,2,4294967296", "4294967296,2,3", "1,99999999999999999999,3", "1,2,1e3", "a,b,overlap", "1;2;3", "1,2,3.0", ",2,3",
	} {
		if got, err := parsePair([]byte(line), WithoutFigures); err == nil {
			t.Errorf("%q was read as %v", line, got)
		}
		if got, err := parsePair([]byte(line+",0"), WithFigures); err == nil {
			t.Errorf("%q was read as %v", line+",0", got)
		}
	}
}

// FuzzDecode: what is not left to encoding/json is read as encoding/json reads it.
func FuzzDecode(f *testing.F) {
	_, docs, _ := sample()
	for _, d := range docs {
		line, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(line)
	}
	for _, line := range []string{
		`{"n":0,"id":"a","title":"","file":0,"line":1,"leader":0,"characters":4294967296}`,
		`{"n":0,"id":"a","title":"","file":-1,"line":1,"leader":0,"characters":1}`,
		`{"n":00,"id":"a","title":"","file":0,"line":1,"leader":0,"characters":1}`,
		`{"n":0,"id":"a\u0041","title":"","file":0,"line":9223372036854775807,"leader":0,"characters":1,"empty":true,"value":""}`,
		`{"n":0,"id":"a","title":"","file":0,"line":18446744073709551620,"leader":0,"characters":1}`,
		`{"n":0,"id":"a","title":"","file":0,"line":1,"leader":0,"characters":1,"shingles":3,"more":{}}`,
		`{"n":0,"id":"漢","title":"` + "\x01" + `","file":0,"line":1,"leader":0,"characters":1}`,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if !utf8.Valid(line) {
			return // refused before
		}
		var got, want Document
		err, wantErr := got.decode(line), json.Unmarshal(line, &want)
		if (err == nil) != (wantErr == nil) || err == nil && !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v, %v, want %+v, %v", line, got, err, want, wantErr)
		}
	})
}

// TestDecodeIsFast: the lines of a Writer take the short way.
func TestDecodeIsFast(t *testing.T) {
	t.Parallel()
	_, docs, _ := sample()
	docs[1].Title = "\"quoted\""
	for _, d := range docs {
		line, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var got Document
		if short, plain := got.scan(line), !bytes.Contains(line, []byte("\\")); short != plain || short && !reflect.DeepEqual(got, d) {
			t.Errorf("%.200s: read as %.200v (%t)", line, got, short)
		}
	}
}

// FuzzRead gives the parsers any lines: they end with an error, or with documents and
// pairs that keep the rules.
func FuzzRead(f *testing.F) {
	h, docs, pairs := sample()
	var lines []byte
	for _, d := range docs {
		line, err := json.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		lines = append(append(lines, line...), '\n')
	}
	rows := WithFigures.head() + "\n"
	for _, e := range pairs {
		rows += fmt.Sprintf("%d,%d,%d,%d\n", e.Pair.A, e.Pair.B, e.Overlap, e.Figures)
	}
	header, err := encodeHeader(&h)
	if err != nil {
		f.Fatal(err)
	}
	h.Files = []File{{Name: DocumentsName, Rows: 5}, {Name: PairsName, Rows: 3}}
	f.Add(header, lines, []byte(rows))
	f.Add([]byte("{"), []byte("{}\n"), []byte("a,b,overlap,figures\n0,1,1,1\n"))
	f.Fuzz(func(t *testing.T, header, documents, pairs []byte) {
		// The checksum would stop nearly all of them.
		body := bytes.TrimSuffix(header, []byte("\n}\n"))
		sealed := append(append(append(bytes.Clone(body), checksumHead...), checksum(body)...), checksumTail...)
		if got, err := decodeHeader(sealed); err == nil && got.check() != nil {
			t.Errorf("a header that breaks the rules was read: %+v", got)
		}
		var leads []bool
		var leader []corpus.ID
		err := readDocuments(newLines(t.Context(), bytes.NewReader(documents)), &h, &leads, func(d *Document) error {
			if int(d.N) != len(leader) || d.Leader > d.N || d.Leader < d.N && leader[d.Leader] != d.Leader || d.File >= len(h.Inputs) {
				t.Errorf("document %+v was read after leaders %v", d, leader)
			}
			leader = append(leader, d.Leader)
			return nil
		})
		if err != nil {
			leads = []bool{true, true, false, false, true}
		}
		last := corpus.Pair{}
		_ = readPairs(newLines(t.Context(), bytes.NewReader(pairs)), WithFigures, leads, func(e Pair) error {
			if p := e.Pair; p.A >= p.B || int(p.B) >= len(leads) || !leads[p.A] || !leads[p.B] || p.Pack() <= last.Pack() {
				t.Errorf("pair %v was read after %v", p, last)
			}
			last = e.Pair
			return nil
		})
	})
}

// BenchmarkSnapshot writes and reads a million pairs of 500,000 documents.
func BenchmarkSnapshot(b *testing.B) {
	const documents, pairs = 500_000, 1_000_000
	h, _, _ := sample()
	h.Counts = report.Counts{Files: 3, Records: documents, Documents: documents, Distinct: documents, Candidates: pairs, Singletons: documents, Kept: documents}
	dir := filepath.Join(b.TempDir(), "run")
	fill := func() {
		w, err := Create(dir, WithFigures)
		if err != nil {
			b.Fatal(err)
		}
		for i := range corpus.ID(documents) {
			d := Document{N: i, ID: fmt.Sprintf("crawl-%08d", i*7919%documents), Title: fmt.Sprintf("The minister met %d guests in Moscow on Thursday, %d of them", i*31%1009, i*17%997),
				Line: int64(i) + 1, Leader: i, Characters: uint32(2000 + i*613%3001), Shingles: uint32(400 + i*613%601)}
			if err := w.Document(&d); err != nil {
				b.Fatal(err)
			}
		}
		for i := range uint32(pairs) {
			e := pair(corpus.ID(i/3), corpus.ID(i/3+1+i%3*20_000+i/3*7919%20_000), 300+i*2_654_435_761>>24, i%3)
			if err := w.Pair(e); err != nil {
				b.Fatal(err)
			}
		}
		if err := w.Commit(h); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("write", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			if err := os.RemoveAll(dir); err != nil {
				b.Fatal(err)
			}
			b.StartTimer()
			fill()
		}
	})
	r, err := Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("documents", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := r.Documents(b.Context(), func(*Document) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(r.header.Files[0].Bytes)/documents, "B/doc")
	})
	b.Run("pairs", func(b *testing.B) {
		for b.Loop() {
			if err := r.Pairs(b.Context(), WithFigures, func(Pair) error { return nil }); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(r.header.Files[1].Bytes)/pairs, "B/pair")
	})
}

func TestFieldsOfADocument(t *testing.T) {
	for _, fields := range [][][]byte{nil, {nil}, {[]byte("x")}, {[]byte("")}, {nil, nil}, {nil, []byte("x")}, {[]byte(""), nil, []byte("x")}} {
		var d Document
		d.SetFields(fields)
		got, some := d.FieldValues(), false
		for i, want := range fields {
			some = some || want != nil
			if len(got) > 0 && (string(got[i]) != string(want) || (got[i] == nil) != (want == nil)) {
				t.Errorf("%q comes back as %q", fields, got)
			}
		}
		if some != (len(got) == len(fields) && len(got) > 0) {
			t.Errorf("%q comes back as %q", fields, got)
		}
	}
}
