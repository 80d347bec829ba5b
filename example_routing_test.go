package engage_test

import (
	"context"
	"fmt"
	"log"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// done returns what came of a call that must not fail.
func done[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}

// employ adds a worker who is available.
func employ(eng *engage.Engine, workspaceSID, name string, attributes routing.Attributes) routing.Worker {
	ctx := context.Background()
	available := done(eng.Activities.FindByName(ctx, workspaceSID, "Available"))
	return done(eng.Workers.Create(ctx, workspaceSID, engage.NewWorker{
		FriendlyName: name, Attributes: attributes, ActivitySID: available.SID, Capacities: map[string]int{"sms": 3},
	}))
}

// offers returns what is offered to a worker, or what they are at.
func offers(eng *engage.Engine, w routing.Worker) []routing.Reservation {
	return done(eng.Reservations.List(context.Background(), engage.ReservationFilter{WorkerSID: w.SID, Live: true})).Items
}

// A task waits in a queue until a worker is free. They accept it, and complete it.
func Example_routing() {
	ctx := context.Background()
	eng := done(engage.New(ctx, memory.New(), nil))
	workspace := done(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))
	queue := done(eng.Queues.Create(ctx, workspace.SID, engage.NewQueue{FriendlyName: "Returns", TargetWorkers: "returns == true"}))
	done(eng.Workflows.Create(ctx, workspace.SID, engage.NewWorkflow{
		FriendlyName:  "Support",
		Configuration: fmt.Sprintf(`{"task_routing": {"default_filter": {"queue": %q}}}`, queue.SID),
	}))

	task := done(eng.Tasks.Create(ctx, workspace.SID, engage.NewTask{Attributes: routing.Attributes{"parcel": 17}}))
	fmt.Println(task.Status)

	ann := employ(eng, workspace.SID, "ann", routing.Attributes{"returns": true})
	done(eng.RunDue(ctx)) // a server has eng.Run(ctx) running
	offer := offers(eng, ann)[0]
	fmt.Println(done(eng.Tasks.Get(ctx, task.SID)).Status, "for", offer.WorkerName)

	agent := eng.As(engage.Agent("ann"))
	done(agent.Reservations.Accept(ctx, offer.SID, engage.Answer{}))
	fmt.Println(done(eng.Tasks.Get(ctx, task.SID)).Status)
	done(agent.Reservations.Complete(ctx, offer.SID, engage.Completion{Reason: "The parcel is back"}))
	task = done(eng.Tasks.Get(ctx, task.SID))
	fmt.Println(task.Status, "because:", task.Reason)
	// Output:
	// pending
	// reserved for ann
	// assigned
	// completed because: The parcel is back
}

// A workflow asks those first who fit best, and others when nobody has accepted for a while.
// What is decided can be explained.
func Example_routingSkills() {
	ctx := context.Background()
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	eng := done(engage.New(ctx, memory.New(), &engage.Options{Clock: func() time.Time { return now }}))
	workspace := done(eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Support"}))
	queue := done(eng.Queues.Create(ctx, workspace.SID, engage.NewQueue{FriendlyName: "Sales", TargetWorkers: "teams HAS 'sales'"}))
	done(eng.Workflows.Create(ctx, workspace.SID, engage.NewWorkflow{
		FriendlyName: "Sales",
		Configuration: fmt.Sprintf(`{"task_routing": {"filters": [{
			"filter_friendly_name": "Sales", "expression": "topic == 'sales'", "targets": [
				{"queue": %[1]q, "expression": "worker.languages HAS task.language", "order_by": "worker.level DESC", "timeout": 30},
				{"queue": %[1]q, "priority": 10}
			]}]}}`, queue.SID),
	}))
	ann := employ(eng, workspace.SID, "ann", routing.Attributes{"teams": []string{"sales"}, "languages": []string{"en"}, "level": 9})
	employ(eng, workspace.SID, "bob", routing.Attributes{"teams": []string{"returns"}, "languages": []string{"es"}})

	task := done(eng.Tasks.Create(ctx, workspace.SID, engage.NewTask{Attributes: routing.Attributes{"topic": "sales", "language": "es"}}))
	done(eng.RunDue(ctx))
	explained := done(eng.Tasks.Explain(ctx, task.SID))
	for _, look := range explained.Workflow {
		fmt.Println(look)
	}
	for _, j := range explained.Workers.Judgements {
		fmt.Printf("%s: %s: %s\n", j.Name, j.Verdict, strings.ReplaceAll(j.Why, queue.SID, queue.FriendlyName))
	}
	fmt.Println(explained.Task.Status, "until", explained.LooksAt.Format(time.TimeOnly))

	now = now.Add(30 * time.Second) // nobody speaks Spanish
	done(eng.RunDue(ctx))
	task = done(eng.Tasks.Get(ctx, task.SID))
	fmt.Println(task.Status, "for", offers(eng, ann)[0].WorkerName, "with priority", task.Priority)
	// Output:
	// Sales, task_routing.filters[0]: matched
	// Sales, task_routing.filters[0].targets[0]: entered
	// ann: expression: worker.languages HAS 'es', worker.languages is ['en']
	// bob: queue: target_workers of Sales does not hold
	// pending until 12:00:30
	// reserved for ann with priority 10
}
