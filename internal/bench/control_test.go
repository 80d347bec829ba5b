package bench_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

var (
	ann   = engage.Agent("ann")
	robot = engage.Bot("robot")
)

// BenchmarkControl is one call that moves control of a conversation, on a store in memory,
// with the Engine as arbiter, among other identities with whom an agent is engaged. The
// baseline commits a batch that has as many checks, records and events, of the same sizes,
// and does nothing else.
func BenchmarkControl(b *testing.B) {
	for _, others := range []int{1, 1_000} {
		c := newControlled(b, others)
		for _, op := range []struct {
			name string
			call func(n int) error
		}{
			{"handover", c.handOver}, // to the bot and back, in turn
			{"engage", c.engage},     // and cancel, in turn; with control it goes to the agents, and is released
			{"send", c.send},         // of the bot, in the epoch that it has seen
		} {
			n := 0
			if op.name == "send" {
				c.toBotForGood(b)
			}
			b.Run(fmt.Sprintf("%s/others=%d/engage", op.name, others), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := op.call(n); err != nil {
						b.Fatal(err)
					}
					n++
				}
			})
			batches := c.record(b, func() error { n++; return op.call(n - 1) })
			b.Run(fmt.Sprintf("%s/others=%d/commit-alone", op.name, others), func(b *testing.B) {
				commit := c.commits(b.Context(), op.name, batches)
				b.ReportAllocs()
				for b.Loop() {
					if err := commit(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// controlled is an Engine with conversations of which the agents have control.
type controlled struct {
	*engage.Engine

	st      *memory.Store
	through *capture
	eve     engage.Received
	epoch   int64
	engaged string // the intervention with eve
}

func newControlled(b *testing.B, others int) *controlled {
	b.Helper()
	c := &controlled{st: memory.New()}
	c.through = &capture{Store: c.st}
	b.Cleanup(func() { _ = c.st.Close() })
	var err error
	if c.Engine, err = engage.New(b.Context(), c.through, &engage.Options{Platforms: map[string]engage.Platform{"app": engage.InApp{}}}); err != nil {
		b.Fatal(err)
	}
	if _, err := c.Sources.Create(b.Context(), interaction.Source{ID: "chat", Type: "app", Name: "Chat", Active: true}); err != nil {
		b.Fatal(err)
	}
	if err := c.Control.Configure(b.Context(), "chat", handover.Settings{Primary: handover.Agent, IgnoreBots: true}); err != nil {
		b.Fatal(err)
	}
	for n := range others {
		r := c.writes(b, strconv.Itoa(n))
		if _, err := c.As(ann).Interventions.Engage(b.Context(), engage.Engagement{ThreadID: r.ThreadID}); err != nil {
			b.Fatal(err)
		}
	}
	c.eve = c.writes(b, "eve")
	return c
}

func (c *controlled) writes(b *testing.B, customer string) engage.Received {
	b.Helper()
	r, err := c.Threads.Receive(b.Context(), engage.Inbound{
		SourceID: "chat", Customer: engage.Account{ForeignID: customer}, Message: interaction.Message{Body: "hello"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func (c *controlled) handOver(n int) error {
	r := handover.Request{IdentityForeignID: "eve", SourceID: "chat", From: handover.Agent, To: handover.Bot, Type: "app", AppID: robot.ID}
	by := c.Engine
	if n%2 == 1 {
		r.From, r.To, r.AppID, by = handover.Bot, handover.Agent, "", c.As(robot)
	}
	_, err := by.Control.Handover(context.Background(), r)
	return err
}

func (c *controlled) engage(n int) error {
	if n%2 == 1 {
		_, err := c.As(ann).Interventions.Cancel(context.Background(), c.engaged)
		return err
	}
	i, err := c.As(ann).Interventions.Engage(context.Background(), engage.Engagement{ThreadID: c.eve.ThreadID})
	c.engaged = i.ID
	return err
}

func (c *controlled) send(int) error {
	_, err := c.As(robot).Contents.Post(context.Background(), engage.Post{
		ThreadID: c.eve.ThreadID, Message: interaction.Message{Body: "beep"}, ControlEpoch: c.epoch,
	})
	return err
}

// toBotForGood gives the bot control, and an intervention in which it answers.
func (c *controlled) toBotForGood(b *testing.B) {
	b.Helper()
	if c.engaged != "" { // of an odd number of calls the last one has engaged
		if _, err := c.As(ann).Interventions.Cancel(b.Context(), c.engaged); err != nil && !errors.Is(err, engage.ErrRefused) {
			b.Fatal(err)
		}
	}
	now, err := c.Control.Settle(b.Context(), "chat", c.eve.IdentityID, handover.Party{Owner: handover.Bot, App: robot.ID})
	if err != nil {
		b.Fatal(err)
	}
	c.epoch = now.Epoch
	if _, err := c.As(robot).Interventions.Engage(b.Context(), engage.Engagement{ThreadID: c.eve.ThreadID}); err != nil {
		b.Fatal(err)
	}
}

// record returns the batches that two calls come to.
func (c *controlled) record(b *testing.B, call func() error) (batches [2]store.Batch) {
	b.Helper()
	for n := range batches {
		if err := call(); err != nil {
			b.Fatal(err)
		}
		batches[n] = c.through.last
	}
	return batches
}

// commits returns what commits batches that look like others, in turn: what was new is new again,
// what was rewritten is rewritten.
func (c *controlled) commits(ctx context.Context, tenant string, like [2]store.Batch) func() error {
	minted := 0
	newID := func() string { minted++; return fmt.Sprintf("01ALONE%019d", minted) }
	versions := map[store.Key]store.Version{}
	batches := like
	for n, batch := range like {
		batch.Tenant, batch.Deletes = tenant, nil
		batch.Checks, batch.Puts, batch.Events = slices.Clone(batch.Checks), slices.Clone(batch.Puts), slices.Clone(batch.Events)
		for i := range batch.Checks {
			batch.Checks[i].Tenant = tenant
		}
		for i := range batch.Puts {
			batch.Puts[i].Tenant = tenant
		}
		for i := range batch.Events {
			batch.Events[i].Tenant = tenant
		}
		batches[n] = batch
	}
	n := 0
	return func() error {
		batch := batches[n%2]
		batch.ID = newID()
		for i := range batch.Checks {
			batch.Checks[i].Version = versions[batch.Checks[i].Key]
		}
		for i, put := range batch.Puts {
			if like[n%2].Puts[i].Version == "" {
				batch.Puts[i].ID = newID()
				continue
			}
			batch.Puts[i].Version = versions[put.Key]
			versions[put.Key] = store.Version(batch.ID)
		}
		for i := range batch.Events {
			batch.Events[i].ID = newID()
		}
		n++
		return c.st.Commit(ctx, batch)
	}
}
