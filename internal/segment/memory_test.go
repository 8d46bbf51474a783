package segment

import (
	"bytes"
	"io"
	"io/fs"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// memory is a file system of files by name, which keeps what is removed.
type memory map[string][]byte

func (m memory) Open(name string) (io.ReadCloser, error) {
	content, ok := m[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (memory) Remove(string) error  { return nil }
func (memory) SyncDir(string) error { return nil }

// The log does not call these where it is only read.
func (memory) Create(string, fs.FileMode) (vfs.File, error) { return nil, fs.ErrInvalid }
func (memory) OpenDevice(string) (vfs.File, error)          { return nil, fs.ErrInvalid }
func (memory) List(string) ([]string, error)                { return nil, fs.ErrInvalid }
func (memory) Rename(string, string) error                  { return fs.ErrInvalid }
func (memory) RemoveAll(string) error                       { return fs.ErrInvalid }
func (memory) Mkdir(string, fs.FileMode) error              { return fs.ErrInvalid }
func (memory) OpenRoot(string) (vfs.Root, error)            { return nil, fs.ErrInvalid }
