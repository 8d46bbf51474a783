package corpus

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

func hasMeta(name string) bool { return strings.ContainsAny(name, `*?[`) }

// glob adds the files that a pattern matches. Their names are relative to the
// folders before its first special character.
func (f *finder) glob(pattern string) error {
	if _, err := path.Match(pattern, ""); err != nil {
		return fmt.Errorf("corpus: %q: %w", pattern, err)
	}
	parts := strings.Split(pattern, "/")
	fixed := 0
	for !hasMeta(parts[fixed]) {
		fixed++
	}
	root := strings.Join(parts[:fixed], "/")
	switch {
	case root == "" && fixed > 0:
		root = "/"
	case root == "":
		root = "."
	}
	return f.below(root, func() error { return f.match(root, "", parts[fixed:]) })
}

// match adds the files below root/rel that the rest of a pattern matches.
func (f *finder) match(root, rel string, parts []string) error {
	if parts[0] == "**" {
		return f.matchDeep(root, rel, parts)
	}
	entries, err := f.list(path.Join(root, rel))
	if err != nil {
		if rel == "" && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		name := e.Name()
		if ok, err := path.Match(parts[0], name); err != nil || !ok || isHidden(name) && !isHidden(parts[0]) {
			continue
		}
		if err := f.enter(root, path.Join(rel, name), e, parts[1:]); err != nil {
			return err
		}
	}
	return nil
}

// enter goes on with an entry that the first part of a pattern matched.
func (f *finder) enter(root, rel string, e fs.DirEntry, rest []string) error {
	isFolder := e.IsDir()
	if e.Type()&fs.ModeSymlink != 0 {
		info, err := fs.Stat(f.fsys, path.Join(root, rel))
		if errors.Is(err, fs.ErrPermission) {
			return f.unlisted(path.Join(root, path.Dir(rel)), err)
		}
		isFolder = err == nil && info.IsDir()
	}
	switch {
	case len(rest) > 0 && isFolder:
		return f.match(root, rel, rest)
	case len(rest) > 0:
		return nil
	case isFolder:
		return f.folder(root, rel)
	}
	return f.entry(root, rel, e)
}

// matchDeep matches "**", here and in every folder below.
func (f *finder) matchDeep(root, rel string, parts []string) error {
	rest := parts[1:]
	for len(rest) > 0 && rest[0] == "**" {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return f.folder(root, rel)
	}
	if err := f.match(root, rel, rest); err != nil {
		return err
	}
	entries, err := f.list(path.Join(root, rel))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.IsDir() || isHidden(e.Name()) {
			continue
		}
		if err := f.matchDeep(root, path.Join(rel, e.Name()), parts); err != nil {
			return err
		}
	}
	return nil
}
