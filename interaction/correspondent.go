package interaction

import "time"

// Correspondent is one customer in one thread: the pair that an intervention is with.
type Correspondent struct {
	ThreadID   string `json:"thread_id"`
	IdentityID string `json:"identity_id"`
	SourceID   string `json:"source_id"`
	// InterventionID is the latest intervention with the customer in the thread,
	// Status and Owner are its own.
	InterventionID string             `json:"intervention_id,omitempty"`
	Status         InterventionStatus `json:"intervention_status,omitempty"`
	Owner          Actor              `json:"owner,omitzero"`
	// ThreadStatus is the state of the thread as long as this is its only customer, so that
	// a customer's open threads are found among many closed ones. Empty: it has several,
	// and Thread.Status alone says it.
	ThreadStatus ThreadStatus `json:"thread_status,omitempty"`
	Standing
	// TransferredAt is when the intervention was transferred to nobody in
	// particular, or lost its owner: the customer waits for an agent, answered or not.
	TransferredAt time.Time `json:"transferred_at,omitzero"`
	// LastContentAt is when the latest content of this conversation was written
	// (see Content.WrittenAt); before there is any, when it began. It never goes
	// back: a content that comes late does not count.
	LastContentAt time.Time `json:"last_content_at"`
	// LastWroteAt is when the latest content of the customer was written; zero if
	// there is none.
	LastWroteAt time.Time `json:"last_wrote_at,omitzero"`
	CreatedAt   time.Time `json:"created_at"`
}

// In returns the pair with what it says of its thread.
func (c Correspondent) In(t Thread) Correspondent {
	c.ThreadStatus = ""
	if t.CustomersCount <= 1 {
		c.ThreadStatus = t.Status
	}
	return c
}

// Wrote returns the pair after the customer wrote a content at a time. It may come
// late: the time may be before that of others.
func (c Correspondent) Wrote(position int64, at time.Time) Correspondent {
	if c.Unanswered == 0 {
		c.UnansweredFrom, c.UnansweredSince = position, at
	}
	c.Unanswered++
	c.LastContentAt, c.LastWroteAt = Latest(c.LastContentAt, at), Latest(c.LastWroteAt, at)
	return c
}

// Answered returns the pair after somebody of the company wrote a content at a time.
func (c Correspondent) Answered(position int64, at time.Time) Correspondent {
	c.Standing = Standing{AnsweredUpTo: position}
	c.LastContentAt = Latest(c.LastContentAt, at)
	return c
}

// WroteSince reports whether the customer wrote something after a time: what the company
// wrote then does not answer that, whenever it comes in.
func (c Correspondent) WroteSince(at time.Time) bool { return c.LastWroteAt.After(at) }

// AnsweredUntil returns the pair after something that the company wrote at a time came in
// late (see WroteSince). It answers what came in before the first content that was written
// after it; what came in behind that stays unanswered, too, for a customer who waits for
// nothing is better than one who waits in vain. The oldest of the unanswered are given, in
// the order in which they came in. If there are more, one at least of them stays so.
func (c Correspondent) AnsweredUntil(at time.Time, oldest []*Content) Correspondent {
	n := 0
	for n < len(oldest) && !oldest[n].WrittenAt().After(at) {
		n++
	}
	if n > 0 && n == len(oldest) && c.Unanswered > int64(n) {
		n-- // what would be the oldest then is not known
	}
	if n > 0 {
		c.AnsweredUpTo = oldest[n-1].Position
		c.Unanswered -= int64(n)
		c.UnansweredFrom, c.UnansweredSince = 0, time.Time{}
		if n < len(oldest) {
			c.UnansweredFrom, c.UnansweredSince = oldest[n].Position, oldest[n].WrittenAt()
		}
	}
	c.LastContentAt = Latest(c.LastContentAt, at)
	return c
}

// IncludesFrom returns from when on the time counts for which the customer's next content
// joins the thread (see Source.Includes): when they wrote last; of one who has not written
// yet, when the company did, or the thread was opened.
func (c Correspondent) IncludesFrom() time.Time {
	if c.LastWroteAt.IsZero() {
		return c.LastContentAt
	}
	return c.LastWroteAt
}

// WaitingSince returns since when the customer has been waiting for an agent to
// engage: something is unanswered, or was transferred to nobody in particular, and
// no agent has an open or deferred intervention. Zero: the customer is not waiting.
func (c Correspondent) WaitingSince() time.Time {
	switch {
	case c.Status.Live() && c.Owner.Type == ActorAgent:
		return time.Time{}
	case c.Unanswered > 0 && (c.TransferredAt.IsZero() || c.UnansweredSince.Before(c.TransferredAt)):
		return c.UnansweredSince
	default:
		return c.TransferredAt
	}
}

// WaitsForOwner reports whether the customer waits for an answer of the owner of the
// intervention: it is open or deferred, somebody owns it, and something is unanswered.
func (c Correspondent) WaitsForOwner() bool {
	return c.Status.Live() && !c.Owner.IsZero() && c.Unanswered > 0
}

// With returns the pair with what its intervention is now. One that nobody owns waits for
// whoever engages next, from now on unless it does already.
func (c Correspondent) With(i Intervention, now time.Time) Correspondent {
	c.InterventionID, c.Status, c.Owner = i.ID, i.Status, i.Owner
	switch {
	case !i.Status.Live() || !i.Owner.IsZero():
		c.TransferredAt = time.Time{}
	case c.TransferredAt.IsZero():
		c.TransferredAt = now
	}
	return c
}

// Latest returns the later of two times.
func Latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
