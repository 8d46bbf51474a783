//go:build unix

package kerneltest

import (
	"os"
	"syscall"
	"testing"
	"unsafe"
)

// Guarded returns n zero values of T that end right before a page without
// access, and n that begin right after one: reading or writing beyond either
// slice is a fault. Capacity is length. The memory is freed when the test ends.
func Guarded[T uint8 | uint32 | uint64](tb testing.TB, n int) (atEnd, atStart []T) {
	tb.Helper()
	size := n * sizeOf[T]()
	mem, end, start := fenced(tb, size)
	tb.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			tb.Error(err)
		}
	})
	return cast[T](end[len(end)-size:], n), cast[T](start, n)
}

// A Region is memory between fences that calls of Slices share: in a fuzz target,
// a new one for each run would take most of the time. It is kept as long as the
// program runs. The zero value is ready for use, by one goroutine at a time.
type Region struct{ end, start []byte }

// Slices is as Guarded with the memory of r. The slices may be used until the next
// call with r. Their bytes are 0xA5: results of the call before, which are often
// the right ones on another level, would hide what a kernel does not write.
func Slices[T uint8 | uint32 | uint64](tb testing.TB, r *Region, n int) (atEnd, atStart []T) {
	tb.Helper()
	size := n * sizeOf[T]()
	if size > len(r.end) || r.end == nil {
		_, r.end, r.start = fenced(tb, 2*size) // the smaller one stays, so let there be few
	}
	end, start := r.end[len(r.end)-size:], r.start[:size]
	for i := range end {
		end[i], start[i] = 0xA5, 0xA5
	}
	return cast[T](end, n), cast[T](start, n)
}

// fenced maps two times at least size bytes, whole pages: the first behind which
// there is no access, and the second before which there is none. mem is all of it.
func fenced(tb testing.TB, size int) (mem, end, start []byte) {
	tb.Helper()
	page := os.Getpagesize()
	room := max(1, (size+page-1)/page) * page
	// no access | data that ends at the fence | no access | data that begins there | no access
	mem, err := syscall.Mmap(-1, 0, 3*page+2*room, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		tb.Fatal(err)
	}
	for _, at := range []int{0, page + room, 2*page + 2*room} {
		if err := syscall.Mprotect(mem[at:at+page], syscall.PROT_NONE); err != nil {
			tb.Fatal(err)
		}
	}
	return mem, mem[page:][:room], mem[2*page+room:][:room]
}

func sizeOf[T any]() int {
	var z T
	return int(unsafe.Sizeof(z))
}

// cast returns the n values of T that p holds, aligned as they must be.
func cast[T any](p []byte, n int) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(p))), n)[:n:n]
}
