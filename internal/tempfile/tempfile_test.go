package tempfile

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/doppel-dedup/doppel/internal/vfs"
)

func TestFileVanishes(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(nil, dir, "test")
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		// As a kill would find it.
		if left, _ := os.ReadDir(dir); len(left) != 0 {
			t.Errorf("the open file still has the name %v", left)
		}
	}
	if _, err := f.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 7)
	if _, err := f.ReadAt(b, 0); err != nil || string(b) != "content" {
		t.Errorf("read %q, %v", b, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("Close left %v", left)
	}
}

// TestNamedFileIsRemoved is the way of systems that cannot unlink open files.
func TestNamedFileIsRemoved(t *testing.T) {
	dir := t.TempDir()
	h, err := os.CreateTemp(dir, "doppel-test-*")
	if err != nil {
		t.Fatal(err)
	}
	f := &File{fs: vfs.OS{}, f: h, named: true}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("Close left %v", left)
	}
}

func TestCreateNamesTheFolder(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Create(nil, missing, "test"); err == nil {
		t.Error("a missing folder is no error")
	}
}
