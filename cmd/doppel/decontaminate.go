package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

// itemFlags say what is looked for and where it comes from.
type itemFlags struct {
	source  pipeline.ItemSource
	options passage.ItemOptions
	any     bool
	dir     string
}

func (f *itemFlags) add(cmd *cobra.Command) {
	fs, o := cmd.Flags(), &f.options
	fs.StringArrayVar(&f.source.Inputs, "against", nil, "evaluation items, any form of input but standard input; may be given again")
	fs.StringVar(&f.source.TextField, "item-field", "", "JSONL field with an item's text (default: that of --text-field)")
	fs.IntVar(&o.Words, "words", 13, "words in a row that are compared; an item of fewer is looked for as a whole")
	fs.IntVar(&o.MinWords, "min-words", 4, "words under which an item is not looked for")
	addValue(fs, &o.Containment, "containment", "SHARE", "0.5", "share of an item's runs of --words that a document must have", parseShare)
	fs.BoolVar(&f.any, "any", false, "one run in common is enough")
	addValue(fs, &o.Action, "action", "ACTION", "drop", "what becomes of a document: drop, mask (what overlaps) or report", passage.ParseAction)
	fs.StringVar(&o.Mark, "mark", "", "what --action mask puts in place of what overlaps (default \"[removed]\")")
	fs.StringVarP(&f.dir, "output", "o", "", "folder for the corpus; with --action report, file for the report (default: standard output)")
	complete(cmd, "action", "drop", "mask", "report")
}

// check completes the flags and tells what is wrong with them.
func (f *itemFlags) check(cmd *cobra.Command) error {
	report := f.options.Action == passage.Report
	switch {
	case len(f.source.Inputs) == 0:
		return usagef("decontaminate needs --against: the evaluation items")
	case f.any && cmd.Flags().Changed("containment"):
		return usagef("--any and --containment contradict each other")
	case f.dir == "" && !report:
		return usagef("decontaminate needs -o DIR, or --action report to see what it would find")
	case f.dir == "-" && !report:
		return usagef("-o - : a corpus is a folder, not a stream")
	}
	if f.any {
		f.options.Containment = passage.AnyHit
	}
	if err := f.options.Defaults().Validate(); err != nil {
		return usageError{err}
	}
	return nil
}

const decontaminateHelp = `Looks for evaluation items, each a record or a text file, in the documents of a
corpus: exactly, by runs of words of the normalised texts. A document is contaminated by
an item if it has at least a share of the item's runs, half of them by default. DIR,
which must be new or empty and not inside an input, gets

  DIR/data/                the corpus without these documents, or with what overlaps
                           masked, and all else byte for byte
  DIR/contaminated.jsonl   each document and item that is in it: the share, and where
  DIR/removed.jsonl        documents that went
  DIR/quarantine.jsonl     bad records
  DIR/accounting.json      where every record ended, by file and in total

The items themselves are never written, but for their ids.`

const decontaminateExamples = `  doppel decontaminate crawl/ --against mmlu.jsonl --item-field question -o clean/
  doppel decontaminate crawl/ --against evals/ --any --action mask -o clean/
  doppel decontaminate corpus.jsonl --against evals/ --action report`

func newDecontaminate(a *app) *cobra.Command {
	var o pipeline.Options
	var f itemFlags
	cmd := &cobra.Command{
		Use:     "decontaminate INPUT... --against ITEMS -o DIR",
		Short:   "Find evaluation items in a corpus, and take them out",
		Long:    decontaminateHelp,
		Example: decontaminateExamples,
		Args:    inputsOrUsage(1, "decontaminate needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			o.Inputs, o.Reread, o.Preset = args, true, pipeline.Verbatim
			return a.decontaminate(cmd, o, f)
		}),
	}
	addInputFlags(cmd, &o)
	f.add(cmd)
	addSpaceFlag(cmd, &a.spaceUnchecked)
	return cmd
}

func (a *app) decontaminate(cmd *cobra.Command, o pipeline.Options, f itemFlags) (err error) {
	report := f.options.Action == passage.Report
	a.keepsQuarantine = !report
	items, err := a.readItems(cmd.Context(), &o, f)
	if err != nil {
		return err
	}
	o.Identity.Items = items.Options()
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	if err := items.CheckInputs(job); err != nil {
		return errors.Join(err, job.Close())
	}
	into := f.dir
	if report {
		into = ""
	}
	out, res, err := a.runInto(cmd.Context(), job, into, slices.Concat(o.Inputs, f.source.Inputs))
	if err != nil {
		return err
	}
	defer func() { err = out.close(errors.Join(err, res.Close())) }()
	a.logWarnings(res)
	found, err := res.FindItems(cmd.Context(), items)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.Close()) }()
	if report {
		return a.reportItems(f.dir, res, found)
	}
	acc, err := found.WriteCorpus(cmd.Context(), out.local)
	if err != nil {
		return err
	}
	if err := out.finish(prune.AccountingFile); err != nil {
		return err
	}
	a.sayWritten(res.Counts(), f.dir)
	return a.output("", func(w io.Writer) error {
		if err := a.writeAccounting(w, acc, "decontaminated corpus written to "+f.dir, false); err != nil {
			return err
		}
		return a.writeBenchmarks(w, found)
	})
}

// readItems reads the evaluation items, which are read as the corpus is where nothing
// else was asked for.
func (a *app) readItems(ctx context.Context, o *pipeline.Options, f itemFlags) (items *pipeline.Items, err error) {
	f.source.TextField = cmp.Or(f.source.TextField, o.Identity.TextField)
	f.source.IDField = o.Identity.IDField
	f.source.Containers, f.source.PageText = o.Containers, o.PageText
	if f.source.Stores, err = a.remote.stores(f.source.Inputs); err != nil {
		return nil, err
	}
	if items, err = pipeline.ReadItems(ctx, f.source, f.options); err != nil {
		return nil, err
	}
	if n := items.Short(); n > 0 {
		a.log.Warn("evaluation items are too short and not looked for (--min-words)", "items", n)
	}
	return items, nil
}

// reportItems writes what was found, and nothing of the corpus.
func (a *app) reportItems(file string, res *pipeline.Result, found *pipeline.Contamination) error {
	if err := a.output(file, found.Write); err != nil {
		return err
	}
	if a.json || file == "" || file == "-" {
		a.log.Info("done", "documents", res.Counts().Documents, "contaminated", found.Documents())
		return nil
	}
	return a.output("", func(w io.Writer) error { return a.writeBenchmarks(w, found) })
}

// writeBenchmarks prints what was found of each file of items.
func (a *app) writeBenchmarks(w io.Writer, found *pipeline.Contamination) error {
	enc := jsonLines(w)
	p := printer{w: w}
	for _, b := range found.Benchmarks() {
		if a.json {
			if err := enc.Encode(b); err != nil {
				return err
			}
			continue
		}
		p.printf("  %s: %s of %s, in %s\n", safe(b.Name), quantity.Number(b.Contaminated), quantity.Of(b.Items, "item", "items"), quantity.Of(b.Documents, "document", "documents"))
	}
	return p.err
}
