// Command score compares what a tool found in a planted corpus with the exact truth.
//
//	score -corpus corpus.jsonl -truth truth.csv OUTPUT...
//
// prints one JSON object a file. An OUTPUT starts with a line #pairs (two ids a line),
// #clusters (id, cluster, 1 if kept) or #removed (ids that would go), tabs between.
//
// It shares no code with doppel. The truth file says which documents stem from one
// original. The similarities of all pairs within such a family are computed here,
// exactly, from the texts. Pairs across families are taken to be unlike; -strangers
// proves it for a corpus, which takes time and memory.
//
// Tools cut words in different ways, which moves a similarity near the threshold to
// its other side. Nobody should lose by that: similarity is computed with three ways
// of cutting words. A pair that all of them place at the threshold or above must be
// found; a pair that any of them places there may be.
package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	corpus := flag.String("corpus", "", "documents, JSONL")
	truth := flag.String("truth", "", "id,cluster, CSV")
	threshold := flag.Float64("threshold", .8, "Jaccard similarity of near-duplicates")
	strangers := flag.Bool("strangers", false, "prove instead that no pair across families is similar")
	flag.Parse()
	if err := run(*corpus, *truth, *threshold, *strangers, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "score:", err)
		os.Exit(1)
	}
}

func run(corpus, truth string, threshold float64, strangers bool, outputs []string) error {
	c, err := load(corpus, truth, threshold)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(os.Stdout)
	if strangers {
		return enc.Encode(map[string]int{"documents": len(c.texts), "similar_strangers": c.similarStrangers()})
	}
	c.findTruth()
	for _, path := range outputs {
		o, err := c.read(path)
		if err != nil {
			return err
		}
		if err := enc.Encode(c.score(o)); err != nil {
			return err
		}
	}
	return nil
}

// corpus is the documents, numbered in the order of the file, and the truth.
type corpus struct {
	threshold float64
	texts     []string
	number    map[string]int32
	family    []int32
	must, may map[pair]bool // must is a part of may
}

// pair has its smaller number first.
type pair struct{ a, b int32 }

func newPair(a, b int32) pair { return pair{min(a, b), max(a, b)} }

func load(path, truth string, threshold float64) (*corpus, error) {
	c := &corpus{threshold: threshold, number: map[string]int32{}}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<28)
	for lines.Scan() {
		var d struct{ ID, Text string }
		if err := json.Unmarshal(lines.Bytes(), &d); err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", path, len(c.texts)+1, err)
		}
		c.number[d.ID] = int32(len(c.texts))
		c.texts = append(c.texts, d.Text)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, c.readFamilies(truth)
}

func (c *corpus) readFamilies(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	c.family = make([]int32, len(c.texts))
	names := map[string]int32{}
	for _, row := range rows[1:] {
		name, ok := names[row[1]]
		if !ok {
			name = int32(len(names))
			names[row[1]] = name
		}
		n, ok := c.number[row[0]]
		if !ok {
			return fmt.Errorf("%s: %s is not in the corpus", path, row[0])
		}
		c.family[n] = name
	}
	return nil
}

// output is what a tool decided.
type output struct {
	kind    string
	pairs   map[pair]bool // of a tool that reports pairs
	cluster []string      // of a tool that reports clusters, by document; "" is none
	removed []bool
}

func (c *corpus) read(path string) (*output, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	o := &output{
		kind:    strings.TrimPrefix(lines[0], "#"),
		pairs:   map[pair]bool{},
		cluster: make([]string, len(c.texts)),
		removed: make([]bool, len(c.texts)),
	}
	columns, ok := map[string]int{"pairs": 2, "clusters": 3, "removed": 1}[o.kind]
	if !ok {
		return nil, fmt.Errorf("%s: %q is no kind of output", path, lines[0])
	}
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != columns {
			return nil, fmt.Errorf("%s:%d: %d columns instead of %d", path, i+2, len(fields), columns)
		}
		if err := c.add(o, fields); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+2, err)
		}
	}
	if o.kind == "pairs" {
		o.removeGreedily()
	}
	return o, nil
}

// add adds one line to an output.
func (c *corpus) add(o *output, fields []string) error {
	n, ok := c.number[fields[0]]
	if !ok {
		return fmt.Errorf("no document is called %q", fields[0])
	}
	switch o.kind {
	case "pairs":
		m, ok := c.number[fields[1]]
		if !ok {
			return fmt.Errorf("no document is called %q", fields[1])
		}
		if n != m {
			o.pairs[newPair(n, m)] = true
		}
	case "clusters":
		if o.cluster[n] != "" {
			return fmt.Errorf("%q is in two clusters", fields[0])
		}
		o.cluster[n], o.removed[n] = fields[1], fields[2] == "0"
	case "removed":
		o.removed[n] = true
	}
	return nil
}

// reports says whether the tool takes two documents for alike.
func (o *output) reports(p pair) bool {
	return o.pairs[p] || o.cluster[p.a] != "" && o.cluster[p.a] == o.cluster[p.b]
}

// countPairs is the number of pairs that the tool reports. Those of clusters are not
// listed: some tools make clusters of thousands.
func (o *output) countPairs() int {
	count, sizes := len(o.pairs), map[string]int{}
	for _, name := range o.cluster {
		if name != "" {
			count += sizes[name]
			sizes[name]++
		}
	}
	return count
}

// removeGreedily makes decisions of pairs the way that loses least: in the order of
// the file, a document goes if one that is kept is paired with it.
func (o *output) removeGreedily() {
	earlier := map[int32][]int32{}
	for p := range o.pairs {
		earlier[p.b] = append(earlier[p.b], p.a)
	}
	for n := range o.removed {
		for _, m := range earlier[int32(n)] {
			if !o.removed[m] {
				o.removed[n] = true
				break
			}
		}
	}
}

// result is a line of what score prints.
type result struct {
	Kind string `json:"kind"`

	// Pairs that are to be found, and that the tool reports; null without pairs.
	TruePairs int  `json:"true_pairs"`
	Pairs     *int `json:"pairs"`

	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`

	// Removed documents; those of them that no kept document of the whole corpus
	// covers at the threshold; and kept ones that another kept one covers.
	Removed   int `json:"removed"`
	Uncovered int `json:"uncovered"`
	Remaining int `json:"remaining"`
}

func (c *corpus) score(o *output) result {
	r := result{Kind: o.kind, TruePairs: len(c.must)}
	if o.kind != "removed" {
		found, right, n := 0, 0, o.countPairs()
		for p := range c.may {
			if !o.reports(p) {
				continue
			}
			right++
			if c.must[p] {
				found++
			}
		}
		precision, recall := share(right, n), share(found, len(c.must))
		f1 := 0.
		if precision+recall > 0 {
			f1 = 2 * precision * recall / (precision + recall)
		}
		r.Pairs, r.Precision, r.Recall, r.F1 = &n, &precision, &recall, &f1
	}
	covered := make([]bool, len(c.texts)) // by a kept document
	for p := range c.may {
		covered[p.a] = covered[p.a] || !o.removed[p.b]
		covered[p.b] = covered[p.b] || !o.removed[p.a]
	}
	for n, removed := range o.removed {
		if removed {
			r.Removed++
			if !covered[n] {
				r.Uncovered++
			}
		}
	}
	remaining := map[int32]bool{} // the later of two kept documents that are alike
	for p := range c.must {
		if !o.removed[p.a] && !o.removed[p.b] {
			remaining[p.b] = true
		}
	}
	r.Remaining = len(remaining)
	return r
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return float64(part) / float64(whole)
}
