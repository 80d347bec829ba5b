package engage

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/internal/jobs"
)

// jobFollow does what follows from a change of control and could not be done at once.
const jobFollow = "control.follow"

// consequence is what follows from a decision for interventions: one of these.
type consequence struct {
	conversation

	Freed   bool            `json:"freed,omitempty"`   // those of bots have no owner any more
	Certain bool            `json:"certain,omitempty"` // none is contested any more
	Goes    string          `json:"goes,omitempty"`    // the intervention that goes to a bot
	To      Actor           `json:"to,omitzero"`       // that bot
	Resting []string        `json:"resting,omitempty"` // the threads for which an agent is sought anew
	Written []postponedTalk `json:"written,omitempty"` // where customers have written meanwhile
}

// ensues has something follow once the call has written what it does itself. The decision
// stands, whatever comes of that: what is refused now, because control is on its way to a bot
// in another conversation, say, is a job of its own. So it keeps no answer of a platform from
// being taken, and no deadline from coming.
func (t *turn) ensues(c consequence) {
	t.afterwards = append(t.afterwards, func(ctx context.Context) error {
		more := len(t.afterwards)
		err := t.Part(func() error { return t.beget(ctx, c) })
		if err == nil || !unfit(err) {
			return err
		}
		t.afterwards = t.afterwards[:more]
		t.core.opts.Logger.WarnContext(ctx, "what follows from a change of control is put off",
			slog.String("source", c.SourceID), slog.String("identity", c.IdentityID), slog.Any("error", err))
		_, err = t.add(ctx, jobs.Job{Type: jobFollow, Due: t.now.Add(followAgain)}, c)
		return err
	})
}

// followAgain is after how long what was refused is tried again.
const followAgain = 5 * time.Second

// unfit reports whether an error says that something cannot be done as things are, and not
// that the store does not work.
func unfit(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrNotFound) || errors.Is(err, ErrInvalid)
}

// beget does what follows.
func (t *turn) beget(ctx context.Context, c consequence) error {
	switch {
	case c.Freed:
		return t.freeFromBots(ctx, c.conversation)
	case len(c.Resting) > 0:
		return t.backToAgents(ctx, c.conversation, c.Resting)
	case c.Certain:
		return t.uncontest(ctx, c.SourceID, c.IdentityID)
	case c.Goes != "":
		return t.goes(ctx, c.Goes, c.To)
	}
	return t.wakePostponed(ctx, c.Written)
}

// begetLater is what the job does: nothing, if that does not follow any more.
func (t *turn) begetLater(ctx context.Context, c *consequence) (time.Time, error) {
	return time.Time{}, t.whole(ctx, func(t *turn) error {
		s, err := t.steeringEver(ctx, c.conversation)
		if err != nil {
			return err
		}
		now := s.control
		if (c.Freed || len(c.Resting) > 0) && now.Owner != handover.Agent || c.Certain && now.Uncertain || c.Goes != "" && (now.Owner != handover.Bot || now.App != c.To.ID) {
			return nil
		}
		return t.beget(ctx, *c)
	})
}
