package engage

import (
	"cmp"
	"context"

	"github.com/engage-interactions/engage/routing"
)

// FlexParticipant is a participant, with warnings about the request.
type FlexParticipant struct {
	routing.Participant

	Warnings []routing.Problem `json:"-"` // if it was added now
}

// AddParticipant lets somebody join a channel who is no agent (the Flex Interactions API,
// "Interaction Channel Participants"); agents are invited. They are kept as participants: it
// does not bring them into the thread, where who writes is known by what they write.
//
// The error wraps ErrInvalid, with a [*routing.ProblemsError] of all that is wrong; ErrRefused,
// with a [*routing.RefusedError], if they are there already (80102), the channel is over
// (45376), or it has [routing.MaxParticipants] beside its agents.
func (s Flex) AddParticipant(ctx context.Context, channelSID string, typ routing.ParticipantType, media routing.ParticipantRequest) (FlexParticipant, error) {
	if err := s.allow(ctx, ActionFlexUpdate, channelResource(channelSID)); err != nil {
		return FlexParticipant{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*FlexParticipant, error) {
		r, err := t.routedChannel(ctx, channelSID)
		if err != nil {
			return nil, err
		}
		warnings, err := routing.CheckParticipant(typ, media, r.channel.Type)
		if err != nil {
			return nil, problemsError(err)
		}
		next, err := r.work.Join(routing.Participant{SID: t.sid(routing.PrefixParticipant), Type: typ, Media: &media}, t.now)
		if err != nil {
			return nil, refusal(err, channelResource(r.channel.SID))
		}
		r.work = next
		made := r.work.Participants[len(r.work.Participants)-1]
		return &FlexParticipant{Participant: made, Warnings: warnings}, t.keepRouted(ctx, r)
	})
}

// Participants returns one page of the participants of a channel, also of those who have left,
// in the order in which they joined.
func (s Flex) Participants(ctx context.Context, channelSID string, limit int, continuation string) (Page[routing.Participant], error) {
	return listParts(ctx, s, channelSID, &participants, limit, continuation, shownAsIs)
}

// UpdateParticipant lets a participant leave (routing.ParticipantCloses), or wrap up
// (routing.ParticipantWrapsUp): the task of an agent is completed, or goes to wrapping. Nobody
// else's does, and the channel goes on; but when the last one has completed theirs, it is over.
// One who has left stays so: to say it twice does no harm.
//
// With an agent it is theirs to do, as with their reservations: see Reservations.Complete.
//
// The error wraps ErrRefused, with a [*routing.RefusedError], if that is not possible.
func (s Flex) UpdateParticipant(ctx context.Context, sid string, by routing.ParticipantVerb, with Completion) (routing.Participant, error) {
	if err := s.allow(ctx, ActionFlexUpdate, participantResource(sid)); err != nil {
		return routing.Participant{}, err
	}
	if by != routing.ParticipantCloses && by != routing.ParticipantWrapsUp {
		return routing.Participant{}, problemsError(&routing.ProblemsError{Problems: []routing.Problem{
			{Path: "status", Message: "must be closed or wrapup", Code: routing.CodeInvalid},
		}})
	}
	if err := problemsError(routing.CheckReason(with.Reason)); err != nil {
		return routing.Participant{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Participant, error) {
		p, err := t.flexParticipant(ctx, sid)
		if err != nil {
			return nil, err
		}
		if p.Status == routing.ParticipantClosed && by == routing.ParticipantCloses || p.Status == routing.ParticipantWrapup && by == routing.ParticipantWrapsUp {
			return p, nil
		}
		var also []string
		if p.TaskSID != "" {
			also = []string{p.TaskSID}
		}
		if err := t.mayActFor(ctx, p); err != nil {
			return nil, err
		}
		r, err := t.routedChannel(ctx, p.ChannelSID, also...)
		if err != nil {
			return nil, err
		}
		if p.TaskSID != "" {
			if err := ifVersion(with.IfVersion, r.tasks[p.TaskSID].Version, taskResource(p.TaskSID)); err != nil {
				return nil, err
			}
			r.dispositions[p.TaskSID] = with.DispositionIDs
		}
		next, err := r.work.Leave(p.SID, by, cmp.Or(with.Reason, reasonLeft), t.now)
		if err != nil {
			return nil, refusal(err, participantResource(p.SID))
		}
		r.work = next
		if err := t.keepRouted(ctx, r); err != nil {
			return nil, err
		}
		return t.flexParticipant(ctx, p.SID)
	})
}

// reasonLeft is why the task of an agent is completed who leaves, if nobody says why.
const reasonLeft = "Participant left"

// flexParticipant reads a participant who must be there.
func (t *turn) flexParticipant(ctx context.Context, sid string) (*routing.Participant, error) {
	return routingRecord(ctx, t, participants.Get, routing.PrefixParticipant, sid, participantResource)
}

// mayActFor refuses to do what is an agent's own to do to who may not answer for them; see
// Reservations.
func (t *turn) mayActFor(ctx context.Context, p *routing.Participant) error {
	if p.ReservationSID == "" {
		return nil
	}
	reservation, err := t.reservation(ctx, p.ReservationSID)
	if err != nil {
		return err
	}
	return t.mayAnswer(ctx, reservation)
}
