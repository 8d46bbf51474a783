package corpus

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

const bom = "\xef\xbb\xbf"

// TestHostileRecords holds the inputs of the project's reliability plan: each
// gives exactly these documents and these errors, and never a panic.
func TestHostileRecords(t *testing.T) {
	good := `{"id":"a","text":"x"}`
	jsonl := func(line string) string { return line + "\n" + good + "\n" }
	long := strings.Repeat("y", 200)
	tests := []struct {
		name string
		file string // default x.jsonl
		data string
		want string // documents as key=text, errors as line!reason-part, in order of kind
	}{
		{"plain", "", good + "\n", "a=x"},
		{"no newline at the end", "", good, "a=x"},
		{"empty file", "", "", ""},
		{"only blank lines", "", "\n \t\n\r\n\n", ""},
		{"blank lines between", "", "\n" + good + "\n\n  \n" + `{"id":"b","text":"y"}`, "a=x b=y"},
		{"CRLF", "", good + "\r\n" + `{"id":"b","text":"y"}` + "\r\n", "a=x b=y"},
		{"a CR more is white space", "", good + "\r\r\n", "a=x"},
		{"BOM", "", bom + good + "\n", "a=x"},
		{"BOM alone", "", bom, ""},
		{"BOM before a blank line", "", bom + "\n" + good, "a=x"},
		{"BOM in a later line", "", good + "\n" + bom + good, "a=x 2!invalid character"},
		{"two BOMs", "", bom + bom + good, "1!invalid character"},
		{"malformed", "", jsonl(`{"id":"m","text":}`), "a=x 1!invalid JSON: invalid character '}'"},
		{"truncated record", "", jsonl(`{"id":"m","text":"abc`), "a=x 1!unexpected end of JSON input"},
		{"single quotes", "", jsonl(`{'id':'m'}`), "a=x 1!invalid character '\\''"},
		{"trailing comma", "", jsonl(`{"id":"m","text":"z",}`), "a=x 1!invalid JSON"},
		{"trailing garbage", "", jsonl(`{"id":"m","text":"z"} x`), "a=x 1!after top-level value"},
		{"two objects in a line", "", jsonl(`{"id":"m","text":"z"}{"id":"n","text":"z"}`), "a=x 1!after top-level value"},
		{"comment", "", jsonl(`// {"id":"m","text":"z"}`), "a=x 1!invalid JSON"},
		{"unquoted name", "", jsonl(`{id:"m",text:"z"}`), "a=x 1!invalid JSON"},
		{"NaN", "", jsonl(`{"id":"m","text":"z","n":NaN}`), "a=x 1!invalid JSON"},
		{"Infinity", "", jsonl(`{"id":"m","text":"z","n":-Infinity}`), "a=x 1!invalid JSON"},
		{"leading zero", "", jsonl(`{"id":007,"text":"z"}`), "a=x 1!invalid JSON"},
		{"number with a bare dot", "", jsonl(`{"id":1.,"text":"z"}`), "a=x 1!invalid JSON"},
		{"plus sign", "", jsonl(`{"id":+1,"text":"z"}`), "a=x 1!invalid JSON"},
		{"misspelt literal", "", jsonl(`{"id":"m","text":"z","b":tru}`), "a=x 1!invalid JSON"},
		{"capital literal", "", jsonl(`{"id":"m","text":"z","b":True}`), "a=x 1!invalid JSON"},
		{"control character", "", jsonl("{\"id\":\"m\",\"text\":\"a\tb\"}"), "a=x 1!invalid character '\\t'"},
		{"NUL byte", "", jsonl("{\"id\":\"m\",\"text\":\"a\x00b\"}"), "a=x 1!invalid character '\\x00'"},
		{"escaped NUL", "", jsonl(`{"id":"m","text":"a\u0000b"}`), "m=a\x00b a=x"},
		{"unknown escape", "", jsonl(`{"id":"m","text":"a\qb"}`), "a=x 1!invalid character 'q'"},
		{"short escape", "", jsonl(`{"id":"m","text":"a\u12"}`), "a=x 1!invalid JSON"},
		{"all escapes", "", `{"id":"m","text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"}`, "m=\"\\/\b\f\n\r\té😀"},
		{"lone high surrogate", "", jsonl(`{"id":"m","text":"a\ud83dz"}`), "m=a\uFFFDz a=x"},
		{"lone low surrogate", "", jsonl(`{"id":"m","text":"a\uDE00"}`), "m=a\uFFFD a=x"},
		{"two high surrogates", "", jsonl(`{"id":"m","text":"\ud83d\ud83d\ude00"}`), "m=\uFFFD😀 a=x"},
		{"swapped surrogates", "", jsonl(`{"id":"m","text":"\ude00\ud83d"}`), "m=\uFFFD\uFFFD a=x"},
		{"escaped backslash before ud83d", "", jsonl(`{"id":"m","text":"\\ud83d"}`), `m=\ud83d a=x`},
		{"lone surrogate in the id", "", jsonl(`{"id":"\ud83d","text":"z"}`), "\uFFFD=z a=x"},
		{"invalid UTF-8 in the text", "", jsonl("{\"id\":\"m\",\"text\":\"a\xffb\"}"), "a=x 1!invalid UTF-8 at byte 19"},
		{"invalid UTF-8 in another field", "", jsonl("{\"id\":\"m\",\"text\":\"z\",\"o\":\"\xc3\"}"), "a=x 1!invalid UTF-8"},
		{"surrogates in UTF-8", "", jsonl("{\"id\":\"m\",\"text\":\"\xed\xa0\xbd\"}"), "a=x 1!invalid UTF-8"},
		{"overlong UTF-8", "", jsonl("{\"id\":\"m\",\"text\":\"\xc0\xaf\"}"), "a=x 1!invalid UTF-8"},
		{"UTF-16 with BOM", "", "\xff\xfe{\x00\"\x00\n\x00", "0!UTF-16"},
		{"UTF-16 big-endian", "", "\xfe\xff\x00{\x00\"\x00\n", "0!UTF-16"},
		{"text missing", "", jsonl(`{"id":"m"}`), `a=x 1!field "text" is missing`},
		{"empty object", "", jsonl(`{}`), `a=x 1!field "text" is missing`},
		{"empty object with a space", "", jsonl(`{ }`), `a=x 1!field "text" is missing`},
		{"text is a number", "", jsonl(`{"id":"m","text":1}`), `a=x 1!field "text" is a number, want a string`},
		{"text is null", "", jsonl(`{"id":"m","text":null}`), `a=x 1!field "text" is null, want a string`},
		{"text is an array", "", jsonl(`{"id":"m","text":["x"]}`), `a=x 1!field "text" is an array, want a string`},
		{"text is an object", "", jsonl(`{"id":"m","text":{}}`), `a=x 1!field "text" is an object, want a string`},
		{"text is a boolean", "", jsonl(`{"id":"m","text":true}`), `a=x 1!field "text" is a boolean, want a string`},
		{"text is empty", "", jsonl(`{"id":"m","text":""}`), "m= a=x"},
		{"text of punctuation", "", jsonl(`{"id":"m","text":" . , ! "}`), "m= . , !  a=x"},
		{"wrong case of the name", "", jsonl(`{"id":"m","Text":"z"}`), `a=x 1!field "text" is missing`},
		{"escaped name", "", jsonl(`{"\u0069d":"m","te\u0078t":"z"}`), "m=z a=x"},
		{"equal names, the last wins", "", jsonl(`{"id":"l","id":"m","text":"y","text":"z"}`), "m=z a=x"},
		{"equal names, the last is bad", "", jsonl(`{"id":"m","text":"y","text":3}`), `a=x 1!field "text" is a number`},
		{"id missing", "", jsonl(`{"text":"z"}`), "x.jsonl:1=z a=x"},
		{"id null", "", jsonl(`{"id":null,"text":"z"}`), "x.jsonl:1=z a=x"},
		{"id empty", "", jsonl(`{"id":"","text":"z"}`), "x.jsonl:1=z a=x"},
		{"id a number", "", jsonl(`{"id":12,"text":"z"}`), "12=z a=x"},
		{"id a number as written", "", jsonl(`{"id":1.50e3,"text":"z"}`), "1.50e3=z a=x"},
		{"id over 2^53", "", jsonl(`{"id":9007199254740993,"text":"z"}`), "9007199254740993=z a=x"},
		{"id an array", "", jsonl(`{"id":[],"text":"z"}`), `a=x 1!field "id" is an array, want a string or a number`},
		{"id a boolean", "", jsonl(`{"id":false,"text":"z"}`), `a=x 1!field "id" is a boolean`},
		{"top level array", "", jsonl(`[1,2]`), "a=x 1!the record is an array, want an object"},
		{"top level string", "", jsonl(`"text"`), "a=x 1!the record is a string"},
		{"top level null", "", jsonl(`null`), "a=x 1!the record is null"},
		{"prose", "", jsonl(`Once upon a time`), "a=x 1!invalid JSON"},
		{"backslash at the end of a string", "", jsonl(`{"o":"\\","id":"m","text":"z\\"}`), `m=z\ a=x`},
		{"braces in strings", "", jsonl(`{"o":"}{][\"","id":"m","text":"{"}`), "m={ a=x"},
		{"nested fields do not count", "", jsonl(`{"o":{"id":"q","text":"q"},"id":"m","text":"z"}`), "m=z a=x"},
		{"depth at the limit", "", jsonl(`{"id":"m","text":"z","o":` + nested(maxDepth-1) + `}`), "m=z a=x"},
		{"depth over the limit", "", jsonl(`{"id":"m","text":"z","o":` + nested(maxDepth) + `}`), "a=x 1!nested deeper than 300"},
		{"depth of a million", "", jsonl(strings.Repeat("[", 1e6)), "a=x 1!nested deeper than 300"},
		{"unbalanced", "", jsonl(strings.Repeat("]", 1000)), "a=x 1!invalid JSON"},
		{"a combining bomb", "", jsonl(`{"id":"m","text":"e` + strings.Repeat("\u0301", 100) + `"}`), "m=e" + strings.Repeat("\u0301", 100) + " a=x"},
		{"bidi controls", "", jsonl("{\"id\":\"m\",\"text\":\"\u202ex\"}"), "m=\u202ex a=x"},
		{"white space around", "", jsonl(" \t" + `{ "id" : "m" , "text" : "z" }` + " \t"), "m=z a=x"},
		{"gzip", "x.jsonl.gz", gz(t, jsonl(`{"id":"m","text":"z"}`)), "m=z a=x"},
		{"zstd", "x.jsonl.zst", zst(t, jsonl(`{"id":"m","text":"z"}`)), "m=z a=x"},
		{"concatenated gzip", "x.jsonl.gz", gz(t, `{"id":"m","te`) + gz(t, `xt":"z"}`+"\n"), "m=z"},
		{"concatenated zstd", "x.jsonl.zst", zst(t, `{"id":"m","te`) + zst(t, `xt":"z"}`+"\n"), "m=z"},
		{"zstd with a skippable frame", "x.jsonl.zst", "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zst(t, good), "a=x"},
		{"bzip2", "x.jsonl.bz2", pack(t, jsonl(`{"id":"m","text":"z"}`), Bzip2), "m=z a=x"},
		{"xz", "x.jsonl.xz", pack(t, jsonl(`{"id":"m","text":"z"}`), Xz), "m=z a=x"},
		{"concatenated bzip2", "x.jsonl.bz2", pack(t, `{"id":"m","te`, Bzip2) + pack(t, `xt":"z"}`+"\n", Bzip2), "m=z"},
		{"concatenated xz", "x.jsonl.xz", pack(t, `{"id":"m","te`, Xz) + "\x00\x00\x00\x00" + pack(t, `xt":"z"}`+"\n", Xz), "m=z"},
		{"bzip2, garbage after it", "x.jsonl.bz2", pack(t, good+"\n", Bzip2) + "garbage garbage", "a=x 2!bzip2 data: "},
		{"xz, garbage after it", "x.jsonl.xz", pack(t, good+"\n", Xz) + "garbage garbage", "a=x 2!xz data: "},
		{"xz under a plain name", "", pack(t, good, Xz), "0!content is xz data"},
		{"bzip2 under a plain name", "x.txt", pack(t, good, Bzip2), "1!content is bzip2 data"},
		{"xz that wants a giant dictionary", "x.jsonl.xz", giantDictionary(t), "0!xz data: a dictionary of 4096 MiB is over the limit of 128"},
		{"gzip, garbage after it", "x.jsonl.gz", gz(t, good+"\n") + "garbage garbage", "a=x 2!gzip data: gzip: invalid header"},
		{"zstd, garbage after it", "x.jsonl.zst", zst(t, good+"\n") + "garbage", "a=x 2!zstd data: "},
		{"gzip that is none", "x.jsonl.gz", good, "0!gzip data: "},
		{"zstd that is none", "x.jsonl.zst", good, "1!zstd data: "},
		{"empty gzip file", "x.jsonl.gz", "", "0!gzip data: unexpected EOF"},
		{"gzip under a plain name", "", gz(t, good), "0!content is gzip data"},
		{"zstd under a plain name", "x.txt", zst(t, good), "1!content is zstd data"},
		{"gzip in gzip", "x.jsonl.gz", gz(t, gz(t, good)), "0!content is gzip data"},
		{"line over the limit", "", jsonl(`{"id":"m","text":"` + long + `"}`), "a=x 1!over the limit of 150 bytes"},
		{"last line over the limit", "", good + "\n" + long, "a=x 2!over the limit"},
		{"lines over the limit in a row", "", long + "\n" + long + "\n" + long + "\n" + good, "a=x 1!over 2!over 3!over"},
		{"text file", "x.txt", "Hello\r\nworld\n", "x.txt=Hello\r\nworld\n"},
		{"text file with BOM", "x.md", bom + "Hello", "x.md=Hello"},
		{"empty text file", "x.text", "", "x.text="},
		{"text file of a BOM", "x.txt", bom, "x.txt="},
		{"text file with NUL", "x.txt", "a\x00b", "x.txt=a\x00b"},
		{"text file, invalid UTF-8", "x.txt", "ab\xff", "1!invalid UTF-8 at byte 2"},
		{"text file in UTF-16", "x.txt", "\xff\xfea\x00", "x.txt=a"},
		{"text file over the limit", "x.txt", long, "1!over the limit"},
		{"text file in gzip", "x.txt.gz", gz(t, "Hello"), "x.txt.gz=Hello"},
		{"text file in zstd", "x.md.zst", zst(t, "Hello"), "x.md.zst=Hello"},
		{"text file in cut gzip", "x.txt.gz", gz(t, "Hello, world")[:24], "1!gzip data: unexpected EOF"},
		{"name in capitals", "X.JSONL", good, "a=x"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := tt.file
			if file == "" {
				file = "x.jsonl"
			}
			o := Options{MaxRecord: 150}
			if strings.Contains(tt.name, "depth") || strings.Contains(tt.name, "unbalanced") || strings.Contains(tt.name, "bomb") {
				o.MaxRecord = 2e6
			}
			checkContent(t, one(t, file, tt.data, o), tt.want)
		})
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

// checkContent compares documents and errors with the notation of
// TestHostileRecords.
func checkContent(t *testing.T, got content, want string) {
	t.Helper()
	rest := want
	for _, d := range got.Docs {
		s := d.Key + "=" + d.Text
		if !strings.HasPrefix(rest, s) {
			t.Fatalf("document %q stands where %q is wanted", s, rest)
		}
		rest = strings.TrimPrefix(rest[len(s):], " ")
	}
	for i, e := range got.Errs {
		line, part, ok := strings.Cut(rest, "!")
		if !ok {
			t.Fatalf("error %+v, want %q", e, rest)
		}
		rest = ""
		if i+1 < len(got.Errs) {
			part, rest, _ = strings.Cut(part, " ")
		}
		if line != strconv.FormatInt(e.Line, 10) || !strings.Contains(e.Reason, part) {
			t.Errorf("error %+v, want line %s with %q", e, line, part)
		}
	}
	if rest != "" {
		t.Errorf("%q is missing; got %+v", rest, got)
	}
}

// TestErrorsNamePlaceAndKey: an error says where the record is, and which
// document it would have been.
func TestErrorsNamePlaceAndKey(t *testing.T) {
	got := one(t, "x.jsonl", bom+"\n{\"id\":\"a\",\"text\":\"x\"}\r\n\n{\"id\":\"b\"}\n", Options{})
	want := content{
		Docs:  []doc{{"x.jsonl", "a", "x", "", 2, 4, 21, "", ""}},
		Errs:  []bad{{"x.jsonl", 4, 28, "b", `field "text" is missing`}},
		Blank: 2,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// TestFields: dotted paths, the literal name first, and the extra field.
func TestFields(t *testing.T) {
	tests := []struct{ record, text, field string }{
		{`{"a.b":"lit","a":{"b":"nest"},"d":3}`, "lit", "3"},
		{`{"a":{"b":"nest"},"a.b":"lit","d":"s"}`, "lit", "s"},
		{`{"a":{"b":"nest"},"d":null}`, "nest", ""},
		{`{"a":{"b":"first"},"a":{"b":"last"},"d":[1]}`, "last", ""},
		{`{"a":{"b":"first"},"a":{},"d":1e5}`, "", "1e5"},
		{`{"a":{"b":"first"},"a":7}`, "", ""},
		{`{"a":{"b":{"c":1}}}`, "", ""},
		{`{"":{"":"x","b":"y"},"a":[]}`, "", ""},
		{`{"a":{"x":1,"b":"y\u00e9"},"d":"\u0041"}`, "yé", "A"},
	}
	for _, tt := range tests {
		got := one(t, "x.jsonl", tt.record, Options{TextField: "a.b", Fields: []string{"d"}})
		if tt.text == "" {
			if len(got.Errs) != 1 {
				t.Errorf("%s: got %+v, want an error", tt.record, got)
			}
			continue
		}
		if len(got.Docs) != 1 || got.Docs[0].Text != tt.text || got.Docs[0].Field != tt.field {
			t.Errorf("%s: got %+v, want text %q and field %q", tt.record, got, tt.text, tt.field)
		}
	}
	got := one(t, "x.jsonl", `{"":{"":"x"},"":"y","text":"t"}`, Options{})
	if len(got.Docs) != 1 || got.Docs[0].Field != "" || got.Docs[0].Key != "x.jsonl:1" {
		t.Errorf("names that are empty: got %+v", got)
	}
	for record, want := range map[string][2]string{
		`{"text":"x","when":"2024","d":"y"}`:     {"y", "2024"},
		`{"when":2024,"d":7,"text":"x"}`:         {"7", "2024"},
		`{"wh\u0065n":2024,"d":7,"text":"x"}`:    {"7", "2024"},
		`{"text":"x","when":null,"":"no field"}`: {"", ""},
	} {
		got := one(t, "x.jsonl", record, Options{Fields: []string{"d"}, DateField: "when"})
		if len(got.Docs) != 1 || got.Docs[0].Field != want[0] || got.Docs[0].Date != want[1] {
			t.Errorf("%s: %+v, want field %q and date %q", record, got, want[0], want[1])
		}
		got = one(t, "x.jsonl", record, Options{DateField: "when"})
		if len(got.Docs) != 1 || got.Docs[0].Field != "" || got.Docs[0].Date != want[1] {
			t.Errorf("%s: %+v, want date %q alone", record, got, want[1])
		}
		got = one(t, "x.jsonl", record, Options{DateField: "d", SourceField: "when"})
		if len(got.Docs) != 1 || got.Docs[0].Date != want[0] || got.Docs[0].Source != want[1] {
			t.Errorf("%s: %+v, want date %q and source %q", record, got, want[0], want[1])
		}
	}
	got = one(t, "x.jsonl", `{"m":{"n":{"o":"deep"}},"text":"x"}`, Options{IDField: "m.n.o"})
	if len(got.Docs) != 1 || got.Docs[0].Key != "deep" {
		t.Errorf("id in m.n.o: got %+v", got)
	}
}

// giantDictionary returns xz data whose header asks for 4 GiB.
func giantDictionary(t *testing.T) string {
	t.Helper()
	b := []byte(pack(t, "x", Xz))
	const header = 12
	at := bytes.Index(b[header:], []byte{0x21, 1}) + header + 2
	b[at] = 40
	end := header + 4*(int(b[header])+1)
	binary.LittleEndian.PutUint32(b[end-4:], crc32.ChecksumIEEE(b[header:end-4]))
	return string(b)
}
