package prune

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/doppel-dedup/doppel/internal/atomicfile"
)

// CheckTarget returns nil if a pruned corpus may be written to dir: its parent
// is there, dir itself is not or is an empty folder, and it is not part of an
// input, symbolic links resolved, so that nothing is added to what was read.
// inputs are as given to [corpus.Open]. It writes nothing; call it before the
// long work.
func CheckTarget(dir string, inputs []string) error {
	exists, err := atomicfile.CheckDir(dir)
	if err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	target, err := resolve(dir, exists)
	if err != nil {
		return fmt.Errorf("prune: the folder that is to hold %q: %w", dir, err)
	}
	for _, in := range inputs {
		if err := checkApart(target, in); err != nil {
			return fmt.Errorf("prune: %q cannot be written: %w", dir, err)
		}
	}
	return nil
}

// CheckOutside returns nil if a file written to path would not be part of an
// input, so that the next run does not read it. The folder of path must exist.
func CheckOutside(file string, inputs []string) error {
	target, err := resolve(file, false)
	if err != nil {
		return fmt.Errorf("prune: %w", err)
	}
	for _, in := range inputs {
		if err := checkApart(target, in); err != nil {
			return fmt.Errorf("%q cannot be written: %w", file, err)
		}
	}
	return nil
}

// checkApart returns an error if target is an input, or inside one.
func checkApart(target, input string) error {
	root, pattern := filepath.Clean(input), ""
	if _, err := os.Stat(root); errors.Is(err, fs.ErrNotExist) {
		root, pattern = splitGlob(filepath.ToSlash(root))
	}
	root, err := resolve(root, true)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not on disk: nothing can be inside it
	}
	if err != nil {
		return err
	}
	rel, err := filepath.Rel(root, target)
	if err != nil || !filepath.IsLocal(rel) {
		return nil // on another volume, or outside
	}
	if pattern == "" || globCovers(pattern, filepath.ToSlash(rel)) {
		return fmt.Errorf("it would be part of the input %q", input)
	}
	return nil
}

// Covers reports whether name, a path with slashes in a store, is an input, or part of
// one: input is a file, a folder or a glob there.
func Covers(input, name string) bool {
	root, pattern := splitGlob(path.Clean(input))
	rel, isInside := strings.CutPrefix(path.Clean(name)+"/", root+"/")
	return isInside && (pattern == "" || globCovers(pattern, path.Clean(rel)))
}

// resolve returns the absolute path without symbolic links; of a path that does
// not exist the parent must.
func resolve(name string, exists bool) (string, error) {
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	if exists {
		return filepath.EvalSymlinks(abs)
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(abs))
	return filepath.Join(parent, filepath.Base(abs)), err
}

// splitGlob parts a glob before its first component with a special character.
func splitGlob(glob string) (root, pattern string) {
	parts := strings.Split(glob, "/")
	for i, p := range parts {
		if strings.ContainsAny(p, `*?[\`) {
			root = strings.Join(parts[:i], "/")
			if i == 1 && root == "" {
				root = "/"
			}
			return path.Clean(root), strings.Join(parts[i:], "/")
		}
	}
	return glob, ""
}

// globCovers reports whether the pattern could match rel or a folder above it.
func globCovers(pattern, rel string) bool {
	if strings.Contains(pattern, "**") {
		return true
	}
	for rel != "." {
		if ok, err := path.Match(pattern, rel); ok || err != nil {
			return true
		}
		rel = path.Dir(rel)
	}
	return false
}
