package engage

import (
	"context"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// How far a customer is answered, where that changes afterwards. Each echo keeps how far it
// was before (Content.StandingBefore), and so none of this goes through what was said.

// answer lets an echo, which has its place in the thread, answer the customer: what was
// written by then. Only of one that comes late it is read what that is.
func (t *turn) answer(ctx context.Context, k *talk, echo *interaction.Content) error {
	before, at := *k.with, echo.WrittenAt()
	if before.WroteSince(at) {
		var oldest []*interaction.Content
		if before.Unanswered > 0 && !at.Before(before.UnansweredSince) {
			var err error
			if oldest, err = t.behind(ctx, byCorrespondentUnanswered, &before, before.AnsweredUpTo, maxAnsweredLate); err != nil {
				return err
			}
		}
		*k.with = before.AnsweredUntil(at, oldest)
	} else {
		*k.with = before.Answered(echo.Position, at)
	}
	*echo = echo.Answering(before.Standing, k.with.Standing)
	return nil
}

// maxAnsweredLate bounds how many contents are read for an echo that comes late. It leaves
// those unanswered that are behind them.
const maxAnsweredLate = 100

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
	echo, err := t.answered(ctx, k.with, c.Position)
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
	if echo.AnswersUpTo == 0 {
		return nil
	}
	k.with.Standing = k.with.Retract(echo.AnswersUpTo, echo.StandingBefore)
	next, err := t.answered(ctx, k.with, echo.AnswersUpTo+1)
	if err != nil || next == nil || next.StandingBefore.AnsweredUpTo != echo.AnswersUpTo {
		return err
	}
	next.StandingBefore = next.StandingBefore.Retract(echo.AnswersUpTo, echo.StandingBefore)
	return contents.Put(t.Work, next)
}

// answered finds the first echo that answers the customer up to a position or beyond, and
// is no duplicate; nil if there is none. All who write one rewrite the pair.
func (t *turn) answered(ctx context.Context, with *interaction.Correspondent, position int64) (*interaction.Content, error) {
	found, err := t.behind(ctx, byCorrespondentEcho, with, position-1, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// oldestUnanswered finds the first of a customer's contents behind a position that is not
// ignored, nil if there is none. All who write one rewrite the pair.
func (t *turn) oldestUnanswered(ctx context.Context, with *interaction.Correspondent, position int64) (*interaction.Content, error) {
	found, err := t.behind(ctx, byCorrespondentUnanswered, with, position, 1)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// behind finds the first contents behind a position, at most so many.
func (t *turn) behind(ctx context.Context, index string, with *interaction.Correspondent, position int64, limit int) ([]*interaction.Content, error) {
	within := idTerm(with.ThreadID).Text(with.IdentityID)
	found, _, err := contents.Find(ctx, t.Work, store.Query{
		Index: index, Prefix: within.String(), From: within.Int(position + 1).String(), Limit: limit,
	})
	return found, err
}
