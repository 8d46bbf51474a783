package corpus

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// joinFields is the text of a record whose fields have these values, and for each byte
// of it the place in names of its field and where in that it is; -1 between fields.
func joinFields(values map[string]string, names []string) (text string, fields, at []int) {
	for i, name := range names {
		if text != "" && values[name] != "" {
			text, fields, at = text+"\n\n", append(fields, -1, -1), append(at, 0, 0)
		}
		for j := range len(values[name]) {
			fields, at = append(fields, i), append(at, j)
		}
		text += values[name]
	}
	return text, fields, at
}

// cutJoined is the slow reference: the values of the fields behind cuts in the text. Each
// cut is a set of bytes of each field; sets that share a byte are one.
func cutJoined(values map[string]string, names []string, cuts []Cut, mark string) map[string]string {
	_, fields, at := joinFields(values, names)
	sets := map[string][]map[int]bool{}
	for _, c := range cuts {
		own := map[int]map[int]bool{}
		for b := c.Start; b < c.End; b++ {
			if f := fields[b]; f >= 0 {
				if own[f] == nil {
					own[f] = map[int]bool{}
					sets[names[f]] = append(sets[names[f]], own[f])
				}
				own[f][at[b]] = true
			}
		}
	}
	after := maps.Clone(values)
	for name, sets := range sets {
		sets = unite(sets)
		var b strings.Builder
		for i := range len(values[name]) {
			in := slices.IndexFunc(sets, func(s map[int]bool) bool { return s[i] })
			switch {
			case in < 0:
				b.WriteByte(values[name][i])
			case !sets[in][i-1]:
				b.WriteString(mark)
			}
		}
		after[name] = b.String()
	}
	return after
}

// unite makes one of sets that share a number, until there are none.
func unite(sets []map[int]bool) []map[int]bool {
	for i := range sets {
		for j := range i {
			for n := range sets[i] {
				if sets[j][n] {
					maps.Copy(sets[j], sets[i])
					return unite(slices.Delete(slices.Clone(sets), i, i+1))
				}
			}
		}
	}
	return sets
}

// randomCuts returns up to five ascending cuts at characters of text.
func randomCuts(rng *rand.Rand, text string) (cuts []Cut) {
	var at []int
	for i := range text + " " {
		at = append(at, i)
	}
	for from := 0; len(cuts) < 5 && from+1 < len(at) && rng.IntN(6) > 0; {
		start := from + rng.IntN(len(at)-from)
		end := start + rng.IntN(min(8, len(at)-start))
		if start < end {
			cuts = append(cuts, Cut{at[start], at[end]})
		}
		from = end
	}
	return cuts
}

// Some are in records, some are not, and one is there twice.
var joinedNames = [][]string{
	{"title", "body"}, {"body", "title"}, {"title", "body", "m.n"}, {"m.n", "none", "title"}, {"body", "body"}, {"title", "body", "title"}, {"none", "body"}, {"a.b", "m.o.p", "body"},
}

func randomText(rng *rand.Rand) string {
	texts := []string{"", "a", "\n", "\n\n", "word ", "é", "😀", "\"", "\\", "\r", "\r\n", "\u2028", "\x01", "</script>", "\ufffd", "x, y;\tz|"}
	var b strings.Builder
	for range rng.IntN(6) {
		b.WriteString(texts[rng.IntN(len(texts))])
	}
	return b.String()
}

// randomLiteral writes a string in one of the ways that JSON has for it.
func randomLiteral(rng *rand.Rand, s string) string {
	var b strings.Builder
	for _, r := range s {
		switch way := rng.IntN(3); {
		case way == 0 && r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		case way == 0:
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+(r-0x10000)>>10, 0xdc00+(r-0x10000)&0x3ff)
		case r == '/' && way == 1:
			b.WriteString(`\/`)
		default:
			literal := string(AppendJSONString(nil, string(r)))
			b.WriteString(literal[1 : len(literal)-1])
		}
	}
	return `"` + b.String() + `"`
}

// TestJoinedTextsAreCutInTheirFields: records of any shape, cut in a text of several
// fields, have the fields of the reference, and outside of these the same bytes.
func TestJoinedTextsAreCutInTheirFields(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	cut := 0
	for round := range 2000 {
		names := joinedNames[rng.IntN(len(joinedNames))]
		values, between, literals, places := randomRecord(rng)
		var record strings.Builder
		for i, b := range between {
			record.WriteString(b)
			if i < len(literals) {
				record.WriteString(literals[i])
			}
		}
		c := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": record.String()}.fs(), TextField: strings.Join(names, ",")})
		p, block := NewParser(c), c.NewBlock(0, 0, []byte(record.String()))
		var batch Batch
		p.Parse(block, &batch)
		text, _, _ := joinFields(values, names)
		if len(batch.Docs) == 0 && !slices.ContainsFunc(names, func(n string) bool { _, ok := values[n]; return ok }) {
			continue
		}
		if len(batch.Docs) != 1 || string(batch.Docs[0].Text) != text {
			t.Fatalf("round %d: %s of %v is %d documents, want the text %q", round, &record, names, len(batch.Docs), text)
		}
		cuts := randomCuts(rng, text)
		mark := []string{"", "[cut]", "\"\n"}[rng.IntN(3)]
		got, err := p.Edit(nil, block, []byte(record.String()), cuts, []byte(mark))
		if err != nil {
			t.Fatalf("round %d: %s of %v without %v: %v", round, &record, names, cuts, err)
		}
		cut += len(cuts)
		want := cutJoined(values, names, cuts, mark)
		rest := string(got)
		for i, b := range between {
			var ok bool
			if rest, ok = strings.CutPrefix(rest, b); !ok {
				t.Fatalf("round %d: %s of %v without %v is %s: other bytes have changed", round, &record, names, cuts, got)
			}
			if i == len(literals) {
				break
			}
			n := stringEnd([]byte(rest), 0)
			literal, name := rest[:n], places[i]
			if is := string(appendUnquoted(nil, []byte(literal))); is != want[name] || is == values[name] && mark == "" && literal != literals[i] {
				t.Fatalf("round %d: %s of %v without %v is %s, want %q in %s", round, &record, names, cuts, got, want, name)
			}
			rest = rest[n:]
		}
		text, _, _ = joinFields(want, names)
		if again := one(t, "a.jsonl", string(got), Options{TextField: strings.Join(names, ",")}); len(again.Docs) != 1 || again.Docs[0].Text != text {
			t.Fatalf("round %d: %s is read as %+v, want %q", round, got, again, text)
		}
	}
	if cut < 1000 {
		t.Errorf("%d cuts: the test tests little", cut)
	}
}

// randomRecord returns a record as what stands around the literals of fields with text,
// and the fields that these are; what is not there or null has no value.
func randomRecord(rng *rand.Rand) (values map[string]string, between, literals, places []string) {
	values = map[string]string{}
	space := func() string { return []string{"", "", " ", "\t"}[rng.IntN(4)] }
	glue := space() + "{" + space() + `"n":1.0`
	put := func(prefix, name, suffix string) {
		if rng.IntN(8) == 0 {
			return
		}
		values[name] = randomText(rng)
		between, literals, places = append(between, glue+","+space()+prefix+space()+":"+space()), append(literals, randomLiteral(rng, values[name])), append(places, name)
		glue = space() + suffix
	}
	members := []func(){
		func() { put(`"title"`, "title", "") },
		func() { glue += `,"body":"what comes later counts"`; put(`"\u0062ody"`, "body", "") },
		func() { put(`"a.b"`, "a.b", ""); glue += `,"a":{"b":"a name with a dot comes first"}` },
		func() { put(`"m":{"o":{"p":"early"},"o":{"x":{}},"n":"early","n"`, "m.n", "}") },
		func() { glue += `,"none":null` },
	}
	rng.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	for _, m := range members {
		m()
	}
	if _, ok := values["body"]; !ok {
		values["body"] = "what comes later counts"
		at := strings.LastIndex(glue, `"what`)
		if at < 0 {
			return randomRecord(rng) // it stands before another literal
		}
		between, literals, places = append(between, glue[:at]), append(literals, `"what comes later counts"`), append(places, "body")
		glue = glue[at+len(`"what comes later counts"`):]
	}
	if _, ok := values["a.b"]; !ok {
		return randomRecord(rng) // the nested one is its text then
	}
	return values, append(between, glue+space()+"}"+space()), literals, places
}

// TestJoinedTextsSpelledOut has examples to read.
func TestJoinedTextsSpelledOut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		names, record string
		cuts          []Cut
		mark, want    string
	}{
		// Over what stands between the fields.
		{"title,body", `{"body": "cd" ,"title":"ab"}`, []Cut{{1, 5}}, "", `{"body": "d" ,"title":"a"}`},
		{"title,body", `{"body": "cd" ,"title":"ab"}`, []Cut{{1, 5}}, "#", `{"body": "#d" ,"title":"a#"}`},
		{"title,body", `{"title":"ab","body":"cd"}`, []Cut{{2, 4}}, "#", `{"title":"ab","body":"cd"}`},
		{"title,body", `{"title":"ab","body":"cd"}`, []Cut{{0, 3}, {3, 4}, {5, 6}}, "", `{"title":"","body":"c"}`},
		// Without empty and missing ones nothing stands between.
		{"title,x,body", `{"title":"","x":null,"body":"\u0063d"}`, []Cut{{1, 2}}, "", `{"title":"","x":null,"body":"\u0063"}`},
		{"body,body", `{"body":"abcdef"}`, []Cut{{0, 2}, {9, 12}}, "#", `{"body":"#ef"}`},
		{"body,body", `{"body":"abcdef"}`, []Cut{{0, 2}, {10, 12}}, "#", `{"body":"##ef"}`},
		// A lone surrogate stays where nothing is cut.
		{"title,body", `{"title":"\ud83d","body":"\ude00x"}`, []Cut{{8, 9}}, "", `{"title":"\ud83d","body":"\ufffd"}`},
	} {
		c := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": tt.record}.fs(), TextField: tt.names})
		got, err := NewParser(c).Edit(nil, c.NewBlock(0, 0, nil), []byte(tt.record), tt.cuts, []byte(tt.mark))
		if err != nil || string(got) != tt.want {
			t.Errorf("%s without %v in %s: got %s, %v, want %s", tt.record, tt.cuts, tt.names, got, err, tt.want)
		}
	}
	for record, cuts := range map[string][]Cut{`{"title":"a","body":"b"}`: {{0, 5}}, `{"title":"a","body":5}`: {{0, 1}}, `{"x":"a"}`: {{0, 1}}} {
		c := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": record}.fs(), TextField: "title,body"})
		if got, err := NewParser(c).Edit(nil, c.NewBlock(0, 0, nil), []byte(record), cuts, nil); err == nil {
			t.Errorf("%s without %v became %s", record, cuts, got)
		}
	}
}

// TestJoinedCSVIsCutInItsFields: random tables, cut in texts of several columns, have the
// cells of the reference, and all others as they were stored.
func TestJoinedCSVIsCutInItsFields(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 150 {
		delimiter := string(",;\t|"[rng.IntN(4)])
		columns := []string{"id", "title", "body", "m.n", "title"}
		rng.Shuffle(len(columns), func(i, j int) { columns[i], columns[j] = columns[j], columns[i] })
		names := joinedNames[rng.IntN(7)]
		compression := Compression(round % len(compressions))
		eol := []string{"\n", "\r\n"}[rng.IntN(2)]
		var data strings.Builder
		data.WriteString(strings.Join(columns, delimiter) + eol)
		var stored [][]string
		for i := range rng.IntN(12) {
			var cells []string
			for _, column := range columns {
				value := strings.ReplaceAll(randomText(rng), "\r\n", "\n") // as encoding/csv reads it
				if column == "id" {
					value = fmt.Sprint("k", i)
				}
				cells = append(cells, randomCell(rng, value, delimiter[0]))
			}
			stored = append(stored, cells)
			data.WriteString(strings.Join(cells, delimiter) + eol)
		}
		mark := []string{"", "[cut]", "\"", delimiter}[rng.IntN(4)]
		before, _ := decodeCSV(t, data.String(), delimiter[0])
		var want []map[string]string
		o := Options{TextField: strings.Join(names, ","), CSV: CSVOptions{Delimiter: delimiter}}
		got := unpack(t, cutFile(t, "a.csv"+compressions[compression].ending, pack(t, data.String(), compression), o, mark, func(d *doc) []Cut {
			values := map[string]string{}
			for i, column := range columns { // of equal names the last
				values[column] = before[len(want)+1][i]
			}
			if text, _, _ := joinFields(values, names); d.Text != text {
				t.Fatalf("round %d: %q has the text %q, want %q", round, before[len(want)+1], d.Text, text)
			}
			cuts := randomCuts(rng, d.Text)
			want = append(want, cutJoined(values, names, cuts, mark))
			return cuts
		}), compression)
		after, places := decodeCSV(t, got, delimiter[0])
		if len(after) != len(before) {
			t.Fatalf("round %d: %q cut is %q: %d rows, want %d", round, &data, got, len(after), len(before))
		}
		lines := strings.SplitAfter(got, "\n")
		for r, row := range after[1:] {
			for i, column := range columns {
				isText := slices.Contains(names, column) && !slices.Contains(columns[i+1:], column)
				value := before[r+1][i]
				if isText {
					value = want[r][column]
				}
				at := places[r+1][i]
				place := len(strings.Join(lines[:at[0]-1], "")) + at[1] - 1
				if row[i] != value || value == before[r+1][i] && !strings.HasPrefix(got[place:], stored[r][i]) {
					t.Fatalf("round %d: %q cut in %v is %q: %s in row %d is %q, want %q", round, &data, names, got, column, r, row[i], value)
				}
			}
		}
	}
}

// FuzzEditJoined holds records cut in texts of several fields to encoding/json and to
// the reference.
func FuzzEditJoined(f *testing.F) {
	f.Add(`{"id":"a","title":"one two","m":{"n":"three"},"body":"four"}`, byte(2), 4, 10, 11, 20, "")
	f.Add(`{"title":"\ud83dXX\ude00","body":"\u00e9\n","title":null}`, byte(0), 0, 1, 1, 3, "[cut]")
	f.Add(`{"body":"aXXa\/","m":{"n":5},"m":{"x":1}}`, byte(4), 1, 3, 8, 11, "\"\\\x01")
	f.Add(`{"a.b":"x","m":{"o.p":"y","o":{"p":"z"}},"body":null}`, byte(7), 0, 2, 2, 5, "")
	f.Fuzz(func(t *testing.T, record string, pick byte, a, b, c, d int, mark string) {
		if strings.ContainsAny(record, "\n") || !utf8.ValidString(mark) {
			t.Skip()
		}
		names := joinedNames[int(pick)%len(joinedNames)]
		corpus := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": record}.fs(), TextField: strings.Join(names, ",")})
		p, block := NewParser(corpus), corpus.NewBlock(0, 0, []byte(record))
		var batch Batch
		p.Parse(block, &batch)
		var before, after map[string]any
		if len(batch.Docs) != 1 || batch.Docs[0].Offset != 0 || json.Unmarshal([]byte(record), &before) != nil {
			t.Skip()
		}
		values := map[string]string{}
		for _, name := range names {
			if s, ok := lookUp(before, name); ok {
				values[name] = s
			}
		}
		text, _, _ := joinFields(values, names)
		if string(batch.Docs[0].Text) != text {
			t.Fatalf("%q has the text %q, want %q", record, batch.Docs[0].Text, text)
		}
		cuts := cutsOf([]byte(text), a, b, c, d)
		got, err := p.Edit(nil, block, []byte(record), cuts, []byte(mark))
		if err != nil || json.Unmarshal(got, &after) != nil {
			t.Fatalf("%q with %v out is %q, %v", record, cuts, got, err)
		}
		for name, want := range cutJoined(values, names, cuts, mark) {
			if is, _ := lookUp(after, name); is != want {
				t.Errorf("%q with %v out is %q: %s is %q, want %q", record, cuts, got, name, is, want)
			}
			setAt(before, name, want)
		}
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%q with %v out is %q: more than the text has changed", record, cuts, got)
		}
	})
}

// lookUp returns the string in the field with a name.
func lookUp(object map[string]any, name string) (string, bool) {
	v, ok := object[name]
	if head, rest, dotted := strings.Cut(name, "."); !ok && dotted {
		inner, _ := object[head].(map[string]any)
		return lookUp(inner, rest)
	}
	s, ok := v.(string)
	return s, ok
}

// setAt replaces the string that lookUp finds.
func setAt(object map[string]any, name, value string) {
	if _, ok := object[name]; ok {
		object[name] = value
		return
	}
	head, rest, _ := strings.Cut(name, ".")
	setAt(object[head].(map[string]any), rest, value)
}
