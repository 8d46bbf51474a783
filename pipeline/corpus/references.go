package corpus

import (
	"fmt"
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
