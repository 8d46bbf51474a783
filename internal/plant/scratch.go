package plant

import (
	"os"
	"path/filepath"
	"strings"
)

// ScratchFile returns a path to the one scratch file that is open in dir, for
// tests that spoil it: its name, or, where open files are unlinked, its handle.
// Where there is no way to reach it the test is skipped.
func ScratchFile(tb TB, dir string) string {
	tb.Helper()
	if files, _ := os.ReadDir(dir); len(files) == 1 {
		return filepath.Join(dir, files[0].Name())
	}
	const handles = "/proc/self/fd"
	open, err := os.ReadDir(handles)
	if err != nil {
		tb.Skipf("an unlinked file cannot be reached here: %v", err)
		return ""
	}
	for _, h := range open {
		path := filepath.Join(handles, h.Name())
		if target, _ := os.Readlink(path); strings.HasPrefix(target, dir+string(filepath.Separator)) {
			return path
		}
	}
	tb.Fatalf("plant: no scratch file is open in %s", dir)
	return ""
}
