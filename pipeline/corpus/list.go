package corpus

import (
	"errors"
	"fmt"
	"io/fs"
)

// list returns what a folder holds.
//
// Note: a folder that cannot be listed is an error, and no bad record as a file is that
// cannot be opened: nobody knows how many documents it holds, of what names, so that
// neither --max-bad nor the accounts could count them.
func (f *finder) list(folder string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(f.fsys, folder)
	if err != nil {
		return nil, f.unlisted(folder, err)
	}
	return entries, nil
}

// unlisted is the error for a folder of which nobody knows what documents it holds.
func (f *finder) unlisted(folder string, err error) error {
	way := "give as inputs what is beside it"
	store, _ := f.fsys.store(folder)
	switch isDenied := errors.Is(err, fs.ErrPermission); {
	case isDenied && f.disk && store == nil:
		way = fmt.Sprintf("let it be read (chmod u+rx %q), or %s", folder, way)
	case !isDenied:
		way = "try again, or " + way
	}
	return fmt.Errorf("corpus: %w: nobody knows what documents the folder %q holds, so nothing is read: %s", err, folder, way)
}

// mayHideDocuments tells whether an entry of a folder, of which there is no telling what
// it is, may be a file with documents: one that has gone, or a link that leads nowhere
// or to itself, is none.
func mayHideDocuments(e fs.DirEntry, err error) bool {
	if errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return e.Type().IsRegular() || errors.Is(err, fs.ErrPermission)
}
