package engage_test

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeShowsAProgramThatRuns: it stands in examples/review, which is compiled.
func TestReadmeShowsAProgramThatRuns(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("examples/review/main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, found := strings.Cut(string(program), "package main")
	if !found || !strings.Contains(string(readme), "```go\npackage main"+code+"```") {
		t.Error("README.md does not show examples/review/main.go")
	}
	for _, command := range []string{"\ngo run ./examples/quickstart\n", "\ngo test ./...\n"} {
		if !strings.Contains(string(readme), command) {
			t.Errorf("README.md does not name %q", command)
		}
	}
}
