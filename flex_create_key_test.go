package engage_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/store"
)

func TestTheSameKeyIsTheSameInteraction(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, st store.Store) {
		l := newLobbyOn(t, st)
		other := must(engage.New(t.Context(), st, &l.opts))(t)
		create := func(eng *engage.Engine, n int, key string) (engage.FlexInteraction, error) {
			return eng.Flex.Create(t.Context(), engage.NewInteraction{Request: l.request(n), IdempotencyKey: key})
		}
		sids, first := map[string]bool{}, 0
		var mu sync.Mutex
		var wait sync.WaitGroup
		for n := range 8 {
			wait.Go(func() {
				eng := l.Engine
				if n%2 == 1 {
					eng = other
				}
				i, err := create(eng, 1, "a key\x00")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				sids[i.SID] = true
				if !i.Repeated {
					first++
				}
			})
		}
		wait.Wait()
		if len(sids) != 1 || first != 1 {
			t.Errorf("%d interactions, %d of them created", len(sids), first)
		}
		if _, err := create(l.Engine, 2, "a key\x00"); !errors.Is(err, engage.ErrConflict) {
			t.Errorf("another request: %v", err)
		}
		must(create(l.Engine, 2, "another"))(t)
		if all := must(l.Flex.List(t.Context(), engage.FlexFilter{}))(t).Items; len(all) != 2 {
			t.Errorf("there are %d", len(all))
		}
	})
}

// TestAKeyHoldsWhateverBecomesOfTheWorkspace: what was right when it was created comes back.
func TestAKeyHoldsWhateverBecomesOfTheWorkspace(t *testing.T) {
	t.Parallel()
	l := newLobby(t)
	r := l.request(1)
	r.Routing.Properties.WorkflowSID = ""
	first := must(l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"}))(t)
	l.newWorkflow("Second", leadingTo(l.queue.SID))
	again := must(l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"}))(t)
	if again.SID != first.SID || !again.Repeated {
		t.Errorf("it is %s, want %s", again.SID, first.SID)
	}
	_, err := l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "another"})
	wantProblem(t, err, "routing.properties.workflow_sid", routing.CodeInvalid)
	r.Channel.Participants = nil
	_, err = l.Flex.Create(t.Context(), engage.NewInteraction{Request: r, IdempotencyKey: "k"})
	if !errors.Is(err, engage.ErrInvalid) {
		t.Errorf("what is wrong by itself: %v", err)
	}
}
