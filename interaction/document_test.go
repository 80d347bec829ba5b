package interaction_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/interaction"
)

var update = flag.Bool("update", false, "write the diagrams of doc.go and LIFECYCLES.md instead of comparing them")

// diagrams are those of doc.go, in its order.
var diagrams = []string{
	interaction.ThreadLifecycle.Mermaid(),
	interaction.InterventionLifecycle.Mermaid(),
	interaction.SyncLifecycle.Mermaid(),
}

// withDiagrams returns the package doc with its diagrams in place of those that it has:
// each is an indented block that begins with the kind of diagram.
func withDiagrams(doc string) (string, error) {
	const indent = "//\t"
	var b strings.Builder
	n, inside := 0, false
	for line := range strings.Lines(doc) {
		if line == indent+"stateDiagram-v2\n" {
			if n < len(diagrams) {
				for row := range strings.Lines(diagrams[n]) {
					b.WriteString(indent + row)
				}
			}
			n, inside = n+1, true
			continue
		}
		inside = inside && strings.HasPrefix(line, indent)
		if !inside {
			b.WriteString(line)
		}
	}
	if n != len(diagrams) {
		return "", fmt.Errorf("doc.go has room for %d diagrams, there are %d", n, len(diagrams))
	}
	return b.String(), nil
}

const lifecyclesHead = `# Lifecycles

<!-- Generated from the tables of package interaction. Do not edit:
     go test ./interaction -run TestLifecyclesDocument -update -->

What can happen to threads, interventions and deliveries: the tables ThreadLifecycle,
InterventionLifecycle and SyncLifecycle of package interaction, as diagrams and in words.
What is not in a table is refused, with an error that names the state, the verb and the
condition that does not hold.
`

// chapter renders one lifecycle.
func chapter[State, Verb ~string, Facts any](title string, l interaction.Lifecycle[State, Verb, Facts]) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n## %s\n\n```mermaid\n%s```\n\n| from | what happens | to | it needs that | events |\n|---|---|---|---|---|\n", title, l.Mermaid())
	for _, row := range l.Rows {
		var from, rules, events []string
		for _, state := range row.From {
			if state == "" {
				state = "–"
			}
			from = append(from, string(state))
		}
		for _, guard := range row.Guards {
			rules = append(rules, guard.Rule)
		}
		for _, event := range row.Events {
			events = append(events, "`"+event+"`")
		}
		to := string(row.To)
		if to == "" {
			to = "the same"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", strings.Join(from, ", "), row.By, to, strings.Join(rules, "; "), strings.Join(events, ", "))
	}
	return b.String()
}

// TestLifecyclesDocument compares what is written about the lifecycles with the tables.
func TestLifecyclesDocument(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
	doc, err := withDiagrams(read("doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"doc.go": doc,
		"LIFECYCLES.md": lifecyclesHead +
			chapter("The life of a thread", interaction.ThreadLifecycle) +
			chapter("The life of an intervention", interaction.InterventionLifecycle) +
			chapter("The life of a delivery", interaction.SyncLifecycle),
	} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // documents, for everybody to read
				t.Fatal(err)
			}
		}
		if read(path) != want {
			t.Errorf("%s does not say what the tables say: go test ./interaction -run TestLifecyclesDocument -update", path)
		}
	}
}
