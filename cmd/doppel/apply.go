package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/corpus/webpage"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// applyOptions are those of the verb apply.
type applyOptions struct {
	saved           pipeline.SavedOptions
	keep, keepPer   string
	decisions       string
	dir             string
	dryRun, without bool
	guards
}

func newApply(a *app) *cobra.Command {
	o := applyOptions{saved: pipeline.SavedOptions{Contents: true}}
	cmd := &cobra.Command{
		Use:   "apply RUN -o DIR",
		Short: "Prune again by other keep rules and by people's decisions, without comparing again",
		Long: `Takes the clusters of the finished run in the folder RUN, applies another keep policy
and the decisions of RUN/decisions.jsonl (see "doppel decide"), and writes what
"doppel prune" writes to DIR, which must be new or empty:

  DIR/data/              the kept records, from the inputs of the run, which must be
                         there and unchanged; --no-data leaves them out
  DIR/removed.jsonl      each removed document, why, and what covers it
  DIR/accounting.json    read = kept + pruned + quarantined + protected
  DIR/report.jsonl, members.*, clusters.*, quarantine.jsonl
  DIR/spans.jsonl        passages cut out of kept documents, if the run was made with
                         --dedup; they are looked for again, in the inputs

A field that the policy looks at is read from the inputs if the run does not hold it.
RUN is never written to. Without decisions the bytes are those of a run with that
policy from the start.

A document that somebody decided to keep stays and comes first in keep order. What
somebody decided to drop goes as if it were not in the corpus: what it stood for is kept,
or covered by another kept document. A pair that is not_duplicate does not count.`,
		Example: `  doppel apply run/ --keep newest -o pruned/
  doppel apply run/ --keep 'source:wire>blogs,longest' --keep-per source -o pruned/
  doppel apply run/ --decisions last-month/decisions.jsonl --dry-run`,
		Args: oneRun("apply"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if o.dir == "" && !o.dryRun {
				return usagef("apply needs -o DIR, or --dry-run to see what it would do")
			}
			if o.dir == "-" {
				return usagef("-o - : a pruned corpus is a folder, not a stream")
			}
			return a.apply(cmd, args[0], o)
		}),
	}
	fl := cmd.Flags()
	fl.StringVar(&o.keep, "keep", "", keepUsage+" (default: the run's)")
	addKeepPer(cmd, &o.keepPer)
	fl.StringVar(&o.decisions, "decisions", "", "log of decisions, e.g. another run's (default: RUN/decisions.jsonl)")
	fl.StringVarP(&o.dir, "output", "o", "", "folder for the pruned corpus")
	fl.BoolVar(&o.without, "no-data", false, "leave the pruned corpus out; the inputs need not be there")
	fl.BoolVar(&o.dryRun, "dry-run", false, "print what would be done and write nothing")
	addSavedFlags(fl, &o.saved)
	o.guards.add(cmd)
	complete(cmd, "keep", keepCompletions...)
	return cmd
}

func (a *app) apply(verb *cobra.Command, dir string, o applyOptions) (err error) {
	m, err := finishedRun(dir)
	if err != nil {
		return err
	}
	log, err := runfolder.ReadDecisions(cmp.Or(o.decisions, filepath.Join(dir, runfolder.DecisionsFile)))
	if err != nil {
		return err
	}
	run, err := openSaved(dir, o.saved)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, run.Close()) }()
	to := pipeline.ApplyOptions{Keep: o.keep, KeepPer: o.keepPer, Decisions: log, Quarantine: runfolder.Quarantine(dir)}
	fields, lacks, err := run.FieldOptions(to)
	if err != nil {
		return usageError{err}
	}
	c, err := a.openAgain(dir, run, m, o)
	if err != nil {
		return err
	}
	if c != nil {
		defer func() { err = errors.Join(err, c.Close()) }()
	}
	out := &target{}
	if !o.dryRun {
		if out, err = a.remote.newCorpus(o.dir, o.saved.Temp, append([]string{dir}, pathsOf(c)...)); err != nil {
			return err
		}
		defer func() { err = out.close(err) }()
	}
	if lacks {
		if to.Inputs, err = a.openInputs(dir, run, m, fields); err != nil {
			return fmt.Errorf("%w: bring it back: fields that --keep %s looks at are not in the run, and are read from there", err, o.keep)
		}
		defer func() { err = errors.Join(err, to.Inputs.Close()) }()
	}
	found, err := run.Apply(verb.Context(), to)
	if err == nil && lacks {
		err = runfolder.CheckInputs(m, to.Inputs)
	}
	if err != nil {
		return err
	}
	plan, err := found.PlanTrim(verb.Context(), c)
	if err != nil {
		return err
	}
	if err := o.check(verb.Context(), found); err != nil { // with what PlanTrim emptied
		return err
	}
	for _, w := range found.Warnings() {
		a.log.Warn(w.Message, "code", w.Code)
	}
	if o.dryRun {
		a.sayWritten(found.Counts(), "standard output")
		return a.output("", func(w io.Writer) error { return a.writePlan(w, plan) })
	}
	return a.writeApplied(verb.Context(), found, plan, out, o)
}

// finishedRun reads what a run folder holds.
func finishedRun(dir string) (*runfolder.Manifest, error) {
	m, err := runfolder.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%q holds no finished run: make one with doppel run INPUT... -o %s", dir, dir)
	}
	return m, err
}

// pathsOf returns where the files of a corpus are; nil has none.
func pathsOf(c *corpus.Corpus) (paths []string) {
	if c == nil {
		return nil
	}
	for _, f := range c.Files() {
		paths = append(paths, f.Path)
	}
	return paths
}

// openAgain opens the inputs of a run if its records are to be written, or passages
// looked for in them; else it returns nil.
func (a *app) openAgain(dir string, run *pipeline.SavedRun, m *runfolder.Manifest, o applyOptions) (*corpus.Corpus, error) {
	trims := run.Identity().Passages.Unit != passage.None
	if (o.dryRun || o.without) && !trims {
		return nil, nil
	}
	c, err := a.openInputs(dir, run, m, run.ReadOptions())
	if err != nil {
		hint := ", or write all but the records with --no-data"
		if trims {
			hint = ": the passages that are cut out are looked for again"
		}
		return nil, fmt.Errorf("%w: bring it back%s", err, hint)
	}
	return c, nil
}

// writeApplied writes the corpus of a plan, and says what became of it.
func (a *app) writeApplied(ctx context.Context, found *pipeline.Applied, plan *prune.Plan, out *target, o applyOptions) error {
	write := prune.WriteOptions{Dir: out.local, Quarantine: found.BadRecords(), NoData: o.without}
	acc, err := runfolder.WriteApplied(ctx, found, plan, write)
	if err != nil {
		return err
	}
	if err := out.finish(prune.AccountingFile); err != nil {
		return err
	}
	a.quarantined = acc.Total.Quarantined
	a.sayWritten(found.Counts(), o.dir)
	return a.output("", func(w io.Writer) error { return a.writeAccounting(w, acc, "applied, and written to "+o.dir, false) })
}

// openInputs opens the inputs of a run again, to be read as said.
func (a *app) openInputs(dir string, run *pipeline.SavedRun, m *runfolder.Manifest, read corpus.Options) (*corpus.Corpus, error) {
	t, err := runfolder.ReadTimings(dir)
	if err != nil {
		return nil, err
	}
	o := pipeline.Options{}
	for _, in := range m.Inputs {
		name := in.Path
		if rest, ok := strings.CutPrefix(name, "s3:/"); ok { // as a cleaned path
			name = s3Scheme + rest
		}
		o.Inputs = append(o.Inputs, name)
	}
	if err := a.remote.provide(&o); err != nil {
		return nil, err
	}
	read.Containers, read.Stores = containers(), o.Stores
	for _, mode := range []webpage.Mode{webpage.Main, webpage.All} {
		if mode.Version() == run.Identity().PageText {
			read.PageText = pageText(mode)
		}
	}
	return runfolder.OpenInputs(m, t, read)
}
