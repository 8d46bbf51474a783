package atomicfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
)

const (
	fileMode = 0o644
	dirMode  = 0o755
)

// handle is the part of an open file that this package uses.
type handle interface {
	io.WriteCloser
	Sync() error
}

// system is every call to the operating system that changes something, so that
// tests can fail each of them in turn.
type system interface {
	createFile(name string, perm fs.FileMode) (handle, error)
	openDevice(name string) (handle, error)
	rename(from, to string) error
	remove(name string) error
	removeAll(name string) error
	mkdir(name string, perm fs.FileMode) error
	createIn(root *os.Root, name string) (handle, error)
	mkdirIn(root *os.Root, name string) error
	syncDir(name string) error
	syncDirIn(root *os.Root, name string) error
}

type osSystem struct{}

func (osSystem) createFile(name string, perm fs.FileMode) (handle, error) {
	return asHandle(os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm))
}

func (osSystem) openDevice(name string) (handle, error) {
	return asHandle(os.OpenFile(name, os.O_WRONLY, 0))
}

func (osSystem) createIn(root *os.Root, name string) (handle, error) {
	return asHandle(root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode))
}

func (osSystem) rename(from, to string) error              { return os.Rename(from, to) }
func (osSystem) remove(name string) error                  { return os.Remove(name) }
func (osSystem) removeAll(name string) error               { return os.RemoveAll(name) }
func (osSystem) mkdir(name string, perm fs.FileMode) error { return os.Mkdir(name, perm) }
func (osSystem) mkdirIn(root *os.Root, name string) error  { return root.Mkdir(name, dirMode) }

func (osSystem) syncDir(name string) error { return syncAndClose(os.Open(name)) }

func (osSystem) syncDirIn(root *os.Root, name string) error { return syncAndClose(root.Open(name)) }

func syncAndClose(d *os.File, err error) error {
	if err != nil {
		return err
	}
	if runtime.GOOS != "windows" {
		err = d.Sync()
	}
	return errors.Join(err, d.Close())
}

// asHandle keeps a nil file from becoming a handle that is not nil.
func asHandle(f *os.File, err error) (handle, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

// unusedName calls create with hidden names in dir until one is not taken, and
// returns that name.
func unusedName(dir string, create func(name string) error) (string, error) {
	const attempts = 100
	var err error
	for range attempts {
		name := filepath.Join(dir, fmt.Sprintf(".doppel-%016x.tmp", rand.Uint64()))
		if err = create(name); err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return "", err
}
