package engage_test

import (
	"fmt"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// What becomes of the places of an echo that turns out to be ours: in the tree of its thread,
// at its beginning, and as what an ID of the platform stands for.

// TestALotThatRepliedToAnEchoFollows: more than one commit moves. What comes meanwhile
// follows, too, and Run moves the rest.
func TestALotThatRepliedToAnEchoFollows(t *testing.T) {
	t.Parallel()
	const many = 350
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	posted := d.announces(talk.ThreadID, "we are closed")
	d.writes("eve", "in between")
	echo := d.tellsOf(posted, "e")
	re := func(above string) engage.Received {
		in := d.says("eve", "really?")
		in.InReplyTo = above
		return must(d.Threads.Receive(ctx, in))(t)
	}
	for range many {
		re("e")
		re(fmt.Sprintf("mid.%d", d.written)) // below that
	}
	d.delivers(posted, "e")
	late := re(fmt.Sprintf("mid.%d", d.written)) // below the last, which is not moved yet
	re("e")
	d.runs()
	under := must(d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: talk.ThreadID, UnderID: posted.ID, Limit: store.MaxLimit}))(t).Items
	if len(under) != 1+2*many+2 {
		t.Fatalf("%d contents below it", len(under))
	}
	for n, c := range under[1:] {
		switch above := under[n]; {
		case c.InReplyToID == posted.ID && c.Depth == 1 && c.InReplyToAuthorID == posted.AuthorID:
		case c.InReplyToID == above.ID && c.Depth == above.Depth+1 && (c.Depth == 2 || c.ID == late.ContentID):
		default:
			t.Fatalf("%+v comes behind %+v", c, above)
		}
	}
	whole := must(d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: talk.ThreadID, Limit: store.MaxLimit}))(t).Items
	if len(whole) != len(under)+2 || whole[1].ID != posted.ID || whole[len(whole)-1].Body != "in between" {
		t.Errorf("%d in the whole tree", len(whole))
	}
	if same := must(d.Contents.Tree(ctx, engage.TreeFilter{ThreadID: talk.ThreadID, UnderID: echo.ContentID, Limit: store.MaxLimit}))(t).Items; len(same) != len(under) {
		t.Errorf("%d below the echo, want what is below what was posted", len(same))
	}
}

// TestRepliesBelowTheOrderOfTheTreeFollow: in a thread in which each replies to the last
// one, as with mail, an echo may stand so deep that its place does not say what is below it.
func TestRepliesBelowTheOrderOfTheTreeFollow(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	last := talk
	for range interaction.MaxDepth + 3 {
		in := d.says("eve", "re")
		in.InReplyTo = fmt.Sprintf("mid.%d", d.written-1)
		last = must(d.Threads.Receive(ctx, in))(t)
	}
	posted := must(d.Contents.Post(ctx, engage.Post{ThreadID: talk.ThreadID, InReplyToID: last.ContentID, Message: interaction.Message{Body: "ours"}}))(t)
	in := d.says("eve", "ours")
	in.ForeignID, in.Echo, in.InReplyTo = "e", &engage.Echo{}, fmt.Sprintf("mid.%d", d.written-1)
	must(d.Threads.Receive(ctx, in))(t)
	in = d.says("eve", "re: ours")
	in.InReplyTo = "e"
	reply := must(d.Threads.Receive(ctx, in))(t)
	d.delivers(posted, "e")
	if c := must(d.Contents.Get(ctx, reply.ContentID))(t); c.InReplyToID != posted.ID || c.Depth != posted.Depth+1 {
		t.Errorf("it replies to %s, depth %d; that is %s, depth %d", c.InReplyToID, c.Depth, posted.ID, posted.Depth)
	}
}

// TestWhatIsLeftOfAThreadBegins it: an echo had opened it, the customer wrote there, and the
// echo turned out to be of another thread.
func TestWhatIsLeftOfAThreadBeginsIt(t *testing.T) {
	t.Parallel()
	d, home, posted := begun(t)
	ctx := t.Context()
	d.writesIn("T0", "there is another thread, so that the home thread is not the one")
	in := d.says("eve", posted.Body)
	in.ForeignID, in.ThreadForeignID, in.Echo = "e", "T1", &engage.Echo{}
	echo := must(d.Threads.Receive(ctx, in))(t)
	if !echo.FirstInThread || echo.ThreadID == home.ID {
		t.Fatalf("%+v", echo)
	}
	thanks := d.writesIn("T1", "Thanks")
	d.writesIn("T1", "a lot")
	d.delivers(posted, "e")
	thread := must(d.Threads.Get(ctx, echo.ThreadID))(t)
	first := must(d.Contents.Get(ctx, thanks.ContentID))(t)
	if thread.FirstContentID != first.ID || thread.FirstContentAuthorID != first.AuthorID || !first.FirstInThread || thread.Status != interaction.ThreadOpen {
		t.Errorf("%+v begins %+v", first, thread)
	}
	if c := must(d.Contents.Get(ctx, echo.ContentID))(t); c.FirstInThread || c.DuplicateOf != posted.ID {
		t.Errorf("the echo is %+v", c)
	}
	must(d.Contents.Ignore(ctx, first.ID))(t)
	for e, err := range d.Events.After(ctx, 0) {
		if err != nil {
			t.Fatal(err)
		}
		var data engage.ContentEvent
		if e.Type == engage.EventContentIgnored && (e.Decode(&data) != nil || !data.FirstInThread) {
			t.Errorf("told of as %+v", data)
		}
	}
}

// TestNothingIsLeftOfAThread: the next content in it begins it.
func TestNothingIsLeftOfAThread(t *testing.T) {
	t.Parallel()
	d, home, posted := begun(t)
	ctx := t.Context()
	d.writesIn("T0", "there is another thread, so that the home thread is not the one")
	in := d.says("eve", posted.Body)
	in.ForeignID, in.ThreadForeignID, in.Echo = "e", "T1", &engage.Echo{}
	echo := must(d.Threads.Receive(ctx, in))(t)
	d.engages(bob, echo.ThreadID) // so that the thread stays
	d.delivers(posted, "e")
	if thread := must(d.Threads.Get(ctx, echo.ThreadID))(t); thread.FirstContentID != "" || thread.ContentsCount != 0 || thread.ID == home.ID {
		t.Errorf("%+v", thread)
	}
	next := d.writesIn("T1", "Thanks")
	thread := must(d.Threads.Get(ctx, echo.ThreadID))(t)
	if !next.FirstInThread || next.ThreadID != thread.ID || thread.FirstContentID != next.ContentID {
		t.Errorf("%+v does not begin %+v", next, thread)
	}
}

// TestAnIDThatIsUsedTwiceStaysWithTheFirst: somebody of the company wrote on the platform,
// and then the platform gives the same ID to what was posted as an answer to that.
func TestAnIDThatIsUsedTwiceStaysWithTheFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	talk := d.writes("eve", "hello?")
	first := d.echo("eve", "e", "", "hi")
	posted := must(d.Contents.Post(ctx, engage.Post{ThreadID: talk.ThreadID, InReplyToID: first.ContentID, Message: interaction.Message{Body: "more"}}))(t)
	d.delivers(posted, "e")
	if c := must(d.Contents.Get(ctx, first.ContentID))(t); c.DuplicateOf != "" {
		t.Errorf("%+v is the answer to itself", c)
	}
	expect(t, "posted", d.state(posted.ID), "success")
	expect(t, "said again", d.echo("eve", "e", "", "hi").ContentID, first.ContentID)
}
