package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// reportFlags say where a report goes and how it looks.
type reportFlags struct {
	format     string
	out        string
	quarantine string
	singletons bool
}

func (r *reportFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&r.format, "format", "", "jsonl, csv or table (default: by the name of -o, else table)")
	fs.StringVarP(&r.out, "output", "o", "", "file for the report (default: standard output)")
	complete(cmd, "format", "jsonl", "csv", "table")
	fs.BoolVar(&r.singletons, "singletons", false, "list the documents that are in no cluster too")
}

func newCluster(a *app) *cobra.Command {
	var o pipeline.Options
	var r reportFlags
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
			return a.cluster(cmd, o, r)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	r.add(cmd)
	cmd.Flags().StringVar(&r.quarantine, "quarantine", "", "file for bad records (default: next to the report)")
	return cmd
}

func (a *app) cluster(cmd *cobra.Command, o pipeline.Options, r reportFlags) error {
	format, err := r.resolve(a.json)
	if err != nil {
		return err
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	if err := refuseInputs(job, r.out, r.quarantine); err != nil {
		return err
	}
	res, err := a.runJob(cmd.Context(), job)
	if err != nil {
		return err
	}
	defer res.Close()
	if err := a.quarantine(res, r); err != nil {
		return err
	}
	if err := a.writeReport(res, format, r); err != nil {
		return err
	}
	a.sayDone(res, r.out, format)
	return nil
}

// resolve returns the report format: what --json or --format says, else what
// the output's name says, else a table.
func (r *reportFlags) resolve(asJSON bool) (report.Format, error) {
	name := r.format
	if name == "" {
		switch {
		case asJSON || strings.HasSuffix(r.out, ".jsonl"):
			name = "jsonl"
		case strings.HasSuffix(r.out, ".csv"):
			name = "csv"
		default:
			name = "table"
		}
	} else if asJSON && name != "jsonl" {
		return 0, usagef("--json and --format %s contradict each other", name)
	}
	format, err := report.ParseFormat(name)
	if err != nil {
		return 0, usageError{err}
	}
	return format, nil
}

// What a terminal shows of a long report; files and pipes get all of it.
const (
	shownClusters   = 40
	shownSingletons = 40
)

func (a *app) writeReport(res *pipeline.Result, format report.Format, r reportFlags) error {
	options := pipeline.ReportOptions{Singletons: r.singletons}
	if r.out == "" || r.out == "-" {
		if width, ok := terminalWidth(a.stdout); ok {
			options.Table.Clusters, options.Table.Singletons = shownClusters, shownSingletons
			options.Table.Width, options.Table.Color = width, os.Getenv("NO_COLOR") == ""
		}
	}
	return a.output(r.out, func(w io.Writer) error { return res.WriteReport(w, format, options) })
}

// quarantine writes the bad records, if there are any.
func (a *app) quarantine(res *pipeline.Result, r reportFlags) error {
	a.quarantined = res.Counts().Quarantined
	if a.quarantined == 0 {
		return nil
	}
	path := r.quarantine
	if path == "" {
		path = "doppel-quarantine.jsonl"
		if r.out != "" && r.out != "-" {
			path = strings.TrimSuffix(r.out, filepath.Ext(r.out)) + ".quarantine.jsonl"
		}
	}
	if err := a.output(path, res.WriteQuarantine); err != nil {
		return err
	}
	a.log.Warn("bad records were left out", "records", a.quarantined, "written to", path)
	return nil
}

// sayDone tells people what came out when the report itself is for machines.
func (a *app) sayDone(res *pipeline.Result, out string, format report.Format) {
	if format == report.Table && (out == "" || out == "-") {
		return
	}
	s := res.Summary()
	where := out
	if where == "" {
		where = "standard output"
	}
	if n := res.TempBytes(); n > 0 {
		a.log.Info("the memory budget was kept by temporary files", "size", pipeline.Bytes(n))
	}
	a.log.Info("done", "documents", s.Counts.Documents, "clusters", s.Counts.Clusters, "prunable", s.Counts.Pruned, "report", where)
}

// refuseInputs is an error if an output is one of the inputs.
func refuseInputs(job *pipeline.Job, outputs ...string) error {
	for _, out := range outputs {
		info, err := os.Stat(out)
		if out == "" || out == "-" || err != nil {
			continue
		}
		for _, f := range job.Corpus().Files() {
			if in, err := os.Stat(f.Path); err == nil && os.SameFile(info, in) {
				return fmt.Errorf("%s is an input, and inputs are never written: choose another output", out)
			}
		}
	}
	return nil
}
