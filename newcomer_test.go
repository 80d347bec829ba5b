package engage_test

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store/memory"
	"github.com/engage-interactions/engage/store/sqlite"
)

// newcomer is somebody's first Engine, with a source, a customer who has written there, and
// a workspace.
type newcomer struct {
	*engage.Engine

	eve       engage.Received
	workspace string
}

func newNewcomer(t *testing.T) newcomer {
	t.Helper()
	n := newcomer{Engine: must(engage.New(t.Context(), memory.New(), nil))(t)}
	if err := n.declares(t, "review", `"properties": {"stars": {"type": "integer"}, "text": {"type": "string"}}, "required": ["stars"]`); err != nil {
		t.Fatal(err)
	}
	must(n.Sources.Create(t.Context(), interaction.Source{ID: "web", Type: "chat", Active: true}))(t)
	n.eve = must(n.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "hello"},
	}))(t)
	n.workspace = must(n.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Support"}))(t).SID
	must(n.Queues.Create(t.Context(), n.workspace, engage.NewQueue{FriendlyName: "Returns"}))(t)
	return n
}

// declares creates a schema, which may be wrong.
func (n newcomer) declares(t *testing.T, id, what string) error {
	t.Helper()
	_, err := n.Schemas.Create(t.Context(), schema.Definition{ID: id, DisplayName: id, JSONSchema: []byte(
		`{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", ` + what + `}`)})
	return err
}

// TestErrorsSayWhatToDo: what a newcomer does wrong comes back with a text that names it, and
// what would help.
func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	n := newNewcomer(t)
	ctx := t.Context()
	ann := n.As(engage.Agent("ann"))
	engaging := func(as engage.Actor) error {
		_, err := n.As(as).Interventions.Engage(ctx, engage.Engagement{ThreadID: n.eve.ThreadID})
		return err
	}
	record := func(payload string) string {
		recorded, err := n.Interactions.Record(ctx, interaction.Submission{ContactID: "eve", SchemaID: "review", Payload: []byte(payload)})
		if err != nil {
			return err.Error()
		}
		var all []string
		for _, v := range recorded.Violations {
			all = append(all, v.String())
		}
		return strings.Join(all, "; ")
	}
	workflow := func(configuration string) error {
		_, err := n.Workflows.Create(ctx, n.workspace, engage.NewWorkflow{FriendlyName: "W", Configuration: configuration})
		return err
	}
	flex := func(channelType routing.ChannelType, mediaSID, workspace string) error {
		_, err := n.Flex.Create(ctx, engage.NewInteraction{Request: routing.CreateRequest{
			Channel: routing.ChannelRequest{
				Type: channelType, InitiatedBy: routing.ByCustomer, Properties: routing.MediaRequest{MediaChannelSID: mediaSID},
			},
			Routing: &routing.CreateRouting{Properties: routing.TaskRequest{WorkspaceSID: workspace}},
		}})
		return err
	}
	conversation := engage.ConversationSID(n.eve.ThreadID)
	errOf := func(_ any, err error) error { return err }
	for what, row := range map[string]struct {
		err  error
		says []string // in this order
	}{
		"a directory that is not there": {errOf(sqlite.Open(ctx, filepath.Join(t.TempDir(), "no", "engage.db"), nil)), []string{"directory", "Open does not make", "no such file or directory"}},
		":memory:":                      {errOf(sqlite.Open(ctx, ":memory:", nil)), []string{":memory:", "store/memory"}},
		"no store":                      {errOf(engage.New(ctx, nil, nil)), []string{"store", "memory.New and sqlite.Open"}},

		"a keyword with a typo":  {n.declares(t, "a", `"properties": {"a": {"type": "string"}}, "requierd": ["a"]`), []string{"invalid definition: /jsonSchema/requierd", `did you mean "required"?`}},
		"a bound with a typo":    {n.declares(t, "a", `"properties": {"a": {"type": "integer", "minimun": 1}}`), []string{"/jsonSchema/properties/a/minimun", `did you mean "minimum"?`}},
		"a format with a typo":   {n.declares(t, "a", `"properties": {"a": {"type": "string", "format": "datetime"}}`), []string{"/jsonSchema/properties/a/format", `did you mean "date-time"?`}},
		"a type":                 {n.declares(t, "a", `"properties": {"a": {"type": "int"}}`), []string{"/jsonSchema/properties/a/type", "integer"}},
		"a schema that is there": {n.declares(t, "review", `"properties": {}`), []string{"review exists"}},

		"a property with a typo": {errors.New(record(`{"stars": 5, "txet": "good"}`)), []string{"/txet", `did you mean "text"?`}},
		"a capital letter":       {errors.New(record(`{"Stars": 5}`)), []string{"/Stars", `did you mean "stars"?`, "/stars: is required"}},
		"a wrong type":           {errors.New(record(`{"stars": "5"}`)), []string{"/stars: is required", "/stars: must be of type integer, and is string"}},
		"an unknown schema":      {errOf(n.Interactions.Record(ctx, interaction.Submission{ContactID: "eve", SchemaID: "reviews", Payload: []byte("{}")})), []string{"reviews: not found", "Schemas.Create"}},

		"an unknown source":            {errOf(n.Threads.Receive(ctx, engage.Inbound{SourceID: "wbe", Customer: engage.Account{ForeignID: "eve"}})), []string{"wbe: not found", "Sources.Create"}},
		"engaging as nobody":           {engaging(engage.System()), []string{"owner", "Engine.As(engage.Agent("}},
		"an agent without an ID":       {engaging(engage.Agent("")), []string{"actor: has no ID", "agent"}},
		"an actor without a type":      {engaging(engage.Actor{ID: "ann"}), []string{"actor: has no type", "engage.Agent"}},
		"engaging as a customer":       {engaging(engage.Customer("eve")), []string{"Engine.As", "Threads.Receive"}},
		"engaging nowhere":             {errOf(ann.Interventions.Engage(ctx, engage.Engagement{})), []string{"not found", "its ID is empty"}},
		"posting without intervention": {errOf(ann.Contents.Post(ctx, engage.Post{ThreadID: n.eve.ThreadID, Message: interaction.Message{Body: "hi"}})), []string{"reply needs an intervention", "engage in the thread"}},
		"posting nothing":              {errOf(ann.Contents.Post(ctx, engage.Post{ThreadID: n.eve.ThreadID})), []string{"body: is empty"}},

		"control where there is none": {errOf(n.Control.Get(ctx, "web", n.eve.IdentityID)), []string{"no thread control", "Control.Configure"}},
		"a handover there":            {errOf(n.Control.Handover(ctx, handover.Request{IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "chat"})), []string{"no thread control", "Control.Configure"}},
		"a handover of another type":  {errOf(n.Control.Handover(ctx, handover.Request{IdentityForeignID: "eve", From: handover.Bot, To: handover.Agent, Type: "messenger"})), []string{"type is none of chat"}},
		"a bot without an app":        {n.Control.Configure(ctx, "web", handover.Settings{Primary: handover.Bot}), []string{"bot_app_id: is missing"}},

		"an expression with a typo":  {errOf(n.Queues.Create(ctx, n.workspace, engage.NewQueue{FriendlyName: "A", TargetWorkers: "skills HSA 'returns'"})), []string{"target_workers", "offset 7", "HSA"}},
		"a workflow with a typo":     {workflow(`{"task_routing": {"default_fitler": {}}}`), []string{"task_routing.default_fitler", "default_filter"}},
		"a queue by its name":        {workflow(`{"task_routing": {"default_filter": {"queue": "Returns"}}}`), []string{"task_routing.default_filter.queue", "WQ and 32 hexadecimal digits"}},
		"a queue that is not there":  {workflow(`{"task_routing": {"default_filter": {"queue": "WQ01234567890123456789012345678901"}}}`), []string{"there is no queue WQ0123"}},
		"a task without a workflow":  {errOf(n.Tasks.Create(ctx, n.workspace, engage.NewTask{})), []string{"workflow_sid: is missing", "one workflow only"}},
		"an interaction of nothing":  {errOf(n.Flex.Create(ctx, engage.NewInteraction{})), []string{"channel.type: is missing", "routing: is missing"}},
		"one without a workspace":    {flex(routing.ChannelChat, conversation, ""), []string{"routing.properties.workspace_sid: is missing"}},
		"one with a thread's own ID": {flex(routing.ChannelChat, n.eve.ThreadID, n.workspace), []string{"media_channel_sid", "engage.ConversationSID"}},
		"one of another channel":     {flex(routing.ChannelSMS, conversation, n.workspace), []string{"channel.type", "chat"}},
	} {
		if row.err == nil {
			t.Errorf("%s: goes by", what)
			continue
		}
		rest := row.err.Error()
		for _, says := range row.says {
			_, after, found := strings.Cut(rest, says)
			if !found {
				t.Errorf("%s: %v; it does not say %q there", what, row.err, says)
				break
			}
			rest = after
		}
	}
}

// TestWhatWaitsSaysWhy: nothing is wrong, but nothing happens.
func TestWhatWaitsSaysWhy(t *testing.T) {
	t.Parallel()
	clock, said := newClock(), &strings.Builder{}
	eng := must(engage.New(t.Context(), memory.New(), &engage.Options{Clock: clock.Now, Logger: slog.New(slog.NewTextHandler(said, nil))}))(t)
	must(eng.Sources.Create(t.Context(), interaction.Source{ID: "web", Type: "chat", Active: true}))(t)
	received := must(eng.Threads.Receive(t.Context(), engage.Inbound{
		SourceID: "web", Customer: engage.Account{ForeignID: "eve"}, Message: interaction.Message{Body: "hello"},
	}))(t)
	post := func() engage.Posted {
		return must(eng.Contents.Post(t.Context(), engage.Post{ThreadID: received.ThreadID, Message: interaction.Message{Body: "hi"}}))(t)
	}
	waits := func(what string) {
		t.Helper()
		if !strings.Contains(said.String(), what) {
			t.Errorf("the log does not say %q:\n%s", what, said)
		}
		said.Reset()
	}
	post()
	clock.Advance(time.Minute)
	posted := post()
	waits("have Engine.Run running")
	must(eng.RunDue(t.Context()))(t)
	waits("Options.Platforms has none for sources of type")
	if job := must(eng.Jobs.Get(t.Context(), must(eng.Contents.Get(t.Context(), posted.ID))(t).JobID))(t); job.State != engage.JobPending {
		t.Errorf("%+v", job)
	}

	workspace := must(eng.Workspaces.Create(t.Context(), engage.NewWorkspace{FriendlyName: "Support"}))(t).SID
	queue := must(eng.Queues.Create(t.Context(), workspace, engage.NewQueue{FriendlyName: "Returns"}))(t).SID
	must(eng.Workflows.Create(t.Context(), workspace, engage.NewWorkflow{
		FriendlyName: "W", Configuration: `{"task_routing": {"default_filter": {"queue": "` + queue + `"}}}`,
	}))(t)
	ann := must(eng.Workers.Create(t.Context(), workspace, engage.NewWorker{FriendlyName: "ann"}))(t)
	task := must(eng.Tasks.Create(t.Context(), workspace, engage.NewTask{}))(t)
	explains := func(what string) {
		t.Helper()
		if explained := must(eng.Tasks.Explain(t.Context(), task.SID))(t).Workers.String(); !strings.Contains(explained, what) {
			t.Errorf("it is not explained by %q:\n%s", what, explained)
		}
	}
	must(eng.RunDue(t.Context()))(t)
	explains("(ann): activity: Offline is not available")
	available := must(eng.Activities.FindByName(t.Context(), workspace, "Available"))(t).SID
	must(eng.Workers.Update(t.Context(), ann.SID, engage.WorkerUpdate{ActivitySID: &available}))(t)
	explains("it is about to be offered, which Engine.Run does")
	must(eng.RunDue(t.Context()))(t)
	explains("it is offered already")
}
