package messengertest

import (
	"net/http"
	"slices"
)

// Behaviour is what Messenger does with a call instead of simply doing it: see
// [Messenger.Will]. The zero Behaviour does it, and answers.
type Behaviour struct {
	act func(r *http.Request, closed <-chan struct{}, act func() reply) reply
}

func (b Behaviour) do(r *http.Request, closed <-chan struct{}, act func() reply) reply {
	if b.act == nil {
		return act()
	}
	return b.act(r, closed, act)
}

// Fail does not do it, and answers with an error of the Graph API.
func Fail(status, code, subcode int, message string) Behaviour {
	return Behaviour{func(*http.Request, <-chan struct{}, func() reply) reply {
		return refuse(apiError{Status: status, Code: code, Subcode: subcode, Message: message})
	}}
}

// Hang does not do it, and does not answer until the caller gives up.
func Hang() Behaviour {
	return Behaviour{func(r *http.Request, closed <-chan struct{}, _ func() reply) reply {
		select {
		case <-r.Context().Done():
		case <-closed:
		}
		panic(http.ErrAbortHandler)
	}}
}

// Break does not do it, and breaks the connection.
func Break() Behaviour {
	return Behaviour{func(*http.Request, <-chan struct{}, func() reply) reply { panic(http.ErrAbortHandler) }}
}

// DoThen does it, and then something else in place of the answer.
func DoThen(then Behaviour) Behaviour {
	return Behaviour{func(r *http.Request, closed <-chan struct{}, act func() reply) reply {
		said := act()
		return then.do(r, closed, func() reply { return said })
	}}
}

// Hold keeps calls back until the test lets them go: then they are done, even if the caller
// has given up. A Hold is for one or more calls; they go together.
type Hold struct{ release chan struct{} }

// NewHold returns a Hold.
func NewHold() *Hold { return &Hold{make(chan struct{})} }

// Release lets the calls go. It may be called once.
func (h *Hold) Release() { close(h.release) }

// Behaviour is what holds a call. One that is held when the Messenger is closed is never
// done.
func (h *Hold) Behaviour() Behaviour {
	return Behaviour{func(_ *http.Request, closed <-chan struct{}, act func() reply) reply {
		select {
		case <-h.release:
			return act()
		case <-closed:
			panic(http.ErrAbortHandler)
		}
	}}
}

// order is a Behaviour for a call to come.
type order struct {
	b  Behaviour
	on []Verb
}

// Will says what Messenger does with the next call of one of these verbs; of any, if there
// is none. What is said first counts first, each once.
func (m *Messenger) Will(b Behaviour, on ...Verb) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders = append(m.orders, order{b, on})
}

// Heal takes back what Will has said.
func (m *Messenger) Heal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders = nil
}

// behaviour returns what is to be done with a call.
func (m *Messenger) behaviour(verb Verb) Behaviour {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := slices.IndexFunc(m.orders, func(o order) bool { return len(o.on) == 0 || slices.Contains(o.on, verb) })
	if i < 0 {
		return Behaviour{}
	}
	b := m.orders[i].b
	m.orders = slices.Delete(m.orders, i, i+1)
	return b
}
