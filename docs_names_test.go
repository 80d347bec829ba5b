package engage_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheDocumentsNameWhatIsThere looks up each exported name that docs/concepts.md and
// docs/running.md set in code: `Threads.Receive`, `interaction.Thread`, `JobFailed`, and the
// fields that stand alone.
func TestTheDocumentsNameWhatIsThere(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, folder := range []string{".", "interaction", "schema", "handover", "routing", "store", "store/sqlite", "botsapi", "flexapi", "messenger"} {
		declared(t, folder, names)
	}
	code := regexp.MustCompile("`((?:[a-z]+\\.)?[A-Z]\\w*[a-z]\\w*(?:\\.[A-Z]\\w*)*)`")
	for _, page := range []string{"docs/concepts.md", "docs/running.md"} {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		found := code.FindAllStringSubmatch(string(text), -1)
		if len(found) < 50 {
			t.Errorf("%s: only %d names", page, len(found))
		}
		for _, name := range found {
			if outside := strings.HasPrefix(name[1], "time."); !names[strings.TrimPrefix(name[1], "eng.")] && !outside {
				t.Errorf("%s names %s, which is not there", page, name[1])
			}
		}
	}
}

// TestTheConceptsAreInThePicture: each word in a box of docs/concepts.svg has its row in the page.
func TestTheConceptsAreInThePicture(t *testing.T) {
	t.Parallel()
	picture, err := os.ReadFile("docs/concepts.svg")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("docs/concepts.md")
	if err != nil {
		t.Fatal(err)
	}
	words := regexp.MustCompile(`<text class="word"[^>]*>([^<]+)</text>`).FindAllStringSubmatch(string(picture), -1)
	if len(words) != 24 {
		t.Errorf("%d words", len(words))
	}
	for _, word := range words {
		if row := "\n| " + strings.ReplaceAll(word[1], " or ", ", ") + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/concepts.md has no row %q", row)
		}
	}
}

// declared adds the exported names of a package: Name, and with a dot before it the package or
// the type that it belongs to.
func declared(t *testing.T, folder string, names map[string]bool) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	pkg := filepath.Base(folder)
	if folder == "." {
		pkg = "engage"
	}
	add := func(of string, ids ...*ast.Ident) {
		for _, id := range ids {
			names[id.Name] = true
			if of != "" {
				names[of+"."+id.Name], names[pkg+"."+of+"."+id.Name] = true, true
			}
		}
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				of := pkg
				if d.Recv != nil {
					of = receiver(d.Recv.List[0].Type)
				}
				add(of, d.Name)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						add(pkg, spec.Names...)
					case *ast.TypeSpec:
						add(pkg, spec.Name)
						if s, ok := spec.Type.(*ast.StructType); ok {
							for _, field := range s.Fields.List {
								add(spec.Name.Name, field.Names...)
							}
						}
					}
				}
			}
		}
	}
}

// receiver returns the name of the type of a method.
func receiver(of ast.Expr) string {
	switch of := of.(type) {
	case *ast.StarExpr:
		return receiver(of.X)
	case *ast.IndexExpr:
		return receiver(of.X)
	case *ast.Ident:
		return of.Name
	default:
		return ""
	}
}
