package engage_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/storetest"
)

// misfortune is one combination of what is under way and what goes wrong with it.
type misfortune struct {
	under string // what is under way
	goes  string // what goes wrong with it
	asks  string // what the platform says when it is asked who has control
	tells string // when it tells of changes by itself
	then  string // what somebody does meanwhile
	when  string // and when
}

func (m misfortune) String() string {
	return fmt.Sprintf("%s %s, asked it %s, it %s, %s %s", m.under, m.goes, m.asks, m.tells, m.then, m.when)
}

// underWays are what can be under way: how it begins.
var underWays = map[string]struct {
	settings handover.Settings
	verb     handover.VerbKind
	begins   func(u *unlucky) error
}{
	"a pass":    {handover.Settings{Primary: handover.Agent}, handover.VerbPass, func(u *unlucky) error { return u.handsOver(handover.Bot, false) }},
	"a take":    {handover.Settings{Primary: handover.Agent}, handover.VerbTake, passedThenEngages},
	"a request": {handover.Settings{Primary: handover.Bot, BotApp: "bot"}, handover.VerbRequest, engagesAndPosts},
	"a request, else a take": {
		handover.Settings{Primary: handover.Bot, BotApp: "bot", MayTake: true, Fallback: handover.TakeOver}, handover.VerbRequest, engagesAndPosts,
	},
	"a claim": {handover.Settings{}, handover.VerbRequest, engagesAndPosts},
	"a release": {handover.Settings{Primary: handover.Agent}, handover.VerbRelease, func(u *unlucky) error {
		err := engagesAndPosts(u)
		u.after(time.Minute)
		u.ends()
		return err
	}},
}

func engagesAndPosts(u *unlucky) error { return errors.Join(u.engage(), u.post("one")) }

func passedThenEngages(u *unlucky) error {
	if err := u.handsOver(handover.Bot, false); err != nil {
		return err
	}
	u.after(time.Minute)
	return engagesAndPosts(u)
}

var errLine = errors.New("no line")

// glitches are what goes wrong with a verb, each time until the platform is well again.
var glitches = map[string][]glitch{
	"is done":                                   nil,
	"is done, and the answer lost":              {{err: engage.ErrUnknownOutcome}},
	"is lost":                                   {{lost: true, err: engage.ErrUnknownOutcome}},
	"is lost again and again":                   {{lost: true, err: http.ErrHandlerTimeout}, {lost: true}, {lost: true}, {lost: true}, {lost: true}},
	"hangs, and is never done":                  {{lost: true}},
	"hangs, and is done":                        {{answers: longAgo}},
	"hangs, deaf, and is never done":            {{lost: true, deaf: true, answers: longAgo, err: errLine}},
	"hangs, deaf, and is done":                  {{deaf: true, answers: longAgo}},
	"hangs, and is done before the deadline":    {{lands: 20 * time.Second, answers: 25 * time.Second}},
	"hangs, and is done then, deaf":             {{deaf: true, lands: 20 * time.Second, answers: 45 * time.Second}},
	"is done after the deadline, and answered":  {{deaf: true, lands: 90 * time.Second}},
	"is done after the deadline, answered late": {{deaf: true, lands: 90 * time.Second, answers: 5 * time.Minute}},
	"is done after the deadline, not answered":  {{lands: 90 * time.Second}},
	"is done an hour later, and answered":       {{deaf: true, lands: time.Hour}},
	"is not told at first":                      {{lost: true, err: errLine}, {lost: true, err: errLine}},
	"is not told for long":                      {{lost: true, err: engage.RetryAfter(errLine, 20*time.Minute)}},
	"cannot be told":                            forLong(glitch{lost: true, err: errLine}),
	"is not told, as is known late":             {{lost: true, err: errLine}, {lost: true, answers: 29 * time.Second, err: errLine}, {lost: true, answers: 29 * time.Second, err: errLine}, {lost: true, answers: 29 * time.Second, err: errLine}},
	"is refused":                                {{lost: true, err: errNo}},
	"is refused each time":                      forLong(glitch{lost: true, err: errNo}),
	"panics":                                    {{panics: true}},
}

func forLong(g glitch) []glitch {
	all := make([]glitch, 100)
	for i := range all {
		all[i] = g
	}
	return all
}

// questions are what the platform says when it is asked.
var questions = map[string][]glitch{
	"answers":          nil,
	"fails at first":   {{err: errLine}, {err: errLine}, {}},
	"fails":            {{err: errLine}},
	"does not support": {{err: errors.ErrUnsupported}},
	"hangs":            {{lost: true}},
	"hangs, deaf":      {{lost: true, deaf: true, answers: time.Hour, err: errLine}, {}},
	"answers late":     {{answers: 20 * time.Second}},
}

var tellings = map[string]time.Duration{"says nothing": never, "tells at once": 0, "tells later": 10 * time.Second, "tells too late": 3 * time.Minute}

var thens = map[string]func(u *unlucky) error{
	"and nobody does anything":  func(*unlucky) error { return nil },
	"and ann engages":           func(u *unlucky) error { return u.engage() },
	"and ann engages and posts": engagesAndPosts,
	"and it ends":               func(u *unlucky) error { u.ends(); return nil },
	"and the bot is to have it": func(u *unlucky) error { return u.handsOver(handover.Bot, true) },
	"and agents are to have it": func(u *unlucky) error { return u.handsOver(handover.Agent, false) },
	"and the customer writes":   func(u *unlucky) error { u.customerWrites(); return nil },
	"and another app takes it":  func(u *unlucky) error { u.wire.moves(another); return nil },
	"and the bot takes it":      func(u *unlucky) error { u.wire.moves(theBot); return nil },
	"and the bot passes it":     func(u *unlucky) error { u.wire.moves(ours); return nil },
}

var whens = map[string]time.Duration{"at once": 0, "soon": 5 * time.Second, "past the deadline": 65 * time.Second, "later": 10 * time.Minute}

// misfortunes are all of them.
func misfortunes() (all []misfortune) {
	for under := range underWays {
		for goes := range glitches {
			for asks := range questions {
				for tells := range tellings {
					for then := range thens {
						for when := range whens {
							all = append(all, misfortune{under, goes, asks, tells, then, when})
						}
					}
				}
			}
		}
	}
	return all
}

func (m misfortune) befalls(t *testing.T) {
	t.Helper()
	under := underWays[m.under]
	settings := under.settings
	settings.NoOwner = m.asks == "does not support"
	u := luck(t, settings)
	u.wire.mu.Lock()
	u.wire.plan[under.verb], u.wire.asked, u.wire.reports = append([]glitch(nil), glitches[m.goes]...), append([]glitch(nil), questions[m.asks]...), tellings[m.tells]
	u.wire.mu.Unlock()
	if err := under.begins(u); err != nil {
		t.Fatal(err)
	}
	u.after(whens[m.when])
	u.check()
	if err := thens[m.then](u); err != nil && !errors.Is(err, engage.ErrRefused) {
		t.Errorf("%s: %v", m.then, err)
	}
	synctest.Wait()
	u.check()
	for range 4 {
		u.after(30 * time.Second)
		u.check()
	}
	u.after(6 * time.Hour)
	u.rests()
	u.goesOn()
	u.after(longAgo) // until the deaf have ended
}

// Whatever goes wrong with a verb, and whatever is done meanwhile: no pass is decided, told
// or completed while anybody is engaged, contents that wait are sent once or fail for all
// to see, what is under way comes to its end, and no conversation is stuck.
func TestWhateverGoesWrongWithAVerb(t *testing.T) {
	t.Parallel()
	all := misfortunes()
	random := storetest.Seed(t)
	random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	few := 120 * storetest.Effort(t)
	if testing.Short() {
		few /= 4
	}
	for _, m := range all[:min(few, len(all))] {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, m.befalls)
		})
	}
}
