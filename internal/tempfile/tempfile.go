// Package tempfile makes scratch files that vanish with the process, however it
// ends.
//
// Runs over large corpora put gigabytes aside, and are killed: by users, by
// batch systems, for want of memory. Where the system allows it, a file is
// therefore unlinked as soon as it is open; its space comes back when the last
// handle is closed, by Close or by the kernel. Elsewhere Close removes it, and a
// killed process leaves it behind, under a name that begins with "doppel-".
//
// All that fails with a scratch file is an [*Error], by which a program can tell it from
// what fails with a corpus or a result.
package tempfile

import (
	"errors"
	"io"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// File is a scratch file. It is read and written through its handle only: it
// may have no name. Many goroutines may read it.
type File struct {
	fs    vfs.TempFS
	f     vfs.TempFile
	named bool
}

// Error is an error of a scratch file. It names the file.
type Error struct{ Err error }

// Error tells that it is about a temporary file.
func (e *Error) Error() string { return "temporary file: " + e.Err.Error() }

// Unwrap returns what the system said.
func (e *Error) Unwrap() error { return e.Err }

// wrap keeps io.EOF, which is no fault, as it is.
func wrap(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &Error{err}
}

// Create makes a new scratch file in dir, "" being the system's folder for
// temporary files. purpose is part of the name, for people who look. fs is where it is
// made, nil being the machine's file system.
func Create(fs vfs.TempFS, dir, purpose string) (*File, error) {
	if fs == nil {
		fs = vfs.OS{}
	}
	f, err := fs.CreateTemp(dir, "doppel-"+purpose+"-*")
	if err != nil {
		return nil, wrap(err)
	}
	return &File{fs: fs, f: f, named: fs.Remove(f.Name()) != nil}, nil
}

// Write appends p.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.f.Write(p)
	return n, wrap(err)
}

// ReadAt is that of [io.ReaderAt].
func (f *File) ReadAt(p []byte, off int64) (int, error) {
	n, err := f.f.ReadAt(p, off)
	return n, wrap(err)
}

// Close closes the file and removes it, if it still has a name. Its content is
// lost.
func (f *File) Close() error {
	err := f.f.Close()
	if f.named {
		err = errors.Join(err, f.fs.Remove(f.f.Name()))
	}
	return wrap(err)
}
