package lint

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPeerBugsStandAsTests: every fault listed in docs/peer-bugs.md has a test
// named for it, and every such test is listed.
func TestPeerBugsStandAsTests(t *testing.T) {
	root := os.DirFS("../..")
	page, err := fs.ReadFile(root, "docs/peer-bugs.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([0-9, ]+) \|`).FindAllStringSubmatch(string(page), -1) {
		for _, n := range strings.Split(row[1], ", ") {
			listed[n] = false
		}
	}
	if len(listed) < 21 {
		t.Fatalf("docs/peer-bugs.md lists %d faults, want at least 21", len(listed))
	}
	name := regexp.MustCompile(`func TestPeerBug((?:\d\d(?:And)?)+)_`)
	err = fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := fs.ReadFile(root, path)
		for _, m := range name.FindAllStringSubmatch(string(src), -1) {
			for _, n := range strings.Split(m[1], "And") {
				if _, ok := listed[n]; !ok {
					t.Errorf("%s tests fault %s, which docs/peer-bugs.md does not list", path, n)
				}
				listed[n] = true
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, tested := range listed {
		if !tested {
			t.Errorf("docs/peer-bugs.md lists fault %s, which no test is named for", n)
		}
	}
}
