//go:build !linux

package main

// peakMemory returns 0: it is known on Linux only.
func peakMemory() int64 { return 0 }
