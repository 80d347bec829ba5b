package engage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/store"
)

// Jobs is what is to happen later or outside: deliveries to platforms, timers, the steps
// of long tasks. Run does them. What has failed, or is uncertain, is seen and settled
// here.
//
// # What failed jobs leave
//
// A job that cannot be done is tried again, as Options.Jobs says, and has failed for good
// in the end. A delivery that has failed stays so, for a customer should get nothing late
// that nobody expects any more: somebody decides. All others are tried once more every
// day, so that nothing rests for ever; what one of them finds out to be done, or wanted no
// longer, it does not do, and is gone.
//
//	type                   what it does, when                      if it has failed                     what mends that
//	content.deliver        delivers a content, at once             the content is export_failure;       Retry; Settle takes it off the list;
//	                                                               those behind it in the thread go on  a report or late answer of the platform
//	content.adopt          moves what replied to an echo below     the rest of it shows the echo's ID  within a day, by itself; Retry
//	                       the content that it turned out to be,
//	                       where that is more than a hundred
//	intervention.fall_due  reactivates an intervention, when       it stays deferred                    within a day, by itself; Retry; at once, whatever
//	                       the time it was deferred to has come                                         ends the deferral: the customer writes, Resume, …
//	thread.time_out        closes a thread, when it was silent     it stays open                        within a day, by itself; Retry; in time, if
//	                       for as long as its source says                                               anything is said or done in the thread
//	control.verb           tells a platform to pass, take, request  never: what it does not do by its   –
//	                       or release control                      deadline has come to nothing, and
//	                                                               control.failed tells of it
//	control.owner          asks a platform who has control         never: that it does not say counts  –
//	control.deadline       ends what is under way when its         nobody else looks, if the platform  within a day, by itself; Retry; whatever moves
//	                       deadline has come                       says nothing                        control; Control.Settle
//	control.inactive       ends a control that nobody uses         whoever has it keeps it             within a day, by itself; Retry
//	control.follow         does what follows from a change of      an intervention stays as it was:    within a day, by itself; Retry; whoever engages
//	                       control for interventions, where that   owned by a bot that gave control
//	                       was refused at first                    away, say
//	control.settings       looks at the conversations of a source  what is under way goes by what was   within a day, by itself; Retry; each
//	                       whose settings are others, or that      so before; what waits for control,   conversation in which anything happens
//	                       has no control any more, at once        where there is none, an hour longer
//	source.retime          looks at the threads of a source,       they close when it said before,      within a day, by itself; Retry; each thread
//	                       after an update of when they close      if at all                            in which anything is said or done; an update again
//	task.route             seeks workers for a task that waits,    it waits where it is, until a        within a day, by itself; Retry; a worker who
//	                       takes it on in its workflow, ends it    worker comes to be free              comes to be free, an update of the task
//	                       when its time is over
//	worker.route           seeks tasks for a worker who can take   they are offered nothing that        within a day, by itself; Retry; whatever
//	                       one more                                waited already; by a task that       changes with the worker, or comes to be waiting
//	                                                               cannot be offered only if nothing
//	                                                               else waits for them
//	reservation.time_out   ends a reservation that nobody answers  it stays pending, and can be         within a day, by itself; Retry; an answer
//	                                                               accepted
//	channel.set_up         binds the conversation of a new         never: the channel fails, its task   create another one
//	                       channel, or opens it                    is canceled
//	channel.return         asks for an agent when the customer     the customer waits, and nobody is    within a day, by itself; Retry; the customer
//	                       writes on a channel that rests          asked for                            writes again; Flex.Resume
//	channel.reroute        asks for an agent when a channel has    it stays paused                      within a day, by itself; Retry; Flex.Resume;
//	                       been paused for 14 days                                                      the customer writes
//	workspace.workers      looks at all workers of a workspace,    workers stay out of queues that are  within a day, by itself; Retry; the next such
//	                       after its queues, task channels or      new, or in those that were, and      change; for one worker, an update of them
//	                       names of activities were changed        without channels that are new
//	queue.reorder          looks at the tasks that wait in a       they wait where they stood before,   within a day, by itself; Retry; the next such
//	                       queue, after its order or expression    or for the workers that it had       update; for one task, whatever moves it
//	                       was changed
//	workflow.relined       moves the tasks that wait to a new      they go by the one that they came    within a day, by itself; Retry; the next update of
//	                       configuration of a workflow             by                                   the configuration
//	worker.remove          sees to what a deleted worker has       what they had accepted stays         within a day, by itself; Retry; for one task, to
//	                                                               theirs, what they were offered       complete it
//	                                                               times out
//	worker.reject_pending  rejects what is offered to a worker     the rest stays offered until its     within a day, by itself; Retry
//	                       who goes away, where that is much       time is over
//	task.step              goes on with an erasing, a replay, a    the task rests behind its last step  within a day, by itself; Retry; at once,
//	                       merge or unmerge that was interrupted,                                       whoever calls for it again
//	                       ten seconds after it was last seen
//
// A delivery that did not begin, because whoever wrote the content does not have control of
// the conversation (see Control), has failed, too: its content is export_aborted. Retry asks
// for control again.
//
// EventContentExported tells of a delivery that has failed, EventJobFailed of the others,
// but not again when that is still so a day later.
type Jobs struct{ scope }

// JobState is where a job stands. One that is done is gone.
type JobState string

// The states of jobs.
const (
	// JobPending: not begun, or to be tried again at Due.
	JobPending JobState = "pending"
	// JobRunning: an attempt is under way, or its process died.
	JobRunning JobState = "running"
	// JobUncertain: an attempt gave no answer, and nobody knows whether it was done.
	// What comes behind it waits.
	JobUncertain JobState = "uncertain"
	// JobFailed: given up, or tried again at Due, a day after the last time.
	JobFailed JobState = "failed"
)

// Job is something that is to happen later, or outside.
type Job struct {
	ID    string   `json:"id"`
	Type  string   `json:"type"` // "content.deliver", "content.adopt", "intervention.fall_due", "thread.time_out", "source.retime", "task.step", "control.verb", "control.owner", "control.deadline", "control.inactive", "control.follow", "control.settings", "workspace.workers", "queue.reorder", "workflow.relined", "worker.remove", "worker.reject_pending", "task.route", "worker.route", "reservation.time_out", "channel.set_up", "channel.return", "channel.reroute"
	State JobState `json:"state"`
	// Due is when it is to be done, or tried again. Zero: at once, or, of one that is
	// uncertain or of a delivery that has failed, never.
	Due      time.Time `json:"due,omitzero"`
	Attempts int       `json:"attempts"`
	// Error is what the last attempt said, or what a process needs that has found it due
	// and cannot do it, such as a platform.
	Error     string    `json:"error,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
	// Data says what it is about, as JSON.
	Data json.RawMessage `json:"data,omitempty"`
}

// Get returns a job. One that is done is not found.
func (s Jobs) Get(ctx context.Context, id string) (Job, error) {
	if err := s.allow(ctx, ActionJobsRead, jobResource(id)); err != nil {
		return Job{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*Job, error) {
		if !isID(id) {
			return nil, &NotFoundError{Resource: jobResource(id)}
		}
		j, err := t.core.jobs.Get(ctx, t.Work, id)
		if err != nil {
			return nil, jobRefusal(err, id)
		}
		shown := showJob(j)
		return &shown, nil
	})
}

// JobFilter says which jobs to list.
type JobFilter struct {
	Type         string   // see Job.Type; empty: of any
	State        JobState // empty: in any
	Limit        int      // 0: DefaultPage
	Continuation string
}

// List returns one page of jobs, in the order in which they were added; those of one type in
// any state come by state, and within each in that order. A page costs the same however
// many other jobs there are.
func (s Jobs) List(ctx context.Context, filter JobFilter) (Page[Job], error) {
	if err := s.allow(ctx, ActionJobsRead, jobResource("")); err != nil {
		return Page[Job]{}, err
	}
	switch filter.State {
	case "", JobPending, JobRunning, JobUncertain, JobFailed:
	default:
		return Page[Job]{}, invalid("State", "is none that a job can be in")
	}
	if len(filter.Type) > 100 || !utf8.ValidString(filter.Type) {
		return Page[Job]{}, invalid("Type", "is none that a job can have")
	}
	if filter.Limit == 0 {
		filter.Limit = DefaultPage
	}
	if filter.Limit < 0 || filter.Limit > store.MaxLimit {
		return Page[Job]{}, invalid("Limit", "is not 0 to 1,000")
	}
	var page Page[Job]
	err := s.do(ctx, func(t *turn) error {
		list, next, err := t.core.jobs.List(ctx, t.Work, filter.Type, jobs.State(filter.State), filter.Limit, filter.Continuation)
		page = Page[Job]{Items: make([]Job, 0, len(list)), Continuation: next}
		for _, j := range list {
			page.Items = append(page.Items, showJob(j))
		}
		return err
	})
	if cursor, ok := errors.AsType[*store.InvalidError](err); ok && cursor.Field == "Cursor" {
		err = &InvalidError{Field: "Continuation", Err: errors.New(cursor.Reason)}
	}
	if err != nil {
		return Page[Job]{}, err
	}
	return page, nil
}

// Retry makes a job that has failed, is uncertain, or waits for its next try, due now,
// with all its tries before it. Of an uncertain one that says: it was not done, or it does
// no harm to do it twice. One that is pending keeps its place in its thread, so those
// before it come first still. It is refused while an attempt is under way, and of what is
// no delivery before its time has come for the first time.
//
// On a source with thread control, an agent's content that has failed, because control did
// not come or for any other reason, is as if it was posted now: it waits for control, which
// is requested or taken. A bot's content is refused, with the [*handover.RefusedError], if
// the bot has lost control since.
func (s Jobs) Retry(ctx context.Context, id string) error {
	return s.settle(ctx, id, func(t *turn) error {
		j, err := t.core.jobs.Get(ctx, t.Work, id)
		if err != nil {
			return err
		}
		if j.State == jobs.Pending && j.Type != jobDeliver && j.Attempts == 0 {
			return &jobs.StateError{ID: id, State: j.State, Act: "retry"}
		}
		if err := t.core.jobs.Retry(ctx, t.Work, id); err != nil || j.Type != jobDeliver {
			return err
		}
		c, err := t.deliverable(ctx, j)
		if err != nil {
			return err
		}
		if err := t.steerRetry(ctx, c); err != nil {
			return err
		}
		return t.synchronize(ctx, c, interaction.SyncRetries, "", c.Uncertain)
	})
}

// Settlement is what became of a delivery, as a person knows it.
type Settlement struct {
	// Delivered says that the platform has it; else it does not, and will not get it.
	// The content is then export_aborted if it was certainly not delivered, else
	// export_failure.
	Delivered bool
	// ForeignID is what the platform calls it, if it was delivered.
	ForeignID string
	// Reason says why it was not.
	Reason string
}

// Settle says what became of a delivery that is uncertain, or withdraws one that is
// pending: those behind it go on. If it was not delivered and should be, use Retry. What
// the platform answers after all still counts: a content that it has delivered becomes
// a success. One that has failed is taken off the list, or was delivered after all.
//
// The error wraps ErrNotFound if there is no such job any more, ErrRefused if its state
// does not allow it, ErrInvalid if it is no delivery.
func (s Jobs) Settle(ctx context.Context, id string, is Settlement) error {
	if err := checkHostText("ForeignID", is.ForeignID); err != nil {
		return err
	}
	if !is.Delivered && is.ForeignID != "" {
		return invalid("ForeignID", "is that of a content that was not delivered")
	}
	return s.settle(ctx, id, func(t *turn) error {
		o := jobs.Outcome{State: jobs.Done, Value: is.ForeignID}
		if !is.Delivered {
			reason := is.Reason
			if reason == "" {
				reason = "given up by " + t.actor.String()
			}
			o = jobs.Outcome{State: jobs.Failed, Err: &givenUpError{reason}}
		}
		j, err := t.core.jobs.Get(ctx, t.Work, id)
		if err != nil {
			return err
		}
		if j.Type != jobDeliver { // nobody can say what a platform answers to a verb: see Control.Settle
			return fmt.Errorf("%w: job %s is no delivery", jobs.ErrInvalid, id)
		}
		if j.State == jobs.Failed && !is.Delivered { // the content says so already
			return t.core.jobs.Cancel(ctx, t.Work, id)
		}
		return t.core.jobs.Settle(ctx, t.Work, id, o)
	})
}

func (s Jobs) settle(ctx context.Context, id string, do func(*turn) error) error {
	if err := s.allow(ctx, ActionJobsSettle, jobResource(id)); err != nil {
		return err
	}
	err := s.do(ctx, func(t *turn) error {
		if !isID(id) {
			return &NotFoundError{Resource: jobResource(id)}
		}
		return jobRefusal(do(t), id)
	})
	if err == nil {
		s.core.jobs.Wake() // a retry is told of by no event
	}
	return err
}

// Run does the work that is due, as it becomes due, until ctx ends, whose error it
// returns: deliveries, timers, the steps of long tasks that were interrupted. Any number
// of processes may run at the same time on one store, with the same platforms or others:
// each does what it can. Deliveries to sources of one type, timers of one kind, the steps
// of tasks wait for no others: Options.Jobs.Concurrency counts for each. Among themselves,
// the oldest that can be done is begun first: what was posted first, and what is tried
// again as of its time. So a thread's next content does not wait for what was posted after
// it, however much that is.
//
// A clean stop: when ctx ends, Run begins nothing new, and waits for the attempts under
// way, which end as ever: their contexts last until their own deadlines. So a stop takes
// as long as the slowest Send, at most Options.Jobs.Timeout and a little more, and leaves
// nothing uncertain that would not have been anyway. Only if the store does not answer
// then, it is given up after 20 s more at most, as in a crash; if the process lives on all
// the same, the next Run or RunDue of this Engine brings what it knows. What has an effect
// in the store only ends at once, and was done or not. Who cannot wait so long lets the
// process die: see below.
//
// Without Run, or RunDue, nothing of that happens: contents stay export_pending. The same
// goes for sources for which no process that runs has a platform: the jobs of the first
// such contents say so (Job.Error), as does the log. An Engine that makes jobs due, and
// does none, looks when it makes the next ones whether they stay for half a minute, and tells
// the log. That no process has the platform is said a minute after the first look.
//
// # What a crash leaves
//
// A process can die at any point. Nothing that was accepted is lost by that: what then
// shows is in the table, and what the next process that runs makes of it, with a platform
// that honours keys ([KeyedPlatform]) and with one that does not. It waits first, where a
// job was running, until the attempt's lease and MaxClockSkew are over: 45 s by default.
// Those behind in the thread wait, too.
//
//	the process dies                                 customer  content, job                          with keys       without
//	before a post is committed                       nothing   none                                  posted anew     posted anew
//	when a post is committed, unanswered             nothing   export_pending, pending               delivered once  delivered once
//	after a post                                     nothing   export_pending, pending               delivered once  delivered once
//	before a claim is committed                      nothing   export_pending, pending               delivered once  delivered once
//	when a claim is committed, unanswered            nothing   export_pending, running               delivered once  uncertain, not delivered
//	after a claim                                    nothing   export_pending, running               delivered once  uncertain, not delivered
//	during Send, before its effect                   nothing   export_pending, running               delivered once  uncertain, not delivered
//	during Send, and its effect comes later          nothing   export_pending, running               delivered once  uncertain, delivered once
//	during Send, after its effect                    content   export_pending, running               delivered once  uncertain, delivered once
//	before an answer is committed                    content   export_pending, running               delivered once  uncertain, delivered once
//	when an answer is committed, unanswered          content   success, none                         delivered once  delivered once
//	after an answer is committed                     content   success, none                         delivered once  delivered once
//	before a failure is committed                    nothing   export_pending, running               delivered once  uncertain, not delivered
//	when a failure is committed, unanswered          nothing   export_pending, pending               delivered once  delivered once
//	before the last failure is committed             nothing   export_pending, running               delivered once  uncertain, not delivered
//	when the last failure is committed, unanswered   nothing   export_failure, failed                not delivered   not delivered
//	before a lost attempt is settled                 nothing   export_pending, running               delivered once  uncertain, not delivered
//	when a lost attempt is settled, unanswered       nothing   export_pending, pending or uncertain  delivered once  uncertain, not delivered
//	before a timer's commit                          -         due, pending                          done once       done once
//	when a timer's commit is done, unanswered        -         done, none                            done once       done once
//
// Posted anew: the call has failed, and who repeats it with its IdempotencyKey posts once,
// whatever became of the first. Uncertain: nobody knows whether the customer has it, so
// it is not sent again. The content says so (synchronization_uncertain), as do
// EventContentUncertain and Jobs.List, and it is settled by the platform's report or by
// hand. With keys, the platform may be asked twice, and delivers once, also when it was the
// last of the tries in which the process died: there is one more then. Only if that is lost
// as well, the content is an export_failure, with synchronization_uncertain: the customer
// may have it.
func (e *Engine) Run(ctx context.Context) error {
	if err := (scope{core: e.core, actor: e.actor}).allow(ctx, ActionJobsRun, jobResource("")); err != nil {
		return err
	}
	return e.core.jobs.Run(ctx)
}

// RunDue does the work that is due now, and what becomes due through it, and returns how
// many jobs it worked on. It is for tests, and for hosts with a scheduler of their own.
// That a job fails is no error of RunDue: see Jobs.List. When ctx ends, it stops as cleanly
// as Run does. An error of the store ends it, too, which it does not wait for to pass, but
// for the answers of attempts: it tries for 10 s to write them, and the next Run or RunDue
// of this Engine brings those that the store has not taken.
func (e *Engine) RunDue(ctx context.Context) (int, error) {
	if err := (scope{core: e.core, actor: e.actor}).allow(ctx, ActionJobsRun, jobResource("")); err != nil {
		return 0, err
	}
	return e.core.jobs.RunDue(ctx)
}

func showJob(j jobs.Job) Job {
	return Job{
		ID: j.ID, Type: j.Type, State: JobState(j.State), Due: j.Due, Attempts: j.Attempts, Error: j.Error,
		CreatedAt: j.Created, UpdatedAt: j.Updated, Data: j.Data,
	}
}

// jobRefusal gives an error of internal/jobs its class.
func jobRefusal(err error, id string) error {
	switch {
	case errors.Is(err, jobs.ErrNotFound):
		return &NotFoundError{Resource: jobResource(id), Reason: "is not there, or was done"}
	case errors.Is(err, jobs.ErrState):
		return &RefusedError{Rule: "the state of the job does not allow it", Resource: jobResource(id), Err: err}
	case errors.Is(err, jobs.ErrInvalid):
		return &InvalidError{Field: "job", Err: err}
	case errors.Is(err, jobs.ErrNotHere):
		return &RefusedError{Rule: "this process cannot do such jobs", Resource: jobResource(id), Err: err}
	}
	return err
}

func jobResource(id string) Resource { return Resource{Type: ResourceJob, ID: id} }
