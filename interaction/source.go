package interaction

import (
	"errors"
	"math"
	"time"
)

// Seconds is a length of time, as the JSON of sources has it.
type Seconds int64

// Duration returns the same length of time, or the longest that there is: 292 years.
func (s Seconds) Duration() time.Duration {
	const most = Seconds(math.MaxInt64 / time.Second)
	switch {
	case s > most:
		return math.MaxInt64
	case s < -most:
		return math.MinInt64
	default:
		return time.Duration(s) * time.Second
	}
}

// Source is where conversations come from: one account, page or mailbox of the
// company on a third-party platform (seed 000, "Core Concepts"). Its Type says which
// platform that is.
type Source struct {
	ID     string `json:"id"`
	Type   string `json:"type"` // such as "messenger": Options.Platforms has the platform for it
	Name   string `json:"name"`
	Active bool   `json:"active"` // one that is not receives, but nothing new is posted to it
	// CommunityID names the set of users that the source's identities belong to.
	// Sources of one community know the same identities. Empty: the source has a
	// community of its own, with its ID.
	CommunityID string `json:"community_id"`
	// TimeForThreadInclusion is for how long after a customer's last content the
	// next one joins the same thread, if it names none and says of none of its
	// contents that it replies to it, by the times at which they were written. What
	// the company answers does not count: where it takes longer than this, a
	// customer who takes up the answer begins a new thread. Only in a thread in
	// which the customer has not written yet, it does. 0: as long as it is open.
	TimeForThreadInclusion Seconds `json:"time_for_thread_inclusion"`
	// TimeForThreadClosing is after how long without any content a thread closes by
	// itself. 0: four days, or the time for inclusion if that is longer. Less than
	// 0: never.
	TimeForThreadClosing Seconds `json:"time_for_thread_closing"`
	// DefaultCategoryIDs are those that a new thread has. Like all categories of a thread
	// they count for mandatory trees when an intervention in it is closed.
	DefaultCategoryIDs []string `json:"default_category_ids,omitempty"`
	// ThreadControl says that one app at a time controls the conversation with a
	// customer (see package handover). Sources keep what they have: Control.Configure
	// sets it, and Control.Remove takes it back.
	ThreadControl bool `json:"thread_control,omitempty"`
	// MaxBody bounds the body of what is posted to the source, in characters. 0:
	// DefaultMaxBody.
	MaxBody   int       `json:"max_body,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Limits of what belongs to a source.
const (
	// DefaultMaxBody is the most characters of a body that is posted.
	DefaultMaxBody = 20_000
	// MaxBody is the most bytes of a body that is received or posted.
	MaxBody = 1 << 20
	// MaxText is the most bytes of a name, a title, a type, a language or an ID that
	// is not ours.
	MaxText = 1024
	// fourDays is what Engage Digital waits before it closes a silent thread.
	fourDays = Seconds(4 * 24 * 60 * 60)
)

// Check reports, as a [*FieldError], what a source cannot have.
func (s Source) Check() error {
	for _, f := range []struct{ name, text string }{{"id", s.ID}, {"type", s.Type}, {"name", s.Name}, {"community_id", s.CommunityID}} {
		if err := checkText(f.name, f.text); err != nil {
			return err
		}
	}
	switch {
	case s.ID == "":
		return &FieldError{Field: "id", Err: errEmpty}
	case s.Type == "":
		return &FieldError{Field: "type", Err: errEmpty}
	case s.TimeForThreadInclusion < 0:
		return &FieldError{Field: "time_for_thread_inclusion", Err: errors.New("is negative")}
	case s.TimeForThreadClosing > 0 && s.TimeForThreadClosing < s.TimeForThreadInclusion:
		return &FieldError{Field: "time_for_thread_closing", Err: errors.New("is less than time_for_thread_inclusion")}
	case s.MaxBody < 0:
		return &FieldError{Field: "max_body", Err: errors.New("is negative")}
	}
	return nil
}

// Community returns the ID of the source's community.
func (s Source) Community() string {
	if s.CommunityID != "" {
		return s.CommunityID
	}
	return s.ID
}

// ClosesAt returns when a thread closes by itself whose last content was written at
// that time, and false if it never does.
func (s Source) ClosesAt(last time.Time) (time.Time, bool) {
	switch {
	case s.TimeForThreadClosing < 0:
		return time.Time{}, false
	case s.TimeForThreadClosing > 0:
		return last.Add(s.TimeForThreadClosing.Duration()), true
	default:
		return last.Add(max(s.TimeForThreadInclusion, fourDays).Duration()), true
	}
}

// Includes reports whether a content that names no thread joins the customer's open
// one: it was written at a time, and the latest one of the customer there at another.
// One that comes late, and was written before that, joins.
func (s Source) Includes(last, at time.Time) bool {
	return s.TimeForThreadInclusion == 0 || at.Sub(last) <= s.TimeForThreadInclusion.Duration()
}

// maxBody is the bound of what is posted, in characters.
func (s Source) maxBody() int {
	if s.MaxBody > 0 {
		return s.MaxBody
	}
	return DefaultMaxBody
}
