package bell_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage/internal/bell"
)

func TestRingWakesAllWhoWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bell.Bell
		b.Ring() // nobody is there
		var waiting sync.WaitGroup
		started := time.Now() //nolint:forbidigo // within the bubble, whose time is fake
		for range 3 {
			rung := b.Rung()
			waiting.Go(func() {
				if err := bell.Wait(t.Context(), rung, time.Hour); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		b.Ring()
		waiting.Wait()
		if d := time.Since(started); d != 0 { //nolint:forbidigo // as above
			t.Errorf("they waited %v", d)
		}
	})
}

func TestWaitEndsByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b bell.Bell
		started := time.Now() //nolint:forbidigo // within the bubble, whose time is fake
		if err := bell.Wait(t.Context(), b.Rung(), time.Minute); err != nil {
			t.Error(err)
		}
		if d := time.Since(started); d != time.Minute { //nolint:forbidigo // as above
			t.Errorf("it waited %v", d)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := bell.Wait(ctx, nil, time.Minute); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
