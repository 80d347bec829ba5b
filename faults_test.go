package engage_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// fault is what goes wrong at one call of a store.
type fault string

const (
	faultNone         fault = "nothing goes wrong"
	faultUnavailable  fault = "the call fails"
	faultLostBefore   fault = "the commit is lost"
	faultLostAfter    fault = "the answer of the commit is lost"
	faultLate         fault = "the commit lands late"
	faultCancelBefore fault = "the context ends before the call"
	faultCancelAfter  fault = "the context ends after the call"
	faultCancelLost   fault = "the context ends, and the answer is lost"
)

var allFaults = []fault{
	faultUnavailable, faultLostBefore, faultLostAfter, faultLate,
	faultCancelBefore, faultCancelAfter, faultCancelLost,
}

// faulty is a store on which one call goes wrong, once it is armed.
type faulty struct {
	store.Store

	mu        sync.Mutex
	calls, at int // counted from 1; 0 is never
	fault     fault
	cancel    func()
	late      *store.Batch
	committed func() // called after each commit that succeeded
	commits   []bool // of the calls since it was armed, which are commits
}

// onReads reports whether the fault can befall a read.
func (f fault) onReads() bool {
	return f == faultUnavailable || f == faultCancelBefore || f == faultCancelAfter
}

func (s *faulty) arm(at int, f fault, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.at, s.fault, s.cancel, s.commits = 0, at, f, cancel, nil
}

// disarm lets what is late land, and all go well from now on.
func (s *faulty) disarm() {
	s.strike(false)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = 0
}

func (s *faulty) strike(commit bool) fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.late != nil {
		_ = s.Store.Commit(context.Background(), *s.late) // too late, perhaps
		s.late = nil
	}
	s.commits = append(s.commits, commit)
	s.calls++
	if s.calls != s.at {
		return faultNone
	}
	return s.fault
}

func (s *faulty) read(read func() error) error {
	switch s.strike(false) {
	case faultUnavailable:
		return fmt.Errorf("%w: unplugged", store.ErrUnavailable)
	case faultCancelBefore:
		s.cancel()
	case faultCancelAfter:
		defer s.cancel()
	case faultNone, faultLostBefore, faultLostAfter, faultLate, faultCancelLost: // of commits
	}
	return read()
}

func (s *faulty) Get(ctx context.Context, keys ...store.Key) (r []store.Record, err error) {
	err = s.read(func() (err error) { r, err = s.Store.Get(ctx, keys...); return err })
	return r, err
}

func (s *faulty) Find(ctx context.Context, q store.Query) (p store.Page, err error) {
	err = s.read(func() (err error) { p, err = s.Store.Find(ctx, q); return err })
	return p, err
}

func (s *faulty) Commit(ctx context.Context, b store.Batch) (err error) {
	lost := fmt.Errorf("%w: the answer was lost", store.ErrUnknownOutcome)
	defer func() {
		if err == nil && s.committed != nil {
			s.committed()
		}
	}()
	switch s.strike(true) {
	case faultNone:
	case faultUnavailable:
		return fmt.Errorf("%w: unplugged", store.ErrUnavailable)
	case faultLostBefore:
		return lost
	case faultLostAfter:
		return errors.Join(s.Store.Commit(ctx, b), lost)
	case faultLate:
		s.mu.Lock()
		s.late = &b
		s.mu.Unlock()
		return lost
	case faultCancelBefore:
		s.cancel()
	case faultCancelAfter:
		defer s.cancel()
	case faultCancelLost:
		err := s.Store.Commit(ctx, b)
		s.cancel()
		return errors.Join(err, lost, ctx.Err())
	}
	return s.Store.Commit(ctx, b)
}

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

// scenario is a call of the Engine that changes something.
type scenario struct {
	name string
	// call makes the change. What prepareScenario recorded is known by ID.
	call func(ctx context.Context, eng *engage.Engine, at prepared) error
}

// prepared names what there is before a scenario.
type prepared struct {
	interaction, lastInteraction, quarantined, trigger string
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

var scenarios = []scenario{
	{"a schema is created", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Schemas.Create(ctx, unmarshalled(declaring("order", `"p":{"type":"string"}`)))
		return err
	}},
	{"a schema is superseded", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Schemas.Supersede(ctx, unmarshalled(declaring("visit", visitSchema+`,"more":{"type":"string"}`)), nil)
		return err
	}},
	{"a schema is deleted", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		return eng.Schemas.Delete(ctx, "visit", nil)
	}},
	{"a schema is erased", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		return eng.Schemas.Delete(ctx, "visit", &engage.DeleteOptions{Erase: true})
	}},
	{"an interaction is recorded for a known contact", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Interactions.Record(ctx, visit("ann", "/old", "new key"))
		return err
	}},
	{"an interaction is recorded for a new contact", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Interactions.Record(ctx, visit("dan", "/old", "new key"))
		return err
	}},
	{"many are recorded", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		var failed error
		for _, o := range eng.Interactions.RecordMany(ctx, []interaction.Submission{
			visit("ann", "/old", "1"), visit("dan", "/old", "2"), visit("ann", "/new", "key of ann"), visit("dan", "/x", "2"), visit("eve", "/x", "3"),
		}) {
			failed = errors.Join(failed, o.Err)
		}
		return failed
	}},
	{"an interaction is deleted", func(ctx context.Context, eng *engage.Engine, at prepared) error {
		return gone(eng.Interactions.Delete(ctx, at.interaction))
	}},
	{"the last interaction of a contact is deleted", func(ctx context.Context, eng *engage.Engine, at prepared) error {
		return gone(eng.Interactions.Delete(ctx, at.lastInteraction))
	}},
	{"a rejected one is replayed", func(ctx context.Context, eng *engage.Engine, at prepared) error {
		_, err := eng.Quarantine.Replay(ctx, at.quarantined)
		return gone(err)
	}},
	{"all rejected ones are replayed", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Quarantine.ReplayAll(ctx, "visit")
		return err
	}},
	{"a trigger is registered", func(ctx context.Context, eng *engage.Engine, _ prepared) error {
		_, err := eng.Triggers.Register(ctx, "visit", "seconds", []byte(`7`))
		return err
	}},
	{"a trigger is removed", func(ctx context.Context, eng *engage.Engine, at prepared) error {
		return eng.Triggers.Remove(ctx, "visit", at.trigger)
	}},
	{"several calls are made atomically", func(ctx context.Context, eng *engage.Engine, at prepared) error {
		return eng.Atomically(ctx, func(w *engage.Work) error {
			if _, err := w.Interactions.Record(ctx, visit("ann", "/old", "new key")); err != nil {
				return err
			}
			if _, err := w.Interactions.Record(ctx, visit("fay", "/old", "other key")); err != nil {
				return err
			}
			return gone(w.Interactions.Delete(ctx, at.interaction))
		})
	}},
}

// gone takes it for done if it has been done before.
func gone(err error) error {
	if errors.Is(err, engage.ErrNotFound) {
		return nil
	}
	return err
}

// stages returns the content of a store before a scenario and after each commit
// of it, when nothing goes wrong.
// It also returns which of the store's calls are commits.
func stages(t *testing.T, s scenario) (all []string, commits []bool) {
	t.Helper()
	st := &faulty{Store: newMemory(t)}
	eng := newEngine(t, st, &engage.Options{NewID: counted("minted")})
	at := prepareScenario(t, eng)
	all = []string{content(t, st.Store)}
	st.arm(0, faultNone, nil)
	st.committed = func() { all = append(all, content(t, st.Store)) }
	if err := s.call(t.Context(), eng, at); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return all, st.commits
}

// TestFaultsLeaveAllOrNothing lets each call of the store go wrong in every way,
// for everything that the Engine changes. Afterwards there is the whole effect or
// none; no error means all of it; an error that leaves no doubt means none of it;
// and calling again completes it, once.
func TestFaultsLeaveAllOrNothing(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want, commits := stages(t, s)
			last := len(want) - 1
			for _, f := range allFaults {
				for n := range len(commits) + 1 { // the first goes well
					if n > 0 && !commits[n-1] && !f.onReads() {
						continue
					}
					where := fmt.Sprintf("%s at call %d", f, n)
					st := &faulty{Store: newMemory(t)}
					eng := newEngine(t, st, &engage.Options{NewID: counted("minted")})
					at := prepareScenario(t, eng)
					ctx, cancel := context.WithCancel(t.Context())
					st.arm(n, f, cancel)
					err := s.call(ctx, eng, at)
					st.disarm()
					cancel()

					got := content(t, st.Store)
					stage := slices.Index(want, got)
					switch {
					case stage < 0:
						t.Fatalf("%s: %v, and half of it is there:\n%s", where, err, difference(got, want[last]))
					case err == nil && stage != last:
						t.Errorf("%s: no error, but it is not done", where)
					case err != nil && !errors.Is(err, engage.ErrUnknownOutcome) && stage != 0 && last == 1:
						t.Errorf("%s: %v, but it is done", where, err)
					case err != nil && stage == last && !errors.Is(err, engage.ErrUnknownOutcome):
						t.Errorf("%s: %v, but all of it is done", where, err)
					case err != nil && f != faultUnavailable && ctx.Err() == nil:
						t.Errorf("%s: %v", where, err)
					}
					again := s.call(t.Context(), eng, at)
					if conflict, ok := errors.AsType[*engage.ConflictError](again); ok && stage == last && conflict.Reason == "exists" {
						again = nil // a schema
					}
					if after := content(t, st.Store); again != nil || after != want[last] {
						t.Fatalf("%s, then again: %v\n%s", where, again, difference(after, want[last]))
					}
				}
			}
		})
	}
}

// TestContentIsTheSameAfterReopening does each scenario on a file, with the answer
// of each commit lost, and looks at it again through a new handle.
func TestContentIsTheSameAfterReopening(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			want, _ := stages(t, s)
			path := filepath.Join(t.TempDir(), "engage.db")
			first := openSQLite(t, path)
			st := &lossy{Store: first}
			eng := newEngine(t, st, &engage.Options{NewID: counted("minted")})
			at := prepareScenario(t, eng)
			st.lose.Store(true)
			if err := s.call(t.Context(), eng, at); err != nil {
				t.Fatal(err)
			}
			before := dump(t, first)
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			second := openSQLite(t, path)
			again := newEngine(t, second, &engage.Options{NewID: counted("other")})
			if after := dump(t, second); !slices.Equal(before, after) {
				t.Errorf("reopened:\n%q\nbefore:\n%q", after, before)
			}
			if got := content(t, second); got != want[len(want)-1] {
				t.Error(difference(got, want[len(want)-1]))
			}
			accepted(t, again, submission("zoe", declare(t, again, declaring("new", ``)).ID, `{}`))
		})
	}
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
