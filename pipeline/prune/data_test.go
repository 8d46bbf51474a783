package prune

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doppel-dedup/doppel/internal/filesum"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// TestWriteDataIsTheFolderData of a pruned corpus, alone and byte for byte, with the
// digests of what is there.
func TestWriteDataIsTheFolderData(t *testing.T) {
	w := scanTree(t, mixed(t))
	whole := w.mustWrite(t)
	dir := filepath.Join(t.TempDir(), "data")
	files, err := w.plan(t).WriteData(t.Context(), vfs.OS{}, dir, filesum.Beside)
	if err != nil {
		t.Fatal(err)
	}
	got := vfstest.Files(t, dir)
	want := 0
	for name, content := range whole {
		name, ok := strings.CutPrefix(name, DataDir+"/")
		if !ok {
			continue
		}
		want++
		if got[name] != content {
			t.Errorf("%s differs", name)
		}
	}
	if want == 0 || len(got) != want || len(files) != want {
		t.Errorf("%d files were told of %d, want %d", len(files), len(got), want)
	}
	for _, f := range files {
		if content := got[f.Name]; f.Bytes != int64(len(content)) || f.SHA256 != sha256.Sum256([]byte(content)) {
			t.Errorf("%s: told %+v of %d bytes", f.Name, f, len(content))
		}
	}
	if _, err := w.plan(t).WriteData(t.Context(), vfs.OS{}, dir, filesum.Beside); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("over another one: %v", err)
	}
}

// TestCheckRoom: unlike CheckTarget, a folder may exist and be full, but may not hold
// an input.
func TestCheckRoom(t *testing.T) {
	base := t.TempDir()
	tree{"news/a.jsonl": "x", "news/sub/b.txt": "x", "full/x": "x"}.write(t, base)
	if err := os.Symlink("news", filepath.Join(base, "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	t.Chdir(base)
	for _, c := range []struct{ dir, input, want string }{
		{"out", "news", ""},
		{"full", "news", ""},
		{"full", "news/*.jsonl", ""},
		{"full", "-", ""},
		{"full", "missing", ""},
		{"news/out", "news/*.jsonl", ""},
		{"news/out", "news", "part of the input"},
		{"news/sub", "news", "part of the input"},
		{"news", "news", "part of the input"},
		{"link/out", "news", "part of the input"},
		{"news/sub", "link", "part of the input"},
		{"link", "news/sub/*.txt", "is inside it"},
		{"news", "link/sub", "is inside it"},
		{"news", "news/a.jsonl", "is inside it"},
		{".", "news", "is inside it"},
		{"missing/out", "full", "no such file"},
	} {
		err := CheckRoom(c.dir, []string{c.input})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s for %s: %v, want %q", c.dir, c.input, err, c.want)
		}
	}
}
