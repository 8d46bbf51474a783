package corpus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/doppel-dedup/doppel/internal/tempfile"
)

// stdin is what a Corpus knows of its standard input: whether it was read, and
// the copy that lets it be read again.
type stdin struct {
	mu       sync.Mutex
	started  bool
	complete bool // spool holds all that the first scan read
	spool    *tempfile.File
	size     int64
}

var (
	errStdinOnce    = errors.New("corpus: standard input can be read only once; give it as a file to read it again")
	errStdinPartial = errors.New("corpus: standard input was not read to its end the first time, so it cannot be read again")
)

// open returns standard input for a scan: the stream itself the first time, the
// copy after that.
func (s *stdin) open(ctx context.Context, o *Options) (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.started {
		return s.copied()
	}
	if o.SpoolStdin {
		f, err := tempfile.Create(o.TempFS, o.TempDir, "stdin")
		if err != nil {
			return nil, fmt.Errorf("corpus: %w", err)
		}
		s.spool = f
	}
	s.started = true
	return &stdinReader{ctx: ctx, r: o.Stdin, s: s, buf: make([]byte, 256<<10)}, nil
}

// reopen returns the copy from its beginning.
func (s *stdin) reopen() (io.ReadCloser, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.copied()
}

func (s *stdin) copied() (io.ReadCloser, error) {
	switch {
	case s.spool == nil:
		return nil, errStdinOnce
	case !s.complete:
		return nil, errStdinPartial
	}
	return io.NopCloser(io.NewSectionReader(s.spool, 0, s.size)), nil
}

// finish says that a scan has read all that it wants.
func (s *stdin) finish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complete = true
}

func (s *stdin) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spool == nil {
		return nil
	}
	err := s.spool.Close()
	s.spool = nil
	return err
}

// stdinReader reads a stream that may block for ever, such as a terminal, until
// ctx is done. A Read that is blocked then is left behind with buf, which nobody
// else touches any more: there is no way to end it.
type stdinReader struct {
	ctx  context.Context
	r    io.Reader
	s    *stdin
	buf  []byte
	rest []byte // of buf, read and not handed out
	err  error
}

func (r *stdinReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 && r.err == nil {
		r.fill()
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *stdinReader) fill() {
	type result struct {
		n   int
		err error
	}
	done := make(chan result, 1)
	go func() {
		n, err := r.r.Read(r.buf)
		done <- result{n, err}
	}()
	select {
	case <-r.ctx.Done():
		r.err = r.ctx.Err()
	case res := <-done:
		r.rest, r.err = r.buf[:res.n], res.err
		if err := r.s.keep(r.rest); err != nil {
			r.rest, r.err = nil, err
		}
	}
}

// keep appends p to the copy, if one is wanted.
func (s *stdin) keep(p []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.spool == nil {
		return nil
	}
	n, err := s.spool.Write(p)
	s.size += int64(n)
	if err != nil {
		return &fault{fmt.Errorf("corpus: copying standard input: %w", err)}
	}
	return nil
}

// fault marks an error that is not the input's: it ends the scan.
type fault struct{ err error }

func (e *fault) Error() string { return e.err.Error() }

// Unwrap is for errors of Select, which no scan sees.
func (e *fault) Unwrap() error { return e.err }

func (r *stdinReader) Close() error { return nil }
