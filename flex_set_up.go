package engage

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
)

// What happens to channels later. Each job looks whether it is still wanted.
const (
	jobSetUp   = "channel.set_up"  // the conversation of a new channel is bound, or opened
	jobReturn  = "channel.return"  // the customer has written on a channel that rests
	jobReroute = "channel.reroute" // a channel has been paused for too long
)

type channelJob struct {
	ChannelSID string `json:"channel_sid"`
}

func (c *core) registerFlex() {
	setUp := within(c, func(ctx context.Context, t *turn, d *channelJob) (time.Time, error) {
		return time.Time{}, t.setUpChannel(ctx, d.ChannelSID)
	})
	// A channel that nobody sets up any more would be in setup for ever.
	setUp.Failed = func(ctx context.Context, w *work.Work, j jobs.Job, err error) error {
		return errors.Join(c.jobFailed(ctx, w, j, err), c.setUpFailed(ctx, w, j))
	}
	c.jobs.Within(jobSetUp, setUp)
	c.jobs.Within(jobReturn, within(c, func(ctx context.Context, t *turn, d *channelReturn) (time.Time, error) {
		return time.Time{}, t.returnWritten(ctx, *d)
	}))
	c.jobs.Within(jobReroute, within(c, func(ctx context.Context, t *turn, d *channelJob) (time.Time, error) {
		return t.reroute(ctx, d.ChannelSID)
	}))
}

// setUpError says why a channel cannot be set up, ever.
type setUpError struct {
	code    int
	message string
}

func (e *setUpError) Error() string { return e.message }

// setUpChannel opens the conversation of a channel, if there is none yet, and lets the tasks be
// routed that wait for that. What can never succeed lets the channel fail at once, and its
// tasks are canceled.
func (t *turn) setUpChannel(ctx context.Context, sid string) error {
	r, err := t.routedChannel(ctx, sid)
	if err != nil {
		return gone(err)
	}
	if r.work.Channel.Status != routing.ChannelSetup {
		return nil
	}
	opened := t.Part(func() error { return t.openConversation(ctx, r.channel) })
	failed, err := neverSetUp(opened)
	switch {
	case err != nil:
		return err
	case failed != nil:
		return t.failChannel(ctx, r, failed)
	}
	if r.work, err = r.work.Happen(routing.ChannelIsSetUp, routing.ChannelChange{}, t.now); err != nil {
		return err
	}
	for _, sid := range slices.Clone(r.channel.TaskSIDs) {
		if err := t.release(ctx, r, sid); err != nil {
			return err
		}
		if err := t.withoutGone(ctx, r, sid); err != nil {
			return err
		}
	}
	return t.keepRouted(ctx, r)
}

// withoutGone asks for somebody else in place of a worker who was deleted while a task for them
// was held: whoever deleted them has not met it among those that wait.
func (t *turn) withoutGone(ctx context.Context, r *routed, taskSID string) error {
	target := r.assignment(taskSID).Task.RoutingTarget
	if !routing.PrefixWorker.Valid(target) {
		return nil
	}
	if _, err := t.worker(ctx, target); !errors.Is(err, ErrNotFound) {
		return err
	}
	return t.declined(ctx, r, &storedReservation{Reservation: routing.Reservation{TaskSID: taskSID, WorkerSID: target}})
}

// neverSetUp tells apart what can never succeed and what may, later.
func neverSetUp(err error) (never *setUpError, later error) {
	if never, ok := errors.AsType[*setUpError](err); ok {
		return never, nil
	}
	_, conflict := errors.AsType[*ConflictError](err) // not that of the store
	if conflict || errors.Is(err, ErrInvalid) || errors.Is(err, ErrRefused) || errors.Is(err, ErrNotFound) {
		return &setUpError{routing.CodeOutbound, brieflyOf(err)}, nil
	}
	return nil, err
}

// failChannel ends a channel that cannot be set up.
func (t *turn) failChannel(ctx context.Context, r *routed, why *setUpError) error {
	next, err := r.work.Happen(routing.ChannelFails, routing.ChannelChange{ErrorCode: why.code, ErrorMessage: why.message}, t.now)
	if err != nil {
		return err
	}
	r.work = next
	return t.keepRouted(ctx, r)
}

// setUpFailed ends a channel whose setting up was given up.
func (c *core) setUpFailed(ctx context.Context, w *work.Work, j jobs.Job) error {
	var d channelJob
	if err := json.Unmarshal(j.Data, &d); err != nil {
		return fmt.Errorf("job %s: %w", j.ID, err)
	}
	t := c.system(w)
	r, err := t.routedChannel(ctx, d.ChannelSID)
	if err != nil {
		return gone(err)
	}
	if r.work.Channel.Status != routing.ChannelSetup {
		return nil
	}
	r.channel.Job = "" // it is this one, which stays where it can be seen
	return t.failChannel(ctx, r, &setUpError{routing.CodeNotConfigured, "the channel could not be set up: " + j.Error})
}

// openConversation opens the thread of a channel with its customer, unless the channel is bound
// to one that was there.
func (t *turn) openConversation(ctx context.Context, c *storedChannel) error {
	request := c.Request.Channel
	if request.Properties.MediaChannelSID != "" {
		thread, err := t.thread(ctx, c.ThreadID)
		if err == nil && thread.Status != interaction.ThreadOpen {
			err = &setUpError{routing.CodeConversationClosed, "the conversation was closed"}
		}
		return err
	}
	n := request.Customer()
	if n < 0 {
		return &setUpError{routing.CodeNoParticipants, "there is nobody to talk to"}
	}
	customer := request.Participants[n]
	from := cmp.Or(customer.ProxyAddress, request.Properties.From)
	source, err := t.sourceFor(ctx, request.Type, from)
	switch {
	case err != nil:
		return err
	case source == nil:
		return &setUpError{routing.CodeOutbound, fmt.Sprintf("no source is known for %s from this address: Flex.SetAddress names one", request.Type)}
	}
	if err := active(source); err != nil {
		return err
	}
	in := Inbound{SourceID: source.ID, Customer: accountOf(request.Type, customer), ThreadTitle: request.Properties.Subject}
	if err := in.check(); err != nil {
		return err
	}
	_, err = t.begins(ctx, c.ThreadID, source, in, c.SID)
	return err
}

// timeChannel sees to what is to happen to a channel later: a new one is set up, and one that is
// paused is routed anew after 14 days.
func (t *turn) timeChannel(ctx context.Context, r *routed, after *storedChannel) (err error) {
	was, is := r.channel.Status, after.Status
	if was == is {
		return nil
	}
	if after.Job != "" && (was == routing.ChannelSetup || was == routing.ChannelPause) {
		if err := t.withdraw(ctx, after.Job); err != nil {
			return err
		}
		after.Job = ""
	}
	switch is {
	case routing.ChannelSetup:
		after.Job, err = t.later(ctx, jobSetUp, time.Time{}, channelJob{ChannelSID: after.SID})
	case routing.ChannelPause:
		after.Job, err = t.later(ctx, jobReroute, t.now.Add(routing.MaxPause), channelJob{ChannelSID: after.SID})
	case routing.ChannelActive, routing.ChannelInactive, routing.ChannelTransfer, routing.ChannelFailed, routing.ChannelClosed:
	}
	return err
}
