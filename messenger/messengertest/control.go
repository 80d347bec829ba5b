package messengertest

import (
	"cmp"
	"time"
)

// call is what an app asks, once it is read.
type call struct {
	app     *App
	verb    Verb
	psid    string
	target  string // of a pass
	meta    string
	seconds int64 // of an extension
	message Message
	inline  *call // the verb that goes with a message
}

// question returns what the rules are asked for a call.
func (p *Page) question(c call, t *thread) question {
	q := question{
		generation: p.generation, verb: c.verb, state: foreign,
		lead: c.app.ID == p.lead, mayTake: c.app.mayTake, target: toOther,
	}
	switch t.owner {
	case "":
		q.state = idle
	case c.app.ID:
		q.state = own
	}
	switch to := p.target(c); {
	case p.app(to) == nil:
		q.target = toNobody
	case to == c.app.ID:
		q.target = toSelf
	}
	return q
}

// target returns the app that a pass is to: the primary or default one, if none is named.
func (p *Page) target(c call) string { return cmp.Or(c.target, p.lead) }

// do does what an app asks, if the rules let it, and returns the answer.
func (p *Page) do(c call) reply {
	t, at := p.thread(c.psid), p.m.clock()
	e := decide(p.question(c, t))
	if refusal, no := refusals[e]; no {
		return refuse(refusal)
	}
	if c.inline != nil {
		// Whoever may write without having control may not pass it, or the other way
		// round: then nothing is done.
		if refusal, no := refusals[decide(p.question(*c.inline, t))]; no {
			return refuse(refusal)
		}
	}
	switch e {
	case says:
		c.message.App = c.app.ID
		r := reply{Recipient: c.psid, MessageID: p.say(t, c.message)}
		if c.inline != nil {
			p.do(*c.inline)
		}
		return r
	case takes:
		p.take(t, c.app.ID, c.meta)
		return p.owned(t)
	case claims:
		p.give(t, c.app.ID, c.meta)
	case asks:
		p.m.queue(p.app(t.owner), "messaging_handovers", string(Request), t.psid, map[string]any{
			string(Request): map[string]any{"requested_owner_app_id": c.app.ID, "metadata": c.meta},
		})
	case gives:
		p.give(t, p.target(c), c.meta)
	case releases:
		t.owner = ""
	case extends:
		t.expires = at.Add(time.Duration(c.seconds) * time.Second)
	case tells:
		return p.owned(t)
	case tellsTime:
		return reply{Data: []threadOwner{{owner{Expiration: t.expires.Unix()}}}}
	case tellsNone:
		return reply{Data: []threadOwner{}}
	case notTheOwner, mayNotTake, mayNotSend: // among the refusals
	}
	return reply{Success: true}
}

// owned returns the answer that says who has control.
func (p *Page) owned(t *thread) reply {
	return reply{Data: []threadOwner{{owner{AppID: t.owner, Expiration: t.expires.Unix()}}}}
}

// orNull returns the ID of an app as a webhook has it.
func orNull(app string) any {
	if app == "" {
		return nil
	}
	return app
}

// take gives control to an app that takes it, and tells who had it.
func (p *Page) take(t *thread, app, meta string) {
	before := t.owner
	t.give(app, p.m.clock())
	if before == "" || before == app {
		return
	}
	p.m.queue(p.app(before), "messaging_handovers", string(Take), t.psid, map[string]any{
		string(Take): map[string]any{"previous_owner_app_id": before, "new_owner_app_id": app, "metadata": meta},
	})
}

// give gives control to an app, and tells it.
func (p *Page) give(t *thread, app, meta string) {
	before := t.owner
	t.give(app, p.m.clock())
	p.m.queue(p.app(app), "messaging_handovers", string(Pass), t.psid, map[string]any{
		string(Pass): map[string]any{"previous_owner_app_id": orNull(before), "new_owner_app_id": app, "metadata": meta},
	})
}

// say has an app write to the customer, and returns the name of the message. All apps get
// the echo.
func (p *Page) say(t *thread, message Message) (mid string) {
	message.MID, message.At = p.m.mid(), p.m.clock()
	t.messages = append(t.messages, message)
	if t.owner != "" && !p.generation.routes() {
		t.active(message.At) // under routing only what customers write counts
	}
	echo := map[string]any{"mid": message.MID, "is_echo": true, "app_id": message.App}
	if message.Text != "" {
		echo["text"] = message.Text
	}
	if message.Metadata != "" {
		echo["metadata"] = message.Metadata
	}
	if message.File != "" {
		echo["attachments"] = []any{map[string]any{"type": message.Kind, "payload": map[string]string{"url": message.File}}}
	}
	p.broadcast(t, "echo", echo)
	return message.MID
}

// broadcast tells all apps of a message: who has control, and all while nobody has it, as
// what is for them; the others stand by.
func (p *Page) broadcast(t *thread, kind string, message map[string]any) {
	for _, a := range p.apps {
		field := "messages"
		if t.owner != "" && t.owner != a.ID {
			field = "standby"
		}
		p.m.queue(a, field, kind, t.psid, map[string]any{"message": message})
	}
}
