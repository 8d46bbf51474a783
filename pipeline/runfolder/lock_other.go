//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package runfolder

import (
	"errors"
	"io/fs"
	"os"
)

// openLock makes the lock file, or returns errHeld if it is there. Without locks of
// the kernel, that of a killed process has to be deleted by hand.
func openLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil, errHeld
	}
	return f, err
}

// isAlive cannot be told here.
func isAlive(int) bool { return true }
