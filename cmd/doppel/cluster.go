package main

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

func newCluster(a *app) *cobra.Command {
	var o pipeline.Options
	var r reportFlags
	var g guards
	cmd := &cobra.Command{
		Use:   "cluster INPUT...",
		Short: "Report the clusters of near-duplicates in a corpus",
		Long: `Reads the inputs, finds near-duplicates at the level asked for, and writes a report of
the clusters: what is together, how similar, and which document would be kept.

A bad record is left out, counted, and written to a quarantine file (next to the
report, or doppel-quarantine.jsonl); the exit code is then 3.`,
		Example: `  doppel cluster news/
  doppel cluster --preset story seeds/
  doppel cluster --threshold 0.7 --keep newest -o clusters.jsonl 'crawl/**/*.jsonl.gz'
  zcat dump.jsonl.gz | doppel cluster --format csv - > clusters.csv`,
		Args: inputsOrUsage(1, "cluster needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			o.Inputs = args
			return a.cluster(cmd, o, r, g)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	addScopeFlags(cmd, &o)
	r.add(cmd)
	g.add(cmd)
	cmd.Flags().StringVar(&r.quarantine, "quarantine", "", "file for bad records (default: next to the report)")
	addFailOnFound(cmd.Flags(), &r.failOnFound)
	cmd.Flags().StringVar(&r.save, "save", "", "new folder for what \"doppel rethreshold\" needs to cluster again")
	addSpaceFlag(cmd, &a.spaceUnchecked)
	return cmd
}

func (a *app) cluster(cmd *cobra.Command, o pipeline.Options, r reportFlags, g guards) error {
	format, err := r.resolve(a.json)
	if err != nil {
		return err
	}
	a.keepsQuarantine = true
	o.Save, o.Sources = r.save != "", r.page != ""
	g.prepare(&o)
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	err = a.checkOutputs(job, o, r)
	if err == nil {
		err = a.checkSpace(job, pipeline.Writes{Dir: r.save, Saved: true})
	}
	if err != nil {
		return errors.Join(err, job.Close())
	}
	res, err := a.runJob(cmd.Context(), job)
	if err != nil {
		return err
	}
	defer res.Close()
	if err := g.check(cmd.Context(), res); err != nil {
		return err
	}
	toTerminal := format == report.Table && !r.toFile()
	if !toTerminal {
		a.logWarnings(res)
	}
	// The report first: it must not be lost for the sake of the quarantine.
	if err := a.writeReport(&res.Findings, format, r); err != nil {
		return err
	}
	if err := a.writeQuarantine(res, r.quarantinePath()); err != nil {
		return err
	}
	writePage := func(w io.Writer, o pipeline.PageOptions) error { return res.WritePage(cmd.Context(), w, o) }
	if err := a.writePage(r.page, o.Inputs, writePage); err != nil {
		return err
	}
	if err := a.save(cmd, res, r.save); err != nil {
		return err
	}
	a.found = r.failOnFound && res.Counts().Clusters > 0
	if !toTerminal {
		a.sayDone(res, r.out)
	}
	return nil
}

// writeQuarantine writes the bad records, if there are any.
func (a *app) writeQuarantine(res *pipeline.Result, path string) error {
	if a.quarantined == 0 {
		return nil
	}
	if err := a.output(path, res.WriteQuarantine); err != nil {
		return err
	}
	a.log.Warn("bad records were left out", "records", a.quarantined, "written_to", path)
	return nil
}

// save stores the run for rethreshold, if asked to.
func (a *app) save(cmd *cobra.Command, res *pipeline.Result, dir string) error {
	if dir == "" {
		return nil
	}
	v := readVersion()
	if err := res.Save(cmd.Context(), pipeline.SaveOptions{Dir: dir, Program: "doppel " + v.Version}); err != nil {
		return err
	}
	a.log.Info("run saved", "folder", dir)
	return nil
}
