package crowd_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// fickle is a platform on which one app at a time has control, and which answers late,
// wrongly or not at all.
type fickle struct {
	*books

	mu     sync.Mutex
	owners map[string]handover.Party // by source and identity
	rng    *rand.Rand
	faults float64
}

var (
	errDropped = fmt.Errorf("the line was cut: %w", engage.ErrUnknownOutcome)
	errBusy    = errors.New("busy")
	errNo      = engage.Permanent(errors.New("not in this state"))
)

func (f *fickle) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults = 0
}

// verb does something to the owner of a conversation, and perhaps says something else.
func (f *fickle) verb(h engage.Handling, do func(now handover.Party) (handover.Party, error)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	luck := f.rng.Float64()
	if luck < f.faults/3 {
		return errBusy
	}
	if luck < f.faults*2/3 {
		return errDropped // before it did anything
	}
	next, err := do(f.now(h))
	if err == nil {
		f.owners[h.Source.ID+h.Identity.ID] = next
	}
	if luck < f.faults {
		return errDropped // behind it
	}
	return err
}

func (f *fickle) now(h engage.Handling) handover.Party {
	if p, ok := f.owners[h.Source.ID+h.Identity.ID]; ok {
		return p
	}
	return handover.Party{Owner: handover.Idle}
}

// Request implements [engage.ControlPlatform].
func (f *fickle) Request(_ context.Context, h engage.Handling) (granted bool, err error) {
	err = f.verb(h, func(now handover.Party) (handover.Party, error) {
		granted = now.Owner == handover.Idle || now.Owner == handover.Agent || f.rng.IntN(2) == 0 // or the bot passes at once
		if granted {
			now = handover.Party{Owner: handover.Agent}
		}
		return now, nil
	})
	return granted && err == nil, err
}

// Pass implements [engage.ControlPlatform].
func (f *fickle) Pass(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(now handover.Party) (handover.Party, error) {
		if now.Owner != handover.Agent && now.Owner != handover.Idle {
			return now, errNo
		}
		return handover.Party{Owner: handover.Other, App: h.App}, nil
	})
}

// Take implements [engage.ControlPlatform].
func (f *fickle) Take(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(handover.Party) (handover.Party, error) { return handover.Party{Owner: handover.Agent}, nil })
}

// Release implements [engage.ControlPlatform].
func (f *fickle) Release(_ context.Context, h engage.Handling) error {
	return f.verb(h, func(now handover.Party) (handover.Party, error) {
		if now.Owner != handover.Agent {
			return now, errNo
		}
		return handover.Party{Owner: handover.Idle}, nil
	})
}

// Owner implements [engage.ControlPlatform].
func (f *fickle) Owner(_ context.Context, h engage.Handling) (handover.Party, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rng.Float64() < f.faults {
		return handover.Party{}, errBusy
	}
	return f.now(h), nil
}

// Send implements [engage.Platform].
func (f *fickle) Send(_ context.Context, d engage.Delivery) (string, error) {
	f.sent(d.Content.ID)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.rng.Float64() < f.faults {
		return "", errBusy
	}
	if now := f.now(engage.Handling{Source: d.Source, Identity: d.Identity}); now.Owner == handover.Bot || now.Owner == handover.Other {
		return "", fmt.Errorf("%w", engage.ErrNotInControl)
	}
	return "m" + d.Content.ID, nil
}
