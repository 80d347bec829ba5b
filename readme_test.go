package engage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
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
	if lines := 1 + strings.Count(code, "\n"); lines > 31 { // the last one is empty
		t.Errorf("the program of README.md has %d lines: whoever decides in two minutes reads 30", lines-1)
	}
	story, err := os.ReadFile("examples/quickstart/testdata/story.txt")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "\n```\n3. ")
	shown, _, _ = strings.Cut("3. "+shown, "```")
	if !strings.Contains(string(story), shown) {
		t.Errorf("the quickstart does not print what README.md shows:\n%s", shown)
	}
	for _, command := range []string{"\ngo run ./examples/quickstart\n", "\ngo test ./...\n"} {
		if !strings.Contains(string(readme), command) {
			t.Errorf("README.md does not name %q", command)
		}
	}
}

// TestDocumentsLeadToFilesThatAreThere follows the links of the documents to files of the
// repository.
func TestDocumentsLeadToFilesThatAreThere(t *testing.T) {
	t.Parallel()
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	for _, document := range append(documents, "README.md", "CHANGELOG.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range link.FindAllStringSubmatch(string(text), -1) {
			if to := found[1]; !strings.Contains(to, "://") {
				if _, err := os.Stat(filepath.Join(filepath.Dir(document), to)); err != nil {
					t.Errorf("%s leads to %s: %v", document, to, err)
				}
			}
		}
	}
}

// TestTheLimitsOfRoutingAreWhatItsPageSays holds docs/routing.md against the constants.
func TestTheLimitsOfRoutingAreWhatItsPageSays(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(page), ",", "")
	for _, row := range []string{
		fmt.Sprintf("workspace | %d %d %d %d |", engage.MaxActivities, engage.MaxTaskChannels, engage.MaxQueues, engage.MaxWorkflows),
		fmt.Sprintf("queues | %d %d MiB in all |", engage.MaxCrews, engage.MaxExpressions>>20),
		fmt.Sprintf("expression | %d KiB %d parentheses deep %d keys |", routing.MaxExpression>>10, routing.MaxExpressionDepth, routing.MaxExpressionKeys),
		fmt.Sprintf("| %d bytes |", routing.MaxConfiguration),
		fmt.Sprintf("| %d characters |", routing.MaxAttributes),
		fmt.Sprintf("task channel | %d |", routing.MaxCapacity),
		fmt.Sprintf("beside its agents | %d; %d |", routing.MaxLiveTasks, routing.MaxParticipants),
		fmt.Sprintf("at a time | %d |", routing.MaxReservedWorkers),
		fmt.Sprintf("reserved | %d; then", routing.MaxAssignments),
		fmt.Sprintf("| %.0f days; then an agent", routing.MaxPause.Hours()/24),
	} {
		if !strings.Contains(text, row) {
			t.Errorf("docs/routing.md does not say %q", row)
		}
	}
	if routing.DefaultTimeout != 86_400 || routing.MaxTaskTimeout != 14*86_400 || routing.DefaultReservationTimeout != 120 || routing.MaxReservationTimeout != 86_400 {
		t.Error("docs/routing.md says other times")
	}
}
