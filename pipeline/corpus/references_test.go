package corpus

import (
	"slices"
	"strings"
	"testing"
)

// TestReferences: they come last, under names of their own, whatever the inputs are
// called, and do not change how these are called.
func TestReferences(t *testing.T) {
	files := tree{"a/x.jsonl": records(0, 2), "a/y.txt": "y", "b/x.jsonl": records(2, 2), "b/z.txt": "z", "c/x.jsonl": records(4, 1)}
	dir := files.write(t)
	got := mustOpen(t, []string{dir + "/a"}, Options{References: []string{dir + "/b/*", dir + "/c", dir + "/b/x.jsonl"}})
	want := []string{"x.jsonl", "y.txt", "ref:b/x.jsonl", "ref:b/z.txt", "ref:c/x.jsonl"}
	if n := names(got); !slices.Equal(n, want) {
		t.Errorf("files are %q, want %q", n, want)
	}
	for i, f := range got.Files() {
		if f.Reference != (i >= 2) {
			t.Errorf("%s: reference %v", f.Name, f.Reference)
		}
	}
	all := readAll(t, got)
	if n := len(all.Docs); n != 7 || all.Docs[n-2].Key != "ref:b/z.txt" {
		t.Errorf("%d documents: %+v", n, all.Docs)
	}
	for _, c := range []struct {
		refs []string
		want string
	}{
		{[]string{dir}, "both an input and a reference"},
		{[]string{dir + "/a/../a/y.txt"}, "both an input and a reference"},
		{[]string{dir + "/nothing"}, "does not exist"},
		{[]string{"-"}, "no standard input"},
	} {
		if _, err := Open([]string{dir + "/a"}, Options{References: c.refs}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("references %q: %v, want an error with %q", c.refs, err, c.want)
		}
	}
	piped := mustOpen(t, []string{dir + "/a"}, Options{References: []string{"-"}, Stdin: strings.NewReader(records(9, 1))})
	if all := readAll(t, piped); len(all.Docs) != 4 || all.Docs[3].File != "ref:stdin.jsonl" {
		t.Errorf("references from standard input: %+v", all.Docs)
	}
}
