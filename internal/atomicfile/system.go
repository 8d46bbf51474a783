package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
)

const (
	fileMode = 0o644
	dirMode  = 0o755
)

// unusedName calls create with hidden names in dir until one is not taken, and
// returns that name.
func unusedName(dir string, create func(name string) error) (string, error) {
	const attempts = 100
	var err error
	for range attempts {
		name := filepath.Join(dir, fmt.Sprintf(".doppel-%016x.tmp", rand.Uint64()))
		if err = create(name); err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	return "", err
}
