package corpus

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"

	"github.com/zeebo/xxh3"

	"github.com/doppel-dedup/doppel/internal/tempfile"
)

// reader turns one file into blocks.
type reader struct {
	ctx   context.Context
	c     *Corpus
	index int
	in    io.Reader
	out   chan<- *Block
	hash  *xxh3.Hasher // of JSONL

	digest       uint64
	passed       passage
	line, offset int64 // of the next byte that belongs to no block yet

	at    io.ReaderAt // the file, if it is cheap to look at; else nil
	queue *queue
	sent  int64 // blocks
	tally *tally
}

// read sends the blocks of file i to out. Its error is one of the machine or of
// ctx; errors of the input are in the blocks.
func (s *scan) read(ctx context.Context, i int, out *queue) error {
	r := &reader{ctx: ctx, c: s.c, index: i, out: out.blocks, line: 1, queue: out, tally: &s.tally}
	r.comeBy(s.from)
	if err := s.readFile(r); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !r.passed.reached {
		return r.changed()
	}
	if s.again && r.digest != s.c.Digest(i) {
		return otherContent(i)
	}
	s.c.mu.Lock()
	s.digests[i] = r.digest
	s.c.mu.Unlock()
	if s.c.files[i].Path == StdinPath {
		s.c.stdin.finish()
	}
	return nil
}

func (s *scan) readFile(r *reader) error {
	if ct := s.c.Container(r.index); ct != nil {
		return s.readContainer(r, ct)
	}
	stored, compression, err := r.open()
	if err != nil {
		return r.fail(err)
	}
	defer stored.Close() // opened for reading: nothing can be lost
	if s.c.Rereadable(r.index) {
		r.at, _ = stored.(io.ReaderAt)
	}
	raw := s.summed(r.ctx, r.index, &meter{stored, s.count})
	defer raw.stop()
	if err := s.decode(r, raw, compression); err != nil {
		return err
	}
	raw.finish()
	return nil
}

// decode reads the file's records from its stored bytes.
func (s *scan) decode(r *reader, stored io.Reader, compression Compression) error {
	in, release, err := s.open(stored, compression)
	if err != nil {
		return r.fail(err)
	}
	defer release()
	r.in = in
	if s.c.files[r.index].Format.IsWhole() {
		return r.text()
	}
	return r.jsonl()
}

// open returns the stored bytes of the file and how they are compressed.
func (r *reader) open() (io.ReadCloser, Compression, error) {
	f := &r.c.files[r.index]
	if f.Path != StdinPath {
		stored, err := r.c.fsys.Open(f.Path)
		return stored, f.Compression, err
	}
	stored, err := r.c.stdin.open(r.ctx, &r.c.o)
	if err != nil {
		return nil, None, &fault{err}
	}
	peek := bufio.NewReaderSize(&lasting{r: stored}, 64<<10)
	return struct {
		io.Reader
		io.Closer
	}{peek, stored}, sniff(peek), nil
}

// fail makes the whole file one RecordError, unless the fault is not the file's.
func (r *reader) fail(err error) error {
	if stop := r.stop(err); stop != nil {
		return stop
	}
	e := r.recordError(0, err, nil)
	e.Broken = true
	return r.send(&Block{Errs: []*RecordError{e}})
}

// stop returns the error that ends the scan, if reading ended with err: the
// scan was cancelled, or the fault is not the input's.
func (r *reader) stop(err error) error {
	if ctxErr := r.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	var f *fault
	switch {
	case errors.As(err, &f):
		return f.err
	case errors.As(err, new(*tempfile.Error)):
		return fmt.Errorf("corpus: %s: reading its copy: %w", r.c.files[r.index].Name, err)
	case isOfMachine(err):
		return fmt.Errorf("corpus: %s: %w", r.c.files[r.index].Name, err)
	}
	return nil
}

// isOfMachine tells whether reading ended with an error that is the machine's: another
// run might read the file, so it must not pass for a bad record.
func isOfMachine(err error) bool {
	for _, errno := range []syscall.Errno{syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.EIO, syscall.ESTALE, syscall.ETIMEDOUT} {
		if errors.Is(err, errno) {
			return true
		}
	}
	return errors.As(err, new(*tempfile.Error)) || errors.As(err, new(*fault))
}

// reason is what is wrong with a file, without its path.
func reason(err error) string {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Op + ": " + p.Err.Error()
	}
	return err.Error()
}

func (r *reader) recordError(line int64, err error, raw []byte) *RecordError {
	e := &RecordError{File: r.c.files[r.index].Name, Line: line, Offset: r.offset, Code: BadCodeOf(err), Reason: reason(err), Fields: r.c.fieldsOf(err)}
	e.setRaw(raw)
	return e
}

// send fills in what every block of the file has and hands it over.
func (r *reader) send(b *Block) error {
	b.File, b.format = r.index, r.c.files[r.index].Format
	if b.Line == 0 {
		b.Line, b.Offset = r.line, r.offset
	}
	if err := r.mark(b); err != nil {
		return err
	}
	b.tally = r.tally
	select {
	case r.out <- b:
		r.sent++
		return nil
	case <-r.ctx.Done():
		return r.ctx.Err()
	}
}

// text reads a file that is one record.
func (r *reader) text() error {
	limit := r.c.o.MaxRecord + int64(len(utf8BOM))
	data, err := r.wholeText(limit)
	data = data[:min(int64(len(data)), limit+1)]
	if err == io.EOF {
		err = nil
	}
	r.digest = xxh3.Hash(data)
	r.passed.pass(data)
	if err == nil {
		err = r.checkText(data)
	} else if stop := r.stop(err); stop != nil {
		return stop
	}
	if err != nil {
		return r.send(&Block{Errs: []*RecordError{r.recordError(1, err, data)}})
	}
	return r.send(&Block{Data: data, whole: true})
}

// wholeText reads the file, or more than limit bytes of it. Its size is known before
// unless it is compressed or standard input.
func (r *reader) wholeText(limit int64) ([]byte, error) {
	f := &r.c.files[r.index]
	var size int64
	if f.Compression == None && f.Path != StdinPath {
		size = min(f.Size, limit)
		if err := r.admit(size); err != nil {
			return nil, &fault{err}
		}
	}
	start, err := r.fill(make([]byte, 0, size+bytes.MinRead))
	if err != nil || int64(len(start)) > limit {
		return start, err
	}
	parts, err := r.readParts([][]byte{start}, limit+1, func([]byte) bool { return false })
	return joined(parts), err
}

func (r *reader) checkText(data []byte) error {
	if compressionOf(data) != None {
		return &CodedError{BadFormat, errors.New(foreign(data))}
	}
	if int64(len(bytes.TrimPrefix(data, utf8BOM))) > r.c.o.MaxRecord {
		return r.overLimit()
	}
	return nil
}

func (r *reader) overLimit() error {
	return overLimit(r.c.o.MaxRecord)
}
