package schema_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/engage-interactions/engage/schema"
)

func TestTheDocumentationNamesEveryKeywordAndFormat(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	names := schema.Keywords()
	for _, f := range schema.Formats() {
		names = append(names, string(f))
	}
	for _, name := range names {
		// In a table, in its first column.
		if !regexp.MustCompile(`(?m)^//\t(\S+, )*` + regexp.QuoteMeta(name) + `\b`).Match(doc) {
			t.Errorf("%s is missing", name)
		}
	}
}
