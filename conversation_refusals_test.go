package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// secret is what customers and agents write in these tests. No error repeats it.
const secret = "my PIN is 4711"

// bench is a desk with something in every state, on which calls are refused.
type bench struct {
	*desk

	fresh, answered, closed, deferred, crowd, demanding, loose, stopped, canceled, ended, waiting string // threads
	of                                                                                            map[string]string
	content, reply, eve, fay, stranger, comment                                                   string
}

func newBench(t *testing.T, st store.Store) *bench {
	t.Helper()
	d := newDeskOn(t, st, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, owner engage.Actor) (bool, error) { return owner.ID != "ghost", nil }
	})
	ctx := t.Context()
	b := &bench{desk: d, of: map[string]string{}}
	for _, c := range []interaction.Category{
		{ID: "how", Mandatory: true, PostQualification: true, SourceIDs: []string{"mail"}},
		{ID: "topic"},
		{ID: "gone"},
		{ID: "area", Mandatory: true, SourceIDs: []string{"post"}},
	} {
		c.Name = c.ID
		must(d.Categories.Create(ctx, c))(t)
	}
	if err := d.Categories.Delete(ctx, "gone", ""); err != nil {
		t.Fatal(err)
	}
	for _, s := range []interaction.Source{{ID: "mail", CommunityID: "chat"}, {ID: "post", CommunityID: "chat"}, {ID: "off", CommunityID: "chat"}, {ID: "forum", MaxBody: 10}} {
		s.Type, s.Active = "messenger", true
		must(d.Sources.Create(ctx, s))(t)
	}
	thread := func(source, customer string, by engage.Actor, replies bool) string {
		in := d.says(customer, secret)
		in.SourceID, in.ThreadForeignID = source, fmt.Sprintf("th.%d", d.written)
		got := must(d.Threads.Receive(ctx, in))(t)
		b.of[got.ThreadID] = d.engages(by, got.ThreadID).ID
		if replies {
			b.reply = d.replies(by, got.ThreadID, secret).ID
		}
		return got.ThreadID
	}
	b.fresh = thread("chat", "eve", ann, false)
	b.closed = thread("chat", "eve", ann, true)
	must(d.As(ann).Interventions.Close(ctx, b.of[b.closed], engage.Closing{CloseThread: true}))(t)
	b.deferred = thread("chat", "eve", ann, false)
	must(d.As(ann).Interventions.Defer(ctx, b.of[b.deferred], d.clock.read().Add(time.Hour)))(t)
	b.demanding = thread("mail", "eve", ann, true)
	b.loose = thread("post", "eve", ann, true)
	b.canceled = thread("chat", "eve", ann, false)
	must(d.As(ann).Interventions.Cancel(ctx, b.of[b.canceled]))(t)
	b.ended = thread("chat", "eve", ann, true)
	must(d.As(ann).Interventions.Close(ctx, b.of[b.ended], engage.Closing{}))(t)
	unanswered := d.says("eve", secret)
	unanswered.ThreadForeignID = "waiting"
	b.waiting = must(d.Threads.Receive(ctx, unanswered))(t).ThreadID
	b.stopped = thread("off", "eve", ann, false)
	off := must(d.Sources.Get(ctx, "off"))(t)
	off.Active = false
	must(d.Sources.Update(ctx, off))(t)
	b.stranger = must(d.Threads.Get(ctx, thread("forum", "zoe", ann, false)))(t).IdentityID
	b.crowd = thread("chat", "eve", ann, true)
	in := d.says("fay", secret)
	in.ThreadForeignID = must(d.Threads.Get(ctx, b.crowd))(t).ForeignID
	b.fay = must(d.Threads.Receive(ctx, in))(t).IdentityID
	b.answered = thread("chat", "eve", bob, true)
	list := must(d.Contents.List(ctx, engage.ContentFilter{ThreadID: b.answered}))(t)
	b.content, b.eve = list.Items[0].ID, list.Items[0].IdentityID
	b.comment = must(d.As(bob).Interventions.Comment(ctx, b.of[b.answered], secret))(t).ID
	return b
}

// says checks what an error is and tells.
type saying func(t *testing.T, err error)

// aRefusal says what the rule is about, and what would make it pass.
func aRefusal(id, rule, remedy string) saying {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[*engage.RefusedError](err)
		if !ok || !errors.Is(err, engage.ErrRefused) || e.Resource.ID != id {
			t.Fatalf("%v, want a refusal about %s", err, id)
		}
		if !strings.Contains(e.Rule, rule) || !strings.Contains(e.Remedy, remedy) {
			t.Errorf("rule %q, remedy %q; want %q and %q", e.Rule, e.Remedy, rule, remedy)
		}
		tells(t, err, id, rule, remedy)
	}
}

// isEngaged says who has the intervention.
func isEngaged(id string, owner engage.Actor) saying {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[*engage.EngagedError](err)
		if !ok || !errors.Is(err, engage.ErrRefused) || e.Intervention.ID != id || e.Intervention.Owner != owner {
			t.Fatalf("%v, want to be told that %v has %s", err, owner, id)
		}
		tells(t, err, id, owner.ID)
	}
}

func isUnknown(id string) saying {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[*engage.NotFoundError](err)
		if !ok || !errors.Is(err, engage.ErrNotFound) || e.Resource.ID != id {
			t.Fatalf("%v, want %q not to be found", err, id)
		}
		tells(t, err, id)
	}
}

func isInvalid(field string, reason ...string) saying {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[*engage.InvalidError](err)
		if !ok || !errors.Is(err, engage.ErrInvalid) || e.Field != field {
			t.Fatalf("%v, want %q to be invalid", err, field)
		}
		tells(t, err, append(reason, field)...)
	}
}

func isConflict(id, reason string) saying {
	return func(t *testing.T, err error) {
		t.Helper()
		e, ok := errors.AsType[*engage.ConflictError](err)
		if !ok || !errors.Is(err, engage.ErrConflict) || e.Resource.ID != id {
			t.Fatalf("%v, want a conflict about %q", err, id)
		}
		tells(t, err, id, reason)
	}
}

// tells fails unless the text of an error has all parts.
func tells(t *testing.T, err error, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

// refusal is a call that must fail.
type refusal struct {
	name string
	by   engage.Actor
	call func(ctx context.Context, s engage.Services) error
	want saying
}

// second is the error of a call with a result, which must be none.
func second[T any](v T, err error) error {
	if text := fmt.Sprintf("%+v", v); err != nil && text != fmt.Sprintf("%+v", *new(T)) {
		return fmt.Errorf("got %s beside %w", text, err)
	}
	return err
}

// TestRefusalsSayWhyAndChangeNothing: each has its type and class, names what it is about
// and what would make it pass, repeats nothing that a customer wrote, and leaves the
// store as it was; alone, and within a Work whose other calls are committed.
func TestRefusalsSayWhyAndChangeNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		kept := &counting{Store: st}
		b := newBench(t, kept)
		rows := slices.Concat(b.refusedReceipts(), b.refusedPosts(), b.refusedEngagements(), b.refusedEndings(), b.refusedChanges(), b.refusedDeclarations())
		names := map[string]bool{}
		for _, row := range rows {
			if names[row.name] {
				t.Fatalf("%s stands twice", row.name)
			}
			names[row.name] = true
			t.Run(row.name, func(t *testing.T) {
				eng := b.As(row.by)
				before := b.everything(kept)
				err := row.call(t.Context(), eng.Services)
				if err == nil {
					t.Fatal("it passed")
				}
				row.want(t, err)
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q repeats what was written", err)
				}
				if err := eng.Atomically(t.Context(), func(w *engage.Work) error {
					row.want(t, row.call(t.Context(), w.Services))
					return nil
				}); err != nil {
					t.Errorf("the work around it: %v", err)
				}
				if after := b.everything(kept); !slices.Equal(before, after) {
					t.Errorf("the store changed: %d lines, now %d", len(before), len(after))
				}
			})
		}
	})
}

// TestWhatARefusedPostNamesHelps: what the refusal says can be done to what it names, and
// then the post passes.
func TestWhatARefusedPostNamesHelps(t *testing.T) {
	t.Parallel()
	b := newBench(t, memory.New())
	ctx, eng := t.Context(), b.As(ann)
	reopens := func(i engage.Resource) error { return second(eng.Interventions.Reopen(ctx, i.ID)) }
	resumes := func(i engage.Resource) error { return second(eng.Interventions.Resume(ctx, i.ID)) }
	for name, test := range map[string]struct {
		thread string
		about  string
		remedy func(engage.Resource) error
	}{
		"closed intervention": {b.ended, engage.ResourceIntervention, reopens},
		"deferred":            {b.deferred, engage.ResourceIntervention, resumes},
		"none": {b.waiting, engage.ResourceThread, func(thread engage.Resource) error {
			return second(eng.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
		}},
		"closed thread": {b.closed, engage.ResourceThread, func(thread engage.Resource) error {
			if _, err := eng.Threads.Reopen(ctx, thread.ID); err != nil {
				return err
			}
			return second(eng.Interventions.Engage(ctx, engage.Engagement{ThreadID: thread.ID}))
		}},
	} {
		post := engage.Post{ThreadID: test.thread, Message: interaction.Message{Body: "x"}}
		refused, ok := errors.AsType[*engage.RefusedError](second(eng.Contents.Post(ctx, post)))
		if !ok || refused.Resource.Type != test.about {
			t.Errorf("%s: %v, want a refusal about a %s", name, refused, test.about)
			continue
		}
		if err := errors.Join(test.remedy(refused.Resource), second(eng.Contents.Post(ctx, post))); err != nil {
			t.Errorf("%s: %v, and yet: %v", name, refused, err)
		}
	}
}

// everything returns all that the store keeps: records of every kind, and events.
func (b *bench) everything(st *counting) (lines []string) {
	b.t.Helper()
	for _, kind := range st.kinds {
		for _, r := range find(b.t, st.Store, kind.Name) {
			lines = append(lines, fmt.Sprintf("%v %s %v %s", r.Key, r.Version, r.Terms, r.Value))
		}
	}
	for e, err := range b.Events.After(b.t.Context(), 0) {
		if err != nil {
			b.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprint(e.Position, e.ID))
	}
	return lines
}

// TestAnotherTenantKnowsNothing: what is there for one is unknown to the other.
func TestAnotherTenantKnowsNothing(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		b := newBench(t, st)
		ctx := t.Context()
		other := must(engage.New(ctx, st, &engage.Options{Tenant: "other", Clock: b.clock.read}))(t).As(bob)
		i := b.of[b.answered]
		for id, err := range map[string]error{
			b.answered: second(other.Threads.Get(ctx, b.answered)),
			b.content:  second(other.Contents.Get(ctx, b.content)),
			i:          second(other.Interventions.Get(ctx, i)),
			"chat":     second(other.Sources.Get(ctx, "chat")),
			b.eve:      second(other.Identities.Get(ctx, b.eve)),
		} {
			isUnknown(id)(t, err)
		}
		isUnknown("chat")(t, second(other.Threads.Receive(ctx, b.says("eve", secret))))
		isUnknown(b.answered)(t, second(other.Contents.Post(ctx, engage.Post{ThreadID: b.answered, Message: interaction.Message{Body: "x"}})))
		isUnknown(i)(t, second(other.Interventions.Close(ctx, i, engage.Closing{})))
		page := must(other.Threads.ListEngageable(ctx, engage.EngageableFilter{}))(t)
		all := must(other.Interventions.List(ctx, engage.InterventionFilter{IdentityID: b.eve}))(t)
		if len(page.Items) != 0 || len(all.Items) != 0 {
			t.Errorf("%+v, %+v", page, all)
		}
	})
}

// TestTheLargestContentIsKept: all of it is as large as it may be, and takes the most
// bytes in JSON.
func TestTheLargestContentIsKept(t *testing.T) {
	t.Parallel()
	large(t)
	eachStore(t, func(t *testing.T, st store.Store) {
		d := newDeskOn(t, st)
		long := strings.Repeat("\x01", interaction.MaxText)
		in := d.says("eve", strings.Repeat("\x01", interaction.MaxBody))
		in.ForeignID, in.ThreadForeignID, in.InReplyTo, in.ThreadTitle, in.Customer.ForeignID, in.Title, in.Language = long, long, long, long, long, long, long
		for range interaction.MaxAttachments {
			in.Attachments = append(in.Attachments, interaction.Attachment{
				URL: strings.Repeat("\x01", 8<<10), ForeignID: long, ContentType: long, Filename: long,
			})
		}
		got := must(d.Threads.Receive(t.Context(), in))(t)
		kept := must(d.Contents.Get(t.Context(), got.ContentID))(t)
		if kept.Body != in.Body || !slices.Equal(kept.Attachments, in.Attachments) || kept.ForeignID != long {
			t.Error("it is not what came")
		}
		if again := must(d.Threads.Receive(t.Context(), in))(t); !again.Repeated || again.ContentID != got.ContentID {
			t.Errorf("%+v, want it repeated", again)
		}
	})
}
