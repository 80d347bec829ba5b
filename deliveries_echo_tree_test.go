package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// What becomes of the places of an echo that turns out to be ours: in the tree of its thread,
// at its beginning, and as what an ID of the platform stands for.

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
