package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/report"
)

func newPlan(a *app) *cobra.Command {
	var o pipeline.Options
	var dir string
	cmd := &cobra.Command{
		Use:   "plan INPUT...",
		Short: "Print what a run would do and take, and do nothing",
		Long: `Finds the inputs, reads a sample of them, and prints what "doppel cluster" would do with
the same flags: the settings, the S-curve (how likely a pair of each similarity is to
be compared), a forecast of time, memory and temporary files, and whether the disk has
room for these and for a run folder. With --dedup it is what "doppel prune" would do and
take. Nothing is written.`,
		Example: `  doppel plan corpus/
  doppel plan --preset edited --memory 2GiB 'crawl/**/*.jsonl.zst'
  doppel plan --dedup substring --memory 8GiB corpus/
  doppel plan --json corpus.jsonl`,
		Args: inputsOrUsage(1, "plan needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(_ *cobra.Command, args []string) error {
			o.Inputs = args
			return a.plan(o, dir)
		}),
	}
	addLevelFlags(cmd, &o, pipeline.Near)
	addPassageFlags(cmd, &o.Identity.Passages)
	addInputFlags(cmd, &o)
	cmd.Flags().StringVarP(&dir, "output", "o", ".", "folder that a run would write to, to see what is free there")
	return cmd
}

func (a *app) plan(o pipeline.Options, dir string) (err error) {
	job, err := a.open(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, job.Close()) }()
	volumes := plannedSpace(job, o, dir)
	return a.output("", func(w io.Writer) error {
		if a.json {
			shown := newShownPlan(job)
			shown.Space = append(shown.Space, volumes...)
			return json.NewEncoder(w).Encode(shown)
		}
		if err := writePlanText(w, job); err != nil {
			return err
		}
		_, err := io.WriteString(w, describeSpace(job, volumes))
		return err
	})
}

// shownPlan is the plan as JSON. Fields are only ever added.
type shownPlan struct {
	Type        string            `json:"type"`
	Fingerprint string            `json:"fingerprint"`
	Options     pipeline.Identity `json:"options"`
	Files       int               `json:"files"`
	Bytes       int64             `json:"bytes_stored"`
	Documents   int64             `json:"documents"`
	// Candidates are pairs of unrelated documents expected to be compared.
	Candidates float64 `json:"candidates"`
	Bands      int     `json:"bands"`
	Rows       int     `json:"rows"`
	Recall     float64 `json:"recall"`
	// SCurve is how likely a pair of a similarity becomes a candidate.
	SCurve   []curvePoint     `json:"s_curve"`
	Forecast *shownForecast   `json:"forecast"`
	Warnings []report.Warning `json:"warnings"`
	// Space is what a run folder and temporary files take, by file system.
	Space []pipeline.Volume `json:"space"`
}

type curvePoint struct {
	Similarity  float64 `json:"similarity"`
	Probability float64 `json:"probability"`
}

type shownForecast struct {
	Seconds float64 `json:"seconds"`
	Memory  int64   `json:"memory"`
	Temp    int64   `json:"temp"`
}

func newShownPlan(job *pipeline.Job) shownPlan {
	p := job.Plan()
	s := shownPlan{Type: "plan", Fingerprint: p.Fingerprint, Options: p.Identity, Documents: p.Documents, Candidates: p.Candidates,
		Bands: p.Params.Bands, Rows: p.Params.Rows, Recall: p.Recall, SCurve: sCurve(p), Warnings: append([]report.Warning{}, p.Warnings...), Space: []pipeline.Volume{}}
	for _, f := range job.Corpus().Files() {
		s.Files, s.Bytes = s.Files+1, s.Bytes+f.Size
	}
	if p.Forecast.Known() {
		s.Forecast = &shownForecast{p.Forecast.Time.Seconds(), p.Forecast.Memory, p.Forecast.Temp}
	}
	return s
}

// sCurve returns 20 points of the S-curve, none if nothing is signed.
func sCurve(p *pipeline.Plan) []curvePoint {
	points := []curvePoint{}
	for i := 1; i <= 20 && p.Params.Bands > 0; i++ {
		similarity := float64(i) / 20
		points = append(points, curvePoint{similarity, p.Params.CandidateProb(similarity)})
	}
	return points
}

// curveWidth is the length of the bar of a pair that is certain to be compared.
const curveWidth = 40

func writePlanText(w io.Writer, job *pipeline.Job) error {
	p, s := job.Plan(), newShownPlan(job)
	var b strings.Builder
	fmt.Fprintf(&b, "input: %s, %s\n%v", quantity.Of(s.Files, "file", "files"), pipeline.Bytes(s.Bytes), safeLines(p.String()))
	if len(s.SCurve) > 0 {
		b.WriteString("\nJaccard   compared\n")
	}
	isMarked := false
	for _, point := range s.SCurve {
		mark := ""
		if !isMarked && point.Similarity >= p.Identity.Threshold {
			isMarked, mark = true, "<- threshold "+strconv.FormatFloat(p.Identity.Threshold, 'g', -1, 64)
		}
		bar := strings.Repeat("#", int(point.Probability*curveWidth+0.5))
		b.WriteString(strings.TrimRight(fmt.Sprintf("   %.2f     %.4f  %-*s %s", point.Similarity, point.Probability, curveWidth, bar, mark), " ") + "\n")
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(&b, "warning: %s\n", safe(warning.Message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
