package enginetest

// Invariant is one thing that the Engine keeps on any store that keeps its contract.
type Invariant struct {
	ID   string // begins the report of a failure
	Text string // what holds, in one sentence

	// check reads the books and reports where it does not hold. Those of the
	// calls themselves have none: what they are about is seen where the call is
	// made.
	check func(b *books)
}

// The invariants of every call.
const (
	callDone    = "call-done"
	callWhole   = "call-whole"
	callFailed  = "call-failed"
	callTold    = "call-told"
	callRefused = "call-refused"
	callAgain   = "call-again"
	callShared  = "call-shared"
	callKept    = "call-kept"
)

// ofCalls are the invariants of every call.
func ofCalls() []Invariant {
	return []Invariant{
		{ID: callDone, Text: "What a call without an error says to have done must be done."},
		{ID: callWhole, Text: "Every commit of a call must be done whole or not at all."},
		{ID: callFailed, Text: "A call with an error that does not wrap ErrUnknownOutcome must not have done what it was to do."},
		{ID: callTold, Text: "A call must give an error only for a rule, for a context that has ended, for a store that is unavailable, or for an outcome that cannot be known."},
		{ID: callRefused, Text: "A call that a rule forbids must be refused and change nothing."},
		{ID: callAgain, Text: "A call that is made again after a failure must complete what was begun, and have its effect once."},
		{ID: callShared, Text: "A call that several make at the same time, on several Engines, must have its effect once."},
		{ID: callKept, Text: "What a call has done must be there after a restart, and what it has not must be done when it is made again."},
	}
}

// Invariants returns all invariants: those of every call, and those of each room.
func Invariants() []Invariant {
	all := ofCalls()
	for _, r := range rooms() {
		all = append(all, r.invariants...)
	}
	return all
}

// text returns what an invariant says.
func text(id string) string {
	for _, i := range Invariants() {
		if i.ID == id {
			return i.Text
		}
	}
	panic("enginetest: there is no invariant " + id)
}
