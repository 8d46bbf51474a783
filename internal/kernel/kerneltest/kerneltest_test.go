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
