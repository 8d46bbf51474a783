package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/doppel-dedup/doppel/internal/termtext"
)

// document is a whole report in memory, as its parts were given.
type document struct {
	Clusters   []Cluster
	Singletons []Member
	Summary    *Summary
}

func (d *document) Cluster(c *Cluster) error { d.Clusters = append(d.Clusters, *c); return nil }
func (d *document) Singleton(m Member) error { d.Singletons = append(d.Singletons, m); return nil }
func (d *document) Finish(s *Summary) error  { d.Summary = s; return nil }

func (d *document) writeTo(w Writer) error {
	for i := range d.Clusters {
		if err := w.Cluster(&d.Clusters[i]); err != nil {
			return err
		}
	}
	for _, m := range d.Singletons {
		if err := w.Singleton(m); err != nil {
			return err
		}
	}
	return w.Finish(d.Summary)
}

func (d *document) bytes(t testing.TB, f Format, o Options) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := d.writeTo(NewWriter(f, &b, o)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func keep(id, title string) Member {
	return Member{ID: id, Similarity: 1, CoveredBy: id, Keep: true, Level: LevelRepresentative, Title: title, File: "a.jsonl", Line: 1}
}

func drop(id, by string, similarity float64, title string) Member {
	m := Member{ID: id, Similarity: similarity, CoveredBy: by, Level: LevelNear, Title: title, File: "a.jsonl", Line: 2}
	if similarity == 1 {
		m.Level = LevelExact
	}
	return m
}

func single(id string) Member {
	m := keep(id, "Alone")
	m.Level = LevelSingleton
	return m
}

// newCluster fills in the figures of a cluster.
func newCluster(ms ...Member) Cluster {
	c := Cluster{Cluster: ms[0].ID, Size: len(ms), MinSimilarity: 1, Members: ms}
	sum := 0.0
	for _, m := range ms {
		if m.Keep {
			c.Kept++
			continue
		}
		sum += m.Similarity
		c.MinSimilarity = min(c.MinSimilarity, m.Similarity)
	}
	if c.MeanSimilarity = 1; c.Kept < c.Size {
		c.MeanSimilarity = sum / float64(c.Size-c.Kept)
	}
	for _, m := range ms {
		if m.Level != LevelExact {
			c.Texts++
		}
	}
	c.star()
	return c
}

// star gives a cluster the cohesion of a text that resembles all others.
func (c *Cluster) star() {
	c.Pairs, c.Density, c.MinPair, c.MeanPair, c.DiameterExact = c.Texts-1, 1, c.MinSimilarity, 1, true
	if c.Diameter = min(c.Texts-1, 2); c.Texts > 1 {
		c.Density = 2 / float64(c.Texts)
	}
}

// chain makes a cluster a row of texts.
func (c Cluster) chain(exact bool) Cluster {
	c.Diameter, c.DiameterExact, c.Chain = c.Texts-1, exact, c.Texts > 3
	return c
}

// finish gives d a summary that agrees with it.
func (d *document) finish(empty, quarantined int64) *document {
	c := Counts{Files: 1, Empty: empty, Quarantined: quarantined, Singletons: int64(len(d.Singletons)) - empty}
	for _, cl := range d.Clusters {
		c.Clusters++
		c.Clustered += int64(cl.Size)
		c.LargestCluster = max(c.LargestCluster, int64(cl.Size))
		c.Representatives += int64(cl.Kept)
		for _, m := range cl.Members {
			if m.Level == LevelExact {
				c.ExactCopies++
			}
		}
	}
	c.Pruned = c.Clustered - c.Representatives
	c.Kept = c.Representatives + c.Singletons + c.Empty
	c.Documents = c.Kept + c.Pruned
	c.Distinct = c.Documents - c.Empty - c.ExactCopies
	c.Records = c.Documents + quarantined
	c.Candidates, c.Verified = 3*c.Pruned, c.Pruned
	d.Summary = &Summary{Fingerprint: "f00d", Options: json.RawMessage(`{"seed":1,"text":"<&>"}`), Counts: c, Warnings: []Warning{}}
	return d
}

func sample() *document {
	d := &document{
		Clusters: []Cluster{
			newCluster(keep("a", "Putin receives Hamas in Moscow"), drop("b", "a", 1, "Putin receives Hamas in Moscow"), drop("c", "a", 0.8734, "Kremlin: Hamas leaders arrive")),
			newCluster(keep("x/1", "Eins"), drop("x/2", "x/1", 0.9999, "Zwei")),
		},
		Singletons: []Member{single("s1"), single("s2"), single("e")},
	}
	return d.finish(1, 2)
}

func TestJSONLLines(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(string(sample().bytes(t, JSONL, Options{})), "\n"), "\n")
	if len(lines) != 6 {
		t.Fatalf("%d lines, want 6:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	const cluster = `{"type":"cluster","schema":1,"cluster":"x/1","size":2,"kept":1,"min_similarity":0.9999,"mean_similarity":0.9999,` +
		`"texts":2,"pairs":1,"density":1,"min_pair":0.9999,"mean_pair":1,"diameter":1,"diameter_exact":true,"chain":false,"members":[` +
		`{"id":"x/1","similarity":1,"covered_by":"x/1","keep":true,"level":"representative","title":"Eins","file":"a.jsonl","line":1},` +
		`{"id":"x/2","similarity":0.9999,"covered_by":"x/1","keep":false,"level":"near","title":"Zwei","file":"a.jsonl","line":2}]}`
	if lines[1] != cluster {
		t.Errorf("cluster line\n got %s\nwant %s", lines[1], cluster)
	}
	const single = `{"type":"singleton","schema":1,"id":"s1","similarity":1,"covered_by":"s1","keep":true,"level":"singleton","title":"Alone","file":"a.jsonl","line":1}`
	if lines[2] != single {
		t.Errorf("singleton line\n got %s\nwant %s", lines[2], single)
	}
	const begin = `{"type":"summary","schema":1,"fingerprint":"f00d","options":{"seed":1,"text":"<&>"},"settings":{`
	if !strings.HasPrefix(lines[5], begin) {
		t.Errorf("summary line\n got %s\nwant %s...", lines[5], begin)
	}
}

func TestCSV(t *testing.T) {
	d := sample()
	d.Clusters[1].Members[1].ID = "x,\"2\"\nline"
	rows, err := csv.NewReader(bytes.NewReader(d.bytes(t, CSV, Options{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"cluster", "id", "representative", "similarity", "keep", "level", "chain"},
		{"a", "a", "a", "1", "true", "representative", "false"},
		{"a", "b", "a", "1", "false", "exact", "false"},
		{"a", "c", "a", "0.8734", "false", "near", "false"},
		{"x/1", "x/1", "x/1", "1", "true", "representative", "false"},
		{"x/1", "x,\"2\"\nline", "x/1", "0.9999", "false", "near", "false"},
		{"s1", "s1", "s1", "1", "true", "singleton", "false"},
		{"s2", "s2", "s2", "1", "true", "singleton", "false"},
		{"e", "e", "e", "1", "true", "singleton", "false"},
	}
	if !reflect.DeepEqual(rows, want) {
		t.Errorf("rows\n got %q\nwant %q", rows, want)
	}
	empty := (&document{}).finish(0, 0).bytes(t, CSV, Options{})
	if string(empty) != "cluster,id,representative,similarity,keep,level,chain\n" {
		t.Errorf("no clusters: got %q", empty)
	}
}

// TestPeerBug25_ClusterIDIsAMember: a cluster is named after one of its members.
func TestPeerBug25_ClusterIDIsAMember(t *testing.T) {
	c := sample().Clusters[0]
	c.Cluster = "7"
	if err := NewWriter(JSONL, new(bytes.Buffer), Options{}).Cluster(&c); err == nil {
		t.Error("a cluster named after no member was taken")
	}
}

// TestUntruePartsRefused changes one thing of a good report at a time.
func TestUntruePartsRefused(t *testing.T) {
	if err := sample().writeTo(&checked{to: new(document)}); err != nil {
		t.Fatalf("the sample itself: %v", err)
	}
	for name, spoil := range map[string]func(d *document){
		"size":                   func(d *document) { d.Clusters[0].Size++ },
		"kept":                   func(d *document) { d.Clusters[0].Kept++ },
		"one member":             func(d *document) { d.Clusters[0] = newCluster(keep("a", "")) },
		"no cover":               func(d *document) { d.Clusters[0].Members[2].CoveredBy = "z" },
		"covered by a dropped":   func(d *document) { d.Clusters[0].Members[2].CoveredBy = "b" },
		"kept, covered by other": func(d *document) { d.Clusters[0].Members[0].CoveredBy = "b" },
		"kept at level near":     func(d *document) { d.Clusters[0].Members[0].Level = LevelNear },
		"dropped representative": func(d *document) { d.Clusters[0].Members[2].Level = LevelRepresentative },
		"dropped, no level":      func(d *document) { d.Clusters[0].Members[2].Level = "" },
		"no representative":      func(d *document) { d.Clusters[0].Members[0].Keep = false },
		"other order": func(d *document) {
			ms := d.Clusters[0].Members
			ms[0], ms[1] = ms[1], ms[0]
		},
		"singleton in cluster": func(d *document) { d.Clusters[0].Members[0].Level = LevelSingleton },
		"NaN":                  func(d *document) { d.Clusters[0].Members[2].Similarity = math.NaN() },
		"over 1":               func(d *document) { d.Clusters[0].Members[2].Similarity = 1.5 },
		"min":                  func(d *document) { d.Clusters[0].MinSimilarity = 0.9 },
		"mean":                 func(d *document) { d.Clusters[0].MeanSimilarity = 0.5 },
		"NaN mean":             func(d *document) { d.Clusters[0].MeanSimilarity = math.NaN() },
		"texts":                func(d *document) { d.Clusters[0].Texts = 4 },
		"no texts":             func(d *document) { d.Clusters[0].Texts = 0 },
		"too few pairs":        func(d *document) { d.Clusters[0].Pairs = 0; d.Clusters[0].Density = 0 },
		"too many pairs":       func(d *document) { d.Clusters[0].Pairs = 2; d.Clusters[0].Density = 2 },
		"density":              func(d *document) { d.Clusters[0].Density = 0.5 },
		"NaN density":          func(d *document) { d.Clusters[0].Density = math.NaN() },
		"min pair":             func(d *document) { d.Clusters[0].MeanPair = d.Clusters[0].MinPair - 0.1 },
		"mean pair":            func(d *document) { d.Clusters[0].MeanPair = 1.1 },
		"diameter 0":           func(d *document) { d.Clusters[0].Diameter = 0 },
		"diameter":             func(d *document) { d.Clusters[0].Diameter = 2 },
		"chain":                func(d *document) { d.Clusters[0].Chain = true },
		"no id":                func(d *document) { d.Clusters[0].Members[2].ID = "" },
		"invalid id":           func(d *document) { d.Clusters[0].Members[2].ID = "\xff" },
		"representative alone": func(d *document) { d.Singletons[0].Level = LevelRepresentative },
		"one singleton less":   func(d *document) { d.Singletons = d.Singletons[1:] },
		"one cluster less":     func(d *document) { d.Clusters = d.Clusters[1:] },
		"records":              func(d *document) { d.Summary.Counts.Records++ },
		"pruned":               func(d *document) { d.Summary.Counts.Pruned++ },
		"largest":              func(d *document) { d.Summary.Counts.LargestCluster++ },
		"verified":             func(d *document) { d.Summary.Counts.Verified = 1000 },
		"negative":             func(d *document) { d.Summary.Counts.Blank = -1 },
		"sums that close": func(d *document) {
			c := &d.Summary.Counts
			c.Clustered, c.Pruned, c.Documents, c.Distinct, c.Records = c.Clustered+1, c.Pruned+1, c.Documents+1, c.Distinct+1, c.Records+1
		},
	} {
		d := sample()
		spoil(d)
		if err := d.writeTo(&checked{to: new(document)}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func TestOrderOfParts(t *testing.T) {
	d := sample()
	w := NewWriter(JSONL, new(bytes.Buffer), Options{})
	if err := errors.Join(w.Cluster(&d.Clusters[0]), w.Cluster(&d.Clusters[1]), w.Singleton(d.Singletons[0])); err != nil {
		t.Fatal(err)
	}
	if err := w.Cluster(&d.Clusters[0]); err == nil {
		t.Error("a cluster after a singleton was taken")
	}
	if err := errors.Join(w.Singleton(d.Singletons[1]), w.Singleton(d.Singletons[2]), w.Finish(d.Summary)); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{"cluster": w.Cluster(&d.Clusters[0]), "singleton": w.Singleton(d.Singletons[0]), "summary": w.Finish(d.Summary)} {
		if err == nil {
			t.Errorf("a %s after the summary was taken", name)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	lines := strings.SplitAfter(string(sample().bytes(t, JSONL, Options{})), "\n")
	lines = lines[:len(lines)-1]
	join := func(parts ...string) string { return strings.Join(parts, "") }
	all := join(lines...)
	for name, c := range map[string]struct{ text, want string }{
		"empty":           {"", "cut short"},
		"no summary":      {join(lines[:5]...), "cut short"},
		"cut in a line":   {all[:len(all)-5], "line 6"},
		"cluster missing": {join(lines[1:]...), "line 5: the summary counts 2 clusters, but 1 were given"},
		"after summary":   {all + lines[0], "line 7: more follows"},
		"blank line":      {"\n" + all, "line 1"},
		"no JSON":         {"hello\n" + all, "line 1"},
		"array":           {"[]\n" + all, "line 1"},
		"other schema":    {strings.Replace(all, `"schema":1`, `"schema":2`, 1), "line 1: schema 2 cannot be read, only schema 1"},
		"no schema":       {strings.Replace(all, `"schema":1,`, ``, 1), "line 1: schema 0"},
		"other type":      {strings.Replace(all, `"type":"singleton"`, `"type":"other"`, 1), `line 3: type "other"`},
		"untrue":          {strings.Replace(all, `"covered_by":"x/1","keep":false`, `"covered_by":"x/9","keep":false`, 1), `line 2: cluster "x/1": document "x/2" is covered by "x/9"`},
	} {
		err := Read(strings.NewReader(c.text), new(document))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "report: ") != 1 {
			t.Errorf("%s: got error %v, want one with %q", name, err, c.want)
		}
	}
	if err := Read(strings.NewReader(strings.TrimSuffix(all, "\n")), new(document)); err != nil {
		t.Errorf("without the last line end: %v", err)
	}
	added := strings.Replace(all, `"schema":1`, `"schema":1,"added_later":{"x":[1]}`, 1)
	if err := Read(strings.NewReader(added), new(document)); err != nil {
		t.Errorf("with a field added later: %v", err)
	}
}

// TestReadBeforeCohesion: a report of schema 1 without the fields that were added
// is read, and shown without a chain.
func TestReadBeforeCohesion(t *testing.T) {
	text := sample().bytes(t, JSONL, Options{})
	old := regexp.MustCompile(`"texts":.*?"chain":false,`).ReplaceAll(text, nil)
	if bytes.Contains(old, []byte("diameter")) || len(old) == len(text) {
		t.Fatalf("the fields are still in\n%s", old)
	}
	var got bytes.Buffer
	if err := Read(bytes.NewReader(old), NewWriter(Table, &got, Options{})); err != nil {
		t.Fatal(err)
	}
	if want := sample().bytes(t, Table, Options{}); !bytes.Equal(got.Bytes(), want) {
		t.Errorf("got\n%s\nwant\n%s", got.Bytes(), want)
	}
}

func TestLargestShare(t *testing.T) {
	for _, c := range []struct {
		counts Counts
		want   float64
	}{{Counts{}, 0}, {Counts{Documents: 8, LargestCluster: 2}, 0.25}, {Counts{Documents: 3, LargestCluster: 3}, 1}} {
		if got := c.counts.LargestShare(); got != c.want {
			t.Errorf("%+v: largest share %v, want %v", c.counts, got, c.want)
		}
	}
}

func TestWriteErrors(t *testing.T) {
	d := sample()
	d.Clusters[0].Members[0].Title = strings.Repeat("x", 200_000) // more than any buffer
	for _, f := range []Format{Table, JSONL, CSV} {
		for limit := range 3 {
			err := d.writeTo(NewWriter(f, &fullDisk{room: limit * 100}, Options{}))
			if !errors.Is(err, errFull) {
				t.Errorf("%v with room for %d bytes: got error %v", f, limit*100, err)
			}
		}
	}
}

var errFull = errors.New("disk full")

type fullDisk struct{ room int }

func (f *fullDisk) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return f.room, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

// genReport draws a report that keeps every promise.
func genReport(t *rapid.T) *document {
	ids := rapid.SliceOfNDistinct(rapid.StringN(1, 12, 40), 0, 30, rapid.ID[string]).Draw(t, "ids")
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "plain words", "你好 世界", "a\x1b[31mb", "e\u0301\u0301", "👨‍👩‍👧 x"}))
	member := func(id, by string, similarity float64) Member {
		m := drop(id, by, similarity, text.Draw(t, "title"))
		if id == by {
			m = keep(id, m.Title)
		}
		m.File, m.Line = text.Draw(t, "file"), rapid.Int64().Draw(t, "line")
		return m
	}
	d := new(document)
	for len(ids) > 1 && rapid.Bool().Draw(t, "cluster") {
		n := rapid.IntRange(2, len(ids)).Draw(t, "size")
		kept := rapid.IntRange(1, n).Draw(t, "kept")
		var ms []Member
		for i, id := range ids[:n] {
			if i < kept {
				ms = append(ms, member(id, id, 1))
				continue
			}
			by := rapid.SampledFrom(ids[:kept]).Draw(t, "by")
			ms = append(ms, member(id, by, rapid.Float64Range(0, 1).Draw(t, "similarity")))
		}
		c := newCluster(ms...)
		if rapid.Bool().Draw(t, "chain") {
			c = c.chain(rapid.Bool().Draw(t, "exact"))
		}
		d.Clusters = append(d.Clusters, c)
		ids = ids[n:]
	}
	for _, id := range ids {
		m := member(id, id, 1)
		m.Level = LevelSingleton
		d.Singletons = append(d.Singletons, m)
	}
	d.finish(rapid.Int64Range(0, int64(len(ids))).Draw(t, "empty"), rapid.Int64Range(0, 5).Draw(t, "quarantined"))
	d.Summary.Settings = Settings{
		Shingle: text.Draw(t, "shingle"), Threshold: rapid.Float64Range(0, 1).Draw(t, "threshold"), Bands: rapid.IntRange(0, 99).Draw(t, "bands"),
	}
	if rapid.Bool().Draw(t, "warn") {
		d.Summary.Warnings = append(d.Summary.Warnings, Warning{"code", text.Draw(t, "warning")})
	}
	return d
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := genReport(t)
		var b bytes.Buffer
		if err := d.writeTo(NewWriter(JSONL, &b, Options{})); err != nil {
			t.Fatal(err)
		}
		got := new(document)
		if err := Read(bytes.NewReader(b.Bytes()), got); err != nil {
			t.Fatalf("%v\n%s", err, b.String())
		}
		if !reflect.DeepEqual(got, d) {
			t.Fatalf("got  %+v\nwant %+v", got, d)
		}
		var table bytes.Buffer
		width := rapid.IntRange(minWidth, 120).Draw(t, "width")
		if err := got.writeTo(NewWriter(Table, &table, Options{Width: width})); err != nil {
			t.Fatal(err)
		}
		checkTable(t, table.String(), width)
	})
}

// checkTable fails if a table line could disturb a terminal, or if a member's
// line is wider than allowed.
func checkTable(t interface{ Fatalf(string, ...any) }, table string, width int) {
	for _, line := range strings.Split(table, "\n") {
		for _, r := range line {
			if unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
				t.Fatalf("line %q holds %U", line, r)
			}
		}
		if strings.HasPrefix(line, "   ") && termtext.Columns(line) > width && !strings.Contains(line, " = ") {
			t.Fatalf("line %q takes %d columns, want at most %d", line, termtext.Columns(line), width)
		}
	}
}

// FuzzReport: whatever Read takes, JSONL carries unchanged, and every format
// can show.
func FuzzReport(f *testing.F) {
	f.Add(sample().bytes(f, JSONL, Options{}))
	f.Add((&document{}).finish(0, 0).bytes(f, JSONL, Options{}))
	f.Add([]byte(`{"type":"summary","schema":1,"options":null,"warnings":null}`))
	f.Fuzz(func(t *testing.T, in []byte) {
		first, second := new(document), new(document)
		if Read(bytes.NewReader(in), first) != nil {
			return
		}
		text := first.bytes(t, JSONL, Options{})
		if err := Read(bytes.NewReader(text), second); err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, text)
		}
		if again := second.bytes(t, JSONL, Options{}); !bytes.Equal(again, text) {
			t.Fatalf("written once\n%s\nand again\n%s", text, again)
		}
		first.bytes(t, CSV, Options{})
		checkTable(t, string(first.bytes(t, Table, Options{})), defaultWidth)
	})
}

func BenchmarkWrite(b *testing.B) {
	d := new(document)
	for i := range 1000 {
		var ms []Member
		for j := range 4 {
			id := fmt.Sprintf("news/2024/%d-%d.txt", i, j)
			if j == 0 {
				ms = append(ms, keep(id, "Putin receives the leaders of Hamas in Moscow for talks on the war"))
			} else {
				ms = append(ms, drop(id, ms[0].ID, 0.87341, "Putin receives the leaders of Hamas in Moscow for talks on the war"))
			}
		}
		d.Clusters = append(d.Clusters, newCluster(ms...))
	}
	d.finish(0, 0)
	for _, f := range []Format{Table, JSONL, CSV} {
		b.Run(f.String(), func(b *testing.B) {
			for b.Loop() {
				d.bytes(b, f, Options{})
			}
			b.ReportMetric(4000*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
		})
	}
}

func BenchmarkRead(b *testing.B) {
	text := sample().bytes(b, JSONL, Options{})
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := Read(bytes.NewReader(text), new(document)); err != nil {
			b.Fatal(err)
		}
	}
}
