package engage_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// TestAcceptingAndPassingAtTheSameTime: of an acceptance and a pass to the bot one comes
// first, on whatever Engine, and the rule holds for the other.
func TestAcceptingAndPassingAtTheSameTime(t *testing.T) {
	t.Parallel()
	duels := map[string]func(j *steered, other *engage.Engine) []func() error{
		"accepting and passing": func(j *steered, other *engage.Engine) []func() error {
			return []func() error{
				func() error { return j.accept(ann, j.first) },
				func() error { return second(other.Control.Handover(j.joined.t.Context(), toRobot())) },
			}
		},
		"two who accept": func(j *steered, other *engage.Engine) []func() error {
			task := j.asks(bob)
			r := j.offer(task)
			return []func() error{
				func() error { return j.accept(ann, j.first) },
				func() error {
					return second(other.As(bob).Reservations.Accept(j.joined.t.Context(), r, engage.Answer{}))
				},
			}
		},
		"completing and writing": func(j *steered, other *engage.Engine) []func() error {
			j.accepts(ann, j.first)
			in := j.says("eve", "wait")
			return []func() error{
				func() error { return j.complete(ann, j.first) },
				func() error { return second(other.Threads.Receive(j.joined.t.Context(), in)) },
			}
		},
		"completing and closing the thread": func(j *steered, other *engage.Engine) []func() error {
			j.accepts(ann, j.first)
			return []func() error{
				func() error { return j.complete(ann, j.first) },
				func() error { return second(other.Threads.Close(j.joined.t.Context(), j.eve.ThreadID)) },
			}
		},
		"both leave": func(j *steered, other *engage.Engine) []func() error {
			j.accepts(ann, j.first)
			task := j.asks(bob)
			j.accepts(bob, task)
			r := j.offer(task)
			return []func() error{
				func() error { return j.complete(ann, j.first) },
				func() error {
					return second(other.As(bob).Reservations.Complete(j.joined.t.Context(), r, engage.Completion{Reason: "done"}))
				},
			}
		},
	}
	for name, duel := range duels {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, on := range []string{"memory", "SQLite"} {
				for range 5 {
					var st store.Store = memory.New()
					if on == "SQLite" {
						_ = st.Close()
						st = openSQLite(t, filepath.Join(t.TempDir(), "duel.db"))
					}
					j := newSteered(t, st, handover.Settings{Primary: handover.Agent, BotApp: "robot", MayTake: true})
					j.joined.routed()
					other := must(engage.New(t.Context(), st, &j.opts))(t)
					both := duel(j, other)
					errs := make([]error, len(both))
					var wait sync.WaitGroup
					for n, do := range both {
						wait.Go(func() { errs[n] = do() })
					}
					wait.Wait()
					for _, err := range errs {
						if err != nil && !errors.Is(err, engage.ErrRefused) {
							t.Errorf("on %s: %v", on, err)
						}
					}
					j.runs()
					passesChecked(t, j.Engine)
					if rules := j.broken(); len(rules) > 0 {
						t.Errorf("on %s: %v", on, rules)
					}
				}
			}
		})
	}
}

func toRobot() handover.Request {
	return handover.Request{IdentityForeignID: "eve", From: handover.Agent, To: handover.Bot, Type: "messenger", AppID: robot.ID}
}
