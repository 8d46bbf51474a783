package corpus

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// TestGiantsWait: before a giant is read all blocks before it have been released, though
// many readers run ahead and blocks are released by others; what is read is the same.
func TestGiantsWait(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for round := range 30 {
		files := tree{}
		for f := range 6 {
			var b strings.Builder
			for i := range rng.IntN(30) {
				size := rng.IntN(100)
				if rng.IntN(5) == 0 {
					size = 2000 + rng.IntN(3000)
				}
				fmt.Fprintf(&b, `{"id":"%d-%d","text":"%s"}`+"\n", f, i, strings.Repeat("x", size))
			}
			switch f {
			case 1:
				files["1.jsonl.gz"] = pack(t, b.String(), Gzip)
			case 2:
				files["2.txt"] = b.String()
			case 3:
				files["3.csv"] = "id,text\n3," + strings.Repeat("y", 4000) + "\n"
			default:
				files[fmt.Sprint(f, ".jsonl")] = strings.TrimSuffix(b.String(), "\n")
			}
		}
		o := Options{FS: files.fs(), blockSize: 1 + rng.IntN(600), Threads: 1 + rng.IntN(4), MaxRecord: 4500}
		want := readAll(t, mustOpen(t, []string{"."}, o))
		var held atomic.Int64
		met := 0
		o.Giant = 1500
		o.OnGiant = func(f *File, line, size int64) error {
			if n := held.Load(); n != 0 || size <= o.Giant || line < 1 {
				t.Errorf("round %d: %s:%d: a giant of %d bytes with %d blocks in use", round, f.Name, line, size, n)
			}
			met++
			return nil
		}
		c := mustOpen(t, []string{"."}, o)
		parser, got := NewParser(c), Batch{}
		release := make(chan *Block, 100)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for b := range release {
				held.Add(-1)
				b.Release()
			}
		}()
		err := c.Scan(t.Context(), func(b *Block) error {
			held.Add(1)
			parser.Parse(b, &got)
			release <- b
			return nil
		})
		close(release)
		<-done
		same := slices.EqualFunc(got.Docs, want.Docs, func(a Document, b doc) bool {
			return string(a.Key) == b.Key && string(a.Text) == b.Text && a.Line == b.Line && a.Offset == b.Offset
		})
		if err != nil || !same || len(got.Errs) != len(want.Errs) {
			t.Fatalf("round %d: %d documents, %d bad, %v; want %d and %d, the same", round, len(got.Docs), len(got.Errs), err, len(want.Docs), len(want.Errs))
		}
		if met == 0 {
			t.Errorf("round %d: no giant", round)
		}
	}
}

// TestGiantStops: an error of OnGiant ends the scan, and is its error.
func TestGiantStops(t *testing.T) {
	no := errors.New("no")
	for name, data := range map[string]string{"a.jsonl": records(0, 3) + `{"text":"` + strings.Repeat("x", 5000) + `"}`, "a.txt": strings.Repeat("y", 5000)} {
		for _, compression := range []Compression{None, Zstd} {
			file := name
			if compression == Zstd {
				file += ".zst"
			}
			c := mustOpen(t, []string{file}, Options{FS: tree{file: pack(t, data, compression)}.fs(), blockSize: 50, Giant: 1000, OnGiant: func(*File, int64, int64) error { return no }})
			if err := c.Scan(t.Context(), func(b *Block) error { b.Release(); return nil }); !errors.Is(err, no) {
				t.Errorf("%s: %v, want the error of OnGiant", file, err)
			}
		}
	}
}

// TestForget: of a forgotten block errors have what they would have had.
func TestForget(t *testing.T) {
	line := `{"id":"a","text":"` + strings.Repeat("é", maxRaw) + `"}`
	c := mustOpen(t, []string{"a.jsonl"}, Options{FS: tree{"a.jsonl": line + "\n"}.fs()})
	var batch Batch
	err := c.Scan(t.Context(), func(b *Block) error {
		NewParser(c).Parse(b, &batch)
		d, size := &batch.Docs[0], b.Size()
		want := b.Error("a.jsonl", d, DuplicateID, "twice")
		b.Forget()
		batch.DropTexts()
		got := b.Error("a.jsonl", d, DuplicateID, "twice")
		if string(got.Raw) != string(want.Raw) || !got.Truncated || got.Key != "a" || b.Size() != size || len(b.Data) > 2*maxRaw || d.Text != nil {
			t.Errorf("got %+v of %d bytes, want %+v of %d", got, b.Size(), want, size)
		}
		b.Release()
		return nil
	})
	if err != nil || len(batch.Docs) != 1 {
		t.Errorf("%d documents, %v", len(batch.Docs), err)
	}
}

func TestLargest(t *testing.T) {
	small := records(0, 2000)
	long := `{"text":"` + strings.Repeat("x", len(small)/10) + `"}`
	for name, tt := range map[string]struct {
		files tree
		want  int
		limit int64
	}{
		"at the start":   {tree{"a.jsonl": long + "\n" + small}, len(long), 1 << 20},
		"in the middle":  {tree{"a.jsonl": small[:len(small)/2] + "\n" + long + "\n" + small[len(small)/2:]}, len(long), 1 << 20},
		"at the end":     {tree{"a.jsonl": small + long}, len(long), 1 << 20},
		"one line":       {tree{"a.jsonl": long}, len(long), 1 << 20},
		"among files":    {tree{"a.jsonl": small, "b.jsonl": small + long, "c.txt": "x"}, len(long), 1 << 20},
		"a text":         {tree{"a.jsonl": small, "b.txt": long + long}, 2 * len(long), 1 << 20},
		"over the limit": {tree{"a.jsonl": small + long + "\n" + small}, 1000, 1000},
		"nothing":        {tree{"a.jsonl": ""}, 0, 1000},
	} {
		for _, blockSize := range []int{0, 7} {
			c := mustOpen(t, []string{"."}, Options{FS: tt.files.fs(), MaxRecord: tt.limit, blockSize: blockSize})
			if got := c.Largest(64, 0); got != int64(tt.want) {
				t.Errorf("%s, blocks of %d: %d, want %d", name, blockSize, got, tt.want)
			}
		}
	}
}

// TestLargestReadsLittle: lines over the limit are not read up to it at every place.
func TestLargestReadsLittle(t *testing.T) {
	t.Parallel()
	const limit = 1 << 10
	for name, files := range map[string]tree{
		"one file":   {"a.jsonl": strings.Repeat("x", 256*limit)},
		"many files": {"a.jsonl": strings.Repeat("x", 64*limit), "b.jsonl": strings.Repeat("x", 64*limit), "c.jsonl": strings.Repeat("x", 64*limit)},
	} {
		fsys := countingFS{files.fs(), new(atomic.Int64)}
		c := mustOpen(t, slices.Sorted(maps.Keys(files)), Options{FS: fsys, MaxRecord: limit, blockSize: 128})
		before := fsys.read.Load()
		if got := c.Largest(64, 0); got != limit {
			t.Errorf("%s: %d, want the limit", name, got)
		}
		if n := fsys.read.Load() - before; n > 4*limit {
			t.Errorf("%s: %d bytes were read, want up to %d", name, n, 4*limit)
		}
	}
}
