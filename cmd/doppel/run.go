package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/checkpoint"
	"github.com/doppel-dedup/doppel/pipeline/corpus"
	"github.com/doppel-dedup/doppel/pipeline/passage"
	"github.com/doppel-dedup/doppel/pipeline/report"
	"github.com/doppel-dedup/doppel/pipeline/runfolder"
)

// runState is what the verbs about run folders share.
type runState struct {
	// args are those of the program.
	args []string
	// resuming is the folder, if the verb was called by resume.
	resuming string
	// spaceUnchecked is that of the verb resume.
	spaceUnchecked bool
	// with is what the verb resume was given in place of the run's own.
	with resources
	// resumable says how to go on after an interruption, once there is a folder.
	resumable string
	watch     *runfolder.Stopwatch
}

// runOptions are those of the verb run alone.
type runOptions struct {
	dir         string
	work        string // where a run that goes to a store is made
	shown       string // dir as given, if that is another
	noData      bool
	overwrite   bool
	failOnFound bool
	decisions   string
	guards
}

const runHelp = `Does what "doppel cluster" and "doppel prune" do, and keeps all of it in the folder RUN:

  RUN/manifest.json     options, inputs and outputs with SHA-256, counts
  RUN/members.parquet   what became of every record: kept, dropped for whom, quarantined
  RUN/clusters.parquet  the clusters
  RUN/pairs.parquet     verified pairs, from --pair-floor on
                        (each table as .jsonl.zst too)
  RUN/data/             the pruned corpus, and nothing else
  RUN/report.html, summary.md, metrics.prom, quarantine.jsonl, timings.json
  RUN/spans.jsonl       passages cut out of kept documents (with --dedup)
  RUN/saved/            what "doppel rethreshold RUN THRESHOLD" reads
  RUN/_SUCCESS          written last: the folder is whole

Equal inputs and options give equal bytes, but for timings.json, metrics.prom and
_SUCCESS. If RUN holds the finished run of the same inputs and options, nothing is
done. If it holds another one, the exit code is 7 and what differs is named; with
--overwrite it goes before the new one begins. An interrupted run goes on with "doppel
resume RUN".

With --decisions FILE the result is that of "doppel apply" with these decisions after a
run without, and RUN/decisions.jsonl begins with them. FILE may be that of the run which
--overwrite replaces.

RUN may be s3://BUCKET/FOLDER, where nothing is yet: the run is made on the disk and
uploaded when it is whole, _SUCCESS last. With --work DIR it is made in DIR and stays
there: "doppel resume DIR" goes on with the run, or with an upload that broke off.`

const runExamples = `  doppel run 'crawl/**/*.jsonl.gz' -o run/
  doppel run --preset strict --keep newest news/ -o run/ --no-data
  doppel run news/ -o run/ --dedup paragraph
  doppel run news/ -o run/ --decisions last-month/decisions.jsonl
  doppel run corpus.parquet -o run/ --fail-on-found    # exit code 10 if there are any`

func newRun(a *app) *cobra.Command {
	var o pipeline.Options
	var r runOptions
	cmd := &cobra.Command{
		Use:     "run INPUT... -o RUN",
		Short:   "Do a whole run in one folder: clusters, pruned corpus, tables, accounts",
		Long:    runHelp,
		Example: runExamples,
		Args:    inputsOrUsage(1, "run needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			o.Inputs = args
			return a.run(cmd, o, r)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	addScopeFlags(cmd, &o)
	addPassageFlags(cmd, &o.Identity.Passages)
	addDecisions(cmd, &r.decisions)
	r.add(cmd)
	fs := cmd.Flags()
	fs.StringVarP(&r.dir, "output", "o", "", "folder of the run")
	fs.StringVar(&r.work, "work", "", "local folder in which a run that goes to s3:// is made, and stays, so that it can be resumed")
	fs.BoolVar(&r.noData, "no-data", false, "leave the pruned corpus out")
	addValue(fs, &o.PairFloor, "pair-floor", "SHARE", "", "similarity from which verified pairs are kept (default: 0.1 under the threshold, and not under half of it)", parseShare)
	fs.BoolVar(&r.overwrite, "overwrite", false, "remove the run that the folder holds, and begin another")
	addFailOnFound(fs, &r.failOnFound)
	addSpaceFlag(cmd, &a.spaceUnchecked)
	return cmd
}

func addFailOnFound(fs *pflag.FlagSet, fail *bool) {
	fs.BoolVar(fail, "fail-on-found", false, "end with exit code 10 if there is any cluster")
}

func (a *app) run(cmd *cobra.Command, o pipeline.Options, r runOptions) (err error) {
	if err := r.settle(a.runs.resuming); err != nil {
		return err
	}
	a.runs.with.onto(&o)
	out, err := a.remote.runTarget(r.dir, r.work, o.Temp, allInputs(&o))
	if err != nil {
		return err
	}
	r.dir, r.shown = out.local, out.name
	defer func() { err = out.close(err) }()
	if err := readDecisions(r.decisions, &o); err != nil {
		return err
	}
	a.keepsQuarantine = true
	a.runs.watch = runfolder.NewStopwatch(time.Now, peakMemory)
	o.Stdin, o.Reread, o.Save, o.Sums, o.Sources = a.stdin, !r.noData || o.Identity.Passages.Unit != passage.None, true, true, true
	resolved := o.Defaults()
	o.PairFloor = resolved.Identity.PairFloor(o.PairFloor)
	if !slices.Contains(allInputs(&o), corpus.StdinPath) {
		o.Checkpoint = &checkpoint.Options{Dir: runfolder.CheckpointDir(r.dir), Tell: func(s string) { a.log.Info(s) }}
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	spec, err := a.runSpec(cmd, o, r)
	if err == nil {
		err = a.checkRunSpace(job, &r, o.Checkpoint)
	}
	if err != nil {
		return errors.Join(err, job.Close())
	}
	folder, done, err := runfolder.Open(cmd.Context(), job, spec)
	if folder == nil {
		err = errors.Join(err, job.Close())
		if err != nil {
			return orCannotResume(err)
		}
		a.log.Info("this run is finished already; nothing was done", "folder", r.dir)
	} else if done, err = a.fill(cmd.Context(), job, folder, r); err != nil {
		return err
	}
	if err := out.finish(runfolder.SuccessFile); err != nil {
		if r.work != "" {
			return fmt.Errorf("%w: the run itself is finished; upload it again with: doppel resume %s", err, r.work)
		}
		return err
	}
	return a.ran(r, done)
}

// settle puts the run where it is to be, which another verb may have said.
func (r *runOptions) settle(resuming string) error {
	switch {
	case resuming != "" && isRemote(r.dir):
		r.work = resuming
	case resuming != "":
		r.dir = resuming
	}
	r.overwrite = r.overwrite && resuming == ""
	if r.dir == "" || r.dir == "-" {
		return usagef("run needs -o RUN, the folder for all that comes of it")
	}
	if isRemote(r.dir) && r.overwrite {
		return usagef("--overwrite is for folders on the disk: choose another name in %s", r.dir)
	}
	return nil
}

// fill runs the job and writes the folder.
func (a *app) fill(ctx context.Context, job *pipeline.Job, folder *runfolder.Folder, r runOptions) (m *runfolder.Manifest, err error) {
	defer func() { err = errors.Join(err, folder.Close()) }()
	if h := folder.TakenOver(); h.PID != 0 {
		a.log.Warn("the run was left by a process that ended without a word", "pid", h.PID, "host", h.Host, "since", h.Since.Format(time.RFC3339))
	}
	a.runs.resumable = howToResume(job, &r)
	res, err := a.runJob(ctx, job)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, res.Close()) }()
	if err := r.check(ctx, res); err != nil {
		return nil, err
	}
	a.logWarnings(res)
	return folder.Write(ctx, res)
}

// howToResume says how an interrupted run goes on.
func howToResume(job *pipeline.Job, r *runOptions) string {
	if isRemote(r.shown) && r.work == "" {
		return "with --work DIR a run that goes to s3:// can be continued"
	}
	for _, f := range job.Corpus().Files() {
		if f.Path == corpus.StdinPath {
			return "pipe the same input into the same command to run it again"
		}
	}
	return "continue with: doppel resume " + r.dir
}

// ran tells what came of a run, whoever made it.
func (a *app) ran(r runOptions, m *runfolder.Manifest) error {
	a.runs.resumable = "" // it is finished, whatever becomes of what is told
	a.quarantined = m.Members.Quarantined
	a.found = r.failOnFound && m.Counts.Clusters > 0
	a.sayWritten(m.Counts, cmp.Or(r.shown, r.dir))
	return a.output("", func(w io.Writer) error { return a.writeRun(w, cmp.Or(r.shown, r.dir), "", m) })
}

// writeRun tells the figures of a run, with its state behind its name.
func (a *app) writeRun(w io.Writer, dir, state string, m *runfolder.Manifest) error {
	if a.json {
		return json.NewEncoder(w).Encode(struct {
			Type        string                `json:"type"`
			Folder      string                `json:"folder"`
			Fingerprint string                `json:"fingerprint"`
			Members     runfolder.ClassCounts `json:"members"`
			Clusters    int64                 `json:"clusters"`
			BadRecords  []report.BadRecords   `json:"bad_records,omitempty"`
		}{"run", dir, m.Fingerprint, m.Members, m.Counts.Clusters, m.BadRecords})
	}
	p := printer{w: w}
	p.printf("run %s%s\n", safe(dir), state)
	printFunnel(&p, m)
	printSources(&p, m)
	return p.err
}

// runFolderExit returns the exit code of an error about a run folder, 0 if it is none.
func runFolderExit(err error) int {
	var locked *runfolder.LockedError
	var mismatch *runfolder.MismatchError
	var lost *cannotResumeError
	var other *checkpoint.Error
	switch {
	case errors.As(err, &locked):
		return exitLocked
	case errors.As(err, &mismatch), errors.As(err, &lost), errors.As(err, &other):
		return exitMismatch
	}
	return 0
}
