package engage

import (
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// storedControl is who controls the conversation with an identity on a source, with what
// hangs on it.
type storedControl struct {
	handover.Control

	// Waiting are the jobs of the deliveries that wait until their author's side has
	// control, maxWaiting at most: one for each thread, for the others are behind it.
	Waiting []string `json:"waiting,omitempty"`
	// Threads are those in which the customer has written while a pass was under way.
	Threads []string `json:"threads,omitempty"`
	// Resting are those whose channel rests, and in which the customer has written while the
	// agents did not deal with them: an agent is sought for them once they do.
	Resting []string `json:"resting,omitempty"`
	// Elsewhere is what other identities of the customer, or they on other sources, have
	// written meanwhile, and would have engaged somebody.
	Elsewhere []postponedTalk `json:"elsewhere,omitempty"`
	// VerbJob is the job that is to tell the platform of the verb under way.
	VerbJob string `json:"verb_job,omitempty"`
	// DeadlineJob is the job that is to look at its deadline.
	DeadlineJob string `json:"deadline_job,omitempty"`
	// SpanID is the span that goes on.
	SpanID string `json:"span_id,omitempty"`
	// Ended says that what was engaged in the conversation itself has ended, and something
	// elsewhere that counts has not: with that, control is released.
	Ended bool `json:"ended,omitempty"`
	// Watched are the identities in whose [controlWatch] the conversation stands.
	Watched []string `json:"watched,omitempty"`
	// LookAt is when somebody looks whether the owner has been inactive; zero: nobody
	// does.
	LookAt  time.Time `json:"look_at,omitzero"`
	LookJob string    `json:"look_job,omitempty"` // the job that does
	// Removed is that of the settings when it was written. It has lapsed if theirs is
	// another.
	Removed int64 `json:"removed,omitempty"`
}

// used reports whether there is anything that other settings could concern.
func (c *storedControl) used() bool {
	return c.Holder().Owner != handover.Idle || c.Verb != nil || c.WhenFree != nil || c.Ended || len(c.Waiting) > 0
}

// postponedTalk is a thread in which a customer waits for what is decided later.
type postponedTalk struct {
	ThreadID   string `json:"thread_id"`
	IdentityID string `json:"identity_id"`
}

// storedSettings are how control is passed on a source.
type storedSettings struct {
	SourceID string `json:"source_id"`

	handover.Settings

	// Platform says that the source's platform passes control between apps. It is kept,
	// because a process without that platform must not think that it is the arbiter.
	Platform bool `json:"platform,omitempty"`
	// RolesAt is the platform's time of the latest report of who is primary.
	RolesAt time.Time `json:"roles_at,omitzero"`
	// Removed counts how often control has ceased to be kept on the source. The settings
	// stay, for what was under way then.
	Removed int64 `json:"removed,omitempty"`
}

const (
	byConversation        = "conversation"
	bySourceUsed          = "source_used"
	byControlledCommunity = "controlled_community"
	byType                = "type"
)

// The tables of control.
var (
	controls = work.Table[storedControl]{
		Kind: "thread_control", Format: 2,
		ID: func(c *storedControl) string { return controlID(c.SourceID, c.IdentityID) },
		Indexes: []work.Index[storedControl]{
			{Name: bySourceUsed, Term: func(c *storedControl) (string, bool) {
				return sourceTerm(c.SourceID).Text(c.IdentityID).String(), c.used()
			}},
		},
	}
	controlSettings = work.Table[storedSettings]{
		Kind: "thread_control_settings", Format: 1,
		ID: func(s *storedSettings) string { return plain(s.SourceID) },
		Copy: func(s *storedSettings) *storedSettings {
			c := *s
			return &c
		},
	}
	controlSpans = work.Table[ControlSpan]{
		Kind: "thread_control_span", Format: 1,
		ID: func(s *ControlSpan) string { return s.ID },
		Indexes: []work.Index[ControlSpan]{
			{Name: byConversation, Term: func(s *ControlSpan) (string, bool) {
				return spanTerm(s.SourceID, s.IdentityID).Int(s.Epoch).String(), true
			}},
		},
	}
	controlWatches = work.Table[controlWatch]{
		Kind: "thread_control_watch", Format: 1,
		ID: func(w *controlWatch) string { return w.IdentityID },
	}
)

// controlID is the ID of the control of a conversation.
func controlID(sourceID, identityID string) string { return currentThreadID(sourceID, identityID) }

func spanTerm(sourceID, identityID string) store.Tuple {
	return store.Tuple{}.Text(controlID(sourceID, identityID))
}
