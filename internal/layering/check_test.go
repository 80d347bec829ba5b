package layering_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A violation is one place that breaks one rule.
type violation struct {
	dir  string
	file string
	line int
	what string // what is there
	why  string // the rule
}

// String gives the form that editors and terminals make a link of.
func (v violation) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", v.file, v.line, v.what, v.why)
}

// A source is one parsed file.
type source struct {
	dir    string
	name   string
	test   bool
	syntax *ast.File
}

// A checker goes over a module and collects what breaks the rules.
type checker struct {
	module  string
	fset    *token.FileSet
	sources []source
	found   []violation
}

// check gives everything in the module at the root of fsys that breaks a
// rule, in the order of files and lines.
func check(fsys fs.FS) ([]violation, error) {
	c := &checker{fset: token.NewFileSet()}
	if err := c.load(fsys); err != nil {
		return nil, err
	}

	pure := map[string][]*ast.File{}
	for _, s := range c.sources {
		r := roomOf(s.dir)
		if r == nil {
			c.report(s.dir, s.syntax.Package, "package "+s.syntax.Name.Name,
				"there is no rule for this directory; rules_test.go of internal/layering is the place for one")
			continue
		}
		c.imports(r, s)
		if r.pure && !s.test {
			pure[s.dir] = append(pure[s.dir], s.syntax)
		}
	}
	for dir, files := range pure {
		c.purity(dir, files)
	}

	slices.SortFunc(c.found, func(a, b violation) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line), cmp.Compare(a.what, b.what))
	})
	return c.found, nil
}

// load parses every Go file of the module, for whatever system it is.
// Modules within the module are not part of it.
func (c *checker) load(fsys fs.FS) error {
	gomod, err := fs.ReadFile(fsys, "go.mod")
	if err != nil {
		return err
	}
	m := regexp.MustCompile(`(?m)^module\s+(\S+)`).FindSubmatch(gomod)
	if m == nil {
		return errors.New("go.mod names no module")
	}
	c.module = string(m[1])

	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return enter(fsys, name)
		}
		if path.Ext(name) != ".go" || strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), ".") {
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(c.fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		c.sources = append(c.sources, source{
			dir:    path.Dir(name),
			name:   name,
			test:   strings.HasSuffix(name, "_test.go"),
			syntax: syntax,
		})
		return nil
	})
}

// enter says whether the directory holds packages of the module.
func enter(fsys fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	base := path.Base(dir)
	if base == "testdata" || base == "vendor" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return fs.SkipDir
	}
	if _, err := fs.Stat(fsys, path.Join(dir, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

// imports checks whom a file imports.
func (c *checker) imports(r *room, s source) {
	for _, spec := range s.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // The parser has seen to it.
		}
		what := "import " + spec.Path.Value

		dir, ours := c.ours(imported)
		switch {
		case imported == "C":
			c.report(s.dir, spec.Pos(), what, "there is no cgo in this module")
		case ours:
			if !r.mayUse(dir, s.test) {
				c.report(s.dir, spec.Pos(), what, place(s)+" may not use this package")
			}
		case strings.Contains(strings.Split(imported, "/")[0], "."):
			if !r.mayDependOn(imported, s.test) {
				c.report(s.dir, spec.Pos(), what, place(s)+" may not depend on this module")
			}
		case r.pure && !s.test:
			for pattern, why := range impureImports {
				if within(imported, pattern) {
					c.report(s.dir, spec.Pos(), what, "not in a pure package: "+why)
				}
			}
			if spec.Name != nil && spec.Name.Name == "." {
				c.report(s.dir, spec.Pos(), what, "not with a dot: names must say where they come from")
			}
		}
	}
}

// purity checks what the code of a package does. The files are type-checked
// without what they import, which is enough to know what a name stands for.
func (c *checker) purity(dir string, files []*ast.File) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	conf := types.Config{
		Importer: hollow{},
		Error:    func(error) {}, // Whatever is imported is missing. The compiler sees the rest.
	}
	pkg, _ := conf.Check(path.Join(c.module, dir), c.fset, files, info)

	p := &purity{checker: c, dir: dir, scope: pkg.Scope(), uses: info.Uses}
	for _, f := range files {
		ast.Inspect(f, p.visit)
	}
}

// report notes a violation at pos.
func (c *checker) report(dir string, pos token.Pos, what, why string) {
	at := c.fset.Position(pos)
	c.found = append(c.found, violation{dir: dir, file: at.Filename, line: at.Line, what: what, why: why})
}

// ours gives the directory of a package of the module.
func (c *checker) ours(imported string) (dir string, ok bool) {
	if imported == c.module {
		return ".", true
	}
	return strings.CutPrefix(imported, c.module+"/")
}

// purity walks the code of one pure package.
type purity struct {
	*checker

	dir   string
	scope *types.Scope
	uses  map[*ast.Ident]types.Object
}

// visit checks one node. It is for [ast.Inspect].
func (p *purity) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if n.Recv == nil && n.Name.Name == "init" {
			p.report(p.dir, n.Pos(), "func init", "a pure package does nothing when it is loaded")
		}
	case *ast.GoStmt:
		p.report(p.dir, n.Pos(), "go statement", "a pure package starts no goroutine")
	case *ast.SelectorExpr:
		p.name(n)
	case *ast.CallExpr:
		p.call(n)
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			for _, target := range n.Lhs {
				p.change(target)
			}
		}
	case *ast.IncDecStmt:
		p.change(n.X)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			p.change(n.Key)
			p.change(n.Value)
		}
	}
	return true
}

// name checks a name of another package.
func (p *purity) name(n *ast.SelectorExpr) {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return
	}
	if pkg, ok := p.uses[x].(*types.PkgName); ok {
		if why, impure := impureNames[pkg.Imported().Path()][n.Sel.Name]; impure {
			p.report(p.dir, n.Pos(), pkg.Imported().Name()+"."+n.Sel.Name, "not in a pure package: "+why)
		}
	}
}

// call checks the calls of those builtin functions that print, or change what
// they are given.
func (p *purity) call(n *ast.CallExpr) {
	fun, ok := n.Fun.(*ast.Ident)
	if !ok || len(n.Args) == 0 {
		return
	}
	if _, builtin := p.uses[fun].(*types.Builtin); !builtin {
		return
	}
	switch fun.Name {
	case "print", "println":
		p.report(p.dir, n.Pos(), fun.Name, "not in a pure package: no I/O")
	case "clear", "copy", "delete":
		p.change(n.Args[0])
	}
}

// change checks that what is changed is no variable of a package. What is
// changed through a pointer or a method goes unseen.
func (p *purity) change(target ast.Expr) {
	for {
		switch x := target.(type) {
		case *ast.ParenExpr:
			target = x.X
		case *ast.IndexExpr:
			target = x.X
		case *ast.SliceExpr:
			target = x.X
		case *ast.StarExpr:
			target = x.X
		case *ast.SelectorExpr:
			target = x.X
		case *ast.Ident:
			switch obj := p.uses[x].(type) {
			case *types.PkgName:
				p.report(p.dir, x.Pos(), "change of a variable of "+obj.Imported().Path(), "a pure package changes nothing but its own values")
			case *types.Var:
				if obj.Parent() == p.scope {
					p.report(p.dir, x.Pos(), "change of "+x.Name, "variables of a pure package are set where they are declared")
				}
			}
			return
		default:
			return
		}
	}
}

// hollow imports packages that have a name and nothing else.
type hollow struct{}

// Import gives an empty package of the name that path suggests.
func (hollow) Import(imported string) (*types.Package, error) {
	name := path.Base(imported)
	if regexp.MustCompile(`^v\d+$`).MatchString(name) {
		name = path.Base(path.Dir(imported))
	}
	pkg := types.NewPackage(imported, name)
	pkg.MarkComplete()
	return pkg, nil
}

// roomOf gives the room of a directory: the one that names it most closely.
func roomOf(dir string) *room {
	var best *room
	length := -1
	for i := range rooms {
		for _, pattern := range rooms[i].dirs {
			if within(dir, pattern) && len(pattern) > length {
				best, length = &rooms[i], len(pattern)
			}
		}
	}
	return best
}

// mayUse says whether a file of the room may import a directory of the
// module.
func (r *room) mayUse(dir string, test bool) bool {
	in := func(pattern string) bool { return within(dir, pattern) }
	return roomOf(dir) == r || slices.ContainsFunc(r.uses, in) || test && slices.ContainsFunc(r.testUses, in)
}

// mayDependOn says whether a file of the room may import a package of another
// module.
func (r *room) mayDependOn(imported string, test bool) bool {
	in := func(mod string) bool { return imported == mod || strings.HasPrefix(imported, mod+"/") }
	return slices.ContainsFunc(r.deps, in) || test && slices.ContainsFunc(testDeps, in)
}

// within says whether a path is the one that the pattern names or, if the
// pattern ends in "/...", one below it.
func within(name, pattern string) bool {
	top, tree := strings.CutSuffix(pattern, "/...")
	return name == top || tree && strings.HasPrefix(name, top+"/")
}

// place names the place of a file in the text of a rule.
func place(s source) string {
	name := s.dir
	if name == "." {
		name = "the root package"
	}
	if s.test {
		return "a test of " + name
	}
	return name
}
