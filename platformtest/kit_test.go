package platformtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

var errBusy = errors.New("busy")

// content is a delivery of the n-th content of a thread, as an Engine would make it.
// The customer has the name of the thread, and the body says where it stands.
func content(thread string, n int64) engage.Delivery {
	id := fmt.Sprintf("%s-%d", thread, n)
	return engage.Delivery{
		Key:      "key-" + id,
		Attempt:  1,
		Source:   interaction.Source{ID: "chat"},
		Thread:   interaction.Thread{ID: thread, SourceID: "chat", IdentityID: thread},
		Identity: interaction.Identity{ID: thread},
		Content:  interaction.Content{ID: id, Position: n, Body: "body " + id},
	}
}

// attempt returns the n-th attempt of a delivery.
func attempt(d engage.Delivery, n int) engage.Delivery {
	d.Attempt = n
	return d
}

func send(t *testing.T, p *platformtest.Platform, d engage.Delivery) string {
	t.Helper()
	foreignID, err := p.Send(t.Context(), d)
	if err != nil {
		t.Fatalf("Send of %s: %v", d.Content.ID, err)
	}
	return foreignID
}

// failed returns whether a send failed with busy; any other error ends the test.
func failed(t *testing.T, p *platformtest.Platform, d engage.Delivery) bool {
	t.Helper()
	_, err := p.Send(t.Context(), d)
	if err != nil && !errors.Is(err, errBusy) {
		t.Fatalf("Send of %s: %v", d.Content.ID, err)
	}
	return err != nil
}

// bodies returns what was delivered, in short.
func bodies(delivered []platformtest.Delivered) []string {
	var all []string
	for _, d := range delivered {
		all = append(all, d.Content.ID+"="+d.ForeignID)
	}
	return all
}

// call is a Send under way.
type call struct {
	cancel context.CancelFunc
	done   chan struct{}

	foreignID string
	err       error
	panicked  any
}

// begin sends in another goroutine, under a context of its own, which ends after an
// hour: in a bubble of synctest, as soon as nothing else happens.
func begin(t *testing.T, p *platformtest.Platform, d engage.Delivery) *call {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	c := &call{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		defer cancel()
		defer func() { c.panicked = recover() }()
		c.foreignID, c.err = p.Send(ctx, d)
	}()
	return c
}

// returned reports whether the call is over. In a bubble of synctest it is certain
// after synctest.Wait.
func (c *call) returned() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// answer waits for the call's answer.
func (c *call) answer() (string, error) {
	<-c.done
	return c.foreignID, c.err
}
