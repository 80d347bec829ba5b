package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

func TestAddressesSayOnWhichSource(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	other := must(l.Sources.Create(t.Context(), interaction.Source{ID: "sms 2", Type: "twilio", Name: "SMS", Active: true}))(t)
	mine := customer(1).ProxyAddress
	for _, wrong := range []engage.Address{
		{Type: "voice", SourceID: other.ID}, {Type: routing.ChannelSMS, SourceID: "none"}, {Type: routing.ChannelSMS, SourceID: other.ID, Address: "\xff"},
	} {
		if err := l.Flex.SetAddress(t.Context(), wrong); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%+v: %v", wrong, err)
		}
	}
	for _, c := range []struct {
		set  *engage.Address
		want string
	}{
		{nil, l.sms.ID},
		{&engage.Address{Type: routing.ChannelSMS, SourceID: other.ID}, other.ID},
		{&engage.Address{Type: routing.ChannelSMS, Address: mine, SourceID: l.sms.ID}, l.sms.ID},
		{&engage.Address{Type: routing.ChannelSMS, Address: mine, SourceID: other.ID}, other.ID},
		{&engage.Address{Type: routing.ChannelSMS, Address: "+1", SourceID: l.sms.ID}, other.ID},
	} {
		if c.set != nil {
			if err := l.Flex.SetAddress(t.Context(), *c.set); err != nil {
				t.Fatal(err)
			}
			if got := must(l.Flex.Address(t.Context(), c.set.Type, c.set.Address))(t); got != *c.set {
				t.Errorf("%+v, want %+v", got, *c.set)
			}
		}
		if got := l.thread(l.begins().Channel.ThreadID).SourceID; got != c.want {
			t.Errorf("with %+v it is %s, want %s", c.set, got, c.want)
		}
	}
	if all := must(l.Flex.Addresses(t.Context(), 0, ""))(t).Items; len(all) != 3 {
		t.Errorf("there are %+v", all)
	}
	for range 2 {
		if err := l.Flex.RemoveAddress(t.Context(), routing.ChannelSMS, mine); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Flex.Address(t.Context(), routing.ChannelSMS, mine); !errors.Is(err, engage.ErrNotFound) {
		t.Error(err)
	}
}

func TestWhatCanNeverBeSetUpFails(t *testing.T) {
	t.Parallel()
	email := func(r *routing.CreateRequest) {
		r.Channel.Type = routing.ChannelEmail
		r.Channel.Properties = routing.MediaRequest{From: "support@example.com", FromName: "Support", Subject: "Your order"}
		r.Channel.Participants = []routing.ParticipantRequest{
			{Level: routing.EmailCC, Name: "Bea", Address: "bea@example.com"}, {Level: routing.EmailTo, Name: "Cy", Address: "cy@example.com"},
		}
	}
	for _, c := range []struct {
		name string
		to   func(l *lobby, r *routing.CreateRequest)
		code int
		says string
	}{
		{"no source", func(_ *lobby, r *routing.CreateRequest) { email(r) }, routing.CodeOutbound, "SetAddress"},
		{"two sources", func(l *lobby, _ *routing.CreateRequest) {
			must(l.Sources.Create(l.t.Context(), interaction.Source{ID: "more", Type: "sms", Name: "SMS", Active: true}))(l.t)
		}, routing.CodeOutbound, "SetAddress"},
		{"a source that is not active", func(l *lobby, _ *routing.CreateRequest) {
			l.sms.Active = false
			must(l.Sources.Update(l.t.Context(), l.sms))(l.t)
		}, routing.CodeOutbound, "not active"},
		{"all is well", func(l *lobby, r *routing.CreateRequest) {
			email(r)
			must(l.Sources.Create(l.t.Context(), interaction.Source{ID: "mail", Type: "email", Name: "Mail", Active: true}))(l.t)
		}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLobby(t)
			l.hires("Ada", 1)
			r := l.request(1)
			c.to(l, &r)
			i := l.creates(r)
			l.runs()
			i = l.again(i)
			if c.code == 0 {
				l.is(i, routing.ChannelActive, "reserved")
				thread := l.thread(i.Channel.ThreadID)
				if to := must(l.Identities.Get(t.Context(), thread.IdentityID))(t); to.ForeignID != "cy@example.com" || to.Email != "cy@example.com" || thread.Title != "Your order" {
					t.Errorf("%+v in %+v", to, thread)
				}
				return
			}
			l.is(i, routing.ChannelFailed, "canceled")
			if i.Channel.ErrorCode != c.code || !strings.Contains(i.Channel.ErrorMessage, c.says) || i.Routed.Task.Reason != routing.ReasonChannelFailed {
				t.Errorf("it has failed with %+v", i.Channel)
			}
			if _, err := l.Threads.Get(t.Context(), i.Channel.ThreadID); !errors.Is(err, engage.ErrNotFound) {
				t.Errorf("its thread: %v", err)
			}
		})
	}
}

func TestAConversationThatCloses(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	thread := l.writes(1)
	r := l.request(1)
	r.Channel.InitiatedBy, r.Channel.Participants, r.Channel.Properties.MediaChannelSID = routing.ByCustomer, nil, engage.ConversationSID(thread.ID)
	i := l.creates(r)
	must(l.Threads.Close(t.Context(), thread.ID))(t)
	l.runs()
	if status := l.channel(i); status.Live() {
		t.Errorf("its channel is %s", status)
	}
	l.passes(25 * time.Hour)
	if l.tasks(i) != "canceled" || l.thread(thread.ID).ChannelSID != "" {
		t.Errorf("%s, %+v", l.tasks(i), l.thread(thread.ID))
	}
}

// dyingStore is one whose process dies at a commit, before it is done or after it.
type dyingStore struct {
	store.Store

	left  atomic.Int64 // commits
	after bool
	dead  atomic.Bool
}

func (d *dyingStore) Commit(ctx context.Context, b store.Batch) error {
	if d.dead.Load() {
		return store.ErrClosed
	}
	if d.left.Add(-1) > 0 {
		return d.Store.Commit(ctx, b)
	}
	d.dead.Store(true)
	if d.after {
		if err := d.Store.Commit(ctx, b); err != nil {
			return err
		}
	}
	return store.ErrClosed
}

func (d *dyingStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	if d.dead.Load() {
		return nil, store.ErrClosed
	}
	return d.Store.Get(ctx, keys...)
}

func (d *dyingStore) Find(ctx context.Context, q store.Query) (store.Page, error) {
	if d.dead.Load() {
		return store.Page{}, store.ErrClosed
	}
	return d.Store.Find(ctx, q)
}

// TestARestartAtAnyCommit lets the process die at each commit in turn: what was asked for is
// there whole, or not at all, and goes on.
func TestARestartAtAnyCommit(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ends := map[string]int{}
	ended := func(how string) {
		mu.Lock()
		defer mu.Unlock()
		ends[how]++
	}
	t.Cleanup(func() { // when all have
		if ends["alive"] == 0 || len(ends) < 4 {
			t.Errorf("it ended as %v", ends)
		}
	})
	for n := range 24 {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d %v", n+1, after), func(t *testing.T) {
				t.Parallel()
				st := memory.New()
				t.Cleanup(func() { _ = st.Close() })
				l := newLobbyOn(t, st)
				l.hires("Ada", 1)
				l.hires("Bob", 1)
				l.runs()
				d := &dyingStore{Store: st, after: after}
				d.left.Store(int64(n + 1))
				mortal := must(engage.New(t.Context(), d, &l.opts))(t)
				in := engage.NewInteraction{Request: l.request(1), IdempotencyKey: "once"}
				play := func(eng *engage.Engine) error {
					i, err := eng.Flex.Create(t.Context(), in)
					if err != nil {
						return err
					}
					for range 8 {
						if _, err := eng.RunDue(t.Context()); err != nil {
							return err
						}
						k, err := eng.Tasks.Get(t.Context(), i.TaskSID)
						if err != nil || k.Status == routing.TaskAssigned {
							break
						}
						if k.Status == routing.TaskReserved {
							if _, err := eng.Reservations.Accept(t.Context(), k.ReservationSIDs[0], engage.Answer{}); err != nil {
								return err
							}
						}
					}
					if _, err := eng.Flex.Transfer(t.Context(), i.ChannelSID, routing.TransferRequest{Type: routing.TransferCold, To: l.queue.SID}); err != nil {
						return err
					}
					_, err = eng.RunDue(t.Context())
					return err
				}
				err := play(mortal)
				if !d.dead.Load() {
					ended("alive")
					if err != nil {
						t.Fatal(err)
					}
				}
				l.restart()
				l.passes(time.Second)
				i := must(l.Flex.Create(t.Context(), in))(t)
				l.passes(time.Second)
				l.runs()
				i = l.again(i)
				got := string(i.Channel.Status) + ": " + l.tasks(i)
				ended(got)
				switch got {
				case "active: reserved", "active: assigned", "transfer: assigned+reserved":
				default:
					t.Errorf("%s", got)
				}
				if all := must(l.Flex.List(t.Context(), engage.FlexFilter{}))(t).Items; len(all) != 1 {
					t.Errorf("there are %d", len(all))
				}
			})
		}
	}
}

// barredStore is one that refuses to keep what is of a kind.
type barredStore struct {
	store.Store

	kind string
	open atomic.Bool
}

var errBarred = errors.New("that cannot be kept")

func (b *barredStore) Commit(ctx context.Context, batch store.Batch) error {
	if slices.ContainsFunc(batch.Puts, func(r store.Record) bool { return r.Kind == b.kind }) && !b.open.Load() {
		return errBarred
	}
	return b.Store.Commit(ctx, batch)
}

// TestWhatCannotBeSetUpForLongFails: a channel is not in setup for ever.
func TestWhatCannotBeSetUpForLongFails(t *testing.T) {
	t.Parallel()
	for _, passes := range []bool{true, false} {
		st := &barredStore{Store: newMemory(t), kind: "content_thread"}
		l := newLobbyOn(t, st)
		l.hires("Ada", 1)
		i := l.creates(l.request(1))
		l.runs()
		l.is(i, routing.ChannelSetup, "pending")
		st.open.Store(passes)
		l.passes(time.Minute) // for the next try
		if passes {
			l.is(i, routing.ChannelActive, "reserved")
			continue
		}
		for range 6 {
			l.passes(3 * time.Hour)
		}
		i = l.again(i)
		l.is(i, routing.ChannelFailed, "canceled")
		if i.Channel.ErrorCode != routing.CodeNotConfigured || !strings.Contains(i.Channel.ErrorMessage, errBarred.Error()) {
			t.Errorf("it has failed with %+v", i.Channel)
		}
		st.open.Store(true)
		l.passes(25 * time.Hour) // the job looks once more, and is gone
		l.is(i, routing.ChannelFailed, "canceled")
		if all := must(l.Jobs.List(t.Context(), engage.JobFilter{}))(t).Items; len(all) != 0 {
			t.Errorf("jobs are left: %+v", all)
		}
	}
}

func TestWhoIsDeletedBeforeTheChannelIsSetUpIsReplaced(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	bob := l.hires("Bob", 1)
	r := l.request(1)
	r.Routing.Properties.WorkerSID = bob.SID
	i := l.creates(r)
	if err := l.Workers.Delete(t.Context(), bob.SID); err != nil {
		t.Fatal(err)
	}
	l.runs()
	l.hires("Ada", 1)
	l.runs()
	l.is(i, routing.ChannelActive, "canceled+reserved")
}

// TestAThreadThatClosesDuringSetUp, without its channel because that was said so, cannot be its
// conversation.
func TestAThreadThatClosesDuringSetUp(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	off := engage.Joins{NoChannelClosing: true}
	must(l.Workspaces.Update(t.Context(), l.workspace.SID, engage.WorkspaceUpdate{Joins: &off}))(t)
	r := l.request(1)
	thread := l.writes(1)
	r.Channel.InitiatedBy, r.Channel.Participants = routing.ByCustomer, nil
	r.Channel.Properties.MediaChannelSID = routing.PrefixConversation.Of(ulid.MustParse(thread.ID))
	i := l.creates(r)
	must(l.Threads.Close(t.Context(), thread.ID))(t)
	l.runs()
	l.is(i, routing.ChannelFailed, "canceled")
	if c := l.again(i).Channel; c.ErrorCode != routing.CodeConversationClosed {
		t.Errorf("%+v", c)
	}
}
