package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
)

// ControlPlatform is a Platform on which one app at a time controls the conversation with
// a customer, such as Messenger (seed 001, "thread control"). Where a source's platform
// is none, the Engine itself is the arbiter of who has control.
//
// The errors of its verbs say what those of Send do: [Permanent] that the platform
// refuses, so that the verb has come to nothing; a plain one, or [RetryAfter], that the
// platform was certainly not told, and is to be told again until the verb's deadline; one
// that leaves it open, that the platform is asked for its Owner. A Send that the platform
// refuses because another app has control wraps [ErrNotInControl].
type ControlPlatform interface {
	Platform

	// Request asks the app in control to pass it to ours. granted says that ours has it
	// now, because nobody had.
	Request(ctx context.Context, h Handling) (granted bool, err error)
	// Pass gives control to the app Handling.App.
	Pass(ctx context.Context, h Handling) error
	// Take takes control from whoever has it.
	Take(ctx context.Context, h Handling) error
	// Release gives control up.
	Release(ctx context.Context, h Handling) error
	// Owner returns who has control: [handover.Agent] for our own app, [handover.Idle]
	// for nobody, and [handover.Other] with its ID for another app. An error that wraps
	// errors.ErrUnsupported says that the platform does not tell.
	Owner(ctx context.Context, h Handling) (handover.Party, error)
}

// Handling is a verb on its way to its platform.
type Handling struct {
	// Key is the same in each attempt of the verb, and no other has it.
	Key      string
	Source   interaction.Source
	Identity interaction.Identity // with whom the conversation is
	// App is the platform's ID of the app that is to get control.
	App string
	// Metadata is handed to the other app, where the platform does that.
	Metadata string
}

// ErrNotInControl says of a Send that the platform refuses it because another app has
// control of the conversation. On a source with thread control the content waits then until
// control is back, [Permanent] or not.
var ErrNotInControl = errors.New("another app has control of the conversation")
