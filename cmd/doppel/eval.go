package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
)

// evaluation is what eval prints as JSON.
type evaluation struct {
	Type   string             `json:"type"` // "evaluation"
	Score  *eval.ClusterScore `json:"score,omitempty"`
	Oracle *eval.OracleScore  `json:"oracle,omitempty"`
}

func newEval(a *app) *cobra.Command {
	var o pipeline.Options
	var truth string
	var oracle bool
	var floor float64
	cmd := &cobra.Command{
		Use:   "eval [--truth truth.csv] [--oracle] INPUT...",
		Short: "Measure the clusters against a truth, and the search against brute force",
		Long: `With --truth, a CSV file with the columns id and cluster: pair precision, recall and
F1, B-cubed, adjusted Rand index, V-measure, and the largest cluster.

With --oracle, every pair of documents is compared by brute force: which pairs
at or above the threshold became candidates and were reported, and, by
similarity, how that compares with the S-curve. For up to some ten thousand
documents.`,
		Example: `  doppel eval --truth truth.csv corpus.jsonl.zst
  doppel eval --preset loose --truth truth.csv --oracle --floor 0.3 corpus.jsonl.zst`,
		Args: inputsOrUsage(1, "eval needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			if truth == "" && !oracle {
				return usagef("eval needs --truth FILE, or --oracle, or both")
			}
			o.Inputs, o.KeepCandidates = args, oracle
			return a.eval(cmd, o, truth, floor)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addInputFlags(cmd, &o)
	cmd.Flags().StringVar(&truth, "truth", "", "CSV file with the columns id and cluster")
	cmd.Flags().BoolVar(&oracle, "oracle", false, "compare with brute force")
	addValue(cmd.Flags(), &floor, "floor", "SHARE", "", "lowest similarity of the oracle's curve (default: the threshold)", parseShare)
	return cmd
}

func (a *app) eval(cmd *cobra.Command, o pipeline.Options, truthFile string, floor float64) error {
	if o.KeepCandidates && o.Defaults().Identity.Similarity == pipeline.Exact {
		return usagef("--oracle is about signatures, and similarity exact has none")
	}
	truth, err := readTruth(truthFile)
	if err != nil {
		return err
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	res, err := a.runJob(cmd.Context(), job)
	if err != nil {
		return err
	}
	defer res.Close()
	a.logWarnings(res)
	out := evaluation{Type: "evaluation"}
	if truth != nil {
		s, err := res.Score(truth)
		if err != nil {
			return err
		}
		out.Score = &s
	}
	if o.KeepCandidates {
		s, err := res.Oracle(cmd.Context(), floor)
		if err != nil {
			return err
		}
		out.Oracle = &s
	}
	return a.output("", func(w io.Writer) error {
		if a.json {
			return json.NewEncoder(w).Encode(out)
		}
		return writeEvaluation(w, out)
	})
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
	if s := e.Score; s != nil {
		p.printf("against the truth: %d documents, %d clusters of two and more, %d true ones, the largest has %d\n",
			s.Documents, s.Clusters, s.TrueClusters, s.LargestCluster)
		if s.LeftOut > 0 {
			p.printf("  %d clustered documents are not in the truth and were left out\n", s.LeftOut)
		}
		if s.NotRead > 0 {
			p.printf("  %d documents of the truth were not read and count as missed\n", s.NotRead)
		}
		p.printf("  %-10s precision %.4f  recall %.4f  F1 %.4f   (%d right, %d wrong, %d missed)\n",
			"pairs", s.Pairs.Precision, s.Pairs.Recall, s.Pairs.F1, s.Pairs.TP, s.Pairs.FP, s.Pairs.FN)
		p.printf("  %-10s precision %.4f  recall %.4f  F1 %.4f\n", "B-cubed", s.BCubed.Precision, s.BCubed.Recall, s.BCubed.F1)
		p.printf("  %-10s %.4f\n", "ARI", s.ARI)
		p.printf("  %-10s %.4f   (homogeneity %.4f, completeness %.4f)\n", "V-measure", s.VMeasure.V, s.VMeasure.Homogeneity, s.VMeasure.Completeness)
		p.printf("  %-10s %.4f\n", "same set", s.SameSet)
	}
	if s := e.Oracle; s != nil {
		p.printf("against brute force: %d pairs at or above the threshold\n", s.True)
		p.printf("  candidates %d, of the true pairs %d: recall %.4f, predicted %.4f +- %.4f\n",
			s.Candidates, s.CandidatesFound, s.CandidateRecall, s.PredictedRecall, s.StdErr)
		p.printf("  reported   %d, of the true pairs %d: recall %.4f, precision %.4f\n", s.Verified, s.VerifiedFound, s.Recall, s.Precision)
		p.printf("  similarity       pairs  candidates  measured  predicted\n")
		for _, b := range s.Curve {
			p.printf("  %.2f - %.2f  %10d  %10d  %8.4f  %9.4f\n", b.Low, b.High, b.Pairs, b.Candidates, b.Measured, b.Predicted)
		}
	}
	return p.err
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
