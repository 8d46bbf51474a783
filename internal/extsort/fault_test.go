package extsort

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/doppel-dedup/doppel/internal/tempfile"
	"github.com/doppel-dedup/doppel/internal/vfs"
	"github.com/doppel-dedup/doppel/internal/vfs/vfstest"
)

// sortWith sorts more numbers than fit into memory, in so many runs that they are merged
// twice.
func sortWith(t *testing.T, faults *vfstest.Faulty) (sorted []uint64, err error) {
	t.Helper()
	s := New(MinMemory, t.TempDir()).In(faults)
	s.limit, s.runs.memory = 100, 2*minReadBytes
	for i := range uint64(1000) {
		if err := s.AddAll([]uint64{i * 7919 % 1009}); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	err = s.Sort(func(vs []uint64) error { sorted = append(sorted, vs...); return nil })
	return sorted, errors.Join(err, s.Close())
}

// TestEveryFaultOfASort fails each call for a temporary file in turn, once and for ever:
// the error names the file, or, of one that could not be unlinked, the numbers are right.
func TestEveryFaultOfASort(t *testing.T) {
	whole := &vfstest.Faulty{FS: vfs.OS{}}
	want, err := sortWith(t, whole)
	if err != nil || len(want) < 900 || !slices.IsSorted(want) || len(whole.Calls()) < 30 {
		t.Fatalf("%d numbers, %d calls, %v", len(want), len(whole.Calls()), err)
	}
	failed := 0
	for n := 1; n <= len(whole.Calls()); n++ {
		for _, forever := range []bool{false, true} {
			errno := []syscall.Errno{syscall.EIO, syscall.ENOSPC}[n%2]
			faults := &vfstest.Faulty{FS: vfs.OS{}, FailAt: n, Forever: forever, Err: errno}
			got, err := sortWith(t, faults)
			call, _ := faults.Struck()
			switch {
			case err == nil:
				// A file that cannot be unlinked at once is removed at its end.
				if !strings.HasPrefix(call, "remove ") || !slices.Equal(got, want) {
					t.Errorf("%s: no error, and the right numbers %t", call, slices.Equal(got, want))
				}
			case !errors.Is(err, errno) || !errors.As(err, new(*tempfile.Error)) || !strings.Contains(err.Error(), "doppel-sort-"):
				t.Errorf("%s: %v", call, err)
			default:
				failed++
			}
		}
	}
	t.Logf("%d faults", failed)
}
