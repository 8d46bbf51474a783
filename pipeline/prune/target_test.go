package prune

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCheckTarget(t *testing.T) {
	base := t.TempDir()
	tree{"news/a.jsonl": "x", "news/sub/b.txt": "x", "full/x": "x", "new*s/c.txt": "x"}.write(t, base)
	at := func(name string) string { return filepath.Join(base, filepath.FromSlash(name)) }
	if err := errors.Join(os.Mkdir(at("empty"), 0o755), os.Mkdir(at("news/empty"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"link": "news", "sub-link": "news/sub", "dangling": "nowhere", "empty-link": "news/empty"} {
		if err := os.Symlink(filepath.FromSlash(to), at(from)); err != nil {
			t.Skipf("no symbolic links here: %v", err)
		}
	}
	t.Chdir(base)
	for _, c := range []struct {
		dir, input string
		want       string // in the error; "" is none
	}{
		{"out", "news", ""},
		{"out", "./news/", ""},
		{"empty", "news", ""},
		{at("out"), at("news"), ""},
		{"news-out", "news", ""},
		{"out", "-", ""},
		{"out", "missing", ""},
		{"news/out", "news/a.jsonl", ""},
		{"news/out", "news/*.jsonl", ""},
		{"news/out", "full/*", ""},
		{"news/out", "full/**/*.txt", ""},
		{"out", "*/*.jsonl", ""},

		{"news", "news", "not empty"},
		{"full", "news", "not empty"},
		{"news/a.jsonl", "news", "not a folder"},
		{"news/a.jsonl/x", "full", "not a directory"},
		{"dangling", "news", "nowhere"},
		{"missing/out", "news", "no such file"},
		{"", "news", "empty"},

		{"news/out", "news", "part of the input"},
		{"news/empty", "news/", "part of the input"},
		{"news/sub/out", "news", "part of the input"},
		{at("news/out"), "news", "part of the input"},
		{"news/out", at("news"), "part of the input"},
		{"link/out", "news", "part of the input"},
		{"news/out", "link", "part of the input"},
		{"sub-link/out", "news", "part of the input"},
		{"news/sub/out", "sub-link", "part of the input"},
		{"empty-link", "news", "part of the input"},
		{"full/../news/out", "news", "part of the input"},
		{"out", ".", "part of the input"},
		{"new*s/out", "new*s", "part of the input"},
		{"news/out", "news/*", "part of the input"},
		{"news/sub/out", "news/*", "part of the input"},
		{"news/out", "n?ws", "part of the input"},
		{"news/sub/out", "news/**/*.txt", "part of the input"},
		{"link/sub/out", "ne*/**", "part of the input"},
		{"out", "**/*.txt", "part of the input"},
	} {
		err := CheckTarget(c.dir, []string{"full/x", c.input})
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%q for input %q: %v", c.dir, c.input, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "prune: ")):
			t.Errorf("%q for input %q: got error %v, want one with %q", c.dir, c.input, err, c.want)
		}
	}
}

func TestSplitGlob(t *testing.T) {
	for glob, want := range map[string][2]string{
		"a/b*/c": {"a", "b*/c"}, "*.txt": {".", "*.txt"}, "/x*": {"/", "x*"}, "/a/b/[c]": {"/a/b", "[c]"}, "../**/x": {"..", "**/x"}, "plain": {"plain", ""},
	} {
		if root, pattern := splitGlob(glob); root != want[0] || pattern != want[1] {
			t.Errorf("splitGlob(%q) = %q, %q, want %q", glob, root, pattern, want)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		input, name string
		want        bool
	}{
		{"bucket/in", "bucket/in", true},
		{"bucket/in/", "bucket/in/out", true},
		{"bucket/in", "bucket/in2", false},
		{"bucket/in/deep", "bucket/in", false},
		{"bucket", "bucket/out/", true},
		{"bucket/in/*", "bucket/in/out", true},
		{"bucket/in/*.jsonl", "bucket/in/out", false},
		{"bucket/in/*.jsonl", "bucket/in/out.jsonl/data", true},
		{"bucket/**/a.jsonl", "bucket/in/out", true},
		{"other/in", "bucket/in", false},
	} {
		if got := Covers(test.input, test.name); got != test.want {
			t.Errorf("Covers(%q, %q) = %v", test.input, test.name, got)
		}
	}
}
