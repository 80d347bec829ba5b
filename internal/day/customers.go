package day

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
)

// customer is somebody who has been there before.
type customer struct {
	n       int
	source  int    // where they write
	worker  string // who served them last
	channel string // the last one
	wrote   int
}

func (c *customer) account() string {
	switch sources[c.source].typ {
	case routing.ChannelSMS:
		return fmt.Sprintf("+1555%07d", c.n)
	case routing.ChannelWhatsApp:
		return fmt.Sprintf("whatsapp:+1555%07d", c.n)
	case routing.ChannelEmail:
		return fmt.Sprintf("customer-%d@example.com", c.n)
	case routing.ChannelWeb, routing.ChannelChat, routing.ChannelMessenger, routing.ChannelGBM:
	}
	return fmt.Sprintf("customer-%d", c.n)
}

// demand is how many requests come in each hour, in proportion.
var demand = []int{10, 6, 4, 3, 3, 6, 16, 38, 72, 100, 112, 108, 88, 84, 98, 104, 98, 86, 70, 56, 44, 34, 24, 15}

// planArrivals puts all requests on the agenda.
func (d *day) planArrivals() {
	total := 0
	for _, n := range demand {
		total += n
	}
	for range d.opts.Tasks {
		at, hour := d.random.IntN(total), 0
		for at >= demand[hour] {
			at -= demand[hour]
			hour++
		}
		second := time.Duration(hour)*time.Hour + time.Duration(d.random.IntN(3600))*time.Second
		d.agenda.note(midnight.Add(second), d.arrives)
	}
}

// arrives has a request come in.
func (d *day) arrives(ctx context.Context) error {
	switch share := d.random.Float64(); {
	case share < 0.14:
		return d.asksOffice(ctx)
	case share < 0.17:
		return d.agentBegins(ctx)
	case share < 0.21:
		return d.apiBegins(ctx)
	}
	return d.writes(ctx, d.somebody())
}

// somebody is a customer: one in five has been there before, and is done.
func (d *day) somebody() *customer {
	if len(d.crowd) > 50 && d.likely(0.2) {
		c := d.crowd[d.random.IntN(len(d.crowd))]
		if is := d.picture.channels[c.channel]; is != nil && is.status == routing.ChannelClosed {
			return c
		}
	}
	weight := d.random.IntN(100)
	c := &customer{n: len(d.crowd) + 1}
	for weight -= sources[0].weight; weight >= 0; weight -= sources[c.source].weight {
		c.source++
	}
	d.crowd = append(d.crowd, c)
	return c
}

// topics are what customers want, and how many of a hundred do.
var topics = []struct {
	topic, language string
	weight          int
}{{"support", "en", 30}, {"support", "de", 14}, {"support", "fr", 10}, {"billing", "", 16}, {"sales", "", 12}, {"technical", "", 16}, {"other", "", 2}}

// wants are the attributes of a customer's request.
func (d *day) wants(c *customer) routing.Attributes {
	a := routing.Attributes{"customer": float64(c.n)}
	weight, n := d.random.IntN(100), 0
	for weight -= topics[0].weight; weight >= 0; weight -= topics[n].weight {
		n++
	}
	if sources[c.source].typ == routing.ChannelEmail && d.likely(0.7) {
		a["topic"] = "letters"
	} else {
		a["topic"] = topics[n].topic
		if topics[n].language != "" {
			a["language"] = topics[n].language
		}
	}
	a["product"] = products[d.random.IntN(len(products))]
	if d.likely(0.05) {
		a["tier"] = "gold"
	} else if c.worker != "" {
		a["last_worker"], a["returning"] = c.worker, []string{"only", "first", "no"}[d.random.IntN(3)]
	}
	return a
}

// said is what a customer says.
func (c *customer) said() engage.Inbound {
	c.wrote++
	in := engage.Inbound{
		SourceID:  string(sources[c.source].typ),
		ForeignID: fmt.Sprintf("message %d of %d", c.wrote, c.n),
		Customer:  engage.Account{ForeignID: c.account(), Profile: interaction.Profile{DisplayName: fmt.Sprintf("Customer %d", c.n)}},
	}
	in.Body = "Could you help me, please?"
	return in
}

// writes has a customer write: the host creates an interaction for the thread, as the seed's
// webhook does.
func (d *day) writes(ctx context.Context, c *customer) error {
	var received engage.Received
	in := c.said()
	if done, err := d.call(ctx, "receive", func(ctx context.Context, eng *engage.Engine, _ bool) (err error) {
		received, err = eng.Threads.Receive(ctx, in)
		return err
	}); !done || err != nil {
		return err
	}
	id, err := ulid.ParseStrict(received.ThreadID)
	if err != nil {
		return err
	}
	request := routing.CreateRequest{
		Channel: routing.ChannelRequest{
			Type: sources[c.source].typ, InitiatedBy: routing.ByCustomer,
			Properties: routing.MediaRequest{MediaChannelSID: routing.PrefixConversation.Of(id)},
		},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{
			WorkspaceSID: d.centre.workspace.SID, WorkflowSID: d.centre.customers.SID, TaskChannel: sources[c.source].taskChannel, Attributes: d.wants(c),
		}},
	}
	properties := &request.Routing.Properties
	if d.likely(0.1) {
		properties.Timeout = 600
	}
	if properties.Attributes["topic"] == "technical" || d.likely(0.1) {
		properties.Priority = d.random.IntN(4)
	}
	return d.begins(ctx, c, request, in.ForeignID)
}

// begins creates an interaction, once.
func (d *day) begins(ctx context.Context, c *customer, request routing.CreateRequest, key string) error {
	var created engage.FlexInteraction
	done, err := d.call(ctx, "create", func(ctx context.Context, eng *engage.Engine, _ bool) (err error) {
		created, err = eng.Flex.Create(ctx, engage.NewInteraction{Request: request, IdempotencyKey: key})
		return err
	})
	if !done || err != nil {
		return err
	}
	c.channel = created.ChannelSID
	d.customers[created.ChannelSID] = c
	d.patience(created.TaskSID)
	return nil
}

// patience has a customer go if nobody has answered them by then.
func (d *day) patience(taskSID string) {
	d.after(d.around(25*time.Minute), func(ctx context.Context) error {
		if k := d.picture.tasks[taskSID]; k == nil || k.status != routing.TaskPending && k.status != routing.TaskReserved {
			return nil
		}
		_, err := d.call(ctx, "give up", func(ctx context.Context, eng *engage.Engine, _ bool) error {
			_, err := eng.Tasks.Cancel(ctx, taskSID, engage.Ending{Reason: "Customer gave up"})
			return err
		})
		return err
	})
}

// apiBegins has the host write to a customer, for whom then an agent is found.
func (d *day) apiBegins(ctx context.Context) error {
	c := &customer{n: len(d.crowd) + 1, source: 1 + d.random.IntN(2)}
	d.crowd = append(d.crowd, c)
	return d.begins(ctx, c, routing.CreateRequest{
		Channel: routing.ChannelRequest{Type: sources[c.source].typ, InitiatedBy: routing.ByAPI, Participants: []routing.ParticipantRequest{c.participant()}},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{
			WorkspaceSID: d.centre.workspace.SID, WorkflowSID: d.centre.customers.SID, TaskChannel: sources[c.source].taskChannel, Attributes: d.wants(c),
		}},
	}, fmt.Sprintf("campaign %d", c.n))
}

func (c *customer) participant() routing.ParticipantRequest {
	company := companyNumber
	if sources[c.source].typ == routing.ChannelWhatsApp {
		company = "whatsapp:" + company
	}
	return routing.ParticipantRequest{Address: c.account(), ProxyAddress: company, Name: fmt.Sprintf("Customer %d", c.n)}
}

// agentBegins has an agent write to a customer. Nobody does so at night, when nobody is there.
func (d *day) agentBegins(ctx context.Context) error {
	var there []*person
	for _, p := range d.centre.people {
		if w := d.picture.workers[p.sid]; !p.gone && w.available && w.offered == 0 {
			there = append(there, p)
		}
	}
	c := &customer{n: len(d.crowd) + 1, source: 1 + d.random.IntN(2)}
	d.crowd = append(d.crowd, c)
	if len(there) == 0 {
		return d.writes(ctx, c)
	}
	p := there[d.random.IntN(len(there))]
	return d.begins(ctx, c, routing.CreateRequest{
		Channel: routing.ChannelRequest{Type: sources[c.source].typ, InitiatedBy: routing.ByAgent, Participants: []routing.ParticipantRequest{c.participant()}},
		Routing: &routing.CreateRouting{Properties: routing.TaskRequest{
			WorkspaceSID: d.centre.workspace.SID, WorkflowSID: d.centre.customers.SID, QueueSID: d.centre.queues[everybody], WorkerSID: p.sid,
			TaskChannel: sources[c.source].taskChannel, Attributes: routing.Attributes{"customer": float64(c.n), "topic": "outbound"},
		}},
	}, fmt.Sprintf("outbound %d", c.n))
}

// asksOffice makes a task that is no conversation. It has no key: whoever calls for the second
// time looks whether the first has landed.
func (d *day) asksOffice(ctx context.Context) error {
	d.tickets++
	a := routing.Attributes{"ticket": float64(d.tickets)}
	asked := engage.NewTask{WorkflowSID: d.centre.office.SID, Attributes: a}
	if d.likely(0.55) {
		a["topic"], asked.TaskChannel = "callback", "voice"
	} else {
		a["topic"], asked.Priority = "paperwork", d.random.IntN(4)
	}
	if d.likely(0.1) {
		asked.Timeout = 900
	}
	ticket, sid := d.tickets, ""
	done, err := d.call(ctx, "ask", func(ctx context.Context, eng *engage.Engine, again bool) error {
		if again {
			if sid = d.ticketed(ticket); sid != "" {
				return nil
			}
		}
		made, err := eng.Tasks.Create(ctx, d.centre.workspace.SID, asked)
		sid = made.SID
		return err
	})
	if done && err == nil && a["topic"] == "callback" {
		d.patience(sid)
	}
	return err
}

// ticketed finds the task of a ticket among the last ones.
func (d *day) ticketed(ticket int) string {
	for _, k := range slices.Backward(d.picture.latest) {
		if number(k.attributes, "ticket") == ticket {
			return k.sid
		}
		if k.created.Before(d.clock.read()) {
			break
		}
	}
	return ""
}

// comesBack has a customer write once more, on a channel that rests or is in use.
func (d *day) comesBack(ctx context.Context, c *customer) error {
	in := c.said()
	_, err := d.call(ctx, "write", func(ctx context.Context, eng *engage.Engine, _ bool) error {
		_, err := eng.Threads.Receive(ctx, in)
		return err
	})
	return err
}
