package engage_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// TestAConsumerBeginsWithTheLatestWhileOthersWrite: what was there before is not handed
// over, what comes afterwards is, each once, and nothing in between is left out.
func TestAConsumerBeginsWithTheLatestWhileOthersWrite(t *testing.T) {
	t.Parallel()
	eachPair(t, func(t *testing.T, a, b store.Store) {
		quick := &engage.Options{
			Clock:     time.Now, //nolint:forbidigo // leases of real processes; none of them ends here
			Consumers: engage.ConsumerOptions{Poll: time.Millisecond},
		}
		writer, reader := newEngine(t, a, quick), newEngine(t, b, quick)
		declare(t, writer, visitDefinition)
		before := events(t, reader)
		begun, registered := make(chan struct{}), make(chan struct{})
		var writing sync.WaitGroup
		for n := range 2 {
			writing.Go(func() {
				for i := 0; ; i++ {
					accepted(t, []*engage.Engine{writer, reader}[n], visit(fmt.Sprintf("c%d-%d", n, i), "/", ""))
					if i == 10 && n == 0 {
						close(begun)
					}
					select {
					case <-registered:
						return
					default:
					}
				}
			})
		}
		<-begun
		c, err := reader.Events.Register(t.Context(), "bot", engage.ConsumerStart{Latest: true})
		if err != nil || c.Active || c.Position < before[len(before)-1].Position+10 {
			t.Errorf("%+v, %v", c, err)
		}
		there := events(t, writer)
		close(registered)
		writing.Wait()
		accepted(t, writer, visit("last", "/", ""))
		all := events(t, writer)
		if c.Position > there[len(there)-1].Position {
			t.Errorf("it begins at %d, and the last one was %d", c.Position, there[len(there)-1].Position)
		}
		var want, got []int64
		for _, e := range all {
			if e.Position > c.Position {
				want = append(want, e.Position)
			}
		}
		for _, e := range consumeUntil(t, reader, "bot", all[len(all)-1].Position) {
			got = append(got, e.Position)
		}
		if !slices.Equal(got, want) {
			t.Errorf("it began at %d, and got %v, not %v", c.Position, got, want)
		}
		if again, err := writer.Events.Register(t.Context(), "bot", engage.ConsumerStart{}); err != nil || again.Position != all[len(all)-1].Position {
			t.Errorf("it went back: %+v, %v", again, err)
		}
	})
}

func TestWhereAConsumerCanBegin(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		eng := newEngine(t, st, nil)
		prepareScenario(t, eng)
		all := events(t, eng)
		third, last := all[2].Position, all[len(all)-1].Position
		consumeUntil(t, eng, "reader", third)
		if _, err := eng.Events.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		for n, test := range []struct {
			start engage.ConsumerStart
			at    int64
			err   error
		}{
			{start: engage.ConsumerStart{}, at: third},
			{start: engage.ConsumerStart{Latest: true}, at: last},
			{start: engage.ConsumerStart{After: third}, at: third},
			{start: engage.ConsumerStart{After: all[3].Position}, at: all[3].Position},
			{start: engage.ConsumerStart{After: last}, at: last},
			{start: engage.ConsumerStart{After: third - 1}, err: engage.ErrTrimmed},
			{start: engage.ConsumerStart{After: last + 1}, err: engage.ErrInvalid},
			{start: engage.ConsumerStart{After: -1}, err: engage.ErrInvalid},
			{start: engage.ConsumerStart{After: last, Latest: true}, err: engage.ErrInvalid},
		} {
			name := fmt.Sprint("bot ", n)
			c, err := eng.Events.Register(t.Context(), name, test.start)
			if !errors.Is(err, test.err) || c.Position != test.at || err == nil && (c.Name != name || c.Active) {
				t.Errorf("%+v: %+v, %v; want %d, %v", test.start, c, err, test.at, test.err)
			}
			if wrong, ok := errors.AsType[*engage.InvalidError](err); errors.Is(err, engage.ErrInvalid) && (!ok || wrong.Field != "After") {
				t.Errorf("%+v: %v does not name After", test.start, err)
			}
		}
		if known, err := eng.Events.Consumers(t.Context()); err != nil || len(known) != 6 {
			t.Errorf("%+v, %v", known, err)
		}
		if _, err := eng.Events.Register(t.Context(), "\x00", engage.ConsumerStart{}); !errors.Is(err, engage.ErrInvalid) {
			t.Errorf("%v, want ErrInvalid", err)
		}
	})
}
