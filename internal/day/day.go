package day

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// day is a day under way.
type day struct {
	opts    Options
	random  *rand.Rand // of what people do
	fate    *rand.Rand // of what goes wrong
	store   store.Store
	clock   clock
	minting minting
	agenda  agenda
	alarms  alarms
	centre  *centre
	picture *picture
	talks   map[string]*talk // by reservation
	crowd   []*customer      // who may come back
	// customers are who writes on channels, by their SIDs.
	customers map[string]*customer
	tickets   int                // requests that are no conversations
	people    map[string]*person // by the SIDs of workers
	refused   map[string]int     // calls that came too late, by what they were
	looked    time.Time          // when what is due was looked for, whether there was or not
	called    bool               // somebody has called the Engine since the log was read

	// The process under way.
	eng    *engage.Engine
	mortal *mortal
	// done is what has become of all processes together.
	crashes, lost int
}

// Run has a day go by on an empty store, and reports how it was. The error says what kept it
// from going on, or, with [*FaultsError], what was against the rules: then there is a report, too.
func Run(ctx context.Context, st store.Store, opts Options) (*Report, error) {
	opts, err := opts.resolve()
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, errors.New("a day needs a store")
	}
	d := &day{
		opts: opts, store: st, random: rand.New(rand.NewPCG(opts.Seed, 1)), fate: rand.New(rand.NewPCG(opts.Seed, 2)),
		picture: newPicture(opts.Within), talks: map[string]*talk{}, people: map[string]*person{}, refused: map[string]int{}, customers: map[string]*customer{},
	}
	d.minting.clock = &d.clock
	d.clock.set(midnight.Add(-time.Minute))
	if err := d.begin(ctx); err != nil {
		return nil, err
	}
	if err := d.goBy(ctx); err != nil {
		return nil, err
	}
	return d.end(ctx)
}

// FaultsError says what of a day was against the rules.
type FaultsError struct{ Faults []string }

// Error returns the first of them, and how many there are.
func (e *FaultsError) Error() string {
	return fmt.Sprintf("%d faults, the first: %s", len(e.Faults), e.Faults[0])
}

// begin opens the centre, and puts on the agenda what will come.
func (d *day) begin(ctx context.Context) error {
	if err := d.live(ctx); err != nil {
		return err
	}
	var err error
	if d.centre, err = open(ctx, d.eng, d.random, d.opts.Workers); err != nil {
		return err
	}
	for _, p := range d.centre.people {
		d.people[p.sid] = p
	}
	d.called = true
	if err := d.settle(ctx); err != nil {
		return err
	}
	d.mortal.random = d.misfortune()
	d.planShifts()
	d.planArrivals()
	d.planManagement()
	d.planCrashes()
	return nil
}

// live begins a process: an Engine that knows nothing but what the store keeps.
func (d *day) live(ctx context.Context) error {
	d.mortal = &mortal{Store: d.store, left: -1, alarms: &d.alarms}
	if d.centre != nil {
		d.mortal.random = d.misfortune()
	}
	platforms := map[string]engage.Platform{}
	for _, s := range sources {
		platforms[string(s.typ)] = engage.InApp{}
	}
	var err error
	d.eng, err = engage.New(ctx, d.mortal, &engage.Options{
		Tenant: tenant, Clock: d.clock.read, NewID: d.minting.next, Platforms: platforms,
		Jobs: engage.JobOptions{Concurrency: 1},
	})
	return err
}

// misfortune is what goes wrong from: nothing, on a day without crashes.
func (d *day) misfortune() *rand.Rand {
	if d.opts.Crashes == 0 {
		return nil
	}
	return d.fate
}

// planCrashes has processes die at some of their next commits, wherever they are then.
func (d *day) planCrashes() {
	for range d.opts.Crashes {
		at := midnight.Add(time.Duration(d.fate.IntN(int(25*time.Hour/time.Second))) * time.Second)
		d.agenda.note(at, func(ctx context.Context) error {
			d.mortal.dies(40)
			return nil
		})
	}
}

// goBy has the day go by, second by second, until nothing is left to happen.
func (d *day) goBy(ctx context.Context) error {
	hour := 0
	for now := midnight; d.agenda.Len() > 0 || d.busy(); now = now.Add(time.Second) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if now.After(midnight.Add(72 * time.Hour)) {
			return fmt.Errorf("the day does not end: %s", d.picture.leftOver())
		}
		d.clock.set(now)
		if err := d.settle(ctx); err != nil {
			return err
		}
		for {
			next, due := d.agenda.due(now)
			if !due {
				break
			}
			if err := next.do(ctx); err != nil {
				return err
			}
			if err := d.settle(ctx); err != nil {
				return err
			}
		}
		if int(now.Sub(midnight)/time.Minute)%10 == 0 && now.Second() == 0 {
			d.picture.nobodyWaits()
		}
		if h := int(now.Sub(midnight) / time.Hour); h > hour {
			hour = h
			if err := d.auditHourly(ctx); err != nil {
				return err
			}
			if d.opts.Progress != nil {
				d.opts.Progress(now, len(d.picture.tasks))
			}
		}
		if len(d.picture.wrong) >= maxWrong {
			return &FaultsError{Faults: d.picture.wrong}
		}
	}
	return nil
}

// busy reports whether there is a task that has not ended.
func (d *day) busy() bool { return d.picture.liveTasks > 0 }

// settle does what is due, and takes in what has happened.
func (d *day) settle(ctx context.Context) error {
	now, did := d.clock.read(), false
	if now.Second() == 0 && !now.Equal(d.looked) {
		d.looked = now
		d.alarms.set(now)
	}
	for d.alarms.rings(now) {
		did = true
		err := d.until(ctx, func(alive context.Context) error {
			_, err := d.eng.RunDue(alive)
			return err
		})
		if err == nil && !d.mortal.dead {
			continue
		}
		if !d.mortal.dead {
			return fmt.Errorf("at %s: doing what is due: %w", d.clock.read().Format(time.TimeOnly), err)
		}
		if err := d.again(ctx); err != nil {
			return err
		}
	}
	if !did && !d.called {
		return nil
	}
	d.called = false
	return d.look(ctx)
}

// look takes in what the log says.
func (d *day) look(ctx context.Context) error {
	for e, err := range d.eng.Events.After(ctx, d.picture.position) {
		if err != nil {
			return err
		}
		if err := d.picture.take(e); err != nil {
			return err
		}
		d.follow(e)
	}
	d.picture.settled()
	return nil
}

// until has the process do something, with a context that ends when it dies.
func (d *day) until(ctx context.Context, do func(alive context.Context) error) error {
	alive, end := context.WithCancel(ctx)
	defer end()
	d.mortal.end = end
	return do(alive)
}

// again begins a process after one has died.
func (d *day) again(ctx context.Context) error {
	d.crashes++
	d.lost += d.mortal.lost
	d.alarms.set(d.clock.read())
	return d.live(ctx)
}

// call has somebody call the Engine. If the process dies meanwhile, they call again, and know
// that it may be for the second time; that something comes too late, because of what others did,
// is part of the day.
func (d *day) call(ctx context.Context, what string, do func(ctx context.Context, eng *engage.Engine, again bool) error) (done bool, err error) {
	for repeated := false; ; repeated = true {
		d.called = true
		err := d.until(ctx, func(alive context.Context) error { return do(alive, d.eng, repeated) })
		if d.mortal.dead {
			if err := d.again(ctx); err != nil {
				return false, err
			}
			if err := d.settle(ctx); err != nil {
				return false, err
			}
			continue
		}
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, engage.ErrRefused), errors.Is(err, engage.ErrConflict), errors.Is(err, engage.ErrNotFound):
			d.refused[what]++
			return false, nil
		}
		return false, fmt.Errorf("at %s: %s: %w", d.clock.read().Format(time.TimeOnly), what, err)
	}
}

// after puts something on the agenda, some time from now.
func (d *day) after(wait time.Duration, do func(ctx context.Context) error) {
	d.agenda.note(d.clock.read().Add(wait), do)
}

// between returns a time between two, in seconds.
func (d *day) between(low, high int) time.Duration {
	return time.Duration(low+d.random.IntN(high-low+1)) * time.Second
}

// around returns a time that is exponentially distributed around another.
func (d *day) around(mean time.Duration) time.Duration {
	return time.Duration((0.3 + 0.7*d.random.ExpFloat64()) * float64(mean))
}

func (d *day) likely(share float64) bool { return d.random.Float64() < share }
