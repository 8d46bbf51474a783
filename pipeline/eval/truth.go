package eval

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Truth says which documents belong together. It is read once and then never
// changes. The zero value names no document.
type Truth struct {
	keys     []string // in the order read
	clusters []int32  // by place in keys: number of the cluster, from 0 on
	names    []string // by number
}

// ReadTruth reads CSV (RFC 4180, UTF-8 with or without BOM) whose first line
// names the columns. "id" and "cluster" are needed, in any order; others are
// passed over. Every line puts one document into one cluster; a document that
// has no duplicate stands alone in its cluster. Errors name the line.
func ReadTruth(r io.Reader) (*Truth, error) {
	c := csv.NewReader(withoutBOM(r))
	c.ReuseRecord = true
	header, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("eval: truth is empty, want a first line of id,cluster")
	}
	if err != nil {
		return nil, fmt.Errorf("eval: truth: %w", err)
	}
	id, cluster := slices.Index(header, "id"), slices.Index(header, "cluster")
	if id < 0 || cluster < 0 {
		return nil, fmt.Errorf("eval: truth line 1: columns are %q, want id and cluster", header)
	}
	b := truthBuilder{lines: map[string]int{}, numbers: map[string]int32{}}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return &b.truth, nil
		}
		if err != nil {
			return nil, fmt.Errorf("eval: truth: %w", err)
		}
		line, _ := c.FieldPos(id)
		if err := b.add(line, row[id], row[cluster]); err != nil {
			return nil, fmt.Errorf("eval: truth line %d: %w", line, err)
		}
	}
}

func withoutBOM(r io.Reader) io.Reader {
	b := bufio.NewReader(r)
	// A file of fewer than three bytes has no BOM; its error comes back when
	// it is read.
	if start, _ := b.Peek(3); bytes.Equal(start, []byte("\ufeff")) {
		b.Discard(3)
	}
	return b
}

type truthBuilder struct {
	truth   Truth
	lines   map[string]int
	numbers map[string]int32
}

func (b *truthBuilder) add(line int, key, cluster string) error {
	if key == "" {
		return errors.New("id is empty")
	}
	if cluster == "" {
		return fmt.Errorf("cluster of %q is empty", key)
	}
	if first, ok := b.lines[key]; ok {
		return fmt.Errorf("id %q is already on line %d", key, first)
	}
	b.lines[key] = line
	n, ok := b.numbers[cluster]
	if !ok {
		n = int32(len(b.truth.names))
		b.numbers[cluster] = n
		b.truth.names = append(b.truth.names, cluster)
	}
	b.truth.keys = append(b.truth.keys, key)
	b.truth.clusters = append(b.truth.clusters, n)
	return nil
}

// Len returns the number of documents named.
func (t *Truth) Len() int { return len(t.keys) }

// All calls yield with every document and its cluster in the order read, until
// yield returns false. It can be ranged over.
func (t *Truth) All(yield func(key, cluster string) bool) {
	for i, key := range t.keys {
		if !yield(key, t.names[t.clusters[i]]) {
			return
		}
	}
}
