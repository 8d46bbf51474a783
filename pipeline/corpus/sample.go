package corpus

import (
	"bytes"
	"context"
	"io"
	"sync/atomic"
)

// Sample is the beginning of a file, read to know what the rest is like.
type Sample struct {
	// Block holds whole records. It is not to be released.
	Block *Block
	// Stored is the number of bytes of the file that gave the block.
	Stored int64
	// Whole tells that the file has no more.
	Whole bool
}

// Sample reads up to size decompressed bytes of each of up to n files, picked
// evenly. Standard input is left out, and so is a file that cannot be read or
// whose first record is longer than that: the scan will tell.
func (c *Corpus) Sample(ctx context.Context, n, size int) []Sample {
	var samples []Sample
	step := max(1, (len(c.files)+n-1)/n)
	for i := 0; i < len(c.files) && ctx.Err() == nil; i += step {
		if c.files[i].Path == stdinPath {
			continue
		}
		if s, ok := c.sample(i, size); ok {
			samples = append(samples, s)
		}
	}
	return samples
}

func (c *Corpus) sample(i, size int) (Sample, bool) {
	stored, err := c.fsys.Open(c.files[i].Path)
	if err != nil {
		return Sample{}, false
	}
	defer stored.Close() // opened for reading: nothing can be lost
	var taken atomic.Int64
	in, release, err := (&scan{c: c}).decoder(&meter{stored, &taken}, c.files[i].Compression)
	if err != nil {
		return Sample{}, false
	}
	defer release()
	data := make([]byte, size)
	n, err := io.ReadFull(in, data)
	data = data[:n]
	whole := err == io.EOF || err == io.ErrUnexpectedEOF
	if err != nil && !whole {
		return Sample{}, false
	}
	if c.files[i].Format == JSONL && !whole {
		data = data[:bytes.LastIndexByte(data, '\n')+1]
	}
	if len(data) == 0 {
		return Sample{}, false
	}
	// The decoder may have looked ahead; what was cut off the end is taken back.
	share := float64(len(data)) / float64(n)
	return Sample{Block: c.NewBlock(i, 0, data), Stored: int64(float64(taken.Load()) * share), Whole: whole}, true
}
