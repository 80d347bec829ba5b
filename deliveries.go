package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// The delivery of contents to their platforms. Each is a job in the lane of its thread,
// so that a customer gets them in the order in which they were written.

// jobDeliver delivers one content.
const jobDeliver = "content.deliver"

type delivery struct {
	ContentID  string `json:"content_id"`
	SourceType string `json:"source_type"`
	// Keyed says that the platform which was asked last honours keys. It stands here
	// because who finds the attempt lost may not have that platform.
	Keyed bool `json:"keyed,omitempty"`
}

// laneOf returns the lane in which a content is delivered: that of its thread. Where contents
// wait for control, which is had of one customer at a time, each customer has a lane of the
// thread: what waits holds up nothing that goes to another.
func laneOf(c *interaction.Content, source *interaction.Source) string {
	lane := "thread " + c.ThreadID
	if source.ThreadControl {
		lane += " with " + c.IdentityID
	}
	return lane
}

// deliver enters a content that was posted into the line of its thread.
func (t *turn) deliver(ctx context.Context, c *interaction.Content) error {
	next, _, err := c.Synchronization.Apply(interaction.SyncPosts, "")
	if err != nil {
		return refusal(err, contentResource(c.ID))
	}
	c.Synchronization = next
	source, err := t.source(ctx, c.SourceID)
	if err != nil {
		return err
	}
	// It is due at once, also if the clock is put back after it.
	c.JobID, err = t.add(ctx, jobs.Job{Type: jobDeliver, Class: c.SourceType, Lane: laneOf(c, source)}, delivery{ContentID: c.ID, SourceType: c.SourceType})
	return err
}

// add adds a job to the turn.
func (t *turn) add(ctx context.Context, j jobs.Job, data any) (id string, err error) {
	if j.Data, err = json.Marshal(data); err != nil {
		return "", fmt.Errorf("encoding the data of a job: %w", err)
	}
	return t.core.jobs.Add(ctx, t.Work, j)
}

// registerDeliveries says how contents are delivered.
func (c *core) registerDeliveries() {
	c.jobs.Outside(jobDeliver, jobs.Outside{
		Claim: func(ctx context.Context, w *work.Work, j *jobs.Job) (jobs.Verdict, error) {
			content, err := c.system(w).deliverable(ctx, *j)
			if err != nil {
				return jobs.Verdict{}, err
			}
			if content.Synchronization.Status != interaction.SyncPending {
				return jobs.End(), nil // withdrawn, or reported as delivered
			}
			if verdict, err := c.system(w).gate(ctx, content, j.ID); err != nil || verdict != jobs.Go() {
				return verdict, err
			}
			platform, err := c.platform(content.SourceType)
			if err != nil {
				return jobs.Verdict{}, err
			}
			keyed, ok := platform.(KeyedPlatform)
			j.Data, err = json.Marshal(delivery{
				ContentID: content.ID, SourceType: content.SourceType, Keyed: ok && keyed.HonoursKeys(),
			})
			return jobs.Go(), err
		},
		Prepare: c.dispatch,
		Classes: c.deliverers,
		Missing: missingPlatform,
		Idempotent: func(j jobs.Job) bool {
			var d delivery
			return json.Unmarshal(j.Data, &d) == nil && d.Keyed
		},
		Settle: func(ctx context.Context, w *work.Work, j jobs.Job, o jobs.Outcome) error {
			t := c.system(w)
			content, err := t.deliverable(ctx, j)
			if err != nil {
				return err
			}
			return t.whole(ctx, func(t *turn) error {
				was := content.Synchronization.Status
				if err := t.settleDelivery(ctx, content, o); err != nil {
					return err
				}
				return t.steerDelivered(ctx, content, was, o.Err)
			})
		},
	})
}

// platform returns the platform of a type of sources.
func (c *core) platform(sourceType string) (Platform, error) {
	if platform := c.opts.Platforms[sourceType]; platform != nil {
		return platform, nil
	}
	return nil, errors.New(missingPlatform(sourceType))
}

// deliverers returns the types of sources whose platforms this process has.
func (c *core) deliverers() (types []string) {
	for typ, platform := range c.opts.Platforms {
		if platform != nil {
			types = append(types, typ)
		}
	}
	return types
}

// missingPlatform says what a process needs to deliver contents of a type of sources.
func missingPlatform(sourceType string) string {
	return fmt.Sprintf("Options.Platforms has none for sources of type %q (InApp{} is one for those without an outside world)", sourceType)
}

// system returns a turn of the system within a work of a job.
func (c *core) system(w *work.Work) *turn {
	return scope{core: c, actor: System()}.turn(w)
}

// deliverable reads the content that a job is to deliver.
func (t *turn) deliverable(ctx context.Context, j jobs.Job) (*interaction.Content, error) {
	var d delivery
	if err := json.Unmarshal(j.Data, &d); err != nil {
		return nil, fmt.Errorf("job %s: %w", j.ID, err)
	}
	return t.content(ctx, d.ContentID)
}

// errSettled says that somebody has settled a delivery since it was claimed.
var errSettled = errors.New("what became of the content is known meanwhile")

// dispatch reads what a platform needs to deliver, and returns what asks it to.
func (c *core) dispatch(ctx context.Context, j jobs.Job) (send func(context.Context) (any, error), err error) {
	var d Delivery
	err = c.runner.Do(ctx, func(w *work.Work) error {
		t := c.system(w)
		content, err := t.deliverable(ctx, j)
		if err != nil {
			return err
		}
		if content.Synchronization.Status != interaction.SyncPending {
			return jobs.NotBegun(errSettled) // it was reported as delivered: asking again would deliver it twice
		}
		source, err := t.source(ctx, content.SourceID)
		if err != nil {
			return err
		}
		if err := t.stillGoes(ctx, content, source); err != nil {
			return err
		}
		thread, err := t.thread(ctx, content.ThreadID)
		if err != nil {
			return err
		}
		identity, err := t.identity(ctx, content.IdentityID)
		if err != nil {
			return err
		}
		d = Delivery{Key: content.ID, Attempt: j.Attempts, Source: *source, Thread: *thread, Identity: *identity, Content: *content}
		if content.InReplyToID == "" {
			return nil
		}
		above, err := t.content(ctx, content.InReplyToID)
		if err == nil {
			d.InReplyTo = above.ForeignID
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	platform, err := c.platform(d.Source.Type)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) { return c.ask(ctx, platform, d) }, nil
}

// settleDelivery writes what is known of a delivery now.
func (t *turn) settleDelivery(ctx context.Context, c *interaction.Content, o jobs.Outcome) error {
	reason, doubtful := "", false
	if o.Err != nil {
		// A late failure is the answer of the attempt that left the doubt.
		reason, doubtful = brieflyOf(o.Err), inDoubt(o.Err, c.Uncertain && !o.Late)
	}
	switch o.State {
	case jobs.Done:
		foreignID, _ := o.Value.(string)
		return t.succeeded(ctx, c, foreignID)
	case jobs.Pending:
		if c.Synchronization.Status != interaction.SyncPending || o.NotBegun && !o.Late { // which says nothing of what is known
			return nil
		}
		c.Synchronization.Error, c.Uncertain, c.UpdatedAt = reason, doubtful, t.now
		return contents.Put(t.Work, c)
	case jobs.Failed:
		by := interaction.SyncFails
		_, byHand := errors.AsType[*givenUpError](o.Err)
		_, byRule := errors.AsType[*uncontrolledError](o.Err)
		if (byHand || byRule) && !c.Uncertain {
			by = interaction.SyncWithdraws
		}
		return t.synchronize(ctx, c, by, reason, doubtful)
	case jobs.Uncertain:
		return t.synchronize(ctx, c, interaction.SyncDoubts, reason, true)
	case jobs.Running:
	}
	return nil
}

// givenUpError is what becomes of a delivery of which somebody says that it was not done, and
// is not to be done.
type givenUpError struct{ reason string }

// Error returns the reason.
func (g *givenUpError) Error() string { return g.reason }

// inDoubt reports whether, after an attempt that ended with err, the platform may have
// the content. before says whether it may have had it before the attempt: that one
// attempt was refused says nothing of the others, but somebody who gives up knows.
func inDoubt(err error, before bool) bool {
	_, byHand := errors.AsType[*givenUpError](err)
	return !byHand && (before || errors.Is(err, jobs.ErrNoAnswer))
}

// synchronize lets something happen to the delivery of a content, unless that is no
// longer possible: what is known is not forgotten. uncertain says whether the platform
// may have the content nevertheless.
func (t *turn) synchronize(ctx context.Context, c *interaction.Content, by interaction.SyncVerb, reason string, uncertain bool) error {
	next, events, err := c.Synchronization.Apply(by, reason)
	if _, refused := errors.AsType[*interaction.TransitionError](err); refused {
		return nil
	}
	if err != nil {
		return err
	}
	next.Uncertain = uncertain
	if by == interaction.SyncDoubts {
		events = []string{string(EventContentUncertain)}
	}
	c.Synchronization, c.UpdatedAt = next, t.now
	if err := contents.Put(t.Work, c); err != nil || len(events) == 0 {
		return err
	}
	thread, err := t.thread(ctx, c.ThreadID)
	if err != nil {
		return err
	}
	views, err := correspondents.Get(ctx, t.Work, correspondentID(c.ThreadID, c.IdentityID))
	if err != nil || views == nil {
		return err
	}
	for _, typ := range events {
		if err := t.tellContent(ctx, EventType(typ), c, *views, thread); err != nil {
			return err
		}
	}
	return nil
}

// succeeded notes that the platform has a content, under an ID that may be empty.
func (t *turn) succeeded(ctx context.Context, c *interaction.Content, foreignID string) error {
	if checkHostText("foreign_id", foreignID) != nil {
		foreignID = plain(foreignID)
	}
	if foreignID != "" && foreignID != c.ForeignID {
		if err := t.claimForeignID(ctx, c, foreignID); err != nil {
			return err
		}
	}
	if c.Synchronization.Status == interaction.SyncSuccess {
		c.UpdatedAt = t.now
		return contents.Put(t.Work, c)
	}
	return t.synchronize(ctx, c, interaction.SyncSucceeds, "", false)
}

// reported notes that the platform has told of a content that was posted here.
func (t *turn) reported(ctx context.Context, c *interaction.Content, foreignID string) error {
	if c.Synchronization.Status == interaction.SyncSuccess && (foreignID == "" || foreignID == c.ForeignID || slices.Contains(c.Duplicates, foreignID)) {
		return nil // that is known
	}
	if c.JobID != "" {
		err := t.core.jobs.Settle(ctx, t.Work, c.JobID, jobs.Outcome{State: jobs.Done, Value: foreignID})
		if !errors.Is(err, jobs.ErrNotFound) {
			return err
		}
	}
	return t.succeeded(ctx, c, foreignID)
}

// brieflyOf returns the text of an error of a platform, as far as it is kept.
func brieflyOf(err error) string {
	text := err.Error()
	if len(text) > maxReason {
		text = text[:maxReason]
	}
	return strings.ToValidUTF8(text, "")
}

// maxReason is how much is kept of what a platform says, in bytes.
const maxReason = 1000
