package spill

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// storeWith stores rows of which the file must take most, and reads all back.
func storeWith(t *testing.T, faults *vfstest.Faulty) (rows string, err error) {
	t.Helper()
	s := New[byte](100, t.TempDir()).In(faults)
	defer func() { err = errors.Join(err, s.Close()) }()
	for i := range 30 {
		row := strings.Repeat(string(rune('a'+i)), i*i*i*i) // the buffer is filled more than once
		if err := s.Append([]byte(row)); err != nil {
			return "", err
		}
	}
	if err := s.Seal(); err != nil {
		return "", err
	}
	for i := range s.Len() {
		row, err := s.Get(i, nil)
		if err != nil {
			return "", err
		}
		rows += fmt.Sprintf("%d %s\n", len(row), row)
	}
	return rows, nil
}

// TestEveryFaultOfAStore fails each call for the temporary file in turn, once and for
// ever: the error names the file, or, if that could only not be unlinked, the rows are right.
func TestEveryFaultOfAStore(t *testing.T) {
	whole := &vfstest.Faulty{FS: vfs.OS{}}
	want, err := storeWith(t, whole)
	if err != nil || len(want) < 1<<21 || len(whole.Calls()) < 30 {
		t.Fatalf("%d bytes, %d calls, %v", len(want), len(whole.Calls()), err)
	}
	for n := 1; n <= len(whole.Calls()); n++ {
		for _, forever := range []bool{false, true} {
			errno := []syscall.Errno{syscall.EIO, syscall.ENOSPC}[n%2]
			faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever, Err: errno}
			got, err := storeWith(t, faults)
			call, _ := faults.Struck()
			if err == nil && strings.HasPrefix(call, "remove ") && got == want {
				continue // it is removed at its end
			}
			if !errors.Is(err, errno) || !errors.As(err, new(*tempfile.Error)) || !strings.Contains(err.Error(), "doppel-spill-") {
				t.Errorf("%s: %v", call, err)
			}
		}
	}
	t.Logf("%d calls", len(whole.Calls()))
}
