package engage

import (
	"context"

	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

// Channel returns a channel of an interaction: also how its setting up has ended.
func (s Flex) Channel(ctx context.Context, sid string) (FlexChannel, error) {
	if err := s.allow(ctx, ActionFlexRead, channelResource(sid)); err != nil {
		return FlexChannel{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexChannel, error) {
		c, err := t.flexChannel(ctx, sid)
		if err != nil {
			return nil, err
		}
		shown := c.show()
		return &shown, nil
	})
}

// Channels returns the channels of an interaction: there is one.
func (s Flex) Channels(ctx context.Context, interactionSID string) ([]FlexChannel, error) {
	if err := s.allow(ctx, ActionFlexRead, flexResource(interactionSID)); err != nil {
		return nil, err
	}
	return read(ctx, s.scope, func(t *turn) (*[]FlexChannel, error) {
		i, err := t.flexInteraction(ctx, interactionSID)
		if err != nil {
			return nil, err
		}
		c, err := t.flexChannel(ctx, i.ChannelSID)
		if err != nil {
			return nil, err
		}
		return &[]FlexChannel{c.show()}, nil
	})
}

// UpdateChannel closes a channel, or makes it inactive (the Flex Interactions API,
// "Interaction Channels"; see [routing.ParseChannelUpdate]).
//
// Closed: tasks that nobody has accepted are canceled; those of agents go to wrapping, or are
// completed with it. The conversation is closed, too. Inactive: the tasks are completed, and
// the conversation stays open; when the customer writes again, the channel is active again,
// and an agent is asked for.
//
// In Go, to close is routing.ChannelUpdate{By: routing.ChannelCloses}. With Change.Complete, which
// is routing {"status":"closed"} over HTTP, the tasks are completed; to make it inactive
// (routing.ChannelInactivates) needs that.
//
// It ends the tasks of all agents, whoever says it, as Pause does: it is for whom Authorize
// allows ActionFlexUpdate on the channel, and not theirs alone as to answer for a reservation is.
// Where the conversation ends with it, and a disposition is demanded, an agent gives it in
// DispositionIDs, as with Reservations.Complete: without it, the error wraps ErrRefused, with
// the [*interaction.CategoryError] of Interventions.Close. The system need not.
//
// To say it twice does no harm: a channel that is closed, or inactive, stays as it is. Where
// somebody wraps up still on one that is closed, closing it once more with routing
// {"status":"closed"} completes that.
//
// The error wraps ErrRefused, with a [*routing.RefusedError], if the channel has ended
// otherwise (80906), or cannot be updated so.
func (s Flex) UpdateChannel(ctx context.Context, sid string, update routing.ChannelUpdate) (FlexChannel, error) {
	if update.By != routing.ChannelCloses && update.By != routing.ChannelInactivates {
		if err := s.allow(ctx, ActionFlexUpdate, channelResource(sid)); err != nil {
			return FlexChannel{}, err
		}
		return FlexChannel{}, problemsError(&routing.ProblemsError{Problems: []routing.Problem{
			{Path: "status", Message: "must be closed or inactive", Code: routing.CodeInvalidStatus},
		}})
	}
	return s.changeChannel(ctx, ActionFlexUpdate, sid, func(t *turn, r *routed) (err error) {
		r.closes, r.outcome = true, update.DispositionIDs
		r.work, err = r.work.Update(update, t.now)
		return err
	})
}

// changeChannel changes a channel with all that belongs to it.
func (s Flex) changeChannel(ctx context.Context, action Action, sid string, do func(t *turn, r *routed) error) (FlexChannel, error) {
	if err := s.allow(ctx, action, channelResource(sid)); err != nil {
		return FlexChannel{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexChannel, error) {
		r, err := t.routedChannel(ctx, sid)
		if err != nil {
			return nil, err
		}
		if err := do(t, r); err != nil {
			return nil, refusal(err, channelResource(r.channel.SID))
		}
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		c, err := t.flexChannel(ctx, r.channel.SID)
		if err != nil {
			return nil, err
		}
		shown := c.show()
		return &shown, nil
	})
}

// listParts lists what belongs to a channel, in the order in which it came to be.
func listParts[T, V any](
	ctx context.Context, s Flex, channelSID string, table finder[T], limit int, continuation string, show shows[T, V],
) (Page[V], error) {
	if err := s.allow(ctx, ActionFlexRead, channelResource(channelSID)); err != nil {
		return Page[V]{}, err
	}
	var page Page[V]
	err := s.look(ctx, func(t *turn) error {
		c, err := t.flexChannel(ctx, channelSID)
		if err != nil {
			return err
		}
		page, err = shownPage(ctx, t, table, store.Query{Index: byChannel, Prefix: idTerm(c.SID).String(), Limit: limit, Cursor: continuation}, everything, show)
		return err
	})
	if err != nil {
		return Page[V]{}, err
	}
	return page, nil
}
