package interaction_test

import (
	"slices"
	"testing"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// isLeftToNobody reports whether a verb would leave an intervention to an owner who is
// gone.
func isLeftToNobody(by interaction.InterventionVerb, f interaction.InterventionFacts) bool {
	left := []interaction.InterventionVerb{"customer_writes", "fall_due", "resume", "reopen"}
	return slices.Contains(left, by) && f.OwnerGone && f.Owner != nobody
}

// TestVerbsThatNeedTheOwner are those, and only those, that take an intervention from an
// owner who is gone without giving it to somebody else.
func TestVerbsThatNeedTheOwner(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 23, 11, 0, 0, 0, time.UTC)
	for _, by := range interventionVerbs {
		takes := false
		for _, from := range interventionStates {
			for _, owner := range []interaction.Actor{nobody, ann, bot} {
				was := interaction.Intervention{Status: from, Owner: owner, Participants: []interaction.Actor{bob}}
				facts := interaction.InterventionFacts{ThreadOpen: true, MayManage: true, Disposition: true}
				change := interaction.Change{Owner: owner, Until: now.Add(time.Hour)}
				there, _, err := was.Apply(by, change, facts, now)
				facts.OwnerGone = true
				gone, _, errOfGone := was.Apply(by, change, facts, now)
				// Whoever engages may take over from one who is gone.
				if engages := by == interaction.InterventionEngages && owner == ann; !engages && (err == nil) != (errOfGone == nil) {
					t.Fatalf("%q, %s: %v, and with the owner gone %v", from, by, err, errOfGone)
				}
				if err == nil && gone.Owner != there.Owner {
					takes = true
					there.Owner = nobody
				}
				if err == nil && (gone.Owner != there.Owner || gone.Status != there.Status || !slices.Equal(gone.Participants, there.Participants)) {
					t.Errorf("%q, %s of %v's: %+v, want %+v", from, by, owner, gone, there)
				}
			}
		}
		if takes != by.NeedsOwner() {
			t.Errorf("%s takes it from an owner who is gone: %v, and says that it needs one: %v", by, takes, by.NeedsOwner())
		}
	}
}
