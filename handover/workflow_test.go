package handover_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/handover"
)

// workflow is one of seed 001, "Workflow", as a sequence of messages.
type workflow struct {
	title    string
	settings handover.Settings
	messages []message
}

// message is an arrow of a sequence diagram: what happens by it, in the words of the
// explored world, and who has control afterwards.
type message struct {
	from, to, says string
	steps          []string
	control        handover.Owner
}

var (
	told = func(kind string) []string {
		return []string{"the platform is told", kind + " 0 lands", kind + " 0 is answered"}
	}
	answers  = message{"Agent", "Customer", "answers", []string{"agent engages", "agent sends", "delivered"}, handover.Agent}
	closes   = message{"Agent", "ED", "closes the intervention, control is released", append([]string{"intervention ends"}, told("release")...), handover.Idle}
	requests = message{"BOT", "ED", "gives thread control via ED API", []string{"bot to agent"}, handover.Bot}
	passes   = message{"BOT", "ED", "passes thread control via FB API", append(told("request"), "the app in control passes"), handover.Agent}
)

var workflows = []workflow{
	{"Bot primary", handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}, []message{
		{"Customer", "BOT", "message", []string{"customer writes"}, handover.Bot},
		{"BOT", "Customer", "answers", nil, handover.Bot},
		requests, passes, answers, closes,
		{"Customer", "BOT", "message", []string{"customer writes"}, handover.Bot},
	}},
	{"ED primary", handover.Settings{Primary: handover.Agent}, []message{
		{"Customer", "ED", "message", []string{"customer writes"}, handover.Agent},
		{"BOT", "ED", "requests thread control via ED API", []string{"agent to bot"}, handover.Agent},
		{"ED", "BOT", "passes thread control via FB API", told("pass"), handover.Bot},
		{"BOT", "Customer", "answers", nil, handover.Bot},
		requests, passes, answers, closes,
		{"Customer", "ED", "message", []string{"customer writes"}, handover.Agent},
	}},
	{"No specified primary", handover.Settings{}, []message{
		{"Customer", "IDLE", "message", []string{"customer writes"}, handover.Idle},
		{"BOT", "IDLE", "requests (and automatically gets) control via FB API", []string{"the bot takes control"}, handover.Bot},
		{"BOT", "Customer", "answers", nil, handover.Bot},
		requests, passes, answers, closes,
		{"Customer", "IDLE", "message", []string{"customer writes"}, handover.Idle},
	}},
	{"When agent interrupts bot", handover.Settings{Primary: handover.Bot, BotApp: "bot-a"}, []message{
		{"Customer", "BOT", "message", []string{"customer writes"}, handover.Bot},
		{"BOT", "Customer", "answers", nil, handover.Bot},
		{"Agent", "ED", "opens an intervention", []string{"agent engages"}, handover.Bot},
		{"ED", "BOT", "requests control via FB API", told("request"), handover.Bot},
		{"BOT", "ED", "gives control via FB API", []string{"the app in control passes"}, handover.Agent},
		{"Agent", "Customer", "answers", []string{"agent sends", "delivered"}, handover.Agent},
		closes,
	}},
}

// mermaid draws a workflow.
func (w workflow) mermaid() string {
	var b strings.Builder
	b.WriteString("sequenceDiagram\n")
	var parties []string
	for _, m := range w.messages {
		for _, p := range []string{m.from, m.to} {
			if !slices.Contains(parties, p) {
				parties = append(parties, p)
				fmt.Fprintf(&b, "    participant %s\n", p)
			}
		}
	}
	control := handover.Idle
	for _, m := range w.messages {
		fmt.Fprintf(&b, "    %s->>%s: %s\n", m.from, m.to, m.says)
		if m.control != control {
			control = m.control
			fmt.Fprintf(&b, "    Note over %s: %s has control\n", m.to, control)
		}
	}
	return b.String()
}

// TestWorkflows replays the workflows of the seed, with the calls in its order.
func TestWorkflows(t *testing.T) {
	t.Parallel()
	for _, flow := range workflows {
		t.Run(flow.title, func(t *testing.T) {
			t.Parallel()
			w := newWorld(flow.settings, true, true, interferes)
			for _, m := range flow.messages {
				for _, name := range m.steps {
					all := w.steps()
					n := slices.IndexFunc(all, func(s step) bool { return s.name == name })
					if n < 0 {
						t.Fatalf("%s: cannot happen when %+v", name, w.state())
					}
					if err := all[n].do(&w); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
				}
				if w.control.Holder().Owner != m.control {
					t.Fatalf("after %q %v has control, and %+v is under way", m.says, w.control.Party, w.control.Verb)
				}
				if w.truth.Ours() != w.control.Ours() {
					t.Fatalf("after %q the platform sees %v in control", m.says, w.truth)
				}
			}
		})
	}
}
