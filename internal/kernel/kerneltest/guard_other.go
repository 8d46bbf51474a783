//go:build !unix

package kerneltest

import "testing"

// Guarded returns two slices of n zero values of T. Systems without mmap have
// no fence behind them.
func Guarded[T uint8 | uint32 | uint64](_ testing.TB, n int) (atEnd, atStart []T) {
	return make([]T, n), make([]T, n)
}
