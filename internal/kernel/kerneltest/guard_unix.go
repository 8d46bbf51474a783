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
	page := os.Getpagesize()
	var z T
	bytes := n * int(unsafe.Sizeof(z))
	room := (bytes + page - 1) / page * page
	if room == 0 {
		room = page
	}
	// no access | data that ends at the fence | no access | data that begins there | no access
	mem, err := syscall.Mmap(-1, 0, 3*page+2*room, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := syscall.Munmap(mem); err != nil {
			tb.Error(err)
		}
	})
	for _, at := range []int{0, page + room, 2*page + 2*room} {
		if err := syscall.Mprotect(mem[at:at+page], syscall.PROT_NONE); err != nil {
			tb.Fatal(err)
		}
	}
	cast := func(at int) []T {
		return unsafe.Slice((*T)(unsafe.Pointer(&mem[at])), n)[:n:n]
	}
	return cast(page + room - bytes), cast(2*page + room)
}
