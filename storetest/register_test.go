package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// bracketed is how the documentation of package store names a clause.
var bracketed = regexp.MustCompile(`\[([a-z]{2,}(?:-[a-z]+)+)\]`)

// documented returns the clauses that the doc comments of package store name.
func documented(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, file := range storeFiles(t) {
		for _, group := range file.Comments {
			if group == file.Doc {
				continue // it explains what the brackets are
			}
			for _, match := range bracketed.FindAllStringSubmatch(group.Text(), -1) {
				ids = append(ids, match[1])
			}
		}
	}
	return ids
}

func TestRegisterIsTheDocumentation(t *testing.T) {
	t.Parallel()
	docs := documented(t)
	var register []string
	for _, c := range Clauses() {
		register = append(register, c.ID)
		if !slices.Contains(docs, c.ID) {
			t.Errorf("%s is in the register, but no doc comment of package store names it", c.ID)
		}
	}
	for _, id := range docs {
		if !slices.Contains(register, id) {
			t.Errorf("%s stands in a doc comment of package store, but not in the register", id)
		}
	}
	slices.Sort(register)
	if len(slices.Compact(register)) != len(Clauses()) {
		t.Error("the register has a clause twice")
	}
}

func TestClausesAreSentences(t *testing.T) {
	t.Parallel()
	for _, c := range Clauses() {
		if first := c.Text[:1]; first != strings.ToUpper(first) || !strings.HasSuffix(c.Text, ".") || strings.Contains(c.Text[:len(c.Text)-1], ". ") {
			t.Errorf("%s: %q is not one sentence", c.ID, c.Text)
		}
		if !strings.Contains(c.Text, " must ") {
			t.Errorf("%s: %q says nothing that must be", c.ID, c.Text)
		}
		if c.check == nil {
			t.Errorf("%s has no check", c.ID)
		}
	}
}

// TestClausesSayWhereToRead looks for the ID in the very comment that a failure
// sends its reader to.
func TestClausesSayWhereToRead(t *testing.T) {
	t.Parallel()
	comments := storeComments(t)
	for _, c := range Clauses() {
		if !strings.Contains(comments[c.Read], "["+c.ID+"]") {
			t.Errorf("%s: the documentation of %s does not name it", c.ID, c.Read)
		}
	}
}

// storeComments returns the doc comments of the types of store.go, and of the
// methods of its interface.
func storeComments(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../store/store.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	comments := map[string]string{}
	for _, decl := range file.Decls {
		decl, ok := decl.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range decl.Specs {
			spec, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			comments["store."+spec.Name.Name] = decl.Doc.Text()
			if iface, ok := spec.Type.(*ast.InterfaceType); ok {
				for _, method := range iface.Methods.List {
					comments["store."+spec.Name.Name+"."+method.Names[0].Name] = method.Doc.Text()
				}
			}
		}
	}
	return comments
}
