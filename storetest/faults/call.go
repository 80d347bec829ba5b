package faults

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage/store"
)

// Method is a method of [store.Store].
type Method int

// The methods.
const (
	Prepare Method = iota + 1
	Get
	Find
	Commit
	Events
	Trim
	Close
)

// Methods returns all methods, in the order of [store.Store].
func Methods() []Method { return []Method{Prepare, Get, Find, Commit, Events, Trim, Close} }

// String returns the method's name.
func (m Method) String() string {
	switch m {
	case Prepare:
		return "Prepare"
	case Get:
		return "Get"
	case Find:
		return "Find"
	case Commit:
		return "Commit"
	case Events:
		return "Events"
	case Trim:
		return "Trim"
	case Close:
		return "Close"
	}
	return fmt.Sprintf("Method(%d)", int(m))
}

// Call is one call of a [Store]. Of the arguments, those of its method are set.
// They are the caller's: a fault must not change them, nor keep them beyond the
// call.
type Call struct {
	Method Method
	// N says which call of the store it is, from 1, counted over all methods
	// since New or the last Restart.
	N int

	Kinds    []store.Kind // of Prepare
	Keys     []store.Key  // of Get
	Query    store.Query  // of Find
	Batch    store.Batch  // of Commit
	Tenant   string       // of Events and Trim
	Position int64        // of Events and Trim
	Limit    int          // of Events

	// Faults are what befell the call, the outermost first.
	Faults []string

	store *Store
}

// String returns the number and the method: "call 7, a Commit".
func (c Call) String() string { return fmt.Sprintf("call %d, a %v", c.N, c.Method) }

// Below returns the store that the call goes to if nothing befalls it. What is
// called there is not counted, and nothing goes wrong with it.
func (c Call) Below() store.Store { return c.store.below }

// bare returns the call as the log keeps it, which keeps no arguments.
func (c Call) bare() Call {
	return Call{Method: c.Method, N: c.N, Faults: c.Faults, store: c.store}
}

// touched returns the keys of the records that the call names, each once. Those of
// a Find are known by its result.
func (c Call) touched() []store.Key {
	all := slices.Clone(c.Keys)
	for _, check := range c.Batch.Checks {
		all = append(all, check.Key)
	}
	for _, put := range c.Batch.Puts {
		all = append(all, put.Key)
	}
	for _, deleted := range c.Batch.Deletes {
		all = append(all, deleted.Key)
	}
	var once []store.Key
	seen := make(map[store.Key]bool, len(all))
	for _, key := range all {
		if !seen[key] {
			seen[key] = true
			once = append(once, key)
		}
	}
	return once
}
