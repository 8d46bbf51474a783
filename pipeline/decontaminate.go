package pipeline

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/spill"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// ContaminatedFile is the file of a decontaminated corpus that tells which documents
// had evaluation items in them. Persisted, never rename.
const ContaminatedFile = "contaminated.jsonl"

// ItemSource says where evaluation items are read from.
type ItemSource struct {
	// Inputs are as in [Options]; standard input is not among them.
	Inputs []string
	// TextField and IDField name the fields of JSONL items. Defaults: "text" and "id".
	TextField, IDField string
	// Format forces the input format. Default: by file names.
	Format corpus.Format
	// Containers, PageText and Stores are as in [Options].
	Containers []corpus.Container
	PageText   corpus.PageText
	Stores     map[string]fs.FS
}

// Items are evaluation items to look for in a corpus. All of them are in memory. They
// may be used by several goroutines.
type Items struct {
	index   *passage.Items
	options passage.ItemOptions
	inputs  []string
	files   []corpus.File // benchmarks
	counts  []int64       // items of each, also those too short
}

// ReadItems reads evaluation items. A bad record is an error: an item that is not
// looked for would not be missed.
func ReadItems(ctx context.Context, s ItemSource, o passage.ItemOptions) (*Items, error) {
	o = o.Defaults()
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c, err := corpus.Open(s.Inputs, corpus.Options{TextField: s.TextField, IDField: s.IDField, Format: s.Format,
		Containers: s.Containers, PageText: s.PageText, Stores: s.Stores})
	if err != nil {
		return nil, err
	}
	x := &Items{inputs: s.Inputs, index: passage.NewItems(o, rand.Uint64()), counts: make([]int64, len(c.Files()))}
	x.files = append(x.files, c.Files()...)
	parser := corpus.NewParser(c)
	var batch corpus.Batch
	err = c.Scan(ctx, func(b *corpus.Block) error {
		defer b.Release()
		batch.Reset()
		parser.Parse(b, &batch)
		if len(batch.Errs) > 0 {
			return fmt.Errorf("an evaluation item cannot be read: %w", batch.Errs[0])
		}
		for i := range batch.Docs {
			x.index.Add(string(batch.Docs[i].Key), b.File, batch.Docs[i].Text)
			x.counts[b.File]++
		}
		return nil
	})
	if err := errors.Join(err, c.Close()); err != nil {
		return nil, err
	}
	x.options = x.index.Done()
	if x.index.Len() == 0 {
		return nil, fmt.Errorf("pipeline: none of the %s has %s: nothing to look for", quantity.Of(x.index.Short(), "evaluation item", "evaluation items"), quantity.Of(o.MinWords, "word", "words"))
	}
	return x, nil
}

// Options returns the options with the digest of the items, for [Identity].
func (x *Items) Options() passage.ItemOptions { return x.options }

// Short returns the number of items that are not looked for, having too few words.
func (x *Items) Short() int64 { return x.index.Short() }

// CheckInputs returns an error if a file of items is an input of the job too: it would
// be found in itself, and nothing of it be left.
func (x *Items) CheckInputs(j *Job) error {
	if j.options.FS != nil { // the items are not of that file system
		return nil
	}
	if path, found := corpus.SameFile(j.corpus.Files(), x.files); found {
		return fmt.Errorf("pipeline: %q is both an input and a file of evaluation items: name one without the other", path)
	}
	return nil
}

// Benchmark is what was found of one file of evaluation items.
type Benchmark struct {
	Type string `json:"type"` // "benchmark"
	Name string `json:"benchmark"`
	// Items are all of its items, and Contaminated those that are in some document.
	Items        int64 `json:"items"`
	Contaminated int64 `json:"contaminated"`
	// Documents are those with one of its items.
	Documents int64 `json:"documents"`
}

// Contamination is what was found of evaluation items in a corpus. The caller closes
// it, after its plan was used.
type Contamination struct {
	res        *Result
	items      *Items
	edits      *passage.Edits
	lines      *spill.Store[byte] // of contaminated.jsonl
	benchmarks []Benchmark
	seen       []bool // items found
}

// hitLine is a line of contaminated.jsonl.
type hitLine struct {
	Type        string   `json:"type"` // "contaminated"
	ID          string   `json:"id"`
	Item        string   `json:"item"`
	Benchmark   string   `json:"benchmark"`
	Containment float64  `json:"containment"`
	Spans       [][2]int `json:"spans"`
}

// FindItems looks for evaluation items in the documents of a result whose Identity
// has the items' Options. The documents are read again.
func (r *Result) FindItems(ctx context.Context, x *Items) (*Contamination, error) {
	if r.plan.Identity.Items != x.options {
		return nil, errors.New("pipeline: the run was made for other evaluation items: set Identity.Items to their Options")
	}
	if err := x.CheckInputs(r.job); err != nil {
		return nil, err
	}
	kept, err := r.PlanPrune()
	if err != nil {
		return nil, err
	}
	memory := r.job.plan.passageMemory()
	c := &Contamination{res: r, items: x, edits: passage.NewEdits(memory/4, r.job.options.Temp).In(r.job.options.tempFS), lines: spill.New[byte](memory/4, r.job.options.Temp).In(r.job.options.tempFS),
		seen: make([]bool, x.index.Len())}
	for i, f := range x.files {
		c.benchmarks = append(c.benchmarks, Benchmark{Type: "benchmark", Name: f.Name, Items: x.counts[i]})
	}
	err = r.job.readDocuments(ctx, kept.Keeps, func() func(*textBatch) {
		looker := x.index.NewLooker()
		return func(b *textBatch) {
			for i := range b.in.Docs {
				b.hits = append(b.hits, looker.Find(b.in.Docs[i].Text))
			}
		}
	}, c.store)
	if err := errors.Join(err, c.edits.Seal(), c.lines.Seal()); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// store keeps what was found in the documents of b.
func (c *Contamination) store(b *textBatch) error {
	for i, id := range b.ids {
		if len(b.hits[i]) == 0 {
			continue
		}
		if err := c.storeLines(c.res.catalog.Key(id), b.hits[i]); err != nil {
			return err
		}
		if err := c.edits.Add(id, c.editOf(b.in.Docs[i].Text, b.hits[i])); err != nil {
			return err
		}
	}
	return nil
}

// editOf returns what becomes of a document.
func (c *Contamination) editOf(text []byte, hits []passage.Hit) passage.Edit {
	e := passage.Edit{Fate: passage.Contaminated}
	if c.items.options.Action != passage.Mask {
		return e
	}
	var cuts []corpus.Cut
	for _, h := range hits {
		cuts = append(cuts, h.Cuts...)
	}
	e.Fate = passage.Trimmed
	for _, cut := range passage.Union(cuts) {
		e.Spans = append(e.Spans, passage.Span{Start: cut.Start, End: cut.End, Chars: utf8.RuneCount(text[cut.Start:cut.End])})
	}
	return e
}

// storeLines stores the lines of one document and counts its items.
func (c *Contamination) storeLines(key string, hits []passage.Hit) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	inFile := map[int]bool{}
	for _, h := range hits {
		item := c.items.index.Item(h.Item)
		b := &c.benchmarks[item.Benchmark]
		if !c.seen[h.Item] {
			c.seen[h.Item] = true
			b.Contaminated++
		}
		if !inFile[item.Benchmark] {
			inFile[item.Benchmark] = true
			b.Documents++
		}
		line := hitLine{"contaminated", key, item.Key, b.Name, h.Containment, nil}
		for _, cut := range h.Cuts {
			line.Spans = append(line.Spans, [2]int{cut.Start, cut.End})
		}
		if err := enc.Encode(line); err != nil {
			return err
		}
	}
	return errors.Join(c.res.catalog.Err(), c.lines.Append(out.Bytes()))
}

// Benchmarks returns what was found, by file of items.
func (c *Contamination) Benchmarks() []Benchmark { return c.benchmarks }

// Documents returns the number of contaminated documents.
func (c *Contamination) Documents() int { return c.edits.Len() }

// Write writes a JSON line for every document and item that is in it, in reading
// order: the document, the item and its file, the share of the item's windows that the
// document has, and the bytes of the document's text that overlap.
func (c *Contamination) Write(w io.Writer) error {
	for i := range c.lines.Len() {
		lines, err := c.lines.Get(i, nil)
		if err != nil {
			return err
		}
		if _, err := w.Write(lines); err != nil {
			return err
		}
	}
	return nil
}

// Plan returns the corpus without what is contaminated: documents, or their parts.
func (c *Contamination) Plan() (*prune.Plan, error) {
	p, err := c.res.PlanPrune()
	if err != nil || c.items.options.Action == passage.Report {
		return p, err
	}
	return p, p.Edit(c.edits, c.items.options.Mark)
}

// WriteCorpus writes the plan to the folder dir, as [Result.Prune] does, with
// contaminated.jsonl.
func (c *Contamination) WriteCorpus(ctx context.Context, dir string) (prune.Accounting, error) {
	p, err := c.Plan()
	if err != nil {
		return prune.Accounting{}, err
	}
	o := prune.WriteOptions{Dir: dir, Quarantine: c.res.quarantine, Files: map[string]func(*bufio.Writer) error{
		ContaminatedFile: func(w *bufio.Writer) error { return c.Write(w) },
	}}
	if c.res.job.options.FS == nil {
		o.Inputs = slices.Concat(c.res.job.options.Inputs, c.items.inputs)
	}
	return p.Write(ctx, o)
}

// Close removes the temporary files.
func (c *Contamination) Close() error { return errors.Join(c.edits.Close(), c.lines.Close()) }
