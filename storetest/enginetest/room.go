package enginetest

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

// room is a part of the Engine: what can be done there, and what holds whatever is
// done. Each has a file of its own, and its place in the list of rooms.
type room struct {
	name string
	// prepare makes what there is before every scenario, of whatever room. All
	// rooms prepare in one Work of the agent pat, in their order, and note in at
	// what the scenarios are to know.
	prepare func(ctx context.Context, s engage.Services, at *place) error
	// invariants hold at any time.
	invariants []Invariant
	// scenarios are the calls that change something, or are refused.
	scenarios []scenario
	// fleeting is what differs in the room's records between a call that went
	// well at once and one that was repeated, or was made by several, although
	// all is right: a count of attempts, say, or when a holder was last seen. It is
	// taken out of each line, which begins with the kind or "event". A line of which
	// nothing is left is not there.
	fleeting []*regexp.Regexp
}

// rooms is the list of all rooms, in the order in which they prepare.
func rooms() []room {
	return []room{
		engineRoom(), schemaRoom(), interactionRoom(), quarantineRoom(), triggerRoom(), segmentRoom(), eventRoom(),
		conversationRoom(), interventionRoom(), deliveryRoom(), contactRoom(), controlRoom(), routingRoom(),
	}
}

// scenario is something that a host does with the Engine, in one call or several.
// It is made by several callers, over a store that fails, and again after that: so
// it must be such that making it twice has the effect of making it once.
type scenario struct {
	name string
	call func(ctx context.Context, eng *engage.Engine, at place) error

	// repeated is the class of the error that tells that it was done before, nil
	// if there is none.
	repeated error
	// refused is the class of the error that the call must give, having changed
	// nothing; nil if the call is to succeed.
	refused error
	// several says that it is made up of several calls, so that an error may come
	// although what was to be done is done.
	several bool
	// drastic says that it takes away what other scenarios work with.
	drastic bool
	// alone says why it is not made by several callers at a time; empty if it is.
	alone string
}

// settled reports whether an error of the call says that it was done before.
func (s scenario) settled(err error) bool { return s.repeated != nil && errors.Is(err, s.repeated) }

// place is where a scenario is played: what the rooms prepared, by what name the
// caller goes, and what else it may need.
type place struct {
	// others says that others work on the same store at the same time: what is under
	// way may be theirs, and is not to be taken over.
	others bool
	// start is what the Engine's clock shows at first.
	start time.Time
	// caller tells the callers of a crowd apart, so that each works with contacts
	// and keys of its own. It is empty outside of one.
	caller string
	// pass lets time go by on the Engine's clock.
	pass func(time.Duration)
	// another makes one more Engine on the same store.
	another func(ctx context.Context) (*engage.Engine, error)

	trigger                      string // of the schema visits, waits for "/old"
	interaction, lastInteraction string // one of two of ann's, and the only one of bob's
	quarantined                  string // cid's only submission

	chat, mail *platformtest.Platform // that of the source "chat" honours keys
	talks      talks
	office     office
}

// name returns a name of the caller's own.
func (p place) name(s string) string { return s + p.caller }

// done takes it for done if what should go is not there any more.
func done(err error) error {
	if errors.Is(err, engage.ErrNotFound) {
		return nil
	}
	return err
}
