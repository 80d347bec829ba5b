package engage_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

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
			do(t, newJoined(t, st))
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
	var err error
	if j.channel, j.first, err = j.JointOpen(j.t.Context(), j.floor.workspace.SID, j.eve.ThreadID, j.workers["ann"]); err != nil {
		j.t.Fatal(err)
	}
	j.runs()
	return j
}

// asks invites somebody else.
func (j *joined) asks(who engage.Actor) (taskSID string) {
	j.t.Helper()
	sid := must(j.JointAsk(j.t.Context(), j.channel, j.workers[who.ID], "", ""))(j.t)
	j.runs()
	return sid
}

// handsOver begins a cold transfer of a task to somebody else.
func (j *joined) handsOver(taskSID string, to engage.Actor) string {
	j.t.Helper()
	sid := must(j.JointAsk(j.t.Context(), j.channel, j.workers[to.ID], "", taskSID))(j.t)
	j.runs()
	return sid
}

// comesBack makes a channel active again that rests, and asks somebody.
func (j *joined) comesBack(by routing.ChannelVerb, who engage.Actor) string {
	j.t.Helper()
	sid := must(j.JointAsk(j.t.Context(), j.channel, j.workers[who.ID], by, ""))(j.t)
	j.runs()
	return sid
}

func (j *joined) does(who engage.Actor, by routing.ReservationVerb, taskSID string, dispositions ...string) error {
	j.t.Helper()
	return j.As(who).JointTask(j.t.Context(), taskSID, by, dispositions...)
}

// accepts, wraps and completes do so with a task, and must not be refused.
func (j *joined) accepts(who engage.Actor, taskSID string) {
	j.t.Helper()
	j.fine(j.does(who, routing.ReservationAccepts, taskSID))
}

func (j *joined) wraps(who engage.Actor, taskSID string) {
	j.t.Helper()
	j.fine(j.does(who, routing.ReservationWrapsUp, taskSID))
}

func (j *joined) completes(who engage.Actor, taskSID string, dispositions ...string) {
	j.t.Helper()
	j.fine(j.does(who, routing.ReservationCompletes, taskSID, dispositions...))
}

// happens lets something happen to the channel.
func (j *joined) happens(who engage.Actor, by routing.ChannelVerb, complete bool) {
	j.t.Helper()
	j.fine(j.As(who).JointChannel(j.t.Context(), j.channel, by, routing.ChannelChange{Complete: complete}))
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
	j.fine(j.JointSwitch(j.t.Context(), j.floor.workspace.SID, joins))
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
	channel, task, err := j.JointStates(j.t.Context(), j.channel, taskSID)
	if got := fmt.Sprintf("%s %s", channel, task); err != nil || got != want {
		j.t.Fatalf("channel and task are %s, want %s (%v)", got, want, err)
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
