package warc

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/doppel-dedup/doppel/pipeline/corpus"
)

// bufferSize is how much of a member is read at once, and the most that can be
// looked at without taking it.
const bufferSize = 64 << 10

// member is a part of a file that is decompressed by itself: a gzip member, a zstd
// frame, or the whole of a file that is not compressed.
type member struct {
	stored, storedEnd int64 // place in the stored file
	start, end        int64 // place in the stream of all members' contents
	damaged           bool  // it could be read up to end and no further
}

// codec knows how the members of a file are compressed.
type codec interface {
	// open begins to read the member at a place of the stored file.
	open(stored int64) (io.Reader, error)
	// end returns where the member stops that has been read to its end.
	end() int64
	// read returns how far the file has been read for the member that was opened.
	read() int64
	// isMember reports whether a member that begins with a record begins at a place of
	// the stored file. It looks at little of it.
	isMember(stored int64) bool
	// magic is what a member begins with.
	magic() []byte
	// joinMembers makes one member of all that begin at or behind the place that is
	// opened next.
	joinMembers()
	close()
}

// input is the stream of the contents of all members.
type input struct {
	ctx   context.Context
	file  *file
	codec codec // nil if the file is not compressed
	bound *corpus.Expansion
	br    *bufio.Reader // of the current member
	cur   member
	open  bool  // cur is being read
	next  int64 // place in the stored file of the member behind cur
	at    int64 // place in the stream of the next byte

	damaged, tries int // members that were damaged, and places that were looked at behind them

	keep    bool // members are remembered
	members []member
}

// The limits of looking for members behind damage. A file can be made so that each
// place looks like a member and leads through all of the rest.
const (
	maxDamaged = 1000
	maxTries   = 10_000
)

// damageError is what is wrong with a member, which is left by it.
type damageError struct {
	err  error
	last bool // no member is known behind it
}

func (e *damageError) Error() string { return e.err.Error() }

func newInput(ctx context.Context, stored *corpus.Stored) (*input, error) {
	f := &file{Stored: stored}
	in := &input{ctx: ctx, file: f, br: bufio.NewReaderSize(empty{}, bufferSize), bound: stored.Expansion("the file")}
	start := f.peek(0, len(zstdMagic))
	var err error
	switch {
	case bytes.HasPrefix(start, gzipMagic):
		in.codec = newGzipCodec(f)
	case isZstd(start):
		in.codec, err = newZstdCodec(f)
	}
	if err == nil && in.codec != nil && in.apart() {
		in.codec.joinMembers()
	}
	return in, in.broken(err)
}

// maxFirst is how far the first member is read to learn where the second begins.
const maxFirst = 16 << 20

// apart reports whether the members do not begin where records do: the first one does
// not end as a record does, and no record begins with the second. Such files come of
// compressing an archive in parallel. Their members are not told apart: damage in
// one is the end of all.
func (in *input) apart() bool {
	for at := int64(0); ; at = in.codec.end() {
		r, err := in.codec.open(at)
		if err != nil {
			return false
		}
		var end tail
		n, err := io.CopyN(&end, r, maxFirst)
		next := in.codec.end()
		switch {
		case err != io.EOF || next >= in.file.Size || !bytes.HasPrefix(in.file.peek(next, len(zstdMagic)), in.codec.magic()):
			return false
		case n > 0:
			return string(end) != "\r\n\r\n" && !in.codec.isMember(next)
		}
	}
}

// tail keeps the last four bytes that are written to it.
type tail []byte

func (t *tail) Write(p []byte) (int, error) {
	*t = append(*t, p[max(0, len(p)-4):]...)
	*t = (*t)[max(0, len(*t)-4):]
	return len(p), nil
}

func (in *input) close() {
	if in.codec != nil {
		in.codec.close()
	}
}

// advance goes to the next member; the current one must have been read to its end.
// It returns io.EOF behind the last one, and a [*damageError] if the next one
// cannot be read at all.
func (in *input) advance() error {
	if err := in.ctx.Err(); err != nil {
		return err
	}
	if in.open {
		in.next = in.file.Size
		if in.codec != nil {
			in.next = in.codec.end()
		}
		in.leave()
	}
	if in.codec != nil {
		in.next = in.file.skipZeros(in.next)
	}
	if in.next >= in.file.Size {
		return in.broken(io.EOF)
	}
	in.cur, in.open = member{stored: in.next, start: in.at}, true
	if in.codec == nil {
		in.br.Reset(io.NewSectionReader(in.file, in.next, in.file.Size-in.next))
		return nil
	}
	r, err := in.codec.open(in.next)
	if err != nil {
		return in.damage(err)
	}
	in.br.Reset(in.bound.Reader(r, in.codec.read))
	return nil
}

// leave ends the current member, behind which the next one is known.
func (in *input) leave() {
	in.open = false
	in.cur.end, in.cur.storedEnd = in.at, in.next
	if in.keep {
		in.members = append(in.members, in.cur)
	}
	in.br.Reset(empty{})
}

// damage leaves a member that cannot be read on, unless the fault is not its own. Behind
// a bomb nothing is read.
func (in *input) damage(err error) error {
	if stop := in.broken(nil); stop != nil {
		return stop
	}
	in.cur.damaged = true
	in.damaged++
	in.next = in.file.Size
	if in.codec != nil && in.damaged < maxDamaged && !errors.Is(err, corpus.ErrExpansion) {
		in.next = in.find(in.cur.stored + 1)
	}
	in.leave()
	if stop := in.broken(nil); stop != nil {
		return stop
	}
	return &damageError{err, in.next >= in.file.Size}
}

// broken returns the error that ends the reading of any file, or err.
func (in *input) broken(err error) error {
	if in.file.err != nil {
		return in.file.err
	}
	if ctxErr := in.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return err
}

// find returns the next place where a member begins with a record, or the size of
// the file.
func (in *input) find(stored int64) int64 {
	magic := in.codec.magic()
	for stored < in.file.Size && in.tries < maxTries && in.broken(nil) == nil {
		block := in.file.peek(stored, bufferSize)
		i := bytes.Index(block, magic)
		if i >= 0 {
			in.tries++
		}
		switch {
		case i >= 0 && in.codec.isMember(stored+int64(i)):
			return stored + int64(i)
		case i >= 0:
			stored += int64(i) + 1
		case len(block) < bufferSize:
			return in.file.Size
		default:
			stored += int64(len(block) - len(magic) + 1)
		}
	}
	return in.file.Size
}

// peek returns the next n bytes of the member, at most bufferSize, and fewer at its
// end only.
func (in *input) peek(n int) ([]byte, error) {
	p, err := in.br.Peek(n)
	if err == nil || err == io.EOF {
		return p, in.broken(nil)
	}
	return nil, in.damage(err)
}

// discard takes n bytes that were peeked.
func (in *input) discard(n int) {
	n, _ = in.br.Discard(n)
	in.at += int64(n)
}

// line returns the next line of the member with its end, or bufferSize bytes of a
// longer one, and io.EOF at the end of the member. The line is valid until the next
// call of any method.
func (in *input) line() ([]byte, error) {
	p, err := in.br.ReadSlice('\n')
	in.at += int64(len(p))
	switch {
	case err == nil || err == bufio.ErrBufferFull || err == io.EOF && len(p) > 0:
		return p, nil
	case err == io.EOF:
		return nil, in.broken(io.EOF)
	}
	return nil, in.damage(err)
}

// read reads some of the member into p, and returns io.EOF at its end.
func (in *input) read(p []byte) (int, error) {
	n, err := in.br.Read(p)
	in.at += int64(n)
	if err == nil {
		return n, in.ctx.Err()
	}
	if err == io.EOF {
		return n, in.broken(err)
	}
	return n, in.damage(err)
}

// seek goes to a place in the stream of a file that is not compressed.
func (in *input) seek(at int64) {
	in.br.Reset(io.NewSectionReader(in.file, at, in.file.Size-at))
	in.at = at
}

// empty is a reader of nothing.
type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, io.EOF }
