package diskspace

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSmallFileSystem mounts one of 1 MiB, in a namespace of its own, so that no rights
// are needed: what is free must be what can be written, to the page.
func TestSmallFileSystem(t *testing.T) {
	if dir := os.Getenv("DISKSPACE_INNER"); dir != "" {
		fill(t, dir)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cmd := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
		`mount -t tmpfs -o size=1m none "$0" || exit 77; exec "$1" -test.run=TestSmallFileSystem -test.v`, dir, exe)
	cmd.Env = append(os.Environ(), "DISKSPACE_INNER="+dir)
	said, err := cmd.CombinedOutput()
	if err != nil && !bytes.Contains(said, []byte("--- FAIL")) {
		t.Skipf("no file system can be mounted here: %v: %s", err, said)
	}
	if err != nil || !bytes.Contains(said, []byte("--- PASS: TestSmallFileSystem")) {
		t.Errorf("%v\n%s", err, said)
	}
}

// fill writes until there is no room.
func fill(t *testing.T, dir string) {
	outside, err := Of(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	before, err := Of(filepath.Join(dir, "to come"))
	if err != nil || before.Free != 1<<20 || before.Device == outside.Device {
		t.Fatalf("%+v, %v of a new file system of 1 MiB beside %+v", before, err, outside)
	}
	page := []byte(strings.Repeat("x", os.Getpagesize()))
	var written int64
	for i := 0; ; i++ {
		err := os.WriteFile(filepath.Join(dir, strconv.Itoa(i)), page, 0o644)
		if err != nil {
			if !strings.Contains(err.Error(), unix.ENOSPC.Error()) {
				t.Fatal(err)
			}
			break
		}
		written += int64(len(page))
		if now, err := Of(dir); err != nil || now.Free != before.Free-written {
			t.Fatalf("%+v, %v after %d of %d bytes", now, err, written, before.Free)
		}
	}
	if written == 0 || written > before.Free {
		t.Errorf("%d bytes were written where %d were free", written, before.Free)
	}
}
