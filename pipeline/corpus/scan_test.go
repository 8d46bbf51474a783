package corpus

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"testing/synctest"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"
)

// mixedTree is a corpus of every kind of file with good and bad records.
func mixedTree(tb testing.TB, rng *rand.Rand) tree {
	var lines []string
	for i := range 60 {
		switch rng.IntN(12) {
		case 0:
			lines = append(lines, "")
		case 1:
			lines = append(lines, " \r")
		case 2:
			lines = append(lines, `{"id":"broken`)
		case 3:
			lines = append(lines, `{"text":"no id"}`)
		case 5:
			lines = append(lines, bom+`{"text":"a mark in the middle"}`)
		case 4:
			lines = append(lines, strings.Repeat("x", 300+rng.IntN(600)))
		default:
			lines = append(lines, fmt.Sprintf(`{"id":"%d","text":"%s é \ud83d\ude00"}`, i, strings.Repeat("w ", rng.IntN(120))))
		}
	}
	eol := []string{"\n", "\r\n"}[rng.IntN(2)]
	all := strings.Join(lines, eol)
	cut := gz(tb, all)
	return tree{
		"a.jsonl":       bom + all,
		"b.jsonl.gz":    gz(tb, all+eol),
		"c/d.jsonl.zst": zst(tb, all),
		"c/e.txt":       strings.Repeat("text ", rng.IntN(80)),
		"f.txt":         "",
		"g.txt":         strings.Repeat("long ", 200),
		"h.jsonl.gz":    cut[:len(cut)*2/3],
		"i.jsonl.gz":    all,
		"j.md.gz":       gz(tb, "a text\n"),
		"k.jsonl":       "",
	}
}

// TestBlocksAndThreadsDoNotMatter: any block size and any number of threads
// give the same documents, errors, lines and offsets.
func TestBlocksAndThreadsDoNotMatter(t *testing.T) {
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		files := mixedTree(t, rng).fs()
		read := func(blockSize, threads int) (content, []uint64) {
			c := mustOpen(t, []string{"."}, Options{FS: files, MaxRecord: 500, blockSize: blockSize, Threads: threads})
			got := readAll(t, c)
			var digests []uint64
			for i := range c.Files() {
				digests = append(digests, c.Digest(i))
			}
			return got, digests
		}
		want, digests := read(1<<20, 1)
		if len(want.Docs) < 60 || len(want.Errs) < 10 || want.Blank == 0 {
			t.Fatalf("seed %d: %d documents, %d errors, %d blank lines: the test tests nothing", seed, len(want.Docs), len(want.Errs), want.Blank)
		}
		for _, blockSize := range []int{1, 2, 7, 64, 499, 501, 502, 503, 1000, 5000} {
			for _, threads := range []int{1, 3, 20} {
				got, d := read(blockSize, threads)
				if !reflect.DeepEqual(got, want) {
					t.Fatalf("seed %d, block size %d, %d threads: got\n%+v\nwant\n%+v", seed, blockSize, threads, got, want)
				}
				if !reflect.DeepEqual(d, digests) {
					t.Fatalf("seed %d, block size %d: digests %x, want %x", seed, blockSize, d, digests)
				}
			}
		}
	}
}

// TestBlocksAreTheFile: the Data of a file's blocks, end to end, is the file,
// each block begins where it says, and Raw stands at its offset.
func TestBlocksAreTheFile(t *testing.T) {
	data := bom + records(0, 50) + "\r\n\n" + records(50, 50) + `{"text":"end"}`
	for _, name := range []string{"x.jsonl", "x.txt"} {
		for _, blockSize := range []int{1, 100, 1 << 20} {
			c := mustOpen(t, []string{name}, Options{FS: tree{name: data}.fs(), blockSize: blockSize})
			var all []byte
			line := int64(1)
			err := c.Scan(context.Background(), func(b *Block) error {
				if b.Offset != int64(len(all)) || b.Line != line {
					t.Fatalf("block at %d, line %d; want %d, line %d", b.Offset, b.Line, len(all), line)
				}
				b.Records(func(_, offset int64, raw []byte) bool {
					if !bytes.HasPrefix([]byte(data)[offset:], raw) {
						t.Errorf("record %q is not at %d", raw, offset)
					}
					return true
				})
				all = append(all, b.Data...)
				line += int64(bytes.Count(b.Data, []byte("\n")))
				b.Release()
				return nil
			})
			if err != nil || string(all) != data {
				t.Fatalf("%s, block size %d: blocks hold %d bytes (%v), want the file's %d", name, blockSize, len(all), err, len(data))
			}
			if c.Digest(0) != xxh3.HashString(data) {
				t.Errorf("digest is not xxh3 of the content")
			}
		}
	}
}

// TestRecordsStops when yield says so.
func TestRecordsStops(t *testing.T) {
	c := mustOpen(t, []string{"x.jsonl"}, Options{FS: tree{"x.jsonl": records(0, 10)}.fs()})
	n := 0
	err := c.Scan(context.Background(), func(b *Block) error {
		b.Records(func(int64, int64, []byte) bool {
			n++
			return n < 3
		})
		return nil
	})
	if err != nil || n != 3 {
		t.Errorf("%d records (%v), want 3", n, err)
	}
}

// TestTruncatedAtEveryByte: of a file cut at any place, the records that could
// be read are kept and exactly one error tells the place.
func TestTruncatedAtEveryByte(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, `{"id":"%d","text":"%x"}`+"\n", i, rng.Uint64())
	}
	whole := b.String()
	full := one(t, "x.jsonl", whole, Options{}).Docs
	for name, stored := range packed(t, "x.jsonl", whole) {
		step := 1
		if !strings.HasSuffix(name, ".gz") && !strings.HasSuffix(name, ".zst") {
			step = 5 // their decoders take megabytes each time
		}
		for cut := 1; cut < len(stored); cut += step {
			got := one(t, name, stored[:cut], Options{blockSize: 64})
			if len(got.Errs) != 1 {
				t.Fatalf("%s cut to %d bytes: errors %v, want one", name, cut, got.Errs)
			}
			for i, d := range got.Docs {
				d.File = full[i].File
				if d != full[i] {
					t.Fatalf("%s cut to %d bytes: document %+v, want %+v", name, cut, d, full[i])
				}
			}
			if e := got.Errs[0]; e.Line > 0 && e.Line != int64(len(got.Docs))+1 {
				t.Fatalf("%s cut to %d bytes: error at line %d after %d documents", name, cut, e.Line, len(got.Docs))
			}
		}
	}
}

// TestFlippedBits: a damaged compressed file never panics and, thanks to the
// checksum, is never read without an error.
func TestFlippedBits(t *testing.T) {
	for name, stored := range packed(t, "x.jsonl", records(0, 20)) {
		want := one(t, name, stored, Options{})
		step := 1
		if !strings.HasSuffix(name, ".gz") && !strings.HasSuffix(name, ".zst") {
			step = 41 // their decoders take megabytes each time
		}
		for bit := 0; bit < len(stored)*8; bit += step {
			damaged := []byte(stored)
			damaged[bit/8] ^= 1 << (bit % 8)
			got := one(t, name, string(damaged), Options{})
			if len(got.Errs) == 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("%s with bit %d flipped: other documents and no error", name, bit)
			}
		}
	}
}

// TestDecompressionBombs end early and take no memory.
func TestDecompressionBombs(t *testing.T) {
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 256 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"x.jsonl.zst", "x.txt.zst"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got := one(t, name, b.String(), Options{MaxRecord: 1 << 20})
		runtime.ReadMemStats(&after)
		if len(got.Docs) != 0 || len(got.Errs) == 0 {
			t.Errorf("%s: got %+v, want only errors", name, got)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
			t.Errorf("%s: %d bytes were allocated for a record of at most 1 MiB", name, grown)
		}
	}
}

// TestMaxExpansion: what shrinks ten thousandfold is read to its end if that is
// allowed, and else up to the same place always.
func TestMaxExpansion(t *testing.T) {
	const copies = 30_000
	var b bytes.Buffer
	w, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(`{"text":"` + strings.Repeat("the same words ", 200) + "\"}\n")
	for range copies {
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if ratio := copies * len(line) / b.Len(); ratio < 5000 {
		t.Fatalf("compressed %d times, too little to show anything", ratio)
	}
	if got := one(t, "x.jsonl.zst", b.String(), Options{MaxExpansion: 1e6}); len(got.Docs) != copies || len(got.Errs) != 0 {
		t.Errorf("%d documents and %d errors, want %d and none", len(got.Docs), len(got.Errs), copies)
	}
	var first content
	for i, size := range []int{0, 1000, 77_777, 5 << 20} {
		got := one(t, "x.jsonl.zst", b.String(), Options{blockSize: size})
		if len(got.Errs) != 1 || !strings.Contains(got.Errs[0].Reason, "--max-expansion") || len(got.Docs) < freeExpansion/len(line)-1 {
			t.Errorf("%d documents, errors %+v", len(got.Docs), got.Errs)
		}
		if i == 0 {
			first = got
		} else if !reflect.DeepEqual(first, got) {
			t.Errorf("blocks of %d bytes: %d documents, errors %+v; want %d, %+v", size, len(got.Docs), got.Errs, len(first.Docs), first.Errs)
		}
	}
}

// TestWindowOverTheLimit: a zstd frame that asks for a giant window is refused.
func TestWindowOverTheLimit(t *testing.T) {
	// Magic, a descriptor without content size, a window of 2^28 bytes, and
	// one empty last block.
	frame := "\x28\xb5\x2f\xfd\x00\x90\x01\x00\x00"
	got := one(t, "x.jsonl.zst", frame, Options{})
	if len(got.Errs) != 1 || !strings.Contains(got.Errs[0].Reason, "window") {
		t.Errorf("got %+v, want an error about the window", got)
	}
}

// TestHugeLines read in constant memory: a line over the limit is passed over,
// not kept.
func TestHugeLines(t *testing.T) {
	huge := io.MultiReader(
		strings.NewReader(records(0, 1)+`{"id":"huge","text":"`),
		io.LimitReader(endless{}, 200<<20),
		strings.NewReader("\"}\n"+records(1, 1)))
	c := mustOpen(t, []string{"-"}, Options{Stdin: huge, MaxRecord: 4 << 20})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := readAll(t, c)
	runtime.ReadMemStats(&after)
	if len(got.Docs) != 2 || len(got.Errs) != 1 || got.Docs[1].Line != 3 {
		t.Errorf("got %+v", got)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 40<<20 {
		t.Errorf("%d bytes were allocated for a limit of 4 MiB", grown)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// failingFS fails to open one file, and reads of another fail midway.
type failingFS struct{ fstest.MapFS }

type failingFile struct {
	fs.File
	left int
}

var errDevice = errors.New("input/output error")

func (f *failingFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, &fs.PathError{Op: "read", Path: "b.jsonl", Err: errDevice}
	}
	n, err := f.File.Read(p[:min(len(p), f.left)])
	f.left -= n
	return n, err
}

func (f failingFS) Open(name string) (fs.File, error) {
	switch name {
	case "a.jsonl":
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	case "b.jsonl":
		file, err := f.MapFS.Open(name)
		return &failingFile{file, 30}, err
	}
	return f.MapFS.Open(name)
}

// TestUnreadableFiles become errors with the place, and the rest is read.
func TestUnreadableFiles(t *testing.T) {
	files := failingFS{tree{
		"a.jsonl": records(0, 1), "b.jsonl": `{"id":"b","text":"x"}` + "\n" + records(1, 1), "c.jsonl": records(2, 1),
	}.fs()}
	got := readAll(t, mustOpen(t, []string{"."}, Options{FS: files}))
	want := []bad{
		{"a.jsonl", 0, 0, "", "open: permission denied"},
		{"b.jsonl", 2, 22, "", "read: input/output error"},
	}
	if !reflect.DeepEqual(got.Errs, want) || len(got.Docs) != 2 {
		t.Errorf("got %+v, want errors %+v", got, want)
	}
}

// TestScanEndsEarly: an error of yield or a cancelled context ends the scan with
// that error. The bubble fails if a goroutine is left behind.
func TestScanEndsEarly(t *testing.T) {
	files := tree{}
	for i := range 40 {
		files[fmt.Sprintf("%02d.jsonl", i)] = records(i*100, 100)
	}
	stop := errors.New("stop")
	for after := range 20 {
		synctest.Test(t, func(t *testing.T) {
			c := mustOpen(t, []string{"."}, Options{FS: files.fs(), Threads: 8, blockSize: 256})
			n := 0
			if err := c.Scan(t.Context(), func(*Block) error {
				if n++; n > after {
					return stop
				}
				return nil
			}); err != stop {
				t.Errorf("after %d blocks: error %v, want %v", after, err, stop)
			}
			ctx, cancel := context.WithCancel(t.Context())
			n = 0
			if err := c.Scan(ctx, func(*Block) error {
				if n++; n > after {
					cancel()
				}
				return nil
			}); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled after %d blocks: error %v", after, err)
			}
			cancel()
			if c.Digest(0) != 0 {
				t.Error("a scan that did not end left a digest")
			}
		})
	}
}

// TestDigestShowsChange of a file between two scans.
func TestDigestShowsChange(t *testing.T) {
	dir := tree{"a.jsonl": records(0, 3), "b.txt": "b"}.write(t)
	c := mustOpen(t, []string{dir}, Options{})
	readAll(t, c)
	a, b := c.Digest(0), c.Digest(1)
	readAll(t, c)
	if c.Digest(0) != a || c.Digest(1) != b {
		t.Error("equal content, other digest")
	}
	if err := os.WriteFile(dir+"/a.jsonl", []byte(records(0, 2)+records(3, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	readAll(t, c)
	if c.Digest(0) == a || c.Digest(1) != b {
		t.Error("other content, equal digest")
	}
}

// TestPeerBug02_EveryRecordIsAccountedFor: text-dedup loses documents under a
// minimum length. Here every record, however short, is a document or an error.
func TestPeerBug02_EveryRecordIsAccountedFor(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var b strings.Builder
		docs, errs, blanks := 0, 0, int64(0)
		for range 200 {
			switch rng.IntN(5) {
			case 0:
				b.WriteString("\n")
				blanks++
			case 1:
				b.WriteString("x\n")
				errs++
			default:
				fmt.Fprintf(&b, `{"text":"%s"}`+"\n", strings.Repeat("a", rng.IntN(4)))
				docs++
			}
		}
		got := one(t, "x.jsonl", b.String(), Options{blockSize: 1 + rng.IntN(300)})
		if len(got.Docs) != docs || len(got.Errs) != errs || got.Blank != blanks {
			t.Errorf("seed %d: %d documents, %d errors, %d blank lines; want %d, %d, %d", seed, len(got.Docs), len(got.Errs), got.Blank, docs, errs, blanks)
		}
	}
}

// TestPeerBug06_BadLineDoesNotEndTheFile: duplodocus panics at a malformed line
// and dolma stops reading there.
func TestPeerBug06_BadLineDoesNotEndTheFile(t *testing.T) {
	for at := range 12 {
		var b strings.Builder
		b.WriteString(records(0, at))
		b.WriteString("{malformed\n")
		b.WriteString(records(at, 11-at))
		got := one(t, "x.jsonl", b.String(), Options{})
		if len(got.Docs) != 11 || len(got.Errs) != 1 || got.Errs[0].Line != int64(at)+1 {
			t.Errorf("bad line %d: %d documents, errors %+v", at+1, len(got.Docs), got.Errs)
		}
	}
}

// TestPeerBug13_EveryPosition: duplodocus never sees the document at one line of
// a file. Here a record is read at every line of every file.
func TestPeerBug13_EveryPosition(t *testing.T) {
	const fileCount, lines = 3, 20
	for _, blockSize := range []int{1, 90, 1 << 20} {
		files := tree{}
		for f := range fileCount {
			files[fmt.Sprintf("%d.jsonl", f)] = strings.Repeat(`{"text":"the same text everywhere"}`+"\n", lines)
		}
		got := readAll(t, mustOpen(t, []string{"."}, Options{FS: files.fs(), blockSize: blockSize}))
		if len(got.Docs) != fileCount*lines {
			t.Fatalf("block size %d: %d documents, want %d", blockSize, len(got.Docs), fileCount*lines)
		}
		for i, d := range got.Docs {
			want := fmt.Sprintf("%d.jsonl:%d", i/lines, i%lines+1)
			if d.Key != want || d.Text != "the same text everywhere" {
				t.Errorf("document %d is %+v, want key %s", i, d, want)
			}
		}
	}
}

// TestPeerBug26_OffsetsAreBytesOfTheFile, also after characters of several
// bytes, so that a record can be cut out of the file again.
func TestPeerBug26_OffsetsAreBytesOfTheFile(t *testing.T) {
	data := bom + `{"id":"你好","text":"你好，世界"}` + "\r\n" + `{"id":"😀","text":"👩‍👩‍👧 é"}` + "\n" + `{"id":"x","text":"\u4f60"}`
	got := one(t, "x.jsonl", data, Options{})
	if len(got.Docs) != 3 {
		t.Fatalf("got %+v", got)
	}
	for i, d := range got.Docs {
		raw := data[d.Offset : d.Offset+d.Size]
		again := one(t, "x.jsonl", raw, Options{})
		if len(again.Docs) != 1 || again.Docs[0].Text != d.Text || again.Docs[0].Key != d.Key {
			t.Errorf("document %d: its place holds %q", i, raw)
		}
	}
}

// TestPeerBug09_OptionsDoNotSwitchOthersOff: in dolma a minimum length switches
// deduplication off. Here each option, alone and with the others, does what it
// says and nothing more.
func TestPeerBug09_OptionsDoNotSwitchOthersOff(t *testing.T) {
	data := `{"id":"a","body":"x","key":1,"date":"d"}` + "\n" + `{"id":"b","body":"` + strings.Repeat("y", 100) + `"}`
	for set := range 16 {
		var o Options
		wantKey, wantField, wantDocs := "a", "", 2
		o.TextField = "body"
		if set&1 != 0 {
			o.IDField, wantKey = "key", "1"
		}
		if set&2 != 0 {
			o.Fields, wantField = []string{"date"}, "d"
		}
		if set&4 != 0 {
			o.MaxRecord, wantDocs = 60, 1
		}
		if set&8 != 0 {
			o.Threads = 7
		}
		got := one(t, "x.jsonl", data, o)
		if len(got.Docs) != wantDocs || len(got.Docs)+len(got.Errs) != 2 || got.Docs[0].Key != wantKey || got.Docs[0].Field != wantField {
			t.Errorf("options %+v: got %+v", o, got)
		}
	}
	for limit := int64(39); limit <= 42; limit++ { // the first record has 40 bytes
		got := one(t, "x.jsonl", data, Options{TextField: "body", MaxRecord: limit})
		if want := limit >= 40; (len(got.Docs) == 1) != want {
			t.Errorf("limit %d: %d documents", limit, len(got.Docs))
		}
	}
}
