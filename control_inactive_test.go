package engage_test

import (
	"context"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
)

// Control does not end while an intervention is open, however long nobody writes. That is
// looked at now and then, and not again and again.
func TestInactivityIsLookedAtNowAndThen(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	looks := 0
	d := newDesk(t)
	counted := d.opts
	counted.Clock = func() time.Time {
		looks++
		if looks > 10_000 { // it would never come to an end
			cancel()
		}
		return d.clock.read()
	}
	counted.Jobs.Concurrency = 1
	eng := must(engage.New(t.Context(), d.st, &counted))(t)
	if err := eng.Control.Configure(t.Context(), "chat", handover.Settings{Primary: handover.Agent}); err != nil {
		t.Fatal(err)
	}
	eve := d.writes("eve", "hello")
	i := d.engages(ann, eve.ThreadID)
	for range 3 {
		d.clock.pass(25 * time.Hour)
		n, err := eng.RunDue(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if n > 1 {
			t.Errorf("%d jobs are done, want one that looks", n)
		}
		expect(t, "owner", must(eng.Control.Get(t.Context(), "chat", eve.IdentityID))(t).Owner, handover.Agent)
	}
	must(eng.Interventions.Cancel(t.Context(), i.ID))(t)
	expect(t, "owner", must(eng.Control.Get(t.Context(), "chat", eve.IdentityID))(t).Owner, handover.Idle)
}
