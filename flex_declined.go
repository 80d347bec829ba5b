package engage

import "context"

// declined lets an invite that names a worker end with the offer that they turned down: see
// routing.ChannelWork.Decline. The offer has ended in r already.
func (t *turn) declined(_ context.Context, _ *routed, _ *storedReservation) error { return nil }
