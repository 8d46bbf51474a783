package corpus

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/kernel/kerneltest"
)

// prose is n JSONL records of about 2 KB. Of every hundred texts, quotes are
// escaped in all and newlines in most, as in real corpora.
func prose(n int) string {
	rng := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `{"id":"doc-%d","source":"bench","date":"2024-12-%02d","meta":{"lang":"en","score":0.%d},"text":"`, i, i%28+1, i%1000)
		for b2 := 0; b2 < 2000; {
			word := "abcdefghijklmnopqrstuvwxyz"[rng.IntN(13):][:1+rng.IntN(9)]
			b.WriteString(word)
			switch rng.IntN(80) {
			case 0:
				b.WriteString(`\n`)
			case 1:
				b.WriteString(` \"quoted\" `)
			default:
				b.WriteByte(' ')
			}
			b2 += len(word) + 1
		}
		b.WriteString("\"}\n")
	}
	return b.String()
}

// BenchmarkParse is one goroutine's work on blocks in memory: of usual records,
// of ones whose letters are all escaped, and by the strict reader.
func BenchmarkParse(b *testing.B) {
	const n = 500
	usual := prose(n)
	escaped := strings.NewReplacer("a", `\u0430`, "b", `\u0431`).Replace(strings.Repeat(`{"_":1,"text":"`+strings.Repeat("aab abba ", 40)+"\"}\n", n))
	o := Options{TextField: "text", IDField: "id", Fields: []string{"date"}}
	strict := parserFor(o)
	strict.quick.fields = nil
	for _, c := range []struct {
		name, data string
		p          *Parser
	}{{"usual", usual, parserFor(o)}, {"escaped", escaped, parserFor(o)}, {"strict", usual, strict}} {
		b.Run(c.name, func(b *testing.B) {
			data := []byte(c.data)
			kerneltest.BenchmarkLevels(b, func(b *testing.B) {
				var batch Batch
				b.SetBytes(int64(len(data)))
				b.ReportAllocs()
				for b.Loop() {
					batch.Reset()
					c.p.Parse(&Block{Line: 1, Data: data, format: JSONL}, &batch)
					if len(batch.Docs) != n {
						b.Fatal(batch.Errs[0])
					}
				}
				b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
			})
		})
	}
}

// BenchmarkScan reads, decompresses, hashes and cuts into blocks, without parsing.
func BenchmarkScan(b *testing.B) {
	data := prose(10_000)
	for _, kind := range []struct{ name, stored string }{{"x.jsonl", data}, {"x.jsonl.gz", gz(b, data)}, {"x.jsonl.zst", zst(b, data)}} {
		b.Run(kind.name[1:], func(b *testing.B) {
			c := mustOpen(b, []string{kind.name}, Options{FS: tree{kind.name: kind.stored}.fs()})
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Scan(context.Background(), func(block *Block) error { block.Release(); return nil }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSmallFiles scans and parses text files of 2 KB from the disk.
func BenchmarkSmallFiles(b *testing.B) {
	const n = 2000
	files := tree{}
	for i := range n {
		files[fmt.Sprintf("%d/%d.txt", i%10, i)] = strings.Repeat("some words ", 180)
	}
	c := mustOpen(b, []string{files.write(b)}, Options{})
	b.ReportAllocs()
	for b.Loop() {
		if got := len(readAll(b, c).Docs); got != n {
			b.Fatal(got)
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

// BenchmarkCatalogAdd is the serial part of every document's way.
func BenchmarkCatalogAdd(b *testing.B) {
	title := bytes.Repeat([]byte("word "), 15)
	c := NewCatalog(1<<30, "")
	d := Document{}
	n := 0
	for b.Loop() {
		d.Key = fmt.Appendf(d.Key[:0], "document-%d", n)
		d.Line++
		n++
		if _, err := c.Add(0, &d, title); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(c.MemoryBytes())/float64(c.Len()), "bytes/doc")
}
