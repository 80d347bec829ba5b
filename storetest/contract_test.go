package storetest

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write store/CONTRACT.md instead of comparing it")

const contractHead = `# The contract of store.Store

<!-- Generated from the register of package storetest. Do not edit:
     go test ./storetest -run TestContractDocument -update -->

Each rule that a store must keep, under the name of the test that checks it. The
documentation of package store says the same in context and is what to read first;
[Writing a Store](../docs/writing-a-store.md) is the way from an empty file to a store
that keeps them all. One rule is checked with

    go test -race -run 'TestConformance/commit-atomic$'

in the package of the store, if TestConformance is the test that calls storetest.Run.
Beside each rule stands the function that checks it, what of storetest.Harness the
check cannot do without ("needs"), and what it sees less without ("better with").
`

// contract renders the register as store/CONTRACT.md.
func contract() string {
	var b strings.Builder
	b.WriteString(contractHead)
	var read string
	for _, c := range Clauses() {
		if c.Read != read {
			read = c.Read
			fmt.Fprintf(&b, "\n## %s\n", read)
		}
		check := runtime.FuncForPC(reflect.ValueOf(c.check).Pointer())
		file, _ := check.FileLine(check.Entry())
		file = filepath.Base(file)
		name := check.Name()[strings.LastIndex(check.Name(), ".")+1:]
		fmt.Fprintf(&b, "\n### %s\n\n%s\n%s in [storetest/%s](../storetest/%s)", c.ID, c.Text, name, file, file)
		for _, parts := range []struct {
			how string
			of  parts
		}{{"needs", c.needs}, {"better with", c.better}} {
			if parts.of != 0 {
				fmt.Fprintf(&b, "; %s %s", parts.how, strings.ReplaceAll(parts.of.String(), " and no ", " and "))
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

// TestContractDocument compares store/CONTRACT.md with the register.
func TestContractDocument(t *testing.T) {
	t.Parallel()
	path := filepath.Join("..", "store", "CONTRACT.md")
	want := []byte(contract())
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil { //nolint:gosec // a document, for everybody to read
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n")), want) {
		t.Error("store/CONTRACT.md does not say what the register says: go test ./storetest -run TestContractDocument -update")
	}
}
