package kerneltest

import (
	"os"
	"runtime/debug"
	"testing"
	"unsafe"
)

func TestGuarded(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("no fences on this system")
	}
	debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(false)
	for _, n := range []int{0, 1, 7, 4096, 5000} {
		end, start := Guarded[uint8](t, n)
		for i := range n {
			end[i], start[i] = 1, 2
		}
		if n == 0 {
			continue
		}
		faults(t, unsafe.Add(unsafe.Pointer(&end[n-1]), 1))
		faults(t, unsafe.Add(unsafe.Pointer(&start[0]), -1))
	}
}

func TestRegion(t *testing.T) {
	if os.PathSeparator != '/' {
		t.Skip("no fences on this system")
	}
	debug.SetPanicOnFault(true)
	defer debug.SetPanicOnFault(false)
	var r Region
	for _, n := range []int{0, 1, 3, 1000, 2, 5000, 100} {
		end, start := Slices[uint32](t, &r, n)
		if len(end) != n || cap(end) != n || len(start) != n || cap(start) != n {
			t.Fatalf("slices of %d and %d values, room for %d and %d, want %d", len(end), len(start), cap(end), cap(start), n)
		}
		for i := range n {
			if end[i] != 0xA5A5A5A5 || start[i] != 0xA5A5A5A5 {
				t.Fatalf("%d values: number %d was used before", n, i)
			}
			end[i], start[i] = 1, 2
		}
		if n > 0 {
			faults(t, unsafe.Add(unsafe.Pointer(&end[n-1]), 4))
			faults(t, unsafe.Add(unsafe.Pointer(&start[0]), -1))
		}
	}
}

// faults fails the test unless reading the byte at p is a fault.
func faults(t *testing.T, p unsafe.Pointer) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("reading at %p is no fault", p)
		}
	}()
	sink = *(*byte)(p)
}

var sink byte
