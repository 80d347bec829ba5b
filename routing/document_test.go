package routing_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

var update = flag.Bool("update", false, "write the diagrams of doc.go and LIFECYCLES.md instead of comparing them")

// docDiagrams are those of doc.go, in its order.
var docDiagrams = []string{
	routing.TaskLifecycle.Mermaid(),
	routing.ReservationLifecycle.Mermaid(),
	routing.ChannelLifecycle.Mermaid(),
}

// withDocDiagrams returns the package doc with its diagrams in place of those that it has:
// each is an indented block that begins with the kind of diagram.
func withDocDiagrams(doc string) (string, error) {
	const indent = "//\t"
	var b strings.Builder
	n, inside := 0, false
	for line := range strings.Lines(doc) {
		if line == indent+"stateDiagram-v2\n" {
			if n < len(docDiagrams) {
				for row := range strings.Lines(docDiagrams[n]) {
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
	if n != len(docDiagrams) {
		return "", fmt.Errorf("doc.go has room for %d diagrams, there are %d", n, len(docDiagrams))
	}
	return b.String(), nil
}

const lifecyclesHead = `# Lifecycles

<!-- Generated from the tables of package routing. Do not edit:
     go test ./routing -run TestLifecyclesDocument -update -->

What can happen to tasks, reservations, channels, invites, participants and transfers: the
tables TaskLifecycle, ReservationLifecycle, ChannelLifecycle, InviteLifecycle,
ParticipantLifecycle and TransferLifecycle of package routing, as diagrams and in words. What
is not in a table is refused, with an error that names the state, the verb and the condition
that does not hold.
`

// lifecycleChapter renders one lifecycle.
func lifecycleChapter[State, Verb ~string, Facts any](title string, l interaction.Lifecycle[State, Verb, Facts]) string {
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
		if err != nil && !*update {
			t.Fatal(err)
		}
		return string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
	doc, err := withDocDiagrams(read("doc.go"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"doc.go": doc,
		"LIFECYCLES.md": lifecyclesHead +
			lifecycleChapter("The life of a task", routing.TaskLifecycle) +
			lifecycleChapter("The life of a reservation", routing.ReservationLifecycle) +
			lifecycleChapter("The life of a channel", routing.ChannelLifecycle) +
			lifecycleChapter("The life of an invite", routing.InviteLifecycle) +
			lifecycleChapter("The life of a participant", routing.ParticipantLifecycle) +
			lifecycleChapter("The life of a transfer", routing.TransferLifecycle),
	} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // documents, for everybody to read
				t.Fatal(err)
			}
		}
		if read(path) != want {
			t.Errorf("%s does not say what the tables say: go test ./routing -run TestLifecyclesDocument -update", path)
		}
	}
}
