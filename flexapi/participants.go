package flexapi

import (
	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

func listParticipants(c *call) (answer, error) {
	ch, err := c.onChannel()
	if err != nil {
		return answer{}, err
	}
	return list(c, c.base.Flex, "participants", func(limit int, continuation string) (engage.Page[routing.Participant], error) {
		return c.eng.Flex.Participants(c.Context(), ch.SID, limit, continuation)
	}, func(p routing.Participant) (routing.ParticipantView, error) { return p.View(c.base), nil })
}

// createParticipant lets somebody join who is no agent: agents are invited.
func createParticipant(c *call) (answer, error) {
	f := &c.form
	form := routing.ParticipantForm{Type: f.text("Type"), MediaProperties: f.field("MediaProperties")}
	f.cannot("RoutingProperties")
	ch, err := c.onChannel()
	if err := firstOf(err, f.err()); err != nil {
		return answer{}, err
	}
	kind, media, _, err := routing.ParseParticipant(form, ch.Type)
	if err != nil {
		return answer{}, err
	}
	made, err := c.eng.Flex.AddParticipant(c.Context(), ch.SID, kind, media)
	if err != nil {
		return answer{}, err
	}
	return ok(made.View(c.base))
}

// updateParticipant lets a participant leave, or an agent finish the work.
func updateParticipant(c *call) (answer, error) {
	f := &c.form
	status := f.text("Status")
	ch, err := c.onChannel()
	if err := firstOf(err, f.err(), c.unversioned()); err != nil {
		return answer{}, err
	}
	by, err := routing.ParseParticipantUpdate(status)
	if err != nil {
		return answer{}, err
	}
	var p routing.Participant
	err = c.eng.Atomically(c.Context(), func(w *engage.Work) error {
		p, err = w.Flex.UpdateParticipant(c.Context(), c.PathValue("participant"), by, engage.Completion{DispositionIDs: f.values["DispositionId"]})
		if err == nil && p.ChannelSID != ch.SID {
			err = notFound(c.Request) // and nothing has happened
		}
		return err
	})
	if err != nil {
		return answer{}, err
	}
	return ok(p.View(c.base))
}
