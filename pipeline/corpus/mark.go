package corpus

import (
	"bytes"
	"context"
	"math"
	"slices"

	"github.com/zeebo/xxh3"
)

// Mark is a place between two blocks of a [Corpus.Scan], from which a later one can
// go on: see [Corpus.ScanFrom]. The zero value is the beginning.
type Mark struct {
	// File is the first file with records behind the mark, perhaps none.
	File int
	// Offset is where the first of them may begin in the decompressed file;
	// math.MaxInt64 if there are none.
	Offset int64
	// Line is the first line behind the mark, or number of a container's record.
	Line int64
	// Hash is the xxh3 hash of the Hashed bytes that the file begins with.
	Hashed int64
	Hash   uint64
}

// Mark returns the place behind b. It needs [Options.Marks].
func (b *Block) Mark() Mark { return b.mark }

// wholly says that the records of a file end before the mark.
const wholly = math.MaxInt64

// ScanFrom is [Corpus.Scan] from a mark on, where digests are those of the files
// before it. Files before the mark are not opened. The file of the mark is read
// from its beginning, as a compressed one must be; if it does not begin with the
// bytes that the mark tells of, that is a [*ChangedError], and comes before any
// block of it. Where blocks end may differ from an earlier scan.
func (c *Corpus) ScanFrom(ctx context.Context, m Mark, digests []uint64, yield func(*Block) error) error {
	c.mu.Lock()
	found := slices.Clone(c.digests) // an earlier scan's stand until this one comes behind the file
	copy(found, digests[:m.File])
	c.digests = found
	c.mu.Unlock()
	for _, f := range c.files[:m.File] {
		c.bytesRead.Add(f.Size)
	}
	s := c.newScan(&c.bytesRead)
	s.from, s.digests, s.sums = m, found, c.newSums()
	err := s.run(ctx, func(file int) bool { return file >= m.File }, func(b *Block) error {
		if b.File == m.File && !b.cutBefore(m) {
			b.Release()
			return nil
		}
		return yield(b)
	})
	if err == nil {
		c.keepSums(s.sums)
	}
	return err
}

// cutBefore drops what is before a mark in the file, and tells whether anything is
// left.
func (b *Block) cutBefore(m Mark) bool {
	if m.Offset == 0 && m.Line == 0 { // behind bad records of a container only the line goes on
		return true
	}
	b.Errs = slices.DeleteFunc(b.Errs, func(e *RecordError) bool { return m.Offset == wholly || e.Line < m.Line })
	if gone := min(m.Offset-b.Offset, int64(len(b.Data))); gone > 0 {
		lines := bytes.Count(b.Data[:gone], []byte{'\n'})
		b.Line += int64(lines)
		if b.places != nil {
			b.places = b.places[lines:]
		}
		b.Offset, b.Data = b.Offset+gone, b.Data[gone:]
	}
	return len(b.Data)+len(b.Errs) > 0
}

// passage is what of a file is in blocks so far: its hash, and what that has to be
// at a mark.
type passage struct {
	hash    *xxh3.Hasher // nil unless it is wanted
	bytes   int64
	want    Mark // Hashed is 0 if nothing is known
	reached bool
	changed bool
}

// pass counts data as being in a block.
func (p *passage) pass(data []byte) {
	if p.hash == nil {
		return
	}
	if left := p.want.Hashed - p.bytes; !p.reached && left <= int64(len(data)) {
		_, _ = p.hash.Write(data[:left]) // a hash takes everything
		data, p.bytes = data[left:], p.want.Hashed
		p.reached, p.changed = true, p.hash.Sum64() != p.want.Hash
	}
	_, _ = p.hash.Write(data)
	p.bytes += int64(len(data))
}

// comeBy says that the reader may have to come by a mark.
func (r *reader) comeBy(m Mark) {
	if m.File == r.index {
		r.passed.want = m
	}
	r.passed.reached = r.passed.want.Hashed == 0
	if r.c.o.Marks || !r.passed.reached {
		r.passed.hash = xxh3.New()
	}
}

// mark gives b its mark, unless the file turned out to be another one.
func (r *reader) mark(b *Block) error {
	if r.passed.changed {
		return r.changed()
	}
	if !r.c.o.Marks {
		return nil
	}
	b.mark = Mark{File: r.index, Offset: r.offset, Line: r.line, Hashed: r.passed.bytes, Hash: r.passed.hash.Sum64()}
	if r.c.IsContainer(r.index) {
		b.mark.Line = b.lastNumber() + 1
	}
	if b.format.IsWhole() || len(b.Errs) > 0 && b.Errs[len(b.Errs)-1].Broken {
		b.mark.Offset = wholly
	}
	return nil
}

// lastNumber is that of the last record of a container's block, a bad one included.
func (b *Block) lastNumber() (n int64) {
	if len(b.places) > 0 {
		n = b.places[len(b.places)-1].number
	}
	for _, e := range b.Errs {
		n = max(n, e.Line)
	}
	return n
}

func (r *reader) changed() error { return &ChangedError{File: r.c.files[r.index].Name} }
