package enginetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

// The sources, which are named as their types, and who answers there.
const (
	chat = "chat" // its platform honours keys; its threads never close by themselves
	mail = "mail" // its platform does not; its threads close when they were silent for a day
)

var (
	pat   = engage.Agent("pat")
	robot = engage.Bot("robot")
)

// talks are the conversations that were prepared, each with the customer whose name it
// has.
type talks struct {
	una talk // waits; on the thread that the platform calls "thread of una"
	vic talk // is answered by pat, who can close it; the second reply could not be delivered
	wes talk // is answered by robot, which has not replied
	xia talk // was answered by pat, who has closed the intervention
	yas talk // wrote in a thread that is closed, and that the platform calls "thread of yas"
	zoe talk // is to be answered later, when rest is over
	moe talk // waits, by mail

	kim talk // on the line, where agents have control, is answered by pat
	lou talk // on the line, where robot has control
	max talk // on the line, where nobody has control, and nobody answers
}

// talk is a conversation.
type talk struct {
	thread, identity, content, intervention string
	failed                                  string // the job that was to deliver the last reply
}

// says is what a customer writes, and what the platform calls it.
func says(source, customer, foreignID string) engage.Inbound {
	return engage.Inbound{
		SourceID: source, ForeignID: foreignID, Message: interaction.Message{Body: "body of " + foreignID},
		Customer: engage.Account{ForeignID: customer, ContactID: "contact of " + customer},
	}
}

// hears receives what a customer writes.
func hears(ctx context.Context, s engage.Services, in engage.Inbound) (talk, error) {
	got, err := s.Threads.Receive(ctx, in)
	return talk{thread: got.ThreadID, identity: got.IdentityID, content: got.ContentID}, err
}

// replies is something that is posted. Its key makes it the same each time.
func (t talk) replies(body, key string) engage.Post {
	return engage.Post{ThreadID: t.thread, Message: interaction.Message{Body: body}, IdempotencyKey: key}
}

// engages makes somebody engage, and returns the intervention.
func (t talk) engages(ctx context.Context, s engage.Services, owner engage.Actor) (intervention string, err error) {
	i, err := s.Interventions.Engage(ctx, engage.Engagement{ThreadID: t.thread, Owner: owner})
	return i.ID, err
}

// prepareTalks makes the sources, the categories and the conversations.
func prepareTalks(ctx context.Context, s engage.Services, at *place) error {
	for _, source := range []interaction.Source{
		{ID: chat, Type: chat, Name: chat, Active: true, TimeForThreadClosing: -1},
		{ID: mail, Type: mail, Name: mail, Active: true, TimeForThreadClosing: interaction.Seconds(silence / time.Second)},
	} {
		if _, err := s.Sources.Create(ctx, source); err != nil {
			return err
		}
	}
	for _, c := range []interaction.Category{
		{ID: "outcome", Name: "Outcome", PostQualification: true, Mandatory: true, Unselectable: true},
		{ID: "solved", Name: "Solved", ParentID: "outcome"},
	} {
		if _, err := s.Categories.Create(ctx, c); err != nil {
			return err
		}
	}
	for _, begun := range []struct {
		to           *talk
		in           engage.Inbound
		foreignTitle string
	}{
		{to: &at.talks.una, in: says(chat, "una", "una 1"), foreignTitle: "thread of una"},
		{to: &at.talks.vic, in: says(chat, "vic", "vic 1")},
		{to: &at.talks.wes, in: says(chat, "wes", "wes 1")},
		{to: &at.talks.xia, in: says(chat, "xia", "xia 1")},
		{to: &at.talks.yas, in: says(chat, "yas", "yas 1"), foreignTitle: "thread of yas"},
		{to: &at.talks.zoe, in: says(chat, "zoe", "zoe 1")},
		{to: &at.talks.moe, in: says(mail, "moe", "moe 1")},
	} {
		begun.in.ThreadForeignID = begun.foreignTitle
		var err error
		if *begun.to, err = hears(ctx, s, begun.in); err != nil {
			return err
		}
	}
	_, err := s.Threads.Close(ctx, at.talks.yas.thread)
	return err
}

// silence is after how long a thread of mail closes by itself.
const silence = 24 * time.Hour

// connect makes the platforms of a tenant. What they do depends on what is said.
func (p *party) connect(tb testing.TB) {
	tb.Helper()
	p.at.chat, p.at.mail = platformtest.New(platformtest.HonourKeys()), platformtest.New()
	for _, platform := range []*platformtest.Platform{p.at.chat, p.at.mail} {
		tb.Cleanup(platform.Close)
		platform.Will(platformtest.Fail(engage.Permanent(errTaboo)), platformtest.Body(taboo))
		platform.Will(platformtest.Fail(errBusy), platformtest.Body(rush), platformtest.Nth(1, 2))
		platform.Will(platformtest.LoseAnswer(), platformtest.Body(mumble), platformtest.Nth(1))
	}
}

// outside returns lines that say what the platforms have seen.
func (p *party) outside() (lines []string) {
	for _, platform := range []*platformtest.Platform{p.at.chat, p.at.mail} {
		for _, d := range platform.Delivered() {
			lines = append(lines, fmt.Sprintf("delivered: %s as %s", d.Content.ID, d.ForeignID))
		}
		if err := platform.Err(); err != nil {
			lines = append(lines, err.Error())
		}
	}
	return lines
}
