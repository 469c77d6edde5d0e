package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// module is the module's path, as imports write it.
const module = "clubos/"

// source is one file of the tree. Paths are slash-separated and start at the root of the module.
type source struct {
	path string
	text string
	ast  *ast.File // nil unless it is Go
}

func (s source) dir() string     { return path.Dir(s.path) }
func (s source) isTest() bool    { return strings.HasSuffix(s.path, "_test.go") }
func (s source) lines() int      { return strings.Count(s.text, "\n") }
func (s source) generated() bool { return s.ast != nil && ast.IsGenerated(s.ast) }

// forTests reports whether only tests may use what the file declares: it is a test, or of a package
// named …test.
func (s source) forTests() bool { return s.isTest() || strings.HasSuffix(s.dir(), "test") }

// imports lists what the file imports; packages of this module without the module's name.
func (s source) imports() []string {
	var out []string
	for _, i := range s.ast.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out = append(out, strings.TrimPrefix(p, module))
		}
	}
	return out
}

// tree is all that the rules look at.
type tree struct {
	fset  *token.FileSet
	files []source // by path
}

// goFiles lists the Go files that pass every filter.
func (t tree) goFiles(keep ...func(source) bool) []source {
	var out []source
next:
	for _, f := range t.files {
		if f.ast == nil {
			continue
		}
		for _, k := range keep {
			if !k(f) {
				continue next
			}
		}
		out = append(out, f)
	}
	return out
}

func production(s source) bool { return !s.forTests() }
func byHand(s source) bool     { return !s.generated() }

func under(dir string) func(source) bool {
	return func(s source) bool { return within(s.dir(), dir) }
}

// within reports whether dir is parent or lies below it.
func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }

// at says where a node stands, as editors read it.
func (t tree) at(n ast.Node) string {
	p := t.fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// parse makes a tree of file names and texts. A file that is not Go in truth is an error.
func parse(texts map[string]string) (tree, error) {
	t := tree{fset: token.NewFileSet()}
	var errs []error
	for name, text := range texts {
		s := source{path: name, text: text}
		if strings.HasSuffix(name, ".go") {
			f, err := parser.ParseFile(t.fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			s.ast = f
		}
		t.files = append(t.files, s)
	}
	slices.SortFunc(t.files, func(a, b source) int { return strings.Compare(a.path, b.path) })
	return t, errors.Join(errs...)
}

// texts are the endings of the files that people write.
var texts = []string{".go", ".md", ".sql", ".templ", ".js", ".mjs", ".ts", ".css", ".html", ".yaml", ".yml", ".json", ".toml", ".sh", ".ics", ".csv"}

// read reads the checkout: everything that people wrote, without what is hidden, built or installed.
var read = sync.OnceValues(func() (tree, error) {
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		return tree{}, err
	}
	found := map[string]string{}
	err := fs.WalkDir(os.DirFS(root), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != "." && (strings.HasPrefix(name, ".") || slices.Contains([]string{"node_modules", "bin", "data", "test-results"}, name)) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains(texts, path.Ext(p)) && !slices.Contains([]string{"Makefile", "Dockerfile"}, d.Name()) {
			return nil
		}
		b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(p)))
		found[p] = string(b)
		return err
	})
	if err != nil {
		return tree{}, err
	}
	return parse(found)
})

// checkout returns the tree that this test stands in.
func checkout(t *testing.T) tree {
	t.Helper()
	tr, err := read()
	if err != nil {
		t.Fatalf("read the sources: %v", err)
	}
	return tr
}

// eachFunc calls fn for every function and method that has a body.
func (t tree) eachFunc(files []source, fn func(source, *ast.FuncDecl)) {
	for _, f := range files {
		for _, d := range f.ast.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
				fn(f, fd)
			}
		}
	}
}

// selected reports whether n is pkg.name, like time.Now.
func selected(n ast.Node, pkg, name string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// literal returns the value of a string literal.
func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(b.Value)
	return s, err == nil
}

// receiver returns the name of the type that a method belongs to, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.Name
		default:
			return ""
		}
	}
}
