package vfstest

import (
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Crashable is the real file system below one folder, of which it remembers what is
// durable: the content of files that were synced, and the names in folders that were.
// What was there before is. A folder is renamed with all that is in it.
//
// It is harder than real file systems: syncing a file does not make its name durable,
// and of what is not synced any part may survive, in any order.
type Crashable struct {
	vfs.FS // the real one
	Root   string
	// After, when set, is called after every call that changes something.
	After func()

	mu      sync.Mutex
	nodes   map[string]*node // by name, as they are now
	durable map[string]*node // as they would be found again
	pending []nameChange
}

// node is a file or, if dir is set, a folder.
type node struct {
	dir      bool
	synced   []byte
	unsynced []write
}

type write struct {
	at   int
	data []byte
}

// nameChange is a name that leads to another node, nil for none, and is not durable.
// What is below a folder goes with it; from is where a renamed one was.
type nameChange struct {
	name string
	to   *node
	from string
}

// NewCrashable returns one below an empty folder.
func NewCrashable(root string) *Crashable {
	return &Crashable{FS: vfs.OS{}, Root: root, nodes: map[string]*node{}, durable: map[string]*node{}}
}

// done notes a change that went well.
func (c *Crashable) done(err error, changes ...nameChange) error {
	if err != nil {
		return err
	}
	c.mu.Lock()
	for _, ch := range changes {
		c.pending = append(c.pending, ch)
		apply(c.nodes, ch)
	}
	c.mu.Unlock()
	if c.After != nil {
		c.After()
	}
	return nil
}

func (c *Crashable) node(name string) *node {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nodes[name]
}

// Create is followed, with what is written to the file.
func (c *Crashable) Create(name string, perm fs.FileMode) (vfs.File, error) {
	f, err := c.FS.Create(name, perm)
	return c.created(name, f, err)
}

func (c *Crashable) created(name string, f vfs.File, err error) (vfs.File, error) {
	n := new(node)
	if err := c.done(err, nameChange{name: name, to: n}); err != nil {
		return nil, err
	}
	return &crashableFile{File: f, c: c, n: n}, nil
}

// Mkdir is followed.
func (c *Crashable) Mkdir(name string, perm fs.FileMode) error {
	return c.done(c.FS.Mkdir(name, perm), nameChange{name: name, to: &node{dir: true}})
}

// Rename is followed: that of the old name and that of the new one may survive
// without each other.
func (c *Crashable) Rename(from, to string) error {
	return c.done(c.FS.Rename(from, to), nameChange{to, c.node(from), from}, nameChange{name: from})
}

// Remove is followed.
func (c *Crashable) Remove(name string) error {
	return c.done(c.FS.Remove(name), nameChange{name: name})
}

// RemoveAll is followed: of what is in a folder, any part may survive as long as the
// folder does.
func (c *Crashable) RemoveAll(name string) error {
	var changes []nameChange
	c.mu.Lock()
	for _, n := range slices.Sorted(maps.Keys(c.nodes)) {
		if isBelow(n, name) {
			changes = append(changes, nameChange{name: n})
		}
	}
	c.mu.Unlock()
	return c.done(c.FS.RemoveAll(name), append(changes, nameChange{name: name})...)
}

// OpenRoot opens a folder in which changes are followed too.
func (c *Crashable) OpenRoot(name string) (vfs.Root, error) {
	r, err := c.FS.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &crashableRoot{Root: r, c: c, dir: name}, nil
}

type crashableRoot struct {
	vfs.Root
	c   *Crashable
	dir string
}

func (r *crashableRoot) path(name string) string {
	return filepath.Join(r.dir, filepath.FromSlash(name))
}

func (r *crashableRoot) Create(name string, perm fs.FileMode) (vfs.File, error) {
	f, err := r.Root.Create(name, perm)
	return r.c.created(r.path(name), f, err)
}

func (r *crashableRoot) Mkdir(name string, perm fs.FileMode) error {
	return r.c.done(r.Root.Mkdir(name, perm), nameChange{name: r.path(name), to: &node{dir: true}})
}

func (r *crashableRoot) SyncDir(name string) error {
	if err := r.Root.SyncDir(name); err != nil {
		return err
	}
	return r.c.namesSynced(r.path(name))
}

// isBelow tells whether a name is in the folder dir, or deeper.
func isBelow(name, dir string) bool {
	return strings.HasPrefix(name, filepath.Clean(dir)+string(filepath.Separator))
}

// SyncDir makes the changes of names in a folder durable.
func (c *Crashable) SyncDir(name string) error {
	if err := c.FS.SyncDir(name); err != nil {
		return err
	}
	return c.namesSynced(name)
}

func (c *Crashable) namesSynced(name string) error {
	c.mu.Lock()
	left := c.pending[:0]
	for _, ch := range c.pending {
		if filepath.Dir(ch.name) == filepath.Clean(name) {
			apply(c.durable, ch)
		} else {
			left = append(left, ch)
		}
	}
	c.pending = left
	c.mu.Unlock()
	return c.done(nil)
}

func apply(names map[string]*node, ch nameChange) {
	if before := names[ch.name]; before != nil && before != ch.to {
		for name := range names {
			if isBelow(name, ch.name) {
				delete(names, name)
			}
		}
	}
	if ch.to == nil {
		delete(names, ch.name)
		return
	}
	names[ch.name] = ch.to
	if ch.from == "" || !ch.to.dir {
		return
	}
	for name, n := range maps.Clone(names) {
		if isBelow(name, ch.from) {
			names[filepath.Clean(ch.name)+strings.TrimPrefix(name, filepath.Clean(ch.from))] = n
		}
	}
}

// Crash makes below dir, an empty folder, what is found again if the machine stops
// now and each thing that is not synced survives with probability kept.
func (c *Crashable) Crash(dir string, kept float64, rng *rand.Rand) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := map[string]*node{}
	for name, n := range c.durable {
		names[name] = n
	}
	for _, ch := range c.pending {
		if rng.Float64() < kept {
			apply(names, ch)
		}
	}
	for _, folders := range []bool{true, false} {
		for name, n := range names {
			if n.dir != folders || !c.reached(names, name) {
				continue
			}
			rel, err := filepath.Rel(c.Root, name)
			if err != nil {
				return err
			}
			if n.dir {
				err = os.MkdirAll(filepath.Join(dir, rel), 0o755)
			} else {
				err = os.WriteFile(filepath.Join(dir, rel), n.after(kept, rng), 0o644)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// reached tells whether the folders above a name are there too.
func (c *Crashable) reached(names map[string]*node, name string) bool {
	for dir := filepath.Dir(name); dir != filepath.Clean(c.Root); dir = filepath.Dir(dir) {
		if names[dir] == nil {
			return false
		}
	}
	return true
}

// after returns the content of a file of which each sector that was written and not
// synced survives with probability kept. What is lost before something that is kept
// reads as zeros.
func (n *node) after(kept float64, rng *rand.Rand) []byte {
	const sector = 512
	content := append([]byte(nil), n.synced...)
	for _, w := range n.unsynced {
		for from := 0; from < len(w.data); from += sector {
			if rng.Float64() >= kept {
				continue
			}
			part := w.data[from:min(from+sector, len(w.data))]
			if end := w.at + from + len(part); end > len(content) {
				content = append(content, make([]byte, end-len(content))...)
			}
			copy(content[w.at+from:], part)
		}
	}
	return content
}

type crashableFile struct {
	vfs.File
	c  *Crashable
	n  *node
	at int
}

func (f *crashableFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.c.mu.Lock()
	f.n.unsynced = append(f.n.unsynced, write{f.at, append([]byte(nil), p[:n]...)})
	f.at += n
	f.c.mu.Unlock()
	return n, f.c.done(err)
}

func (f *crashableFile) Sync() error {
	if err := f.File.Sync(); err != nil {
		return err
	}
	f.c.mu.Lock()
	f.n.synced = f.n.after(1, rand.New(rand.NewPCG(0, 0)))
	f.n.unsynced = nil
	f.c.mu.Unlock()
	return f.c.done(nil)
}
