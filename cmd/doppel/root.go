package main

import (
	"log/slog"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/doppel-dedup/doppel/internal/kernel"
)

const rootHelp = `doppel reads a corpus of texts, finds duplicates and near-duplicates, and groups
them into clusters. Candidates come from MinHash signatures; every pair is then
verified exactly. A document is pruned only if a kept document covers it at the
threshold, and the report names that document.

Inputs are folders, globs, files, - for standard input, or s3://BUCKET/FOLDER: text
files and HTML pages (one document a file), JSONL, CSV and TSV (one a record), each
plain or .gz, .zst, .bz2, .xz, and Parquet, WARC and WET. They are never modified.

The environment variable DOPPEL_CPU (purego, avx2 or avx512) picks the instructions
of the inner loops, by default the best that the processor has. Results do not
depend on it.

Exit codes: 0 done, 1 error, 2 wrong usage, 3 done but bad records were left
out, 4 more bad records than --max-bad, 5 stopped by a guard such as
--max-removed, 6 another process works on the run folder, 7 the run folder is
of other options or inputs, 10 near-duplicates were found and --fail-on-found
asked, 130 interrupted, 143 terminated.`

const rootExamples = `  doppel demo                                     five articles that come with doppel
  doppel cluster news/                            a report of the clusters in a folder
  doppel cluster --preset story -o c.jsonl a.jsonl.zst
  doppel rethreshold run/ 0.9                     a saved run at another threshold
  doppel plan corpus/                             what would a run do and take?
  doppel run corpus/*.jsonl.gz -o run/            all of it in one folder, with accounts
  doppel apply run/ --keep newest -o pruned/      its pruned corpus by another keep policy
  doppel prune corpus/*.jsonl.gz -o pruned/       the corpus without its near-duplicates
  doppel trim --dedup paragraph corpus/ -o out/   without the paragraphs that repeat
  doppel decontaminate corpus/ --against mmlu.jsonl -o out/
  doppel why run/ doc-17                          why was this one dropped?
  doppel explain doc-17 doc-42 corpus.jsonl       why are they together, or not?
  doppel eval --truth truth.csv corpus.jsonl      scores against known clusters
  doppel tune corpus.jsonl                        which threshold suits this corpus?`

func newRoot(a *app) *cobra.Command {
	root := &cobra.Command{
		Use:               "doppel",
		Version:           readVersion().Version,
		Short:             "Find duplicate and near-duplicate documents, see why, and prune them",
		Long:              rootHelp,
		Example:           rootExamples,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              knownVerb,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return a.start(cmd) },
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetUsageFunc(usage)
	root.SetFlagErrorFunc(flagError)
	a.addGlobalFlags(root.PersistentFlags())
	root.AddCommand(verbs(a)...)
	return root
}

// addGlobalFlags adds those that every verb has.
func (a *app) addGlobalFlags(p *pflag.FlagSet) {
	p.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing on standard error but warnings and errors")
	p.StringVar(&a.logFormat, "log-format", "", "how to write messages: text or json, one object a line (default: text, or json with --json)")
	p.StringVar(&a.watch.mode, "progress", "auto", "how to show progress: auto, tty (a line that changes), log (a message a minute), json (a message every 5 s) or none")
	p.BoolVar(&a.json, "json", false, "write the result as JSON, one object a line, each with a type; messages too")
	a.config.add(p)
	a.remote.add(p)
	a.profiles.add(p)
}

// verbs returns all commands, in the order of the help.
func verbs(a *app) []*cobra.Command {
	return []*cobra.Command{
		newCluster(a),
		newPlan(a),
		newPrune(a),
		newTrim(a),
		newDecontaminate(a),
		newRun(a),
		newResume(a),
		newVerify(a),
		newStatus(a),
		newRethreshold(a),
		newApply(a),
		newDecide(a),
		newWhy(a),
		newExplain(a),
		newQuery(a),
		newTune(a),
		newEval(a),
		newDemo(a),
		newConfig(a),
		newMan(a),
		newVersion(a),
	}
}

// start makes everything ready that is the same for all verbs.
func (a *app) start(cmd *cobra.Command) error {
	a.remote.ctx = cmd.Context()
	if err := a.config.apply(cmd); err != nil {
		return err
	}
	if err := a.setUpLog(); err != nil {
		return err
	}
	for _, doubt := range a.config.doubts {
		a.log.Warn(doubt, "code", "environment")
	}
	if err := kernel.Err(); err != nil {
		return usageError{err}
	}
	return a.profiles.start(cmd)
}

func (a *app) setUpLog() error {
	level := slog.LevelInfo
	if a.quiet {
		level = slog.LevelWarn
	}
	if a.logFormat == "" {
		a.logFormat = "text"
		if a.json {
			a.logFormat = "json"
		}
	}
	switch a.logFormat {
	case "text":
		a.log = slog.New(newTextHandler(a.stderr, level))
	case "json":
		a.log = slog.New(newMessageHandler(a.stderr, level))
	default:
		return usagef("--log-format %q is unknown, want text or json", a.logFormat)
	}
	return a.watch.setUp(a, level)
}
