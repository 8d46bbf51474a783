package lint

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// TestTree holds the whole module to its rules.
func TestTree(t *testing.T) {
	const root = "../.."
	if _, err := os.Stat(root + "/go.mod"); err != nil {
		t.Fatalf("%s is not the root of the module: %v", root, err)
	}
	problems, err := Check(os.DirFS(root), Doppel())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
	if len(problems) > 0 {
		t.Logf("%d problems; the rules are told in internal/lint/lint.go, the import table is internal/lint/table.go", len(problems))
	}
}

// TestDesignNamesEveryPackage: the page that tells where things are leaves out none, of
// those below a package that it names by the last part.
func TestDesignNamesEveryPackage(t *testing.T) {
	page, err := os.ReadFile("../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := Doppel()
	for _, p := range slices.Concat(rules.Order, slices.Collect(maps.Keys(rules.Internal))) {
		isTool := strings.HasPrefix(p, "bench/") || strings.HasPrefix(p, "release/") || strings.Contains(p, "/cmd/")
		isNamed := strings.Contains(string(page), "`"+p+"`") || strings.Contains(string(page), "`"+path.Base(p)+"`")
		if !isTool && !isNamed {
			t.Errorf("docs/design.md does not say what %s is for", p)
		}
	}
}

// story is a comment long enough for testRules.
const story = "// Package %s is told in more than five words.\n"

var testRules = Rules{
	Module:       "m",
	Order:        []string{"first", "second", "cmd/tool"},
	Internal:     map[string][]string{"internal/aid": nil, "internal/plant": {"first"}},
	TestOnly:     []string{"internal/plant"},
	Homes:        map[string][]string{"x.org/json": {"first"}},
	Network:      []string{"internal/aid"},
	Commands:     []string{"cmd"},
	Environment:  []string{"internal/plant"},
	CommentWords: 5,
}

// goodTree breaks no rule.
func goodTree() map[string]string {
	return map[string]string{
		"first/first.go": fmt.Sprintf(story, "first") + `package first
import (
	"x.org/json/fast"
	"m/internal/aid"
)
// A Thing is one.
type Thing struct{ Field int }
// Do does.
func (t *Thing) Do() { _ = fast.X; _ = aid.X }
type hidden struct{}
func (hidden) Loud() {}
// The numbers.
const (
	One = 1
	Two = 2
)
var Three = 3 // not four
`,
		"first/more.go":                 "package first\n",
		"second/second.go":              fmt.Sprintf(story, "second") + "package second\nimport _ \"m/first\"\n",
		"second/second_test.go":         "package second\nimport (_ \"m/internal/plant\"; _ \"os/exec\")\nfunc TestX() {}\n",
		"internal/aid/aid.go":           fmt.Sprintf(story, "aid") + "package aid\n// X is X.\nvar X int\n",
		"internal/plant/plant.go":       fmt.Sprintf(story, "plant") + "package plant\nimport (\"os\"; _ \"os/exec\"; _ \"m/first\"; _ \"m/internal/aid\")\nvar x = os.Getenv(\"X\")\n",
		"cmd/tool/main.go":              "// Command tool is.\npackage main\nimport (\"fmt\"; \"os\"; _ \"log/slog\"; _ \"m/second\")\nfunc main() { fmt.Println(); os.Exit(1) }\n",
		"nested/go.mod":                 "module other\n",
		"nested/util/util.go":           "package util\nfunc init() {}\n",
		"testdata/bad.go":               "this is not Go\n",
		".hidden/x.go":                  "nor this\n",
		"_old/x.go":                     "nor this\n",
		"first/testdata/src/types/x.go": "package types\n",
	}
}

func check(t *testing.T, files map[string]string) []string {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	problems, err := Check(fsys, testRules)
	if err != nil {
		t.Fatal(err)
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		lines[i] = p.String()
	}
	return lines
}

func TestGoodTree(t *testing.T) {
	if got := check(t, goodTree()); len(got) > 0 {
		t.Errorf("problems in a good tree:\n%s", strings.Join(got, "\n"))
	}
}

// TestEachRuleCanFail changes the good tree in one place and wants one problem.
func TestEachRuleCanFail(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"second/a.go", "package second\nimport _ \"m/cmd/tool\"\n",
			"second/a.go:2: second imports cmd/tool, which stands to its right: data flows second -> cmd/tool"},
		{"first/a.go", "package first\nimport _ \"m/second\"\n",
			"first/a.go:2: first imports second, which stands to its right: data flows first -> second"},
		{"internal/aid/a.go", "package aid\nimport _ \"m/first\"\n",
			"internal/aid/a.go:2: internal/aid imports first: packages under internal/ import only each other, unless the lint table allows it"},
		{"second/a.go", "package second\nimport _ \"m/internal/plant\"\n",
			"second/a.go:2: imports internal/plant, which is for tests only"},
		{"second/a.go", "package second\nimport _ \"x.org/json\"\n",
			"second/a.go:2: imports x.org/json, which belongs to first: use what that package offers"},
		{"second/a_test.go", "package second\nimport _ \"x.org/json\"\n",
			"second/a_test.go:2: imports x.org/json, which belongs to first: use what that package offers"},
		{"cmd/tool/a.go", "package main\nimport _ \"os/exec\"\n",
			"cmd/tool/a.go:2: imports os/exec: nothing but tests may start programs"},
		{"cmd/tool/a.go", "package main\nimport _ \"plugin\"\n",
			"cmd/tool/a.go:2: imports plugin: no code comes from files"},
		{"cmd/tool/a.go", "package main\nimport _ \"net\"\n",
			"cmd/tool/a.go:2: uses net: only internal/aid may open connections"},
		{"second/a.go", "package second\nimport web \"net/http\"\nvar k, c = web.DetectContentType(nil), web.DefaultClient\n",
			"second/a.go:3: uses net/http.DefaultClient: only internal/aid may open connections"},
		{"second/a.go", "package second\nimport _ \"log/slog\"\n",
			"second/a.go:2: imports log/slog: libraries do not log, they return errors and warnings"},
		{"third/third.go", fmt.Sprintf(story, "third") + "package third\n",
			"third: is not in the lint table: add it where its data stands in the flow (internal/lint/table.go)"},
		{"internal/aid/b/b.go", fmt.Sprintf(story, "b") + "package b\n",
			"internal/aid/b: is not in the lint table: add it where its data stands in the flow (internal/lint/table.go)"},
		{"first/first.go", "",
			"first: package first has no package comment"},
		{"first/first.go", "// Package fist is told in more than five words.\npackage first\n",
			`first/first.go:1: the package comment must start with "Package first "`},
		{"first/first.go", "// Package first is first.\npackage first\n",
			"first/first.go:1: the package comment has 4 words: in 5 or more it tells what comes in, what goes out, what may run at once, what memory it takes, and the paper it follows"},
		{"first/more.go", fmt.Sprintf(story, "first") + "package first\n",
			"first: package first has 2 package comments (first/first.go, first/more.go): go doc runs them together"},
		{"cmd/tool/main.go", "// Tool is.\npackage main\n",
			`cmd/tool/main.go:1: the package comment must start with "Command tool "`},
		{"second/second.go", "// Package common is told in more than five words.\npackage common\n",
			"second: package common: the name says nothing; call it by the noun it is about"},
		{"second/second.go", "// Package zweite is told in more than five words.\npackage zweite\n",
			"second: package zweite is in folder second: the two names must be equal"},
		{"second/second.go", "",
			"second: holds tests only: a package needs a file that tells its story"},
		{"first/a.go", "package first\nfunc init() {}\n",
			"first/a.go:2: func init: importing a package must do nothing"},
		{"first/a_test.go", "package first\nfunc init() {}\n",
			"first/a_test.go:2: func init: importing a package must do nothing"},
		{"first/a_test.go", "package first\nimport clock \"time\"\nfunc f() { clock.Sleep(1) }\n",
			"first/a_test.go:3: time.Sleep in a test: wait for the event itself"},
		{"first/a.go", "package first\nimport \"fmt\"\nfunc f() { fmt.Printf(\"\") }\n",
			"first/a.go:3: fmt.Printf: libraries do not talk to the terminal"},
		{"first/a.go", "package first\nimport \"os\"\nvar x = os.Stderr\n",
			"first/a.go:3: os.Stderr: libraries do not talk to the terminal"},
		{"first/a.go", "package first\nimport \"os\"\nfunc f() { os.Exit(3) }\n",
			"first/a.go:3: os.Exit: libraries return errors"},
		{"first/a.go", "package first\nimport \"os\"\nvar x, _ = os.UserHomeDir()\n",
			"first/a.go:3: os.UserHomeDir: libraries do not read the environment, callers pass options"},
		{"cmd/tool/a.go", "package main\nfunc f() { println(1) }\n",
			"cmd/tool/a.go:2: println is for debugging"},
		{"first/a.go", "package first\nfunc Do() {}\n",
			"first/a.go:2: Do is exported and has no comment"},
		{"first/a.go", "package first\n// This does.\nfunc Do() {}\n",
			"first/a.go:3: the comment on Do must start with its name"},
		{"first/a.go", "package first\nfunc (t *List[T]) Do() {}\n",
			"first/a.go:2: Do is exported and has no comment"},
		{"first/a.go", "package first\ntype (\n\tA int\n)\n",
			"first/a.go:3: A is exported and has no comment"},
		{"first/a.go", "package first\nvar A, b int\n",
			"first/a.go:2: A is exported and has no comment"},
	} {
		files := goodTree()
		if files[c.name] = c.text; c.text == "" {
			delete(files, c.name)
			if c.name == "first/first.go" {
				files["first/more.go"] = "package first\n"
			}
		}
		got := check(t, files)
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %q\n got %q\nwant %q", c.name, c.text, got, c.want)
		}
	}
}

func TestMissingPackage(t *testing.T) {
	files := goodTree()
	delete(files, "internal/aid/aid.go")
	want := "internal/aid: is in the lint table but has no Go files: take it out, or write it"
	if got := check(t, files); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestErrors(t *testing.T) {
	if _, err := Check(fstest.MapFS{"README.md": {}}, testRules); err == nil || err.Error() != "lint: no Go files found" {
		t.Errorf("empty tree: got %v", err)
	}
	if _, err := Check(fstest.MapFS{"a/a.go": {Data: []byte("package")}}, testRules); err == nil {
		t.Error("a file that does not parse was accepted")
	}
}
