package handover_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

var update = flag.Bool("update", false, "write the diagram of doc.go and CONTROL.md instead of comparing them")

// leads are the owners to which an act can lead at once, or through the platform.
var leads = map[handover.Act][]handover.Owner{
	handover.DoGive: {handover.Agent, handover.Bot}, handover.DoReach: {handover.Agent}, handover.DoClaim: {handover.Bot},
	handover.DoRequest: {handover.Agent}, handover.DoGrant: {handover.Agent}, handover.DoPass: {handover.Bot},
	handover.DoNext: {handover.Idle, handover.Bot}, handover.DoExpire: {handover.Idle},
}

func rulesOf(row handover.Rule) string {
	var rules []string
	for _, g := range row.When {
		rules = append(rules, g.Rule)
	}
	if len(rules) == 0 {
		return ""
	}
	return " [" + strings.Join(rules, ", and ") + "]"
}

// diagram draws what moves control while nothing is under way.
func diagram() string {
	var b strings.Builder
	b.WriteString("stateDiagram-v2\n")
	for _, row := range handover.Rules {
		if len(row.Phases) > 0 && !slices.Contains(row.Phases, handover.Still) {
			continue
		}
		owners := row.Owners
		if len(owners) == 0 {
			owners = handover.Owners()
		}
		for _, from := range owners {
			for _, to := range leads[row.Do] {
				if from != to && !(row.Do == handover.DoNext && from != handover.Agent) {
					fmt.Fprintf(&b, "    %s --> %s: %s%s\n", from, to, row.On, rulesOf(row))
				}
			}
		}
	}
	return b.String()
}

const documentHead = `# Control

<!-- Generated from the table of package handover. Do not edit:
     go test ./handover -run TestControlDocument -update -->

Who controls a conversation, and what is done when something happens: the table Rules of
package handover. The first row of a trigger that fits counts: with the owner, with what
is under way, and with the conditions in brackets. A condition that refuses is set with
its name: the request is refused unless it holds.
`

func document() string {
	var b strings.Builder
	b.WriteString(documentHead)
	for _, trigger := range handover.Triggers() {
		fmt.Fprintf(&b, "\n## %s\n\n| owner | under way | what is done | refused unless |\n|---|---|---|---|\n", trigger)
		for _, row := range handover.Rules {
			if row.On != trigger {
				continue
			}
			var choose, refuse []string
			for _, g := range row.When {
				if g.Code == "" {
					choose = append(choose, g.Rule)
				} else {
					refuse = append(refuse, fmt.Sprintf("`%s`: %s", g.Code, g.Rule))
				}
			}
			do := string(row.Do)
			if do == "" {
				do = "–"
			}
			if len(choose) > 0 {
				do += " (if " + strings.Join(choose, ", and ") + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", names(row.Owners), names(row.Phases), do, strings.Join(refuse, "; "))
		}
	}
	b.WriteString("\n# The workflows\n\nThose of the handover protocol, as the tests replay them.\n")
	for _, w := range workflows {
		fmt.Fprintf(&b, "\n## %s\n\n```mermaid\n%s```\n", w.title, w.mermaid())
	}
	return b.String()
}

func names[T ~string](list []T) string {
	if len(list) == 0 {
		return "any"
	}
	var text []string
	for _, one := range list {
		text = append(text, string(one))
	}
	return strings.Join(text, ", ")
}

// TestControlDocument compares what is written about control with the table.
func TestControlDocument(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		text, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		return string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))
	}
	for path, want := range map[string]string{"doc.go": withDiagram(read("doc.go")), "CONTROL.md": document()} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil { //nolint:gosec // documents, for everybody to read
				t.Fatal(err)
			}
		}
		if read(path) != want {
			t.Errorf("%s does not say what the table says: go test ./handover -run TestControlDocument -update", path)
		}
	}
}

// withDiagram returns the package doc with the diagram in place of the one that it has.
func withDiagram(doc string) string {
	const indent = "//\t"
	var b strings.Builder
	inside := false
	for line := range strings.Lines(doc) {
		if line == indent+"stateDiagram-v2\n" {
			for row := range strings.Lines(diagram()) {
				b.WriteString(indent + row)
			}
			inside = true
			continue
		}
		inside = inside && strings.HasPrefix(line, indent)
		if !inside {
			b.WriteString(line)
		}
	}
	return b.String()
}
