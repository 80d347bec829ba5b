package engage_test

import (
	"testing"
	"time"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/messenger/messengertest"
)

// released returns a page of which the bot is first, and on which the agents have let go of
// eve, whom nobody has.
func released(t *testing.T) *connected {
	t.Helper()
	c := connect(t, messengertest.HandoverPrimary, "bot", handover.Settings{Primary: handover.Bot, BotApp: "bot", VerbTimeout: 2})
	c.says("hello")
	c.has(handover.Bot)
	c.engages(ann, c.thread().ID)
	c.answers("Ann here.")
	c.has(handover.Agent)
	return c
}

// What a customer has written before the agents let go, and Messenger tells after it, has
// given control to nobody there. So it is asked.
func TestAMessageThatComesLate(t *testing.T) {
	t.Parallel()
	c := released(t)
	c.eve.Writes("and another thing") // of which Messenger does not tell yet
	c.clock.pass(time.Second)
	c.closesUntold()
	c.settles()
	c.has(handover.Idle)

	c.says("hello again")
	c.has(handover.Bot)
}

// closesUntold ends what ann has open, while Messenger tells of nothing.
func (c *connected) closesUntold() {
	c.t.Helper()
	c.ends()
	c.runs()
	c.has(handover.Idle)
}

// Who has what nobody had is the bot that is first, whom Messenger does not name to us.
func TestWhoHasWhatNobodyHad(t *testing.T) {
	t.Parallel()
	c := released(t)
	c.closesUntold()
	c.eve.Writes("hello again") // the bot's, of which we are not told
	c.world.Will(messengertest.Break(), messengertest.Take, messengertest.Request)
	c.engages(ann, c.thread().ID)
	c.replies(ann, c.thread().ID, "Ann again.")
	for range 12 {
		c.runs()
		c.clock.pass(time.Second)
	}
	c.has(handover.Bot)
}
