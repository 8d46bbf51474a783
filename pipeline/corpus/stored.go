package corpus

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/doppel-dedup/doppel/internal/tempfile"
)

// stored opens the file of a container, and returns what closes it. Standard input is
// handed on decompressed.
func (s *scan) stored(ctx context.Context, i int) (*Stored, func() error, error) {
	f := &s.c.files[i]
	r := &reader{ctx: ctx, c: s.c, index: i}
	stored, compression, err := r.open()
	if err != nil {
		return nil, nil, err
	}
	out := &Stored{Name: f.Name, Size: f.Size, Compression: f.Compression, decoders: &s.decoders}
	_, streams := s.c.Container(i).(Streamer)
	if at, ok := stored.(io.ReaderAt); ok && !streams {
		out.ReaderAt = &meterAt{at, s.count}
		out.Reader = io.NewSectionReader(out.ReaderAt, 0, f.Size)
		return out, func() error {
			s.summed(ctx, i, stored).finish() // from its beginning: so far it was only read at places
			return stored.Close()
		}, nil
	}
	done, err := s.asStream(ctx, i, stored, compression, out)
	if err != nil || streams {
		return out, done, err
	}
	spool, err := s.c.spool(out)
	if err = errors.Join(err, done()); err != nil && spool != nil {
		return nil, nil, errors.Join(err, spool.Close())
	}
	if err != nil {
		return nil, nil, err
	}
	return out, spool.Close, nil
}

// asStream lets out read stored from its beginning, and returns what closes it.
func (s *scan) asStream(ctx context.Context, i int, stored io.ReadCloser, compression Compression, out *Stored) (func() error, error) {
	metered := s.summed(ctx, i, &meter{stored, s.count})
	out.Reader = metered
	done := func() error {
		metered.finish()
		return stored.Close()
	}
	if s.c.files[i].Path != StdinPath {
		return done, nil
	}
	in, release, err := s.open(metered, compression)
	if err != nil {
		metered.stop()
		return nil, errors.Join(err, stored.Close())
	}
	out.Reader = in
	return func() error {
		release()
		return done()
	}, nil
}

// spool copies a stream to a temporary file, so that it can be read at any place.
func (c *Corpus) spool(f *Stored) (*tempfile.File, error) {
	t, err := tempfile.Create(c.o.TempFS, c.o.TempDir, "container")
	if err != nil {
		return nil, &fault{fmt.Errorf("corpus: %w", err)}
	}
	n, err := io.Copy(&faultWriter{t}, f.Reader)
	f.Size, f.Reader, f.ReaderAt = n, io.NewSectionReader(t, 0, n), t
	return t, err
}

// faultWriter marks errors of writing as not the input's.
type faultWriter struct{ w io.Writer }

func (w *faultWriter) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	if err != nil {
		err = &fault{fmt.Errorf("corpus: copying to a temporary file: %w", err)}
	}
	return n, err
}

// meterAt is meter for reading at any place.
type meterAt struct {
	r io.ReaderAt
	n *atomic.Int64
}

func (m *meterAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	m.n.Add(int64(n))
	return n, err
}
