// Command contactcentre has a day go by in a contact centre: 200 workers in shifts serve 50,000
// customers on thirteen queues, on the Engine and in virtual time. It prints how long these have
// waited, and what share was answered in time, and can draw the day.
//
//	go run ./examples/contactcentre [-seed N] [-workers N] [-tasks N] [-crashes N] [-store memory|sqlite] [-svg FILE]
//
// What comes out depends on the flags only: the same ones give the same day, event by event, and
// the same text. If anything was against the rules of routing, that is printed too, and the
// command fails. docs/contact-centre.md tells of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/engage-interactions/engage/internal/day"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, args []string, out, progress io.Writer) (err error) {
	flags := flag.NewFlagSet("contactcentre", flag.ContinueOnError)
	flags.SetOutput(progress)
	seed := flags.Uint64("seed", 1, "where all that is random comes from")
	workers := flags.Int("workers", day.DefaultWorkers, "how many workers there are, in all shifts")
	tasks := flags.Int("tasks", day.DefaultTasks, "how many requests come in")
	crashes := flags.Int("crashes", day.DefaultCrashes, "how often the process dies, at most")
	within := flags.Duration("within", 20*time.Second, "in which time a request should be answered")
	kind := flags.String("store", "memory", "memory, or sqlite: a file that is removed afterwards")
	svg := flags.String("svg", "", "the file to draw the day to")
	if err := flags.Parse(args); err != nil {
		return err
	}
	st, closes, err := open(ctx, *kind)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closes()) }()
	report, err := day.Run(ctx, st, day.Options{
		Seed: *seed, Workers: *workers, Tasks: *tasks, Crashes: *crashes, Within: [2]time.Duration{*within, 3 * *within},
		Progress: func(at time.Time, tasks int) {
			_, _ = fmt.Fprintf(progress, "%s: %d tasks so far\n", at.Format("15:04"), tasks)
		},
	})
	if faults, ok := errors.AsType[*day.FaultsError](err); ok {
		for _, fault := range faults.Faults {
			_, _ = fmt.Fprintln(progress, fault)
		}
	}
	if report == nil {
		return err
	}
	err = errors.Join(err, report.WriteTable(out))
	if *svg != "" {
		err = errors.Join(err, os.WriteFile(*svg, report.SVG(), 0o644)) //nolint:gosec // a picture that anybody may look at
	}
	return err
}

// open opens a store, and returns what closes it.
func open(ctx context.Context, kind string) (store.Store, func() error, error) {
	switch kind {
	case "memory":
		st := memory.New()
		return st, st.Close, nil
	case "sqlite":
		dir, err := os.MkdirTemp("", "contactcentre")
		if err != nil {
			return nil, nil, err
		}
		// Whether a commit outlives a loss of power is not what is tried here.
		st, err := sqlite.Open(ctx, filepath.Join(dir, "day.db"), &sqlite.Options{Synchronous: sqlite.Normal})
		if err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(dir))
		}
		return st, func() error { return errors.Join(st.Close(), os.RemoveAll(dir)) }, nil
	}
	return nil, nil, fmt.Errorf("-store is memory or sqlite, not %q", kind)
}
