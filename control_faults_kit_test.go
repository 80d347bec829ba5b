package engage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// Bad luck with a platform on which one app at a time has control: what it is told gets
// there late or not at all, its answers are lost, and it does not say who has control. All
// of it is in bubbles, where time is virtual.

// glitch is what becomes of one call of a platform. The zero one is done at once, and
// answered.
type glitch struct {
	lost    bool          // it is never done
	lands   time.Duration // after how long it is done
	answers time.Duration // after how long the answer is there
	deaf    bool          // it goes on when its context has ended
	err     error         // what is answered instead
	panics  bool
}

const longAgo = 10 * time.Hour // when nobody waits for an answer any more

// wire is a platform behind a line on which everything can go wrong. An app named "bot"
// has its conversations with one customer, too.
type wire struct {
	t   *testing.T
	eng *engage.Engine

	mu      sync.Mutex
	owner   handover.Party // as the platform has it: our app, another, or nobody
	plan    map[handover.VerbKind][]glitch
	asked   []glitch            // what becomes of the questions who has control, the last for ever
	reports time.Duration       // after how long it tells of changes; < 0: never
	takes   time.Duration       // how long a verb takes on which nothing goes wrong
	bot     time.Duration       // after how long the bot passes control that is requested; < 0: never
	calls   []handover.VerbKind // that were made, in order
	sent    []string            // the contents that the customer got
	engaged func() int          // how many interventions are engaged, while a pass is told
}

// never is a delay of what does not happen.
const never = -time.Nanosecond

var errMute = errors.New("the platform does not tell")

// glitched takes the next of the glitches.
func glitched(plan []glitch) (g glitch, rest []glitch) {
	if len(plan) == 0 {
		return glitch{}, nil
	}
	return plan[0], plan[1:]
}

// call does something, with whatever goes wrong with it.
func (w *wire) call(ctx context.Context, g glitch, do func() error) error {
	if g.panics {
		panic("ouch")
	}
	done := make(chan error, 1)
	switch {
	case g.lost:
	case g.lands == 0:
		done <- do()
	default:
		time.AfterFunc(g.lands, func() { done <- do() })
	}
	var over <-chan struct{}
	if !g.deaf {
		over = ctx.Done()
	}
	if g.answers > 0 {
		select {
		case <-time.After(g.answers):
		case <-over:
			return ctx.Err()
		}
	}
	if g.err != nil {
		return g.err
	}
	select {
	case err := <-done:
		return err
	case <-over:
		return ctx.Err()
	}
}

// verb changes who has control, if the platform allows that.
func (w *wire) verb(ctx context.Context, kind handover.VerbKind, do func(now handover.Party) (handover.Party, error)) error {
	w.mu.Lock()
	var g glitch
	if g, w.plan[kind] = glitched(w.plan[kind]); g == (glitch{}) {
		g = glitch{lands: w.takes, answers: 2 * w.takes}
	}
	w.calls = append(w.calls, kind)
	w.mu.Unlock()
	return w.call(ctx, g, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		next, err := do(w.owner)
		if err == nil {
			w.becomes(next)
		}
		return err
	})
}

// becomes gives control to somebody, and tells of it as the platform does.
func (w *wire) becomes(next handover.Party) {
	if w.owner == next {
		return
	}
	w.owner = next
	if w.reports < 0 {
		return
	}
	r := engage.ControlReport{SourceID: "page", IdentityForeignID: "ada", Party: next, At: time.Now()} //nolint:forbidigo // the bubble's time
	time.AfterFunc(w.reports, func() { w.report(r) })
}

// report tells of a change, again and again until it is heard.
func (w *wire) report(r engage.ControlReport) {
	w.mu.Lock()
	eng := w.eng
	w.mu.Unlock()
	_, err := eng.Control.Report(context.Background(), r)
	switch {
	case errors.Is(err, store.ErrClosed):
		time.AfterFunc(time.Second, func() { w.report(r) })
	case err != nil:
		w.t.Errorf("the report %+v: %v", r, err)
	}
}

// moves gives control to an app on the platform, as somebody does there.
func (w *wire) moves(to handover.Party) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.becomes(to)
}

var (
	ours    = handover.Party{Owner: handover.Agent}
	nobody  = handover.Party{Owner: handover.Idle}
	theBot  = handover.Party{Owner: handover.Other, App: "bot"}
	another = handover.Party{Owner: handover.Other, App: "inbox"}
)

func (w *wire) Request(ctx context.Context, _ engage.Handling) (granted bool, err error) {
	err = w.verb(ctx, handover.VerbRequest, func(now handover.Party) (handover.Party, error) {
		granted = now == ours || now == nobody
		if granted {
			return ours, nil
		}
		if w.bot >= 0 {
			time.AfterFunc(w.bot, func() { w.moves(ours) })
		}
		return now, nil
	})
	return granted && err == nil, err
}

func (w *wire) Pass(ctx context.Context, h engage.Handling) error {
	if n := w.engaged(); n > 0 {
		w.t.Errorf("the platform is told to pass control while %d interventions are engaged", n)
	}
	return w.verb(ctx, handover.VerbPass, func(now handover.Party) (handover.Party, error) {
		if now != ours && now != nobody {
			return now, errNo
		}
		return handover.Party{Owner: handover.Other, App: h.App}, nil
	})
}

func (w *wire) Take(ctx context.Context, _ engage.Handling) error {
	return w.verb(ctx, handover.VerbTake, func(handover.Party) (handover.Party, error) { return ours, nil })
}

func (w *wire) Release(ctx context.Context, _ engage.Handling) error {
	return w.verb(ctx, handover.VerbRelease, func(now handover.Party) (handover.Party, error) {
		if now != ours {
			return now, errNo
		}
		return nobody, nil
	})
}

func (w *wire) Owner(ctx context.Context, _ engage.Handling) (owner handover.Party, err error) {
	w.mu.Lock()
	g, rest := glitched(w.asked)
	if len(rest) > 0 {
		w.asked = rest
	}
	w.mu.Unlock()
	err = w.call(ctx, g, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		owner = w.owner
		return nil
	})
	return owner, err
}

func (w *wire) Send(ctx context.Context, d engage.Delivery) (string, error) {
	w.mu.Lock()
	var g glitch
	g, w.plan["send"] = glitched(w.plan["send"])
	w.mu.Unlock()
	return "m" + d.Content.ID, w.call(ctx, g, func() error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.owner.Owner == handover.Other {
			return fmt.Errorf("the platform: %w", engage.ErrNotInControl)
		}
		if !slices.Contains(w.sent, d.Content.ID) { // it honours keys
			w.sent = append(w.sent, d.Content.ID)
		}
		return nil
	})
}

// HonoursKeys says that a content which is sent again is known.
func (w *wire) HonoursKeys() bool { return true }

// unlucky is a company with one source on such a platform, and one customer, Ada.
type unlucky struct {
	*desk

	wire   *wire
	ada    engage.Received
	posted []string
}

// luck begins the bubble's company, with its jobs being done all the time.
func luck(t *testing.T, settings handover.Settings) *unlucky {
	t.Helper()
	u := lucky(t, settings)
	u.works(t)
	return u
}

// lucky begins the same, without anybody who does the jobs.
func lucky(t *testing.T, settings handover.Settings) *unlucky {
	t.Helper()
	w := &wire{t: t, owner: nobody, plan: map[handover.VerbKind][]glitch{}, bot: never}
	d := newDesk(t, func(o *engage.Options) { o.Clock, o.Platforms["page"], o.Jobs.Poll = nil, w, time.Hour })
	u := &unlucky{desk: d, wire: w}
	w.eng, w.engaged = d.Engine, u.engagedNow
	must(u.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "page", Active: true}))(t)
	if err := u.Control.Configure(t.Context(), "page", settings); err != nil {
		t.Fatal(err)
	}
	u.customerWrites()
	return u
}

// works has the Engine do its jobs from now on, until the test ends.
func (u *unlucky) works(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	eng, running := u.Engine, sync.WaitGroup{}
	running.Go(func() { _ = eng.Run(ctx) })
	t.Cleanup(func() { stop(); running.Wait() })
}

// customerWrites has the customer write: on the platform, that gives control to the
// primary's app if nobody has it.
func (u *unlucky) customerWrites() {
	u.t.Helper()
	u.written++
	u.wire.mu.Lock()
	if u.wire.owner == nobody {
		switch must(u.Control.Settings(u.t.Context(), "page"))(u.t).Primary {
		case handover.Agent:
			u.wire.owner = ours
		case handover.Bot:
			u.wire.owner = theBot
		case handover.Idle, handover.Other: // is no primary
		}
	}
	u.wire.mu.Unlock()
	u.ada = must(u.Threads.Receive(u.t.Context(), engage.Inbound{
		SourceID: "page", ForeignID: fmt.Sprintf("mid.%d", u.written), Customer: engage.Account{ForeignID: "ada"}, Message: interaction.Message{Body: "hello"},
	}))(u.t)
}

// after lets time go by, and all be done that is done until then.
func (u *unlucky) after(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble it is how time passes
	synctest.Wait()
}

// control returns who has control of the conversation.
func (u *unlucky) control() handover.Control {
	u.t.Helper()
	return must(u.Control.Get(u.t.Context(), "page", u.ada.IdentityID))(u.t)
}

func (u *unlucky) has(owner handover.Owner) {
	u.t.Helper()
	if now := u.control(); now.Owner != owner {
		u.t.Fatalf("%v has control, want %s; under way: %+v", now.Party, owner, now.Verb)
	}
}

// live returns the interventions that are engaged with the customer.
func (u *unlucky) live() (live []interaction.Intervention) {
	page, err := u.Interventions.List(context.Background(), engage.InterventionFilter{IdentityID: u.ada.IdentityID})
	if err != nil {
		u.t.Error(err)
	}
	for _, i := range page.Items {
		if i.Status.Live() {
			live = append(live, i)
		}
	}
	return live
}

func (u *unlucky) engagedNow() int { return len(u.live()) }

// handsOver asks for control for the bot, or for the agents.
func (u *unlucky) handsOver(to handover.Owner, whenFree bool) error {
	r := handover.Request{IdentityForeignID: "ada", From: handover.Agent, To: handover.Bot, Type: "page", AppID: "bot", WhenFree: whenFree}
	if to == handover.Agent {
		r.From, r.To, r.AppID = handover.Bot, handover.Agent, ""
	}
	_, err := u.Control.Handover(u.t.Context(), r)
	return err
}

// engage has ann engage, if that is possible now.
func (u *unlucky) engage() error {
	_, err := u.As(ann).Interventions.Engage(u.t.Context(), engage.Engagement{ThreadID: u.ada.ThreadID})
	return err
}

// post has ann post, if she is engaged.
func (u *unlucky) post(body string) error {
	p, err := u.As(ann).Contents.Post(u.t.Context(), engage.Post{ThreadID: u.ada.ThreadID, Message: interaction.Message{Body: body}})
	if err == nil {
		u.posted = append(u.posted, p.ID)
	}
	return err
}

// ends has all that is engaged end.
func (u *unlucky) ends() {
	u.t.Helper()
	for _, i := range u.live() {
		if _, err := u.Interventions.Cancel(u.t.Context(), i.ID); errors.Is(err, engage.ErrRefused) { // it has replies
			must(u.Interventions.Close(u.t.Context(), i.ID, engage.Closing{}))(u.t)
		} else if err != nil {
			u.t.Fatal(err)
		}
	}
}
