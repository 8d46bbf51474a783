package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
	"github.com/doppel-dedup/doppel/shingle"
)

// editRates are the shares of a text that are spoiled.
var editRates = []float64{.02, .05, .1, .2, .3}

// copiesPerCell is the number of originals, and of copies, for each kind and rate.
const copiesPerCell = 200

// editedCorpus is originals and one copy of each. The copy of document 2i is 2i+1.
type editedCorpus struct {
	records []record
	index   map[string]int
	cells   []editCell
}

// editCell is a kind of edits at a rate. Its pairs are the documents from first on.
type editCell struct {
	kind  plant.EditKind
	rate  float64
	first int
}

func makeEdited() *editedCorpus {
	kinds := plant.EditKinds()
	c := &editedCorpus{index: map[string]int{}}
	spec := plant.Spec{Documents: len(kinds) * len(editRates) * copiesPerCell, Seed: 11}
	n := 0
	for d := range spec.All() {
		cell := n / copiesPerCell
		kind, rate := kinds[cell/len(editRates)], editRates[cell%len(editRates)]
		if n%copiesPerCell == 0 {
			c.cells = append(c.cells, editCell{kind, rate, len(c.records)})
		}
		c.add(d.ID, string(d.Text))
		c.add(d.ID+"-copy", string(kind.Append(nil, d.Text, rate, uint64(n))))
		n++
	}
	return c
}

func (c *editedCorpus) add(id, text string) {
	c.index[id] = len(c.records)
	c.records = append(c.records, record{ID: id, Text: text})
}

func (c *editedCorpus) cellOf(document int) int { return document / (2 * copiesPerCell) }

// findings is what one tool reported: the copies that are paired with their
// originals, by pair, and the wrong pairs by cell, counted in both documents'
// cells.
type findings struct {
	found []bool
	wrong []int64
}

func (c *editedCorpus) newFindings() *findings {
	return &findings{make([]bool, len(c.records)/2), make([]int64, len(c.cells))}
}

func (c *editedCorpus) report(f *findings, a, b string) error {
	i, ok := c.index[a]
	j, also := c.index[b]
	if !ok || !also {
		return fmt.Errorf("%q and %q are not both documents", a, b)
	}
	switch {
	case i == j:
	case i/2 == j/2:
		f.found[i/2] = true
	default:
		f.wrong[c.cellOf(i)]++
		if c.cellOf(j) != c.cellOf(i) {
			f.wrong[c.cellOf(j)]++
		}
	}
	return nil
}

// runPreset finds the pairs that a preset puts into one cluster.
func (c *editedCorpus) runPreset(ctx context.Context, path string, preset pipeline.Preset) (*findings, error) {
	f := c.newFindings()
	err := runOver(ctx, path, runKey{preset: preset}, func(res *pipeline.Result) error {
		for cluster := range res.Clusters() {
			for i, m := range cluster.Members {
				for _, other := range cluster.Members[:i] {
					if err := c.report(f, m.ID, other.ID); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	return f, err
}

// edits measures recall and precision by kind and rate of edits, for every
// preset, and beside two other tools.
func edits(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "doppel-accuracy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := makeEdited()
	path := filepath.Join(dir, "edited.jsonl")
	if err := writeRecords(path, c.records); err != nil {
		return err
	}
	var presets, tools []series
	for i, preset := range copyPresets {
		f, err := c.runPreset(ctx, path, preset)
		if err != nil {
			return err
		}
		presets = append(presets, series{string(preset), looks[i], f})
		if preset == pipeline.Near {
			tools = append(tools, series{"doppel near", looks[0], f})
		}
	}
	if b.peers != "none" {
		for i, tool := range []string{"rensa", "datasketch"} {
			f, err := c.runPeer(ctx, b, tool, path)
			if err != nil {
				return err
			}
			tools = append(tools, series{tool, looks[i+1], f})
		}
	}
	return errors.Join(
		b.figure("edits", c.figure(presets)), b.figure("edits-peers", c.figure(tools)),
		b.table("edits", c.presetTable(presets)), b.table("edits-peers", c.peerTable(tools)))
}

// series is what one tool or preset found, and how it is drawn.
type series struct {
	name string
	look look
	*findings
}

// recall counts the copies of a cell that were found.
func (f *findings) recall(c editCell) (found int64) {
	for i := range copiesPerCell {
		if f.found[c.first/2+i] {
			found++
		}
	}
	return found
}

func (c *editedCorpus) figure(all []series) *figure {
	f := &figure{width: 900, height: 480, panels: [][]*plot.Plot{nil, nil}}
	kinds := plant.EditKinds()
	for k, kind := range kinds {
		row := k * 2 / len(kinds)
		label := ""
		if len(f.panels[row]) == 0 {
			label = "share of copies found"
		}
		p := newPanel(kind.String(), "rate", label)
		shares(&p.Y)
		p.X.Min, p.X.Max = 0, .32
		p.X.Tick.Marker = ticks(0, .1, .2, .3)
		for n, s := range all {
			var data points
			for _, cell := range c.cells {
				if cell.kind == kind {
					shift := .003 * (float64(n) - float64(len(all)-1)/2) // so that equal series do not hide each other
					data = append(data, counted(cell.rate+shift, s.recall(cell), copiesPerCell))
				}
			}
			f.addKey(s.name, addMeasured(p, data, s.look, true)...)
		}
		f.panels[row] = append(f.panels[row], p)
	}
	return f
}

// presetTable has, for each cell, the similarity that the edits leave and the
// share of copies that each preset finds.
func (c *editedCorpus) presetTable(presets []series) *table {
	head := []string{"edits", "rate", "median word:5", "word:3"}
	for _, p := range presets {
		head = append(head, "`"+p.name+"`")
	}
	t := newTable(append(head, "wrong pairs")...)
	five, three := c.similarities(word(5)), c.similarities(word(3))
	for _, cell := range c.cells {
		from, to := cell.first/2, cell.first/2+copiesPerCell
		row := []string{cell.kind.String(), decimals(cell.rate, 2), decimals(median(five[from:to]), 3), decimals(median(three[from:to]), 3)}
		var wrong []string
		for _, p := range presets {
			row = append(row, share(p.recall(cell), copiesPerCell))
			if n := p.wrong[c.cellOf(cell.first)]; n > 0 {
				wrong = append(wrong, fmt.Sprintf("%s %d", p.name, n))
			}
		}
		t.row(append(row, orNone(wrong))...)
	}
	return t
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

func word(n int) shingle.Spec { return shingle.Spec{Unit: shingle.Word, N: n} }

// similarities are those of the copies to their originals.
func (c *editedCorpus) similarities(spec shingle.Spec) []float64 {
	sets := setsOf(c.records, spec)
	values := make([]float64, len(sets)/2)
	for i := range values {
		values[i] = jaccard(sets[2*i], sets[2*i+1])
	}
	return values
}

// peerTable compares tools at one setting: Jaccard 0.8 over word 5-grams. Tools
// cut words in different ways, so a copy must be found if doppel's words and the
// others' both say 0.8, and may be if one of them does.
func (c *editedCorpus) peerTable(tools []series) *table {
	ours := c.similarities(word(5))
	theirs := make([]float64, len(ours))
	for i := range theirs {
		theirs[i] = jaccardOfFields(c.records[2*i].Text, c.records[2*i+1].Text)
	}
	head := []string{"edits", "rate", "at 0.8 or above"}
	for _, what := range []string{"copies found", "of those at 0.8", "precision at 0.8"} {
		for _, s := range tools {
			head = append(head, s.name+": "+what)
		}
	}
	t := newTable(head...)
	threshold := pipeline.Near.Identity().Threshold
	for _, cell := range c.cells {
		var all, must, right []string
		at := int64(0)
		for _, s := range tools {
			var due, hit, found, may int64
			for i := cell.first / 2; i < cell.first/2+copiesPerCell; i++ {
				if isDue := min(ours[i], theirs[i]) >= threshold; isDue {
					due++
					if s.found[i] {
						hit++
					}
				}
				if s.found[i] {
					found++
					if max(ours[i], theirs[i]) >= threshold {
						may++
					}
				}
			}
			at = due
			strangers := s.wrong[c.cellOf(cell.first)]
			all, must = append(all, share(found, copiesPerCell)), append(must, share(hit, due))
			right = append(right, share(may, found+strangers))
		}
		t.row(slices.Concat([]string{cell.kind.String(), decimals(cell.rate, 2), strconv.FormatInt(at, 10)}, all, must, right)...)
	}
	return t
}
