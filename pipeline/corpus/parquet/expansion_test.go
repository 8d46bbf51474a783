package parquet_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/parquet"
)

// growing is a file of some pages, each of so many equal texts of 1000 bytes.
func growing(t *testing.T, pages, texts int) []byte {
	f := newForgery()
	plain := strings.Repeat(sized(strings.Repeat("the same words, over ", 48)[:1000]), texts)
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	f.page = w.EncodeAll([]byte(plain), nil)
	f.header.UncompressedPageSize, f.header.CompressedPageSize = int32(len(plain)), int32(len(f.page))
	f.header.DataPageHeader.V.NumValues = int32(texts)
	f.chunk().Codec, f.chunk().NumValues, f.group().NumRows = format.Zstd, int64(pages*texts), int64(pages*texts)
	f.pages = pages
	return f.bytes(t)
}

func gzipped(t *testing.T, data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// scanned counts the documents of a file and returns its errors.
func scanned(t *testing.T, data []byte, maxExpansion int64) (c *corpus.Corpus, docs int, errs []string) {
	t.Helper()
	c, err := corpus.Open([]string{"t.parquet"}, corpus.Options{
		FS: fstest.MapFS{"t.parquet": {Data: data}}, MaxExpansion: maxExpansion, MaxRecord: 4 << 20, Containers: []corpus.Container{parquet.Container{}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := corpus.NewParser(c)
	err = c.Scan(context.Background(), func(b *corpus.Block) error {
		var batch corpus.Batch
		p.Parse(b, &batch)
		docs += len(batch.Docs)
		for _, e := range batch.Errs {
			errs = append(errs, fmt.Sprintf("%d %v %s", e.Line, e.Broken, e.Reason))
		}
		b.Release()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, docs, errs
}

// TestMaxExpansion: pages that grow too much, each or together, end a file before they
// are made, unless that is allowed.
func TestMaxExpansion(t *testing.T) {
	const many = 1e9
	for _, test := range []struct{ pages, texts, before int }{
		{1, 20_000, 0},
		{6, 4000, 4 * 4000}, // the fifth goes beyond 16 MiB
	} {
		data := growing(t, test.pages, test.texts)
		c, docs, errs := scanned(t, data, many)
		if docs != test.pages*test.texts || len(errs) > 0 {
			t.Fatalf("%d documents, errors %q", docs, errs)
		}
		keep := func(int64) bool { return true }
		var out bytes.Buffer
		if err := c.Select(context.Background(), 0, &out, keep); err != nil {
			t.Fatal(err)
		}
		_, docs, errs = scanned(t, data, 2000)
		want := fmt.Sprintf("%d true row group 1: column text: the file expands beyond the limit: to more than 2000 times its size (--max-expansion)", test.before+1)
		if docs != test.before || len(errs) != 1 || errs[0] != want {
			t.Errorf("%d documents, errors %q, want %d and %q", docs, errs, test.before, want)
		}
		c, _, _ = scanned(t, data, 2000)
		if err := c.Select(context.Background(), 0, &bytes.Buffer{}, keep); err == nil || !strings.Contains(err.Error(), "--max-expansion") {
			t.Errorf("it was copied: %v", err)
		}
		// What was written is read back, though it grows as much.
		s, _ := stored("t.parquet", out.Bytes())
		if err := c.ReadSelected(context.Background(), 0, s, func([]byte) {}); err != nil {
			t.Error(err)
		}
	}
}

// TestPagesThatClaimMuch: memory is taken for what a page holds, not for what its
// header claims, even within the bound.
func TestPagesThatClaimMuch(t *testing.T) {
	noise := make([]byte, 300<<10)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := 0; i < len(noise); i += 8 {
		binary.LittleEndian.PutUint64(noise[i:], rng.Uint64())
	}
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*forgery){
		"zstd, a page": func(f *forgery) { f.page = w.EncodeAll(noise, nil); f.chunk().Codec = format.Zstd },
		"gzip, a page": func(f *forgery) { f.page = gzipped(t, noise); f.chunk().Codec = format.Gzip },
		"zstd, a dictionary": func(f *forgery) {
			f.page = w.EncodeAll(noise, nil)
			f.chunk().Codec = format.Zstd
			f.header.Type = format.DictionaryPage
		},
	} {
		f := newForgery()
		change(f)
		f.header.CompressedPageSize, f.header.UncompressedPageSize = int32(len(f.page)), 300<<20
		data := f.bytes(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := rows(data, corpus.ContainerOptions{})
		runtime.ReadMemStats(&after)
		checkError(t, name, err, "not as long as its header says")
		if n := after.TotalAlloc - before.TotalAlloc; n > maxAlloc {
			t.Errorf("%s: took %d MiB", name, n>>20)
		}
	}
}

// TestHugePage: a page with a text of 64 MiB takes that, what it is stored as, and no
// more than half of it again; the rows around the text stay.
func TestHugePage(t *testing.T) {
	if testing.Short() {
		t.Skip("compresses much")
	}
	const size = 64 << 20
	long := make([]byte, 0, size+16)
	for i := 0; len(long) < size; i++ {
		long = strconv.AppendInt(append(long, ' '), int64(i), 10)
	}
	plain := sized("before") + sized(string(long)) + sized("behind")
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for codec, page := range map[format.CompressionCodec][]byte{
		format.Uncompressed: []byte(plain), format.Zstd: w.EncodeAll([]byte(plain), nil), format.Snappy: snappy.Encode(nil, []byte(plain)),
	} {
		f := newForgery()
		f.page, f.chunk().Codec, f.chunk().NumValues, f.group().NumRows = page, codec, 3, 3
		f.header.DataPageHeader.V.NumValues = 3
		f.header.UncompressedPageSize, f.header.CompressedPageSize = int32(len(plain)), int32(len(page))
		data := f.bytes(t)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, docs, errs := scanned(t, data, 2000)
		runtime.ReadMemStats(&after)
		if docs != 2 || len(errs) != 1 || !strings.Contains(errs[0], "2 false the record is over the limit") {
			t.Errorf("%v: %d documents, errors %q", codec, docs, errs)
		}
		taken := int64(after.TotalAlloc - before.TotalAlloc)
		t.Logf("%v: %d MiB stored, %d MiB taken", codec, len(page)>>20, taken>>20)
		if taken > int64(len(page))+size*3/2+maxAlloc {
			t.Errorf("%v: took %d MiB for a page of %d MiB, %d MiB stored", codec, taken>>20, size>>20, len(page)>>20)
		}
	}
}
