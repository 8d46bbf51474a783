package prune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckRoom returns nil if a folder of outputs, which may exist, is apart from the
// inputs: it is not part of one, and none is inside it, symbolic links resolved.
// The folder that is to hold it must exist. inputs are as given to [corpus.Open].
func CheckRoom(dir string, inputs []string) error {
	_, err := os.Lstat(dir)
	target, err := resolve(dir, err == nil)
	if err != nil {
		return fmt.Errorf("prune: %q cannot be written: %w", dir, err)
	}
	for _, in := range inputs {
		if err := checkApart(target, in); err != nil {
			return fmt.Errorf("prune: %q cannot be written: %w", dir, err)
		}
		if inside, err := isInside(in, target); err != nil || inside {
			return errors.Join(err, fmt.Errorf("prune: %q cannot be written: the input %q is inside it", dir, in))
		}
	}
	return nil
}

// isInside tells whether an input, or the fixed part of a glob, is below a folder.
func isInside(input, folder string) (bool, error) {
	root := filepath.Clean(input)
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		root, _ = splitGlob(filepath.ToSlash(root))
	}
	root, err := resolve(root, true)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(folder, root)
	return err == nil && filepath.IsLocal(rel), nil
}
