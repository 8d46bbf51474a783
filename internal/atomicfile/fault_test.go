package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var errInjected = errors.New("injected")

// faulty counts and names every call, and fails the failAt-th (from 1), or all
// from there on when forever is set: as a disk that breaks, or a machine that
// stops at that point, since nothing later takes effect.
type faulty struct {
	osSystem
	mu      sync.Mutex
	calls   []string
	failAt  int
	forever bool
}

func (s *faulty) step(format string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
	if n := len(s.calls); n == s.failAt || s.forever && s.failAt > 0 && n > s.failAt {
		return errInjected
	}
	return nil
}

// short makes a call's name independent of the random part of a path.
func short(name string) string {
	if base := filepath.Base(name); strings.HasPrefix(base, ".doppel-") {
		return "TEMP"
	}
	return filepath.Base(name)
}

func (s *faulty) open(op, name string, open func() (handle, error)) (handle, error) {
	if err := s.step("%s %s", op, short(name)); err != nil {
		return nil, err
	}
	h, err := open()
	if err != nil {
		return nil, err
	}
	return &faultyHandle{s: s, h: h, name: short(name)}, nil
}

func (s *faulty) createFile(name string, perm fs.FileMode) (handle, error) {
	return s.open("create", name, func() (handle, error) { return s.osSystem.createFile(name, perm) })
}

func (s *faulty) createIn(root *os.Root, name string) (handle, error) {
	return s.open("create", name, func() (handle, error) { return s.osSystem.createIn(root, name) })
}

func (s *faulty) rename(from, to string) error {
	if err := s.step("rename %s %s", short(from), short(to)); err != nil {
		return err
	}
	return s.osSystem.rename(from, to)
}

func (s *faulty) remove(name string) error {
	if err := s.step("remove %s", short(name)); err != nil {
		return err
	}
	return s.osSystem.remove(name)
}

func (s *faulty) removeAll(name string) error {
	if err := s.step("removeAll %s", short(name)); err != nil {
		return err
	}
	return s.osSystem.removeAll(name)
}

func (s *faulty) mkdir(name string, perm fs.FileMode) error {
	if err := s.step("mkdir %s", short(name)); err != nil {
		return err
	}
	return s.osSystem.mkdir(name, perm)
}

func (s *faulty) mkdirIn(root *os.Root, name string) error {
	if err := s.step("mkdir %s", short(name)); err != nil {
		return err
	}
	return s.osSystem.mkdirIn(root, name)
}

func (s *faulty) syncDir(name string) error {
	if err := s.step("syncDir parent"); err != nil {
		return err
	}
	return s.osSystem.syncDir(name)
}

func (s *faulty) syncDirIn(root *os.Root, name string) error {
	if err := s.step("syncDir %s", short(name)); err != nil {
		return err
	}
	return s.osSystem.syncDirIn(root, name)
}

type faultyHandle struct {
	s    *faulty
	h    handle
	name string
}

func (h *faultyHandle) Write(p []byte) (int, error) {
	if err := h.s.step("write %s", h.name); err != nil {
		n, _ := h.h.Write(p[:len(p)/2]) // as a disk that fills up
		return n, err
	}
	return h.h.Write(p)
}

func (h *faultyHandle) Sync() error {
	if err := h.s.step("sync %s", h.name); err != nil {
		return err
	}
	return h.h.Sync()
}

func (h *faultyHandle) Close() error {
	err := h.h.Close() // the descriptor goes even if close reports a failure
	if serr := h.s.step("close %s", h.name); serr != nil {
		return serr
	}
	return err
}

// writeFile writes content to path through sys, in two writes.
func writeFile(sys system, path, content string) error {
	f, err := create(sys, path)
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
	sys := &faulty{}
	if err := writeFile(sys, filepath.Join(t.TempDir(), "out"), "hello"); err != nil {
		t.Fatal(err)
	}
	want := []string{"create TEMP", "write TEMP", "sync TEMP", "close TEMP", "rename TEMP out", "syncDir parent"}
	if !slices.Equal(sys.calls, want) {
		t.Errorf("calls\n got %q\nwant %q", sys.calls, want)
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
			sys := &faulty{failAt: n, forever: forever}
			err := writeFile(sys, path, content)
			if len(sys.calls) < n {
				if err != nil {
					t.Fatalf("no fault was injected, got %v", err)
				}
				break
			}
			at := fmt.Sprintf("fault %d (%s), forever=%t", n, sys.calls[n-1], forever)
			if !errors.Is(err, errInjected) {
				t.Errorf("%s: got error %v", at, err)
			}
			want := "old"
			if strings.HasPrefix(sys.calls[n-1], "syncDir") {
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

func writeDir(sys system, path string, files map[string]string) error {
	d, err := createDir(sys, path)
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
	sys := &faulty{}
	if err := writeDir(sys, filepath.Join(t.TempDir(), "out"), someFiles); err != nil {
		t.Fatal(err)
	}
	at := func(call string) int {
		i := slices.Index(sys.calls, call)
		if i < 0 {
			t.Errorf("no call %q in %q", call, sys.calls)
		}
		return i
	}
	rename := at("rename TEMP out")
	for _, name := range []string{"a", "b", "c", "e"} {
		if s := at("sync " + name); s > at("close "+name) || s > rename {
			t.Errorf("file %s: synced at call %d of %q", name, s, sys.calls)
		}
	}
	for _, name := range []string{"data", "x", "empty", "."} {
		if s := at("syncDir " + name); s > rename {
			t.Errorf("folder %s: synced after the rename: %q", name, sys.calls)
		}
	}
	if at("syncDir x") > at("syncDir data") || at("syncDir data") > at("syncDir .") {
		t.Errorf("a folder was synced before one inside it: %q", sys.calls)
	}
	if last := sys.calls[len(sys.calls)-1]; last != "syncDir parent" {
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
				sys := &faulty{failAt: n, forever: forever}
				err := writeDir(sys, path, someFiles)
				if len(sys.calls) < n {
					if err != nil {
						t.Fatalf("no fault was injected, got %v", err)
					}
					break
				}
				at := fmt.Sprintf("fault %d (%s), forever=%t", n, sys.calls[n-1], forever)
				if !errors.Is(err, errInjected) {
					t.Errorf("%s: got error %v", at, err)
				}
				if sys.calls[n-1] == "syncDir parent" {
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
	found := 0
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		found++
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		got, err := os.ReadFile(p)
		if want, ok := want[filepath.ToSlash(rel)]; !ok || string(got) != want {
			t.Errorf("%s holds %q, want %q (expected at all: %t)", rel, got, want, ok)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if found != len(want) {
		t.Errorf("%d files in %s, want %d", found, dir, len(want))
	}
}

// TestDirCommitKnowsOfFailedFiles: a caller who overlooks the error of a file's
// Close does not get a folder with half a file.
func TestDirCommitKnowsOfFailedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	sys := &faulty{}
	d, err := createDir(sys, path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	w, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	sys.failAt = len(sys.calls) + 1
	if _, err := w.Write([]byte("content")); err != nil {
		t.Fatalf("the buffer itself refused: %v", err)
	}
	if err := w.Close(); !errors.Is(err, errInjected) {
		t.Errorf("Close: got error %v", err)
	}
	if err := d.Commit(); !errors.Is(err, errInjected) {
		t.Errorf("Commit: got error %v", err)
	}
	if names := listDir(t, filepath.Dir(path)); len(names) != 0 {
		t.Errorf("left behind %q", names)
	}
}

// TestDirAbortWaits: when Abort returns, no file is open and no goroutine left.
func TestDirAbortWaits(t *testing.T) {
	const files = 4 * parallelSyncs
	sys := &faulty{}
	d, err := createDir(sys, filepath.Join(t.TempDir(), "out"))
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
		if slices.Contains(sys.calls, fmt.Sprintf("close %d", i)) {
			closed++
		}
	}
	if closed != files {
		t.Errorf("%d of %d files are closed", closed, files)
	}
}
