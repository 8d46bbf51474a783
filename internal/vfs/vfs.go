// Package vfs is the seam between doppel and the file system: every call that
// changes something there goes through an [FS] where it matters what happens when
// it fails or when the machine stops right after it.
//
// [OS] is the real one. Package vfstest has one that fails calls and one that
// forgets what was not synced, so that tests can do both at every single call.
// Reading does not change anything, and mostly goes to package os directly.
//
// An FS may be used from many goroutines, a [File] by one.
package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
)

// FS is the part of a file system that this module changes. Names are as package
// os takes them.
type FS interface {
	// Create makes a new file; that the name is taken is an error.
	Create(name string, perm fs.FileMode) (File, error)
	// OpenDevice opens what is there for writing: a device, a pipe, a socket.
	OpenDevice(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (io.ReadCloser, error)
	// List returns the names in a folder, sorted.
	List(name string) ([]string, error)
	Rename(from, to string) error
	Remove(name string) error
	RemoveAll(name string) error
	Mkdir(name string, perm fs.FileMode) error
	// SyncDir makes the names in a folder durable.
	SyncDir(name string) error
	// OpenRoot opens a folder that the names given to the result cannot leave.
	OpenRoot(name string) (Root, error)
}

// Root is a folder. Names are slash-separated and relative to it.
type Root interface {
	Create(name string, perm fs.FileMode) (File, error)
	// Open opens a file for reading at any place.
	Open(name string) (*os.File, error)
	Mkdir(name string, perm fs.FileMode) error
	SyncDir(name string) error
	Close() error
}

// File is a file open for writing. What was written is durable after Sync.
type File interface {
	io.WriteCloser
	Sync() error
}

// TempFS makes the temporary files that a program puts aside what it has no memory for
// in. They need not survive it.
type TempFS interface {
	// CreateTemp makes a new file in a folder, "" being the system's, with a random
	// text in its name where pattern has a star.
	CreateTemp(dir, pattern string) (TempFile, error)
	Remove(name string) error
}

// TempFile is a temporary file, open for writing at its end and for reading at any
// place. It may be read by many goroutines.
type TempFile interface {
	io.WriteCloser
	io.ReaderAt
	Name() string
}

// OS is the file system of the machine.
//
// Note: on Windows folders cannot be synced; SyncDir does nothing there.
type OS struct{}

// Create opens a new file for writing.
func (OS) Create(name string, perm fs.FileMode) (File, error) {
	return asFile(os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm))
}

// OpenDevice opens what is there for writing.
func (OS) OpenDevice(name string) (File, error) { return asFile(os.OpenFile(name, os.O_WRONLY, 0)) }

// Open opens a file for reading.
func (OS) Open(name string) (io.ReadCloser, error) { return os.Open(name) }

// List returns the names in a folder, sorted.
func (OS) List(name string) ([]string, error) {
	entries, err := os.ReadDir(name)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// Rename is [os.Rename].
func (OS) Rename(from, to string) error { return os.Rename(from, to) }

// CreateTemp is [os.CreateTemp].
func (OS) CreateTemp(dir, pattern string) (TempFile, error) {
	f, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// Remove is [os.Remove].
func (OS) Remove(name string) error { return os.Remove(name) }

// RemoveAll is [os.RemoveAll].
func (OS) RemoveAll(name string) error { return os.RemoveAll(name) }

// Mkdir is [os.Mkdir].
func (OS) Mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }

// SyncDir syncs a folder.
func (OS) SyncDir(name string) error { return syncAndClose(os.Open(name)) }

// OpenRoot is [os.OpenRoot].
func (OS) OpenRoot(name string) (Root, error) {
	r, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return osRoot{r}, nil
}

type osRoot struct{ *os.Root }

func (r osRoot) Create(name string, perm fs.FileMode) (File, error) {
	return asFile(r.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm))
}

func (r osRoot) SyncDir(name string) error { return syncAndClose(r.Open(name)) }

func syncAndClose(d *os.File, err error) error {
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" {
		err = d.Sync()
	}
	return errors.Join(err, d.Close())
}

// asFile keeps a nil file from becoming a File that is not nil.
func asFile(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}
