package runfolder

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestFilesAreReadSideBySide: two pipes, of which the first is written to when the second
// is being read. Who reads one after another waits for ever.
func TestFilesAreReadSideBySide(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	outputs := outputsOf(t, dir, 2)
	var contents [2][]byte
	for i, o := range outputs {
		path := filepath.Join(dir, o.Name)
		var err error
		contents[i], err = os.ReadFile(path)
		if err := errors.Join(err, os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	written := make(chan error)
	go func() {
		written <- cmp.Or(os.WriteFile(filepath.Join(dir, outputs[1].Name), contents[1], 0), os.WriteFile(filepath.Join(dir, outputs[0].Name), contents[0], 0))
	}()
	sizes, err := checkAll(t.Context(), dir, outputs, 2)
	if err := errors.Join(err, <-written); err != nil || len(sizes) != 2 {
		t.Errorf("%d files, %v", len(sizes), err)
	}
}
