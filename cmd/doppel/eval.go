package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

// evaluation is what eval prints as JSON; docs/eval.md describes it.
type evaluation struct {
	Type             string                 `json:"type"` // "evaluation"
	Fingerprint      string                 `json:"fingerprint"`
	Settings         report.Settings        `json:"settings"`
	Score            *eval.ClusterScore     `json:"score,omitempty"`
	AveragePrecision *eval.AveragePrecision `json:"average_precision,omitempty"`
	Intervals        *eval.Intervals        `json:"intervals,omitempty"`
	Oracle           *eval.OracleScore      `json:"oracle,omitempty"`
}

// evalFlags say what is measured, and how it is shown.
type evalFlags struct {
	truth     string
	oracle    bool
	floor     float64
	rankFrom  float64
	bootstrap int
	format    string
}

func newEval(a *app) *cobra.Command {
	var o pipeline.Options
	var f evalFlags
	cmd := &cobra.Command{
		Use:   "eval [--truth truth.csv] [--oracle] INPUT...",
		Short: "Measure the clusters against a truth, and the search against brute force",
		Long: `With --truth, a CSV file with the columns id and cluster: pair precision, recall and
F1, B-cubed, adjusted Rand index, V-measure, the share of documents whose cluster
is exactly their true one, and average precision over all pairs ranked by
similarity. Intervals of 95% are by bootstrap over true clusters.

With --oracle, every pair of documents is compared by brute force: which pairs
at or above the threshold became candidates and were reported, and, by
similarity, how that compares with the S-curve. For up to some ten thousand
documents.`,
		Example: `  doppel eval --truth truth.csv corpus.jsonl.zst
  doppel eval --truth truth.csv --rank-from 0.2 --format json corpus.jsonl.zst
  doppel eval --preset loose --truth truth.csv --oracle --floor 0.3 corpus.jsonl.zst`,
		Args: inputsOrUsage(1, "eval needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			o.Inputs, o.KeepCandidates = args, f.oracle
			if err := f.check(a, o); err != nil {
				return err
			}
			return a.eval(cmd.Context(), o, f)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	fs := cmd.Flags()
	fs.StringVar(&f.truth, "truth", "", "CSV file with the columns id and cluster")
	fs.BoolVar(&f.oracle, "oracle", false, "compare with brute force")
	addValue(fs, &f.floor, "floor", "SHARE", "", "lowest similarity of the oracle's curve (default: the threshold)", parseShare)
	addValue(fs, &f.rankFrom, "rank-from", "SHARE", "", "rank pairs down to this similarity for the average precision, by a second run (default: the pairs of the first)", parseShare)
	fs.IntVar(&f.bootstrap, "bootstrap", 1000, "rounds behind the confidence intervals; 0 for none")
	fs.StringVar(&f.format, "format", "", "table or json (default: table)")
	complete(cmd, "format", "table", "json")
	return cmd
}

// check finds what cannot be asked for, and settles the format.
func (f *evalFlags) check(a *app, o pipeline.Options) error {
	id := o.Defaults().Identity
	exact := id.Similarity == pipeline.Exact
	switch {
	case f.truth == "" && !f.oracle:
		return usagef("eval needs --truth FILE, or --oracle, or both")
	case f.oracle && exact:
		return usagef("--oracle is about signatures, and similarity exact has none")
	case f.bootstrap != 0 && f.bootstrap < eval.MinRounds:
		return usagef("--bootstrap %d: want 0, or at least %d rounds", f.bootstrap, eval.MinRounds)
	case f.format != "" && f.format != "table" && f.format != "json":
		return usagef("--format %q is unknown, want table or json", f.format)
	case f.format == "table" && a.json:
		return usagef("--json and --format table contradict each other")
	case f.rankFrom == 0:
	case f.truth == "":
		return usagef("--rank-from is about average precision, which needs --truth FILE")
	case exact:
		return usagef("--rank-from needs similarities, and similarity exact has none")
	case f.rankFrom >= id.Threshold:
		return usagef("--rank-from %v is not below the threshold %v", f.rankFrom, id.Threshold)
	case slices.Contains(o.Inputs, "-"):
		return usagef("--rank-from reads the input twice, and standard input can be read once")
	}
	if a.json {
		f.format = "json"
	}
	if f.rankFrom == 0 {
		return nil
	}
	if err := f.lower(o).Validate(); err != nil {
		return usagef("--rank-from: %w", err)
	}
	return nil
}

// lower returns the options of the run that looks down to rankFrom. Bands chosen
// for the threshold would miss most pairs so far below it.
func (f *evalFlags) lower(o pipeline.Options) pipeline.Options {
	o.Identity.Threshold, o.Identity.Bands, o.Identity.Rows, o.KeepCandidates = f.rankFrom, 0, 0, false
	return o.Defaults()
}

func (a *app) eval(ctx context.Context, o pipeline.Options, f evalFlags) error {
	truth, err := readTruth(f.truth)
	if err != nil {
		return err
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	res, err := a.runJob(ctx, job)
	if err != nil {
		return err
	}
	defer res.Close()
	a.logWarnings(res)
	s := res.Summary()
	out := evaluation{Type: "evaluation", Fingerprint: s.Fingerprint, Settings: s.Settings}
	if truth != nil {
		if err := a.score(ctx, &out, res, truth, o, f); err != nil {
			return err
		}
	}
	if f.oracle {
		s, err := res.Oracle(ctx, f.floor)
		if err != nil {
			return err
		}
		out.Oracle = &s
	}
	return a.output("", func(w io.Writer) error {
		if f.format == "json" {
			return json.NewEncoder(w).Encode(out)
		}
		return writeEvaluation(w, out)
	})
}

// score fills in what the truth says.
func (a *app) score(ctx context.Context, out *evaluation, res *pipeline.Result, truth *eval.Truth, o pipeline.Options, f evalFlags) error {
	score, err := res.Score(truth)
	if err != nil {
		return err
	}
	ranking, err := a.ranking(ctx, res, truth, o, f)
	if err != nil {
		return err
	}
	average := ranking.AveragePrecision()
	out.Score, out.AveragePrecision = &score, &average
	if f.bootstrap == 0 {
		return nil
	}
	intervals, err := res.Intervals(ctx, truth, ranking, f.bootstrap)
	if err != nil {
		return err
	}
	out.Intervals = &intervals
	return nil
}

// ranking ranks the pairs of res, or those of a run that looks further down.
func (a *app) ranking(ctx context.Context, res *pipeline.Result, truth *eval.Truth, o pipeline.Options, f evalFlags) (*eval.Ranking, error) {
	if f.rankFrom == 0 {
		return res.Ranking(truth)
	}
	o = f.lower(o)
	o.Progress = a.watch.update
	lower, err := pipeline.Run(ctx, o)
	a.watch.line.Stop()
	if err != nil {
		return nil, err
	}
	defer lower.Close()
	return lower.Ranking(truth)
}

// readTruth reads the truth file; without one it returns nil.
func readTruth(path string) (*eval.Truth, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	truth, err := eval.ReadTruth(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return truth, nil
}

func writeEvaluation(w io.Writer, e evaluation) error {
	p := printer{w: w}
	if e.Score != nil {
		p.score(e)
	}
	if e.Oracle != nil {
		p.oracle(e.Oracle)
	}
	return p.err
}

func (p *printer) score(e evaluation) {
	s, v := e.Score, e.Intervals
	if v == nil {
		v = &eval.Intervals{}
	}
	p.printf("against the truth: %s, %s of two and more, %s, the largest has %s\n",
		quantity.Of(s.Documents, "document", "documents"), quantity.Of(s.Clusters, "cluster", "clusters"),
		quantity.Of(s.TrueClusters, "true one", "true ones"), quantity.Number(s.LargestCluster))
	if s.LeftOut > 0 {
		p.printf("  %s left out\n", quantity.Of(s.LeftOut, "clustered document is not in the truth and was", "clustered documents are not in the truth and were"))
	}
	if s.NotRead > 0 {
		p.printf("  %s as missed\n", quantity.Of(s.NotRead, "document of the truth was not read and counts", "documents of the truth were not read and count"))
	}
	shares := func(name string, precision, recall, f1 float64, i eval.ShareIntervals) {
		p.printf("  %-10s precision %s  recall %s  F1 %s\n", name,
			estimate(precision, i.Precision), estimate(recall, i.Recall), estimate(f1, i.F1))
	}
	shares("pairs", s.Pairs.Precision, s.Pairs.Recall, s.Pairs.F1, v.Pairs)
	p.printf("  %-10s %s right, %s wrong, %s missed\n", "", quantity.Number(s.Pairs.TP), quantity.Number(s.Pairs.FP), quantity.Number(s.Pairs.FN))
	shares("B-cubed", s.BCubed.Precision, s.BCubed.Recall, s.BCubed.F1, v.BCubed)
	p.printf("  %-10s %s  of the documents are in exactly their true cluster\n", "same set", estimate(s.SameSet, v.SameSet))
	p.printf("  %-10s %.4f\n", "ARI", s.ARI)
	p.printf("  %-10s %.4f   (homogeneity %.4f, completeness %.4f)\n", "V-measure", s.VMeasure.V, s.VMeasure.Homogeneity, s.VMeasure.Completeness)
	var average eval.Interval
	if v.AveragePrecision != nil {
		average = *v.AveragePrecision
	}
	r := e.AveragePrecision
	p.printf("  %-10s %s  average precision; %s of %s %s among the %s ranked",
		"ranking", estimate(r.Value, average), quantity.Number(r.Ranked), quantity.Of(r.TruePairs, "true pair", "true pairs"),
		quantity.Noun(r.Ranked, "is", "are"), quantity.Number(r.Pairs))
	if r.Pairs > 0 {
		p.printf(", down to %.4f", r.Lowest)
	}
	p.printf("\n")
	if v.Rounds > 0 {
		p.printf("  in brackets: %v%% intervals by bootstrap over true clusters, %s\n", v.Level*100, quantity.Of(v.Rounds, "round", "rounds"))
	}
}

// estimate shows a share, and its interval if there is one.
func estimate(value float64, i eval.Interval) string {
	if i == (eval.Interval{}) {
		return fmt.Sprintf("%.4f", value)
	}
	return fmt.Sprintf("%.4f [%.3f %.3f]", value, i.Low, i.High)
}

func (p *printer) oracle(s *eval.OracleScore) {
	p.printf("against brute force: %s at or above the threshold\n", quantity.Of(s.True, "pair", "pairs"))
	p.printf("  candidates %s, of the true pairs %s: recall %.4f, predicted %.4f +- %.4f\n",
		quantity.Number(s.Candidates), quantity.Number(s.CandidatesFound), s.CandidateRecall, s.PredictedRecall, s.StdErr)
	p.printf("  reported   %s, of the true pairs %s: recall %.4f, precision %.4f\n", quantity.Number(s.Verified), quantity.Number(s.VerifiedFound), s.Recall, s.Precision)
	p.printf("  similarity       pairs  candidates  measured                 predicted\n")
	for _, b := range s.Curve {
		p.printf("  %.2f - %.2f  %10s  %10s  %s  %9.4f\n", b.Low, b.High, quantity.Number(b.Pairs), quantity.Number(b.Candidates), estimate(b.Measured, b.MeasuredInterval), b.Predicted)
	}
}

// printer keeps the first error of many prints.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}
