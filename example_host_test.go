package engage_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store/memory"
)

// A host says who may do what: here agents do all but delete, and customers write and read in
// their own name only.
func ExampleAuthorize() {
	ctx := context.Background()
	eng := done(engage.New(ctx, memory.New(), &engage.Options{
		Authorize: func(_ context.Context, actor engage.Actor, action engage.Action, on engage.Resource) error {
			switch {
			case actor.Type == engage.ActorSystem:
				return nil
			case actor.Type == engage.ActorAgent && action != engage.ActionInteractionsDelete:
				return nil
			case actor.Type == engage.ActorCustomer && on == engage.Resource{Type: engage.ResourceContact, ID: actor.ID}:
				return nil
			}
			return errors.New("not with this role")
		},
	}))
	_, err := eng.As(engage.Customer("ada")).Contacts.Timeline(ctx, "ben", engage.TimelineFilter{})
	if forbidden, ok := errors.AsType[*engage.ForbiddenError](err); ok {
		fmt.Println(forbidden.Actor, "may not", forbidden.Action, "of", forbidden.Resource)
	}
	fmt.Println(errors.Is(eng.As(engage.Agent("ann")).Interactions.Delete(ctx, "17"), engage.ErrForbidden))
	// Output:
	// customer ada may not contacts.read of contact ben
	// true
}

// A platform has not answered: nobody knows whether the customer has read it. What comes behind
// it waits until somebody has looked.
func ExampleJobs_Settle() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	d.engages(engage.Agent("ann"), received.ThreadID)
	d.platform.Will(platformtest.LoseAnswer(), platformtest.Next(1))
	posted := done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "I'll send a new one.")))
	done(d.RunDue(ctx)) // a server has d.Run(ctx) running

	for _, job := range done(d.Jobs.List(ctx, engage.JobFilter{State: engage.JobUncertain})).Items {
		fmt.Println(job.Type, "is", job.State)
		check(d.Jobs.Settle(ctx, job.ID, engage.Settlement{Delivered: true, ForeignID: "m1"}))
	}
	fmt.Println(done(d.Contents.Get(ctx, posted.ID)).Synchronization.Status)
	// Output:
	// content.deliver is uncertain
	// success
}

// What a platform does not want is tried again, with growing pauses. What has failed in the end is
// found, and tried again by hand.
func ExampleJobs_Retry() {
	ctx := context.Background()
	d := newHelpDesk()
	received := d.writes("ada", "My lamp is broken.")
	d.engages(engage.Agent("ann"), received.ThreadID)
	d.platform.Will(platformtest.Fail(errors.New("the token has expired")))
	posted := done(d.As(engage.Agent("ann")).Contents.Post(ctx, says(received.ThreadID, "I'll send a new one.")))
	for range 6 { // tries; a server has d.Run(ctx) running
		done(d.RunDue(ctx))
		d.now = d.now.Add(3 * time.Hour)
	}
	d.platform.Heal()
	for _, job := range done(d.Jobs.List(ctx, engage.JobFilter{State: engage.JobFailed})).Items {
		fmt.Println(job.Attempts, "attempts:", job.Error)
		check(d.Jobs.Retry(ctx, job.ID))
	}
	done(d.RunDue(ctx))
	fmt.Println(done(d.Contents.Get(ctx, posted.ID)).Synchronization.Status)
	// Output:
	// 6 attempts: the token has expired
	// success
}

// Several tenants in one store see nothing of each other.
func ExampleOptions_tenants() {
	ctx := context.Background()
	st := memory.New()
	acme := done(engage.New(ctx, st, &engage.Options{Tenant: "acme"}))
	other := done(engage.New(ctx, st, &engage.Options{Tenant: "other"}))
	done(acme.Sources.Create(ctx, interaction.Source{ID: "web", Type: "chat", Active: true}))

	fmt.Println(acme.Tenant(), len(done(acme.Sources.List(ctx, 0, "")).Items))
	fmt.Println(other.Tenant(), len(done(other.Sources.List(ctx, 0, "")).Items))
	// Output:
	// acme 1
	// other 0
}
