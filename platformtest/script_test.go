package platformtest_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
)

// TestWhich shows each way to select sends, by which of nine it lets fail: three
// contents for each of two customers, the second content of ada in three attempts and
// the others in one, in the order below.
func TestWhich(t *testing.T) {
	t.Parallel()

	sends := []engage.Delivery{
		content("ada", 1), content("bob", 1), content("ada", 2), attempt(content("ada", 2), 2),
		attempt(content("ada", 2), 3), content("bob", 2), content("ada", 3), content("bob", 3),
	}
	tests := []struct {
		name  string
		which []platformtest.Which
		want  string // F: fails
	}{
		{"all", nil, "FFFFFFFF"},
		{"next", []platformtest.Which{platformtest.Next(3)}, "FFF....."},
		{"none", []platformtest.Which{platformtest.Next(0)}, "........"},
		{"third", []platformtest.Which{platformtest.Nth(3)}, "..F....."},
		{"first and fifth", []platformtest.Which{platformtest.Nth(5, 1)}, "F...F..."},
		{"body", []platformtest.Which{platformtest.Body("body ada-2")}, "..FFF..."},
		{"thread", []platformtest.Which{platformtest.InThread("bob")}, ".F...F.F"},
		{"customer", []platformtest.Which{platformtest.To("ada")}, "F.FFF.F."},
		{"attempt", []platformtest.Which{platformtest.OnAttempt(2)}, "...F...."},
		{"next of a thread", []platformtest.Which{platformtest.InThread("bob"), platformtest.Next(2)}, ".F...F.."},
		{"the same in the other order", []platformtest.Which{platformtest.Next(2), platformtest.InThread("bob")}, ".F...F.."},
		{"second of a thread", []platformtest.Which{platformtest.Nth(2), platformtest.InThread("bob")}, ".....F.."},
		{"thread and attempt", []platformtest.Which{platformtest.InThread("bob"), platformtest.OnAttempt(2)}, "........"},
		{"next of some", []platformtest.Which{platformtest.Nth(2, 4, 6), platformtest.Next(2)}, ".F.F...."},
		{"own choice", []platformtest.Which{platformtest.Where(func(d engage.Delivery) bool { return d.Key == "key-bob-3" })}, ".......F"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			p := platformtest.New()
			p.Will(platformtest.Fail(errBusy), tt.which...)
			var got strings.Builder
			for _, d := range sends {
				if failed(t, p, d) {
					got.WriteString("F")
				} else {
					got.WriteString(".")
				}
			}
			if got.String() != tt.want {
				t.Errorf("fails are %s, want %s", got.String(), tt.want)
			}
		})
	}
}

// TestScript drives the script with random behaviours and sends, against a model: a
// list of what was set, from which each send takes the first that is for it.
func TestScript(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		type set struct {
			err    error
			thread string // empty: any
			nth    int    // 0: all
			next   int    // less than 0: no bound
			seen   int
		}
		var model []*set
		threads := []string{"ada", "bob"}
		p := platformtest.New()

		t.Repeat(map[string]func(*rapid.T){
			"will": func(t *rapid.T) {
				m := &set{
					err:    fmt.Errorf("failure %d", len(model)),
					thread: rapid.SampledFrom(append([]string{""}, threads...)).Draw(t, "thread"),
					nth:    rapid.IntRange(0, 3).Draw(t, "nth"),
					next:   rapid.IntRange(-1, 3).Draw(t, "next"),
				}
				model = append(model, m)
				var which []platformtest.Which
				if m.thread != "" {
					which = append(which, platformtest.InThread(m.thread))
				}
				if m.nth > 0 {
					which = append(which, platformtest.Nth(m.nth))
				}
				if m.next >= 0 {
					which = append(which, platformtest.Next(m.next))
				}
				p.Will(platformtest.Fail(m.err), which...)
			},
			"send": func(t *rapid.T) {
				d := content(rapid.SampledFrom(threads).Draw(t, "thread"), 1)
				var want error
				for _, m := range model {
					if m.thread != "" && m.thread != d.Thread.ID {
						continue
					}
					m.seen++
					if want == nil && (m.nth == 0 || m.nth == m.seen) && m.next != 0 {
						want = m.err
						m.next--
					}
				}
				if _, err := p.Send(t.Context(), d); !errors.Is(err, want) {
					t.Fatalf("got %v, want %v", err, want)
				}
			},
			"heal": func(*rapid.T) {
				model = nil
				p.Heal()
			},
		})
	})
}

// TestHealLeavesWhatIsUnderWay shows that Heal is about what comes.
func TestHealLeavesWhatIsUnderWay(t *testing.T) {
	t.Parallel()

	p := platformtest.New()
	hold := platformtest.NewHold()
	p.Will(hold.Gate())
	c := begin(t, p, content("ada", 1))
	<-hold.Arrived()
	p.Heal()
	send(t, p, content("bob", 1))
	if c.returned() {
		t.Error("what was held has gone on")
	}
	hold.Answer(platformtest.Fail(errBusy))
	if _, err := c.answer(); !errors.Is(err, errBusy) {
		t.Errorf("the answer is %v", err)
	}
	if got := p.Attempts(); !slices.Equal([]string{got[0].Behaviour, got[1].Behaviour}, []string{"wait at a gate", "deliver"}) {
		t.Errorf("attempts are %+v", got)
	}
}
