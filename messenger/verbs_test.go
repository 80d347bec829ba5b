package messenger_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// platform returns the platform of an app of a simulated Messenger.
func platform(t *testing.T, m *messengertest.Messenger, a *messengertest.App) *messenger.Platform {
	t.Helper()
	p, err := messenger.New(messenger.Options{
		AppID: a.ID, AppSecret: a.Secret, HTTPClient: m.Client(),
		AccessToken: func(context.Context, interaction.Source) (string, error) { return a.Token, nil },
		PageID:      func(s interaction.Source) string { return s.ID },
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// handling is a verb for ada, on the page of that name.
func handling(app string) engage.Handling {
	return engage.Handling{
		Key: "key", Source: interaction.Source{ID: "page"}, Identity: interaction.Identity{ID: "i", ForeignID: "ada"},
		App: app, Metadata: "why",
	}
}

// delivery is a text for ada.
func delivery(text string) engage.Delivery {
	return engage.Delivery{
		Key: "key", Source: interaction.Source{ID: "page"}, Identity: interaction.Identity{ID: "i", ForeignID: "ada"},
		Content: interaction.Content{Body: text},
	}
}

// documented says what a verb of the Platform comes to by the rules of Messenger, while the
// conversation is idle, our app's, or the bot's. Our app is the primary or default one
// (lead), one that may take control under routing (taker), or nothing special (plain).
//
//	desk, bot, idle   it is done, and that app has control, or nobody
//	granted, asked    of a request; granted: our app has control
//	says              the customer reads it
//	#10, #27, #100    it is refused so; what would change nothing is done, and what is
//	                  idle and may not be taken is passed to ourselves
//	of owner: idle, agent, bot, other
//
//nolint:dupword // it is a table
const documented = `
	handover protocol with a primary app
	send      lead taker plain   says      says      #10
	take      lead               desk      desk      desk
	take      taker plain        desk      desk      #27
	request   lead taker plain   granted   granted   asked
	pass      lead               bot       bot       bot
	pass      taker plain        bot       bot       #100
	release   lead taker plain   idle      idle      #100
	extend    lead taker plain   #100      desk      #100
	owner     lead               idle      agent     bot
	owner     taker plain        idle      agent     other

	handover protocol without a primary app
	send      lead taker plain   says      says      #10
	take      lead taker plain   desk      desk      #27
	request   lead taker plain   granted   granted   asked
	pass      lead taker plain   bot       bot       #100
	release   lead taker plain   idle      idle      #100
	extend    lead taker plain   #100      desk      #100
	owner     lead taker plain   idle      agent     other

	conversation routing with a default app
	send      lead               says      says      #10
	send      taker plain        #10       says      #10
	take      taker              desk      desk      desk
	take      lead plain         desk      desk      #27
	request   lead taker plain   #100      granted   #100
	pass      lead               bot       bot       bot
	pass      taker plain        bot       bot       #100
	release   lead taker plain   idle      idle      #100
	extend    lead taker plain   #100      desk      #100
	owner     lead               idle      agent     bot
	owner     taker plain        idle      agent     other

	conversation routing without a default app
	send      lead taker plain   says      says      #10
	take      lead taker plain   desk      desk      #27
	request   lead taker plain   granted   granted   asked
	pass      lead taker plain   bot       bot       #100
	release   lead taker plain   idle      idle      #100
	extend    lead taker plain   #100      desk      #100
	owner     lead taker plain   idle      agent     other
`

// TestVerbs walks through all generations, verbs, roles and states.
func TestVerbs(t *testing.T) {
	t.Parallel()
	tried := 0
	var generation string
	for line := range strings.Lines(documented) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if !slices.Contains([]string{"send", "take", "request", "pass", "release", "extend", "owner"}, f[0]) {
			generation = strings.Join(f, " ")
			continue
		}
		for _, role := range f[1 : len(f)-3] {
			for i, state := range []string{"", "desk", "bot"} {
				tried++
				if got, want := try(t, messengertest.Generation(generation), f[0], role, state), f[len(f)-3+i]; got != want {
					t.Errorf("%s, %s as %s, control of %q: %s, want %s", generation, f[0], role, state, got, want)
				}
			}
		}
	}
	if want := 4 * 7 * 3 * 3; tried != want {
		t.Errorf("%d were tried, of %d", tried, want)
	}
}

// try does a verb in a state, and says in the words of the table what came of it.
func try(t *testing.T, generation messengertest.Generation, verb, role, before string) string {
	t.Helper()
	m := messengertest.New(nil)
	page := m.Page("page", generation)
	connect := func(id string, options ...messengertest.AppOption) *messengertest.App {
		return page.App(id, options...)
	}
	var desk *messengertest.App
	switch role {
	case "lead":
		desk = connect("desk", messengertest.NeedsProof())
		connect("bot")
	case "taker":
		connect("first")
		desk = connect("desk", messengertest.MayTake(), messengertest.NeedsProof())
		connect("bot")
	default:
		connect("first")
		desk = connect("desk", messengertest.NeedsProof())
		connect("bot")
	}
	page.SetOwner("ada", before)
	p := platform(t, m, desk)
	did, err := perform(t.Context(), p, verb)
	after := page.Owner("ada")
	if err != nil {
		return failed(err, verb, before, after)
	}
	switch verb {
	case "send":
		if reads := page.Customer("ada").Reads(); after != before || len(reads) != 1 || reads[0].MID != did || reads[0].Metadata != "key" {
			return fmt.Sprintf("ada reads %+v, and %q has control", reads, after)
		}
		return "says"
	case "owner", "request":
		if (after == before) != (did != "granted" || before == "desk") || did == "granted" && after != "desk" {
			return did + ", and " + after
		}
		return did
	}
	if after == "" {
		return "idle"
	}
	return after
}

// perform does a verb, and returns what it answers beside an error.
func perform(ctx context.Context, p *messenger.Platform, verb string) (string, error) {
	switch verb {
	case "send":
		return p.Send(ctx, delivery("Hello!"))
	case "take":
		return "", p.Take(ctx, handling(""))
	case "request":
		granted, err := p.Request(ctx, handling(""))
		return map[bool]string{true: "granted", false: "asked"}[granted], err
	case "pass":
		return "", p.Pass(ctx, handling("bot"))
	case "release":
		return "", p.Release(ctx, handling(""))
	case "extend":
		return "", p.Extend(ctx, handling(""), 48*time.Hour)
	}
	who, err := p.Owner(ctx, handling(""))
	switch who {
	case handover.Party{Owner: handover.Idle}, handover.Party{Owner: handover.Agent}, handover.Party{Owner: handover.Other}:
		return string(who.Owner), err
	case handover.Party{Owner: handover.Other, App: "bot"}:
		return "bot", err
	}
	return who.String(), err
}

// failed says in the words of the table how a verb was refused.
func failed(err error, verb, before, after string) string {
	refusal, ok := errors.AsType[*messenger.Error](err)
	var word interface{ NotDelivered() bool }
	switch {
	case !ok || after != before:
		return fmt.Sprintf("%v, and %q has control", err, after)
	case !errors.As(err, &word):
		return fmt.Sprintf("%v leaves open whether it is done", err)
	case errors.Is(err, engage.ErrNotInControl) != (verb == "send"):
		return fmt.Sprintf("%v says the wrong thing of who has control", err)
	}
	return fmt.Sprintf("#%d", refusal.Code)
}

// TestRepeatedVerbs loses the answer of each verb: that is left open, and the verb comes out
// as done when it is repeated.
func TestRepeatedVerbs(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"take", "request", "release", "pass"} {
		for name, lost := range map[string]messengertest.Behaviour{
			"the connection breaks": messengertest.Break(),
			"a server fails":        messengertest.Fail(503, 2, 0, "Service temporarily unavailable"),
			"a gateway fails":       messengertest.Fail(502, 0, 0, ""),
		} {
			m := messengertest.New(nil)
			page := m.Page("page", messengertest.HandoverPrimary)
			desk := page.App("desk")
			page.App("bot")
			before := map[string]string{"take": "bot", "release": "desk", "pass": "desk"}[verb]
			page.SetOwner("ada", before)
			m.Will(messengertest.DoThen(lost))
			p := platform(t, m, desk)
			_, err := perform(t.Context(), p, verb)
			var word interface{ NotDelivered() bool }
			if err == nil || errors.As(err, &word) {
				t.Errorf("%s, %s: %v", verb, name, err)
			}
			after := page.Owner("ada")
			did, err := perform(t.Context(), p, verb)
			if err != nil || verb == "request" && did != "granted" || page.Owner("ada") != after || after == before {
				t.Errorf("%s, %s, repeated: %s, %v, %q has control", verb, name, did, err, page.Owner("ada"))
			}
		}
	}
}

// TestTakeOfWhatNobodyHas passes control to our own app where the page does not let it take
// that. If that is refused, too, the first refusal is told; if nobody knows whether it is
// done, that is left open.
func TestTakeOfWhatNobodyHas(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		pass  messengertest.Behaviour
		owner string
		code  int // 0: it is left open
	}{
		{"refused, too", messengertest.Fail(400, 200, 0, "(#200) Permission denied"), "", 27},
		{"another was faster", messengertest.Fail(400, 100, 0, "(#100) Not the owner"), "", 27},
		{"the answer is lost", messengertest.DoThen(messengertest.Break()), "desk", 0},
		{"it is lost", messengertest.Break(), "", 0},
		{"limited", messengertest.Fail(400, 613, 0, "(#613) Too many calls"), "", 613},
	} {
		m := messengertest.New(nil)
		page := m.Page("page", messengertest.Routing)
		page.App("bot")
		p := platform(t, m, page.App("desk", messengertest.NeedsProof()))
		page.SetOwner("ada", "")
		m.Will(tt.pass, messengertest.Pass)
		err := p.Take(t.Context(), handling(""))
		refusal, ok := errors.AsType[*messenger.Error](err)
		var word interface{ NotDelivered() bool }
		if err == nil || ok != (tt.code != 0) || ok && refusal.Code != tt.code || errors.As(err, &word) != ok || page.Owner("ada") != tt.owner {
			t.Errorf("%s: %v, and %q has control", tt.name, err, page.Owner("ada"))
		}
	}
}
