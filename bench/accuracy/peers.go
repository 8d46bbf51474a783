package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// runPeer runs another tool with its matched settings, that is as near to the
// preset near as it can be set: word 5-grams, 16 bands of 6 rows, estimates of
// at least 0.8. See bench/peers.
func (c *editedCorpus) runPeer(ctx context.Context, b *bench, tool, input string) (*findings, error) {
	python := filepath.Join(b.peers, "venv", tool, "bin", "python")
	if _, err := os.Stat(python); err != nil {
		return nil, fmt.Errorf("%s is not installed: %w (install it with bench/peers/run --peers %s --sizes 200 --rounds 1 --cores 1 --work %s, or leave tools out with -peers none)", tool, err, tool, b.peers)
	}
	driver, err := filepath.Abs(filepath.Join("..", "peers", "drivers", tool+"_driver.py"))
	if err != nil {
		return nil, err
	}
	output := filepath.Join(filepath.Dir(input), tool+".tsv")
	cmd := exec.CommandContext(ctx, python, "-B", driver, input, output, "--setting", "matched", "--cores", "1")
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, said)
	}
	text, err := os.ReadFile(output)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	if lines[0] != "#pairs" {
		return nil, fmt.Errorf("%s wrote %q, want pairs", tool, lines[0])
	}
	f := c.newFindings()
	for _, line := range lines[1:] {
		first, second, _ := strings.Cut(line, "\t")
		if err := c.report(f, first, second); err != nil {
			return nil, fmt.Errorf("%s: %w", tool, err)
		}
	}
	return f, nil
}

// jaccardOfFields is the similarity as the drivers of other tools see it: lower
// case, words cut at white space, 5-grams of them.
func jaccardOfFields(a, b string) float64 { return jaccard(fieldGrams(a), fieldGrams(b)) }

func fieldGrams(text string) []uint64 {
	words := strings.Fields(strings.ToLower(text))
	n := min(5, len(words))
	var set []uint64
	for i := 0; n > 0 && i+n <= len(words); i++ {
		h := fnv.New64a()
		for _, w := range words[i : i+n] {
			h.Write([]byte(w))
			h.Write([]byte{0})
		}
		set = append(set, h.Sum64())
	}
	slices.Sort(set)
	return slices.Compact(set)
}
