package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
)

func newPrune(a *app) *cobra.Command {
	var o pipeline.Options
	var dir string
	var dryRun bool
	var g guards
	var decisions string
	cmd := &cobra.Command{
		Use:   "prune INPUT... -o DIR",
		Short: "Write the corpus without its near-duplicates",
		Long: `Finds clusters as "doppel cluster" does and writes a pruned copy of the corpus to DIR,
which must be new or empty and not inside an input:

  DIR/data/              the kept records, byte for byte, under the inputs' names
  DIR/removed.jsonl      each removed document, the kept one that covers it, their
                         exact similarity and the rule
  DIR/quarantine.jsonl   bad records
  DIR/accounting.json    read = kept + pruned + quarantined (+ protected, the
                         documents of --against), by file and in total

With --decisions, what people decided of documents holds, as in "doppel apply". With
--dedup, paragraphs, lines or passages that occur more than once in the kept documents
are cut out of them too (see "doppel trim"), and DIR/spans.jsonl lists them.

DIR appears whole or not at all. With --dry-run the same plan is printed and
nothing is written.`,
		Example: `  doppel prune news/ -o pruned/
  doppel prune --preset strict --keep newest 'crawl/*.jsonl.zst' -o pruned/
  doppel prune --dedup paragraph corpus.jsonl -o pruned/
  doppel prune --dry-run corpus.jsonl`,
		Args: inputsOrUsage(1, "prune needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if dir == "" && !dryRun {
				return usagef("prune needs -o DIR, or --dry-run to see what it would do")
			}
			o.Inputs, o.Reread = args, true
			if err := readDecisions(decisions, &o); err != nil {
				return err
			}
			return a.prune(cmd, o, pruneTo{dir: dir, dryRun: dryRun, what: "pruned"}, g)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addPassageFlags(cmd, &o.Identity.Passages)
	addInputFlags(cmd, &o)
	addScopeFlags(cmd, &o)
	addDecisions(cmd, &decisions)
	g.add(cmd)
	cmd.Flags().StringVarP(&dir, "output", "o", "", "folder for the pruned corpus")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would be done and write nothing")
	addSpaceFlag(cmd, &a.spaceUnchecked)
	return cmd
}

// pruneTo says where what is left of a corpus goes, if it is to be written, and what it
// is called.
type pruneTo struct {
	dir    string
	dryRun bool
	what   string
}

// prune writes what a run leaves of a corpus: without its near-duplicates, the passages
// that repeat, or both.
func (a *app) prune(cmd *cobra.Command, o pipeline.Options, to pruneTo, g guards) (err error) {
	a.keepsQuarantine = !to.dryRun
	if to.dir == "-" {
		return usagef("-o - : a %s corpus is a folder, not a stream", to.what)
	}
	g.prepare(&o)
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	for _, warning := range job.Plan().PruneWarnings() {
		a.log.Warn(warning, "code", "event")
	}
	into := to.dir
	if to.dryRun {
		into = ""
	}
	out, res, err := a.runInto(cmd.Context(), job, into, allInputs(&o))
	if err != nil {
		return err
	}
	defer func() { err = out.close(errors.Join(err, res.Close())) }()
	if err := g.check(cmd.Context(), res); err != nil {
		return err
	}
	a.logWarnings(res)
	if to.dryRun {
		plan, err := res.PlanTrim(cmd.Context())
		if err != nil {
			return err
		}
		a.sayWritten(res.Counts(), "standard output")
		return a.output("", func(w io.Writer) error { return a.writePlan(w, plan) })
	}
	acc, err := res.Prune(cmd.Context(), out.local)
	if err != nil {
		return err
	}
	if err := out.finish(prune.AccountingFile); err != nil {
		return err
	}
	a.sayTaken(res)
	a.sayWritten(res.Counts(), to.dir)
	return a.output("", func(w io.Writer) error { return a.writeAccounting(w, acc, to.what+" corpus written to "+to.dir, false) })
}

// writePlan prints every removal, and what they come to.
func (a *app) writePlan(w io.Writer, plan *prune.Plan) error {
	enc := jsonLines(w)
	for r, err := range plan.Removals {
		switch {
		case err != nil:
		case a.json:
			err = enc.Encode(struct {
				Type string `json:"type"`
				prune.Removal
			}{"removal", r})
		case r.CoveredBy == "":
			_, err = fmt.Fprintf(w, "drop %s: %s\n", safe(r.ID), r.Rule)
		default:
			_, err = fmt.Fprintf(w, "drop %s, covered by %s: %s at %.4f\n", safe(r.ID), safe(r.CoveredBy), r.Rule, r.Similarity)
		}
		if err != nil {
			return err
		}
	}
	return a.writeAccounting(w, plan.Accounting(), "dry run, nothing written", true)
}

func (a *app) writeAccounting(w io.Writer, acc prune.Accounting, heading string, dryRun bool) error {
	if a.json {
		return json.NewEncoder(w).Encode(struct {
			Type   string `json:"type"`
			DryRun bool   `json:"dry_run"`
			prune.Accounting
		}{"accounting", dryRun, acc})
	}
	t := acc.Total
	p := printer{w: w}
	p.printf(`%s
  read         %10s %s
  kept         %10s
  pruned       %10s   of which %s, %s
  quarantined  %10s
`, heading, quantity.Number(t.Read), quantity.Noun(t.Read, "record", "records"), quantity.Number(t.Kept), quantity.Number(t.Pruned),
		quantity.Of(t.Exact, "exact copy", "exact copies"), quantity.Of(t.Near, "near-duplicate", "near-duplicates"), quantity.Number(t.Quarantined))
	if t.Decided > 0 {
		p.printf("  by decision  %10s   of the pruned: dropped whether or not a kept one covers %s\n", quantity.Number(t.Decided), quantity.Noun(t.Decided, "it", "them"))
	}
	if t.Protected > 0 {
		p.printf("  protected    %10s   reference %s, not written\n", quantity.Number(t.Protected), quantity.Noun(t.Protected, "document", "documents"))
	}
	describeEdits(&p, t.EditCounts)
	if t.Filtered > 0 {
		p.printf("  filtered     %10s   not of the run, written as %s\n", quantity.Number(t.Filtered), quantity.Noun(t.Filtered, "it was", "they were"))
	}
	return p.err
}
