package lint

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
)

// checkFile applies the rules that need one file.
func (c *checker) checkFile(p *pkg, f *file) {
	for _, spec := range f.ast.Imports {
		// The parser has accepted the literal.
		imported, _ := strconv.Unquote(spec.Path.Value)
		c.checkImport(p, f, spec, imported)
	}
	c.checkCode(p, f)
	if !f.isTest && p.name() != "main" {
		c.checkDocs(f)
	}
}

func (c *checker) checkImport(p *pkg, f *file, spec *ast.ImportSpec, imported string) {
	place := f.place(spec.Pos())
	for prefix, homes := range c.rules.Homes {
		if isWithin(imported, prefix) && !slices.Contains(homes, p.folder) {
			c.problem(place, "imports %s, which belongs to %s: use what that package offers", imported, strings.Join(homes, " and "))
		}
	}
	if f.isTest {
		return // tests may look to the right, and import cycles do not compile
	}
	if imported == "os/exec" && !slices.Contains(c.rules.TestOnly, p.folder) {
		c.problem(place, "imports os/exec: nothing but tests may start programs")
	}
	if imported == "plugin" {
		c.problem(place, "imports plugin: no code comes from files")
	}
	if slices.Contains(network, imported) {
		c.checkNetwork(p, place, imported)
	}
	if (imported == "log" || isWithin(imported, "log/slog")) && !c.isCommand(p.folder) {
		c.problem(place, "imports %s: libraries do not log, they return errors and warnings", imported)
	}
	target, ok := c.ours(imported)
	if !ok {
		return
	}
	for _, only := range c.rules.TestOnly {
		if isWithin(target, only) && !isWithin(p.folder, only) {
			c.problem(place, "imports %s, which is for tests only", target)
			return
		}
	}
	if text := c.flow(p.folder, target); text != "" {
		c.problem(place, "%s", text)
	}
}

// network are packages that open connections. Of net/http some functions do not; see
// checkUse.
var network = []string{"net", "net/rpc", "net/smtp", "net/http/httptest", "crypto/tls", "golang.org/x/net/http2", "golang.org/x/net/websocket"}

func (c *checker) checkNetwork(p *pkg, place, what string) {
	if !slices.Contains(c.rules.Network, p.folder) {
		c.problem(place, "uses %s: only %s may open connections", what, strings.Join(c.rules.Network, " and "))
	}
}

// ours returns the folder of an import path of this module.
func (c *checker) ours(imported string) (folder string, ok bool) {
	if imported == c.rules.Module {
		return ".", true
	}
	return strings.CutPrefix(imported, c.rules.Module+"/")
}

// flow says what is wrong with one of our packages importing another, "" if
// nothing is.
func (c *checker) flow(from, to string) string {
	if isWithin(to, "internal") {
		return "" // Go itself rejects import cycles
	}
	if isWithin(from, "internal") {
		if slices.Contains(c.rules.Internal[from], to) {
			return ""
		}
		return from + " imports " + to + ": packages under internal/ import only each other, unless the lint table allows it"
	}
	i, j := slices.Index(c.rules.Order, from), slices.Index(c.rules.Order, to)
	switch {
	case i < 0 || j < 0:
		return "" // said once for the package
	case j < i:
		return ""
	}
	return from + " imports " + to + ", which stands to its right: data flows " + strings.Join(c.rules.Order[i:j+1], " -> ")
}

// emptyNames are package names under which anything could be found.
var emptyNames = []string{"util", "utils", "common", "misc", "types", "helper", "helpers", "shared", "base", "lib"}

// checkPackage applies the rules about a folder as a whole.
func (c *checker) checkPackage(p *pkg) {
	c.checkListed(p)
	name := p.name()
	if name == "" {
		c.problem(p.folder, "holds tests only: a package needs a file that tells its story")
		return
	}
	base := path.Base(p.folder)
	switch {
	case slices.Contains(emptyNames, strings.ToLower(name)):
		c.problem(p.folder, "package %s: the name says nothing; call it by the noun it is about", name)
	case name != "main" && name != base && p.folder != ".":
		c.problem(p.folder, "package %s is in folder %s: the two names must be equal", name, base)
	}
	c.checkPackageComment(p, name)
}

func (c *checker) checkListed(p *pkg) {
	listed := slices.Contains(c.rules.Order, p.folder)
	if isWithin(p.folder, "internal") {
		_, listed = c.rules.Internal[p.folder]
	}
	if !listed {
		c.problem(p.folder, "is not in the lint table: add it where its data stands in the flow (internal/lint/table.go)")
	}
}

// checkPackageComment wants one comment in the form of go doc, of some length
// for a library.
func (c *checker) checkPackageComment(p *pkg, name string) {
	var places []string
	for _, f := range p.files {
		if f.isTest || f.ast.Doc == nil {
			continue
		}
		places = append(places, f.name)
		text := f.ast.Doc.Text()
		want := "Package " + name + " "
		if name == "main" {
			want = "Command " + path.Base(p.folder) + " "
		}
		if !strings.HasPrefix(strings.Join(strings.Fields(text), " ")+" ", want) {
			c.problem(f.place(f.ast.Doc.Pos()), "the package comment must start with %q", want)
		}
		if n := len(strings.Fields(text)); name != "main" && n < c.rules.CommentWords {
			c.problem(f.place(f.ast.Doc.Pos()), "the package comment has %d words: in %d or more it tells what comes in, what goes out, what may run at once, what memory it takes, and the paper it follows",
				n, c.rules.CommentWords)
		}
	}
	switch len(places) {
	case 0:
		c.problem(p.folder, "package %s has no package comment", name)
	case 1:
	default:
		c.problem(p.folder, "package %s has %d package comments (%s): go doc runs them together", name, len(places), strings.Join(places, ", "))
	}
}
