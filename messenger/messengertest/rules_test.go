package messengertest_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/messenger/messengertest"
)

// documented says who may do what, as it is documented: for each generation, verb and
// caller what comes of it while the conversation is idle, the caller's own, or another's.
//
// The callers are the primary or default app where there is one (lead), an app that may take
// control under routing (taker), and one that is nothing special (plain).
//
//	says       the customer reads it
//	take       the caller has control; who had it is told of a take
//	ask        who has control is told of the request
//	self       the caller has control, and is told of a pass; third, lead: that app
//	idle       nobody has control, and nobody is told
//	longer     control lasts for as long as is asked
//	all        who has control, and until when; time: only until when; none: neither
//	#10, #27, #100   it is refused so, and nothing changes
//
//nolint:dupword // it is a table
const documented = `
	handover protocol with a primary app
	messages       lead taker plain   says   says   #10
	take           lead               take   take   take
	take           taker plain        take   #27    #27
	request        lead taker plain   self   #100   ask
	pass third     lead taker plain   third  third  #100
	pass self      lead taker plain   self   #100   #100
	pass default   lead               self   #100   #100
	pass default   taker plain        lead   lead   #100
	pass unknown   lead taker plain   #100   #100   #100
	release        lead taker plain   #100   idle   #100
	extend         lead taker plain   #100   longer #100
	owner          lead               none   all    all
	owner          taker plain        none   all    time

	handover protocol without a primary app
	messages       lead taker plain   says   says   #10
	take           lead taker plain   take   #27    #27
	request        lead taker plain   self   #100   ask
	pass third     lead taker plain   third  third  #100
	pass self      lead taker plain   self   #100   #100
	pass default   lead taker plain   #100   #100   #100
	pass unknown   lead taker plain   #100   #100   #100
	release        lead taker plain   #100   idle   #100
	extend         lead taker plain   #100   longer #100
	owner          lead taker plain   none   all    time

	conversation routing with a default app
	messages       lead               says   says   #10
	messages       taker plain        #10    says   #10
	take           taker              take   #100   take
	take           lead plain         #27    #100   #27
	request        lead taker plain   #100   #100   #100
	pass third     lead taker plain   third  third  #100
	pass self      lead taker plain   self   #100   #100
	pass default   lead               self   #100   #100
	pass default   taker plain        lead   lead   #100
	pass unknown   lead taker plain   #100   #100   #100
	release        lead taker plain   #100   idle   #100
	extend         lead taker plain   #100   longer #100
	owner          lead               none   all    all
	owner          taker plain        none   all    time

	conversation routing without a default app
	messages       lead taker plain   says   says   #10
	take           lead taker plain   #27    #27    #27
	request        lead taker plain   self   #100   ask
	pass third     lead taker plain   third  third  #100
	pass self      lead taker plain   self   #100   #100
	pass default   lead taker plain   #100   #100   #100
	pass unknown   lead taker plain   #100   #100   #100
	release        lead taker plain   #100   idle   #100
	extend         lead taker plain   #100   longer #100
	owner          lead taker plain   none   all    time
`

// cells returns the cells of documented by generation, verb, caller and state.
func cells(t *testing.T) map[[4]string]string {
	t.Helper()
	cells := map[[4]string]string{}
	var generation string
	for line := range strings.Lines(documented) {
		f := strings.Fields(line)
		var callers []string
		var verb []string
		for _, word := range f {
			switch word {
			case "lead", "taker", "plain":
				if len(callers) < len(f)-len(verb)-3 {
					callers = append(callers, word)
				}
			default:
				if len(callers) == 0 {
					verb = append(verb, word)
				}
			}
		}
		switch {
		case len(f) == 0:
			continue
		case len(callers) == 0:
			generation = strings.Join(f, " ")
			continue
		}
		for _, caller := range callers {
			for i, state := range []string{"idle", "own", "another's"} {
				key := [4]string{generation, strings.Join(verb, " "), caller, state}
				if _, twice := cells[key]; twice {
					t.Fatalf("%v stands twice", key)
				}
				cells[key] = f[len(f)-3+i]
			}
		}
	}
	return cells
}

// nobody takes webhooks, and does nothing.
var nobody = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

// TestRules walks through all generations, verbs, callers and states.
func TestRules(t *testing.T) {
	t.Parallel()
	want := cells(t)
	verbs := map[string]messengertest.Verb{
		"messages": messengertest.Send, "take": messengertest.Take, "request": messengertest.Request,
		"pass third": messengertest.Pass, "pass self": messengertest.Pass, "pass default": messengertest.Pass,
		"pass unknown": messengertest.Pass, "release": messengertest.Release, "extend": messengertest.Extend,
		"owner": messengertest.Owner,
	}
	for _, generation := range messengertest.Generations() {
		for name, verb := range verbs {
			for _, caller := range []string{"lead", "taker", "plain"} {
				for _, state := range []string{"idle", "own", "another's"} {
					key := [4]string{string(generation), name, caller, state}
					w, ok := want[key]
					if !ok {
						t.Errorf("%v does not stand in the table", key)
						continue
					}
					delete(want, key)
					if got := try(t, generation, verb, name, caller, state); got != w {
						t.Errorf("%v: %s, want %s", key, got, w)
					}
				}
			}
		}
	}
	for key := range want {
		t.Errorf("%v is not tried", key)
	}
}

// try makes a call in a state, and returns what came of it in the words of the table.
func try(t *testing.T, generation messengertest.Generation, verb messengertest.Verb, name, caller, state string) string {
	t.Helper()
	m := messengertest.New(nil)
	page := m.Page("page", generation)
	apps := map[string]*messengertest.App{}
	for _, id := range []string{"lead", "taker", "plain", "third", "rival"} {
		var options []messengertest.AppOption
		if id == "taker" {
			options = append(options, messengertest.MayTake())
		}
		apps[id] = page.App(id, options...)
		apps[id].Subscribe(nobody)
	}
	before := map[string]string{"idle": "", "own": caller, "another's": "rival"}[state]
	page.SetOwner("ada", before)

	parameters := messengertest.To("ada")
	parameters["metadata"] = "why"
	switch name {
	case "messages":
		parameters = messengertest.Text("ada", "Hello")
	case "pass third":
		parameters["target_app_id"] = "third"
	case "pass self":
		parameters["target_app_id"] = caller
	case "pass unknown":
		parameters["target_app_id"] = "stranger"
	case "extend":
		parameters["duration"] = 3 * 24 * 60 * 60
	}
	a, err := apps[caller].Call(t.Context(), verb, parameters)
	if err != nil {
		t.Fatal(err)
	}
	after := page.Owner("ada")
	var told []string
	for _, h := range m.Pending() {
		if h.Kind != "echo" {
			told = append(told, fmt.Sprintf("%s: %s", h.App, about(t, h)))
		}
	}
	got := fmt.Sprintf("%+v: %q → %q, told %q", a, before, after, told)
	reads := len(page.Customer("ada").Reads())
	if a.Code != 0 {
		if after != before || told != nil || reads != 0 || a.Status != http.StatusBadRequest || (a.Code == 10) != (a.Subcode == 2018300) {
			return "refused, and yet " + got
		}
		return fmt.Sprintf("#%d", a.Code)
	}
	day := noon + int64(24*60*60)
	can := func(happened bool, word string) string {
		if !happened || reads != 0 && verb != messengertest.Send {
			return got
		}
		return word
	}
	switch verb {
	case messengertest.Send:
		return can(reads == 1 && a.MessageID != "" && after == before && told == nil, "says")
	case messengertest.Owner:
		switch {
		case after != before || told != nil:
			return got
		case a.Owner != "":
			return can(a.Owner == before && a.Expiration == day, "all")
		case a.Expiration != 0:
			return can(a.Expiration == day, "time")
		}
		return "none"
	case messengertest.Extend:
		now, err := apps[caller].Call(t.Context(), messengertest.Owner, parameters)
		return can(err == nil && a.Success && after == before && told == nil && now.Expiration == day+2*24*60*60, "longer")
	case messengertest.Release:
		return can(a.Success && after == "" && told == nil, "idle")
	case messengertest.Take:
		var want []string
		if before == "rival" {
			want = []string{"rival: take_thread_control rival to " + caller + " why"}
		}
		return can(a.Owner == caller && a.Expiration == day && after == caller && slices.Equal(told, want), "take")
	case messengertest.Request:
		if before == "rival" {
			return can(a.Success && after == before && slices.Equal(told, []string{"rival: request_thread_control " + caller + " why"}), "ask")
		}
	case messengertest.Pass:
	}
	passed := slices.Equal(told, []string{fmt.Sprintf("%s: pass_thread_control %s to %s why", after, cmp.Or(before, "null"), after)})
	if after == caller {
		return can(a.Success && passed, "self")
	}
	return can(a.Success && passed, after)
}

// noon is the time of a Messenger without a clock, in seconds.
const noon int64 = 1777636800

// about says what a webhook tells of thread control.
func about(t *testing.T, h messengertest.Hook) string {
	t.Helper()
	var hook struct {
		Object string
		Entry  []struct {
			ID        string
			Messaging []struct {
				Sender, Recipient struct{ ID string }
				Timestamp         int64
				Pass              *handed `json:"pass_thread_control"`
				Take              *handed `json:"take_thread_control"`
				Request           *handed `json:"request_thread_control"`
			}
		}
	}
	if err := json.Unmarshal(h.Body, &hook); err != nil {
		t.Fatal(err)
	}
	e := hook.Entry[0].Messaging[0]
	if hook.Object != "page" || hook.Entry[0].ID != "page" || e.Recipient.ID != "page" || e.Sender.ID != "ada" ||
		e.Timestamp != noon*1000 || h.Field != "messaging_handovers" || h.PSID != "ada" {
		return "the envelope is " + string(h.Body)
	}
	for kind, c := range map[string]*handed{"pass_thread_control": e.Pass, "take_thread_control": e.Take, "request_thread_control": e.Request} {
		switch {
		case c == nil:
			continue
		case c.Requested != "":
			return fmt.Sprintf("%s %s %s", kind, c.Requested, c.Metadata)
		case c.Previous == nil:
			return fmt.Sprintf("%s null to %s %s", kind, c.New, c.Metadata)
		}
		return fmt.Sprintf("%s %s to %s %s", kind, *c.Previous, c.New, c.Metadata)
	}
	return "it is " + string(h.Body)
}

// handed is what a webhook tells of a verb.
type handed struct {
	Previous  *string `json:"previous_owner_app_id"`
	New       string  `json:"new_owner_app_id"`
	Requested string  `json:"requested_owner_app_id"`
	Metadata  string  `json:"metadata"`
}
