package atomicfile

import (
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

func TestFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	for _, content := range []string{"first", strings.Repeat("x", 3*bufferBytes+1), ""} {
		if err := writeFile(vfs.OS{}, path, content); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != content {
			t.Fatalf("got %d bytes (%v), want %d", len(got), err, len(content))
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got&^0o644 != 0 || got&0o600 != 0o600 {
		t.Errorf("mode %v, want 0644 less the umask", got)
	}
}

func TestFileAbort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := f.Abort(); err != nil {
			t.Fatal(err)
		}
	}
	if names := listDir(t, dir); len(names) != 0 {
		t.Errorf("left behind %q", names)
	}
	if _, err := f.Write([]byte("x")); err == nil {
		t.Error("write after Abort was taken")
	}
	if err := f.Commit(); err == nil {
		t.Error("Commit after Abort was taken")
	}
}

func TestFileAbortAfterCommitKeepsIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	f, err := Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := f.Abort(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

// TestFileLinks: a link stays a link and the file behind it changes, in
// its own folder.
func TestFileLinks(t *testing.T) {
	dir := t.TempDir()
	real := filepath.Join(dir, "real")
	if err := os.Mkdir(real, 0o755); err != nil {
		t.Fatal(err)
	}
	file, link := filepath.Join(real, "file"), filepath.Join(dir, "link")
	if err := os.WriteFile(file, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	symlink(t, filepath.Join("real", "file"), link)
	if err := writeFile(vfs.OS{}, link, "new"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.Readlink(link); err != nil || got != filepath.Join("real", "file") {
		t.Errorf("link is now %q, %v", got, err)
	}
	checkFiles(t, real, map[string]string{"file": "new"})

	dangling := filepath.Join(dir, "dangling")
	symlink(t, "nowhere", dangling)
	if err := writeFile(vfs.OS{}, dangling, "new"); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("dangling link: got error %v", err)
	}
	if names := listDir(t, dir); len(names) != 3 {
		t.Errorf("folder holds %q, want dangling, link, real", names)
	}
}

func TestFileRefuses(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Join(dir, "missing", "out")} {
		if err := writeFile(vfs.OS{}, path, "x"); err == nil || !strings.HasPrefix(err.Error(), "atomicfile: ") {
			t.Errorf("%s: got error %v", path, err)
		}
	}
}

func TestDirAppears(t *testing.T) {
	parent := t.TempDir()
	fresh, empty, linked := filepath.Join(parent, "fresh"), filepath.Join(parent, "empty"), filepath.Join(parent, "linked")
	for _, dir := range []string{empty, filepath.Join(parent, "real")} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	symlink(t, "real", linked)
	for _, path := range []string{fresh, empty + "/", linked} {
		if err := writeDir(vfs.OS{}, path, someFiles); err != nil {
			t.Fatal(err)
		}
		checkFiles(t, path+"/", someFiles)
	}
	if info, err := os.Lstat(linked); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is now %v, %v", info, err)
	}
	if names := listDir(t, parent); len(names) != 4 {
		t.Errorf("parent holds %q", names)
	}
}

func TestDirRefuses(t *testing.T) {
	parent := t.TempDir()
	full, file, dangling := filepath.Join(parent, "full"), filepath.Join(parent, "file"), filepath.Join(parent, "dangling")
	if err := os.MkdirAll(filepath.Join(full, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	symlink(t, "nowhere", dangling)
	for path, reason := range map[string]string{
		full: "not empty", file: "not a folder", dangling: "nowhere", "": "empty",
		filepath.Join(parent, "missing", "out"): "no such file",
	} {
		d, err := CreateDir(path)
		if err == nil {
			d.Abort()
		}
		if err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: got error %v, want one with %q", path, err, reason)
		}
	}
	if names := listDir(t, parent); len(names) != 3 {
		t.Errorf("parent holds %q", names)
	}
}

// TestDirNeverOverwrites: what appeared at the path meanwhile stays.
func TestDirNeverOverwrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	other := map[string]string{"theirs": "1"}
	if err := writeDir(vfs.OS{}, path, other); err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err == nil {
		t.Error("Commit went over a folder that another process had made")
	}
	checkFiles(t, path, other)
	if names := listDir(t, filepath.Dir(path)); len(names) != 1 {
		t.Errorf("left behind %q", names)
	}
}

func TestDirNames(t *testing.T) {
	d, err := CreateDir(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	for _, name := range []string{"", ".", "/", "/etc/x", "..", "../x", "a/../../x", "a//b", "a/", "./a"} {
		if _, err := d.Create(name); err == nil {
			t.Errorf("name %q was taken", name)
		}
	}
	outside := t.TempDir()
	symlink(t, outside, filepath.Join(d.temp, "link"))
	if _, err := d.Create("link/x"); err == nil {
		t.Error("a name through a link out of the folder was taken")
	}
	if names := listDir(t, outside); len(names) != 0 {
		t.Errorf("written outside: %q", names)
	}
	for _, name := range []string{"a b", "ünï/\x01\xff", "...", "..a/b.."} {
		w, err := d.Create(name)
		if err != nil {
			t.Errorf("name %q: %v", name, err)
			continue
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		if _, err := d.Create(name); err == nil {
			t.Errorf("name %q was taken twice", name)
		}
	}
}

func TestDirCommitRefusesOpenFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	d, err := CreateDir(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Abort()
	w, err := d.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err == nil || !strings.Contains(err.Error(), "open") {
		t.Fatalf("got error %v", err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, "late"); err == nil {
		t.Error("write after Close was taken")
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	checkFiles(t, path, map[string]string{"a": ""})
}

func symlink(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// TestPermissionsStay: replacing a private file or folder does not open it to
// others.
func TestPermissionsStay(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are of another kind here")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "private.txt")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Commit(); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "private")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	d, err := CreateDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Commit(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{file: 0o600, folder: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", path, info.Mode().Perm(), err, want)
		}
	}
}
