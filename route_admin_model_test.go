package engage_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store/memory"
)

// reckoned says that all that is kept beside the records follows from them; see
// engage.Recount.
func reckoned(tb rapid.TB, f *floor) {
	tb.Helper()
	wrong, err := engage.Recount(f.t.Context(), f.Engine)
	if err != nil || len(wrong) > 0 {
		tb.Fatalf("%v, and %d are wrong:\n%s", err, len(wrong), fmt.Sprint(wrong))
	}
}

// TestWhateverIsChangedAllFollows changes workers, queues, workflows and all else at random,
// while tasks come and go, and looks whether what is kept beside the records is right at the
// end of each while.
func TestWhateverIsChangedAllFollows(t *testing.T) {
	t.Parallel()
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(r *rapid.T) {
			st := memory.New()
			defer func() { _ = st.Close() }()
			changeAtRandom(r, newFloorOn(t, st, oneByOne), 60)
		})
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			if n > 10 { // each has a file of its own
				return
			}
			changeAtRandom(r, newFloorOn(t, openSQLite(t, filepath.Join(t.TempDir(), "engage.db"))), 40)
		})
	})
}

// oneByOne has jobs done one after the other, so that what fails does so again.
func oneByOne(o *engage.Options) {
	n := 0
	o.NewID = func() string { n++; return fmt.Sprintf("%026d", n) }
	o.Jobs.Concurrency = 1
}

// manager changes a floor at random.
type manager struct {
	*floor

	r                                           *rapid.T
	workers, queues, workflows, channels, tasks []string
	named                                       int
}

func changeAtRandom(r *rapid.T, f *floor, changes int) {
	m := &manager{floor: f, r: r, queues: []string{f.queue.SID}, workflows: []string{f.workflow.SID}}
	for range 3 {
		m.workers = append(m.workers, f.hires(m.name("worker"), 2, m.attributes()).SID)
	}
	acts := []func(){
		m.hire, m.hire, m.dismiss, m.updateWorker, m.updateWorker, m.setChannel, m.addQueue, m.updateQueue, m.updateQueue, m.deleteQueue,
		m.addChannel, m.deleteChannel, m.renameActivity, m.updateWorkspace, m.addWorkflow, m.updateWorkflow, m.updateWorkflow, m.deleteWorkflow,
		m.addTask, m.addTask, m.addTask, m.answer, m.answer, m.answer, m.answer, m.wait, m.runs, m.runs, m.restart,
	}
	for range changes {
		rapid.SampledFrom(acts).Draw(r, "change")()
		if rapid.IntRange(0, 9).Draw(r, "look") == 0 {
			m.runs()
			reckoned(r, f)
		}
	}
	m.runs()
	reckoned(r, f)
	for _, sid := range slices.Clone(m.workers) {
		m.allowed(f.Workers.Delete(f.t.Context(), sid))
	}
	m.runs()
	reckoned(r, f)
}

// allowed reports whether something was done. It may be refused, or what it is about be gone,
// but nothing else may come in its way.
func (m *manager) allowed(err error) bool {
	if err != nil && !errors.Is(err, engage.ErrRefused) && !errors.Is(err, engage.ErrNotFound) {
		m.r.Fatal(err)
	}
	return err == nil
}

func (m *manager) name(of string) string {
	m.named++
	return fmt.Sprint(of, " ", m.named)
}

func (m *manager) one(of []string, what string) string {
	if len(of) == 0 {
		return ""
	}
	return rapid.SampledFrom(of).Draw(m.r, what)
}

func (m *manager) attributes() string {
	return fmt.Sprintf(`{"level":%d,"team":%q}`, rapid.IntRange(0, 4).Draw(m.r, "level"), rapid.SampledFrom([]string{"a", "b"}).Draw(m.r, "team"))
}

func (m *manager) expression() string {
	return rapid.SampledFrom([]string{"", "1==1", "level > 2", "level>2", "team == 'a'", "team == 'b' AND level > 1", "none == 1"}).Draw(m.r, "expression")
}

func (m *manager) activity() *string {
	sid := m.activities[rapid.SampledFrom([]string{"Available", "Available", "Break", "Offline"}).Draw(m.r, "activity")].SID
	return &sid
}

func (m *manager) hire() {
	w := must(m.Workers.Create(m.t.Context(), m.workspace.SID, engage.NewWorker{
		FriendlyName: m.name("worker"), Attributes: must(routing.ParseAttributes(m.attributes()))(m.t), ActivitySID: *m.activity(),
		Capacities: map[string]int{"default": rapid.IntRange(0, 3).Draw(m.r, "capacity")},
	}))(m.t)
	m.workers = append(m.workers, w.SID)
}

func (m *manager) dismiss() {
	sid := m.one(m.workers, "worker")
	if m.allowed(m.Workers.Delete(m.t.Context(), sid)) {
		m.workers = slices.DeleteFunc(m.workers, func(s string) bool { return s == sid })
	}
}

func (m *manager) updateWorker() {
	attributes := must(routing.ParseAttributes(m.attributes()))(m.t)
	u := engage.WorkerUpdate{ActivitySID: m.activity()}
	if rapid.Bool().Draw(m.r, "attributes") {
		u.Attributes = &attributes
	}
	u.RejectPendingReservations = *u.ActivitySID != m.activities["Available"].SID && rapid.Bool().Draw(m.r, "reject")
	_, err := m.Workers.Update(m.t.Context(), m.one(m.workers, "worker"), u)
	m.allowed(err)
}

func (m *manager) setChannel() {
	capacity, available := rapid.IntRange(0, 3).Draw(m.r, "capacity"), rapid.IntRange(0, 3).Draw(m.r, "available") > 0
	_, err := m.Workers.SetChannel(m.t.Context(), m.one(m.workers, "worker"), "default", engage.WorkerChannelUpdate{Capacity: &capacity, Available: &available})
	m.allowed(err)
}

func (m *manager) matching() routing.Matching {
	return routing.Matching{PriorityAgeing: rapid.SampledFrom([]int{0, 60}).Draw(m.r, "ageing"), RejectCoolDown: rapid.SampledFrom([]int{0, 30}).Draw(m.r, "cool-down")}
}

func (m *manager) addQueue() {
	q := must(m.Queues.Create(m.t.Context(), m.workspace.SID, engage.NewQueue{
		FriendlyName: m.name("queue"), TargetWorkers: m.expression(), MaxReservedWorkers: rapid.IntRange(1, 2).Draw(m.r, "workers"), Matching: m.matching(),
	}))(m.t)
	m.queues = append(m.queues, q.SID)
}

func (m *manager) updateQueue() {
	u := engage.QueueUpdate{}
	if expression := m.expression(); rapid.Bool().Draw(m.r, "expression") {
		u.TargetWorkers = &expression
	}
	if order := rapid.SampledFrom(routing.TaskOrders()).Draw(m.r, "order"); rapid.Bool().Draw(m.r, "ordered") {
		u.TaskOrder = &order
	}
	if matching := m.matching(); rapid.Bool().Draw(m.r, "matching") {
		u.Matching = &matching
	}
	if sid := rapid.SampledFrom([]string{"", m.activities["Available"].SID, m.activities["Break"].SID}).Draw(m.r, "place"); rapid.Bool().Draw(m.r, "placed") {
		u.AssignmentActivitySID = &sid
	}
	_, err := m.Queues.Update(m.t.Context(), m.one(m.queues, "queue"), u)
	m.allowed(err)
}

func (m *manager) deleteQueue() {
	sid := m.one(m.queues, "queue")
	if m.allowed(m.Queues.Delete(m.t.Context(), sid)) {
		m.queues = slices.DeleteFunc(m.queues, func(s string) bool { return s == sid })
	}
}

func (m *manager) addChannel() {
	if len(m.channels) > 2 {
		return
	}
	m.named++
	c := must(m.TaskChannels.Create(m.t.Context(), m.workspace.SID, engage.NewTaskChannel{UniqueName: fmt.Sprint("c", m.named)}))(m.t)
	m.channels = append(m.channels, c.SID)
}

func (m *manager) deleteChannel() {
	sid := m.one(m.channels, "channel")
	if m.allowed(m.TaskChannels.Delete(m.t.Context(), sid)) {
		m.channels = slices.DeleteFunc(m.channels, func(s string) bool { return s == sid })
	}
}

func (m *manager) renameActivity() {
	name := m.name("activity")
	must(m.Activities.Update(m.t.Context(), *m.activity(), engage.ActivityUpdate{FriendlyName: &name}))(m.t)
}

func (m *manager) updateWorkspace() {
	single := rapid.Bool().Draw(m.r, "single")
	must(m.Workspaces.Update(m.t.Context(), m.workspace.SID, engage.WorkspaceUpdate{SingleTask: &single}))(m.t)
}

func (m *manager) configuration() string {
	a, b := m.one(m.queues, "queue"), m.one(m.queues, "queue")
	return fmt.Sprintf(`{"task_routing":{"filters":[{"expression":"kind == 1","targets":[{"queue":%q,"timeout":%d,"priority":3},{"queue":%q,"expression":%q}]}],"default_filter":{"queue":%q}}}`,
		a, rapid.IntRange(10, 60).Draw(m.r, "timeout"), b, rapid.SampledFrom([]string{"1==1", "worker.level >= task.level"}).Draw(m.r, "target"), m.one(m.queues, "queue"))
}

func (m *manager) addWorkflow() {
	if len(m.queues) > 0 {
		m.workflows = append(m.workflows, m.newWorkflow(m.name("workflow"), m.configuration()).SID)
	}
}

func (m *manager) updateWorkflow() {
	if len(m.queues) == 0 {
		return
	}
	configuration := m.configuration()
	_, err := m.Workflows.Update(m.t.Context(), m.one(m.workflows, "workflow"), engage.WorkflowUpdate{
		Configuration: &configuration, ReEvaluateTasks: rapid.Bool().Draw(m.r, "anew"),
	})
	m.allowed(err)
}

func (m *manager) deleteWorkflow() {
	sid := m.one(m.workflows, "workflow")
	if m.allowed(m.Workflows.Delete(m.t.Context(), sid)) {
		m.workflows = slices.DeleteFunc(m.workflows, func(s string) bool { return s == sid })
	}
}

func (m *manager) addTask() {
	n := engage.NewTask{
		WorkflowSID: m.one(m.workflows, "workflow"), TaskChannel: m.one(append([]string{"default"}, m.channels...), "channel"),
		Priority:   rapid.IntRange(0, 3).Draw(m.r, "priority"),
		Attributes: must(routing.ParseAttributes(fmt.Sprintf(`{"kind":%d,"level":%d}`, rapid.IntRange(0, 1).Draw(m.r, "kind"), rapid.IntRange(0, 4).Draw(m.r, "level"))))(m.t),
	}
	if len(m.workers) > 0 && rapid.IntRange(0, 4).Draw(m.r, "direct") == 0 {
		n.RoutingTarget = m.one(m.workers, "worker")
	}
	if n.WorkflowSID == "" {
		return
	}
	task, err := m.Tasks.Create(m.t.Context(), m.workspace.SID, n)
	if m.allowed(err) {
		m.tasks = append(m.tasks, task.SID)
	}
}

// answer does something to a reservation that a task has, or to the task.
func (m *manager) answer() {
	sid := m.one(m.tasks, "task")
	if sid == "" {
		return
	}
	task := must(m.Tasks.Get(m.t.Context(), sid))(m.t)
	ctx := m.t.Context()
	if task.Status == routing.TaskPending && rapid.IntRange(0, 3).Draw(m.r, "cancel") == 0 {
		_, err := m.Tasks.Cancel(ctx, sid, engage.Ending{Reason: "enough"})
		m.allowed(err)
	}
	if len(task.ReservationSIDs) == 0 {
		return
	}
	reservation := m.one(task.ReservationSIDs, "reservation")
	var err error
	switch is := rapid.IntRange(0, 3).Draw(m.r, "answer"); {
	case task.Status == routing.TaskReserved && is == 0:
		_, err = m.Reservations.Reject(ctx, reservation, engage.Rejection{})
	case task.Status == routing.TaskReserved:
		_, err = m.Reservations.Accept(ctx, reservation, engage.Answer{})
	case task.Status == routing.TaskAssigned && is == 0:
		_, err = m.Reservations.WrapUp(ctx, reservation, engage.Answer{})
	default:
		_, err = m.Tasks.Complete(ctx, sid, engage.Completion{Reason: "done"})
	}
	m.allowed(err)
}

func (m *manager) wait() {
	m.clock.pass(time.Duration(rapid.IntRange(1, 90).Draw(m.r, "seconds")) * time.Second)
}
