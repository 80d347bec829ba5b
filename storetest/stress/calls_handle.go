package stress

import (
	"context"
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage/store"
)

// prepareCall is a call of Prepare.
type prepareCall struct {
	through

	kinds []store.Kind
}

func (c prepareCall) GoString() string {
	return fmt.Sprintf("%v: Prepare(%s)%v", c.through, list(c.kinds, func(k store.Kind) string {
		return showText(k.Name) + "[" + strings.Join(k.Indexes, " ") + "]"
	}), c.ends)
}

func (c prepareCall) run(m *machine) (answer string, judge func(w *world) error) {
	a := c.make(m, func(ctx context.Context, s store.Store) error { return s.Prepare(ctx, c.kinds...) })
	number := m.steps
	return shown(a.err, "ok"), func(w *world) error {
		return w.repeatable(a, brokenKinds(c.kinds), number, func(w *world) { w.prepare(c.handle, c.kinds) })
	}
}

// repeatable judges the answer of a call that may or may not have been done if
// its context ends.
func (w *world) repeatable(a answer, rule string, number int, do func(w *world)) error {
	refused, wrong := a.simple(rule)
	switch {
	case !refused:
		do(w)
	case wrong == nil && a.ended != nil && a.done == nil && !a.closed && rule == "":
		w.unsettled(late{number: number, land: do})
	}
	return wrong
}

func (m *machine) drawPrepare(t *rapid.T) call {
	return prepareCall{through: m.through(t), kinds: pick(t, preparations())}
}

// trimCall is a call of Trim.
type trimCall struct {
	through

	tenant string
	upTo   int64
}

func (c trimCall) GoString() string {
	return fmt.Sprintf("%v: Trim(%s, %d)%v", c.through, showText(c.tenant), c.upTo, c.ends)
}

func (c trimCall) run(m *machine) (answer string, judge func(w *world) error) {
	a := c.make(m, func(ctx context.Context, s store.Store) error { return s.Trim(ctx, c.tenant, c.upTo) })
	number := m.steps
	return shown(a.err, "ok"), func(w *world) error {
		return w.repeatable(a, brokenPosition(c.tenant, c.upTo), number, func(w *world) { w.log(c.tenant).trim(c.upTo) })
	}
}

// drawTrim draws a position whose meaning is known: all events have been read.
func (m *machine) drawTrim(t *rapid.T, tenant string) call {
	c := trimCall{through: m.through(t), tenant: tenant, upTo: m.drawPosition(t, tenant)}
	switch log := m.worlds[0].log(tenant); {
	case c.ends.look > 0 && c.upTo > log.last:
		c.ends.look = 0 // or it would mean the last event of a later moment
	default:
		switch upTo(t, 24) {
		case 12:
			c.upTo = -1
		case 13:
			c.tenant = pick(t, badTexts())
		}
	}
	return c
}

// learn reads the log of a tenant until the position of every event is known.
func (m *machine) learn(handle int, tenant string) {
	for {
		from, _ := m.worlds[0].log(tenant).readTo()
		m.then(eventsCall{through: through{handle: handle}, tenant: tenant, after: from})
		if _, all := m.worlds[0].log(tenant).readTo(); all {
			return
		}
	}
}

// closeCall is a call of Close.
type closeCall struct{ handle int }

func (c closeCall) GoString() string { return fmt.Sprintf("handle %d: Close()", c.handle) }

func (c closeCall) run(m *machine) (answer string, judge func(w *world) error) {
	h := m.handles[c.handle]
	err := h.Close()
	h.closed = true
	return shown(err, "ok"), func(*world) error {
		if err != nil {
			return errNothingWrong
		}
		return nil
	}
}

// openCall opens another handle: through Peer or, when all others are closed,
// through Reopen.
type openCall struct {
	of      int // the handle that it is a peer of, or the restart of
	restart bool
}

func (c openCall) GoString() string {
	if c.restart {
		return fmt.Sprintf("handle %d: Reopen", c.of)
	}
	return fmt.Sprintf("handle %d: Peer", c.of)
}

func (c openCall) run(m *machine) (answer string, judge func(w *world) error) {
	s := m.handles[c.of].Store
	if c.restart {
		s = m.harness.Reopen(m.tb, s)
		m.handles[c.of].closed = true
	} else {
		s = m.harness.Peer(m.tb, s)
	}
	m.handles = append(m.handles, &handle{Store: s})
	return fmt.Sprintf("handle %d", len(m.handles)-1), func(*world) error { return nil }
}

// restart closes all handles but one, and opens the data again.
func (m *machine) restart() {
	open := m.open()
	last := open[len(open)-1]
	for _, i := range open[:len(open)-1] {
		m.then(closeCall{i})
	}
	m.then(openCall{of: last, restart: true})
}

// newest is a call of Prepare through the handle that was opened last.
func (m *machine) newest(kinds []store.Kind) call {
	return prepareCall{through: through{handle: len(m.handles) - 1}, kinds: kinds}
}
