//go:build !unix

package kerneltest

import "testing"

// A Region is memory that calls of Slices share. On systems without mmap, they
// share none.
type Region struct{}

// Slices returns two slices of n values of T.
func Slices[T uint8 | uint32 | uint64](tb testing.TB, _ *Region, n int) (atEnd, atStart []T) {
	return Guarded[T](tb, n)
}

// Guarded returns two slices of n zero values of T. Systems without mmap have
// no fence behind them.
func Guarded[T uint8 | uint32 | uint64](_ testing.TB, n int) (atEnd, atStart []T) {
	return make([]T, n), make([]T, n)
}
