package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// The jobs of control: the verbs that a platform is told, the question who has control,
// and what happens when a time has come.
const (
	jobVerb     = "control.verb"     // the platform is told to pass, take, request or release control
	jobOwner    = "control.owner"    // the platform is asked who has control
	jobDeadline = "control.deadline" // the deadline of a verb has come
	jobInactive = "control.inactive" // nobody has written for long
)

// conversation is that with an identity on a source.
type conversation struct {
	SourceID   string `json:"source_id"`
	IdentityID string `json:"identity_id"`
}

// lane is that of the verbs of a conversation, which go one after another.
func (c conversation) lane() string { return "control " + hashOf(c.SourceID, c.IdentityID) }

type verbJob struct {
	conversation

	Verb handover.Verb `json:"verb"`
}

type ownerJob struct {
	conversation

	Asked int64 `json:"asked"` // the revision of the control at that time
}

type deadlineJob struct {
	conversation

	VerbID string `json:"verb_id"`
}

type inactiveJob struct {
	conversation

	LookAt time.Time `json:"look_at"` // one whose look was moved has another job
}

// leftAlone returns how long a platform is left alone that could not be told of a verb, or
// did not say what became of it: half as long as the verb has been under way, from a second
// to a minute. None is under way any more: a minute.
func leftAlone(v *handover.Verb, now time.Time) time.Duration {
	const least, most = time.Second, time.Minute
	if v == nil {
		return most
	}
	return min(max(now.Sub(v.DecidedAt)/2, least), most)
}

// steeringOf returns the control of a conversation to a job.
func (t *turn) steeringOf(ctx context.Context, about conversation) (*steering, error) {
	source, err := t.source(ctx, about.SourceID)
	if err != nil {
		return nil, err
	}
	s, err := t.steer(ctx, source, about.IdentityID)
	if err == nil && s == nil {
		err = &NotFoundError{Resource: controlResource(about.SourceID, about.IdentityID), Reason: noControl}
	}
	return s, err
}

// steeringEver is steeringOf for what is to come to an end where control is not kept any
// more.
func (t *turn) steeringEver(ctx context.Context, about conversation) (*steering, error) {
	source, err := t.source(ctx, about.SourceID)
	if err != nil {
		return nil, err
	}
	return t.steering(ctx, source, about.IdentityID)
}

// steered does what a job has to do with the control of a conversation.
func steered[T any](ctx context.Context, c *core, w *work.Work, j jobs.Job, about func(*T) conversation, do func(*turn, *steering, *T) error) error {
	var data T
	if err := json.Unmarshal(j.Data, &data); err != nil {
		return fmt.Errorf("job %s: %w", j.ID, err)
	}
	return c.system(w).whole(ctx, func(t *turn) error {
		s, err := t.steeringEver(ctx, about(&data))
		if err != nil {
			return err
		}
		return do(t, s, &data)
	})
}

func (c *core) registerControl() {
	c.jobs.Outside(jobVerb, jobs.Outside{
		Claim:      c.claimVerb,
		Prepare:    c.prepareVerb,
		Settle:     c.settleVerb,
		Classes:    c.controllers,
		Missing:    missingControlPlatform,
		Spacing:    soonAgain,
		Idempotent: func(jobs.Job) bool { return true }, // who claims it again sees that it had no answer
	})
	c.jobs.Outside(jobOwner, jobs.Outside{
		Prepare:    c.prepareOwner,
		Settle:     c.settleOwner,
		Classes:    c.controllers,
		Missing:    missingControlPlatform,
		Spacing:    soonAgain,
		Idempotent: func(jobs.Job) bool { return true },
	})
	c.jobs.Within(jobFollow, within(c, func(ctx context.Context, t *turn, d *consequence) (time.Time, error) { return t.begetLater(ctx, d) }))
	c.jobs.Within(jobDeadline, within(c, func(ctx context.Context, t *turn, d *deadlineJob) (time.Time, error) {
		return time.Time{}, t.whole(ctx, func(t *turn) error {
			s, err := t.steeringEver(ctx, d.conversation)
			if err != nil {
				return err
			}
			if v := s.control.Verb; v != nil && v.ID == d.VerbID && !t.now.Before(v.Deadline) {
				s.control.DeadlineJob = "" // it is this one
			}
			return t.carryOut(ctx, s, handover.Expire(s.control.Control, d.VerbID, t.ID(), t.facts(s)))
		})
	}))
	c.jobs.Within(jobInactive, within(c, func(ctx context.Context, t *turn, d *inactiveJob) (again time.Time, err error) {
		err = t.whole(ctx, func(t *turn) error {
			s, err := t.steeringEver(ctx, d.conversation)
			if err != nil || !s.control.LookAt.Equal(d.LookAt) {
				return err
			}
			looking := s.control.LookJob
			s.control.LookAt, s.control.LookJob = time.Time{}, ""
			if again := s.control.AgainAt; !again.IsZero() && !again.After(t.now) {
				return t.carryOut(ctx, s, handover.Again(s.control.Control, t.ID(), t.facts(s)))
			}
			if at := s.looks(); at.After(t.now) {
				s.control.LookAt, s.control.LookJob, d.LookAt, again = at, looking, at, at
				return controls.Put(t.Work, s.control)
			}
			_, err = t.decide(ctx, s, handover.Input{Trigger: handover.Inactivity})
			return err
		})
		return again, err
	}))
	c.registerControlSettings()
}

func verbOf(d *verbJob) conversation   { return d.conversation }
func ownerOf(d *ownerJob) conversation { return d.conversation }

// claimVerb begins an attempt to tell the platform of a verb.
func (c *core) claimVerb(ctx context.Context, w *work.Work, j *jobs.Job) (verdict jobs.Verdict, err error) {
	err = steered(ctx, c, w, *j, verbOf, func(t *turn, s *steering, d *verbJob) error {
		v := s.control.Verb
		if v != nil && v.ID == d.Verb.ID && v.Revision == d.Verb.Revision && v.Stage == handover.StageSent { // an attempt was lost
			verdict = jobs.End()
			return t.carryOut(ctx, s, handover.Answer(s.control.Control, *v, handover.NoAnswer, "", t.ID(), t.facts(s)))
		}
		next, begins := handover.Begin(s.control.Control, d.Verb.ID, t.facts(s))
		if err := t.carryOut(ctx, s, next); err != nil {
			return err
		}
		if !begins {
			verdict = jobs.End()
			return nil
		}
		d.Verb = *s.control.Verb
		j.Data, err = json.Marshal(d)
		return err
	})
	return verdict, err
}

// answer is what a platform said to a verb.
type answer struct {
	outcome handover.Outcome
	reason  string
	wait    time.Duration // until it may be told again, of NotTold
}

// doVerb tells the platform, which has until the verb's deadline to answer.
func (c *core) doVerb(ctx context.Context, v handover.Verb, h Handling, platform ControlPlatform) (any, error) {
	left := v.Deadline.Sub(c.opts.Clock())
	if left <= 0 {
		return answer{outcome: handover.NotTold}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	h.Key, h.App = v.ID, v.To.App
	granted := false
	err := c.guarded(ctx, h.Source.Type, func() (err error) {
		switch v.Kind {
		case handover.VerbTake:
			return platform.Take(ctx, h)
		case handover.VerbRequest:
			granted, err = platform.Request(ctx, h)
			return err
		case handover.VerbPass:
			return platform.Pass(ctx, h)
		case handover.VerbRelease:
			return platform.Release(ctx, h)
		case handover.VerbAsk:
		}
		return nil
	})
	switch {
	case err == nil && granted:
		return answer{outcome: handover.Granted}, nil
	case err == nil:
		return answer{outcome: handover.Done}, nil
	case errors.Is(err, jobs.ErrNoAnswer):
		return answer{outcome: handover.NoAnswer, reason: brieflyOf(err)}, nil
	case jobs.IsPermanent(err):
		return answer{outcome: handover.Rejected, reason: brieflyOf(err)}, nil
	}
	// The spacing of jobs is for those that may take days: a verb has a deadline.
	return answer{outcome: handover.NotTold, wait: jobs.After(err)}, nil
}

// settleVerb takes the answer to a verb.
func (c *core) settleVerb(ctx context.Context, w *work.Work, j jobs.Job, o jobs.Outcome) error {
	return steered(ctx, c, w, j, verbOf, func(t *turn, s *steering, d *verbJob) error {
		said, ok := o.Value.(answer)
		switch {
		case o.State == jobs.Done && ok:
		case o.State == jobs.Pending && errors.Is(o.Err, jobs.ErrNoAnswer), o.State == jobs.Uncertain:
			return nil // the next claim sees that
		case o.State == jobs.Pending:
			said = answer{outcome: handover.NotTold}
		default: // no try is left
			said = answer{outcome: handover.Rejected, reason: brieflyOf(o.Err)}
		}
		err := t.carryOut(ctx, s, handover.Answer(s.control.Control, d.Verb, said.outcome, said.reason, t.ID(), t.facts(s)))
		v := s.control.Verb
		if err != nil || o.State == jobs.Pending || said.outcome != handover.NotTold || v == nil || v.ID != d.Verb.ID || v.Stage != handover.StageQueued {
			return err
		}
		if err := t.tellVerb(ctx, s, t.now.Add(max(leftAlone(v, t.now), said.wait))); err != nil {
			return err
		}
		return controls.Put(t.Work, s.control)
	})
}

// doOwner asks the platform who has control. That it does not say is an answer, too.
func (c *core) doOwner(ctx context.Context, h Handling, platform ControlPlatform) (any, error) {
	said := make(chan *handover.Party, 1)
	go func() { // a platform that does not heed the end of ctx is left behind
		var party handover.Party
		err := c.guarded(ctx, h.Source.Type, func() (err error) {
			party, err = platform.Owner(ctx, h)
			return err
		})
		if err != nil {
			said <- nil
			return
		}
		said <- &party
	}()
	select {
	case party := <-said:
		return party, nil
	case <-ctx.Done():
		return (*handover.Party)(nil), nil
	}
}

// settleOwner takes the answer to the question who has control.
func (c *core) settleOwner(ctx context.Context, w *work.Work, j jobs.Job, o jobs.Outcome) error {
	if o.State == jobs.Pending {
		return nil
	}
	return steered(ctx, c, w, j, ownerOf, func(t *turn, s *steering, d *ownerJob) error {
		who, _ := o.Value.(*handover.Party)
		if who != nil {
			known := s.recognize(*who)
			who = &known
		}
		next := handover.OwnerIs(s.control.Control, d.Asked, who, t.ID(), t.facts(s))
		again := next.AskOwner && who == nil
		if again {
			next.AskOwner = false
		}
		if err := t.carryOut(ctx, s, next); err != nil || !again {
			return err
		}
		return t.askOwner(ctx, s, t.now.Add(leftAlone(s.control.Verb, t.now)))
	})
}

// recognize returns who an app is that the platform names: a bot that is known here, or
// another. Messenger does not name it to all apps: then it is the one to which control was
// passed, the one that is known to have it, the one that was reported last, or the bot that
// is first, which is given what nobody had.
func (s *steering) recognize(p handover.Party) handover.Party {
	c := s.control.Control
	switch {
	case p.Owner != handover.Other && p.Owner != handover.Bot:
		return p
	case p.App == "" && c.Phase() == handover.Passing:
		return c.Verb.To
	case p.App == "" && (c.Owner == handover.Bot || c.Owner == handover.Other) && !c.Virtual:
		return c.Party
	case p.App == "" && c.Reported.App != "":
		return c.Reported
	case p.App == "" && c.Owner == handover.Idle && s.settings.Primary == handover.Bot:
		return handover.Party{Owner: handover.Bot, App: s.settings.BotApp}
	case p.App == "":
		return p
	}
	known := p.App == s.settings.BotApp || c.Owner == handover.Bot && c.App == p.App ||
		c.Verb != nil && c.Verb.To.App == p.App || c.WhenFree != nil && c.WhenFree.App == p.App
	if known {
		return handover.Party{Owner: handover.Bot, App: p.App}
	}
	return handover.Party{Owner: handover.Other, App: p.App}
}
