package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/doppel-dedup/doppel/internal/quantity"
	"github.com/doppel-dedup/doppel/internal/termtext"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/tune"
	"github.com/doppel-dedup/doppel/shingle"
)

// defaultFloor is the lowest similarity that tune looks at, unless the preset's
// own threshold asks for less.
const defaultFloor = 0.3

// tuneFlags are the flags that Options has no field for.
type tuneFlags struct {
	floor  float64
	sample int
	labels string
}

func newTune(a *app) *cobra.Command {
	var o pipeline.Options
	var f tuneFlags
	cmd := &cobra.Command{
		Use:   "tune INPUT...",
		Short: "Show how similar the documents of a corpus are, to choose a threshold by",
		Long: `Compares the documents of a sample and shows how many pairs there are at which
similarity, and, around each usual threshold, pairs to look at with what differs
in them. Which threshold is right depends on what you want to call a duplicate:
walk down the levels until the pairs below the line are different ones.

With --labels, a CSV file with the columns id_a, id_b and same (yes or no) that
says so for pairs you have judged: precision and recall at each threshold, and
the threshold with the best F1. It is a suggestion, and nothing is changed.`,
		Example: `  doppel tune corpus.jsonl.zst
  doppel tune --preset near --labels pairs.csv corpus.jsonl.zst
  doppel tune --shingle char:5 --floor 0.4 --sample 5000 --json 'crawl/*.jsonl.gz'`,
		Args: inputsOrUsage(1, "tune needs an input: a folder, a file, or - for standard input"),
		RunE: a.verb(func(cmd *cobra.Command, args []string) error {
			o.Inputs = args
			return a.tune(cmd.Context(), o, f)
		}),
	}
	fs, id := cmd.Flags(), &o.Identity
	o.Preset = pipeline.Edited
	addValue(fs, &o.Preset, "preset", "NAME", string(o.Preset), "what is compared, and how: "+pipeline.PresetNames(), pipeline.ParsePreset)
	addValue(fs, &id.Shingle, "shingle", "SPEC", "", "word:N or char:N (default: the preset's)", shingle.ParseSpec)
	addValue(fs, &id.Recall, "recall", "SHARE", "", "share of the pairs at the floor to find (default: the preset's)", parseShare)
	addSeed(fs, &id.Seed)
	addValue(fs, &f.floor, "floor", "SHARE", "", "lowest similarity to look at (default: 0.3, or 0.6 of the preset's threshold if that is less)", parseShare)
	fs.IntVar(&f.sample, "sample", 20000, "look at so many documents, chosen by a hash of their ids")
	fs.StringVar(&f.labels, "labels", "", "CSV file with the columns id_a, id_b and same")
	addInputFlags(cmd, &o)
	complete(cmd, "preset", strings.Split(pipeline.PresetNames(), ", ")...)
	complete(cmd, "shingle", "word:3", "word:5", "char:5")
	return cmd
}

func (a *app) tune(ctx context.Context, o pipeline.Options, f tuneFlags) error {
	id := o.Defaults().Identity
	switch id.Similarity {
	case pipeline.Jaccard:
	case pipeline.Exact:
		return usagef("preset %s compares whole texts: there is no threshold to tune", o.Preset)
	default:
		return usagef("tune looks at Jaccard similarity, and preset %s compares by %s: try thresholds on a saved run (doppel cluster --save, doppel rethreshold)", o.Preset, id.Similarity)
	}
	if f.sample < 2 {
		return usagef("--sample %d: want at least 2 documents", f.sample)
	}
	o.Identity.Threshold = f.floor
	if f.floor == 0 {
		o.Identity.Threshold = min(defaultFloor, id.Threshold*0.6)
	}
	labels, err := readLabels(f.labels)
	if err != nil {
		return err
	}
	job, err := a.prepare(o)
	if err != nil {
		return err
	}
	t, err := tune.Run(ctx, job, tune.Options{Sample: f.sample, Labels: labels})
	a.watch.line.Stop()
	if err != nil {
		return err
	}
	a.quarantined = t.Quarantined
	for _, w := range t.Warnings {
		a.log.Warn(w.Message, "code", w.Code)
	}
	return a.output("", func(w io.Writer) error {
		if a.json {
			return jsonLines(w).Encode(t)
		}
		width, ok := terminalWidth(a.stdout)
		if !ok {
			width = 100
		}
		p := tunePrinter{printer{w: w}, max(width, 60)}
		p.tuning(t, applying(o))
		return p.err
	})
}

// readLabels reads the labels file; without one it returns nil.
func readLabels(path string) ([]eval.Label, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return eval.ReadLabels(f, path)
}

// applying returns the command that would use a threshold, but for its value.
func applying(o pipeline.Options) string {
	s := "doppel cluster --preset " + string(o.Preset)
	preset := o.Preset.Identity()
	if id := o.Identity; id.Shingle != (shingle.Spec{}) && id.Shingle != preset.Shingle {
		s += " --shingle " + id.Shingle.String()
	}
	return s + " --threshold"
}

// tunePrinter shows a tuning in as many columns as there are.
type tunePrinter struct {
	printer
	width int
}

func (p *tunePrinter) tuning(t *tune.Tuning, apply string) {
	p.printf("%s similarity of %s shingles, from %v up\n", t.Similarity, t.Shingle, t.Floor)
	p.printf("%s\n\n", p.sample(t))
	p.histogram(t)
	for _, l := range t.Levels {
		p.level(l)
	}
	if t.Labels != nil {
		p.labels(t.Labels, t.Floor, apply)
		return
	}
	p.printf("\nto use a threshold T:  %s T INPUT...\n", apply)
	p.printf("judge some of the pairs in a CSV file with the columns id_a,id_b,same and add --labels to see precision and recall\n")
}

func (p *tunePrinter) sample(t *tune.Tuning) string {
	s := quantity.Of(t.Documents, "document", "documents")
	if t.Sampled < t.Documents {
		share := float64(t.Sampled) / float64(t.Documents)
		s = fmt.Sprintf("a sample of %s of %s, so about %.2g%% of the pairs of the corpus", quantity.Number(t.Sampled), quantity.Of(t.Documents, "document", "documents"), 100*share*share)
	}
	return s + fmt.Sprintf("; pairs of different texts: %s; copies of an earlier text: %s", quantity.Number(t.Pairs), quantity.Number(t.Copies))
}

// histogram draws the bars to a logarithmic scale: the pairs near the floor are a
// thousand times as many as those that matter.
func (p *tunePrinter) histogram(t *tune.Tuning) {
	var most int64
	for _, b := range t.Histogram {
		most = max(most, b.Pairs)
	}
	room := min(p.width-44, 50)
	digits := 2
	if math.Round(t.Floor*100)/100 != t.Floor {
		digits = 3
	}
	p.printf("%-*s       pairs    found  documents\n", 5+2*digits+2, "similarity")
	for _, b := range t.Histogram {
		bar := ""
		if b.Pairs > 0 {
			bar = strings.Repeat("#", max(1, int(math.Round(float64(room)*math.Log1p(float64(b.Pairs))/math.Log1p(float64(most))))))
		}
		line := fmt.Sprintf("%.*f - %.*f  %10s  %6.1f%%  %9s  %s", digits, b.Low, digits, b.High, quantity.Number(b.Pairs), 100*b.Reach, quantity.Number(b.Documents), bar)
		p.printf("%s\n", strings.TrimRight(line, " "))
	}
	p.printf("  pairs: of different texts; bars are logarithmic\n")
	p.printf("  found: share of such pairs that the search reaches, as estimated (%d bands x %d rows)\n", t.Bands, t.Rows)
	p.printf("  documents: with a partner at this similarity or above, copies included\n")
}

func (p *tunePrinter) level(l tune.Level) {
	title := fmt.Sprintf("around %v", l.Threshold)
	if l.Preset != "" {
		title += " (preset " + l.Preset + ")"
	}
	if len(l.Above)+len(l.Below) == 0 {
		p.printf("\n%s: no pairs\n", title)
		return
	}
	p.printf("\n%s\n", title)
	p.border(l.Above, "no pair just above")
	p.printf("  %s threshold %v\n", strings.Repeat("-", 8), l.Threshold)
	p.border(l.Below, "no pair just below")
}

func (p *tunePrinter) border(pairs []tune.BorderPair, none string) {
	if len(pairs) == 0 {
		p.printf("  %s\n", none)
	}
	for _, b := range pairs {
		first, second := safe(b.A), safe(b.B)
		if termtext.Columns(first)+termtext.Columns(second) > p.width-13 {
			second = "\n          " + second // one below the other, to be compared by eye
		} else {
			first += " | "
		}
		p.printf("  %.4f  %s%s\n", b.Similarity, first, second)
		p.printf("          %s in both, %s only in the first, %s only in the second\n", quantity.Of(b.Shared, "word", "words"), quantity.Number(b.OnlyA), quantity.Number(b.OnlyB))
		for _, d := range b.Differences {
			p.stretch("-", d.A, d.WordsA)
			p.stretch("+", d.B, d.WordsB)
		}
		for _, s := range b.Passages {
			p.stretch("=", s.A, s.Words)
		}
	}
}

// stretch shows the beginning of what one side has, or both, if it has anything.
func (p *tunePrinter) stretch(sign, text string, words int) {
	count := ""
	switch {
	case words == 0:
		return
	case words > 1:
		count = " (" + quantity.Of(words, "word", "words") + ")"
	}
	text = termtext.Plain(strings.Join(strings.Fields(text), " "), false)
	p.printf("          %s %s%s\n", sign, termtext.Fit(text, p.width-12-len(count)), count)
}

func (p *tunePrinter) labels(l *tune.Labels, floor float64, apply string) {
	p.printf("\nlabels: %s, %s of them the same\n", quantity.Of(l.Pairs, "pair", "pairs"), quantity.Number(l.Same))
	for i, m := range l.Missing {
		if i == shownMissing {
			p.printf("  and %s that could not be used (--json has all)\n", quantity.Of(len(l.Missing)-i, "more label", "more labels"))
			break
		}
		p.printf("  line %d could not be used: no document has the id %s\n", m.Line, safe(m.ID))
	}
	p.printf("  threshold  precision               recall                  F1\n")
	for _, s := range l.Thresholds {
		if s.TP+s.FP > 0 {
			p.threshold(s)
		}
	}
	s := l.Suggestion
	if s == nil {
		p.printf("no suggestion: no labelled pair is the same and has anything in common\n")
		return
	}
	p.printf("suggested\n")
	p.threshold(s.ThresholdScore)
	if s.Interval != nil {
		p.printf("  the best F1; drawing the labels again moves the threshold between %.3f and %.3f (95%%)\n", s.Interval.Low, s.Interval.High)
	} else {
		p.printf("  the best F1; no interval: it takes %s of pairs with no document in common, and there %s %s\n", quantity.Of(eval.MinGroups, "group", "groups"),
			quantity.Noun(s.Groups, "is", "are"), quantity.Number(s.Groups))
	}
	p.printf("  in brackets: 95%% intervals, were the labelled pairs drawn at random\n")
	if l.DifferentInReach < fewDifferent {
		p.printf("  with care: %s of the pairs judged to be different %s as similar as %v or more, and precision rests\n",
			quantity.Number(l.DifferentInReach), quantity.Noun(l.DifferentInReach, "is", "are"), floor)
		p.printf("  on %s; judge pairs around the levels above, not pairs at random\n", quantity.Noun(l.DifferentInReach, "this one", "these"))
	}
	if s.Threshold < floor {
		p.printf("  the suggestion is below the floor of %v: a lower --floor shows the pairs there\n", floor)
	}
	p.printf("nothing was changed; to apply it:\n  %s %v INPUT...\n", apply, s.Threshold)
}

// fewDifferent is the number of different pairs below which the precision of the
// labels says little of the corpus.
const fewDifferent = 20

// shownMissing is how many labels without a document are told one by one.
const shownMissing = 5

func (p *tunePrinter) threshold(s eval.ThresholdScore) {
	p.printf("  %9.4g  %s  %s  %.4f\n", s.Threshold, estimate(s.Precision, s.PrecisionInterval), estimate(s.Recall, s.RecallInterval), s.F1)
}
