package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
)

// forgery is a file of one column, "text", with one page, or the same one some times.
type forgery struct {
	meta   format.FileMetaData
	header format.PageHeader
	page   []byte
	pages  int
}

// newForgery returns a good file of two texts, the strings "a" and "b".
func newForgery() *forgery {
	page := []byte("\x01\x00\x00\x00a\x01\x00\x00\x00b")
	f := &forgery{page: page, pages: 1}
	root, text := format.SchemaElement{Name: "root"}, format.SchemaElement{Name: "text"}
	root.NumChildren.Set(1)
	text.Type.Set(format.ByteArray)
	text.RepetitionType.Set(format.Required)
	text.LogicalType.Value = &format.StringType{}
	f.meta = format.FileMetaData{Version: 2, Schema: []format.SchemaElement{root, text}, NumRows: 2, RowGroups: []format.RowGroup{{
		NumRows: 2, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: format.ByteArray, Encoding: []format.Encoding{format.Plain}, PathInSchema: []string{"text"},
			NumValues: 2, DataPageOffset: 4, TotalCompressedSize: 1, TotalUncompressedSize: 1,
		}}},
	}}}
	f.header = format.PageHeader{Type: format.DataPage, UncompressedPageSize: int32(len(page)), CompressedPageSize: int32(len(page))}
	f.header.DataPageHeader.Valid = true
	f.header.DataPageHeader.V = format.DataPageHeader{NumValues: 2, Encoding: format.Plain, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE}
	return f
}

func (f *forgery) text() *format.SchemaElement   { return &f.meta.Schema[1] }
func (f *forgery) group() *format.RowGroup       { return &f.meta.RowGroups[0] }
func (f *forgery) chunk() *format.ColumnMetaData { return &f.group().Columns[0].MetaData }

func (f *forgery) setPage(page string) {
	f.page = []byte(page)
	f.header.UncompressedPageSize, f.header.CompressedPageSize = int32(len(page)), int32(len(page))
}

// repeat makes the column a list of so many truths in its one row.
func (f *forgery) repeat(n int32) {
	f.text().RepetitionType.Set(format.Repeated)
	f.text().Type.Set(format.Boolean)
	f.text().LogicalType.Value = nil
	f.chunk().Type, f.chunk().NumValues, f.group().NumRows = format.Boolean, int64(n), 1
	f.header.DataPageHeader.V.NumValues = n
	f.header.DataPageHeader.V.Encoding = format.RLE
	run := func(n int32) string { return string(binary.AppendUvarint(nil, uint64(n)<<1)) + "\x01" }
	f.setPage(sized("\x02\x00"+run(n-1)) + sized(run(n)) + sized(run(n))) // the first repetition level is 0
}

func sized(s string) string {
	return string(binary.LittleEndian.AppendUint32(nil, uint32(len(s)))) + s
}

func (f *forgery) bytes(t testing.TB) []byte {
	t.Helper()
	marshal := func(v any) []byte {
		b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	out := []byte("PAR1")
	for range f.pages {
		out = append(append(out, marshal(f.header)...), f.page...)
	}
	return withFooter(out, marshal(f.meta))
}

func withFooter(pages, footer []byte) []byte {
	out := append(bytes.Clone(pages), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func compressed(t testing.TB, n int) []byte {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(make([]byte, n), nil)
}

// maxAlloc is what reading a few hostile bytes may take, in bytes.
const maxAlloc = 24 << 20

func TestHostileFilesAreErrorsAndTakeLittleMemory(t *testing.T) {
	for _, test := range []struct {
		name, want string
		change     func(*forgery)
	}{
		{"good", "", func(*forgery) {}},
		{"page longer than the file", "ends too early", func(f *forgery) { f.header.CompressedPageSize = 1 << 30 }},
		{"page of no length", "ends too early", func(f *forgery) { f.setPage("") }},
		{"negative page", "malformed", func(f *forgery) { f.header.CompressedPageSize = -1 }},
		{"decompressed to 2 GiB", "over the limit", func(f *forgery) { f.chunk().Codec = format.Zstd; f.header.UncompressedPageSize = 1<<31 - 1 }},
		{"values without number", "over the limit", func(f *forgery) { f.header.DataPageHeader.V.NumValues = 1<<31 - 1 }},
		{"zstd bomb", "not as long as its header says", func(f *forgery) {
			f.page = compressed(t, 64<<20)
			f.header.CompressedPageSize, f.chunk().Codec = int32(len(f.page)), format.Zstd
		}},
		{"snappy that claims 500 MB", "not as long as its header says", func(f *forgery) {
			f.chunk().Codec, f.header.UncompressedPageSize = format.Snappy, 500<<20
		}},
		{"lz4 of garbage", "not as long as its header says", func(f *forgery) { f.chunk().Codec = format.Lz4Raw }},
		{"gzip of garbage", "gzip", func(f *forgery) { f.chunk().Codec = format.Gzip }},
		{"brotli of garbage", "not as long as its header says", func(f *forgery) { f.chunk().Codec = format.Brotli }},
		{"unknown codec", "not known", func(f *forgery) { f.chunk().Codec = format.LZO }},
		{"unknown encoding", "not known", func(f *forgery) { f.header.DataPageHeader.V.Encoding = 77 }},
		{"unknown page", "type 9", func(f *forgery) { f.header.Type = 9 }},
		{"no dictionary", "there is none", func(f *forgery) { f.header.DataPageHeader.V.Encoding = format.RLEDictionary }},
		{"value beyond the page", "ends too early", func(f *forgery) { f.setPage("\xff\xff\xff\xff") }},
		{"deltas without end", "malformed", func(f *forgery) {
			f.header.DataPageHeader.V.Encoding = format.DeltaLengthByteArray
			f.setPage("\x80\x01\x04\xff\xff\xff\xff\x0f\x00\x00\x00\x00\x00\x00")
		}},
		{"levels beyond the page", "ends too early", func(f *forgery) { f.text().RepetitionType.Set(format.Optional); f.setPage("\xff\xff\xff\x7f\x00") }},
		{"row that begins inside", "do not fit each other", func(f *forgery) {
			f.text().RepetitionType.Set(format.Repeated)
			f.setPage(sized("\x04\x01") + sized("\x04\x01") + string(f.page))
		}},
		{"columns that are not there", "row group 1 has 1 columns", func(f *forgery) {
			f.meta.Schema[0].NumChildren.Set(2)
			f.meta.Schema = append(f.meta.Schema, f.meta.Schema[1])
		}},
		{"children that are not there", "schema", func(f *forgery) { f.meta.Schema[0].NumChildren.Set(1 << 30) }},
		{"no children", "schema", func(f *forgery) { f.meta.Schema[0].NumChildren.Set(0) }},
		{"no schema", "schema", func(f *forgery) { f.meta.Schema = nil }},
		{"values of no length", "values of 0 bytes", func(f *forgery) { f.text().Type.Set(format.FixedLenByteArray) }},
		{"values of 2 GB", "values of 2147483647 bytes", func(f *forgery) { f.text().Type.Set(format.FixedLenByteArray); f.text().TypeLength.Set(1<<31 - 1) }},
		{"unknown type", "type 99", func(f *forgery) { f.text().Type.Set(99) }},
		{"type of another column", "in a row group", func(f *forgery) { f.chunk().Type = format.Double }},
		{"rows without number", "rows", func(f *forgery) { f.group().NumRows = 1 << 60 }},
		{"negative rows", "rows", func(f *forgery) { f.group().NumRows = -1 }},
		{"more rows than values", "fewer rows", func(f *forgery) { f.group().NumRows = 3 }},
		{"fewer rows than values", "more rows", func(f *forgery) { f.group().NumRows = 1 }},
		{"page before the file", "begin at byte 0", func(f *forgery) { f.chunk().DataPageOffset = 0 }},
		{"page behind the file", "begin at byte", func(f *forgery) { f.chunk().DataPageOffset = 1 << 60 }},
		{"column in another file", "another file", func(f *forgery) { f.group().Columns[0].FilePath = "/etc/passwd" }},
		{"a row of 4 million elements from 30 bytes", "over the limit", func(f *forgery) { f.repeat(1 << 22) }},
	} {
		f := newForgery()
		test.change(f)
		data := f.bytes(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		lines, err := rows(data, corpus.ContainerOptions{MaxRecord: 1 << 20})
		runtime.ReadMemStats(&after)
		if test.want == "" {
			if err != nil || len(lines) != 2 || lines[1] != `{"text":"b"}` {
				t.Errorf("%s: %q, %v", test.name, lines, err)
			}
			continue
		}
		checkError(t, test.name, err, test.want)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAlloc {
			t.Errorf("%s: took %d MiB", test.name, n>>20)
		}
	}
}

func checkError(t *testing.T, name string, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "broke down") {
		t.Errorf("%s: error %v, want one with %q", name, err, want)
	}
}

func TestFilesThatAreNotParquetAreErrors(t *testing.T) {
	good := newForgery().bytes(t)
	for _, test := range []struct {
		name, data, want string
	}{
		{"nothing", "", "too few"},
		{"a word", "PAR1", "too few"},
		{"text", strings.Repeat("text ", 10), "another kind"},
		{"cut short", string(good[:len(good)-1]), "cut short"},
		{"encrypted", string(good[:len(good)-4]) + "PARE", "encrypted"},
		{"footer longer than the file", "PAR1" + "\xff\xff\xff\x7fPAR1", "describe it"},
		{"footer of nothing", string(withFooter([]byte("PAR1"), nil)), "malformed"},
		{"list without end", string(withFooter([]byte("PAR1"), []byte("\x15\x02\x19\xfc\xff\xff\xff\xff\x07"))), "malformed"},
		{"list of much from little", string(withFooter([]byte("PAR1"), []byte("\x15\x02\x19\xfc\x80\x80\x80\x02"+strings.Repeat("\x00", 4<<20)))), "too many parts"},
		{"string without end", string(withFooter([]byte("PAR1"), []byte("\x15\x02\x68\xff\xff\xff\xff\x07"))), "malformed"},
		{"too deep", string(withFooter([]byte("PAR1"), bytes.Repeat([]byte{0x1c}, 10_000))), "malformed"},
		{"lists too deep", string(withFooter([]byte("PAR1"), append([]byte{0x19}, bytes.Repeat([]byte{0x19}, 10_000)...))), "malformed"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := rows([]byte(test.data), corpus.ContainerOptions{})
		runtime.ReadMemStats(&after)
		checkError(t, test.name, err, test.want)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAlloc {
			t.Errorf("%s: took %d MiB", test.name, n>>20)
		}
	}
}

// read reads and copies a file, and fails if either breaks down.
func read(t testing.TB, data []byte) {
	_, err := rows(data, corpus.ContainerOptions{MaxRecord: 1 << 20})
	s, _ := stored("t.parquet", data)
	asked := 0
	selected := parquet.Container{}.Select(context.Background(), s, io.Discard, func(int64) bool {
		asked++
		return asked%2 == 0 && asked < 1000
	})
	for _, err := range []error{err, selected} {
		if err != nil && strings.Contains(err.Error(), "broke down") {
			t.Fatal(err)
		}
	}
}

func TestDamagedFilesDoNotBreakDown(t *testing.T) {
	step := 307
	if testing.Short() {
		step = 7001
	}
	for name, data := range fixtures(t) {
		for i := 0; i < len(data); i += step {
			for _, b := range []byte{data[i] ^ 1, data[i] ^ 0x80, 0xff} {
				damaged := bytes.Clone(data)
				damaged[i] = b
				read(t, damaged)
			}
			read(t, data[:i])
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func FuzzParquet(f *testing.F) {
	f.Add(newForgery().bytes(f))
	repeated := newForgery()
	repeated.repeat(100)
	f.Add(repeated.bytes(f))
	f.Add(load(f, "testdata/news.parquet"))
	for _, data := range fixtures(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { read(t, data) })
}
