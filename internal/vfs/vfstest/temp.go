package vfstest

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// CreateTemp is a call of its own, and so is every Write, ReadAt and Close of the result.
// What it makes is of the machine, not of FS.
func (s *Faulty) CreateTemp(dir, pattern string) (vfs.TempFile, error) {
	if err := s.step("create-temp %s", pattern); err != nil {
		return nil, &fs.PathError{Op: "create", Path: filepath.Join(dir, pattern), Err: err}
	}
	f, err := vfs.OS{}.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	s.temps.Add(1)
	return &faultyTemp{s, f, pattern}, nil
}

// OpenTemps returns the number of temporary files that were made and not closed.
func (s *Faulty) OpenTemps() int { return int(s.temps.Load()) }

// faultyTemp names its file in errors, as package os does.
type faultyTemp struct {
	s       *Faulty
	f       vfs.TempFile
	pattern string
}

func (f *faultyTemp) step(op string) error {
	if err := f.s.step("%s-temp %s", op, f.pattern); err != nil {
		return &fs.PathError{Op: op, Path: f.Name(), Err: err}
	}
	return nil
}

func (f *faultyTemp) Name() string { return f.f.Name() }

func (f *faultyTemp) Write(p []byte) (int, error) {
	if err := f.step("write"); err != nil {
		n, _ := f.f.Write(p[:len(p)/2]) // as a disk that fills up
		return n, err
	}
	return f.f.Write(p)
}

func (f *faultyTemp) ReadAt(p []byte, off int64) (int, error) {
	if err := f.step("read"); err != nil {
		return 0, err
	}
	return f.f.ReadAt(p, off)
}

func (f *faultyTemp) Close() error {
	err := f.f.Close() // the descriptor goes even if close reports a failure
	if err == nil {
		f.s.temps.Add(-1)
	}
	if stepErr := f.step("close"); stepErr != nil {
		return stepErr
	}
	return err
}

// TempFiles are temporary files of the machine, which a test can reach: to cut them
// short behind the back of who has made them.
type TempFiles struct {
	vfs.OS
	Made []*os.File
}

// CreateTemp is [os.CreateTemp].
func (t *TempFiles) CreateTemp(dir, pattern string) (vfs.TempFile, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	t.Made = append(t.Made, f)
	return f, nil
}
