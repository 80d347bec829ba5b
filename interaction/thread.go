package interaction

import (
	"encoding/json"
	"time"
)

// ThreadStatus is the state of a thread.
type ThreadStatus string

// The states of a thread.
const (
	ThreadOpen   ThreadStatus = "open"
	ThreadClosed ThreadStatus = "closed"
)

// ThreadVerb is something that happens to a thread.
type ThreadVerb string

// What happens to threads.
const (
	ThreadStarts    ThreadVerb = "start"    // a customer's content, or somebody of the company, begins it
	ThreadCloses    ThreadVerb = "close"    // somebody closes it
	ThreadTimesOut  ThreadVerb = "time_out" // nothing was said for so long that it closes by itself
	ThreadReopens   ThreadVerb = "reopen"   // somebody opens it again
	ThreadContinues ThreadVerb = "continue" // somebody of the company writes
)

// ThreadFacts are what decides on what happens to a thread.
type ThreadFacts struct {
	Silent bool // it has been silent for as long as its source says
	Live   int  // how many of its interventions are open or deferred
	Routed bool // agents are on its channel, or are sought for it
}

// ThreadLifecycle is the table of what happens to threads.
//
// A closed thread stays readable. A customer's content never meets it, but joins another
// one, or begins it.
var ThreadLifecycle = Lifecycle[ThreadStatus, ThreadVerb, ThreadFacts]{
	Of: "thread",
	Rows: []Transition[ThreadStatus, ThreadVerb, ThreadFacts]{
		{From: []ThreadStatus{""}, By: ThreadStarts, To: ThreadOpen},
		{From: []ThreadStatus{ThreadOpen}, By: ThreadContinues},
		{From: []ThreadStatus{ThreadOpen}, By: ThreadCloses, To: ThreadClosed, Events: []string{"content.thread_closed"}},
		{
			From: []ThreadStatus{ThreadOpen}, By: ThreadTimesOut, To: ThreadClosed,
			Guards: []Guard[ThreadFacts]{
				{Rule: "it has been silent for long enough", Remedy: "wait", Holds: func(f ThreadFacts) bool { return f.Silent }},
				{Rule: "none of its interventions is open or deferred", Remedy: "close or cancel them", Holds: func(f ThreadFacts) bool { return f.Live == 0 }},
				{Rule: "it has no channel, or one that rests", Remedy: "close the channel", Holds: func(f ThreadFacts) bool { return !f.Routed }},
			},
			Events: []string{"content.thread_auto_closed"},
		},
		{From: []ThreadStatus{ThreadClosed}, By: ThreadReopens, To: ThreadOpen, Events: []string{"content.thread_opened"}},
	},
}

// Thread is a conversation on a source: a tree of contents, which a customer began,
// or somebody of the company (seed 000, "Core Concepts"). On messaging platforms it
// has one customer; on public ones several can write in one.
type Thread struct {
	ID       string       `json:"id"`
	SourceID string       `json:"source_id"`
	Status   ThreadStatus `json:"status"`
	Title    string       `json:"title,omitempty"`
	// IdentityID is the customer that it began with.
	IdentityID string `json:"identity_id"`
	// ForeignID is what the platform calls it; empty if it does not know threads.
	ForeignID string `json:"foreign_id,omitempty"`
	// ForeignIDByEcho says that it had none until an echo joined it, which may turn out to
	// be of another thread. It gives way to what the platform says of a content that is
	// known to be of the thread.
	ForeignIDByEcho bool `json:"foreign_id_by_echo,omitempty"`
	// ThreadCategoryIDs are the categories of the thread itself, not those of its
	// interventions.
	ThreadCategoryIDs []string `json:"thread_category_ids,omitempty"`
	// ExtraData is more detail about the customer, which bots and agents add.
	ExtraData map[string]json.RawMessage `json:"extra_data,omitempty"`

	// ContentsCount is how many contents there are, without those that turned out to
	// be another one; LastPosition is that of the latest.
	ContentsCount      int64 `json:"contents_count"`
	LastPosition       int64 `json:"last_position"`
	InterventionsCount int64 `json:"interventions_count"`
	// CustomersCount is how many identities take part; Live how many
	// interventions are open or deferred.
	CustomersCount int64 `json:"customers_count"`
	Live           int   `json:"live_interventions_count"`

	// FirstContentID and LastContentID never name one that turned out to be another.
	FirstContentID       string `json:"first_content_id,omitempty"`
	FirstContentAuthorID string `json:"first_content_author_id,omitempty"`
	LastContentID        string `json:"last_content_id,omitempty"`
	// LastContentAt is when the latest content was written (see Content.WrittenAt);
	// before there is any, when the thread was opened. It never goes back: a content
	// that comes late does not count. LastContentID is the one that came in last.
	LastContentAt time.Time `json:"last_content_at"`
	// LastReceivedAt is when the latest content came in; before there is any, when the
	// thread was opened. Silence is counted from then, so that what comes late is not
	// closed before anybody has seen it.
	LastReceivedAt time.Time `json:"last_received_at"`
	// ReopenedAt is when it was opened again, if it was.
	ReopenedAt time.Time `json:"reopened_at,omitzero"`
	// TimeOutCheckAt is when it is looked at next whether it has been silent for long
	// enough to close by itself; zero if it is not.
	TimeOutCheckAt time.Time `json:"time_out_check_at,omitzero"`
	// WaitingSince is since when a customer has been waiting for somebody to
	// engage, by the time at which the oldest unanswered content was written; zero if
	// none is. It has no meaning while the thread is closed.
	WaitingSince time.Time `json:"waiting_since,omitzero"`

	// ChannelSID is the live channel of a Flex interaction that is bound to it: there is one
	// at most. ChannelResting says that no agent has that one, until the customer writes:
	// it is inactive or paused.
	ChannelSID     string `json:"channel_sid,omitempty"`
	ChannelResting bool   `json:"channel_resting,omitempty"`
	// RestingSince is since when it rests.
	RestingSince time.Time `json:"resting_since,omitzero"`

	ClosedAt   time.Time  `json:"closed_at,omitzero"`
	CloseCause CloseCause `json:"close_cause,omitempty"`
	CreatedAt  time.Time  `json:"created_at"`
	UpdatedAt  time.Time  `json:"updated_at"`
}

// CloseCause says why a thread or an intervention is closed, if nobody closed it by
// hand. Hosts may have causes of their own.
type CloseCause string

// The causes that the library itself knows.
const (
	// CauseInactivity is that nothing was said for as long as the source allows.
	CauseInactivity CloseCause = "inactivity"
	// CauseDuplicate is that nothing is left in a thread, because its only content
	// turned out to be that of another one.
	CauseDuplicate CloseCause = "duplicate"
	// CauseChannelClosed is that its channel was closed, or nothing was left to be done on
	// it.
	CauseChannelClosed CloseCause = "channel_closed"
	// CauseNobodyCame is that whoever was sought for its channel did not come: the task has
	// expired, or was canceled, and nobody has answered what the customer wrote.
	CauseNobodyCame CloseCause = "nobody_came"
	// CauseChannelInactive is that the agents have left its channel, and the conversation
	// goes on without them.
	CauseChannelInactive CloseCause = "channel_inactive"
	// CauseTaskCompleted is that the system has completed the last task.
	CauseTaskCompleted CloseCause = "task_completed"
)

// MaxResting is after how long a silent thread closes by itself whose channel rests, whatever
// its source says (the Flex Interactions API, "Leave": an inactive conversation stays open
// for up to 90 days).
const MaxResting = 90 * 24 * time.Hour

// Close returns the thread closed by somebody, and the events that tell of it.
func (t Thread) Close(cause CloseCause, now time.Time) (Thread, []string, error) {
	return t.apply(ThreadCloses, cause, ThreadFacts{}, now)
}

// Bind returns the thread bound to a live channel, which rests or does not; empty: to none.
func (t Thread) Bind(channelSID string, resting bool, now time.Time) Thread {
	switch {
	case !resting:
		t.RestingSince = time.Time{}
	case !t.ChannelResting:
		t.RestingSince = now
	}
	t.ChannelSID, t.ChannelResting = channelSID, resting
	return t
}

// Occupied reports whether the thread does not close by itself, however silent it is: one of
// its interventions is open or deferred, or it has a channel that does not rest.
func (t Thread) Occupied() bool { return t.Live > 0 || t.routed() }

func (t Thread) routed() bool { return t.ChannelSID != "" && !t.ChannelResting }

// ClosesAt returns when the thread closes by itself if nothing more comes in, and false
// if it does not. One whose channel rests does so after MaxResting.
func (t Thread) ClosesAt(s Source) (time.Time, bool) {
	return t.closesAt(s, t.LastReceivedAt)
}

func (t Thread) closesAt(s Source, last time.Time) (time.Time, bool) {
	last = Latest(last, t.ReopenedAt)
	if t.ChannelResting {
		return Latest(last, t.RestingSince).Add(MaxResting), true
	}
	return s.ClosesAt(last)
}

// Takes reports whether a customer's content that was written at a time joins the
// thread: it is open, and the content was not written so long after the last one that
// the thread would have closed by itself in between. Contents that come late, and all at
// once, make the threads that they would have made.
func (t Thread) Takes(s Source, at time.Time) bool {
	closes, ever := t.closesAt(s, t.LastContentAt)
	return t.Status == ThreadOpen && (!ever || at.Before(closes) || t.Occupied())
}

// TakesEcho reports whether what the company wrote on the platform at a time joins the
// thread: it is open, or was when that was written, and the echo comes late. An echo opens
// no thread again, and what is in a closed one nobody sees.
func (t Thread) TakesEcho(at time.Time) bool {
	return t.Status == ThreadOpen || !at.After(t.ClosedAt)
}

// TimeOut returns the thread closed by itself, if its source says so.
func (t Thread) TimeOut(s Source, now time.Time) (Thread, []string, error) {
	at, ever := t.ClosesAt(s)
	return t.apply(ThreadTimesOut, CauseInactivity, ThreadFacts{Silent: ever && !now.Before(at), Live: t.Live, Routed: t.routed()}, now)
}

// Reopen returns the thread open again.
func (t Thread) Reopen(now time.Time) (Thread, []string, error) {
	t, events, err := t.apply(ThreadReopens, "", ThreadFacts{}, now)
	if err == nil {
		t.ReopenedAt = now
	}
	return t, events, err
}

// Continue refuses to let somebody of the company write into a closed thread.
func (t Thread) Continue() error {
	_, err := ThreadLifecycle.Next(t.Status, ThreadContinues, ThreadFacts{})
	return err
}

func (t Thread) apply(by ThreadVerb, cause CloseCause, facts ThreadFacts, now time.Time) (Thread, []string, error) {
	row, err := ThreadLifecycle.Next(t.Status, by, facts)
	if err != nil {
		return t, nil, err
	}
	t.Status, t.CloseCause, t.ClosedAt, t.UpdatedAt = row.To, "", time.Time{}, now
	if row.To == ThreadClosed {
		t.CloseCause, t.ClosedAt = cause, now
	}
	return t, row.Events, nil
}

// Annotate returns the thread with more detail about the customer: a value replaces
// the one of the same name, null removes it.
func (t Thread) Annotate(detail map[string]json.RawMessage, now time.Time) (Thread, error) {
	merged, err := mergeValues("extra_data", t.ExtraData, detail)
	if err != nil {
		return t, err
	}
	t.ExtraData, t.UpdatedAt = merged, now
	return t, nil
}
