package engage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oklog/ulid/v2"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/store/memory"
)

// joined is a desk with workers, to whom the conversation with eve is routed.
type joined struct {
	*desk

	floor   *floor
	workers map[string]string // the SIDs of ann, bob and cid
	eve     engage.Received
	channel string
	// first is the task that ann is asked by.
	first string
	// gone are agents whom the host does not know.
	gone map[string]bool
}

// inBothStores runs a test of the joins on memory and on SQLite.
func inBothStores(t *testing.T, do func(t *testing.T, j *joined)) {
	t.Helper()
	onBothStores(t, func(t *testing.T, st store.Store) { do(t, newJoined(t, st)) })
}

func onBothStores(t *testing.T, do func(t *testing.T, st store.Store)) {
	t.Helper()
	for _, name := range []string{"memory", "SQLite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var st store.Store
			if name == "memory" {
				st = memory.New()
				t.Cleanup(func() { _ = st.Close() })
			} else {
				st = openSQLite(t, filepath.Join(t.TempDir(), "joins.db"))
			}
			do(t, st)
		})
	}
}

func newJoined(t *testing.T, st store.Store, options ...func(*engage.Options)) *joined {
	t.Helper()
	j := &joined{workers: map[string]string{}, gone: map[string]bool{}}
	j.floor = newFloorOn(t, st, append(options, func(o *engage.Options) {
		o.OwnerExists = func(_ context.Context, who engage.Actor) (bool, error) { return !j.gone[who.ID], nil }
	})...)
	j.desk = &desk{Engine: j.floor.Engine, t: t, platform: j.floor.platform, st: st, opts: j.floor.opts, clock: j.floor.clock}
	must(j.Sources.Create(t.Context(), interaction.Source{ID: "chat", Type: "messenger", Name: "Chat", Active: true}))(t)
	for _, name := range []string{"ann", "bob", "cid"} {
		j.workers[name] = j.floor.hires(name, 5).SID
	}
	j.eve = j.writes("eve", "hello")
	return j
}

// routed has ann asked for eve's thread.
func (j *joined) routed() *joined {
	j.t.Helper()
	i := must(j.Flex.Create(j.t.Context(), engage.NewInteraction{Request: j.request(ann)}))(j.t)
	j.runs()
	j.channel, j.first = i.Channel.SID, i.Routed.Task.SID
	return j
}

// request asks for somebody for eve's thread.
func (j *joined) request(who engage.Actor) routing.CreateRequest {
	return routing.CreateRequest{
		Channel: routing.ChannelRequest{
			Type: routing.ChannelMessenger, InitiatedBy: routing.ByCustomer,
			Properties: routing.MediaRequest{MediaChannelSID: routing.PrefixConversation.Of(ulid.MustParse(j.eve.ThreadID))},
		},
		Routing: &routing.CreateRouting{Properties: j.place(who)},
	}
}

// place is where a task goes that is for somebody certain.
func (j *joined) place(who engage.Actor) routing.TaskRequest {
	return routing.TaskRequest{WorkspaceSID: j.floor.workspace.SID, WorkflowSID: j.floor.workflow.SID, WorkerSID: j.workers[who.ID]}
}

// asks invites somebody else.
func (j *joined) asks(who engage.Actor) (taskSID string) {
	j.t.Helper()
	i := must(j.Flex.Invite(j.t.Context(), j.channel, j.place(who)))(j.t)
	j.runs()
	return i.TaskSID
}

// handsOver begins a transfer of a task to somebody else.
func (j *joined) handsOver(taskSID string, by routing.TransferType, to engage.Actor) string {
	j.t.Helper()
	request := routing.TransferRequest{Type: by, To: j.workers[to.ID]}
	for _, p := range must(j.Flex.Participants(j.t.Context(), j.channel, 0, ""))(j.t).Items {
		if p.TaskSID == taskSID {
			request.From = p.SID
		}
	}
	x := must(j.Flex.Transfer(j.t.Context(), j.channel, request))(j.t)
	j.runs()
	return x.TaskSID
}

// comesBack has eve write while the channel rests, and nobody but one be there to be asked.
func (j *joined) comesBack(who engage.Actor) (taskSID string) {
	j.t.Helper()
	j.writes("eve", "me again")
	return j.asked(who)
}

// asked does what is due, while nobody but one is there, and returns the task that they are
// asked by then.
func (j *joined) asked(who engage.Actor) (taskSID string) {
	j.t.Helper()
	for name, sid := range j.workers {
		activity := "Offline"
		if name == who.ID {
			activity = "Available"
		}
		j.floor.puts(sid, activity)
	}
	j.runs()
	for _, k := range must(j.Tasks.List(j.t.Context(), engage.TaskFilter{ChannelSID: j.channel}))(j.t).Items {
		if k.Status.Live() {
			taskSID = k.SID
		}
	}
	return taskSID
}

// offer returns the live reservation of a task.
func (j *joined) offer(taskSID string) string {
	j.t.Helper()
	live := must(j.Reservations.List(j.t.Context(), engage.ReservationFilter{TaskSID: taskSID, Live: true}))(j.t).Items
	if len(live) != 1 {
		j.t.Fatalf("the task has the reservations %+v", live)
	}
	return live[0].SID
}

// accept, wrap and complete do so with a task.
func (j *joined) accept(who engage.Actor, taskSID string) error {
	j.t.Helper()
	return second(j.As(who).Reservations.Accept(j.t.Context(), j.offer(taskSID), engage.Answer{}))
}

func (j *joined) complete(who engage.Actor, taskSID string, dispositions ...string) error {
	j.t.Helper()
	return second(j.As(who).Reservations.Complete(j.t.Context(), j.offer(taskSID), engage.Completion{Reason: "done", DispositionIDs: dispositions}))
}

func (j *joined) accepts(who engage.Actor, taskSID string) {
	j.t.Helper()
	j.fine(j.accept(who, taskSID))
}

func (j *joined) wraps(who engage.Actor, taskSID string) {
	j.t.Helper()
	must(j.As(who).Reservations.WrapUp(j.t.Context(), j.offer(taskSID), engage.Answer{}))(j.t)
}

func (j *joined) completes(who engage.Actor, taskSID string, dispositions ...string) {
	j.t.Helper()
	j.fine(j.complete(who, taskSID, dispositions...))
}

func (j *joined) cancels(taskSID string) {
	j.t.Helper()
	must(j.Tasks.Cancel(j.t.Context(), taskSID, engage.Ending{Reason: "enough"}))(j.t)
}

// closes ends the channel, whose tasks are completed or wrapped up; leaves makes it inactive.
func (j *joined) closes(who engage.Actor, complete bool) {
	j.t.Helper()
	j.fine(j.ends(who, routing.ChannelCloses, complete))
}

// ends has somebody end the channel in one of the two ways.
func (j *joined) ends(who engage.Actor, by routing.ChannelVerb, complete bool, dispositions ...string) error {
	j.t.Helper()
	update := routing.ChannelUpdate{By: by, Change: routing.ChannelChange{Complete: complete}, DispositionIDs: dispositions}
	_, err := j.As(who).Flex.UpdateChannel(j.t.Context(), j.channel, update)
	return err
}

func (j *joined) leaves(who engage.Actor) {
	j.t.Helper()
	j.fine(j.ends(who, routing.ChannelInactivates, true))
}

func (j *joined) pauses(who engage.Actor) {
	j.t.Helper()
	must(j.As(who).Flex.Pause(j.t.Context(), j.channel))(j.t)
}

func (j *joined) fine(err error) {
	j.t.Helper()
	if err != nil {
		j.t.Fatal(err)
	}
}

// off switches joins off.
func (j *joined) off(joins engage.Joins) {
	j.t.Helper()
	must(j.Workspaces.Update(j.t.Context(), j.floor.workspace.SID, engage.WorkspaceUpdate{Joins: &joins}))(j.t)
}

// intervention returns the latest with eve; nil if there is none.
func (j *joined) intervention() *interaction.Intervention {
	j.t.Helper()
	page := must(j.Interventions.List(j.t.Context(), engage.InterventionFilter{ThreadID: j.eve.ThreadID, Limit: 1}))(j.t)
	if len(page.Items) == 0 {
		return nil
	}
	return &page.Items[0]
}

func (j *joined) thread() interaction.Thread {
	j.t.Helper()
	return must(j.Threads.Get(j.t.Context(), j.eve.ThreadID))(j.t)
}

// state tells of the intervention, such as "open bob +ann", and of the thread, if that is not
// open and bound to the channel.
func (j *joined) state() string {
	j.t.Helper()
	said := []string{"none"}
	if i := j.intervention(); i != nil {
		said = []string{string(i.Status), i.Owner.ID}
		if i.Owner.IsZero() {
			said[1] = "nobody"
		}
		for _, a := range i.Participants {
			said = append(said, "+"+a.ID)
		}
		if i.ClosedAutomatically != "" {
			said = append(said, "by", string(i.ClosedAutomatically))
		}
		if i.DispositionMissing {
			said = append(said, "disposition missing")
		}
	}
	switch thread := j.thread(); {
	case thread.Status == interaction.ThreadClosed:
		said = append(said, "thread closed")
		if thread.CloseCause != "" {
			said = append(said, "by", string(thread.CloseCause))
		}
		if thread.ChannelSID != "" {
			said = append(said, "still bound")
		}
	case thread.ChannelSID == "":
		said = append(said, "thread unbound")
	case thread.ChannelResting:
		said = append(said, "thread resting")
	}
	return strings.Join(said, " ")
}

// is checks that.
func (j *joined) is(want string) {
	j.t.Helper()
	if got := j.state(); got != want {
		j.t.Fatalf("%s, want %s", got, want)
	}
}

// tells checks the states of the channel and a task.
func (j *joined) tells(taskSID, want string) {
	j.t.Helper()
	channel, task := must(j.Flex.Channel(j.t.Context(), j.channel))(j.t), must(j.Tasks.Get(j.t.Context(), taskSID))(j.t)
	if got := fmt.Sprintf("%s %s", channel.Status, task.Status); got != want {
		j.t.Fatalf("channel and task are %s, want %s", got, want)
	}
}

// demands has a disposition demanded at the end of interventions.
func (j *joined) demands() {
	j.t.Helper()
	must(j.Categories.Create(j.t.Context(), interaction.Category{ID: "outcome", Name: "outcome", Mandatory: true, Unselectable: true, PostQualification: true}))(j.t)
	must(j.Categories.Create(j.t.Context(), interaction.Category{ID: "solved", ParentID: "outcome", Name: "solved"}))(j.t)
}

// lacks reports whether an error names the disposition that is demanded.
func lacks(err error) bool {
	missing, ok := errors.AsType[*interaction.CategoryError](err)
	return ok && missing.ID == "outcome" && errors.Is(err, engage.ErrRefused)
}
