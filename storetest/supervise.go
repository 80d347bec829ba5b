package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"
)

// unanswered is after how long without an answer a call is given up, if Effort is
// 1. Nothing that works takes so long.
const unanswered = time.Minute

// looksAtCalls is how many times a call must have been seen, one look after the
// other, to be given up.
const looksAtCalls = 4

var errUnanswered = errors.New("a call of the store is not answered")

// supervise runs a check until it ends. When a call is not answered, that is
// reported, the contexts of all calls end, and what does not end then is left
// behind, so that the other clauses can be checked. It looks with every tick.
func (t *trial) supervise(tb testing.TB, ticks <-chan time.Time, check func()) {
	tb.Helper()
	ctx, cancel := context.WithCancelCause(tb.Context())
	defer cancel(nil)
	st := &stage{TB: tb, ctx: ctx, patience: unanswered * time.Duration(Effort(tb))}
	t.TB = st
	label := fmt.Sprintf("%s-%p", t.clause.ID, t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pprof.SetGoroutineLabels(pprof.WithLabels(ctx, pprof.Labels(goroutineLabel, label)))
		defer t.recovered()
		check()
	}()
	var seen [len(t.pending.slots)]struct {
		call  uint64
		times int
	}
	for ticksLeft := -1; ticksLeft != 0; ticksLeft-- {
		select {
		case <-ended:
			return
		case <-ticks:
		}
		for i := range seen {
			call := t.pending.slots[i].Load()
			if call != seen[i].call {
				seen[i].call, seen[i].times = call, 0
			}
			seen[i].times++
			if call == 0 || seen[i].times <= looksAtCalls || t.hung.Load() {
				continue
			}
			t.hangs(methodOf(call), label)
			cancel(errUnanswered)
			ticksLeft = 2 // this one and another, for those whose contexts have ended now
		}
	}
	st.leave()
}

// hangs reports a call that is not answered. What the check reports from now on
// comes of that, and is not printed.
func (t *trial) hangs(method, label string) {
	t.Helper()
	text := t.verdict(fmt.Sprintf("no answer for %v", unanswered*time.Duration(Effort(t))), "an answer", method)
	switch t.clause.ID {
	case "concurrent-use", "context-during", "commit-context": // it breaks these, whatever method it is
	default:
		if t.clause.about != method {
			text += "\n\t" + notTheRule
		}
	}
	t.report(text + "\n\tThe contexts of all calls end now. These wait:\n" + waiting(goroutines(label)))
	t.hung.Store(true)
}

// maxStacks and maxFrames bound what is printed of those that wait.
const maxStacks, maxFrames = 4, 10

// waiting returns those of the stacks that are in a call of a store, without what
// nobody reads.
func waiting(stacks string) string {
	var b strings.Builder
	n := 0
	for stack := range strings.SplitSeq(stacks, "\n\n") {
		if !strings.Contains(stack, "storetest.watched.") {
			continue
		}
		n++
		if n > maxStacks {
			continue
		}
		frames := 0
		for line := range strings.Lines(stack) {
			// # address function+offset file:line
			fields := strings.Fields(line)
			if len(fields) < 4 || fields[0] != "#" || !strings.HasPrefix(fields[1], "0x") {
				continue
			}
			frames++
			if frames <= maxFrames {
				fmt.Fprintf(&b, "\t  %s %s\n", fields[2], fields[len(fields)-1])
			}
		}
		b.WriteString("\n")
	}
	if n > maxStacks {
		fmt.Fprintf(&b, "\t  … and %d more\n", n-maxStacks)
	}
	return strings.TrimRight(b.String(), "\n")
}

// stage is the test that a check works with. A check that does not end is left
// alone with it: what it does then does not reach the test any more, which may have
// ended itself.
type stage struct {
	testing.TB

	ctx      context.Context //nolint:containedctx // as a testing.TB has one
	patience time.Duration   // with what is called at the end
	mu       sync.RWMutex
	left     bool
}

// leave leaves the check alone.
func (s *stage) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left = true
}

// reach does something with the test, if the check has not been left alone.
func (s *stage) reach(f func()) {
	s.TB.Helper()
	s.mu.RLock()
	defer s.mu.RUnlock()
	if !s.left {
		f()
	}
}

func (s *stage) Context() context.Context { return s.ctx }

func (s *stage) Fail()    { s.reach(s.TB.Fail) }
func (s *stage) FailNow() { s.Fail(); runtime.Goexit() }
func (s *stage) Log(args ...any) {
	s.TB.Helper()
	s.reach(func() { s.TB.Helper(); s.TB.Log(args...) })
}

func (s *stage) Error(args ...any) {
	s.TB.Helper()
	s.reach(func() { s.TB.Helper(); s.TB.Error(args...) })
}
func (s *stage) Logf(f string, a ...any)   { s.TB.Helper(); s.Log(fmt.Sprintf(f, a...)) }
func (s *stage) Errorf(f string, a ...any) { s.TB.Helper(); s.Error(fmt.Sprintf(f, a...)) }
func (s *stage) Fatal(args ...any)         { s.TB.Helper(); s.Error(args...); runtime.Goexit() }
func (s *stage) Fatalf(f string, a ...any) {
	s.TB.Helper()
	s.Error(fmt.Sprintf(f, a...))
	runtime.Goexit()
}
func (s *stage) Skip(args ...any)         { s.TB.Helper(); s.Log(args...); s.SkipNow() }
func (s *stage) Skipf(f string, a ...any) { s.TB.Helper(); s.Logf(f, a...); s.SkipNow() }

// SkipNow ends the goroutine, as that of the test does, with or without the lock.
func (s *stage) SkipNow() {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.left {
		runtime.Goexit()
	}
	s.TB.SkipNow()
}

// Cleanup has f called at the end of the test, unless the check does not end: then
// neither would f. One that does not end itself is reported.
func (s *stage) Cleanup(f func()) {
	s.reach(func() {
		s.TB.Cleanup(func() {
			s.mu.RLock()
			left := s.left
			s.mu.RUnlock()
			if left {
				return
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				f()
			}()
			timer := time.NewTimer(s.patience)
			defer timer.Stop()
			select {
			case <-ended:
			case <-timer.C:
				s.Error(fmt.Sprintf("a Cleanup of the harness does not end: it may wait in Close. It has been left alone after %v.", s.patience))
				s.leave()
			}
		})
	})
}
