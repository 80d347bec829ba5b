package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
)

// What a process needs to tell a platform of a verb, and to ask it who has control.

// controllers returns the types of sources whose platforms in this process pass control.
func (c *core) controllers() (types []string) {
	for typ, platform := range c.opts.Platforms {
		if _, passes := platform.(ControlPlatform); passes {
			types = append(types, typ)
		}
	}
	return types
}

// missingControlPlatform says what a process needs to move control on a type of sources.
func missingControlPlatform(sourceType string) string {
	return fmt.Sprintf("Options.Platforms has no ControlPlatform for sources of type %q", sourceType)
}

// soonAgain is the spacing of the verbs and questions that did not get as far as the
// platform: a verb has until its deadline, which is half a minute.
func soonAgain(n int) time.Duration { return time.Second << min(max(n, 1)-1, 6) }

// errOver says that a verb is not to be told any more: it is over, or another job's.
var errOver = errors.New("control has moved on since")

// prepareVerb reads what it takes to tell the platform of a verb, and looks whether it is to
// be told still: since it was claimed, somebody may have decided that it is over.
func (c *core) prepareVerb(ctx context.Context, j jobs.Job) (func(context.Context) (any, error), error) {
	var d verbJob
	if err := json.Unmarshal(j.Data, &d); err != nil {
		return nil, err
	}
	h, platform, err := c.handling(ctx, d.conversation, func(now *storedControl) error {
		v := now.Verb
		if v == nil || v.ID != d.Verb.ID || v.Stage != handover.StageSent || v.Revision != d.Verb.Revision {
			return jobs.NotBegun(errOver)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (any, error) { return c.doVerb(ctx, d.Verb, h, platform) }, nil
}

// prepareOwner reads what it takes to ask the platform who has control.
func (c *core) prepareOwner(ctx context.Context, j jobs.Job) (func(context.Context) (any, error), error) {
	var d ownerJob
	if err := json.Unmarshal(j.Data, &d); err != nil {
		return nil, err
	}
	h, platform, err := c.handling(ctx, d.conversation, nil)
	if err != nil {
		return nil, err
	}
	h.Key = j.ID
	return func(ctx context.Context) (any, error) { return c.doOwner(ctx, h, platform) }, nil
}

// handling reads what a platform needs to move control of a conversation. look, if not nil,
// sees the control as it is then.
func (c *core) handling(ctx context.Context, about conversation, look func(*storedControl) error) (h Handling, p ControlPlatform, err error) {
	var source *interaction.Source
	err = c.runner.Do(ctx, func(w *work.Work) error {
		t := c.system(w)
		if source, err = t.source(ctx, about.SourceID); err != nil {
			return err
		}
		identity, err := t.identity(ctx, about.IdentityID)
		if err != nil {
			return err
		}
		h = Handling{Source: *source, Identity: *identity}
		if look == nil {
			return nil
		}
		now, err := need(controls.Get(ctx, t.Work, controlID(about.SourceID, about.IdentityID)))(controlResource(about.SourceID, about.IdentityID))
		if err != nil {
			return err
		}
		return look(now)
	})
	if err != nil {
		return h, nil, err
	}
	p, ok := c.opts.Platforms[source.Type].(ControlPlatform)
	if !ok {
		return h, nil, errors.New(missingControlPlatform(source.Type))
	}
	return h, p, nil
}
