package storetest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/storetest"
)

const guide = "../docs/writing-a-store.md"

func readGuide(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestGuideShowsCodeThatRuns: each block of Go in "Writing a Store" stands in a
// file that is compiled, which but for its indentation is the same.
func TestGuideShowsCodeThatRuns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var sources [][]string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources = append(sources, strings.Split(string(source), "\n"))
	}
	blocks := regexp.MustCompile("(?s)\n```go\n(.*?)\n```\n").FindAllStringSubmatch(readGuide(t), -1)
	if len(blocks) < 10 {
		t.Fatalf("%s has %d blocks of Go: is it still read right?", guide, len(blocks))
	}
	for _, block := range blocks {
		lines := strings.Split(block[1], "\n")
		found := false
		for _, source := range sources {
			found = found || contains(source, lines)
		}
		if !found {
			t.Errorf("%s shows code that stands in none of the tests:\n%s", guide, block[1])
		}
	}
}

// contains reports whether the lines stand in source, all of them further in or
// out by the same number of tabs.
func contains(source, lines []string) bool {
	for i := range len(source) - len(lines) + 1 {
		tabs := indent(source[i]) - indent(lines[0])
		same := true
		for j, line := range lines {
			same = same && strings.TrimLeft(line, "\t") == strings.TrimLeft(source[i+j], "\t") &&
				(line == "" || indent(source[i+j])-indent(line) == tabs)
		}
		if same {
			return true
		}
	}
	return false
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, "\t")) }

// TestGuideNamesClausesThatExist: what stands in brackets is the ID of a clause,
// or the text of a link.
func TestGuideNamesClausesThatExist(t *testing.T) {
	t.Parallel()
	clauses := map[string]bool{}
	for _, c := range storetest.Clauses() {
		clauses[c.ID] = true
	}
	text := regexp.MustCompile("(?s)\n```.*?\n```\n").ReplaceAllString(readGuide(t), "\n") // code has brackets of its own
	named := 0
	for _, id := range regexp.MustCompile(`\[([a-z]+(?:-[a-z]+)+)\]([^(]|$)`).FindAllStringSubmatch(text, -1) {
		named++
		if !clauses[id[1]] {
			t.Errorf("%s names [%s], and there is no such clause", guide, id[1])
		}
	}
	if named == 0 {
		t.Errorf("%s names no clause: is it still read right?", guide)
	}
}

// TestGuideShowsAFailure: the failure that is shown is of a clause as it stands,
// and its words are in the code.
func TestGuideShowsAFailure(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile(`(?m)^    \[(\S+)\] (.+)\n +done: Get of 2 keys (.+)\n(?:.+\n)+ +want: (.+)\n +read: the documentation of (.+)$`).FindStringSubmatch(readGuide(t))
	if shown == nil {
		t.Fatalf("%s shows no failure: is it still read right?", guide)
	}
	i := slices.IndexFunc(storetest.Clauses(), func(c storetest.Clause) bool { return c.ID == shown[1] })
	if i < 0 || storetest.Clauses()[i].Text != shown[2] || storetest.Clauses()[i].Read != shown[5] {
		t.Errorf("%s shows a failure of a clause that there is not: %q", guide, shown[0])
	}
	source, err := os.ReadFile("get.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{shown[3], shown[4]} {
		if !strings.Contains(string(source), words) {
			t.Errorf("%s shows %q in a failure, which get.go does not say", guide, words)
		}
	}
}

// TestGuideLinksLead: a file or heading that is linked exists.
func TestGuideLinksLead(t *testing.T) {
	t.Parallel()
	text := readGuide(t)
	headings := map[string]bool{}
	for _, h := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(text, -1) {
		slug := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(h[1]), "")
		headings[strings.ReplaceAll(slug, " ", "-")] = true
	}
	for _, link := range regexp.MustCompile(`\]\(([^)\s]+)\)`).FindAllStringSubmatch(text, -1) {
		if heading, ok := strings.CutPrefix(link[1], "#"); ok {
			if !headings[heading] {
				t.Errorf("%s links the heading %q, which it does not have", guide, heading)
			}
			continue
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(guide), filepath.FromSlash(link[1]))); err != nil {
			t.Errorf("%s links %s: %v", guide, link[1], err)
		}
	}
}
