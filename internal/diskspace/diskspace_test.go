//go:build linux || darwin

package diskspace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestOf: what is not there yet is on the file system of what is.
func TestOf(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("text"), 0o644); err != nil {
		t.Fatal(err)
	}
	here, err := Of(dir)
	if err != nil {
		t.Fatal(err)
	}
	if here.Free <= 0 {
		t.Errorf("%d bytes free in a folder that was just written to", here.Free)
	}
	for _, path := range []string{file, filepath.Join(dir, "new"), filepath.Join(dir, "new", "and", "newer"), dir + "/./"} {
		if v, err := Of(path); err != nil || v.Device != here.Device {
			t.Errorf("%q is on %+v, %v, want device %d", path, v, err, here.Device)
		}
	}
	t.Chdir(dir)
	for _, path := range []string{"", ".", "new", "new/er"} {
		if v, err := Of(path); err != nil || v.Device != here.Device {
			t.Errorf("%q is on %+v, %v, want device %d", path, v, err, here.Device)
		}
	}
	if _, err := Of(filepath.Join(file, "inside")); err == nil || !strings.Contains(err.Error(), "inside") {
		t.Errorf("a path inside a file: %v, want an error that names it", err)
	}
}
