package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Comment adds a note to an intervention, for the company only.
func (s Interventions) Comment(ctx context.Context, id, body string) (interaction.InterventionComment, error) {
	if err := s.allow(ctx, ActionInterventionsComment, interventionResource(id)); err != nil {
		return interaction.InterventionComment{}, err
	}
	if err := interaction.CheckComment(body); err != nil {
		return interaction.InterventionComment{}, invalidField(err)
	}
	return read(ctx, s.scope, func(t *turn) (*interaction.InterventionComment, error) {
		i, err := t.intervention(ctx, id)
		if err != nil {
			return nil, err
		}
		comment := &interaction.InterventionComment{
			ID: t.ID(), InterventionID: id, ThreadID: i.ThreadID, IdentityID: i.IdentityID, Author: t.actor, Body: body, CreatedAt: t.now,
		}
		i.CommentsCount++
		return comment, errors.Join(
			interventionComments.Insert(t.Work, comment),
			interventions.Put(t.Work, i),
			t.tellComment(EventCommentCreated, i, comment),
		)
	})
}

// Comments returns one page of the comments on an intervention, oldest first.
// Threads.List says what it promises.
//
// The error wraps ErrNotFound for an unknown intervention, and ErrInvalid for a limit or
// continuation that cannot be.
func (s Interventions) Comments(ctx context.Context, id string, limit int, continuation string) (Page[interaction.InterventionComment], error) {
	if err := s.allow(ctx, ActionInterventionsRead, interventionResource(id)); err != nil {
		return Page[interaction.InterventionComment]{}, err
	}
	var page Page[interaction.InterventionComment]
	err := s.look(ctx, func(t *turn) error {
		if _, err := t.intervention(ctx, id); err != nil {
			return err
		}
		var err error
		page, err = pageOf(ctx, t, &interventionComments, store.Query{
			Index: byIntervention, Prefix: idTerm(id).String(), Limit: limit, Cursor: continuation,
		}, everything)
		return err
	})
	if err != nil {
		return Page[interaction.InterventionComment]{}, err
	}
	return page, nil
}

// DeleteComment removes a comment.
func (s Interventions) DeleteComment(ctx context.Context, commentID string) error {
	if err := s.allow(ctx, ActionInterventionsComment, Resource{Type: ResourceComment, ID: commentID}); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		resource := Resource{Type: ResourceComment, ID: commentID}
		if !isID(commentID) {
			return &NotFoundError{Resource: resource}
		}
		comment, err := need(interventionComments.Get(ctx, t.Work, commentID))(resource)
		if err != nil {
			return err
		}
		i, err := t.intervention(ctx, comment.InterventionID)
		if err != nil {
			return err
		}
		i.CommentsCount--
		return errors.Join(
			interventionComments.Delete(t.Work, comment),
			interventions.Put(t.Work, i),
			t.tellComment(EventCommentDestroyed, i, comment),
		)
	})
}

func (t *turn) tellComment(typ EventType, i *interaction.Intervention, c *interaction.InterventionComment) error {
	in := scene{i.IdentityID, i.SourceID, i.ThreadID, Then{Owner: i.Owner, InterventionStatus: i.Status}}
	return t.tell(typ, t.now, Resource{Type: ResourceComment, ID: c.ID}, in, CommentEvent{InterventionID: i.ID, ThreadID: i.ThreadID})
}
