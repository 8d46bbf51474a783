// Package diskspace tells how much room a file system has.
//
// In goes a path, out come the bytes that this process may still write there, and
// which file system that is. Nothing is read but what the system says of itself, so a
// call takes microseconds. All functions may be called by several goroutines, and they
// hold no memory.
//
// What is free may change the next moment: the answer is good for a decision before
// work begins, not for a promise.
package diskspace

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Volume is a file system.
type Volume struct {
	// Device tells file systems apart, as long as they are mounted.
	Device uint64
	// Free is the number of bytes that may still be written by a process without
	// special rights.
	Free int64
}

// Of returns the file system that path is on, or will be on once it is made. The error
// is errors.ErrUnsupported where that cannot be known: on other systems than Linux and
// macOS, and of file systems that do not tell.
func Of(path string) (Volume, error) {
	for {
		_, err := os.Stat(path)
		parent := filepath.Dir(path)
		if !errors.Is(err, fs.ErrNotExist) || parent == path {
			break // there, or its own error comes up
		}
		path = parent
	}
	v, err := of(path)
	if err != nil {
		return Volume{}, fmt.Errorf("diskspace: %q: %w", path, err)
	}
	return v, nil
}
