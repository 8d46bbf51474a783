package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/internal/plant"
	"github.com/doppel-dedup/doppel/pipeline"
)

// hard shows what every preset makes of the hard cases.
func hard(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp("", "doppel-accuracy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	head := []string{"texts", "number", "word:5 Jaccard between them"}
	for _, p := range copyPresets {
		head = append(head, "`"+string(p)+"`")
	}
	t := newTable(append(head, "why")...)
	for i, c := range plant.HardCases() {
		var records []record
		for _, d := range c.Documents {
			records = append(records, record{ID: d.ID, Text: d.Text})
		}
		path := filepath.Join(dir, fmt.Sprintf("case-%d.jsonl", i))
		if err := writeRecords(path, records); err != nil {
			return err
		}
		row := []string{c.Name, count(len(records)), rangeOf(records)}
		for _, preset := range copyPresets {
			outcome := ""
			err := runOver(ctx, path, runKey{preset: preset}, func(res *pipeline.Result) error {
				outcome = outcomeOf(res)
				return nil
			})
			if err != nil {
				return fmt.Errorf("%s at %s: %w", c.Name, preset, err)
			}
			row = append(row, outcome)
		}
		t.row(append(row, c.Why)...)
	}
	return b.table("hard", t)
}

// rangeOf is the lowest and highest similarity of two of the texts.
func rangeOf(records []record) string {
	sets := setsOf(records, word(5))
	low, high := 1., 0.
	for i := range sets {
		for j := range i {
			similarity := jaccard(sets[i], sets[j])
			low, high = min(low, similarity), max(high, similarity)
		}
	}
	if high-low < .005 {
		return decimals(high, 2)
	}
	return decimals(low, 2) + " to " + decimals(high, 2)
}

func outcomeOf(res *pipeline.Result) string {
	counts := res.Counts()
	switch {
	case counts.Clusters == 0:
		return "apart"
	case counts.Clustered == counts.Documents && counts.Clusters == 1:
		return "together"
	case counts.Clusters == 1:
		return fmt.Sprintf("%d together", counts.Clustered)
	}
	return fmt.Sprintf("%d in %d clusters", counts.Clustered, counts.Clusters)
}
