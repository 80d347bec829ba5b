package platformtest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

// report is a Failer that keeps what it is told.
type report []string

func (r *report) Helper() {}

func (r *report) Errorf(format string, args ...any) { *r = append(*r, fmt.Sprintf(format, args...)) }

var rules = []error{
	platformtest.ErrOverlap, platformtest.ErrOrder, platformtest.ErrRepeated, platformtest.ErrKey, platformtest.ErrAttempt,
}

// TestCheck shows for each rule a sender that breaks it, and beside it one that does
// not though it comes close. Each is caught by its own rule, once, and by no other.
func TestCheck(t *testing.T) {
	t.Parallel()

	wrongKey := content("ada", 2)
	wrongKey.Key = content("ada", 1).Key
	newKey := attempt(content("ada", 1), 2)
	newKey.Key = "another"
	noKey := content("ada", 1)
	noKey.Key = ""
	elsewhere := content("ada", 1) // another source may use the same IDs
	elsewhere.Source.ID, elsewhere.Key = "mail", "another"
	keyed := []platformtest.Option{platformtest.HonourKeys()}

	tests := []struct {
		name    string
		options []platformtest.Option
		do      func(t *testing.T, p *platformtest.Platform)
		want    error
	}{
		{"nothing", nil, func(*testing.T, *platformtest.Platform) {}, nil},

		{"two of a thread", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1))
			send(t, p, content("ada", 2))
		}, platformtest.ErrOverlap},
		{"two of a thread, from two processes", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1))
			send(t, p.Process(), content("ada", 2))
		}, platformtest.ErrOverlap},
		{"one of a thread twice", keyed, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1))
			send(t, p, attempt(content("ada", 1), 2))
		}, platformtest.ErrOverlap},
		{"two of two threads", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1))
			send(t, p, content("bob", 1))
		}, nil},
		{"two of two sources", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1))
			send(t, p, elsewhere)
		}, nil},
		{"after one that was given up", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1)).cancel()
			send(t, p, content("ada", 2))
		}, nil},
		{"after one whose process died", nil, func(t *testing.T, p *platformtest.Platform) {
			dead := p.Process()
			hang(t, dead, content("ada", 1))
			dead.Crash()
			send(t, p, content("ada", 2))
		}, nil},

		{"backwards", nil, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 2))
			send(t, p, content("ada", 1))
		}, platformtest.ErrOrder},
		{"past one that failed", nil, func(t *testing.T, p *platformtest.Platform) {
			p.Will(platformtest.Fail(errBusy), platformtest.Next(1))
			failed(t, p, content("ada", 1))
			send(t, p, content("ada", 2))
			send(t, p, attempt(content("ada", 1), 2))
		}, platformtest.ErrOrder},
		{"with gaps", nil, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 2))
			send(t, p, content("ada", 7))
			send(t, p, content("bob", 1))
		}, nil},
		{"past one that failed and is taken up", nil, func(t *testing.T, p *platformtest.Platform) {
			p.Will(platformtest.Fail(errBusy), platformtest.Next(1))
			failed(t, p, content("ada", 1))
			send(t, p, content("ada", 2))
			p.TakenUp("ada-1")
			send(t, p, content("ada", 1)) // its attempts begin anew
		}, nil},
		{"past one that was withdrawn and is taken up", nil, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 2))
			p.TakenUp("ada-1")
			send(t, p, content("ada", 1))
		}, nil},

		{"again after success", nil, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 1))
			send(t, p, attempt(content("ada", 1), 2))
		}, platformtest.ErrRepeated},
		{"again after a lost answer", nil, again(platformtest.LoseAnswer()), platformtest.ErrRepeated},
		{"again after no answer", nil, again(platformtest.NoAnswer()), platformtest.ErrRepeated},
		{"again after a hang", nil, again(platformtest.Hang()), platformtest.ErrRepeated},
		{"again after a panic", nil, again(platformtest.Panic("broken")), platformtest.ErrRepeated},
		{"again after a crash", nil, again(platformtest.Crash()), platformtest.ErrRepeated},
		{"again, though an answer is still to come", nil, func(t *testing.T, p *platformtest.Platform) {
			hang(t, p, content("ada", 1)).cancel()
			send(t, p, attempt(content("ada", 1), 2))
		}, platformtest.ErrRepeated},
		{"again after a failure", nil, again(platformtest.Fail(errBusy)), nil},
		{"again after a lost answer, with keys", keyed, again(platformtest.LoseAnswer()), nil},
		{"again after a crash, with keys", keyed, again(platformtest.DeliverThen(platformtest.Crash())), nil},
		{"again by hand after a lost answer", nil, func(t *testing.T, p *platformtest.Platform) {
			p.Will(platformtest.LoseAnswer(), platformtest.Next(1))
			_, _ = p.Send(t.Context(), content("ada", 1))
			p.TakenUp("ada-1")
			send(t, p, content("ada", 1))
		}, nil},
		{"by hand once, and then by itself", nil, func(t *testing.T, p *platformtest.Platform) {
			p.Will(platformtest.LoseAnswer())
			_, _ = p.Send(t.Context(), content("ada", 1))
			p.TakenUp("ada-1")
			_, _ = p.Send(t.Context(), content("ada", 1))
			_, _ = p.Send(t.Context(), attempt(content("ada", 1), 2))
		}, platformtest.ErrRepeated},
		{"delivered twice by the platform", nil, func(t *testing.T, p *platformtest.Platform) {
			p.Will(platformtest.DeliverTwice())
			send(t, p, content("ada", 1))
		}, nil},

		{"no key", nil, func(t *testing.T, p *platformtest.Platform) { send(t, p, noKey) }, platformtest.ErrKey},
		{"another one's key", keyed, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 1))
			send(t, p, wrongKey)
		}, platformtest.ErrKey},
		{"a new key", keyed, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 1))
			send(t, p, newKey)
		}, platformtest.ErrKey},

		{"the same attempt twice", keyed, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, content("ada", 1))
			send(t, p, content("ada", 1))
		}, platformtest.ErrAttempt},
		{"attempt 0", nil, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, attempt(content("ada", 1), 0))
		}, platformtest.ErrAttempt},
		{"attempts of which not all arrived", keyed, func(t *testing.T, p *platformtest.Platform) {
			send(t, p, attempt(content("ada", 1), 2))
			send(t, p, attempt(content("ada", 1), 5))
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := platformtest.New(tt.options...)
				defer p.Close()
				tt.do(t, p)

				var r report
				p.Check(&r)
				err := p.Err()
				if tt.want == nil && (err != nil || len(r) != 0) {
					t.Errorf("found %q, and it was right", r)
				}
				for _, rule := range rules {
					if errors.Is(err, rule) != errors.Is(tt.want, rule) {
						t.Errorf("found %v, want %v", err, tt.want)
					}
				}
				if tt.want != nil && (len(r) != 1 || !strings.Contains(r[0], tt.want.Error())) {
					t.Errorf("reported %q, want one %q", r, tt.want)
				}
				if strings.Contains(strings.Join(r, ""), "body ada") {
					t.Errorf("%q says what was said", r)
				}
			})
		})
	}
}

// TestOverlapIsRemembered shows that what is on its way is not forgotten over others
// that were so too: the third send meets the first.
func TestOverlapIsRemembered(t *testing.T) {
	t.Parallel()

	synctest.Test(t, func(t *testing.T) {
		p := platformtest.New()
		defer p.Close()
		hang(t, p, content("ada", 1))
		send(t, p, content("ada", 2))
		send(t, p, content("ada", 3))
		var r report
		p.Check(&r)
		if len(r) != 2 || !strings.Contains(r[1], "send 3 ") || !strings.Contains(r[1], "send 1 ") {
			t.Errorf("reported %q", r)
		}
	})
}

// hang begins a send that is never answered, and waits until it is there.
func hang(t *testing.T, p *platformtest.Platform, d engage.Delivery) *call {
	t.Helper()
	hold := platformtest.NewHold()
	p.Will(hold.Late(), platformtest.Next(1))
	c := begin(t, p, d)
	<-hold.Arrived()
	return c
}

// again sends a content once with that behaviour, and then once more, from another
// process.
func again(b platformtest.Behaviour) func(t *testing.T, p *platformtest.Platform) {
	return func(t *testing.T, p *platformtest.Platform) {
		p.Will(b, platformtest.Next(1))
		c := begin(t, p, content("ada", 1))
		_, _ = c.answer()
		send(t, p.Process(), attempt(content("ada", 1), 2))
	}
}

// TestGoodSender lets a sender that keeps to the rules meet everything that can go
// wrong. Check finds nothing, and the customer sees each content once and in order:
// at most once if the platform does not honour keys, as there the sender stops at what
// nobody knows.
func TestGoodSender(t *testing.T) {
	t.Parallel()

	behaviours := []platformtest.Behaviour{
		platformtest.Deliver(), platformtest.Fail(errBusy), platformtest.NoAnswer(), platformtest.LoseAnswer(),
		platformtest.Crash(), platformtest.DeliverThen(platformtest.Crash()),
	}
	rapid.Check(t, func(t *rapid.T) {
		var options []platformtest.Option
		if rapid.Bool().Draw(t, "keys") {
			options = append(options, platformtest.HonourKeys())
		}
		p := platformtest.New(options...)
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(behaviours)-1), 0, 20).Draw(t, "behaviours") {
			p.Will(behaviours[i], platformtest.Next(1))
		}
		from, next, tries := p, int64(1), 0
		for next <= 5 {
			tries++
			_, err := from.Send(t.Context(), attempt(content("ada", next), tries))
			if errors.Is(err, platformtest.ErrCrashed) {
				from = p.Process()
			}
			switch {
			case err == nil:
				next, tries = next+1, 0
			case errors.Is(err, engage.ErrUnknownOutcome) && !p.HonoursKeys():
				next, tries = next+1, 0 // somebody looks at it, and leaves it at that
			}
		}
		if err := p.Err(); err != nil {
			t.Fatal(err)
		}
		var last int64
		for _, d := range p.Delivered() {
			if d.Content.Position <= last || p.HonoursKeys() && d.Content.Position != last+1 {
				t.Fatalf("the customer sees %q", p.Seen("ada"))
			}
			last = d.Content.Position
		}
		if p.HonoursKeys() && last != 5 {
			t.Fatalf("the customer sees %q", p.Seen("ada"))
		}
	})
}
