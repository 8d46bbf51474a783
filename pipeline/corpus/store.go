package corpus

import (
	"io/fs"
	"os"
	"strings"
)

// anywhere is where inputs are looked up: the local file system, and stores whose names
// begin with a scheme. A name in a store is "scheme:/" and its path there, which is what
// [path.Clean] leaves of "scheme://path".
type anywhere struct {
	local  fs.FS
	stores map[string]fs.FS // by scheme
}

// store returns the store of a name and the path there, or nil.
func (a anywhere) store(name string) (fs.FS, string) {
	scheme, rest, ok := strings.Cut(name, ":/")
	if !ok {
		return nil, ""
	}
	rest = strings.Trim(rest, "/")
	if rest == "" {
		rest = "."
	}
	return a.stores[scheme], rest
}

// isScheme reports whether a name can be a scheme and not a folder's of an odd kind.
func isScheme(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9') })
}

// Open opens a file of the disk or of a store.
func (a anywhere) Open(name string) (fs.File, error) {
	if s, rest := a.store(name); s != nil {
		return s.Open(rest)
	}
	return a.local.Open(name)
}

// Stat tells of a file or folder.
func (a anywhere) Stat(name string) (fs.FileInfo, error) {
	if s, rest := a.store(name); s != nil {
		return fs.Stat(s, rest)
	}
	return fs.Stat(a.local, name)
}

// ReadDir lists a folder.
func (a anywhere) ReadDir(name string) ([]fs.DirEntry, error) {
	if s, rest := a.store(name); s != nil {
		return fs.ReadDir(s, rest)
	}
	return fs.ReadDir(a.local, name)
}

// disk is the file system of the machine: unlike [os.DirFS] it takes every path
// that the machine takes.
type disk struct{}

func (disk) Open(name string) (fs.File, error)          { return os.Open(name) }
func (disk) Stat(name string) (fs.FileInfo, error)      { return os.Stat(name) }
func (disk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }
