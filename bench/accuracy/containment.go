package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/pipeline/eval"
	"github.com/doppel-dedup/doppel/pipeline/lsh"
	"github.com/doppel-dedup/doppel/pipeline/verify"
)

// containmentWays are the ways to find candidates that are compared: the one that
// containment takes by itself, and bands.
var containmentWays = []pipeline.Candidates{pipeline.SampledShingles, pipeline.MinHash}

// containmentSets have documents that hold others.
var containmentSets = []string{stressSet, "civil_codes_11"}

// containment measures how many contained documents are found.
func containment(ctx context.Context, b *bench) error {
	return errors.Join(b.containedTexts(ctx), b.excerpts(ctx))
}

// runContainment runs near by containment.
func runContainment(ctx context.Context, path string, way pipeline.Candidates, use func(*pipeline.Result) error) error {
	return runWith(ctx, pipeline.Options{Inputs: []string{path}, Preset: pipeline.Near,
		Identity: pipeline.Identity{Similarity: pipeline.Containment, Candidates: way}}, use)
}

// sampledShare is the probability that none of so many shared shingles is in the
// sample of one in eight, taken from 1.
func sampledShare(shared int) float64 { return 1 - math.Pow(7./8, float64(shared)) }

// containedTexts holds runs on real texts against brute force.
func (b *bench) containedTexts(ctx context.Context) error {
	t := newTable("set", "shared shingles", "pairs at 0.8 or above", "found by sampled shingles", "predicted", "found by bands")
	for _, name := range containmentSets {
		set, err := b.set(name)
		if err != nil {
			return err
		}
		pairs, err := bruteContained(ctx, set)
		if err != nil {
			return err
		}
		compared := []string{name, "pairs compared", "", "", "", ""}
		var found []map[[2]int]bool
		for i, way := range containmentWays {
			reported := map[[2]int]bool{}
			if err := runContainment(ctx, set.path, way, func(res *pipeline.Result) error {
				compared[3+2*i] = count(res.Counts().Candidates)
				for p := range res.Pairs() {
					reported[ordered(set.index[p.A], set.index[p.B])] = true
				}
				return nil
			}); err != nil {
				return err
			}
			if len(reported) > len(pairs) {
				return fmt.Errorf("%s: %s verified %d pairs, brute force %d", name, way, len(reported), len(pairs))
			}
			found = append(found, reported)
		}
		containedRows(t, name, pairs, found)
		t.row(compared...)
	}
	return b.table("containment-sets", t)
}

// containedRows counts the pairs by the number of shingles that they share.
func containedRows(t *table, name string, pairs []verify.Scored, found []map[[2]int]bool) {
	for _, bin := range []struct {
		label     string
		low, high int
	}{{"1 to 9", 1, 9}, {"10 to 19", 10, 19}, {"20 to 39", 20, 39}, {"40 to 79", 40, 79}, {"80 and more", 80, math.MaxInt}, {"all", 1, math.MaxInt}} {
		var n, sampled, banded int64
		predicted := 0.
		for _, p := range pairs {
			shared, key := int(p.Overlap), ordered(int(p.Pair.A), int(p.Pair.B))
			if shared < bin.low || shared > bin.high {
				continue
			}
			n++
			predicted += sampledShare(shared)
			if found[0][key] {
				sampled++
			}
			if found[1][key] {
				banded++
			}
		}
		if n > 0 {
			t.row(name, bin.label, count(n), shareWithInterval(sampled, n), decimals(predicted/float64(n), 4), shareWithInterval(banded, n))
		}
	}
}

// bruteContained are the pairs of distinct texts one of which is contained in the
// other.
func bruteContained(ctx context.Context, set *labelled) ([]verify.Scored, error) {
	id := pipeline.Near.Identity()
	sets := setsOf(set.records, id.Shingle)
	for leader, group := range copiesOf(set) {
		for _, i := range group {
			if i != leader {
				sets[i] = nil
			}
		}
	}
	for i := range sets {
		if len(sets[i]) == 0 {
			sets[i] = nil
		}
	}
	var pairs []verify.Scored
	err := eval.AllPairs(ctx, sets, verify.Containment, id.Threshold, func(batch []verify.Scored) error {
		pairs = append(pairs, batch...)
		return nil
	})
	return pairs, err
}

// Excerpts of these lengths are planted in texts so many times as long.
var (
	excerptWords  = []int{20, 40, 80, 160}
	excerptRatios = []int{1, 3, 10, 30, 100}
)

// excerptsPerCell is the number of excerpts for each length and ratio.
const excerptsPerCell = 200

// excerpts counts the planted excerpts that are found in the text that they come
// from.
func (b *bench) excerpts(ctx context.Context) error {
	return temporary(func(dir string) error {
		path := filepath.Join(dir, "excerpts.jsonl")
		if err := writeRecords(path, plantExcerpts()); err != nil {
			return err
		}
		f := &figure{width: 720, height: 320, panels: [][]*plot.Plot{nil}}
		found := map[pipeline.Candidates]map[[2]int]int64{} // by words and ratio
		predicted := map[pipeline.Candidates]map[[2]int]float64{}
		for _, way := range containmentWays {
			err := runContainment(ctx, path, way, func(res *pipeline.Result) (err error) {
				predicted[way] = predictExcerpts(way, res.Plan().Params)
				found[way], err = foundExcerpts(res)
				return err
			})
			if err != nil {
				return err
			}
			f.panels[0] = append(f.panels[0], excerptsPanel(f, way, found[way], predicted[way]))
		}
		t := newTable("words", "times as long", "shingles in common", "found by sampled shingles", "predicted", "found by bands", "predicted")
		for _, words := range excerptWords {
			for _, ratio := range excerptRatios {
				cell, row := [2]int{words, ratio}, []string{count(words), count(ratio), count(excerptShared(words))}
				for _, way := range containmentWays {
					row = append(row, shareWithInterval(found[way][cell], excerptsPerCell), decimals(predicted[way][cell], 4))
				}
				t.row(row...)
			}
		}
		return errors.Join(b.figure("containment", f), b.table("containment", t))
	})
}

// foundExcerpts counts them by words and ratio. It is an error if other texts were
// paired, which have nothing in common.
func foundExcerpts(res *pipeline.Result) (map[[2]int]int64, error) {
	found := map[[2]int]int64{}
	for p := range res.Pairs() {
		_, a, _ := strings.Cut(p.A, " ")
		_, b, _ := strings.Cut(p.B, " ")
		var cell [2]int
		if _, err := fmt.Sscan(a, &cell[0], &cell[1]); a != b || err != nil {
			return nil, errors.Join(fmt.Errorf("%q and %q were verified, which have nothing in common", p.A, p.B), err)
		}
		found[cell]++
	}
	return found, nil
}

func ownWords(words int) int { return words / 20 }

// excerptShared is the number of word 5-grams that an excerpt takes over.
func excerptShared(words int) int { return words - ownWords(words) - 4 }

// predictExcerpts gives the probability that an excerpt becomes a candidate.
func predictExcerpts(way pipeline.Candidates, params lsh.Params) map[[2]int]float64 {
	p := map[[2]int]float64{}
	for _, words := range excerptWords {
		for _, ratio := range excerptRatios {
			shared := excerptShared(words)
			p[[2]int{words, ratio}] = sampledShare(shared)
			if way == pipeline.MinHash {
				p[[2]int{words, ratio}] = params.CandidateProb(float64(shared) / float64(words-4+ratio*words-4-shared))
			}
		}
	}
	return p
}

func plantExcerpts() []record {
	rng := rand.New(rand.NewPCG(5, 17))
	var records []record
	for _, words := range excerptWords {
		for _, ratio := range excerptRatios {
			for n := range excerptsPerCell {
				long, excerpt := plantExcerpt(rng, words, ratio)
				name := fmt.Sprintf(" %d %d %d", words, ratio, n)
				records = append(records, record{ID: "long" + name, Text: long}, record{ID: "excerpt" + name, Text: excerpt})
			}
		}
	}
	return records
}

// plantExcerpt makes a text of random words and an excerpt of it, a twentieth of
// whose words are its own.
func plantExcerpt(rng *rand.Rand, words, ratio int) (long, excerpt string) {
	text := func(n int) []string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf("w%d", rng.IntN(20_000))
		}
		return list
	}
	from, taken := text(words*ratio), words-ownWords(words)
	at := rng.IntN(len(from) - taken + 1)
	return strings.Join(from, " "), strings.Join(slices.Concat(from[at:at+taken], text(words-taken)), " ")
}

func excerptsPanel(f *figure, way pipeline.Candidates, found map[[2]int]int64, predicted map[[2]int]float64) *plot.Plot {
	p := newPanel("candidates by "+way.String(), "length of the text over that of the excerpt", "share of excerpts found")
	shares(&p.Y)
	var labels []string
	for _, ratio := range excerptRatios {
		labels = append(labels, count(ratio))
	}
	names(&p.X, labels)
	for k, words := range excerptWords {
		var data points
		var curve plotter.XYs
		for i, ratio := range excerptRatios {
			cell := [2]int{words, ratio}
			data = append(data, counted(float64(i)+.1*(float64(k)-1.5), found[cell], excerptsPerCell))
			curve = append(curve, plotter.XY{X: float64(i) + .1*(float64(k)-1.5), Y: predicted[cell]})
		}
		expected := line(curve, looks[k].color, .9)
		p.Add(expected)
		f.addKey(count(words)+" words", append(addMeasured(p, data, looks[k], false), expected)...)
	}
	return p
}
