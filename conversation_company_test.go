package engage_test

import (
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// TestAThreadThatSeveralJoinIsListedByItsState for each of them, whenever it is closed.
func TestAThreadThatSeveralJoinIsListedByItsState(t *testing.T) {
	t.Parallel()
	for customers := 1; customers <= 4; customers++ {
		d := newDesk(t)
		var thread string
		var ids []string
		for _, customer := range []string{"adam", "bea", "cid", "dot"}[:customers] {
			in := d.says(customer, "I, "+customer)
			in.ThreadForeignID = "post"
			got := must(d.Threads.Receive(t.Context(), in))(t)
			thread, ids = got.ThreadID, append(ids, got.IdentityID)
		}
		check := func(status interaction.ThreadStatus) {
			t.Helper()
			for _, id := range ids {
				for _, s := range []interaction.ThreadStatus{interaction.ThreadOpen, interaction.ThreadClosed} {
					page := must(d.Threads.List(t.Context(), engage.ThreadFilter{IdentityID: id, Status: s}))(t)
					if found := len(page.Items) == 1; found != (s == status) {
						t.Errorf("%d customers, while it is %s: %d are %s", customers, status, len(page.Items), s)
					}
				}
			}
		}
		check(interaction.ThreadOpen)
		must(d.Threads.Close(t.Context(), thread))(t)
		check(interaction.ThreadClosed)
		must(d.Threads.Reopen(t.Context(), thread))(t)
		check(interaction.ThreadOpen)
	}
}
