package messengertest

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// The inboxes in which people answer for a page, as apps.
const (
	PageInbox      = "263902037430900"
	InstagramInbox = "1217981644879628"
)

// Times of control.
const (
	// IdleAfter is after how long without activity a conversation is idle.
	IdleAfter = 24 * time.Hour
	// MaxExtension is for how long control can be extended.
	MaxExtension = 7 * 24 * time.Hour
)

// Messenger is a simulated Messenger: an [http.Handler] that is the Graph API of its
// pages. It is safe for concurrent use.
type Messenger struct {
	clock  func() time.Time
	closed chan struct{}
	calls  sync.WaitGroup

	mu       sync.Mutex
	pages    map[string]*Page
	tokens   map[string]*App
	pending  []Hook
	hooks    int // webhooks made
	messages int // messages made
	orders   []order
	called   []Called
	shut     bool
}

// New returns a Messenger without pages, on which it is the time of that clock. Nil: it
// is always noon of 1 May 2026.
func New(clock func() time.Time) *Messenger {
	if clock == nil {
		noon := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		clock = func() time.Time { return noon }
	}
	return &Messenger{clock: clock, closed: make(chan struct{}), pages: map[string]*Page{}, tokens: map[string]*App{}}
}

// Close ends what hangs or is held, and waits for the calls under way.
func (m *Messenger) Close() {
	m.mu.Lock()
	if !m.shut {
		m.shut = true
		close(m.closed)
	}
	m.mu.Unlock()
	m.calls.Wait()
}

// Page is a page of a company, to which customers write.
type Page struct {
	ID string

	m          *Messenger
	generation Generation
	lead       string
	apps       []*App
	threads    map[string]*thread
}

// Page makes a page, whose apps share conversations by the rules of that generation.
func (m *Messenger) Page(id string, by Generation) *Page {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := &Page{ID: id, m: m, generation: by, threads: map[string]*thread{}}
	m.pages[id] = p
	return p
}

// App connects an app with the page. Its secret is "secret of " and its ID. Where the
// generation has a primary or default app, the first app is that.
func (p *Page) App(id string, options ...AppOption) *App {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	a := &App{ID: id, Secret: "secret of " + id, Token: "token-" + p.ID + "-" + id, page: p}
	for _, o := range options {
		o(a)
	}
	p.apps = append(p.apps, a)
	p.m.tokens[a.Token] = a
	if p.lead == "" && p.generation.leads() {
		p.lead = id
	}
	return a
}

// Lead makes an app the primary or default one. Under the handover protocol all apps are
// told of their roles. It panics where the generation has no such app.
func (p *Page) Lead(a *App) {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	if !p.generation.leads() {
		panic("messengertest: " + string(p.generation) + " has none that leads")
	}
	p.lead = a.ID
	if p.generation.routes() {
		return
	}
	for _, to := range p.apps {
		role := "secondary_receiver"
		if to.ID == p.lead {
			role = "primary_receiver"
		}
		p.m.queue(to, "messaging_handovers", "app_roles", "", map[string]any{"app_roles": map[string][]string{to.ID: {role}}})
	}
}

// app returns the app of that ID, which may be an inbox; nil if the page has none.
func (p *Page) app(id string) *App {
	i := slices.IndexFunc(p.apps, func(a *App) bool { return a.ID == id })
	switch {
	case i >= 0:
		return p.apps[i]
	case id == PageInbox || id == InstagramInbox:
		return &App{ID: id, page: p} // nobody listens there
	}
	return nil
}

// thread is the conversation with one customer.
type thread struct {
	psid     string
	owner    string // "": it is idle
	expires  time.Time
	messages []Message
}

// Message is what stands in a conversation.
type Message struct {
	MID string
	// App is the app that wrote it; empty if the customer did.
	App  string
	Text string
	// File is the URL of what is attached, and Kind is image, audio, video or file.
	File, Kind string
	Metadata   string
	At         time.Time
}

// now returns the conversation as it is now: control ends by itself.
func (t *thread) now(at time.Time) *thread {
	if t.owner != "" && !at.Before(t.expires) {
		t.owner = ""
	}
	return t
}

// give gives control to an app; any change of it lasts a day.
func (t *thread) give(app string, at time.Time) { t.owner, t.expires = app, at.Add(IdleAfter) }

// active keeps control for a day more.
func (t *thread) active(at time.Time) {
	if until := at.Add(IdleAfter); until.After(t.expires) {
		t.expires = until
	}
}

// Owner returns the ID of the app that has control of the conversation with a customer;
// empty if it is idle.
func (p *Page) Owner(psid string) string {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	if t := p.threads[psid]; t != nil {
		return t.now(p.m.clock()).owner
	}
	return ""
}

// SetOwner puts control where a test wants it, without telling anybody: the ID of an app,
// or "" for nobody.
func (p *Page) SetOwner(psid, app string) {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	p.thread(psid).give(app, p.m.clock())
}

// thread returns the conversation with a customer, who may be new.
func (p *Page) thread(psid string) *thread {
	if p.threads[psid] == nil {
		p.threads[psid] = &thread{psid: psid}
	}
	return p.threads[psid].now(p.m.clock())
}

// Customer returns somebody who may write to the page.
func (p *Page) Customer(psid string) Customer { return Customer{PSID: psid, page: p} }

// Customer is somebody who writes to a page.
type Customer struct {
	PSID string
	page *Page
}

// Writes writes to the page, and returns what Messenger calls the message. If nobody has
// control, the primary or default app gets it.
func (c Customer) Writes(text string) (mid string) {
	p := c.page
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	t, at := p.thread(c.PSID), p.m.clock()
	switch {
	case t.owner == "" && p.lead != "":
		t.give(p.lead, at)
	case t.owner != "":
		t.active(at)
	}
	message := Message{MID: p.m.mid(), Text: text, At: at}
	t.messages = append(t.messages, message)
	p.broadcast(t, "message", map[string]any{"mid": message.MID, "text": text})
	return message.MID
}

// Reads returns what stands in the conversation, in order.
func (c Customer) Reads() []Message {
	c.page.m.mu.Lock()
	defer c.page.m.mu.Unlock()
	return slices.Clone(c.page.thread(c.PSID).messages)
}

// Replies is somebody who answers a customer in the page's inbox: that takes control.
func (p *Page) Replies(psid, text string) (mid string) {
	p.m.mu.Lock()
	defer p.m.mu.Unlock()
	t := p.thread(psid)
	p.take(t, PageInbox, "")
	return p.say(t, Message{App: PageInbox, Text: text})
}

// mid returns a new name for a message.
func (m *Messenger) mid() string {
	m.messages++
	return fmt.Sprintf("m_%d", m.messages)
}
