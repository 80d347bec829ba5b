// Package jobs does what must happen later, or outside: it keeps each such job as a
// record with a due time, written in the same batch as what causes it.
//
//	q := jobs.New(runner, jobs.Options{Clock: clock, Logger: logger})
//	q.Outside("deliver", jobs.Outside{Claim: …, Do: …, Settle: …})
//	q.Within("reactivate", jobs.Within{Do: …})
//	go q.Run(ctx)
//
//	runner.Do(ctx, func(w *work.Work) error {
//		…the content…
//		_, err := q.Add(ctx, w, jobs.Job{Type: "deliver", Lane: threadID, Due: now, Data: …})
//		return err
//	})
//
// A job [Within] the store is done in the one commit that ends it. A job with an
// effect [Outside] is claimed with a lease in one commit, done, and settled in another.
// Any number of processes may do jobs of one store at the same time. The jobs of a
// lane are done one after another, in the order in which they were added, whatever
// happens to one of them:
//
//	Add                                      → pending
//	the claim, when it is due                pending → running
//	success                                  running → (gone)
//	certainly not done, tries are left       running → pending
//	certainly not done, the last try         running → failed
//	Permanent                                running → failed
//	a claim that says Fail                   pending → failed
//	Within.Revive after it has failed        as if its last try was still to come
//	no answer, not idempotent                running → uncertain
//	no answer, idempotent                    as if it was certainly not done
//	lost at the last try, idempotent         running → pending, for one more
//	not begun: its time was over, or the     running → pending
//	store did not give what it needs
//	Retry                                    uncertain, failed, pending → pending
//	Settle, Cancel, a late success           all but running → (gone)
//
// A job that is pending, running or uncertain holds up those behind it in its lane. One
// that failed has left it, and goes to its end when it is retried. Who is the head of a
// lane stands in the jobs themselves, so that the index of what is due holds no job that
// must wait for another.
//
// # Who does what
//
// Not every process can do every job. A job has a class, which says what its handler needs
// for it, and the handler says which classes it does in this process ([Outside.Classes]).
// A process looks for jobs of those types and classes only, for each by itself, and each has
// as many hands as Options.Concurrency says: none waits for another, however many jobs
// another has, and however long they take. Nobody writes anything because he cannot do a
// job, but for a word in Job.Error, once, that says what he would need. To settle an attempt
// that was lost, the handler is enough.
//
// # Who is first
//
// Of the jobs of one type and class that can be done, the oldest is begun first. A job is as
// old as the time since when it is owed:
//
//	due at once                      since it was added
//	with a time                      since that time
//	to be tried again                since the time of the next try
//	the next of a lane               as any other: when it came to its turn does not matter
//	retried by hand                  since it was added
//	goes on (Within)                 since the time that it has asked for, or its last step, if that is later
//	an attempt that was lost         since that could be known
//
// Who begins a job has looked since there was room for it, so that all counts that can be
// done by then. So nothing waits for what is younger, under load and overload too, when more
// comes than can be done: a job waits for those that are older, which do not become more,
// and in a lane for those before it. Each look reads one or two pages of as many jobs as
// are at work, and a few, however many wait.
//
// Ages are told by the clock. Where it was put back, what is due at once and was added
// before that may have to wait, under overload, until the clock is there again. What has a
// time waits for it by the clock, whoever has set it: the next try, too, which Backoff says,
// stands still for as long as the clock was put back, unless somebody retries it by hand.
//
// # A clean stop
//
// When the context of Run or RunDue ends, nothing new begins, and the attempts under way go
// on until their own deadlines: their answers are taken and written as ever. So a clean stop
// is none of the points at which a process dies. Jobs within the store are cut short: they
// have been committed, or nothing of them has. A store that hangs is waited for, but for a
// farewell only: what it does not take by then is as if the process had died, unless it
// lives on, and runs again.
//
// # Where a process can die
//
// For each point, what the record then shows, what happens next, and how often the
// effect has taken place when all is over. The lease is waited for first, and the
// clocks' skew, where an attempt is under way. If it was claimed later than any clock can
// show now, because one was wrong or was put back, no clock says when it ends: it gets the
// whole of its lease, and the skew, from when a process first sees that, and lives on.
// "Once*" is once for a world that honours the job's ID: it may be asked twice.
//
// A process that lives leaves no such doubt. If the store does not say in time whether an
// attempt was claimed, it does not begin, and is taken back; it cannot land any more. If the
// store does not take an answer, Run brings it again until it does. RunDue does so for a
// farewell, as does a stop; what is then not settled the same Jobs settle when they run next.
// Until then it may show as a lost attempt does.
//
//	the process dies                                 record     then, if idempotent      then, if not
//	before the claim is committed                    pending    done: once               done: once
//	when the claim is committed, unanswered          running    done: once               uncertain: never
//	during Do, before the effect                     running    done: once               uncertain: never
//	during Do, after the effect                      running    done: once*              uncertain: once
//	after Do, before the answer is committed         running    done: once*              uncertain: once
//	when the answer is committed, unanswered         gone       nothing: once            nothing: once
//	after the answer is committed                    gone       nothing: once            nothing: once
//	before a lost attempt is settled                 running    done: once               uncertain: never
//	when a lost attempt is settled, unanswered       pending/uncertain   done: once      uncertain: never
//
//	Within: before the commit                        pending    done: once
//	Within: when it is committed, unanswered         gone       nothing: once
//	Within: after the commit                         gone       nothing: once
//
// What is uncertain is settled by a report, by hand, or by the answer itself, if it
// comes after all: [Jobs.Settle], [Jobs.Retry], [Jobs.Cancel].
package jobs
