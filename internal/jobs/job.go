package jobs

import (
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"time"

	"github.com/engage-interactions/engage/internal/lease"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// State is where a job stands.
type State string

// The states. A job that is done or canceled is gone: Done is an outcome, and no
// record has it.
const (
	Pending   State = "pending"   // not begun, or to be tried again
	Running   State = "running"   // an attempt is under way, or its process died
	Uncertain State = "uncertain" // an attempt gave no answer: nobody knows whether it was done
	Failed    State = "failed"    // given up
	Done      State = "done"      // the outcome of a job that was done
)

// Job is something that is to happen later, or outside.
type Job struct {
	// ID is the same in all attempts, and so is good as an idempotency key.
	ID   string `json:"id"`
	Type string `json:"type"` // says which handler does it
	// Class says what the handler needs to do it, in its own words: not every process
	// may have that. Jobs of one type and class wait for none of another. UTF-8.
	Class string `json:"class,omitempty"`
	// Lane is the line that the job stands in: the jobs of one lane are done
	// strictly one after another, in the order in which they were added. Empty: the
	// job waits for no other. At most MaxLane bytes, without NUL.
	Lane string          `json:"lane,omitempty"`
	Due  time.Time       `json:"due,omitzero"`  // not before; zero: at once, whatever the clock says, if it is pending, else never
	Data json.RawMessage `json:"data,omitzero"` // the handler's, JSON

	State    State       `json:"state"`
	Attempts int         `json:"attempts,omitzero"` // begun since it was added or retried
	Error    string      `json:"error,omitempty"`   // what the last attempt said
	Lease    lease.Lease `json:"lease,omitzero"`    // of the attempt under way; its holder is the attempt's ID
	Created  time.Time   `json:"created"`
	Updated  time.Time   `json:"updated"`
}

// MaxLane is how long the name of a lane may be, in bytes.
const MaxLane = 200

// maxError is how much is kept of what an attempt said.
const maxError = 500

// record is a Job as it is stored.
type record struct {
	Job

	Turn   int64 `json:"turn,omitzero"`   // its place in its lane, from 1; 0 if it stands in none
	Behind bool  `json:"behind,omitzero"` // others stand before it in its lane
	// Since is when it had its last turn, if it goes on at once. Zero: it waits since it
	// was added.
	Since time.Time `json:"since,omitzero"`
	// Over is from when on an attempt under way may be taken for lost.
	Over time.Time `json:"over,omitzero"`
	// Taken is when the attempt under way was claimed, by the clock of its process.
	Taken time.Time `json:"taken,omitzero"`
	// Last is the ID of the attempt that was begun last.
	Last string `json:"last,omitempty"`
	// Known says that the job is done, as an earlier attempt has said meanwhile:
	// the one under way is its last, whatever comes of it.
	Known bool `json:"known,omitzero"`
}

// since returns since when a job that is due at once has been waiting.
func (r *record) since() time.Time {
	if r.Since.IsZero() {
		return r.Created
	}
	return r.Since
}

// look returns when anybody should look at the job next, if ever.
func (r *record) look() (at time.Time, ever bool) {
	switch r.State {
	case Pending:
		return r.Due, !r.Behind
	case Running:
		return r.Over, true
	case Failed:
		return r.Due, !r.Due.IsZero()
	case Uncertain, Done:
	}
	return time.Time{}, false
}

// ripe reports whether it is time to look at the job.
func (r *record) ripe(now time.Time) bool {
	at, ever := r.look()
	return ever && !at.After(now)
}

// waiting reports whether the job has waited for somebody to look at it since before a
// time, or from then on.
func (r *record) waiting(since time.Time) bool {
	at, ever := r.look()
	if at.IsZero() {
		at = r.Updated
	}
	return ever && !at.After(since)
}

// sort is what jobs are told apart by when somebody looks for what can be done.
type sort struct {
	typ, class string
	// lost says that an attempt is under way, or lost: who settles a lost one needs
	// nothing but the handler, whatever its class.
	lost bool
}

// sort returns the job's.
func (r *record) sort() sort {
	if r.State == Running {
		return sort{typ: r.Type, lost: true}
	}
	return sort{typ: r.Type, class: r.Class}
}

// term is what the terms of jobs of the sort begin with. Of a long class, it is the hash,
// which is longer than any that is not hashed.
func (s sort) term() store.Tuple {
	class := "=" + s.class
	switch {
	case s.lost:
		class = "lost"
	case len(s.class) > 100:
		class = fmt.Sprintf("=%x", sha512.Sum512([]byte(s.class)))
	}
	return store.Tuple{}.Text(s.typ).Text(class)
}

// behind returns the first term that no job of the sort, or of one before it, has.
func (s sort) behind() string {
	term := s.term()
	return string(term[:len(term)-1]) + "\x02" // the mark that ends a text, and the next
}

// begun reports whether the attempt is the one under way.
func (r *record) begun(attempt string) bool {
	return r != nil && r.State == Running && r.Lease.Holder == attempt
}

// lane is the guard of one lane: who adds to the lane, or takes a job out of it,
// reads and rewrites it. A lane without jobs has none.
type lane struct {
	Name  string `json:"name"`
	Count int    `json:"count"` // of jobs in the lane
	Turn  int64  `json:"turn"`  // of the one added last
}

// The indexes of jobs.
const (
	byDue   = "due"   // sort, when to look at it next; of those due at once, the zero time and since when it waits
	byTaken = "taken" // type, when the attempt under way was claimed
	byLane  = "lane"  // lane, turn
	byState = "state" // state; within it, the order of IDs
	byType  = "type"  // type, state
)

var jobTable = work.Table[record]{
	Kind: "job", Format: 2, Upgrade: upgradeJob,
	ID: func(r *record) string { return r.ID },
	Indexes: []work.Index[record]{
		{Name: byDue, Term: func(r *record) (string, bool) {
			at, ever := r.look()
			term := r.sort().term().Time(at)
			if at.IsZero() {
				term = term.Time(r.since())
			}
			return term.String(), ever
		}},
		{Name: byTaken, Term: func(r *record) (string, bool) {
			return store.Tuple{}.Text(r.Type).Time(r.Taken).String(), r.State == Running
		}},
		{Name: byLane, Term: func(r *record) (string, bool) {
			return store.Tuple{}.Text(r.Lane).Int(r.Turn).String(), r.Turn > 0
		}},
		{Name: byState, Term: func(r *record) (string, bool) { return string(r.State), true }},
		{Name: byType, Term: func(r *record) (string, bool) {
			return store.Tuple{}.Text(r.Type).Text(string(r.State)).String(), true
		}},
	},
}

var laneTable = work.Table[lane]{Kind: "job_lane", Format: 1, ID: func(l *lane) string { return l.Name }}

// Tables are what Jobs keeps.
func Tables() []work.Kept { return []work.Kept{&jobTable, &laneTable} }

// Kinds returns the kinds of record that Jobs keeps.
func Kinds() []store.Kind { return work.Kinds(Tables()) }
