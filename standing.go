package engage

import (
	"context"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// How far a customer is answered, where that changes afterwards. Each echo keeps how far it
// was before (Content.StandingBefore), and so none of this goes through what was said.

// ignore makes a customer's content one that needs no answer. It is not unanswered any more,
// or, if an echo has answered it, was not when that came in, which may turn out to be a
// duplicate.
func (t *turn) ignore(ctx context.Context, k *talk, c *interaction.Content) error {
	before := *c
	c.Ignored, c.UpdatedAt = true, t.now
	if err := contents.Put(t.Work, c); err != nil {
		return err
	}
	if k.with.Counts(before) {
		next, err := t.oldestUnanswered(ctx, k.with, k.with.AnsweredUpTo)
		k.with.Standing = k.with.Disregard(c.Position, next)
		return err
	}
	echo, err := t.echoBehind(ctx, k.with, c.Position)
	if err != nil || echo == nil || !echo.StandingBefore.Counts(before) {
		return err
	}
	next, err := t.oldestUnanswered(ctx, k.with, echo.StandingBefore.AnsweredUpTo)
	if err != nil {
		return err
	}
	echo.StandingBefore = echo.StandingBefore.Disregard(c.Position, next)
	return contents.Put(t.Work, echo)
}

// retract takes back that an echo has answered the customer: for the pair, and for the
// next echo, in case that turns out to be a duplicate, too.
func (t *turn) retract(ctx context.Context, k *talk, echo *interaction.Content) error {
	k.with.Standing = k.with.Retract(echo.Position, echo.StandingBefore)
	next, err := t.echoBehind(ctx, k.with, echo.Position)
	if err != nil || next == nil || next.StandingBefore.AnsweredUpTo != echo.Position {
		return err
	}
	next.StandingBefore = next.StandingBefore.Retract(echo.Position, echo.StandingBefore)
	return contents.Put(t.Work, next)
}

// echoBehind finds the first echo behind a position that is no duplicate, nil if there is
// none. All who write one rewrite the pair.
func (t *turn) echoBehind(ctx context.Context, with *interaction.Correspondent, position int64) (*interaction.Content, error) {
	return t.firstBehind(ctx, byCorrespondentEcho, with, position)
}

// oldestUnanswered finds the first of a customer's contents behind a position that is not
// ignored, nil if there is none. All who write one rewrite the pair.
func (t *turn) oldestUnanswered(ctx context.Context, with *interaction.Correspondent, position int64) (*interaction.Content, error) {
	return t.firstBehind(ctx, byCorrespondentUnanswered, with, position)
}

func (t *turn) firstBehind(ctx context.Context, index string, with *interaction.Correspondent, position int64) (*interaction.Content, error) {
	within := idTerm(with.ThreadID).Text(with.IdentityID)
	found, _, err := contents.Find(ctx, t.Work, store.Query{
		Index: index, Prefix: within.String(), From: within.Int(position + 1).String(), Limit: 1,
	})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}
