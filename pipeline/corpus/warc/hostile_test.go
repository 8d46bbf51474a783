package warc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// TestOneBadRecordCostsNoOther: what is wrong with a record is said, and the others are
// read. Other tools stop reading at a bad record, or panic and write nothing.
func TestOneBadRecordCostsNoOther(t *testing.T) {
	a, b := wet("urn:a", "first"), wet("urn:b", "second")
	length := func(n int) string {
		return strings.Replace(a, "Content-Length: 5", fmt.Sprintf("Content-Length: %d", n), 1)
	}
	gzA, gzB := string(gz(t, []byte(a))), string(gz(t, []byte(b)))
	flipped := []byte(gzA)
	flipped[len(flipped)/2] ^= 0x10
	sum := []byte(gzA)
	sum[len(sum)-6] ^= 1
	zstA, zstB := string(zst(t, []byte(a))), string(zst(t, []byte(b)))
	zstBad := []byte(zstA)
	zstBad[len(zstBad)/2] ^= 0x55
	const good2 = `2: urn:b "second"` + "\n"
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"blank lines", "\r\n\r\n\n", ""},
		{"zeros", strings.Repeat("\x00", 1000), ""},
		{"zeros behind records", a + b + strings.Repeat("\x00", 200000), `1: urn:a "first"` + "\n" + good2},
		{"no WARC at all", "<html>a page</html>", "1: bad: no WARC record begins here (broken)\n"},
		{"length too small", length(2) + b, "1: bad: the Content-Length is 2, but no record ends there\n" + good2},
		{"length too great", length(60) + b, "1: bad: the Content-Length is 60, but no record ends there\n" + good2},
		{"a record in a record", rec("resource", "urn:a", b, "Content-Type", "text/plain") + b, "1: urn:a " + fmt.Sprintf("%q", b) + "\n" + good2},
		{"length of 1 GiB", length(1<<30) + b, fmt.Sprintf("1: bad: the Content-Length is %d, but the file has %d bytes more\n", 1<<30, 9+len(b)) + good2},
		{"length near overflow", length(1<<62-1) + b, fmt.Sprintf("1: bad: the Content-Length is %d, but the file has %d bytes more\n", 1<<62-1, 9+len(b)) + good2},
		{"length negative", length(-5) + b, `1: bad: the Content-Length is "-5", want a number of bytes` + "\n" + good2},
		{"length missing", strings.Replace(a, "Content-Length: 5\r\n", "", 1) + b, "1: bad: the header has no Content-Length\n" + good2},
		{"two lengths", strings.Replace(a, "Content-Length", "Content-Length: 6\r\nContent-Length", 1) + b, "1: bad: the header has two values of Content-Length\n" + good2},
		{"version missing", strings.TrimPrefix(a, "WARC/1.0\r\n") + b, "1: bad: no WARC record begins here\n" + good2},
		{"version unknown", strings.Replace(a, "WARC/1.0", "WARC/7.5", 1) + b, `1: bad: the version is "7.5", want 0.17, 0.18, 1.0 or 1.1` + "\n" + good2},
		{"old version, bare line feeds", strings.ReplaceAll(strings.Replace(a, "WARC/1.0", "WARC/0.18", 1), "\r\n", "\n") + b, `1: urn:a "first"` + "\n" + good2},
		{"no blank lines between", strings.TrimRight(a, "\r\n") + b, `1: urn:a "first"` + "\n" + good2},
		{"garbage between", "x\r\n\r\ngarbage WARC/1.0\r\n" + b, "1: bad: no WARC record begins here\n" + good2},
		{"garbage behind a record", a + "gar\r\nbage\r\n" + b, `1: urn:a "first"` + "\n2: bad: no WARC record begins here\n3: urn:b \"second\"\n"},
		{"garbage at the end", a + "garbage", `1: urn:a "first"` + "\n2: bad: no WARC record begins here (broken)\n"},
		{"cut short in the content", a[:len(a)-6], "1: bad: the Content-Length is 5, but the file has 3 bytes more (broken)\n"},
		{"cut short in the header", a[:60], "1: bad: the header breaks off (broken)\n"},
		{"endless header", "WARC/1.0\r\n" + strings.Repeat("x: y\r\n", 20000) + "\r\n" + b, "1: bad: the header has over 65536 bytes\n" + good2},
		{"endless line", "WARC/1.0\r\nx: " + strings.Repeat("y", 200000) + "\r\n" + b, "1: bad: the header has over 65536 bytes\n" + good2},
		{"folded field", strings.Replace(a, "<urn:a>", "\r\n\t<urn:a>", 1) + b, `1: urn:a "first"` + "\n" + good2},
		{"no HTTP in a response", rec("response", "urn:x", "<p>hello</p>", "Content-Type", "application/http") + b,
			"1: bad: the content is no HTTP response with a header of at most 64 KiB\n" + good2},
		{"HTTP header over the limit", rec("response", "urn:x", "HTTP/1.1 200 OK\r\nx: "+strings.Repeat("y", 70000)+"\r\n\r\nz", "Content-Type", "application/http") + b,
			"1: bad: the content is no HTTP response with a header of at most 64 KiB\n" + good2},
		{"over --max-record", wet("urn:a", strings.Repeat("long ", 300)) + b, "1: bad: the record is over the limit of 1000 bytes (--max-record)\n" + good2},
		{"invalid UTF-8", wet("urn:\xffa", "caf\xe9") + b, "1: urn:\uFFFDa \"café\"\n" + good2},

		{"gzip: flipped bit", string(flipped) + gzB, "1: bad: gzip data: "},
		{"gzip: wrong checksum", string(sum) + gzB, "1: bad: gzip data: gzip: invalid checksum\n" + good2},
		{"gzip: cut short", gzB + gzA[:len(gzA)-9], `1: urn:b "second"` + "\n2: bad: gzip data: unexpected EOF (broken)\n"},
		{"gzip: a member is missing its end", gzA[:len(gzA)-9] + gzB, "1: bad: gzip data: "},
		{"gzip: garbage between members", gzA + "garbage" + gzB, `1: urn:a "first"` + "\n2: bad: gzip data: gzip: invalid header\n3: urn:b \"second\"\n"},
		{"gzip: zeros between members", gzA + strings.Repeat("\x00", 70000) + gzB, `1: urn:a "first"` + "\n" + good2},
		{"gzip: plain records behind", gzA + b, `1: urn:a "first"` + "\n2: bad: gzip data: gzip: invalid header (broken)\n"},
		{"gzip: length too great", string(gz(t, []byte(length(500)))) + gzB, "1: bad: the record breaks off: 491 of the 500 bytes of its content are missing\n" + good2},
		{"gzip: length too small", string(gz(t, []byte(length(1)))) + gzB, "1: bad: the Content-Length is 1, but no record ends there\n" + good2},
		{"gzip: empty member", gzA + string(gz(t, nil)) + gzB, `1: urn:a "first"` + "\n" + good2},
		{"gzip: no WARC in a member", gzA + string(gz(t, []byte("garbage"))) + gzB, `1: urn:a "first"` + "\n2: bad: no WARC record begins here\n3: urn:b \"second\"\n"},

		{"zstd: flipped bits", zstA + string(zstBad) + zstB, `1: urn:a "first"` + "\n2: bad: zstd data: "},
		{"zstd: cut short", zstB + zstA[:len(zstA)-3], `1: urn:b "second"` + "\n2: bad: zstd data: a frame is cut short (broken)\n"},
		{"zstd: skippable frame between", zstA + "\x50\x2a\x4d\x18\x03\x00\x00\x00abc" + zstB, `1: urn:a "first"` + "\n" + good2},
	} {
		o := corpus.ContainerOptions{MaxRecord: 1000}
		got := summary(read(t, []byte(c.in), o))
		complete := strings.HasSuffix(c.want, "\n") || c.want == ""
		if complete && got != c.want || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
		if !complete && !strings.HasSuffix(got, ": urn:b \"second\"\n") {
			t.Errorf("%s: the record behind is lost:\n%s", c.name, got)
		}
		checkSelect(t, []byte(c.in), o)
	}
}

// checkSelect drops what is bad from a file and checks that all else is there and
// that nothing is bad any more.
func checkSelect(t *testing.T, in []byte, o corpus.ContainerOptions) {
	t.Helper()
	all := read(t, in, o)
	bad := map[int64]bool{}
	var want []string
	for i, f := range all {
		if f.number != int64(i)+1 {
			t.Errorf("record %d has the number %d", i+1, f.number)
		}
		if bad[f.number] = f.bad != nil; f.bad == nil {
			want = append(want, f.json)
		}
	}
	out, n := pick(t, in, func(number int64) bool { return !bad[number] })
	if n != int64(len(all)) {
		t.Errorf("keep was asked for %d records of %d in %.300q", n, len(all), in)
	}
	var got []string
	for _, f := range read(t, out, o) {
		if f.bad != nil {
			t.Errorf("%.300q: bad behind Select: %v", in, f.bad)
		}
		got = append(got, f.json)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%.300q: after Select\n%q, want\n%q", in, got, want)
	}
}

// TestEndlessDamage: a file that is all beginnings of members is given up.
func TestEndlessDamage(t *testing.T) {
	member := gz(t, []byte(wet("urn:a", "one")))
	for name, in := range map[string][]byte{
		"magic numbers":  append(member, bytes.Repeat(gzipMagic, 1<<20)...),
		"cut members":    bytes.Repeat(member[:len(member)-3], 5000),
		"zstd magic":     append(zst(t, []byte(wet("urn:a", "one"))), bytes.Repeat(zstdMagic, 1<<18)...),
		"nested members": nested(20000),
	} {
		got := read(t, in, corpus.ContainerOptions{})
		if n := len(got); n == 0 || n > maxDamaged+1 || got[n-1].bad == nil || !got[n-1].bad.Broken {
			t.Errorf("%s: %d records, the last one %+v", name, n, got[max(0, n-1):])
		}
	}
}

// nested makes gzip members of one stored block each, which holds the next member.
func nested(n int) []byte {
	const head = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
	var out []byte
	for range n {
		out = append(out, head+"\x00\x05\x00\xfa\xffWARC/\x00\xff\xff\x00\x00"...)
	}
	return out
}

// TestDamageInAMemberOfMany: one bad record in a member of many.
func TestDamageInAMemberOfMany(t *testing.T) {
	records := crawl()
	all := strings.Join(records, "")
	whole := gz(t, []byte(strings.Repeat(all, 200)))
	whole[len(whole)/2] ^= 0xff
	got := read(t, append(whole, gz(t, []byte(wet("urn:z", "last")))...), corpus.ContainerOptions{})
	if n := len(got); n < 10 || got[n-1].object.Text != "last" || got[n-2].bad == nil || got[0].object.Text != "<p>one</p>" {
		t.Errorf("%d records:\n%.2000s", n, summary(got))
	}
}

// bomb yields size zeros behind a header, compressed, without holding them.
func bomb(t *testing.T, size int64, head string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, head)
	zeros := make([]byte, 1<<20)
	for n := int64(0); n < size && err == nil; n += int64(len(zeros)) {
		_, err = w.Write(zeros)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestBombs: content that grows a thousandfold is over the limit and takes no memory.
func TestBombs(t *testing.T) {
	const size = 256 << 20
	head := fmt.Sprintf("WARC/1.0\r\nWARC-Type: conversion\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n", size)
	tail := gz(t, []byte(wet("urn:z", "last")))
	const want = "1: bad: the record is over the limit of 1048576 bytes (--max-record)\n2: urn:z \"last\"\n"
	for name, in := range map[string][]byte{
		"the record":       append(bomb(t, size, head), tail...),
		"the body of HTTP": append([]byte(rec("response", "urn:a", "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n"+string(bomb(t, size, "")), "Content-Type", "application/http")), wet("urn:z", "last")...),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if got := summary(read(t, in, corpus.ContainerOptions{})); got != want {
			t.Errorf("%s: %s", name, got)
		}
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 32<<20 {
			t.Errorf("%s: %d bytes were allocated", name, grown)
		}
	}
}

// TestBadDictionary: nothing can be read without it, and the file is said to be at fault.
func TestBadDictionary(t *testing.T) {
	for in, want := range map[string]string{
		"\x5d\x2a\x4d\x18\x07\x00\x00\x007":                           "zstd data: the dictionary at its start: unexpected EOF",
		"\x5d\x2a\x4d\x18\xff\xff\xff\xff7":                           "zstd data: the dictionary at its start: it has 4294967295 bytes, want at most 16777216",
		"\x5d\x2a\x4d\x18\x06\x00\x00\x00" + string(zstdMagic) + "xx": "zstd data: the dictionary at its start: reserved bit set on frame header",
	} {
		if _, err := New().Open(t.Context(), stored([]byte(in)), corpus.ContainerOptions{MaxRecord: 1}); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}

func TestDeadFile(t *testing.T) {
	dead := errors.New("the disk is gone")
	for _, l := range layouts(t) {
		in := l.store(t, crawl())
		for good := 0; good < len(in); good += 97 {
			f := stored(in)
			f.ReaderAt = &failing{in, int64(good), dead}
			records, err := New().Open(t.Context(), f, corpus.ContainerOptions{MaxRecord: 1 << 20})
			for err == nil {
				_, err = records.Next()
				var bad *corpus.RecordError
				if errors.As(err, &bad) {
					t.Fatalf("%s: %v passes for a bad record", l.name, err)
				}
			}
			if !errors.Is(err, dead) {
				t.Fatalf("%s: after %d bytes: %v", l.name, good, err)
			}
			if err := New().Select(t.Context(), f, io.Discard, func(int64) bool { return true }); !errors.Is(err, dead) {
				t.Fatalf("%s: Select after %d bytes: %v", l.name, good, err)
			}
		}
	}
}

// failing is a file that cannot be read from a place on.
type failing struct {
	data []byte
	good int64
	err  error
}

func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	n, err := bytes.NewReader(f.data[:f.good]).ReadAt(p, at)
	if err == io.EOF || at > f.good {
		err = f.err
	}
	return n, err
}

func FuzzWARC(f *testing.F) {
	for _, l := range layouts(f) {
		f.Add(l.store(f, crawl()))
	}
	f.Add([]byte(wet("urn:a", "one") + "garbage\r\n" + wet("urn:b", "two")))
	f.Add([]byte(strings.Replace(wet("urn:a", "one"), "Content-Length: 3", "Content-Length: 99", 1) + wet("urn:b", "two")))
	f.Add(append(gz(f, []byte(wet("urn:a", "one")))[:60], gz(f, []byte(wet("urn:b", "two")))...))
	f.Add([]byte(rec("response", "urn:a", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\nContent-Encoding: br, gzip\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "Content-Type", "application/http")))
	f.Fuzz(func(t *testing.T, in []byte) {
		o := corpus.ContainerOptions{MaxRecord: 4096}
		records, err := New().Open(t.Context(), stored(in), o)
		if err != nil {
			if err := New().Select(t.Context(), stored(in), io.Discard, func(int64) bool { return true }); err == nil {
				t.Error("Select reads what Open does not")
			}
			return
		}
		records.Close()
		checkSelect(t, in, o)
	})
}
