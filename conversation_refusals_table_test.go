package engage_test

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

const nowhere = "01HQTF8BQ05WNQXDD48H753DJ4" // an ID as any, of nothing

// refusedReceipts are those of what a platform tells of.
func (b *bench) refusedReceipts() []refusal {
	bad := "\xff"
	row := func(name string, change func(*engage.Inbound), want saying) refusal {
		in := b.says("eve", secret)
		change(&in)
		return refusal{"receive " + name, engage.System(), func(ctx context.Context, s engage.Services) error {
			return second(s.Threads.Receive(ctx, in))
		}, want}
	}
	return []refusal{
		row("from an unknown source", func(in *engage.Inbound) { in.SourceID = "fax" }, isUnknown("fax")),
		row("from no source", func(in *engage.Inbound) { in.SourceID = "" }, isUnknown("")),
		row("of nobody", func(in *engage.Inbound) { in.Customer.ForeignID = "" }, isInvalid("customer.foreign_id", "empty")),
		row("of bytes", func(in *engage.Inbound) { in.Body = bad }, isInvalid("body", "UTF-8")),
		row("of too many bytes", func(in *engage.Inbound) { in.Body = strings.Repeat("x", interaction.MaxBody+1) }, isInvalid("body")),
		row("of too many files", func(in *engage.Inbound) {
			in.Attachments = make([]interaction.Attachment, interaction.MaxAttachments+1)
		}, isInvalid("attachments", "100")),
		row("of a file that is nowhere", func(in *engage.Inbound) { in.Attachments = make([]interaction.Attachment, 1) }, isInvalid("attachments")),
		row("in a strange format", func(in *engage.Inbound) { in.BodyFormat = "rtf" }, isInvalid("body_input_format", "html")),
		row("with a foreign ID of bytes", func(in *engage.Inbound) { in.ForeignID = bad }, isInvalid("foreign_id", "UTF-8")),
		row("with a long foreign ID", func(in *engage.Inbound) { in.ForeignID = strings.Repeat("x", interaction.MaxText+1) }, isInvalid("foreign_id")),
		row("with a foreign thread ID of bytes", func(in *engage.Inbound) { in.ThreadForeignID = bad }, isInvalid("thread_foreign_id")),
		row("with a long title", func(in *engage.Inbound) { in.ThreadTitle = strings.Repeat("x", interaction.MaxText+1) }, isInvalid("thread_title")),
		row("in reply to bytes", func(in *engage.Inbound) { in.InReplyTo = bad }, isInvalid("in_reply_to")),
		row("with a profile of bytes", func(in *engage.Inbound) { in.Customer.DisplayName = bad }, isInvalid("display_name")),
		row("for a contact of bytes", func(in *engage.Inbound) { in.Customer.ContactID = bad }, isInvalid("customer.contact_id")),
		row("written after the year 9999", func(in *engage.Inbound) { in.CreatedAt = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) }, isInvalid("created_at")),
		row("written before the year 0", func(in *engage.Inbound) { in.CreatedAt = time.Date(-2, 1, 1, 0, 0, 0, 0, time.UTC) }, isInvalid("created_at")),
		{"receive an echo from a customer", engage.Customer("eve"), func(ctx context.Context, s engage.Services) error {
			in := b.says("eve", secret)
			in.Echo = &engage.Echo{}
			return second(s.Threads.Receive(ctx, in))
		}, aRefusal("chat", "customers only read", "Receive")},
		row("as an echo of bytes", func(in *engage.Inbound) { in.Echo = &engage.Echo{Creator: engage.Bot(bad)} }, isInvalid("echo.creator")),
		row("as an echo of a long name", func(in *engage.Inbound) { in.Echo = &engage.Echo{Creator: engage.Bot(strings.Repeat("x", 2000))} }, isInvalid("echo.creator")),
	}
}

// refusedPosts are those of what the company says.
func (b *bench) refusedPosts() []refusal {
	first := must(b.As(bob).Contents.Post(b.t.Context(), engage.Post{ThreadID: b.answered, Message: interaction.Message{Body: secret}, IdempotencyKey: "k"}))(b.t)
	row := func(name string, by engage.Actor, threadID string, change func(*engage.Post), want saying) refusal {
		post := engage.Post{ThreadID: threadID, Message: interaction.Message{Body: secret}}
		if change != nil {
			change(&post)
		}
		return refusal{"post " + name, by, func(ctx context.Context, s engage.Services) error {
			return second(s.Contents.Post(ctx, post))
		}, want}
	}
	for_ := func(id string) func(*engage.Post) { return func(p *engage.Post) { p.IdentityID = id } }
	keyed := func(change func(*engage.Post)) func(*engage.Post) {
		return func(p *engage.Post) {
			p.IdempotencyKey = "k"
			change(p)
		}
	}
	used := isConflict("", "another content")
	return []refusal{
		row("nowhere", bob, nowhere, nil, isUnknown(nowhere)),
		row("in what is no ID", bob, "\x00", nil, isUnknown("\x00")),
		row("without an intervention", bob, b.waiting, nil, aRefusal(b.waiting, "needs an intervention", "engage in the thread")),
		row("after it was canceled", ann, b.canceled, nil, aRefusal(b.of[b.canceled], "canceled", "engage in the thread")),
		row("after it was closed", ann, b.ended, nil, aRefusal(b.of[b.ended], "closed", "reopen it")),
		row("after somebody else closed it", bob, b.ended, nil, aRefusal(b.of[b.ended], "closed", "engage in the thread")),
		row("in a closed thread", ann, b.closed, nil, aRefusal(b.closed, "closed", "reopen the thread")),
		row("in a closed thread as the host", engage.System(), b.closed, nil, aRefusal(b.closed, "closed", "reopen the thread")),
		row("while it is deferred", ann, b.deferred, nil, aRefusal(b.of[b.deferred], "deferred", "resume it")),
		row("where somebody else is on it", ann, b.answered, nil, isEngaged(b.of[b.answered], bob)),
		row("as a bot where an agent is on it", robot, b.answered, nil, isEngaged(b.of[b.answered], bob)),
		row("as a customer", engage.Customer("eve"), b.answered, nil, aRefusal(b.answered, "customers only read", "Receive")),
		row("as somebody of the host's own", engage.Actor{Type: "supervisor", ID: "sue"}, b.answered, nil, aRefusal(b.answered, "agents, bots and the system", "Engine.As")),
		row("to somebody who takes no part", bob, b.answered, for_(b.fay), aRefusal(b.answered, "who take part", "Threads.Open")),
		row("to somebody who takes no part, as the host", engage.System(), b.answered, for_(b.fay), aRefusal(b.answered, "who take part", "Threads.Open")),
		row("to a source that is not active", ann, b.stopped, nil, aRefusal("off", "not active", "Sources.Update")),
		row("to a source that is not active, as the host", engage.System(), b.stopped, nil, aRefusal("off", "not active", "Sources.Update")),
		row("nothing", bob, b.answered, func(p *engage.Post) { p.Body = "" }, isInvalid("body", "empty")),
		row("bytes", bob, b.answered, func(p *engage.Post) { p.Body = "\xff" }, isInvalid("body", "UTF-8")),
		row("too many characters", bob, b.answered, func(p *engage.Post) { p.Body = strings.Repeat("ü", interaction.DefaultMaxBody+1) }, isInvalid("body", "20000", "20001")),
		row("too many bytes", bob, b.answered, func(p *engage.Post) { p.Body = strings.Repeat("x", interaction.MaxBody+1) }, isInvalid("body")),
		row("too many files", bob, b.answered, func(p *engage.Post) { p.Attachments = make([]interaction.Attachment, 101) }, isInvalid("attachments")),
		row("in a strange format", bob, b.answered, func(p *engage.Post) { p.BodyFormat = "rtf" }, isInvalid("body_input_format")),
		row("in reply to nothing", bob, b.answered, func(p *engage.Post) { p.InReplyToID = nowhere }, isUnknown(nowhere)),
		row("in reply to another thread", ann, b.fresh, func(p *engage.Post) { p.InReplyToID = b.content }, isInvalid("in_reply_to_id", "another thread")),
		row("to one of several", ann, b.crowd, nil, isInvalid("identity_id", "several")),
		row("to nobody", bob, b.answered, for_(nowhere), isUnknown(nowhere)),
		row("to what is no ID", bob, b.answered, for_("a\x00b"), isUnknown("a\x00b")),
		row("to a long ID", bob, b.answered, for_(strings.Repeat("x", 1000)), isUnknown(strings.Repeat("x", 1000))),
		row("to bytes", bob, b.answered, for_("\xff"), isInvalid("identity_id")),
		row("to somebody elsewhere, as the host", engage.System(), b.answered, for_(b.stranger), isInvalid("identity_id", "community")),
		row("to another than the one replied to", bob, b.answered, func(p *engage.Post) { p.InReplyToID, p.IdentityID = b.content, b.stranger }, isInvalid("identity_id")),
		row("else with a key", bob, b.answered, keyed(func(p *engage.Post) { p.Body = "else" }), used),
		row("a file more with a key", bob, b.answered, keyed(func(p *engage.Post) { p.Attachments = []interaction.Attachment{{URL: "u"}} }), used),
		row("privately with a key", bob, b.answered, keyed(func(p *engage.Post) { p.Private = true }), used),
		row("in reply with a key", bob, b.answered, keyed(func(p *engage.Post) { p.InReplyToID = first.ID }), used),
		row("with a key of somebody else", ann, b.answered, keyed(func(*engage.Post) {}), used),
		{"ignore nothing", ann, func(ctx context.Context, s engage.Services) error { return second(s.Contents.Ignore(ctx, nowhere)) }, isUnknown(nowhere)},
		{"ignore a reply", ann, func(ctx context.Context, s engage.Services) error { return second(s.Contents.Ignore(ctx, b.reply)) }, aRefusal(b.reply, "customer's", "")},
	}
}

// refusedEngagements are those of who wants to take it on.
func (b *bench) refusedEngagements() []refusal {
	row := func(name string, by engage.Actor, e engage.Engagement, want saying) refusal {
		return refusal{"engage " + name, by, func(ctx context.Context, s engage.Services) error {
			return second(s.Interventions.Engage(ctx, e))
		}, want}
	}
	on := func(threadID string) engage.Engagement { return engage.Engagement{ThreadID: threadID} }
	return []refusal{
		row("nowhere", ann, on(nowhere), isUnknown(nowhere)),
		row("in nothing", ann, engage.Engagement{}, isUnknown("")),
		row("on no content", ann, engage.Engagement{ContentID: nowhere}, isUnknown(nowhere)),
		row("where another agent is", ann, on(b.answered), isEngaged(b.of[b.answered], bob)),
		row("where another agent has deferred", bob, on(b.deferred), isEngaged(b.of[b.deferred], ann)),
		row("as a bot where an agent is", robot, on(b.answered), isEngaged(b.of[b.answered], bob)),
		row("in a closed thread", ann, on(b.closed), aRefusal(b.of[b.closed], "thread is open", "reopen the thread")),
		row("as the host", engage.System(), on(b.fresh), isInvalid("owner", "agent")),
		row("as a customer", engage.Customer("eve"), on(b.fresh), aRefusal(b.fresh, "customers", "agent")),
		row("as a customer for an agent", engage.Customer("eve"), engage.Engagement{ContentID: b.content, Owner: ann}, aRefusal(b.content, "customers", "agent")),
		row("with somebody who takes no part", ann, engage.Engagement{ThreadID: b.fresh, IdentityID: b.fay}, aRefusal(b.fresh, "who take part", "Threads.Open")),
		row("as an agent without a name", engage.Agent(""), on(b.fresh), isInvalid("actor", "ID")),
		row("for an agent without a name", ann, engage.Engagement{ThreadID: b.fresh, Owner: engage.Agent("")}, isInvalid("owner", "ID")),
		row("as somebody unknown", engage.Agent("ghost"), on(b.fresh), isUnknown("ghost")),
		row("for somebody unknown", ann, engage.Engagement{ThreadID: b.fresh, Owner: engage.Bot("ghost")}, isUnknown("ghost")),
		row("with one of several", ann, on(b.crowd), isInvalid("identity_id", "several")),
		row("with nobody", ann, engage.Engagement{ThreadID: b.fresh, IdentityID: nowhere}, isUnknown(nowhere)),
		row("with a long ID", ann, engage.Engagement{ThreadID: b.fresh, IdentityID: strings.Repeat("x", 600)}, isUnknown(strings.Repeat("x", 600))),
		row("with somebody elsewhere", ann, engage.Engagement{ThreadID: b.fresh, IdentityID: b.stranger}, isInvalid("identity_id", "community")),
		row("on a content elsewhere", ann, engage.Engagement{ThreadID: b.fresh, ContentID: b.content}, isInvalid("content_id", "another thread")),
	}
}

// on is a call about one intervention.
type on func(s engage.Interventions, ctx context.Context, id string) error

func (b *bench) about(name string, by engage.Actor, id string, call on, want saying) refusal {
	return refusal{name, by, func(ctx context.Context, s engage.Services) error { return call(s.Interventions, ctx, id) }, want}
}

var (
	closes = func(c engage.Closing) on {
		return func(s engage.Interventions, ctx context.Context, id string) error { return second(s.Close(ctx, id, c)) }
	}
	cancels = on(func(s engage.Interventions, ctx context.Context, id string) error { return second(s.Cancel(ctx, id)) })
	reopens = on(func(s engage.Interventions, ctx context.Context, id string) error { return second(s.Reopen(ctx, id)) })
	resumes = on(func(s engage.Interventions, ctx context.Context, id string) error { return second(s.Resume(ctx, id)) })
	assigns = func(to engage.Actor) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Assign(ctx, id, to))
		}
	}
	transfers = func(to engage.Actor) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Transfer(ctx, id, to))
		}
	}
	joins = func(who engage.Actor) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Join(ctx, id, who))
		}
	}
	leaves = func(who engage.Actor) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Leave(ctx, id, who))
		}
	}
	defers = func(until time.Time) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Defer(ctx, id, until))
		}
	}
	comments = func(body string) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Comment(ctx, id, body))
		}
	}
	categorizes = func(ids ...string) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Categorize(ctx, id, ids))
		}
	}
	fields = func(value string) on {
		return func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.SetCustomFields(ctx, id, map[string]json.RawMessage{"n": json.RawMessage(value)}))
		}
	}
)

// refusedEndings are those of closing, canceling and reopening.
func (b *bench) refusedEndings() []refusal {
	fresh, answered, closed, canceled, demanding := b.of[b.fresh], b.of[b.answered], b.of[b.closed], b.of[b.canceled], b.of[b.demanding]
	plain := closes(engage.Closing{})
	return []refusal{
		b.about("close nothing", ann, nowhere, plain, isUnknown(nowhere)),
		b.about("close without a reply", ann, fresh, plain, aRefusal(fresh, "there was a reply", "cancel it")),
		b.about("close what somebody else has", ann, answered, plain, aRefusal(answered, "its owner", "assigned")),
		b.about("close as a customer", engage.Customer("eve"), answered, plain, aRefusal(answered, "customers", "agent")),
		b.about("close what is closed", ann, closed, plain, aRefusal(closed, "closed", "")),
		b.about("close what is canceled", ann, canceled, plain, aRefusal(canceled, "canceled", "")),
		b.about("close without a disposition", ann, demanding, plain, aRefusal(demanding, "disposition", "disposition")),
		b.about("close as the host without a disposition", engage.System(), demanding, plain, aRefusal(demanding, "disposition", "disposition")),
		b.about("close without a category", ann, b.of[b.loose], plain, aRefusal(b.of[b.loose], "categor", "categor")),
		b.about("close with an unknown disposition", ann, demanding, closes(engage.Closing{DispositionIDs: []string{"fun"}}), isInvalid("disposition_ids", "fun")),
		b.about("close with a category for something else", ann, demanding, closes(engage.Closing{DispositionIDs: []string{"topic"}}), isInvalid("disposition_ids", "topic")),
		b.about("close with a disposition of another source", bob, answered, closes(engage.Closing{DispositionIDs: []string{"how"}}), isInvalid("disposition_ids", "how")),
		b.about("close by itself as an agent", bob, answered, closes(engage.Closing{Cause: "tired"}), isInvalid("cause", "system")),
		b.about("close for a cause of bytes", engage.System(), answered, closes(engage.Closing{Cause: "\xff"}), isInvalid("cause")),
		b.about("cancel nothing", ann, "\x00", cancels, isUnknown("\x00")),
		b.about("cancel after a reply", bob, answered, cancels, aRefusal(answered, "there was no reply", "close it")),
		b.about("cancel what is canceled", ann, canceled, cancels, aRefusal(canceled, "canceled", "")),
		b.about("cancel what is closed", ann, closed, cancels, aRefusal(closed, "closed", "")),
		b.about("cancel what another agent owns", bob, fresh, cancels, aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("defer what another agent owns", bob, fresh, defers(b.clock.read().Add(time.Hour)), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("resume what another agent owns", bob, b.of[b.deferred], resumes, aRefusal(b.of[b.deferred], "no agent owns it", "have its owner do so")),
		b.about("reopen in a closed thread", ann, closed, reopens, aRefusal(closed, "thread is open", "reopen the thread")),
		b.about("reopen what is open", ann, fresh, reopens, aRefusal(fresh, "open", "")),
		b.about("reopen what is canceled", ann, canceled, reopens, aRefusal(canceled, "canceled", "engage")),
		b.about("defer into the past", ann, fresh, defers(b.clock.read().Add(-1)), aRefusal(fresh, "in the future", "later")),
		b.about("defer until now", ann, fresh, defers(b.clock.read()), aRefusal(fresh, "in the future", "later")),
		b.about("defer until never", ann, fresh, defers(time.Time{}), aRefusal(fresh, "in the future", "later")),
		b.about("defer beyond the year 9999", ann, fresh, defers(time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC)), isInvalid("until", "9999")),
		b.about("defer what is deferred", ann, b.of[b.deferred], defers(b.clock.read().Add(time.Hour)), aRefusal(b.of[b.deferred], "deferred", "resume")),
		b.about("defer what is closed", ann, closed, defers(b.clock.read().Add(time.Hour)), aRefusal(closed, "closed", "reopen")),
		b.about("resume what is open", ann, fresh, resumes, aRefusal(fresh, "open", "")),
	}
}

// refusedChanges are those of all else.
func (b *bench) refusedChanges() []refusal {
	fresh, closed := b.of[b.fresh], b.of[b.closed]
	thread := func(name string, call func(context.Context, engage.Threads) error, want saying) refusal {
		return refusal{name, ann, func(ctx context.Context, s engage.Services) error { return call(ctx, s.Threads) }, want}
	}
	annotate := func(id, name, value string) func(context.Context, engage.Threads) error {
		return func(ctx context.Context, s engage.Threads) error {
			return second(s.Annotate(ctx, id, map[string]json.RawMessage{name: json.RawMessage(value)}))
		}
	}
	open := func(name, source, foreign string, want saying) refusal {
		return thread(name, func(ctx context.Context, s engage.Threads) error {
			return second(s.Open(ctx, engage.NewThread{SourceID: source, Customer: engage.Account{ForeignID: "eve"}, ForeignID: foreign}))
		}, want)
	}
	foreign := must(b.Threads.Get(b.t.Context(), b.fresh))(b.t).ForeignID
	return []refusal{
		b.about("assign nothing", ann, nowhere, assigns(bob), isUnknown(nowhere)),
		b.about("assign to somebody unknown", ann, fresh, assigns(engage.Agent("ghost")), isUnknown("ghost")),
		b.about("assign to nobody", ann, fresh, assigns(engage.Actor{}), isInvalid("owner")),
		b.about("assign to a customer", ann, fresh, assigns(engage.Customer("eve")), isInvalid("owner", "agent")),
		b.about("assign to whom it is with", ann, fresh, assigns(ann), aRefusal(fresh, "another", "somebody else")),
		b.about("assign what another agent owns", bob, fresh, assigns(bob), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("assign what an agent owns as a bot", robot, b.of[b.deferred], assigns(robot), aRefusal(b.of[b.deferred], "no agent owns it", "have its owner do so")),
		b.about("transfer what another agent owns", bob, fresh, transfers(bob), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("transfer what another agent owns to nobody", bob, fresh, transfers(engage.Actor{}), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("let a third join what another agent owns", bob, fresh, joins(robot), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("make another leave what an agent owns", bob, fresh, leaves(robot), aRefusal(fresh, "no agent owns it", "have its owner do so")),
		b.about("leave as nobody", ann, fresh, leaves(engage.Actor{}), isInvalid("participant", "agent")),
		b.about("leave as a customer", ann, fresh, leaves(engage.Customer("eve")), isInvalid("participant", "agent")),
		b.about("leave what is closed", ann, closed, leaves(bob), aRefusal(closed, "closed", "")),
		b.about("assign what is closed", ann, closed, assigns(bob), aRefusal(closed, "closed", "reopen")),
		b.about("transfer to somebody unknown", ann, fresh, transfers(engage.Bot("ghost")), isUnknown("ghost")),
		b.about("transfer to the host", ann, fresh, transfers(engage.System()), isInvalid("owner")),
		b.about("transfer what is closed", ann, closed, transfers(engage.Actor{}), aRefusal(closed, "closed", "reopen")),
		b.about("join as somebody unknown", ann, fresh, joins(engage.Agent("ghost")), isUnknown("ghost")),
		b.about("join as a customer", ann, fresh, joins(engage.Customer("eve")), isInvalid("participant", "agent")),
		b.about("join what is closed", ann, closed, joins(bob), aRefusal(closed, "closed", "reopen")),
		b.about("leave as the owner", ann, fresh, leaves(ann), aRefusal(fresh, "not the owner", "transfer")),
		b.about("categorise as unknown", ann, fresh, categorizes("fun"), isInvalid("category_ids", "fun")),
		b.about("categorise as removed", ann, fresh, categorizes("gone"), isInvalid("category_ids", "gone")),
		b.about("categorise by disposition", ann, b.of[b.demanding], categorizes("how"), isInvalid("category_ids", "how")),
		b.about("comment on nothing", ann, nowhere, comments(secret), isUnknown(nowhere)),
		b.about("comment nothing", ann, fresh, comments(""), isInvalid("body", "empty")),
		b.about("comment bytes", ann, fresh, comments("\xff"), isInvalid("body", "UTF-8")),
		b.about("custom fields of no JSON", ann, fresh, fields("{"), isInvalid("custom_field_values", "JSON")),
		b.about("custom fields without end", ann, fresh, fields(`"`+strings.Repeat("x", interaction.MaxValues)+`"`), isInvalid("custom_field_values")),
		b.about("comments on nothing", ann, nowhere, func(s engage.Interventions, ctx context.Context, id string) error {
			return second(s.Comments(ctx, id, 0, ""))
		}, isUnknown(nowhere)),
		b.about("delete no comment", ann, nowhere, func(s engage.Interventions, ctx context.Context, id string) error { return s.DeleteComment(ctx, id) }, isUnknown(nowhere)),
		thread("get no thread", func(ctx context.Context, s engage.Threads) error { return second(s.Get(ctx, nowhere)) }, isUnknown(nowhere)),
		thread("close no thread", func(ctx context.Context, s engage.Threads) error { return second(s.Close(ctx, nowhere)) }, isUnknown(nowhere)),
		thread("close a closed thread", func(ctx context.Context, s engage.Threads) error { return second(s.Close(ctx, b.closed)) }, aRefusal(b.closed, "closed", "")),
		thread("reopen an open thread", func(ctx context.Context, s engage.Threads) error { return second(s.Reopen(ctx, b.fresh)) }, aRefusal(b.fresh, "open", "")),
		thread("annotate no thread", annotate(nowhere, "n", "1"), isUnknown(nowhere)),
		thread("annotate without JSON", annotate(b.fresh, "n", secret), isInvalid("extra_data", "JSON")),
		thread("annotate without end", annotate(b.fresh, "n", strings.Repeat("[", 200)+strings.Repeat("]", 200)), isInvalid("extra_data", "100")),
		thread("categorise a thread as unknown", func(ctx context.Context, s engage.Threads) error {
			return second(s.Categorize(ctx, b.fresh, []string{"fun"}))
		}, isInvalid("category_ids", "fun")),
		thread("list a status that is none", func(ctx context.Context, s engage.Threads) error {
			return second(s.List(ctx, engage.ThreadFilter{Status: "ajar"}))
		}, isInvalid("Status")),
		thread("list by two", func(ctx context.Context, s engage.Threads) error {
			return second(s.List(ctx, engage.ThreadFilter{SourceID: "chat", IdentityID: b.eve}))
		}, isInvalid("SourceID", "beside")),
		thread("list from elsewhere", func(ctx context.Context, s engage.Threads) error {
			return second(s.ListEngageable(ctx, engage.EngageableFilter{Continuation: "elsewhere"}))
		}, isInvalid("Continuation")),
		thread("list too many", func(ctx context.Context, s engage.Threads) error {
			return second(s.ListEngageable(ctx, engage.EngageableFilter{Limit: 1001}))
		}, isInvalid("Limit")),
		open("open on an unknown source", "fax", "", isUnknown("fax")),
		open("open on a source that is not active", "off", "", aRefusal("off", "not active", "Sources.Update")),
		open("open what is open", "chat", foreign, isConflict(b.fresh, "is open")),
	}
}

// refusedDeclarations are those of sources and categories.
func (b *bench) refusedDeclarations() []refusal {
	create := func(name string, source interaction.Source, want saying) refusal {
		return refusal{"create a source " + name, engage.System(), func(ctx context.Context, s engage.Services) error { return second(s.Sources.Create(ctx, source)) }, want}
	}
	update := func(name string, source interaction.Source, want saying) refusal {
		return refusal{"update a source " + name, engage.System(), func(ctx context.Context, s engage.Services) error { return second(s.Sources.Update(ctx, source)) }, want}
	}
	sort := func(name string, c interaction.Category, want saying) refusal {
		return refusal{"create a category " + name, engage.System(), func(ctx context.Context, s engage.Services) error { return second(s.Categories.Create(ctx, c)) }, want}
	}
	return []refusal{
		create("that is there", interaction.Source{ID: "chat", Type: "messenger"}, isConflict("chat", "exists")),
		create("without a type", interaction.Source{ID: "fax"}, isInvalid("type", "empty")),
		create("of bytes", interaction.Source{ID: "\xff", Type: "fax"}, isInvalid("id", "UTF-8")),
		create("of another type than its community", interaction.Source{ID: "fax", Type: "fax", CommunityID: "chat"}, isConflict("fax", "community")),
		create("of unknown categories", interaction.Source{ID: "fax", Type: "fax", DefaultCategoryIDs: []string{"fun"}}, isInvalid("default_category_ids", "fun")),
		update("by disposition", interaction.Source{ID: "mail", Type: "messenger", DefaultCategoryIDs: []string{"how"}}, isInvalid("default_category_ids", "how")),
		create("that closes before it includes", interaction.Source{ID: "fax", Type: "fax", TimeForThreadInclusion: 2, TimeForThreadClosing: 1}, isInvalid("time_for_thread_closing")),
		update("that is not there", interaction.Source{ID: "fax", Type: "fax"}, isUnknown("fax")),
		update("of another type", interaction.Source{ID: "chat", Type: "fax"}, aRefusal("chat", "keeps its type", "create")),
		update("of another community", interaction.Source{ID: "chat", Type: "messenger", CommunityID: "forum"}, aRefusal("chat", "community", "create")),
		update("with less than nothing", interaction.Source{ID: "chat", Type: "messenger", MaxBody: -1}, isInvalid("max_body")),
		sort("that is there", interaction.Category{ID: "topic", Name: "Topic"}, isConflict("topic", "exists")),
		sort("that was there", interaction.Category{ID: "gone", Name: "Gone"}, isConflict("gone", "did")),
		sort("under none", interaction.Category{ID: "x", Name: "X", ParentID: "fun"}, isInvalid("category", "fun")),
		{"update no category", ann, func(ctx context.Context, s engage.Services) error {
			return second(s.Categories.Update(ctx, interaction.Category{ID: "fun", Name: "Fun"}))
		}, isUnknown("fun")},
		{"delete no category", ann, func(ctx context.Context, s engage.Services) error { return s.Categories.Delete(ctx, "fun", "") }, isUnknown("fun")},
		{"delete a category in favour of none", ann, func(ctx context.Context, s engage.Services) error { return s.Categories.Delete(ctx, "topic", "fun") }, isInvalid("category", "fun")},
	}
}
