// Package lint checks the rules of the tree that no compiler and no general
// linter knows. They are run by its own test, so that plain "go test ./..."
// holds the walls.
//
// [Check] takes the module's files and a [Rules] value and returns the
// [Problem]s found, sorted by place. The rules for doppel stand in table.go:
//
//   - data flows one way: a package imports only packages that stand before it
//     in the table, a package under internal/ only others there unless the table
//     says more, and each package stands in the table;
//   - some packages are for tests only, and some third-party modules belong to
//     one package;
//   - every package has a comment that tells its story, every exported name a
//     comment that starts with the name;
//   - no package is called util, common, misc, types or the like;
//   - no init function anywhere; no os/exec and no connections
//     outside tests; no sleeping in tests;
//   - libraries do not print, log, exit or read the environment.
//
// Files are parsed, not type-checked, so the check takes well under a second.
// Folders called testdata or vendor, those that start with a dot or an
// underscore, and nested modules are passed over.
package lint

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Rules say what is allowed. Packages are named by their folder in the module,
// "." for the root.
type Rules struct {
	// Module is the module path.
	Module string

	// Order lists the packages from first to last in the data's way, commands
	// at the end. One may import those before it and any under internal/.
	Order []string

	// Internal lists what packages under internal/ may import besides other
	// packages under internal/. A package there needs an entry, if an empty one.
	Internal map[string][]string

	// TestOnly lists packages that only tests, and packages below them, import.
	TestOnly []string

	// Homes lists the packages that may import a third-party package, by the
	// start of its path. What is not listed may be imported anywhere.
	Homes map[string][]string

	// Network lists the packages that may open connections.
	Network []string

	// Commands lists folders whose packages, at any depth, may print, log, exit
	// and read the environment; Environment lists packages that may do the
	// last of these only.
	Commands    []string
	Environment []string

	// CommentWords is the least number of words in a library's package comment.
	CommentWords int
}

// Problem is one breach of a rule.
type Problem struct {
	Place string // file:line, or a folder
	Text  string
}

// String returns the problem as one line.
func (p Problem) String() string { return p.Place + ": " + p.Text }

// Check returns all problems of the Go files in fsys, the root of a module. An
// error means that files could not be read or parsed, or that there are none.
func Check(fsys fs.FS, r Rules) ([]Problem, error) {
	packages, err := load(fsys)
	if err != nil {
		return nil, err
	}
	c := &checker{rules: r, packages: packages}
	for _, p := range packages {
		c.checkPackage(p)
		for _, f := range p.files {
			c.checkFile(p, f)
		}
	}
	for _, folder := range slices.Concat(r.Order, sortedKeys(r.Internal)) {
		if c.find(folder) == nil {
			c.problem(folder, "is in the lint table but has no Go files: take it out, or write it")
		}
	}
	slices.SortFunc(c.problems, func(x, y Problem) int {
		return cmp.Or(cmp.Compare(x.Place, y.Place), cmp.Compare(x.Text, y.Text))
	})
	return c.problems, nil
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// pkg is a folder with Go files.
type pkg struct {
	folder string
	files  []*file
}

// name returns the name in the package clause of the non-test files, "" if all
// are tests.
func (p *pkg) name() string {
	for _, f := range p.files {
		if !f.isTest {
			return f.ast.Name.Name
		}
	}
	return ""
}

type file struct {
	name   string // path in the module
	isTest bool
	fset   *token.FileSet
	ast    *ast.File
}

func (f *file) place(pos token.Pos) string {
	return fmt.Sprintf("%s:%d", f.name, f.fset.Position(pos).Line)
}

// load parses all Go files, folder by folder in order.
func load(fsys fs.FS) ([]*pkg, error) {
	var packages []*pkg
	byFolder := map[string]*pkg{}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && isPassedOver(fsys, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		f, err := parse(fsys, name)
		if err != nil {
			return err
		}
		folder := path.Dir(name)
		if byFolder[folder] == nil {
			byFolder[folder] = &pkg{folder: folder}
			packages = append(packages, byFolder[folder])
		}
		byFolder[folder].files = append(byFolder[folder].files, f)
		return nil
	})
	if err == nil && len(packages) == 0 {
		err = errors.New("no Go files found")
	}
	if err != nil {
		return nil, fmt.Errorf("lint: %w", err)
	}
	return packages, nil
}

func isPassedOver(fsys fs.FS, folder string) bool {
	base := path.Base(folder)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := fs.Stat(fsys, path.Join(folder, "go.mod"))
	return err == nil
}

func parse(fsys fs.FS, name string) (*file, error) {
	source, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &file{name: name, isTest: strings.HasSuffix(name, "_test.go"), fset: fset, ast: tree}, nil
}

type checker struct {
	rules    Rules
	packages []*pkg
	problems []Problem
}

func (c *checker) problem(place, format string, args ...any) {
	c.problems = append(c.problems, Problem{place, fmt.Sprintf(format, args...)})
}

func (c *checker) find(folder string) *pkg {
	for _, p := range c.packages {
		if p.folder == folder {
			return p
		}
	}
	return nil
}

func (c *checker) isCommand(folder string) bool {
	return slices.ContainsFunc(c.rules.Commands, func(root string) bool { return isWithin(folder, root) })
}

// isWithin reports whether folder is root or below it.
func isWithin(folder, root string) bool {
	return folder == root || strings.HasPrefix(folder, root+"/")
}
