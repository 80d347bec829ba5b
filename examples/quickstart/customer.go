package main

import (
	"context"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// customer is Eve.
type customer struct {
	*engage.Engine

	say   func(format string, args ...any)
	phone phone
	id    string
	wrote int
}

// talks lets her write, and read an answer.
func (c *customer) talks(ctx context.Context, text string) error {
	if err := c.writes(ctx, text); err != nil {
		return err
	}
	return c.reads(ctx)
}

// writes does what a host does whose platform tells it of a message.
func (c *customer) writes(ctx context.Context, text string) error {
	c.say("   eve    %q", text)
	c.wrote++
	_, err := c.Threads.Receive(ctx, engage.Inbound{
		SourceID: "page", ForeignID: fmt.Sprintf("mid.%s.%d", c.id, c.wrote), // told of twice, it is kept once
		Customer: engage.Account{ForeignID: "psid." + c.id, Profile: interaction.Profile{DisplayName: "Eve"}, ContactID: c.id},
		Message:  interaction.Message{Body: text},
	})
	return err
}

// reads waits until something is delivered to her.
func (c *customer) reads(ctx context.Context) error {
	for {
		select {
		case d := <-c.phone:
			if d.Identity.ForeignID == "psid."+c.id { // not that of a run that was killed
				c.say("   %-6s %q", d.Content.Creator.ID, d.Content.Body)
				return nil
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// phone is a platform: what the Engine delivers through. Package messenger has the real one.
type phone chan engage.Delivery

// Send hands a content to the customer, and returns what the platform calls it.
func (p phone) Send(ctx context.Context, d engage.Delivery) (foreignID string, err error) {
	select {
	case p <- d:
		return "mid." + d.Key, nil
	case <-ctx.Done():
		return "", engage.NotDelivered(ctx.Err())
	}
}
