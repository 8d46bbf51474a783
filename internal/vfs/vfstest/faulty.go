// Package vfstest has file systems for tests, to be put where a program would use
// [vfs.OS].
//
// [Faulty] fails the N-th call, once or for ever: a test that does so for every N has
// seen all that a disk can do wrong. [Crashable] remembers what was synced, and makes
// the folder that a machine finds again if it stops now. [Careless] leaves out one
// kind of call, as a wrong program would: tests that still pass then show nothing.
// [InSmall] has a real one without room, and [Files] reads a folder.
//
// All may be used from many goroutines, and work on real folders. Memory is that of
// what was written and, in a Crashable, not synced.
package vfstest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// ErrInjected is what a [Faulty] fails with by default.
var ErrInjected = errors.New("injected")

// Faulty counts and names every call, and fails the FailAt-th (from 1), or all from
// there on if Forever is set: a disk that breaks, or a machine that stops there,
// since nothing later takes effect. The zero FailAt fails none.
type Faulty struct {
	FS      vfs.FS
	FailAt  int
	Forever bool
	Err     error // default: ErrInjected

	mu    sync.Mutex
	calls []string
	temps atomic.Int64 // temporary files that are open
}

// Calls returns the calls so far, as "operation name".
func (s *Faulty) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// Struck tells whether a call was failed, and which one came first.
func (s *Faulty) Struck() (call string, yes bool) {
	if calls := s.Calls(); s.FailAt > 0 && len(calls) >= s.FailAt {
		return calls[s.FailAt-1], true
	}
	return "", false
}

func (s *Faulty) step(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
	if n := len(s.calls); n == s.FailAt || s.Forever && s.FailAt > 0 && n > s.FailAt {
		if s.Err != nil {
			return s.Err
		}
		return ErrInjected
	}
	return nil
}

// short makes a call's name independent of the random part of a path.
func short(name string) string {
	if base := filepath.Base(name); strings.HasPrefix(base, ".doppel-") {
		return "TEMP"
	}
	return filepath.Base(name)
}

func (s *Faulty) open(op, name string, open func() (vfs.File, error)) (vfs.File, error) {
	if err := s.step("%s %s", op, short(name)); err != nil {
		return nil, err
	}
	f, err := open()
	if err != nil {
		return nil, err
	}
	return &faultyFile{s: s, f: f, name: short(name)}, nil
}

// Create is a call of its own.
func (s *Faulty) Create(name string, perm fs.FileMode) (vfs.File, error) {
	return s.open("create", name, func() (vfs.File, error) { return s.FS.Create(name, perm) })
}

// OpenDevice is a call of its own.
func (s *Faulty) OpenDevice(name string) (vfs.File, error) {
	return s.open("open", name, func() (vfs.File, error) { return s.FS.OpenDevice(name) })
}

// Open is a call of its own, and so is every Read of the result.
func (s *Faulty) Open(name string) (io.ReadCloser, error) {
	if err := s.step("read-open %s", short(name)); err != nil {
		return nil, err
	}
	r, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &faultyReader{s, r, short(name)}, nil
}

// List is a call of its own.
func (s *Faulty) List(name string) ([]string, error) {
	if err := s.step("list %s", short(name)); err != nil {
		return nil, err
	}
	return s.FS.List(name)
}

// Rename is a call of its own.
func (s *Faulty) Rename(from, to string) error {
	if err := s.step("rename %s %s", short(from), short(to)); err != nil {
		return err
	}
	return s.FS.Rename(from, to)
}

// Remove is a call of its own.
func (s *Faulty) Remove(name string) error {
	if err := s.step("remove %s", short(name)); err != nil {
		return err
	}
	return s.FS.Remove(name)
}

// RemoveAll is a call of its own.
func (s *Faulty) RemoveAll(name string) error {
	if err := s.step("removeAll %s", short(name)); err != nil {
		return err
	}
	return s.FS.RemoveAll(name)
}

// Mkdir is a call of its own.
func (s *Faulty) Mkdir(name string, perm fs.FileMode) error {
	if err := s.step("mkdir %s", short(name)); err != nil {
		return err
	}
	return s.FS.Mkdir(name, perm)
}

// SyncDir is a call of its own.
func (s *Faulty) SyncDir(name string) error {
	if err := s.step("syncDir parent"); err != nil {
		return err
	}
	return s.FS.SyncDir(name)
}

// OpenRoot is no call of its own, unlike those of the result.
func (s *Faulty) OpenRoot(name string) (vfs.Root, error) {
	r, err := s.FS.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &faultyRoot{s, r}, nil
}

type faultyRoot struct {
	s *Faulty
	vfs.Root
}

func (r *faultyRoot) Create(name string, perm fs.FileMode) (vfs.File, error) {
	return r.s.open("create", name, func() (vfs.File, error) { return r.Root.Create(name, perm) })
}

func (r *faultyRoot) Open(name string) (*os.File, error) {
	if err := r.s.step("read-open %s", short(name)); err != nil {
		return nil, err
	}
	return r.Root.Open(name)
}

func (r *faultyRoot) Mkdir(name string, perm fs.FileMode) error {
	if err := r.s.step("mkdir %s", short(name)); err != nil {
		return err
	}
	return r.Root.Mkdir(name, perm)
}

func (r *faultyRoot) SyncDir(name string) error {
	if err := r.s.step("syncDir %s", short(name)); err != nil {
		return err
	}
	return r.Root.SyncDir(name)
}

type faultyFile struct {
	s    *Faulty
	f    vfs.File
	name string
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.s.step("write %s", f.name); err != nil {
		n, _ := f.f.Write(p[:len(p)/2]) // as a disk that fills up
		return n, err
	}
	return f.f.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.s.step("sync %s", f.name); err != nil {
		return err
	}
	return f.f.Sync()
}

func (f *faultyFile) Close() error {
	err := f.f.Close() // the descriptor goes even if close reports a failure
	if stepErr := f.s.step("close %s", f.name); stepErr != nil {
		return stepErr
	}
	return err
}

type faultyReader struct {
	s    *Faulty
	r    io.ReadCloser
	name string
}

func (r *faultyReader) Read(p []byte) (int, error) {
	if err := r.s.step("read %s", r.name); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

func (r *faultyReader) Close() error { return r.r.Close() }
