package corpus

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"sync/atomic"
	"unicode/utf8"
)

// Sample is the beginning of a file, read to know what the rest is like.
type Sample struct {
	// Block holds whole records, or a part of a text file. It is not to be
	// released.
	Block *Block
	// Stored is the number of bytes of the file that gave the block.
	Stored int64
}

// longSample is how many times its size a sample may have, to hold a record.
const longSample = 64

// Sample reads about size decompressed bytes of each of the n largest files, and
// more where the first record is longer. Standard input is left out, and so is a
// file that cannot be read: the scan will tell.
func (c *Corpus) Sample(n, size int) []Sample {
	largest := make([]int, 0, len(c.files))
	for i := range c.files {
		if c.files[i].Path != StdinPath {
			largest = append(largest, i)
		}
	}
	slices.SortStableFunc(largest, func(a, b int) int { return cmp.Compare(c.files[b].Size, c.files[a].Size) })
	var samples []Sample
	for _, i := range largest[:min(n, len(largest))] {
		if s, ok := c.sample(i, size); ok {
			samples = append(samples, s)
		}
	}
	return samples
}

func (c *Corpus) sample(i, size int) (Sample, bool) {
	if c.IsContainer(i) {
		return c.sampleContainer(i, size)
	}
	stored, err := c.fsys.Open(c.files[i].Path)
	if err != nil {
		return Sample{}, false
	}
	defer stored.Close() // opened for reading: nothing can be lost
	var taken atomic.Int64
	in, release, err := c.newScan(&taken).open(&meter{stored, &taken}, c.files[i].Compression)
	if err != nil {
		return Sample{}, false
	}
	defer release()
	var data []byte
	for more := size; ; more = len(data) {
		grown := make([]byte, len(data)+more)
		copy(grown, data)
		n, err := io.ReadFull(in, grown[len(data):])
		data = grown[:len(data)+n]
		read := len(data)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			read = 0 // all of it counts
		} else if err != nil {
			return Sample{}, false
		}
		if read > 0 {
			data = data[:c.wholeRecords(i, data)]
		}
		if len(data) > 0 {
			// The decoder may have looked ahead; what was cut off is taken back.
			share := float64(len(data)) / float64(max(read, len(data)))
			return Sample{Block: c.NewBlock(i, 0, data), Stored: int64(float64(taken.Load()) * share)}, true
		}
		if data = data[:read]; read == 0 || read >= longSample*size {
			return Sample{}, false
		}
	}
}

// wholeRecords returns how much of the beginning of file i is whole records, or,
// of a text file, whole characters.
func (c *Corpus) wholeRecords(i int, data []byte) int {
	if !c.files[i].Format.IsWhole() {
		return bytes.LastIndexByte(data, '\n') + 1
	}
	end := len(data)
	for range utf8.UTFMax - 1 {
		if r, _ := utf8.DecodeLastRune(data[:end]); r != utf8.RuneError {
			break
		}
		end--
	}
	return end
}

// sampleContainer is sample for the file of a container.
func (c *Corpus) sampleContainer(i, size int) (Sample, bool) {
	var taken atomic.Int64
	s := c.newScan(&taken)
	f, done, err := s.stored(context.Background(), i)
	if err != nil {
		return Sample{}, false
	}
	defer func() { _ = done() }() // opened for reading: nothing can be lost
	s.slots = nil                 // what is read ahead would count
	records, err := c.Container(i).Open(context.Background(), f, s.containerOptions())
	if err != nil {
		return Sample{}, false
	}
	defer records.Close() // likewise
	b := c.NewBlock(i, 0, nil)
	for bad := 0; len(b.Data) < size && bad < longSample; {
		rec, err := records.Next()
		if err != nil {
			if !isRecordError(err) {
				break // the end, or the scan will tell
			}
			bad++
			continue
		}
		b.Data = append(append(b.Data, rec.JSON...), '\n')
		b.places = append(b.places, place{rec.Number, rec.Offset})
	}
	return Sample{Block: b, Stored: max(1, min(taken.Load(), c.files[i].Size))}, len(b.Data) > 0
}

func isRecordError(err error) bool {
	var bad *RecordError
	return errors.As(err, &bad) && !bad.Broken
}
