// Command quickstart tells the story of a customer, on one SQLite file.
//
//	go run ./examples/quickstart [FILE]
//
// Eve reuses something, which is recorded as an interaction. She asks a question on
// Messenger, which a bot answers; she wants a person, so the bot hands over; a task is routed
// to an agent, who accepts it and answers. The bot would have control back, and is told why
// not; when the agent is done, it gets it. In the end Eve's timeline is printed.
//
// The story is in this file. What the company declares is in company.go, who takes part in
// customer.go, bot.go and agent.go: they do what a host does. Only Messenger itself is missing:
// Eve has a phone in its place. What is left of the story is printed in timeline.go and look.go.
//
// Without a FILE it makes a new one, and says where. Each run on a FILE adds the story of one
// more customer. A run that is killed leaves the turns of bot and agents behind: the next one
// waits for them without a word, for 35 seconds.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store/sqlite"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	path, err := file(os.Args[1:])
	if err == nil {
		err = run(ctx, path, os.Stdout)
	}
	if err != nil {
		log.Fatal(err) //nolint:gocritic // nothing is left to cancel
	}
}

// run opens the file, lets everybody do their work, and tells the story.
func run(ctx context.Context, path string, out io.Writer) error {
	st, err := sqlite.Open(ctx, path, nil)
	if err != nil {
		return err
	}
	defer func() { _ = st.Close() }()

	phone := make(phone, 10)
	eng, err := engage.New(ctx, st, &engage.Options{
		Platforms: map[string]engage.Platform{"messenger": phone},
		Logger:    slog.Default(), // it hears of handlers that fail, and of jobs that nobody does
	})
	if err != nil {
		return err
	}
	if err := declare(ctx, eng); err != nil {
		return err
	}
	say := log.New(out, "", 0).Printf
	say("All of this is kept in %s", path)

	robin := &bot{eng.As(engage.Bot("robin")), say}
	ann := &desk{Engine: eng, say: say, back: make(chan struct{}, 1)}
	ctx, stop := inBackground(ctx, eng.Run, robin.serve, ann.serve) // without Run nothing is delivered or offered
	defer stop()

	eve := &customer{Engine: eng, say: say, phone: phone, id: "eve-" + eng.Now().UTC().Format("20060102-150405.000000")}
	if err := tell(ctx, eve, ann.back); err != nil {
		return err
	}
	if err := timeline(ctx, eve, out); err != nil {
		return err
	}
	return look(ctx, path, out)
}

// tell tells the story.
func tell(ctx context.Context, eve *customer, back <-chan struct{}) error {
	eve.say("\n1. Eve reuses something: an interaction, checked against the schema that the company declared.")
	if err := record(ctx, eve); err != nil {
		return err
	}
	eve.say("\n2. She writes on Messenger, where the bot robin has control, and answers.")
	if err := eve.talks(ctx, "The zip of my reused item is broken!"); err != nil {
		return err
	}
	eve.say("\n3. She wants a person. The bot hands over, and a task is routed to an agent.")
	if err := eve.talks(ctx, "Yes, please."); err != nil {
		return err
	}
	eve.say("\n4. The bot would go on with her, but an agent is engaged.")
	if err := eve.writes(ctx, "Thank you!"); err != nil {
		return err
	}
	select {
	case <-back: // control is with the bot again
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// record records what Eve did, as seed 002 has it: the schema wants a time with an offset.
func record(ctx context.Context, eve *customer) error {
	recorded, err := eve.Interactions.Record(ctx, interaction.Submission{
		ContactID: eve.id, SchemaID: "Reuse-Spring-2023",
		Payload: json.RawMessage(`{"price": 100, "created": "2011-11-03T20:00:11", "name": "Reused Item"}`),
	})
	if err != nil {
		return err
	}
	found, err := eve.Interactions.Get(ctx, recorded.ID)
	if err != nil {
		return err
	}
	eve.say("   kept      %s", found.Payload)
	for _, v := range found.Omitted {
		eve.say("   left out  %s, which is no %s; the bytes that came are kept, too", v.Pointer, v.Expected)
	}
	return nil
}

// inBackground does things at the same time, until one of them fails or they are stopped,
// which ends their context.
func inBackground(ctx context.Context, things ...func(context.Context) error) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	var all sync.WaitGroup
	for _, do := range things {
		all.Go(func() { cancel(do(ctx)) })
	}
	return ctx, func() {
		cancel(nil)
		all.Wait()
	}
}

// file returns the file that was named, or a new one.
func file(args []string) (string, error) {
	if len(args) > 1 {
		return "", errors.New("usage: quickstart [FILE]")
	}
	if len(args) == 1 {
		return args[0], nil
	}
	dir, err := os.MkdirTemp("", "engage-quickstart-")
	return filepath.Join(dir, "engage.db"), err
}
