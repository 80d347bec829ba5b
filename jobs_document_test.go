package engage_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEachTypeOfJobIsExplained compares the types that the code has with what the doc of
// Jobs says of them.
func TestEachTypeOfJobIsExplained(t *testing.T) {
	t.Parallel()
	files := must(filepath.Glob("*.go"))(t)
	constant := regexp.MustCompile(`(?m)^(?:const)?\s+job[A-Z]\w*\s*=\s*"([a-z_.]+)"`)
	explained := string(must(os.ReadFile("jobs.go"))(t))
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, match := range constant.FindAllStringSubmatch(string(must(os.ReadFile(file))(t)), -1) {
			found++
			if !strings.Contains(explained, "\n//\t"+match[1]+" ") {
				t.Errorf("the doc of Jobs does not say what %s leaves when it has failed", match[1])
			}
			if !strings.Contains(explained, `"`+match[1]+`"`) {
				t.Errorf("the doc of Job.Type does not name %s", match[1])
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d types of jobs were found: are they written in another way now?", found)
	}
}
