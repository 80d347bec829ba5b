package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// outside is the world outside of one process.
func (m *machine) outside(ctx context.Context, j jobs.Job) (any, error) {
	m.mu.Lock()
	k := m.known[j.ID]
	does := succeeds
	if k.begun < len(k.play.Attempts) {
		does = k.play.Attempts[k.begun]
	}
	k.begun++
	k.active++
	if k.lane != "" {
		m.atWork[k.lane]++
		if m.atWork[k.lane] > 1 {
			m.fault("two at a time in lane %s: %s", k.lane, j.ID)
		}
		m.inOrder(j.ID)
	}
	m.mu.Unlock()
	var once sync.Once
	over := func() {
		once.Do(func() {
			m.mu.Lock()
			defer m.mu.Unlock()
			m.atWork[k.lane]--
		})
	}
	defer func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		k.active--
	}()
	stop := context.AfterFunc(ctx, over)
	defer over()
	defer stop()
	effect := func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		k.effects++
	}
	switch does {
	case succeeds:
		effect()
		return nil, nil
	case slow:
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(10 * time.Second):
		}
		effect()
		return nil, nil
	case fails:
		return nil, errors.New("no")
	case gives:
		return nil, jobs.Permanent(errors.New("never"))
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	case panics:
		panic("oh")
	case doneLate:
		pass(timeout + 20*time.Second)
		effect()
		return nil, nil
	case failsLate:
		pass(timeout + 20*time.Second)
		return nil, errors.New("no")
	}
	return nil, nil
}

// inOrder looks whether all that were added to the lane before are out of it. The
// caller holds mu.
func (m *machine) inOrder(id string) {
	k := m.known[id]
	for _, earlier := range m.order[:slices.Index(m.order, id)] {
		e := m.known[earlier]
		if e.lane != k.lane || e.byHand || k.byHand {
			continue
		}
		if r := m.stored(earlier); r != nil && r.State != jobs.Failed {
			m.fault("%s of lane %s begins before %s, which is %s", id, k.lane, earlier, r.State)
		}
	}
}

// stored is what the store holds of a job, in full.
type stored struct {
	jobs.Job

	Turn   int64 `json:"turn"`
	Behind bool  `json:"behind"`
}

func (m *machine) stored(id string) *stored {
	records, err := m.below.Get(context.WithoutCancel(m.t.Context()), store.Key{Tenant: tenant, Kind: "job", ID: id})
	if err != nil || !records[0].Exists() {
		return nil
	}
	var s stored
	if err := json.Unmarshal(records[0].Value, &s); err != nil {
		m.fault("%v", err)
	}
	return &s
}

// hall is one process of the machine, until it crashes.
type hall struct {
	*process
	running

	store *mortal
}

func (m *machine) start(n int) *hall {
	h := &hall{store: newMortal(m.below, 0, false)}
	h.process = newProcess(m.t, h.store, func() time.Time {
		m.mu.Lock()
		defer m.mu.Unlock()
		return bubble().Add(m.ahead[n])
	}, func(o *jobs.Options) { o.Tries, o.Concurrency, o.Poll = 3, 4, time.Minute })
	m.handlers(h.process)
	h.running = h.run()
	return h
}

func (m *machine) handlers(p *process) {
	p.Outside("outside", jobs.Outside{
		Do: m.outside,
		Settle: func(ctx context.Context, w *work.Work, j jobs.Job, o jobs.Outcome) error {
			return write(ctx, w, j.ID, func(n *note) {
				n.Told = append(n.Told, string(o.State))
				n.Done = n.Done || o.State == jobs.Done
			})
		},
		Idempotent: func(j jobs.Job) bool {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.known[j.ID].play.Idempotent
		},
	})
	p.Within("within", jobs.Within{Do: func(ctx context.Context, w *work.Work, j *jobs.Job) (time.Time, error) {
		m.mu.Lock()
		k := m.known[j.ID]
		if k.lane != "" {
			m.inOrder(j.ID) // whether another is at work says nothing here: this run need not be committed
		}
		m.mu.Unlock()
		if err := write(ctx, w, j.ID, func(n *note) { n.Claims++ }); err != nil {
			return time.Time{}, err
		}
		if j.Attempts < len(k.play.Attempts) {
			switch k.play.Attempts[j.Attempts] {
			case gives:
				return time.Time{}, jobs.Permanent(errors.New("never"))
			case fails, hangs, failsLate:
				return time.Time{}, errors.New("no")
			case panics:
				panic("oh")
			case succeeds, slow, doneLate:
			}
		}
		return time.Time{}, nil
	}})
}
