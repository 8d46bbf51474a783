package atomicfile

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// writeFile writes content to path through sys, in two writes.
func writeFile(sys vfs.FS, path, content string) error {
	f, err := CreateIn(sys, path)
	if err != nil {
		return err
	}
	defer f.Abort()
	half := len(content) / 2
	if _, err := f.Write([]byte(content[:half])); err != nil {
		return err
	}
	if _, err := f.Write([]byte(content[half:])); err != nil {
		return err
	}
	return f.Commit()
}

// TestFileSteps pins the protocol: dropping or reordering one step fails here.
func TestFileSteps(t *testing.T) {
	sys := &vfstest.Faulty{FS: vfs.OS{}}
	if err := writeFile(sys, filepath.Join(t.TempDir(), "out"), "hello"); err != nil {
		t.Fatal(err)
	}
	want := []string{"create TEMP", "write TEMP", "sync TEMP", "close TEMP", "rename TEMP out", "syncDir parent"}
	if !slices.Equal(sys.Calls(), want) {
		t.Errorf("calls\n got %q\nwant %q", sys.Calls(), want)
	}
}

// TestFileEveryFault fails each call in turn, once and for ever.
func TestFileEveryFault(t *testing.T) {
	content := strings.Repeat("new content ", 20_000) // several buffers
	for _, forever := range []bool{false, true} {
		for n := 1; ; n++ {
			dir := t.TempDir()
			path := filepath.Join(dir, "out")
			if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
				t.Fatal(err)
			}
			sys := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever}
			err := writeFile(sys, path, content)
			if len(sys.Calls()) < n {
				if err != nil {
					t.Fatalf("no fault was injected, got %v", err)
				}
				break
			}
			at := fmt.Sprintf("fault %d (%s), forever=%t", n, sys.Calls()[n-1], forever)
			if !errors.Is(err, vfstest.ErrInjected) {
				t.Errorf("%s: got error %v", at, err)
			}
			want := "old"
			if strings.HasPrefix(sys.Calls()[n-1], "syncDir") {
				want = content // renamed, only its durability is unknown
			}
			if got, err := os.ReadFile(path); err != nil || string(got) != want {
				t.Errorf("%s: target holds %d bytes (%v), want %d", at, len(got), err, len(want))
			}
			if !forever {
				if names := listDir(t, dir); len(names) != 1 {
					t.Errorf("%s: left behind %q", at, names)
				}
			}
		}
	}
}

func writeDir(sys vfs.FS, path string, files map[string]string) error {
	d, err := CreateDirIn(sys, path)
	if err != nil {
		return err
	}
	defer d.Abort()
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		w, err := d.Create(name)
		if err != nil {
			return err
		}
		_, err = w.Write([]byte(files[name]))
		if err := errors.Join(err, w.Close()); err != nil {
			return err
		}
	}
	return d.Commit()
}

var someFiles = map[string]string{"a": "1", "data/x/b": "22", "data/c": "333", "empty/e": ""}

func TestDirSteps(t *testing.T) {
	sys := &vfstest.Faulty{FS: vfs.OS{}}
	if err := writeDir(sys, filepath.Join(t.TempDir(), "out"), someFiles); err != nil {
		t.Fatal(err)
	}
	at := func(call string) int {
		i := slices.Index(sys.Calls(), call)
		if i < 0 {
			t.Errorf("no call %q in %q", call, sys.Calls())
		}
		return i
	}
	rename := at("rename TEMP out")
	for _, name := range []string{"a", "b", "c", "e"} {
		if s := at("sync " + name); s > at("close "+name) || s > rename {
			t.Errorf("file %s: synced at call %d of %q", name, s, sys.Calls())
		}
	}
	for _, name := range []string{"data", "x", "empty", "."} {
		if s := at("syncDir " + name); s > rename {
			t.Errorf("folder %s: synced after the rename: %q", name, sys.Calls())
		}
	}
	if at("syncDir x") > at("syncDir data") || at("syncDir data") > at("syncDir .") {
		t.Errorf("a folder was synced before one inside it: %q", sys.Calls())
	}
	if last := sys.Calls()[len(sys.Calls())-1]; last != "syncDir parent" {
		t.Errorf("last call is %q, want syncDir parent", last)
	}
}

func TestDirEveryFault(t *testing.T) {
	for _, emptyBefore := range []bool{false, true} {
		for _, forever := range []bool{false, true} {
			for n := 1; ; n++ {
				parent := t.TempDir()
				path := filepath.Join(parent, "out")
				if emptyBefore {
					if err := os.Mkdir(path, 0o755); err != nil {
						t.Fatal(err)
					}
				}
				sys := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever}
				err := writeDir(sys, path, someFiles)
				if len(sys.Calls()) < n {
					if err != nil {
						t.Fatalf("no fault was injected, got %v", err)
					}
					break
				}
				at := fmt.Sprintf("fault %d (%s), forever=%t", n, sys.Calls()[n-1], forever)
				if !errors.Is(err, vfstest.ErrInjected) {
					t.Errorf("%s: got error %v", at, err)
				}
				if sys.Calls()[n-1] == "syncDir parent" {
					checkFiles(t, path, someFiles)
					continue
				}
				if _, err := CheckDir(path); err != nil {
					t.Errorf("%s: the target is not as free as before: %v", at, err)
				}
				if forever {
					continue
				}
				want := 0
				if emptyBefore {
					want = 1
				}
				if names := listDir(t, parent); len(names) != want {
					t.Errorf("%s: left behind %q", at, names)
				}
			}
		}
	}
}

func listDir(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// checkFiles fails unless dir holds these files and no others.
func checkFiles(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	if got := vfstest.Files(t, dir); !maps.Equal(got, want) {
		t.Errorf("%s holds %q, want %q", dir, got, want)
	}
}

// TestDirCommitKnowsOfFailedFiles: a caller who overlooks the error of a file's
// Close does not get a folder with half a file.
func TestDirCommitKnowsOfFailedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	sys := &vfstest.Faulty{FS: vfs.OS{}}
	d, err := CreateDirIn(sys, path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	w, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	sys.FailAt = len(sys.Calls()) + 1
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatalf("the buffer itself refused: %v", err)
	}
	if err := w.Close(); !errors.Is(err, vfstest.ErrInjected) {
		t.Errorf("Close: got error %v", err)
	}
	if err := d.Commit(); !errors.Is(err, vfstest.ErrInjected) {
		t.Errorf("Commit: got error %v", err)
	}
	if names := listDir(t, filepath.Dir(path)); len(names) != 0 {
		t.Errorf("left behind %q", names)
	}
}

// TestDirAbortWaits: when Abort returns, no file is open and no goroutine left.
func TestDirAbortWaits(t *testing.T) {
	const files = 4 * parallelSyncs
	sys := &vfstest.Faulty{FS: vfs.OS{}}
	d, err := CreateDirIn(sys, filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range files {
		w, err := d.Create(fmt.Sprint(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Abort(); err != nil {
		t.Fatal(err)
	}
	closed := 0
	for i := range files {
		if slices.Contains(sys.Calls(), fmt.Sprintf("close %d", i)) {
			closed++
		}
	}
	if closed != files {
		t.Errorf("%d of %d files are closed", closed, files)
	}
}
