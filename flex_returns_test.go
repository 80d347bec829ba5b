package engage_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/store"
)

// TestAFailedReturnDoesNotComeLate: a channel that could not come back when the customer wrote comes
// back when they write again, and not once more for what they wrote first, after it was dealt with.
func TestAFailedReturnDoesNotComeLate(t *testing.T) {
	t.Parallel()
	for name, wait := range map[string]time.Duration{"a next try": time.Hour, "a day later": 50 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBothStores(t, func(t *testing.T, j *joined) {
				j.routed().accepts(ann, j.first)
				j.leaves(ann)
				found := engage.LoseWorkflow(t, j.Engine, j.floor.workflow.SID)
				j.writes("eve", "are you there?")
				j.runs()
				if wait > 24*time.Hour {
					for range 10 {
						j.floor.passes(3 * time.Hour)
					}
				}
				j.is("canceled ann by channel_inactive thread resting")
				found()
				j.clock.pass(time.Second)
				again := j.comesBack(ann)
				j.tells(again, "active reserved")
				j.accepts(ann, again)
				j.leaves(ann)
				before := j.state()
				j.floor.passes(wait)
				j.is(before)
				if c := must(j.Flex.Channel(t.Context(), j.channel))(t); c.Status != "inactive" {
					t.Errorf("the channel is %s", c.Status)
				}
			})
		})
	}
}

// TestAReturnThatAnEarlierVersionLeftComesTrue: the job of one did not say from which rest.
func TestAReturnThatAnEarlierVersionLeftComesTrue(t *testing.T) {
	t.Parallel()
	inBothStores(t, func(t *testing.T, j *joined) {
		j.routed().accepts(ann, j.first)
		j.leaves(ann)
		j.writes("eve", "are you there?")
		since, left := regexp.MustCompile(`,"resting_since":"[^"]*"`), 0
		for _, r := range find(t, j.st, "job") {
			value := string(r.Value)
			if !strings.Contains(value, `"channel.return"`) {
				continue
			}
			if r.Value = []byte(since.ReplaceAllString(value, "")); string(r.Value) == value {
				t.Fatalf("the job does not say since when: %s", value)
			}
			if err := j.st.Commit(t.Context(), store.Batch{ID: "earlier", Tenant: engage.DefaultTenant, Puts: []store.Record{r}}); err != nil {
				t.Fatal(err)
			}
			left++
		}
		if left != 1 {
			t.Fatalf("there are %d jobs", left)
		}
		j.accepts(ann, j.asked(ann))
	})
}
