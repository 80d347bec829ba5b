// Command earlier writes a small database with the engage of whatever commit it is put into:
// see README.md. It tells a part of a story for each capability that there is.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store/sqlite"
)

var (
	st      *sqlite.Store
	now     = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	options engage.Options
	parts   []func(ctx context.Context, eng *engage.Engine) error
)

// add adds a part of the story. The parts are told in the order of their files.
func add(part func(ctx context.Context, eng *engage.Engine) error) bool {
	parts = append(parts, part)
	return true
}

func main() {
	ctx := context.Background()
	st = must(sqlite.Open(ctx, os.Args[1], nil))
	options.Clock = func() time.Time {
		now = now.Add(time.Millisecond)
		return now
	}
	eng := must(engage.New(ctx, st, &options))
	for _, part := range parts {
		now = now.Add(time.Minute)
		check(part(ctx, eng))
	}
	check(st.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

// consume hands the first n events to a consumer, which then goes away.
func consume(ctx context.Context, eng *engage.Engine, name string, n int) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	err := eng.Events.Consume(ctx, name, func(context.Context, engage.Event) error {
		if n--; n == 0 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}
