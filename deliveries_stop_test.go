package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// silentPlatform honours keys and never answers. It does something when it is asked
// whether it honours them, which is between a claim and the Send.
type silentPlatform struct{ asked func() }

func (p *silentPlatform) HonoursKeys() bool {
	if p.asked != nil {
		p.asked()
	}
	return true
}

func (*silentPlatform) Send(context.Context, engage.Delivery) (string, error) {
	return "", engage.ErrUnknownOutcome
}

// TestAStopForgetsNoDoubt: an attempt that a stop kept from being begun says nothing of
// those before it. The platform may still have the content.
func TestAStopForgetsNoDoubt(t *testing.T) {
	t.Parallel()
	platform := &silentPlatform{}
	d := newDesk(t, func(o *engage.Options) { o.Platforms = map[string]engage.Platform{"messenger": platform} })
	talk := d.writes("eve", "hello?")
	d.engages(ann, talk.ThreadID)
	posted := d.replies(ann, talk.ThreadID, "hi")
	d.runs()
	before := must(d.Contents.Get(t.Context(), posted.ID))(t)
	if !before.Uncertain {
		t.Fatalf("%+v, want doubt after no answer", before.Synchronization)
	}
	d.clock.pass(time.Minute)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	platform.asked = stop
	_, _ = d.RunDue(ctx) // whatever it says of its context
	platform.asked = nil
	after := must(d.Contents.Get(t.Context(), posted.ID))(t)
	if !after.Uncertain || after.Synchronization.Status != interaction.SyncPending {
		t.Errorf("%+v after a stop, want the doubt that there was", after.Synchronization)
	}
}
