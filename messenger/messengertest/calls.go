package messengertest

import "slices"

// Called is a call that an app has made, and Messenger has decided.
type Called struct {
	App    string // the ID of who called
	Verb   Verb
	PSID   string // the customer
	Target string // the app that control was to be passed to, if one was named
	Code   int    // of the error; 0: it was done
}

// Calls returns the calls of all apps so far, in the order in which they were decided:
// also those whose answer was lost, but none that could not be read.
func (m *Messenger) Calls() []Called {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.called)
}

// note keeps a call that was decided.
func (m *Messenger) note(c call, said reply) {
	called := Called{App: c.app.ID, Verb: c.verb, PSID: c.psid, Target: c.target}
	if said.Error != nil {
		called.Code = said.Error.Code
	}
	m.called = append(m.called, called)
}
