package engage_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// echoes is a desk whose platform tells of what is posted before it answers, and a book of
// all that was said in its threads, which is gone through for each answer.
type echoes struct {
	*desk
	rt      *rapid.T
	threads map[string]string // by the platform's name
	eve     string
	said    []*remark
}

// remark is a content.
type remark struct {
	id, foreignID, thread string // thread: the platform's name
	position              int
	inbound, reply        bool // reply: it answers the customer, unless it is a duplicate
	upTo                  int  // up to which position it does
	ignored, pending      bool
	above                 *remark // as it was said
	echo                  *remark // of what was posted
	is                    *remark // of a duplicate: what was posted
	written               time.Time
}

// repliesTo returns what the content replies to, as far as is known.
func (s *remark) repliesTo() *remark {
	if s.above != nil && s.above.is != nil {
		return s.above.is
	}
	return s.above
}

func newEchoes(t *testing.T, rt *rapid.T) *echoes {
	e := &echoes{desk: newDesk(t), rt: rt, threads: map[string]string{}}
	e.receive("T1", nil, nil, false)
	e.engages(ann, e.threads["T1"])
	return e
}

// some picks one of those that are so, nil if there is none.
func (e *echoes) some(so func(*remark) bool) *remark {
	those := slices.DeleteFunc(slices.Clone(e.said), func(s *remark) bool { return !so(s) })
	if len(those) == 0 {
		return nil
	}
	return rapid.SampledFrom(those).Draw(e.rt, "which")
}

// above picks what a content replies to.
func (e *echoes) above(so func(*remark) bool) *remark {
	if rapid.IntRange(0, 2).Draw(e.rt, "stands by itself") == 0 {
		return nil
	}
	return e.some(so)
}

// thread picks a thread that there is.
func (e *echoes) thread() string {
	if len(e.threads) == 1 {
		return "T1"
	}
	return rapid.SampledFrom([]string{"T1", "T2"}).Draw(e.rt, "thread")
}

func (e *echoes) add(s *remark) *remark {
	for _, other := range e.said {
		if other.thread == s.thread {
			s.position++
		}
	}
	s.position++
	if s.written.IsZero() {
		s.written = e.clock.read()
	}
	if s.reply {
		s.upTo = e.answers(s)
	}
	e.said = append(e.said, s)
	return s
}

// answers returns up to where a reply answers the customer: what was written by then.
func (e *echoes) answers(reply *remark) (upTo int) {
	later := func(s *remark) bool { return s.thread == reply.thread && s.inbound && s.written.After(reply.written) }
	if !slices.ContainsFunc(e.said, later) {
		return reply.position
	}
	_, open := e.unanswered(reply.thread)
	for _, s := range open {
		if later(s) {
			break
		}
		upTo = s.position
	}
	return upTo
}

// unanswered returns up to where the customer is answered in a thread, and what is not.
func (e *echoes) unanswered(thread string) (answered int, open []*remark) {
	for _, s := range e.in(thread) {
		answered = max(answered, s.upTo)
	}
	for _, s := range e.in(thread) {
		if s.inbound && !s.ignored && s.position > answered {
			open = append(open, s)
		}
	}
	return answered, open
}

// receive takes in what the customer writes, or an echo, of what was posted or of nothing
// that we know.
func (e *echoes) receive(thread string, above, posted *remark, echo bool) {
	in := e.says("eve", "hello")
	in.ThreadForeignID = thread
	if above != nil {
		in.InReplyTo = above.foreignID
		if above.is != nil { // the name stands for what was posted
			above = above.is
		}
		if above.thread != thread {
			above = nil
		}
	}
	if echo {
		in.Echo = &engage.Echo{}
		in.CreatedAt = e.clock.read().Add(-time.Duration(rapid.IntRange(0, 8).Draw(e.rt, "late")/2) * time.Second)
	}
	r := must(e.Threads.Receive(e.t.Context(), in))(e.t)
	e.threads[thread], e.eve = r.ThreadID, r.IdentityID
	s := e.add(&remark{id: r.ContentID, foreignID: in.ForeignID, thread: thread, inbound: !echo, reply: echo, above: above, written: in.CreatedAt})
	if posted != nil {
		posted.echo = s
	}
}

// post lets ann or the host say something.
func (e *echoes) post(by engage.Actor, thread string) {
	above := e.above(func(s *remark) bool { return s.thread == thread })
	post := engage.Post{ThreadID: e.threads[thread], Message: interaction.Message{Body: "hello"}, IdempotencyKey: strconv.Itoa(len(e.said))}
	if above != nil {
		post.InReplyToID = above.id
	}
	posted := must(e.As(by).Contents.Post(e.t.Context(), post))(e.t)
	e.add(&remark{id: posted.ID, thread: thread, reply: by == ann, pending: true, above: above})
	if again := must(e.As(by).Contents.Post(e.t.Context(), post))(e.t); !again.Repeated {
		e.rt.Fatalf("%+v is posted again", again)
	}
}

// unite lets the platform say what it calls a content that was posted, one way or the other.
func (e *echoes) unite(posted *remark) {
	if rapid.Bool().Draw(e.rt, "by a report") {
		in := e.says("eve", "hello")
		in.ForeignID, in.Echo = posted.echo.foreignID, &engage.Echo{Key: posted.id}
		must(e.Threads.Receive(e.t.Context(), in))(e.t)
	} else {
		job := must(e.Contents.Get(e.t.Context(), posted.id))(e.t).JobID
		if err := e.Jobs.Settle(e.t.Context(), job, engage.Settlement{Delivered: true, ForeignID: posted.echo.foreignID}); err != nil {
			e.rt.Fatal(err)
		}
	}
	posted.echo.is, posted.pending, posted.foreignID = posted, false, posted.echo.foreignID
}

// in returns what a thread has, without duplicates.
func (e *echoes) in(thread string) []*remark {
	return slices.DeleteFunc(slices.Clone(e.said), func(s *remark) bool { return s.thread != thread || s.is != nil })
}

// status is how far a content is dealt with.
func (e *echoes) status(s *remark) interaction.ContentStatus {
	answered, _ := e.unanswered(s.thread)
	switch {
	case !s.inbound && e.in(s.thread)[0] == s:
		return interaction.StatusUserInitiated
	case !s.inbound:
		return interaction.StatusUserReply
	case s.ignored:
		return interaction.StatusIgnored
	case s.position <= answered:
		return interaction.StatusReplied
	case s.thread == "T1":
		return interaction.StatusAssigned
	default:
		return interaction.StatusNew
	}
}

// tree returns what is below a content, or in a whole thread, in the order of the tree.
func (e *echoes) tree(thread string, top *remark) (all []*remark) {
	for _, s := range e.in(thread) {
		above := s.repliesTo()
		if above != nil && above.thread != thread {
			above = nil
		}
		if above == top {
			all = append(append(all, s), e.tree(thread, s)...)
		}
	}
	return all
}

// shown is what a reader sees of a content.
type shown struct {
	id, inReplyTo string
	depth         int
	first         bool
	status        interaction.ContentStatus
}

func (e *echoes) show(list []*remark, top int) (all []shown) {
	for _, s := range list {
		is := shown{id: s.id, first: e.in(s.thread)[0] == s, status: e.status(s), depth: top}
		if above := s.repliesTo(); above != nil {
			is.inReplyTo = above.id
		}
		for above := s.repliesTo(); above != nil && above.thread == s.thread; above = above.repliesTo() {
			is.depth++
		}
		all = append(all, is)
	}
	return all
}

func see(list []engage.Content) (all []shown) {
	for _, c := range list {
		all = append(all, shown{c.ID, c.InReplyToID, c.Depth, c.FirstInThread, c.Status})
	}
	return all
}

// check compares all that can be read with the book.
func (e *echoes) check() {
	ctx := e.t.Context()
	same := func(what string, got, want any) {
		e.rt.Helper()
		(&drill{rt: e.rt}).same(what, got, want)
	}
	for name, id := range e.threads {
		in := e.in(name)
		thread := must(e.Threads.Get(ctx, id))(e.t)
		same("thread", []any{thread.FirstContentID, thread.LastContentID, thread.ContentsCount},
			[]any{in[0].id, in[len(in)-1].id, int64(len(in))})
		listed := must(e.Contents.List(ctx, engage.ContentFilter{ThreadID: id, Limit: store.MaxLimit}))(e.t).Items
		same("list", see(listed), e.show(in, 0))
		tree := must(e.Contents.Tree(ctx, engage.TreeFilter{ThreadID: id, Limit: store.MaxLimit}))(e.t).Items
		same("tree", see(tree), e.show(e.tree(name, nil), 0))
		if top := e.some(func(s *remark) bool { return s.thread == name }); top != nil {
			under := must(e.Contents.Tree(ctx, engage.TreeFilter{ThreadID: id, UnderID: top.id}))(e.t).Items
			if top.is != nil {
				top = top.is
			}
			var want []shown
			if top.thread == name {
				want = e.show(append([]*remark{top}, e.tree(name, top)...), 0)
			}
			same("tree under "+top.id, see(under), want)
		}
		answered, open := e.unanswered(name)
		want := interaction.Standing{AnsweredUpTo: int64(answered), Unanswered: int64(len(open))}
		if len(open) > 0 {
			want.UnansweredFrom, want.UnansweredSince = int64(open[0].position), open[0].written
		}
		same("standing in "+name, e.standing(name), want)
	}
}

// standing reads how far the customer is answered from the list in which a customer is who
// waits; of one who does not wait that is not to be seen.
func (e *echoes) standing(thread string) interaction.Standing {
	for _, w := range must(e.Interventions.ListWaiting(e.t.Context(), engage.WaitingFilter{Owner: ann}))(e.t).Items {
		if w.ThreadID == e.threads[thread] {
			return w.With.Standing
		}
	}
	for _, w := range must(e.Threads.ListEngageable(e.t.Context(), engage.EngageableFilter{}))(e.t).Items {
		if w.ID == e.threads[thread] {
			return w.Waiting.Standing
		}
	}
	answered, _ := e.unanswered(thread)
	return interaction.Standing{AnsweredUpTo: int64(answered)}
}

// TestEchoesThatTurnOutToBeOurs lets the platform tell of what was posted as if it was
// something else, in the same thread or another, and say later what it was, in any order,
// while the customer goes on writing, replies to what will be a duplicate, and contents are
// ignored. Echoes may come late, behind what was written since. Nothing that can be read says then that there ever was a second content.
func TestEchoesThatTurnOutToBeOurs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		e := newEchoes(t, rt)
		named := func(s *remark) bool { return s.foreignID != "" }
		told := func(s *remark) bool { return s.pending && s.echo == nil }
		for range rapid.IntRange(1, 30).Draw(rt, "steps") {
			e.clock.pass(time.Second)
			switch rapid.SampledFrom([]string{"writes", "writes", "ann", "host", "host", "echo", "echo", "echo", "echo", "T2", "other", "unite", "unite", "unite", "ignore", "ignore"}).Draw(rt, "what") {
			case "writes":
				e.receive(e.thread(), e.above(named), nil, false)
			case "ann":
				e.post(ann, "T1")
			case "host":
				e.post(engage.System(), e.thread())
			case "echo":
				if posted := e.some(told); posted != nil {
					e.receive(e.thread(), e.above(named), posted, true)
				}
			case "other": // somebody writes on the platform itself
				e.receive(e.thread(), e.above(named), nil, true)
			case "T2": // an echo begins a thread, and the customer writes there
				if posted := e.some(told); len(e.threads) == 1 && posted != nil {
					e.receive("T2", nil, posted, true)
					e.receive("T2", e.above(named), nil, false)
				}
			case "unite":
				if posted := e.some(func(s *remark) bool { return s.pending && s.echo != nil }); posted != nil {
					e.unite(posted)
				}
			case "ignore":
				if c := e.some(func(s *remark) bool { return s.inbound && !s.ignored }); c != nil {
					must(e.Contents.Ignore(t.Context(), c.id))(t)
					c.ignored = true
				}
			}
			e.check()
		}
	})
}
