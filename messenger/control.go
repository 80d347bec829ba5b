package messenger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// thread is what the verbs of thread control say.
type thread struct {
	Recipient recipient `json:"recipient"`
	Target    string    `json:"target_app_id,omitempty"`
	Metadata  string    `json:"metadata,omitempty"`
	Duration  int64     `json:"duration,omitempty"`
}

// Request asks the app in control to pass it. If nobody has it, Messenger gives it to our
// app at once; it is asked who has control, since its answer does not say so. Where routing
// has a default app there is no request: it is refused.
func (p *Platform) Request(ctx context.Context, h engage.Handling) (granted bool, err error) {
	had := false
	a, err := p.verb(ctx, h, "request_thread_control", thread{Metadata: h.Metadata}, func(h engage.Handling, now handover.Party) bool {
		had = isOurs(h, now)
		return had
	})
	if err != nil || had {
		return had, err
	}
	if owner := a.owner(); owner != nil {
		return string(owner.AppID) == p.opts.AppID, nil
	}
	now, err := p.Owner(ctx, h)
	return err == nil && isOurs(h, now), nil // if it does not say, there will be a report
}

// Pass gives control to the app Handling.App: the app that has it, or, while nobody has
// it, any. To whom it is to go must be said.
func (p *Platform) Pass(ctx context.Context, h engage.Handling) error {
	if h.App == "" {
		return engage.Permanent(errors.New("messenger: a pass without the app that is to get control"))
	}
	_, err := p.verb(ctx, h, "pass_thread_control", thread{Target: h.App, Metadata: h.Metadata},
		func(h engage.Handling, now handover.Party) bool { return now.App == h.App })
	return err
}

// Take takes control. What our app has already it need not take. While nobody has it and
// the page does not let our app take it, our app passes it to itself: that is what anyone
// may do then.
func (p *Platform) Take(ctx context.Context, h engage.Handling) error {
	free := false
	_, err := p.verb(ctx, h, "take_thread_control", thread{Metadata: h.Metadata}, func(h engage.Handling, now handover.Party) bool {
		free = now.Owner == handover.Idle
		return isOurs(h, now)
	})
	if !free {
		return err
	}
	_, passing := p.verb(ctx, h, "pass_thread_control", thread{Target: p.opts.AppID, Metadata: h.Metadata}, isOurs)
	if refusal, ok := errors.AsType[*Error](passing); ok && refusal.verdict() == refused {
		return err // that says more
	}
	return passing
}

// Release gives control up: nobody has it then.
func (p *Platform) Release(ctx context.Context, h engage.Handling) error {
	_, err := p.verb(ctx, h, "release_thread_control", thread{},
		func(_ engage.Handling, now handover.Party) bool { return now.Owner == handover.Idle })
	return err
}

// Extend keeps control for that long, from now on, although nobody writes: 24 hours is
// what it lasts by itself, seven days the most. Whoever passes, takes or requests control
// sets it back to 24 hours.
func (p *Platform) Extend(ctx context.Context, h engage.Handling, by time.Duration) error {
	if by < time.Second || by > MaxExtension*time.Second {
		return engage.Permanent(fmt.Errorf("messenger: control is kept for 1 to %d seconds, and not for %v", MaxExtension, by))
	}
	_, err := p.verb(ctx, h, "extend_thread_control", thread{Duration: int64(by / time.Second)}, nil)
	return err
}

// isOurs reports whether our app has control.
func isOurs(_ engage.Handling, now handover.Party) bool { return now.Owner == handover.Agent }

// verb makes a call that changes who has control. Messenger refuses one that would change
// nothing, and does not say so; so if it refuses, it is asked who has control, and if
// that is as it was to be, the verb is done. It is how one that is repeated after its answer
// was lost comes out.
func (p *Platform) verb(ctx context.Context, h engage.Handling, edge string, t thread, done func(engage.Handling, handover.Party) bool) (answer, error) {
	if err := checkCustomer(h.Identity); err != nil {
		return answer{}, err
	}
	t.Recipient.ID = h.Identity.ForeignID
	a, err := p.call(ctx, h.Source, edge, nil, t)
	if err == nil && !a.Success && a.owner() == nil {
		err = fmt.Errorf("messenger: %w: an answer that does not say whether it is done", engage.ErrUnknownOutcome)
	}
	refusal, ok := errors.AsType[*Error](err)
	if !ok || refusal.verdict() != refused && refusal.verdict() != notInControl {
		return a, err
	}
	if done == nil {
		return answer{}, engage.Permanent(refusal)
	}
	if now, asking := p.Owner(ctx, h); asking == nil && done(h, now) {
		return answer{Success: true}, nil
	}
	return answer{}, engage.Permanent(refusal)
}

// Owner returns who has control, as far as Messenger tells our app: the app in control, the
// primary and the default app learn which it is; others only whether there is one, and
// get a [handover.Other] without an ID.
func (p *Platform) Owner(ctx context.Context, h engage.Handling) (handover.Party, error) {
	if err := checkCustomer(h.Identity); err != nil {
		return handover.Party{}, err
	}
	a, err := p.call(ctx, h.Source, "thread_owner", url.Values{"recipient": {h.Identity.ForeignID}}, nil)
	if e, ok := errors.AsType[*Error](err); ok && e.verdict() == notVisible {
		return handover.Party{Owner: handover.Other}, nil
	}
	if err != nil {
		return handover.Party{}, err
	}
	owner := a.owner()
	if owner == nil {
		if a.Data == nil { // not even an empty list of owners
			return handover.Party{}, fmt.Errorf("messenger: %w: an answer that is none to who has control", engage.ErrUnknownOutcome)
		}
		return handover.Party{Owner: handover.Idle}, nil
	}
	if owner.AppID == "" {
		if !some(owner.Expiration) {
			return handover.Party{Owner: handover.Idle}, nil
		}
		return handover.Party{Owner: handover.Other}, nil
	}
	return partyOf(string(owner.AppID), p.opts.AppID), nil
}

// some reports whether an expiration is there: it is left out, null, or 0 while nobody has
// control.
func some(expiration json.RawMessage) bool {
	switch string(expiration) {
	case "", "null", "0", `""`, `"0"`:
		return false
	}
	return true
}

// partyOf returns who an app is to us, as [engage.ControlPlatform] has it.
func partyOf(app, ours string) handover.Party {
	switch app {
	case "":
		return handover.Party{Owner: handover.Idle}
	case ours:
		return handover.Party{Owner: handover.Agent}
	default:
		return handover.Party{Owner: handover.Other, App: app}
	}
}
