// Command stages measures the stages of a run one by one, on one core and over the
// bytes of one JSONL file, beside the limits of the machine: copying the bytes in
// memory, hashing them, reading them, and parsing them without doing more. It
// writes a Markdown table to standard output and, with -svg, a figure.
//
//	go run ./internal/plant/cmd/plant -n 100000 -seed 1 -exact 0.1 -near 0.2 -footer 0.2 -o c.jsonl
//	go run ./bench/stages -svg docs/stages.svg c.jsonl
//
// Every stage works on what the one before it left in memory, so that its time
// holds nothing of theirs. What a stage takes is the least of several rounds,
// since others may use the machine. The memory is that of the file, three times.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/kernel"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/minhash"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/shingle"
)

func main() {
	svg := flag.String("svg", "", "file for the figure (default: none)")
	rounds := flag.Int("rounds", 3, "times that each stage is run")
	flag.Parse()
	if flag.NArg() != 1 || *rounds < 1 {
		fmt.Fprintln(os.Stderr, "usage: stages [-svg FILE] [-rounds N] CORPUS.jsonl")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *svg, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "stages:", err)
		os.Exit(1)
	}
}

// stage is a measured part of the work.
type stage struct {
	name  string
	limit bool // of the machine, no part of a run
	took  time.Duration
}

// bench runs stages over one file.
type bench struct {
	path   string
	rounds int
	stages []stage

	data     []byte
	blocks   []*corpus.Block
	texts    [][]byte
	norms    [][]byte
	shingles [][]uint64
	sigs     []minhash.Signature
}

func run(path, svg string, rounds int) error {
	runtime.GOMAXPROCS(1)
	b := &bench{path: path, rounds: rounds}
	if err := b.measure(); err != nil {
		return err
	}
	fmt.Printf("%d documents, %d bytes, one core, kernels: %v\n\n", len(b.texts), len(b.data), kernel.Active())
	b.table(os.Stdout)
	if svg == "" {
		return nil
	}
	return os.WriteFile(svg, b.figure(), 0o644)
}

// add measures f, which starts from the same state each time.
func (b *bench) add(name string, limit bool, f func() error) error {
	best := time.Duration(1<<63 - 1)
	for range b.rounds {
		runtime.GC()
		start := time.Now()
		if err := f(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		best = min(best, time.Since(start))
	}
	b.stages = append(b.stages, stage{name, limit, best})
	return nil
}

func (b *bench) measure() (err error) {
	if b.data, err = os.ReadFile(b.path); err != nil {
		return err
	}
	if err := b.limits(); err != nil {
		return err
	}
	steps := []func() error{b.read, b.parse, b.normalise, b.digest, b.shingle, b.sign, b.whole}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) limits() error {
	dst := make([]byte, len(b.data))
	var sum uint64
	err := b.add("copy in memory", true, func() error { copy(dst, b.data); return nil })
	if err == nil {
		err = b.add("xxh3 of the bytes", true, func() error { sum += xxh3.Hash(b.data); return nil })
	}
	if err == nil {
		buf := make([]byte, 1<<20)
		err = b.add("read the file", true, func() error {
			f, err := os.Open(b.path)
			if err != nil {
				return err
			}
			defer f.Close()
			_, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{f}, buf)
			return err
		})
	}
	return err
}

func (b *bench) open() (*corpus.Corpus, error) {
	return corpus.Open([]string{b.path}, corpus.Options{Threads: 1})
}

func (b *bench) read() error {
	c, err := b.open()
	if err != nil {
		return err
	}
	return b.add("read, hash and cut into blocks", false, func() error {
		return c.Scan(context.Background(), func(block *corpus.Block) error { block.Release(); return nil })
	})
}

func (b *bench) parse() error {
	c, err := b.open()
	if err != nil {
		return err
	}
	if err := c.Scan(context.Background(), func(block *corpus.Block) error { b.blocks = append(b.blocks, block); return nil }); err != nil {
		return err
	}
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	if err := b.add("parse JSON", false, func() error {
		for _, block := range b.blocks {
			batch.Reset()
			parser.Parse(block, &batch)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, block := range b.blocks {
		batch.Reset()
		parser.Parse(block, &batch)
		for i := range batch.Docs {
			b.texts = append(b.texts, append([]byte(nil), batch.Docs[i].Text...))
		}
	}
	b.blocks = nil
	return nil
}

func (b *bench) normalise() error {
	normalizer := shingle.NewNormalizer()
	var buf []byte
	if err := b.add("normalise", false, func() error {
		for _, text := range b.texts {
			buf = normalizer.Append(buf[:0], text)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, text := range b.texts {
		b.norms = append(b.norms, normalizer.Append(nil, text))
	}
	return nil
}

func (b *bench) digest() error {
	var sum byte
	return b.add("digest", false, func() error {
		for _, norm := range b.norms {
			d := shingle.DigestOf(norm, 0)
			sum ^= d[0]
		}
		return nil
	})
}

func (b *bench) shingle() error {
	plan, err := pipeline.Options{Inputs: []string{b.path}}.Plan(pipeline.Stats{})
	if err != nil {
		return err
	}
	shingler := shingle.NewShingler(plan.Identity.Shingle, plan.Identity.Seed)
	var buf []uint64
	if err := b.add("words and shingle hashes", false, func() error {
		for _, norm := range b.norms {
			buf = shingler.AppendAll(buf[:0], norm)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, norm := range b.norms {
		b.shingles = append(b.shingles, shingler.AppendAll(nil, norm))
	}
	return nil
}

func (b *bench) sign() error {
	plan, err := pipeline.Options{Inputs: []string{b.path}}.Plan(pipeline.Stats{})
	if err != nil {
		return err
	}
	signer, err := minhash.NewSigner(plan.Identity.Family, plan.Params.Hashes(), plan.Identity.Seed)
	if err != nil {
		return err
	}
	sig := make(minhash.Signature, signer.Hashes())
	if err := b.add("sign", false, func() error {
		for _, s := range b.shingles {
			signer.Sign(sig, s)
		}
		return nil
	}); err != nil {
		return err
	}
	for _, s := range b.shingles {
		b.sigs = append(b.sigs, signer.Sign(nil, s))
	}
	var keys []uint64
	return b.add("band keys", false, func() error {
		for _, sig := range b.sigs {
			keys = lsh.AppendBandKeys(keys[:0], sig, plan.Params)
		}
		return nil
	})
}

// whole measures a run of the preset near, and calls the rest what none of the
// stages before explains: numbering, join, sets of candidates, verification,
// clusters, report, and handing on.
func (b *bench) whole() error {
	b.norms, b.shingles, b.sigs = nil, nil, nil // the run needs the memory
	if err := b.add("the whole run", true, func() error {
		res, err := pipeline.Run(context.Background(), pipeline.Options{Inputs: []string{b.path}, Threads: 1})
		if err != nil {
			return err
		}
		if err := res.WriteReport(io.Discard, report.JSONL, pipeline.ReportOptions{}); err != nil {
			return err
		}
		return res.Close()
	}); err != nil {
		return err
	}
	last := len(b.stages) - 1
	rest := stage{name: "number, join, make sets, verify, cluster, report", took: b.stages[last].took}
	for _, s := range b.stages[:last] {
		if !s.limit {
			rest.took -= s.took
		}
	}
	b.stages = append(b.stages[:last], rest, b.stages[last])
	return nil
}
