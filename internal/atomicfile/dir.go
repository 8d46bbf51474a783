package atomicfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// parallelSyncs bounds the files being synced at once; concurrent fsyncs share
// journal commits.
const parallelSyncs = 16

// Dir is a folder being built. Use it as a [File]: create, defer Abort, fill,
// Commit.
//
// Names given to it use slashes and are relative to the folder. They can not
// leave it, neither by ".." nor by a symbolic link (os.Root sees to that).
type Dir struct {
	sys     vfs.FS
	temp    string
	target  string
	root    vfs.Root
	folders map[string]bool // made inside, by slash name, for the syncs
	open    int             // files not yet closed by their writer
	syncs   errgroup.Group  // files closed by their writer, on their way to disk
	emptied *fs.FileMode    // permissions of the empty folder that target was
	done    bool
}

// CreateDir starts a folder that [Dir.Commit] will put at path. Path must not
// exist or be an empty folder (or a link to one); its parent must exist.
//
// An empty folder is taken away at once, and put back by Abort: so one that
// cannot be replaced, such as a mount point, is known before any work is done.
func CreateDir(path string) (*Dir, error) { return CreateDirIn(vfs.OS{}, path) }

// CreateDirIn is [CreateDir] in another file system, of which names are read directly.
func CreateDirIn(sys vfs.FS, path string) (*Dir, error) {
	d := &Dir{sys: sys, folders: map[string]bool{}}
	d.syncs.SetLimit(parallelSyncs)
	if err := d.claim(path); err != nil {
		return nil, err
	}
	var err error
	d.temp, err = unusedName(filepath.Dir(d.target), func(name string) error {
		perm := fs.FileMode(dirMode)
		if d.emptied != nil {
			perm = *d.emptied // a private folder stays private
		}
		return sys.Mkdir(name, perm)
	})
	if err != nil {
		return nil, wrap(errors.Join(err, d.putBack()))
	}
	if d.root, err = sys.OpenRoot(d.temp); err != nil {
		return nil, wrap(errors.Join(err, sys.RemoveAll(d.temp), d.putBack()))
	}
	return d, nil
}

// claim sets the target and takes an empty folder away from there.
func (d *Dir) claim(path string) error {
	empty, err := CheckDir(path)
	if err != nil {
		return err
	}
	d.target = filepath.Clean(path)
	if !empty {
		return nil
	}
	if d.target, err = filepath.EvalSymlinks(path); err != nil {
		return wrap(err)
	}
	info, err := os.Stat(d.target)
	if err != nil {
		return wrap(err)
	}
	if err := d.sys.Remove(d.target); err != nil {
		return fmt.Errorf("atomicfile: the empty folder %q cannot be replaced (name a new folder inside it instead): %w", path, err)
	}
	perm := info.Mode().Perm()
	d.emptied = &perm
	return nil
}

// CheckDir returns nil when [CreateDir] may build a folder at path: nothing is
// there, or, with empty set, an empty folder. It changes nothing, so a long job
// can ask before it starts.
func CheckDir(path string) (empty bool, err error) {
	if path == "" {
		return false, errors.New("atomicfile: the folder's name is empty")
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if link, err := os.Readlink(path); err == nil {
			return false, fmt.Errorf("atomicfile: %q is a link to %q, which does not exist", path, link)
		}
		return false, nil
	}
	if err != nil {
		return false, wrap(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, wrap(err)
	}
	if !info.IsDir() {
		return false, fmt.Errorf("atomicfile: %q exists and is not a folder", path)
	}
	names, err := f.Readdirnames(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return false, wrap(err)
	}
	if len(names) > 0 {
		return false, fmt.Errorf("atomicfile: folder %q is not empty (it holds %q)", path, names[0])
	}
	return true, nil
}

// Mkdir makes the folder name, and those above it, if they are not there.
func (d *Dir) Mkdir(name string) error {
	if d.done {
		return errDone
	}
	if name == "." || d.folders[name] {
		return nil
	}
	if err := checkName(name); err != nil {
		return err
	}
	if err := d.Mkdir(path.Dir(name)); err != nil {
		return err
	}
	if err := d.root.Mkdir(name, dirMode); err != nil {
		return wrap(err)
	}
	d.folders[name] = true
	return nil
}

// Create makes the file name, and the folders above it; name must be new.
//
// Its Close hands the file over to be synced, at most 16 at a time beside the
// caller's work, since a corpus may have very many small files; what goes wrong
// there comes out of Commit, which refuses while a file is open.
func (d *Dir) Create(name string) (io.WriteCloser, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := d.Mkdir(path.Dir(name)); err != nil {
		return nil, err
	}
	h, err := d.root.Create(name, fileMode)
	if err != nil {
		return nil, wrap(err)
	}
	d.open++
	return &dirFile{d: d, h: h, w: bufio.NewWriterSize(h, bufferBytes)}, nil
}

// Open opens a file that was created and closed, for reading.
func (d *Dir) Open(name string) (*os.File, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	return f, wrap(err)
}

// checkName takes clean local names. It is not fs.ValidPath, which refuses file
// names that are not valid UTF-8.
func checkName(name string) error {
	if name == "." || path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) {
		return fmt.Errorf("atomicfile: %q is not a name inside a folder", name)
	}
	return nil
}

// Commit makes everything inside durable and renames the folder to its path.
// Its errors are to be read as those of [File.Commit].
func (d *Dir) Commit() error {
	if d.done {
		return errDone
	}
	if d.open > 0 {
		return fmt.Errorf("atomicfile: %d files of %q are still open", d.open, d.target)
	}
	d.done = true
	err := d.syncs.Wait()
	if err == nil {
		err = d.syncFolders()
	}
	err = errors.Join(err, d.root.Close())
	if err == nil {
		err = d.sys.Rename(d.temp, d.target)
	}
	if err != nil {
		return wrap(errors.Join(err, d.drop()))
	}
	return wrap(d.sys.SyncDir(filepath.Dir(d.target)))
}

// syncFolders syncs the deepest folders first and the root last.
func (d *Dir) syncFolders() error {
	names := make([]string, 0, len(d.folders)+1)
	for name := range d.folders {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if c := strings.Count(b, "/") - strings.Count(a, "/"); c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	for _, name := range append(names, ".") {
		if err := d.root.SyncDir(name); err != nil {
			return err
		}
	}
	return nil
}

// Abort removes what was built and leaves the path as it was. After Commit or
// another Abort it does nothing.
func (d *Dir) Abort() error {
	if d.done {
		return nil
	}
	d.done = true
	_ = d.syncs.Wait() // whether those files reached the disk no longer matters
	return wrap(errors.Join(d.root.Close(), d.drop()))
}

func (d *Dir) drop() error { return errors.Join(d.sys.RemoveAll(d.temp), d.putBack()) }

// putBack makes the empty folder again that claim took away.
func (d *Dir) putBack() error {
	if d.emptied == nil {
		return nil
	}
	return d.sys.Mkdir(d.target, *d.emptied)
}

// dirFile is one file of a Dir.
type dirFile struct {
	d *Dir
	h vfs.File
	w *bufio.Writer
}

func (f *dirFile) Write(p []byte) (int, error) {
	if f.h == nil {
		return 0, fs.ErrClosed
	}
	return f.w.Write(p)
}

func (f *dirFile) Close() error {
	if f.h == nil {
		return fs.ErrClosed
	}
	h := f.h
	f.h = nil
	f.d.open--
	if err := f.w.Flush(); err != nil {
		err = errors.Join(err, h.Close())
		f.d.syncs.Go(func() error { return err }) // Commit must fail too
		return wrap(err)
	}
	f.d.syncs.Go(func() error { return errors.Join(h.Sync(), h.Close()) })
	return nil
}
