package prune

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
	"github.com/doppel-dedup/doppel/internal/filesum"
	"github.com/doppel-dedup/doppel/internal/vfs"
)

// DataFile is a file of a pruned corpus as it was written.
type DataFile struct {
	// Name is relative to the corpus, with slashes.
	Name string
	// Bytes is its size and SHA256 the digest of what was written.
	Bytes  int64
	SHA256 [sha256.Size]byte
}

// WriteData writes the kept records alone: dir, which must be new or empty, holds
// what [Plan.Write] has in its folder data. The files come back in input order, summed
// up as mode says. Whether dir, which is in sys, is apart from the inputs is for the
// caller to check.
func (p *Plan) WriteData(ctx context.Context, sys vfs.FS, dir string, mode filesum.Mode) ([]DataFile, error) {
	out, err := atomicfile.CreateDirIn(sys, dir)
	if err != nil {
		return nil, fmt.Errorf("prune: %w", err)
	}
	into := &summedDir{dir: out, mode: mode}
	_, err = p.copy(ctx, into)
	if err == nil {
		err = out.Commit()
	}
	if err != nil {
		return nil, fmt.Errorf("prune: %w", errors.Join(err, out.Abort()))
	}
	return into.files, nil
}

// creator makes the files of a pruned corpus, and opens what it has made.
type creator interface {
	Create(name string) (io.WriteCloser, error)
	Open(name string) (*os.File, error)
}

// dataDir makes them in the folder data.
type dataDir struct{ dir *atomicfile.Dir }

func (d dataDir) Open(name string) (*os.File, error) { return d.dir.Open(DataDir + "/" + name) }

func (d dataDir) Create(name string) (io.WriteCloser, error) {
	return d.dir.Create(DataDir + "/" + name)
}

// summedDir makes them in the folder itself, and sums them up.
type summedDir struct {
	dir   *atomicfile.Dir
	mode  filesum.Mode
	files []DataFile
}

func (d *summedDir) Create(name string) (io.WriteCloser, error) {
	f, err := d.dir.Create(name)
	if err != nil {
		return nil, err
	}
	return &summedFile{to: d, name: name, f: f, hash: filesum.New(d.mode)}, nil
}

func (d *summedDir) Open(name string) (*os.File, error) { return d.dir.Open(name) }

type summedFile struct {
	to   *summedDir
	name string
	f    io.WriteCloser
	hash *filesum.Hash
}

func (s *summedFile) Write(p []byte) (int, error) {
	n, err := s.f.Write(p)
	_, _ = s.hash.Write(p[:n]) // a hash takes everything
	return n, err
}

func (s *summedFile) Close() error {
	s.to.files = append(s.to.files, DataFile{Name: s.name, Bytes: s.hash.Size(), SHA256: s.hash.Sum()})
	return s.f.Close()
}
