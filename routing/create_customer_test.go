package routing_test

import (
	"testing"

	"github.com/engage-interactions/engage/routing"
)

// TestWhomAnInteractionIsWith: whoever has a copy of an email is not whom it is to.
func TestWhomAnInteractionIsWith(t *testing.T) {
	t.Parallel()
	at := func(levels ...routing.EmailLevel) (c routing.ChannelRequest) {
		for _, level := range levels {
			c.Participants = append(c.Participants, routing.ParticipantRequest{Level: level})
		}
		return c
	}
	for name, c := range map[string]struct {
		channel routing.ChannelRequest
		want    int
	}{
		"nobody":              {at(), -1},
		"the first":           {at("", ""), 0},
		"whom it is to":       {at(routing.EmailCC, routing.EmailBCC, routing.EmailTo, routing.EmailTo), 2},
		"copies, and no more": {at(routing.EmailCC, routing.EmailBCC), 0},
	} {
		if got := c.channel.Customer(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
