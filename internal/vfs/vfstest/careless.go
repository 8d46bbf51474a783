package vfstest

import (
	"io/fs"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

// Careless leaves out one kind of call and says that it went well.
type Careless struct {
	vfs.FS
	// Omit is "sync", "rename", "syncDir" or "" for none.
	Omit string
}

// Create makes a file whose Sync may do nothing.
func (c Careless) Create(name string, perm fs.FileMode) (vfs.File, error) {
	f, err := c.FS.Create(name, perm)
	if err != nil || c.Omit != "sync" {
		return f, err
	}
	return carelessFile{f}, nil
}

// Rename may do nothing.
func (c Careless) Rename(from, to string) error {
	if c.Omit == "rename" {
		return nil
	}
	return c.FS.Rename(from, to)
}

// SyncDir may do nothing.
func (c Careless) SyncDir(name string) error {
	if c.Omit == "syncDir" {
		return nil
	}
	return c.FS.SyncDir(name)
}

type carelessFile struct{ vfs.File }

func (carelessFile) Sync() error { return nil }
