package engage_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/messenger/messengertest"
	"github.com/engage-interactions/engage/storetest"
)

// killing is a company whose process is killed again and again, while Messenger, the bot and
// the customers live on.
type killing struct {
	t      *testing.T
	errand errand
	world  *messengertest.Messenger
	page   *messengertest.Page
	eng    *engage.Engine // of this process, which looks on
	ahead  *aheadClock
	random *rand.Rand
	own    string // where this process takes webhooks

	mu    sync.Mutex
	child *exec.Cmd
	hook  string // where the child takes webhooks; empty while there is none
	calls int    // that Messenger is still to get before the child is killed; <= 0: it is not
	late  bool   // it is killed behind that call, not before it
}

// ServeHTTP is the way to Messenger. It is where the child is killed: before or behind a
// call, or a little later.
func (k *killing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	k.calls--
	now, late := k.calls == 0, k.late
	k.mu.Unlock()
	if strings.HasSuffix(r.URL.Path, string(messengertest.Pass)) {
		k.mayPass(r)
	}
	if now && !late {
		k.kill()
	}
	k.world.ServeHTTP(w, r)
	if now && late {
		k.kill()
	}
}

// kill kills the child, after some draws of a lottery.
func (k *killing) kill() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for range k.random.IntN(2_000_000) {
		k.random.Uint64()
	}
	if k.child != nil {
		_ = k.child.Process.Kill()
	}
	k.hook = ""
}

// mayPass checks that nobody is engaged with the customer while Messenger is told to pass
// control to the bot.
func (k *killing) mayPass(r *http.Request) {
	var told struct {
		Recipient struct {
			ID string `json:"id"`
		} `json:"recipient"`
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &told)
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if err != nil || !strings.Contains(r.URL.RawQuery+r.Header.Get("Authorization")+string(body), k.errand.Token) {
		return // it is the bot, which passes control to us
	}
	ctx := context.Background()
	thread, live, err := newest(ctx, k.eng, told.Recipient.ID)
	if err != nil {
		k.t.Errorf("what is engaged cannot be read: %v", err)
		return
	}
	c, err := k.eng.Control.Get(ctx, "page", thread.IdentityID)
	if err != nil {
		k.t.Errorf("who has control cannot be read: %v", err)
		return
	}
	if live != "" && c.Verb != nil && c.Verb.Kind == handover.VerbPass && c.Verb.Stage == handover.StageSent && k.ahead.read().Before(c.Verb.Deadline) {
		k.t.Errorf("control passes to the bot while %s is engaged with %s: %+v", live, told.Recipient.ID, c.Verb)
	}
}

// live runs a child until it is killed.
func (k *killing) live() {
	k.t.Helper()
	binary := must(os.Executable())(k.t)
	k.errand.Seed = k.random.Uint64()
	text := must(json.Marshal(k.errand))(k.t)
	cmd := exec.CommandContext(k.t.Context(), binary, "-test.run=^TestControlErrand$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), controlErrand+"="+string(text))
	cmd.Stderr, cmd.WaitDelay = os.Stderr, 10*time.Second
	stdin := must(cmd.StdinPipe())(k.t) // which ends when this process does, by which the child knows
	defer stdin.Close()                 //nolint:errcheck // Wait has closed it
	stdout := must(cmd.StdoutPipe())(k.t)
	if err := cmd.Start(); err != nil {
		k.t.Fatal(err)
	}
	k.mu.Lock()
	k.child, k.calls, k.late = cmd, 1+k.random.IntN(40), k.random.IntN(2) == 0
	k.mu.Unlock()
	ctx, stop := context.WithCancel(k.t.Context())
	var outside sync.WaitGroup
	outside.Go(func() { // Messenger tells, and customers write
		for n := 0; ctx.Err() == nil; n++ {
			if k.world.Deliver(ctx) == 0 {
				select {
				case <-ctx.Done():
				case <-time.After(time.Millisecond):
				}
			}
			if n%20 == 0 {
				k.page.Customer(killedCustomers()[n/20%2]).Writes("hello")
			}
		}
	})
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		switch word, rest, _ := strings.Cut(lines.Text(), " "); word {
		case "listens":
			k.mu.Lock()
			k.hook = "http://" + rest
			k.mu.Unlock()
		case "failed":
			k.t.Error(rest)
		case "FAIL", "---", "panic:":
			k.t.Error(lines.Text())
		}
	}
	stop()
	outside.Wait()
	_ = cmd.Wait()
	k.mu.Lock()
	k.child, k.hook, k.calls = nil, "", 0
	k.mu.Unlock()
}

// forward brings a webhook to the child, if it lives.
func (k *killing) forward(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	hook := k.hook
	k.mu.Unlock()
	request, err := http.NewRequestWithContext(r.Context(), r.Method, hook, r.Body)
	if hook == "" || err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	request.Header = r.Header
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	_ = answer.Body.Close()
	w.WriteHeader(answer.StatusCode)
}

// A process that is killed at random, again and again, leaves no mess: no pass was decided,
// told or completed while anybody was engaged, nothing was sent twice, and in the end nothing
// is under way any more, and who has control here has it on Messenger.
func TestControlOutlivesKills(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it starts processes, which takes seconds")
	}
	for name, settings := range map[string]handover.Settings{
		"agents first": {Primary: handover.Agent, BotApp: "bot", RequestTimeout: 2, VerbTimeout: 2},
		"a bot first":  {Primary: handover.Bot, BotApp: "bot", RequestTimeout: 2, VerbTimeout: 2},
		"none first":   {BotApp: "bot", RequestTimeout: 2, VerbTimeout: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := beginKilling(t, settings)
			for range 4 * storetest.Effort(t) {
				k.live()
			}
			k.settles()
			k.judge()
		})
	}
}

// beginKilling makes the company, and its world.
func beginKilling(t *testing.T, settings handover.Settings) *killing {
	t.Helper()
	clock := &aheadClock{}
	k := &killing{t: t, random: storetest.Seed(t), world: messengertest.New(clock.read), ahead: clock}
	t.Cleanup(k.world.Close)
	by := messengertest.HandoverPrimary
	if settings.Primary == "" {
		by = messengertest.Handover
	}
	k.page = k.world.Page("page", by)
	var desk *messengertest.App
	if settings.Primary == handover.Agent {
		desk = k.page.App("desk")
	}
	k.page.App("bot").Bot()
	if desk == nil {
		desk = k.page.App("desk")
	}
	desk.Subscribe(http.HandlerFunc(k.forward))
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	k.errand = errand{Path: filepath.Join(t.TempDir(), "engage.db"), Graph: server.URL + "/v25.0", AppID: desk.ID, Secret: desk.Secret, Token: desk.Token}
	eng, st, err := k.errand.engine(t.Context(), clock.read)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	k.eng = eng
	must(eng.Sources.Create(t.Context(), interaction.Source{ID: "page", Type: "page", Active: true}))(t)
	if err := eng.Control.Configure(t.Context(), "page", settings); err != nil {
		t.Fatal(err)
	}
	hook := httptest.NewServer(must(k.errand.webhook(eng))(t))
	t.Cleanup(hook.Close)
	k.own = hook.URL
	k.hook = hook.URL
	for _, name := range killedCustomers() {
		k.page.Customer(name).Writes("hello")
	}
	k.world.Deliver(t.Context())
	return k
}

// aheadClock is a clock that can be put ahead.
type aheadClock struct {
	mu sync.Mutex
	by time.Duration
}

func (c *aheadClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by) //nolint:forbidigo // the processes that are killed have no other
}

// settles lets this process bring to its end what the killed have left, as the next one
// would.
func (k *killing) settles() {
	k.t.Helper()
	ctx := k.t.Context()
	k.mu.Lock()
	k.hook = k.own
	k.mu.Unlock()
	for range 60 {
		k.ahead.pass(10 * time.Second)
		must(k.eng.RunDue(ctx))(k.t)
		k.world.Deliver(ctx)
		for _, j := range must(k.eng.Jobs.List(ctx, engage.JobFilter{State: engage.JobUncertain, Limit: 1000}))(k.t).Items {
			k.look(ctx, j) // for of what was sent, the echo has come by now
		}
	}
}

func (c *aheadClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += d
}

// look settles a delivery of which nobody knows, by what the customer sees, as a person
// would.
func (k *killing) look(ctx context.Context, j engage.Job) {
	k.t.Helper()
	var data struct {
		ContentID string `json:"content_id"`
	}
	if err := json.Unmarshal(j.Data, &data); err != nil || data.ContentID == "" {
		k.t.Errorf("an uncertain job %s: %s", j.Type, j.Data)
		return
	}
	if k.sent()[data.ContentID] > 0 {
		k.t.Errorf("content %s was sent, and the echo is not known for it", data.ContentID)
	}
	if err := k.eng.Jobs.Settle(ctx, j.ID, engage.Settlement{}); err != nil {
		k.t.Error(err)
	}
}

// sent returns how often each content was sent.
func (k *killing) sent() map[string]int {
	sent := map[string]int{}
	for _, name := range killedCustomers() {
		for _, m := range k.page.Customer(name).Reads() {
			if m.App == k.errand.AppID {
				sent[m.Metadata]++
			}
		}
	}
	return sent
}

// judge checks what is there in the end.
func (k *killing) judge() {
	k.t.Helper()
	ctx, t := k.t.Context(), k.t
	passes, sent, contents := passesChecked(t, k.eng), k.sent(), 0
	for _, thread := range must(k.eng.Threads.List(ctx, engage.ThreadFilter{Limit: 1000}))(t).Items {
		for next := ""; ; {
			page := must(k.eng.Contents.List(ctx, engage.ContentFilter{ThreadID: thread.ID, Limit: 1000, Continuation: next}))(t)
			for _, c := range page.Items {
				if c.Origin != interaction.FromAPI {
					continue
				}
				contents++
				status, times := c.Synchronization.Status, sent[c.ID]
				if status == interaction.SyncPending || times > 1 || (status == interaction.SyncSuccess) != (times == 1) {
					t.Errorf("content %s is %s, uncertain: %v, and was sent %d times: %s", c.ID, status, c.Uncertain, times, c.Synchronization.Error)
				}
			}
			if next = page.Continuation; next == "" {
				break
			}
		}
		identity := must(k.eng.Identities.Get(ctx, thread.IdentityID))(t)
		c := must(k.eng.Control.Get(ctx, "page", identity.ID))(t)
		owner := k.page.Owner(identity.ForeignID)
		app := map[handover.Owner]string{handover.Agent: k.errand.AppID, handover.Bot: "bot", handover.Idle: ""}[c.Owner]
		if c.Verb != nil || c.Held != 0 || c.Sending != 0 || owner != app || c.Uncertain {
			t.Errorf("%s: on Messenger %q has control, and here %+v, under way %+v", identity.ForeignID, owner, c, c.Verb)
		}
	}
	for _, j := range must(k.eng.Jobs.List(ctx, engage.JobFilter{Limit: 1000}))(t).Items {
		if j.Type != "control.inactive" && j.Type != "thread.time_out" && j.State != engage.JobFailed {
			t.Errorf("a job is left: %s, %s, due %v: %s %s", j.Type, j.State, j.Due, j.Data, j.Error)
		}
	}
	t.Logf("%d contents, %d passes that were decided here", contents, passes)
}
