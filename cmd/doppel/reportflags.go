package main

import (
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
