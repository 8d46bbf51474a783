package corpus

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// lockedFS refuses to list the folder in/locked, and to tell of the files in
// in/unentered, as the system does of folders without the rights r and x.
type lockedFS struct {
	fstest.MapFS
	err error
}

func (l lockedFS) refuse(op, name string) error { return &fs.PathError{Op: op, Path: name, Err: l.err} }

func (l lockedFS) ReadDir(name string) ([]fs.DirEntry, error) {
	if name == "in/locked" {
		return nil, l.refuse("open", name)
	}
	entries, err := l.MapFS.ReadDir(name)
	for i, e := range entries {
		if name == "in/unentered" {
			entries[i] = lockedEntry{e, l.refuse("lstat", path.Join(name, e.Name()))}
		}
	}
	return entries, err
}

type lockedEntry struct {
	fs.DirEntry
	err error
}

func (l lockedEntry) Info() (fs.FileInfo, error) { return nil, l.err }

// TestFolderThatCannotBeListed ends the search, and is named with the way out: nobody
// can count its documents as bad records.
func TestFolderThatCannotBeListed(t *testing.T) {
	for _, folder := range []string{"in/locked", "in/unentered"} {
		files := tree{"in/a.jsonl": records(0, 1), folder + "/b.jsonl": records(1, 1)}.fs()
		for _, in := range []string{"in", "in/**/*.jsonl", folder, "in/*", "in/*/*.jsonl"} {
			for _, cause := range []error{fs.ErrPermission, errors.New("input/output error")} {
				_, err := Open([]string{in}, Options{FS: lockedFS{files, cause}})
				if !errors.Is(err, cause) || !strings.Contains(err.Error(), `what documents the folder "`+folder+`" holds`) ||
					!strings.Contains(err.Error(), "give as inputs what is beside it") {
					t.Errorf("%s: error %v, want %v and %q named", in, err, cause, folder)
				}
			}
		}
		if c := mustOpen(t, []string{"in/a.jsonl"}, Options{FS: lockedFS{files, fs.ErrPermission}}); len(c.Files()) != 1 {
			t.Errorf("what is beside it: %d files", len(c.Files()))
		}
	}
	gone := lockedFS{tree{"in/a.jsonl": records(0, 1), "in/unentered/b.jsonl": records(1, 1)}.fs(), fs.ErrNotExist}
	if c := mustOpen(t, []string{"in"}, Options{FS: gone}); len(c.Files()) != 1 || len(c.Ignored()) != 1 {
		t.Errorf("of a file that has gone: %v read, %v left out", c.Files(), c.Ignored())
	}
}

// TestLockedFolderOfTheDisk names the rights that are missing.
func TestLockedFolderOfTheDisk(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("root, and systems without such rights, may list any folder")
	}
	for _, mode := range []fs.FileMode{0o300, 0o600, 0} {
		dir := tree{"a.jsonl": records(0, 1), "locked/b/c.jsonl": records(1, 1)}.write(t)
		locked := filepath.Join(dir, "locked")
		if err := errors.Join(os.Chmod(locked, mode), os.Symlink("locked/b", filepath.Join(dir, "link"))); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(locked, 0o700) }) // else the test leaves it behind
		for _, in := range []string{dir, dir + "/l*/*.jsonl"} {
			if _, err := Open([]string{in}, Options{}); err == nil || !strings.Contains(err.Error(), "chmod u+rx") || !strings.Contains(err.Error(), locked) && !strings.Contains(err.Error(), "link") {
				t.Errorf("%s, mode %o: error %v, want the folder named and chmod", in, mode, err)
			}
		}
	}
}
