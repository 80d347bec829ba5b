package engage_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// A first program: docs/routing.md shows what is between the lines.
func Example_routingBegin() {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	eng := done(engage.New(ctx, memory.New(), &engage.Options{Consumers: engage.ConsumerOptions{Poll: time.Millisecond}}))
	// ---
	workspace := done(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))
	queue := done(eng.Queues.Create(ctx, workspace.SID, engage.NewQueue{
		FriendlyName: "Returns", TargetWorkers: "skills HAS 'returns'",
	}))
	done(eng.Workflows.Create(ctx, workspace.SID, engage.NewWorkflow{
		FriendlyName: "Support", Configuration: fmt.Sprintf(`{"task_routing": {"default_filter": {"queue": %q}}}`, queue.SID),
	}))
	available := done(eng.Activities.FindByName(ctx, workspace.SID, "Available")) // else she begins Offline
	done(eng.Workers.Create(ctx, workspace.SID, engage.NewWorker{
		FriendlyName: "ann", ActivitySID: available.SID,
		Attributes: routing.Attributes{"skills": []string{"returns"}}, Capacities: map[string]int{"sms": 3},
	}))
	done(eng.Tasks.Create(ctx, workspace.SID, engage.NewTask{TaskChannel: "sms"})) // for a conversation: eng.Flex.Create

	go func() { _ = eng.Run(ctx) }() // until ctx ends; without it nobody is offered anything

	err := eng.Events.Consume(ctx, "ann's screen", func(ctx context.Context, event engage.Event) error {
		if event.Type != engage.EventReservationCreated {
			return nil
		}
		var offer engage.ReservationEvent
		if err := event.Decode(&offer); err != nil {
			return err
		}
		agent := eng.As(engage.Agent(offer.AgentID)) // an offer is for its worker's agent to answer
		done(agent.Reservations.Accept(ctx, offer.ReservationSID, engage.Answer{}))
		completed := done(agent.Reservations.Complete(ctx, offer.ReservationSID, engage.Completion{Reason: "done"}))
		fmt.Println(completed.WorkerName, completed.Status)
		stop()
		return nil
	})
	// ---
	if err == nil {
		fmt.Println("it goes on until its context ends")
	}
	// Output:
	// ann completed
}

// TestTheFirstProgramStandsOnItsPage holds docs/routing.md against the example.
func TestTheFirstProgramStandsOnItsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/routing.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("example_routing_begin_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.Split(string(program), "\t// ---\n")[1]
	shown = strings.ReplaceAll(strings.TrimPrefix(shown, "\t"), "\n\t", "\n")
	if !strings.Contains(string(page), "```go\n"+shown+"```") {
		t.Errorf("docs/routing.md does not show\n%s", shown)
	}
}
