package lint

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// checkCode looks for declarations and calls that have no place in the file.
func (c *checker) checkCode(p *pkg, f *file) {
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			c.problem(f.place(fn.Pos()), "func init: importing a package must do nothing")
		}
	}
	// Packages go by the name they have in this file, so that an import under
	// another name is no way around.
	names := importNames(f.ast)
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && names[x.Name] != "" {
				c.checkUse(p, f, n.Pos(), names[x.Name], n.Sel.Name)
			}
		case *ast.CallExpr:
			if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "print" || x.Name == "println") {
				c.problem(f.place(n.Pos()), "%s is for debugging", x.Name)
			}
		}
		return true
	})
}

// importNames maps the names by which a file uses standard packages to their
// paths.
func importNames(f *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range f.Imports {
		imported := strings.Trim(spec.Path.Value, "`\"")
		switch {
		case spec.Name != nil:
			names[spec.Name.Name] = imported
		case !strings.Contains(imported, "/"):
			names[imported] = imported
		case imported == "net/http":
			names["http"] = imported
		}
	}
	return names
}

// environment is what reads the process's environment or home directory.
var environment = []string{
	"Getenv", "LookupEnv", "Environ", "ExpandEnv", "UserHomeDir", "UserConfigDir", "UserCacheDir",
}

func (c *checker) checkUse(p *pkg, f *file, pos token.Pos, imported, name string) {
	use := imported + "." + name
	if f.isTest {
		if use == "time.Sleep" {
			c.problem(f.place(pos), "time.Sleep in a test: wait for the event itself")
		}
		return
	}
	if imported == "net/http" && name != "DetectContentType" {
		c.checkNetwork(p, f.place(pos), use)
	}
	if c.isCommand(p.folder) {
		return
	}
	switch {
	case imported == "fmt" && strings.HasPrefix(name, "Print"),
		use == "os.Stdout", use == "os.Stderr", use == "os.Stdin":
		c.problem(f.place(pos), "%s: libraries do not talk to the terminal", use)
	case use == "os.Exit":
		c.problem(f.place(pos), "os.Exit: libraries return errors")
	case imported == "os" && slices.Contains(environment, name) && !slices.Contains(c.rules.Environment, p.folder):
		c.problem(f.place(pos), "%s: libraries do not read the environment, callers pass options", use)
	}
}

// checkDocs wants a comment for each exported name on the top level and each
// exported method of an exported type.
func (c *checker) checkDocs(f *file) {
	for _, d := range f.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && isExportedReceiver(d.Recv) {
				c.checkDoc(f, d.Pos(), d.Name.Name, d.Doc)
			}
		case *ast.GenDecl:
			c.checkGenDecl(f, d)
		}
	}
}

func (c *checker) checkGenDecl(f *file, d *ast.GenDecl) {
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			if s.Name.IsExported() {
				doc := s.Doc
				if doc == nil {
					doc = d.Doc
				}
				c.checkDoc(f, s.Pos(), s.Name.Name, doc)
			}
		case *ast.ValueSpec:
			// A comment on the group, above the line or behind it will do.
			isDocumented := d.Doc != nil || s.Doc != nil || s.Comment != nil
			for _, name := range s.Names {
				if name.IsExported() && !isDocumented {
					c.problem(f.place(name.Pos()), "%s is exported and has no comment", name.Name)
				}
			}
		}
	}
}

func (c *checker) checkDoc(f *file, pos token.Pos, name string, doc *ast.CommentGroup) {
	words := strings.Fields(doc.Text())
	if len(words) == 0 {
		c.problem(f.place(pos), "%s is exported and has no comment", name)
		return
	}
	if first := words[0]; (first == "A" || first == "An" || first == "The") && len(words) > 1 {
		words = words[1:]
	}
	if words[0] != name {
		c.problem(f.place(pos), "the comment on %s must start with its name", name)
	}
}

// isExportedReceiver is true for functions and for methods of exported types.
func isExportedReceiver(recv *ast.FieldList) bool {
	if recv == nil {
		return true
	}
	t := recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return false
		}
	}
}
