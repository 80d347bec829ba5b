package interaction

import "time"

// Standing is how far a customer is answered in a thread. Positions are those of the
// thread (see Content.Position).
type Standing struct {
	// AnsweredUpTo is the position in the thread up to which the customer is
	// answered. Unanswered counts the customer's contents behind it, without those
	// that are ignored; the oldest, which came in first, is at UnansweredFrom and
	// was written at UnansweredSince (see Content.WrittenAt).
	AnsweredUpTo    int64     `json:"answered_up_to"`
	Unanswered      int64     `json:"unanswered"`
	UnansweredFrom  int64     `json:"unanswered_from,omitempty"`
	UnansweredSince time.Time `json:"unanswered_since,omitzero"`
}

// Counts reports whether a content of the customer is among the unanswered.
func (s Standing) Counts(content Content) bool {
	return content.Direction == Inbound && !content.Ignored && content.Position > s.AnsweredUpTo
}

// Disregard returns the standing after an unanswered content was ignored. If that was
// the oldest, next is the one that is the oldest then, nil if there is none.
func (s Standing) Disregard(position int64, next *Content) Standing {
	s.Unanswered--
	if s.Unanswered <= 0 {
		s.Unanswered, s.UnansweredFrom, s.UnansweredSince = 0, 0, time.Time{}
	} else if position == s.UnansweredFrom && next != nil {
		s.UnansweredFrom, s.UnansweredSince = next.Position, next.WrittenAt()
	}
	return s
}

// Answering returns an echo with what it answered, from how far the customer was answered
// before it came in, and is now. What each echo answered is disjoint, and AnswersUpTo is
// greater for each that answers anything than for those before.
func (c Content) Answering(before, after Standing) Content {
	if before.AnsweredUpTo == after.AnsweredUpTo {
		return c
	}
	c.AnswersUpTo, c.StandingBefore = after.AnsweredUpTo, before
	if c.StandingBefore.Unanswered -= after.Unanswered; c.StandingBefore.Unanswered == 0 {
		c.StandingBefore = Standing{AnsweredUpTo: before.AnsweredUpTo}
	}
	return c
}

// Retract returns the standing after it turned out that what answered the customer up to a
// position was no answer: before is how far they were answered when that came in. What it
// answered is unanswered again, if nothing else has answered it since. Nobody counts, so
// that it costs the same however much there is.
func (s Standing) Retract(upTo int64, before Standing) Standing {
	if s.AnsweredUpTo != upTo {
		return s
	}
	s.AnsweredUpTo = before.AnsweredUpTo
	if before.Unanswered > 0 {
		s.Unanswered += before.Unanswered
		s.UnansweredFrom, s.UnansweredSince = before.UnansweredFrom, before.UnansweredSince
	}
	return s
}
