package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/prune"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// reportFlags say where a report goes and how it looks.
type reportFlags struct {
	format     string
	out        string
	quarantine string
	singletons bool
	save       string // folder for the run; cluster only
	// failOnFound ends with an exit code of its own if there is a cluster; cluster only.
	failOnFound bool
	page        string // file for people; see pipeline.Result.WritePage
}

func (r *reportFlags) add(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&r.format, "format", "", "jsonl, csv or table (default: by the name of -o, else table)")
	fs.StringVarP(&r.out, "output", "o", "", "file for the report (default: standard output)")
	complete(cmd, "format", "jsonl", "csv", "table")
	fs.StringVar(&r.page, "page", "", "file for an HTML page that shows the result to people, with texts side by side; it stands alone")
	fs.BoolVar(&r.singletons, "singletons", false, "list the documents that are in no cluster too")
}

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

// toFile reports whether the report goes to a file.
func (r *reportFlags) toFile() bool { return r.out != "" && r.out != "-" }

// quarantinePath returns where bad records go: where --quarantine says, else
// beside the report, else to the working folder.
func (r *reportFlags) quarantinePath() string {
	if r.quarantine != "" {
		return r.quarantine
	}
	if info, err := os.Stat(r.out); !r.toFile() || err == nil && !info.Mode().IsRegular() {
		return "doppel-quarantine.jsonl"
	}
	return strings.TrimSuffix(r.out, filepath.Ext(r.out)) + ".quarantine.jsonl"
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

func (a *app) writeReport(res *pipeline.Findings, format report.Format, r reportFlags) error {
	options := pipeline.ReportOptions{Singletons: r.singletons}
	if !r.toFile() {
		if width, ok := terminalWidth(a.stdout); ok {
			options.Table.Clusters, options.Table.Singletons = shownClusters, shownSingletons
			options.Table.Width, options.Table.Color = width, os.Getenv("NO_COLOR") == ""
		}
	}
	return a.output(r.out, func(w io.Writer) error { return res.WriteReport(w, format, options) })
}

// writePage writes the page for people, if one is wanted.
func (a *app) writePage(path string, inputs []string, write func(io.Writer, pipeline.PageOptions) error) error {
	if path == "" {
		return nil
	}
	o := pipeline.PageOptions{Program: "doppel " + readVersion().Version, Inputs: inputs}
	if err := a.output(path, func(w io.Writer) error { return write(w, o) }); err != nil {
		return err
	}
	a.log.Info("page written", "file", path)
	return nil
}

// checkPage is a usage error if the page is to go where another output goes.
func (r *reportFlags) checkPage(others ...string) error {
	if r.page == "-" {
		return usagef("--page - : standard output is for the report, name a file")
	}
	for _, other := range others {
		if r.page != "" && other != "" && filepath.Clean(r.page) == filepath.Clean(other) {
			return usagef("--page %s: another output goes there, choose another file", r.page)
		}
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

// logWarnings tells what a reader of the result should know, where no table
// does.
func (a *app) logWarnings(res *pipeline.Result) {
	for _, w := range res.Warnings()[len(res.Plan().Warnings):] { // the plan's were told before
		a.log.Warn(w.Message, "code", w.Code)
	}
}

// sayDone tells people what came out when the report itself is for machines.
func (a *app) sayDone(res *pipeline.Result, out string) {
	a.sayTaken(res)
	a.sayFound(&res.Findings, out)
}

// sayTaken tells what of memory and temporary files the run took.
func (a *app) sayTaken(res *pipeline.Result) {
	if n := res.TempBytes(); n > 0 {
		a.log.Info("over the memory budget and in temporary files", "size", pipeline.Bytes(n))
	}
	if peak := peakMemory(); peak > 0 && a.logFormat == "json" {
		a.log.Info("memory", "peak", peak)
	}
}

// sayWritten ends the messages of a verb whose result on standard output is for people:
// programs are told what came out, as by the other verbs.
func (a *app) sayWritten(c report.Counts, where string) {
	if a.logFormat == "json" {
		a.summarize(c, where)
	}
}

// summarize is the message of type summary.
func (a *app) summarize(c report.Counts, where string) {
	a.log.Log(context.Background(), levelSummary, "done", "documents", c.Documents, "clusters", c.Clusters, "prunable", c.Pruned, "report", where)
}

func (a *app) sayFound(res *pipeline.Findings, out string) {
	a.summarize(res.Summary().Counts, cmp.Or(out, "standard output"))
}

// checkOutputs finds before the work whether an output cannot be written, or
// must not: over an input, or where the next run would read it as one.
func (a *app) checkOutputs(job *pipeline.Job, o pipeline.Options, r reportFlags) error {
	out, quarantine := r.out, r.quarantinePath()
	if quarantine == "-" || filepath.Clean(quarantine) == filepath.Clean(out) {
		return usagef("--quarantine %s: the report goes there, choose another file", quarantine)
	}
	if err := a.refuseInput(job, describe(a.stdout), "standard output"); err != nil {
		return err
	}
	if err := r.checkPage(out, quarantine); err != nil {
		return err
	}
	for _, path := range []string{out, quarantine, r.page} {
		if path == "" || path == "-" {
			continue
		}
		if err := checkFile(path); err != nil {
			return err
		}
		if info, err := os.Stat(path); err == nil {
			if err := a.refuseInput(job, info, path); err != nil {
				return err
			}
		}
	}
	if r.save != "" {
		if err := checkSave(r.save, allInputs(&o), []string{out, quarantine, r.page}); err != nil {
			return err
		}
	}
	return checkNotRead(job, &o, out, quarantine, r.page)
}

// checkNotRead is an error if an output would be an input of the next run.
func checkNotRead(job *pipeline.Job, o *pipeline.Options, outputs ...string) error {
	for _, path := range outputs {
		if path == "" || path == "-" || o.FS != nil || !job.Corpus().WouldRead(path) {
			continue
		}
		if err := prune.CheckOutside(path, allInputs(o)); err != nil {
			return fmt.Errorf("%w: the next run would read it", err)
		}
	}
	return nil
}

// checkFile is a usage error if no file can be at path.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return usagef("%s is a folder, want the name of a file", path)
	}
	if err == nil {
		return nil
	}
	if parent, err := os.Stat(filepath.Dir(path)); err != nil || !parent.IsDir() {
		return usagef("%s cannot be written: %s is no folder", path, filepath.Dir(path))
	}
	return nil
}

// isWithin tells whether path is dir, or would be inside it.
func isWithin(path, dir string) bool {
	absPath, err1 := filepath.Abs(path)
	absDir, err2 := filepath.Abs(dir)
	if err1 != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(absDir, absPath)
	return err == nil && filepath.IsLocal(rel)
}

// refuseInput is an error if an output is one of the inputs, standard input
// included. out describes the output, nil if it is no file.
func (a *app) refuseInput(job *pipeline.Job, out os.FileInfo, name string) error {
	if out == nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, f := range job.Corpus().Files() {
		in, err := os.Stat(f.Path)
		if f.Path == "-" {
			in, err = describe(a.stdin), nil
		}
		if err == nil && in != nil && os.SameFile(out, in) {
			return fmt.Errorf("%s is an input, and inputs are never written: choose another output", name)
		}
	}
	return nil
}

// describe returns what is known of the file behind a stream, nil if there is
// none.
func describe(stream any) os.FileInfo {
	f, ok := stream.(*os.File)
	if !ok {
		return nil
	}
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	return info
}
