package runfolder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/pipeline"
)

// digester sums files up, one after another: there may be a hundred thousand small ones.
type digester struct {
	hash hash.Hash
	buf  []byte
}

func newDigester() *digester { return &digester{sha256.New(), make([]byte, 32<<10)} }

// sum reads to the end.
func (d *digester) sum(ctx context.Context, r io.Reader) (size int64, sum string, err error) {
	d.hash.Reset()
	for {
		n, err := r.Read(d.buf)
		size += int64(n)
		d.hash.Write(d.buf[:n])
		switch {
		case err == io.EOF:
			return size, hex.EncodeToString(d.hash.Sum(nil)), nil
		case err != nil:
			return 0, "", fmt.Errorf("runfolder: %w", err)
		case ctx.Err() != nil:
			return 0, "", context.Cause(ctx)
		}
	}
}

// input returns the size and the SHA-256 of an input as it is stored now.
func (d *digester) input(ctx context.Context, job *pipeline.Job, i int) (size int64, sum string, err error) {
	if sum := job.Corpus().Sum(i); sum.Known {
		return sum.Bytes, hexOf(sum.SHA256), nil
	}
	r, err := job.Corpus().OpenStored(i)
	if err != nil {
		return 0, "", err
	}
	size, sum, err = d.sum(ctx, r)
	return size, sum, errors.Join(err, r.Close())
}

// check holds a file of a folder against its digest, and its size unless that is
// negative.
func (d *digester) check(ctx context.Context, dir string, o *Output) (size int64, err error) {
	path := filepath.Join(dir, filepath.FromSlash(o.Name))
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	n, got, err := d.sum(ctx, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	switch {
	case o.Bytes >= 0 && n != o.Bytes:
		return n, fmt.Errorf("%s has %d bytes, and should have %d", path, n, o.Bytes)
	case got != o.SHA256:
		return n, fmt.Errorf("%s was changed or damaged: its SHA-256 is %s, and should be %s", path, got, o.SHA256)
	}
	return n, nil
}

// checkAll checks files side by side, on so many threads (below 1: one per CPU), and returns
// their sizes up to the first one at fault, and what is wrong with that: the first in
// order, whichever is found first.
func checkAll(ctx context.Context, dir string, outputs []Output, threads int) (sizes []int64, err error) {
	checked := make([]struct {
		size int64
		err  error
	}, len(outputs))
	var begun atomic.Int64
	var failed atomic.Bool
	var g errgroup.Group
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	for range min(threads, len(outputs)) {
		g.Go(func() error {
			d := newDigester()
			for !failed.Load() { // all before a file at fault have been begun, and are ended
				i := begun.Add(1) - 1
				if i >= int64(len(outputs)) {
					break
				}
				c := &checked[i]
				if c.size, c.err = d.check(ctx, dir, &outputs[i]); c.err != nil {
					failed.Store(true)
				}
			}
			return nil
		})
	}
	_ = g.Wait() // errors are told in order
	for i := range checked {
		if err := checked[i].err; err != nil {
			return sizes, err
		}
		sizes = append(sizes, checked[i].size)
	}
	return sizes, nil
}
