// Package atomicfile writes files and folders that appear whole or not at all.
//
// A [File] is written under a hidden temporary name in the folder of its
// target; [File.Commit] makes the bytes durable and then renames it, so a
// reader sees the old content or all of the new, whenever the process or the
// machine stops. A [Dir] does the same for a folder: it is built beside its
// target and renamed as one.
//
// The order of steps is the point of the package (Pillai et al., All File
// Systems Are Not Created Equal, 2014): write, fsync the file, close it,
// rename, fsync the folder that holds the name; for a Dir every file and every
// folder inside is synced before the rename. A failed fsync or close fails the
// commit and is never tried again, because the kernel may have dropped the
// pages it could not write and would then report success.
//
// A killed process leaves at most a name of the form ".doppel-*.tmp" beside
// the target; corpora skip hidden names, so it is never taken for input, and
// it may be deleted at any time. Modes are 0644 for files and 0755 for folders,
// less the umask.
//
// A File belongs to one goroutine; a Dir and all its files together belong to
// one. Memory is one 64 KiB buffer for each file open.
//
// Note: on Windows folders cannot be synced; the rest holds there too.
package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// bufferBytes is the write buffer of one file.
const bufferBytes = 64 << 10

// errDone is returned by writes and commits after Commit or Abort.
var errDone = errors.New("atomicfile: already committed or aborted")

// File is a file being written. Use it as
//
//	f, err := atomicfile.Create(path)
//	if err != nil { ... }
//	defer f.Abort()
//	... write ...
//	return f.Commit()
type File struct {
	sys    vfs.FS
	h      vfs.File
	w      *bufio.Writer
	temp   string // "" when written straight to a device or pipe
	target string
	done   bool
}

// Create starts a file that [File.Commit] will put at path, replacing a regular
// file that is there.
//
// A path that is a symbolic link stays one: the file it points to is replaced;
// a link that points nowhere is refused. A folder is refused. A device, pipe or
// socket cannot be replaced, so it is opened and written straight through.
func Create(path string) (*File, error) { return CreateIn(vfs.OS{}, path) }

// CreateIn is [Create] in another file system, of which names are read directly.
func CreateIn(sys vfs.FS, path string) (*File, error) {
	target, straight, err := resolve(path)
	if err != nil {
		return nil, err
	}
	perm := fs.FileMode(fileMode)
	if info, err := os.Stat(target); err == nil {
		perm = info.Mode().Perm() // what was private stays private
	}
	f := &File{sys: sys, target: target}
	if straight {
		f.h, err = sys.OpenDevice(target)
	} else {
		f.temp, err = unusedName(filepath.Dir(target), func(name string) (err error) {
			f.h, err = sys.Create(name, perm)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("atomicfile: %w", err)
	}
	f.w = bufio.NewWriterSize(f.h, bufferBytes)
	return f, nil
}

// resolve returns the name to be replaced, which no symbolic link hides, or,
// with straight set, a name to be opened as it is.
func resolve(path string) (target string, straight bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if link, err := os.Readlink(path); err == nil {
			return "", false, fmt.Errorf("atomicfile: %q is a link to %q, which does not exist", path, link)
		}
		return path, false, nil
	case err != nil:
		return "", false, fmt.Errorf("atomicfile: %w", err)
	case info.IsDir():
		return "", false, fmt.Errorf("atomicfile: %q is a folder", path)
	case !info.Mode().IsRegular():
		return path, true, nil
	}
	target, err = filepath.EvalSymlinks(path)
	if err != nil {
		return "", false, fmt.Errorf("atomicfile: %w", err)
	}
	return target, false, nil
}

// Write appends p to the file.
func (f *File) Write(p []byte) (int, error) {
	if f.done {
		return 0, errDone
	}
	return f.w.Write(p)
}

// Commit makes what was written durable and puts it at its path. After an
// error the path holds what it held before, unless the error came from syncing
// the folder after the rename: then it holds the new file, which a power cut
// may still undo.
func (f *File) Commit() error {
	if f.done {
		return errDone
	}
	f.done = true
	straight := f.temp == ""
	err := f.close(!straight)
	if straight {
		return wrap(err)
	}
	if err == nil {
		err = f.sys.Rename(f.temp, f.target)
	}
	if err != nil {
		return wrap(errors.Join(err, f.sys.Remove(f.temp)))
	}
	return wrap(f.sys.SyncDir(filepath.Dir(f.target)))
}

// Abort drops what was written and leaves the path as it was. After Commit or
// another Abort it does nothing, so it can always be deferred.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	err := f.h.Close()
	if f.temp != "" {
		err = errors.Join(err, f.sys.Remove(f.temp))
	}
	return wrap(err)
}

// close flushes, syncs if asked and closes; it always closes.
func (f *File) close(sync bool) error {
	err := f.w.Flush()
	if err == nil && sync {
		err = f.h.Sync()
	}
	return errors.Join(err, f.h.Close())
}

func wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("atomicfile: %w", err)
}
