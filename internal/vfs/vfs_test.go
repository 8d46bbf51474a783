package vfs

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCreateFollowsNothing: a name that is taken, by a link that leads nowhere too, is an
// error, so that who guesses a temporary name gains nothing by it.
func TestCreateFollowsNothing(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	for name, target := range map[string]string{"new": filepath.Join(outside, "new"), "there": filepath.Join(outside, "there"), "folder": outside} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Skip(err) // on Windows links are for some users only
		}
	}
	if err := os.WriteFile(filepath.Join(outside, "there"), []byte("what was there"), 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := OS{}.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := root.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, name := range []string{"new", "there"} {
		if _, err := (OS{}).Create(filepath.Join(dir, name), 0o600); err == nil {
			t.Errorf("%s was created through a link", name)
		}
		if _, err := root.Create(name, 0o600); err == nil {
			t.Errorf("%s was created through a link inside a root", name)
		}
	}
	for _, name := range []string{"folder/x", "../x", filepath.Join(outside, "x")} {
		if _, err := root.Create(name, 0o600); err == nil {
			t.Errorf("%s was created outside of the root", name)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 1 {
		t.Errorf("outside there is %v, %v", left, err)
	}
	if b, err := os.ReadFile(filepath.Join(outside, "there")); err != nil || string(b) != "what was there" {
		t.Errorf("%q, %v", b, err)
	}
}
