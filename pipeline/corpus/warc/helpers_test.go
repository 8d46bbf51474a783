package warc

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// rec makes a record. Fields are name and value in turn.
func rec(kind, id, content string, fields ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "WARC/1.0\r\nWARC-Type: %s\r\nWARC-Record-ID: <%s>\r\n", kind, id)
	for i := 0; i < len(fields); i += 2 {
		fmt.Fprintf(&b, "%s: %s\r\n", fields[i], fields[i+1])
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s\r\n\r\n", len(content), content)
	return b.String()
}

// page makes a response record with an HTML page.
func page(id, body string, fields ...string) string {
	return rec("response", id, "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"+body,
		append([]string{"Content-Type", "application/http; msgtype=response"}, fields...)...)
}

func wet(id, text string) string {
	return rec("conversion", id, text, "Content-Type", "text/plain", "WARC-Target-URI", "http://a.example/"+id)
}

// layout is a way of storing records.
type layout struct {
	name  string
	store func(t testing.TB, records []string) []byte
}

func layouts(t testing.TB) []layout {
	dict := dictionary(t)
	join := func(records []string) []byte { return []byte(strings.Join(records, "")) }
	each := func(compress func(t testing.TB, b []byte) []byte) func(t testing.TB, records []string) []byte {
		return func(t testing.TB, records []string) []byte {
			var out []byte
			for _, r := range records {
				out = append(out, compress(t, []byte(r))...)
			}
			return out
		}
	}
	return []layout{
		{"plain", func(_ testing.TB, records []string) []byte { return join(records) }},
		{"gzip, a member a record", each(gz)},
		{"gzip, one member", func(t testing.TB, records []string) []byte { return gz(t, join(records)) }},
		{"gzip, members anywhere", func(t testing.TB, records []string) []byte {
			var out []byte
			for piece := range slices.Chunk(join(records), 97) {
				out = append(out, gz(t, piece)...)
			}
			return out
		}},
		{"zstd, a frame a record", each(func(t testing.TB, b []byte) []byte { return zst(t, b) })},
		{"zstd, one frame", func(t testing.TB, records []string) []byte { return zst(t, join(records)) }},
		{"zstd, frames anywhere", func(t testing.TB, records []string) []byte {
			var out []byte
			for piece := range slices.Chunk(join(records), 97) {
				out = append(out, zst(t, piece)...)
			}
			return out
		}},
		{"zstd with a dictionary", func(t testing.TB, records []string) []byte {
			out := binary.LittleEndian.AppendUint32([]byte{0x5d, 0x2a, 0x4d, 0x18}, uint32(len(dict)))
			out = append(out, dict...)
			for _, r := range records {
				out = append(out, zst(t, []byte(r), zstd.WithEncoderDict(dict))...)
			}
			return out
		}},
	}
}

// builtDictionary takes a second.
var builtDictionary = sync.OnceValues(buildDictionary)

func dictionary(t testing.TB) []byte {
	t.Helper()
	dict, err := builtDictionary()
	if err != nil {
		t.Fatal(err)
	}
	return dict
}

func buildDictionary() ([]byte, error) {
	var contents [][]byte
	for i := range 40 {
		contents = append(contents, []byte(page(fmt.Sprint("urn:uuid:", i*i), fmt.Sprintf("<p>history %d of page %x</p>", i, i*i*i))))
	}
	return zstd.BuildDict(zstd.BuildDictOptions{ID: 7, Contents: contents, History: bytes.Join(contents[:8], nil), Offsets: [3]int{1, 4, 8}})
}

func gz(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zst(t testing.TB, b []byte, o ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, append(o, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(64<<10))...)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return w.EncodeAll(b, nil)
}

func stored(b []byte) *corpus.Stored {
	r := bytes.NewReader(b)
	return &corpus.Stored{Name: "a.warc", Size: int64(len(b)), Reader: r, ReaderAt: r}
}

// found is one thing that Next returned.
type found struct {
	number, offset int64
	object         object
	json           string
	bad            *corpus.RecordError
}

// read returns all of a file's records, which are the same however many goroutines
// make texts of them.
func read(t testing.TB, b []byte, o corpus.ContainerOptions) []found {
	t.Helper()
	all := readWith(t, b, o)
	o.Slots = make(chan struct{}, 3)
	if got := readWith(t, b, o); !reflect.DeepEqual(got, all) {
		t.Errorf("with slots:\n%s\nwithout:\n%s", summary(got), summary(all))
	}
	if len(o.Slots) > 0 {
		t.Errorf("%d slots are left taken", len(o.Slots))
	}
	return all
}

func readWith(t testing.TB, b []byte, o corpus.ContainerOptions) []found {
	t.Helper()
	if o.MaxRecord == 0 {
		o.MaxRecord = 1 << 20
	}
	records, err := New().Open(t.Context(), stored(b), o)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	var all []found
	for {
		r, err := records.Next()
		if err == io.EOF {
			return all
		}
		f := found{number: r.Number, offset: r.Offset, json: string(r.JSON)}
		if errors.As(err, &f.bad) {
			f.number, f.offset = f.bad.Line, f.bad.Offset
		} else if err != nil {
			t.Fatal(err)
		} else if err := json.Unmarshal(r.JSON, &f.object); err != nil || strings.Contains(f.json, "\n") {
			t.Fatalf("%q: %v", r.JSON, err)
		}
		all = append(all, f)
	}
}

// pick writes a file with the records only for which keep returns true, and checks
// that keep is asked as it is promised.
func pick(t testing.TB, b []byte, keep func(number int64) bool) ([]byte, int64) {
	t.Helper()
	var out bytes.Buffer
	last := int64(0)
	err := New().Select(t.Context(), stored(b), &out, func(number int64) bool {
		if number != last+1 {
			t.Fatalf("keep is asked for %d after %d", number, last)
		}
		last = number
		return keep(number)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), last
}

// summary writes what was found in few words.
func summary(all []found) string {
	var b strings.Builder
	for _, f := range all {
		if f.bad != nil {
			fmt.Fprintf(&b, "%d: bad: %s", f.number, f.bad.Reason)
			if f.bad.Broken {
				b.WriteString(" (broken)")
			}
		} else {
			fmt.Fprintf(&b, "%d: %s %q", f.number, f.object.ID, f.object.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}
