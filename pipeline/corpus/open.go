package corpus

import (
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// File is one input file.
type File struct {
	// Name stands for the file in reports, and is where a pruned corpus puts
	// it: the slash-separated path below the folder or the fixed part of the
	// glob that was given, or the base name of a file. With several inputs, of which
	// one is a folder or a glob, it begins where their folders part, and if two files
	// would have the same name, below the deepest folder that holds them all. Unique in
	// the corpus, no other name's folder, and always valid UTF-8. Standard input is
	// "stdin.jsonl" or "stdin.txt".
	Name string
	// Path is how the file is opened; "-" for standard input.
	Path string
	// Size is in bytes as stored; 0 for standard input.
	Size int64
	// Modified is when the file was changed last; zero for standard input.
	Modified time.Time
	// Format is how the file is read; never Auto.
	Format Format
	// Compression is how the file is stored. Standard input is None here and
	// decompressed by what it begins with.
	Compression Compression
	// Reference tells that the file was given by [Options.References].
	Reference bool

	identity string // equal for equal files, however they were named
	root     string // the one name of the folder or glob it was found in; "" if it was given itself
}

// StdinPath is the input, and the [File.Path], that stands for standard input.
const StdinPath = "-"

// Corpus is a list of input files in reading order. Its methods may be called
// from several goroutines.
type Corpus struct {
	o       Options
	fsys    anywhere
	known   map[Format]Container
	files   []File
	ignored []string
	buffers sync.Pool // of *[]byte, for blocks

	bytesRead atomic.Int64

	mu      sync.Mutex
	digests []uint64
	sums    []Sum // of the first scan that ran to its end, with Options.Sums
	stdin   stdin
}

// Open finds the files that inputs name, without reading them, save for the headers
// of tables.
//
// An input is a folder, a file, a glob or "-" for standard input. Folders are
// read with all folders below them. In folders and globs, names that begin with
// a dot are passed over, symbolic links count if they lead to a regular file,
// and files whose name says nothing, or that they hold the bad records of an
// earlier run (quarantine.jsonl), and tables whose header names no field with text
// are left out and listed by
// [Corpus.Ignored], unless [Options.Format] says how to read them all. A glob is
// matched as by [path.Match], and "**" stands for any number of folders; a
// folder that it matches is read whole. An input that exists under that very
// name is no glob.
//
// A file that is reached in several ways counts once. It is an error if a folder
// cannot be listed, since nobody knows what documents it holds, if an
// input leads to no file, or if a file named by itself has a name that does not
// say how to read it.
func Open(inputs []string, o Options) (*Corpus, error) {
	if err := o.validateAfterDefaults(); err != nil {
		return nil, err
	}
	if len(inputs) == 0 {
		return nil, errors.New("corpus: no input given")
	}
	known := o.containers()
	f := finder{fsys: anywhere{o.FS, o.Stores}, format: o.Format, known: known, stdin: o.Stdin != nil, folders: map[string]string{}, seen: map[string]bool{}}
	if o.FS == nil {
		f.fsys.local, f.disk = disk{}, true
	}
	for _, in := range inputs {
		if err := f.input(in); err != nil {
			return nil, err
		}
	}
	if err := nameFiles(f.found); err != nil {
		return nil, err
	}
	slices.SortFunc(f.found, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := f.references(o.References); err != nil {
		return nil, err
	}
	slices.Sort(f.ignored)
	return &Corpus{
		o:       o,
		fsys:    f.fsys,
		known:   known,
		files:   f.found,
		ignored: slices.Compact(f.ignored),
		digests: make([]uint64, len(f.found)),
	}, nil
}

func (o *Options) validateAfterDefaults() error {
	o.setDefaults()
	return o.validate()
}

// Files returns the files in reading order. The caller must not change it.
func (c *Corpus) Files() []File { return c.files }

// HasPages reports whether some file holds HTML pages: is one, or is WARC.
func (c *Corpus) HasPages() bool {
	return slices.ContainsFunc(c.files, func(f File) bool { return f.Format == HTML || f.Format == WARC })
}

// Ignored returns the paths that were found in folders and by globs and left
// out because they say neither text nor JSONL or are no regular files, sorted.
func (c *Corpus) Ignored() []string { return c.ignored }

// Digest returns the xxh3 hash of file i as decompressed and read by the last
// [Corpus.Scan] that came behind it, or 0 before that. Two scans with equal
// digests saw the same bytes. It may be asked while a scan is under way.
func (c *Corpus) Digest(i int) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.digests[i]
}

// BytesRead returns the bytes of files, as they are stored, that Scan has read
// so far. It may be asked while a scan is under way, to show its progress.
func (c *Corpus) BytesRead() int64 { return c.bytesRead.Load() }

// OpenStored opens file i as it is stored, compressed if it is. Standard input
// can be opened after a scan, if it was spooled.
func (c *Corpus) OpenStored(i int) (io.ReadCloser, error) {
	if c.files[i].Path == StdinPath {
		return c.stdin.reopen()
	}
	return c.fsys.Open(c.files[i].Path)
}

// Close removes the copy of standard input, if there is one.
func (c *Corpus) Close() error { return c.stdin.close() }

// nameFiles makes the names unique and valid.
func nameFiles(files []File) error {
	nameRoots(files)
	if _, _, ok := uniqueNames(files); !ok {
		top := commonFolder(files, func(f *File) string { return path.Dir(f.identity) })
		for i := range files {
			if files[i].Path != StdinPath {
				files[i].Name = strings.TrimPrefix(files[i].identity[len(top):], "/")
			}
		}
	}
	for i := range files {
		files[i].Name = strings.ToValidUTF8(files[i].Name, "\uFFFD")
	}
	if a, b, ok := uniqueNames(files); !ok {
		return fmt.Errorf("corpus: %q and %q would be named %q and %q, which cannot stand side by side; rename one of them", a.Path, b.Path, a.Name, b.Name)
	}
	return nil
}

// nameRoots makes names say from which of several folders a file comes, if a folder or a
// glob is among the inputs: what counts as its source should not hang on whether two
// files happen to share a name.
func nameRoots(files []File) {
	roots, folders := map[string]bool{}, false
	for i := range files {
		roots[files[i].folder()] = true
		folders = folders || files[i].root != ""
	}
	delete(roots, StdinPath)
	if len(roots) < 2 || !folders {
		return
	}
	top := commonFolder(files, (*File).folder)
	for i := range files {
		if f := &files[i]; f.Path != StdinPath {
			f.Name = strings.TrimPrefix(path.Join(f.folder()[len(top):], f.Name), "/")
		}
	}
}

// folder returns the folder that the name of a file is relative to, "-" for that of
// standard input.
func (f *File) folder() string {
	switch {
	case f.Path == StdinPath:
		return StdinPath
	case f.root == "":
		return path.Dir(f.identity)
	}
	return f.root
}

// uniqueNames reports whether no two files share a name and no file's name is
// another one's folder, so that all can be written below one folder; if not, it
// returns two that clash.
func uniqueNames(files []File) (a, b *File, ok bool) {
	byName := make(map[string]*File, len(files))
	for i := range files {
		f := &files[i]
		if other := byName[f.Name]; other != nil {
			return other, f, false
		}
		byName[f.Name] = f
	}
	for i := range files {
		f := &files[i]
		for dir := path.Dir(f.Name); dir != "." && dir != "/"; dir = path.Dir(dir) {
			if other := byName[dir]; other != nil {
				return other, f, false
			}
		}
	}
	return nil, nil, true
}

// commonFolder returns the deepest folder that holds those of all files, as a prefix of
// them.
func commonFolder(files []File, folder func(*File) string) string {
	top, first := "", true
	for i := range files {
		if files[i].Path == StdinPath {
			continue
		}
		dir := folder(&files[i])
		if first {
			top, first = dir, false
		}
		for top != dir && !strings.HasPrefix(dir, strings.TrimSuffix(top, "/")+"/") {
			if parent := path.Dir(top); parent != top {
				top = parent
				continue
			}
			return ""
		}
	}
	if top == "." {
		return ""
	}
	return top
}

// resolve returns the one name of a folder of the machine: absolute, without
// symbolic links.
func resolve(folder string) (string, error) {
	abs, err := filepath.Abs(filepath.FromSlash(folder))
	if err != nil {
		return "", err
	}
	abs, err = filepath.EvalSymlinks(abs)
	return filepath.ToSlash(abs), err
}
