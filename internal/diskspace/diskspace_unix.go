//go:build linux || darwin

package diskspace

import (
	"errors"
	"math"

	"golang.org/x/sys/unix"
)

// of asks the system about a path that is there.
func of(path string) (Volume, error) {
	var at unix.Stat_t
	if err := unix.Stat(path, &at); err != nil {
		return Volume{}, err
	}
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return Volume{}, err
	}
	if s.Blocks == 0 || s.Bsize <= 0 { // some remote file systems do not tell
		return Volume{}, errors.ErrUnsupported
	}
	free := s.Bavail
	if block := uint64(s.Bsize); free > math.MaxInt64/block {
		free = math.MaxInt64 / block
	}
	return Volume{Device: uint64(at.Dev), Free: int64(free) * int64(s.Bsize)}, nil
}
