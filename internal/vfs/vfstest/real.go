package vfstest

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"testing"
)

// Files returns the contents of the files at any depth of a folder, by their names
// there, with slashes.
func Files(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	root := os.DirFS(dir)
	err := fs.WalkDir(root, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, name)
		files[name] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// smallVariable tells a test that runs itself where its file system is.
const smallVariable = "DOPPEL_TEST_SMALL"

// InSmall calls test with a folder that is a real file system of 1 MiB: t, a test at
// the top, runs itself once more in a namespace where that is mounted, so that no rights
// are needed. Where the system cannot do so t is skipped.
func InSmall(t *testing.T, test func(dir string)) {
	t.Helper()
	if dir := os.Getenv(smallVariable); dir != "" {
		test(dir)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size=1m none "$0" || exit 77; exec "$1" -test.run="^$2\$" -test.v`, dir, exe, t.Name())
	cmd.Env = append(os.Environ(), smallVariable+"="+dir)
	said, err := cmd.CombinedOutput()
	if err != nil && !bytes.Contains(said, []byte("--- FAIL")) {
		t.Skipf("no file system can be mounted here: %v: %s", err, said)
	}
	if err != nil || !bytes.Contains(said, []byte("--- PASS: "+t.Name())) {
		t.Errorf("%v\n%s", err, said)
	}
}
