package corpus

import (
	"bytes"
	"cmp"
	"io"
	"slices"
)

// Largest returns the size of the largest record that shows at a few places: of text
// files it is the largest, and of lines on the disk that are not compressed the largest
// of those that stand at so many places, at equal distances. So a line is found that
// takes more of the files than one distance, and shorter ones with the luck of their
// share. Of others it knows nothing, nor of files of up to over bytes, and it stops at the
// limit of records.
func (c *Corpus) Largest(places int, over int64) (size int64) {
	var lines []int
	var total int64
	for i := range c.files {
		switch f := &c.files[i]; {
		case f.Size <= over:
		case f.Format.IsWhole():
			size = max(size, f.Size)
		case c.Rereadable(i) && !c.IsContainer(i):
			lines, total = append(lines, i), total+f.Size
		}
	}
	slices.SortStableFunc(lines, func(a, b int) int { return cmp.Compare(c.files[b].Size, c.files[a].Size) })
	for _, i := range lines[:min(places, len(lines))] {
		if size >= c.o.MaxRecord {
			break // of a file of one line, each place would be read up to the limit
		}
		step := max(total/int64(places), 1)
		size = max(size, c.largestLine(i, min(step, c.files[i].Size/2+1)))
	}
	return min(size, c.o.MaxRecord)
}

// largestLine returns the size of the largest of the lines of file i that are at its
// bytes step, 2*step and so on.
func (c *Corpus) largestLine(i int, step int64) (size int64) {
	f, err := c.fsys.Open(c.files[i].Path)
	if err != nil {
		return 0 // the scan will tell
	}
	defer f.Close() // opened for reading: nothing can be lost
	in, ok := f.(io.ReaderAt)
	if !ok {
		return 0
	}
	part := make([]byte, c.o.blockSize)
	for at := step; at < c.files[i].Size && size < c.o.MaxRecord; at += step {
		end := c.lineEnd(in, part, at)
		size = max(size, end-c.lineStart(in, part, at))
		if skip := (end - at) / step; skip > 0 {
			at += skip * step // the same line
		}
	}
	return size
}

// lineEnd returns where the line ends that byte at is in, or a place beyond the limit.
func (c *Corpus) lineEnd(in io.ReaderAt, part []byte, at int64) int64 {
	for from := at; ; {
		n, err := in.ReadAt(part, from)
		if i := bytes.IndexByte(part[:n], '\n'); i >= 0 {
			return from + int64(i)
		}
		if from += int64(n); err != nil || from-at > c.o.MaxRecord {
			return from
		}
	}
}

// lineStart returns where that line starts, likewise.
func (c *Corpus) lineStart(in io.ReaderAt, part []byte, at int64) int64 {
	for to := at; to > 0; {
		from := max(0, to-int64(len(part)))
		n, err := in.ReadAt(part[:to-from], from)
		if i := bytes.LastIndexByte(part[:n], '\n'); i >= 0 {
			return from + int64(i) + 1
		}
		if to = from; err != nil && err != io.EOF || at-to > c.o.MaxRecord {
			return to
		}
	}
	return 0
}
