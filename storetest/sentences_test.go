package storetest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// explanations are the sentences of the contract that oblige a store to nothing:
// they say what a thing is, permit something, or send the reader elsewhere.
var explanations = []string{
	// store.Store
	"Store keeps records and events for any number of tenants.",
	"If several things are wrong at once, it is up to the store which of them it tells.",
	"Every method but Close honours its context.", // the three that follow say how
	"Prepare makes kinds known to this handle, and creates what the store needs for them.",
	"Find returns one page of the records that q selects, in its order.",
	"See [Query] and [Page].",
	"See [Batch].",
	"They may have gaps.",
	// the values
	"Kind declares a kind of record and the indexes it can be found by.",
	"Key names a record.",
	"Version is the ID of the batch that last wrote a record, \"\" for a record that does not exist.",
	"Versions are compared for equality only.",
	"Record is a value with its key, version and index terms.",
	"Batch is one change, applied whole or not at all.", // commit-atomic, at Commit
	"Event is one entry of a tenant's log.",
	"Query selects records of one tenant and kind by the terms of one index.",
	"A cursor is opaque.",
	// errors
	"The classes of errors that a Store gives.",
	"Test for them with errors.Is.",
	"An error of none of these classes is the context's, or a fault of the store that left everything unchanged.", // commit-atomic
	"ErrUnavailable says that the store could not do it now, because of contention that did not pass or of a fault below it, and that nothing changed.",
	"The same call may succeed later.",
	"ErrInvalid says that an argument breaks a rule of this package: the call can never succeed as it is.",
	"ErrConflict says that a record no longer has the version that a batch expects: read again and decide again.",
	"ErrUnknownOutcome says that a batch may have been applied, or may yet be.",
	"Read one of the keys that it put: if the version is the batch's ID, it was applied.",
	"A Trim or Prepare that gives it can simply be repeated.",
	"ErrTrimmed says that events after the requested position have been forgotten.",
	"ErrClosed says that the handle was closed before the call.",
}

// bound are the types whose documentation, or that of whose methods, binds a
// store.
var bound = []string{"Store", "Kind", "Key", "Version", "Record", "Check", "Batch", "Event", "Query", "Page"}

// TestEachSentenceOfTheContractHasAClause looks at each sentence that may oblige
// a store to something: it names its clause, in brackets, or it is known to
// explain only.
func TestEachSentenceOfTheContractHasAClause(t *testing.T) {
	t.Parallel()
	var explained []string
	for _, comment := range contractComments(t) {
		for _, sentence := range sentences(comment) {
			switch {
			case bracketed.MatchString(sentence):
			case slices.Contains(explanations, sentence):
				explained = append(explained, sentence)
			default:
				t.Errorf("a sentence of the contract names no clause: %s", sentence)
			}
		}
	}
	for _, sentence := range explanations {
		if !slices.Contains(explained, sentence) {
			t.Errorf("the contract does not say: %s", sentence)
		}
	}
}

// TestEachMustNamesItsClause looks at the rest of package store, too.
func TestEachMustNamesItsClause(t *testing.T) {
	t.Parallel()
	must := regexp.MustCompile(`\bmust\b`)
	for _, file := range storeFiles(t) {
		for _, decl := range file.Decls {
			for _, comment := range docs(decl) {
				for _, sentence := range sentences(comment) {
					if must.MatchString(sentence) && !bracketed.MatchString(sentence) {
						t.Errorf("%s: %q names no clause", file.Name, sentence)
					}
				}
			}
		}
	}
}

// contractComments returns the doc comments that bind a store.
func contractComments(t *testing.T) []string {
	t.Helper()
	var comments []string
	for _, file := range storeFiles(t) {
		for _, decl := range file.Decls {
			decl, ok := decl.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range decl.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if slices.Contains(bound, spec.Name.Name) {
						comments = append(comments, docs(decl)...)
					}
				case *ast.ValueSpec:
					if strings.HasPrefix(spec.Names[0].Name, "Err") {
						comments = append(comments, spec.Doc.Text())
						if spec == decl.Specs[0] {
							comments = append(comments, decl.Doc.Text())
						}
					}
				}
			}
		}
	}
	return comments
}

// docs returns the doc comment of an exported declaration, and those of what is
// declared in it: the methods of an interface, the names of a group.
func docs(decl ast.Decl) []string {
	var comments []string
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			comments = append(comments, n.Doc.Text())
		case *ast.FuncDecl:
			if n.Name.IsExported() {
				comments = append(comments, n.Doc.Text())
			}
			return false
		case *ast.ValueSpec:
			comments = append(comments, n.Doc.Text())
		case *ast.Field:
			comments = append(comments, n.Doc.Text())
		}
		return true
	})
	return comments
}

func storeFiles(t *testing.T) []*ast.File {
	t.Helper()
	names, err := filepath.Glob("../store/*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("package store has %d files, %v", len(names), err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// sentences returns the sentences of a comment, each in one line.
func sentences(comment string) []string {
	var all []string
	for paragraph := range strings.SplitSeq(comment, "\n\n") {
		text := strings.Join(strings.Fields(paragraph), " ")
		for text != "" {
			end := strings.Index(text, ". ")
			if end < 0 {
				all = append(all, text)
				break
			}
			all = append(all, text[:end+1])
			text = text[end+2:]
		}
	}
	return all
}
