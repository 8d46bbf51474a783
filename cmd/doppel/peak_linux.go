package main

import (
	"bytes"
	"os"
	"strconv"
)

// peakMemory returns the largest amount of memory, in bytes, that the process has
// had so far, 0 if it cannot be known. The resource usage of a child process would
// count its parent's memory at the time of the fork too.
func peakMemory() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, line, _ := bytes.Cut(status, []byte("VmHWM:"))
	line, _, _ = bytes.Cut(line, []byte("kB"))
	kib, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}
