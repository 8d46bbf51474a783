package diskspace

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// TestSmallFileSystem: what is free on a file system of 1 MiB must be what can be
// written, to the page.
func TestSmallFileSystem(t *testing.T) {
	vfstest.InSmall(t, func(dir string) { fill(t, dir) })
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
