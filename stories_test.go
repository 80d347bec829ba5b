package engage_test

import (
	"bytes"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEachStoryHasAnExampleThatRuns holds the list of stories in the package's documentation
// against the examples: each that is named is there, and each of this package is named once.
func TestEachStoryHasAnExampleThatRuns(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, stories, found := strings.Cut(file.Doc.Text(), "# Stories\n")
	if !found {
		t.Fatal("doc.go has no section Stories")
	}
	stories, _, _ = strings.Cut(stories, "\n# ")

	here, named := examples(t, "."), make(map[string]int)
	for _, story := range regexp.MustCompile(`(?m)^ +- to .*: (?:(\w+)\.)?(Example\w*)$`).FindAllStringSubmatch(stories, -1) {
		switch pkg, name := story[1], story[2]; {
		case pkg == "":
			named[name]++
			if !here[name] {
				t.Errorf("%s: there is no such example", name)
			}
		case !examples(t, pkg)[name]:
			t.Errorf("%s.%s: there is no such example", pkg, name)
		}
	}
	if lines := strings.Count(stories, "  - "); lines < 80 || lines != strings.Count(stories, ": Example")+2 {
		t.Errorf("%d stories, of which two have their example in another package; %d have one here", lines, strings.Count(stories, ": Example"))
	}
	for name := range here {
		if named[name] != 1 {
			t.Errorf("%s stands %d times among the stories", name, named[name])
		}
	}
}

// TestEveryPackageHasAnExample: those that others can import have one whose output is checked.
func TestEveryPackageHasAnExample(t *testing.T) {
	t.Parallel()
	packages := 0
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case path != "." && (strings.HasPrefix(entry.Name(), ".") || slices.Contains([]string{"internal", "examples", "testdata", "tools", "compat"}, entry.Name())):
			return fs.SkipDir
		}
		if sources, err := filepath.Glob(filepath.Join(path, "*.go")); err != nil || len(sources) == 0 {
			return err
		}
		packages++
		if len(examples(t, path)) == 0 {
			t.Errorf("%s has no example", path)
		}
		return nil
	})
	if err != nil || packages < 15 {
		t.Errorf("%d packages: %v", packages, err)
	}
}

// examples returns the names of the examples in a folder whose output is checked.
func examples(t *testing.T, folder string) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	fset := token.NewFileSet()
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(source, []byte("\nfunc Example")) {
			continue
		}
		file, err := parser.ParseFile(fset, path, source, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	names := make(map[string]bool)
	for _, e := range doc.Examples(files...) {
		if e.Output == "" && !e.EmptyOutput {
			t.Errorf("%s/Example%s has no output that is checked", folder, e.Name)
		}
		if e.Doc == "" && e.Name != "" {
			t.Errorf("%s/Example%s does not say what it is about", folder, e.Name)
		}
		names["Example"+e.Name] = true
	}
	return names
}
