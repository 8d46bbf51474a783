package corpus

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReferencePrefix begins the names of references. Persisted in reports.
const ReferencePrefix = "ref:"

// references adds the files of references behind those found so far.
func (f *finder) references(inputs []string) error {
	if len(inputs) == 0 {
		return nil
	}
	corpus, seen := f.found, f.seen
	f.found, f.seen = nil, map[string]bool{}
	for _, in := range inputs {
		if err := f.input(in); err != nil {
			return err
		}
	}
	if err := nameFiles(f.found); err != nil {
		return err
	}
	slices.SortFunc(f.found, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	for i := range f.found {
		r := &f.found[i]
		if seen[r.identity] {
			return fmt.Errorf("corpus: %q is both an input and a reference", r.Path)
		}
		r.Name, r.Reference = ReferencePrefix+r.Name, true
		seen[r.identity] = true
	}
	f.found, f.seen = append(corpus, f.found...), seen
	return nil
}

// SameFile returns the path of the first file of a that is one of b too, however it is
// named: through links as well.
func SameFile(a, b []File) (path string, found bool) {
	identities, bySize := map[string]bool{}, map[int64][]os.FileInfo{}
	for i := range b {
		f := &b[i]
		identities[f.identity] = true
		if info := f.onDisk(); info != nil {
			bySize[f.Size] = append(bySize[f.Size], info)
		}
	}
	for i := range a {
		f := &a[i]
		if identities[f.identity] {
			return f.Path, true
		}
		if len(bySize[f.Size]) == 0 {
			continue
		}
		info := f.onDisk()
		if info != nil && slices.ContainsFunc(bySize[f.Size], func(other os.FileInfo) bool { return os.SameFile(info, other) }) {
			return f.Path, true
		}
	}
	return "", false
}

// onDisk describes a file of the disk, and returns nil for another one.
func (f *File) onDisk() os.FileInfo {
	if f.Path == StdinPath {
		return nil
	}
	info, err := os.Stat(filepath.FromSlash(f.Path))
	if err != nil {
		return nil
	}
	return info
}
