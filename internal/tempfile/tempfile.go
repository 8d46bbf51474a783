// Package tempfile makes scratch files that vanish with the process, however it
// ends.
//
// Runs over large corpora put gigabytes aside, and are killed: by users, by
// batch systems, for want of memory. Where the system allows it, a file is
// therefore unlinked as soon as it is open; its space comes back when the last
// handle is closed, by Close or by the kernel. Elsewhere Close removes it, and a
// killed process leaves it behind, under a name that begins with "doppel-".
package tempfile

import (
	"errors"
	"os"
)

// File is a scratch file. It is read and written through its handle only: it
// may have no name.
type File struct {
	*os.File
	named bool
}

// Create makes a new scratch file in dir, "" being the system's folder for
// temporary files. purpose is part of the name, for people who look.
func Create(dir, purpose string) (*File, error) {
	f, err := os.CreateTemp(dir, "doppel-"+purpose+"-*")
	if err != nil {
		return nil, err
	}
	return &File{File: f, named: os.Remove(f.Name()) != nil}, nil
}

// Close closes the file and removes it, if it still has a name. Its content is
// lost.
func (f *File) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
