package day

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// centre is what the Engine was told before the day begins.
type centre struct {
	workspace  routing.Workspace
	activities map[string]string // SIDs by name
	queues     map[string]string // SIDs by name
	customers  routing.Workflow
	office     routing.Workflow
	people     []*person
}

// person is somebody who works there: when, and in which way they do.
type person struct {
	sid, name, agent string
	begins, ends     time.Time
	home             bool // their shift is over, or has not begun
	gone             bool // they were deleted
	away             int  // counts what takes them away, so that only the last brings them back
}

// The sources, by the types of channels; and on which task channel what comes in there is
// counted.
var sources = []struct {
	typ         routing.ChannelType
	taskChannel string
	weight      int
	talks       time.Duration // how long a conversation takes, on average
}{
	{routing.ChannelWeb, "chat", 30, 9 * time.Minute},
	{routing.ChannelWhatsApp, "sms", 22, 11 * time.Minute},
	{routing.ChannelSMS, "sms", 12, 8 * time.Minute},
	{routing.ChannelMessenger, "chat", 10, 10 * time.Minute},
	{routing.ChannelChat, "chat", 8, 7 * time.Minute},
	{routing.ChannelEmail, "email", 18, 8 * time.Minute},
}

const companyNumber = "+15550100"

// open tells the Engine what the centre is.
func open(ctx context.Context, eng *engage.Engine, random *rand.Rand, workers int) (*centre, error) {
	c := &centre{activities: map[string]string{}, queues: map[string]string{}}
	var err error
	if c.workspace, err = eng.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Contact centre"}); err != nil {
		return nil, err
	}
	activities, err := eng.Activities.List(ctx, c.workspace.SID, 0, "")
	if err != nil {
		return nil, err
	}
	for _, a := range activities.Items {
		c.activities[a.FriendlyName] = a.SID
	}
	unavailable := c.activities["Unavailable"]
	if _, err := eng.Workspaces.Update(ctx, c.workspace.SID, engage.WorkspaceUpdate{TimeoutActivitySID: &unavailable}); err != nil {
		return nil, err
	}
	if _, err := eng.TaskChannels.Create(ctx, c.workspace.SID, engage.NewTaskChannel{FriendlyName: "email", UniqueName: "email"}); err != nil {
		return nil, err
	}
	for _, s := range sources {
		source := interaction.Source{ID: string(s.typ), Type: string(s.typ), Name: string(s.typ), Active: true}
		if _, err := eng.Sources.Create(ctx, source); err != nil {
			return nil, err
		}
	}
	for _, q := range queueSpecs() {
		made, err := eng.Queues.Create(ctx, c.workspace.SID, q.request())
		if err != nil {
			return nil, fmt.Errorf("queue %s: %w", q.name, err)
		}
		c.queues[q.name] = made.SID
	}
	if c.customers, err = eng.Workflows.Create(ctx, c.workspace.SID, engage.NewWorkflow{
		FriendlyName: "Customers", Configuration: c.configuration(morning(), everybody), ReservationTimeout: 30,
	}); err != nil {
		return nil, fmt.Errorf("workflow of customers: %w", err)
	}
	if c.office, err = eng.Workflows.Create(ctx, c.workspace.SID, engage.NewWorkflow{
		FriendlyName: "Office", Configuration: c.configuration(office(), backOffice), ReservationTimeout: 45,
	}); err != nil {
		return nil, fmt.Errorf("workflow of the office: %w", err)
	}
	if err := c.hire(ctx, eng, random, workers); err != nil {
		return nil, err
	}
	return c, nil
}

// configuration is a workflow's, as JSON.
func (c *centre) configuration(ways []way, otherwise string) string {
	filters := []any{}
	for _, w := range ways {
		targets := []any{}
		for _, s := range w.steps {
			target := map[string]any{"queue": c.queues[s.queue], "timeout": s.timeout}
			if s.priority > 0 {
				target["priority"] = s.priority
			}
			for name, value := range s.with {
				target[name] = value
			}
			targets = append(targets, target)
		}
		filters = append(filters, map[string]any{"filter_friendly_name": w.name, "expression": w.expression, "targets": targets})
	}
	configuration, err := json.Marshal(map[string]any{"task_routing": map[string]any{
		"filters": filters, "default_filter": map[string]any{"queue": c.queues[otherwise]},
	}})
	if err != nil {
		panic(err) // it is texts and numbers
	}
	return string(configuration)
}

// shifts are when workers begin, in hours, and how many do, of a hundred. Those who begin on
// the day before are there at midnight.
var shifts = []struct{ hour, share int }{
	{-2, 6}, {6, 8}, {7, 10}, {8, 20}, {9, 16}, {10, 10}, {12, 10}, {14, 10}, {16, 5}, {22, 5},
}

const shift = 8 * time.Hour

// shiftsOf deals shifts to workers: in each there is one at least, and those at night come
// first.
func shiftsOf(workers int) []int {
	var hours []int
	for _, s := range shifts {
		hours = append(hours, s.hour)
	}
	given := make([]int, len(shifts))
	for n := range given {
		given[n] = 1
	}
	for len(hours) < workers {
		most, owed := 0, -1<<30
		for n, s := range shifts {
			if due := s.share*(len(hours)+1) - 100*given[n]; due > owed {
				most, owed = n, due
			}
		}
		given[most]++
		hours = append(hours, shifts[most].hour)
	}
	return append([]int{-2, 22}, hours...)[:workers]
}

// hire makes the workers. The first of each shift knows everything, so that whatever comes
// finds somebody.
func (c *centre) hire(ctx context.Context, eng *engage.Engine, random *rand.Rand, workers int) error {
	met := map[int]bool{}
	for n, hour := range shiftsOf(workers) {
		p := &person{name: fmt.Sprintf("worker %03d", n+1), agent: fmt.Sprintf("agent-%03d", n+1), home: true}
		p.begins = midnight.Add(time.Duration(hour)*time.Hour + time.Duration(random.IntN(600))*time.Second)
		p.ends = p.begins.Add(shift)
		attributes := knows(random, !met[hour])
		met[hour] = true
		w, err := eng.Workers.Create(ctx, c.workspace.SID, engage.NewWorker{FriendlyName: p.name, AgentID: p.agent, Attributes: attributes})
		if err != nil {
			return err
		}
		p.sid = w.SID
		c.people = append(c.people, p)
		for _, room := range []struct {
			channel  string
			capacity int
		}{{"chat", 2 + random.IntN(2)}, {"sms", 2 + random.IntN(3)}, {"email", 1 + random.IntN(2)}} {
			if _, err := eng.Workers.SetChannel(ctx, w.SID, room.channel, engage.WorkerChannelUpdate{Capacity: &room.capacity}); err != nil {
				return err
			}
		}
	}
	return nil
}

var products = []string{"router", "phone", "television", "app"}

// knows are the attributes of a new worker.
func knows(random *rand.Rand, everything bool) routing.Attributes {
	some := func(likely float64, all ...string) []any {
		var list []any
		for _, one := range all {
			if everything || random.Float64() < likely {
				list = append(list, one)
			}
		}
		if list == nil {
			list = []any{all[random.IntN(len(all))]}
		}
		return list
	}
	languages := []any{"en"}
	for _, l := range []string{"de", "fr"} {
		if everything || random.Float64() < 0.45 {
			languages = append(languages, l)
		}
	}
	return routing.Attributes{
		"skills":    some(0.55, "support", "billing", "sales", "letters", "technical", "voice"),
		"languages": languages, "products": some(0.5, products...), "level": float64(1 + random.IntN(5)),
	}
}
