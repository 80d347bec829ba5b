package engage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// What the Engine does over a store that fails is played in package
// storetest/enginetest: every fault at every call of every scenario. Here is what
// the other tests use of a store that loses answers, and to compare contents.

// counted returns a source of IDs that grow.
func counted(prefix string) func() string {
	var n atomic.Int64
	return func() string { return fmt.Sprintf("%s-%09d", prefix, n.Add(1)) }
}

var (
	mintedID     = regexp.MustCompile(`minted-\d{9}`)
	handledCount = regexp.MustCompile(`,"handled":\d+(,"accepted":\d+)?`)
)

// content returns all that a store keeps for the default tenant, with IDs that
// depend only on their order, and without versions.
func content(tb testing.TB, st store.Store) string {
	tb.Helper()
	lines := dump(tb, st)
	for i, line := range lines {
		if words := strings.SplitN(line, " ", 3); words[0] != "event" && len(words) == 3 {
			lines[i] = words[0] + " " + words[2]
		}
	}
	// How many were handled is of the last run only, and it may be repeated.
	text := handledCount.ReplaceAllString(strings.Join(lines, "\n"), "")
	minted := map[string]int{}
	for _, id := range mintedID.FindAllString(text, -1) {
		minted[id] = 0
	}
	ordered := make([]string, 0, len(minted))
	for id := range minted {
		ordered = append(ordered, id)
	}
	slices.Sort(ordered)
	for i, id := range ordered {
		minted[id] = i
	}
	return mintedID.ReplaceAllStringFunc(text, func(id string) string { return fmt.Sprintf("#%d", minted[id]) })
}

// difference returns the lines that two contents do not share.
func difference(got, want string) string {
	var all []string
	is, be := strings.Split(got, "\n"), strings.Split(want, "\n")
	for _, line := range is {
		if !slices.Contains(be, line) {
			all = append(all, "+ "+line)
		}
	}
	for _, line := range be {
		if !slices.Contains(is, line) {
			all = append(all, "- "+line)
		}
	}
	return strings.Join(all, "\n")
}

// prepared names what prepareScenario makes.
type prepared struct {
	interaction, lastInteraction, quarantined, trigger string

	talk  preparedTalk  // by prepareAll
	route preparedRoute // by prepareAll
	tasks preparedTasks // by prepareAll
	flex  preparedFlex  // by prepareAll
}

const visitSchema = `"page":{"type":"string","addToSegmentation":true},"seconds":{"type":"integer","addToSegmentation":true}`

var visitDefinition = declaring("visit", visitSchema, "page")

func visit(contact, page, key string) interaction.Submission {
	s := submission(contact, "visit", fmt.Sprintf(`{"page":%q,"seconds":%d}`, page, len(page)))
	s.IdempotencyKey = key
	return s
}

func prepareScenario(tb testing.TB, eng *engage.Engine) prepared {
	tb.Helper()
	declare(tb, eng, visitDefinition)
	trigger, err := eng.Triggers.Register(tb.Context(), "visit", "page", []byte(`"/old"`))
	if err != nil {
		tb.Fatal(err)
	}
	p := prepared{trigger: trigger.ID}
	p.interaction = accepted(tb, eng, visit("ann", "/home", "")).ID
	accepted(tb, eng, visit("ann", "/shop", "key of ann"))
	p.lastInteraction = accepted(tb, eng, visit("bob", "/home", "")).ID
	p.quarantined = rejected(tb, eng, submission("cid", "visit", `{"seconds":3}`)).QuarantineID
	rejected(tb, eng, submission("ann", "visit", `{"seconds":4}`))
	// So that what is in quarantine passes now.
	loose := definition(tb, declaring("visit", visitSchema))
	if _, err := eng.Schemas.Supersede(tb.Context(), loose, &engage.SupersedeOptions{Force: true}); err != nil {
		tb.Fatal(err)
	}
	return p
}

// lossy is a store whose commits land, and whose answers are lost every time.
type lossy struct {
	store.Store

	lose atomic.Bool
	deaf atomic.Bool // takes no commit at all
}

func (s *lossy) Commit(ctx context.Context, b store.Batch) error {
	if s.deaf.Load() {
		return store.ErrUnavailable
	}
	err := s.Store.Commit(ctx, b)
	if err == nil && s.lose.Load() {
		return fmt.Errorf("%w: the answer was lost", store.ErrUnknownOutcome)
	}
	return err
}

// unmarshalled is definition for scenarios, which have no test at hand.
func unmarshalled(text string) (def schema.Definition) {
	if err := json.Unmarshal([]byte(text), &def); err != nil {
		panic(err)
	}
	return def
}

// TestErasingIsToldOnce: when all is erased, asking for it again changes nothing;
// and a schema that was created anew has not been erased.
func TestErasingIsToldOnce(t *testing.T) {
	t.Parallel()
	eng := newEngine(t, newMemory(t), nil)
	for range 2 {
		declare(t, eng, visitDefinition)
		if p, found, err := eng.Schemas.Erasing(t.Context(), "visit"); found || err != nil {
			t.Errorf("just created: %+v, %v", p, err)
		}
		for range 2 {
			if err := eng.Schemas.Delete(t.Context(), "visit", &engage.DeleteOptions{Erase: true}); err != nil {
				t.Error(err)
			}
		}
	}
	if told := events(t, eng, engage.EventSchemaErased); len(told) != 2 {
		t.Errorf("told %d times, want 2", len(told))
	}
}
