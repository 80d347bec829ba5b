package engage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"time"

	"github.com/engage-interactions/engage/internal/feed"
	"github.com/engage-interactions/engage/internal/jobs"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/schema"
	"github.com/engage-interactions/engage/store"
)

// DefaultTenant is the tenant of an Engine whose options name none.
const DefaultTenant = "default"

// Options of an Engine. The zero value, and nil, are useful.
type Options struct {
	// Tenant is whose data the Engine works on: 1 to 512 bytes of UTF-8 without
	// NUL. Tenants that share a store see nothing of each other.
	Tenant string
	// Schema says how strictly definitions and payloads are treated, and their
	// limits; schema.VoyadoLimits is a preset.
	Schema schema.Options
	// Authorize guards every call. Nil allows everything but this: only the system takes, assigns or
	// ends what another agent owns, or answers their reservations; and customers only read, write
	// and record.
	Authorize Authorize
	// AccountSID is the account of the platform that what routing keeps is said to belong
	// to: AC and 32 hexadecimal digits. Empty: one that stands for the tenant.
	AccountSID string
	// NewContact is asked when an interaction is recorded for a contact that is
	// not known yet; an error refuses it. It may be asked several times for one
	// call. Others who record for the contact wait for its answer, so it should be
	// quick, and it must not call the Engine. Nil welcomes everybody.
	NewContact func(ctx context.Context, contactID string) error
	// Platforms are the outside world, by the type of source. A content for a source
	// whose type has none waits until a process runs that has it. InApp is one for
	// sources that have no outside world.
	Platforms map[string]Platform
	// OwnerExists says whether the host still knows an agent or a bot. It is asked about
	// those who are to own an intervention, or to take part in it; and about the owner
	// of one
	//
	//   - in which the customer writes, while it is open, deferred or closed, which
	//     Threads.Receive asks once per content, and about no other content;
	//   - that falls due, is resumed or reopened, or is open in a thread that is reopened,
	//     of which the hundred that were opened last are asked about;
	//   - that somebody else would take from them, who may not otherwise (see
	//     Interventions.Assign), close, or engage in.
	//
	// An owner who is gone loses it by the first two, so that somebody else engages, and
	// does not stand in the way of the third: of agents, for a bot engages only where nobody
	// has one, but may be assigned. Of the first two an error counts as there
	// still, and is logged; else it comes back. It may be asked several times for one
	// call, should be quick, and must not call the Engine. Nil: everybody exists who has
	// an ID.
	OwnerExists func(ctx context.Context, owner Actor) (bool, error)
	// Clock tells the time. It must be safe for concurrent use. Default: the
	// clock of the machine.
	Clock func() time.Time
	// NewID mints IDs that are never used again: 1 to 128 bytes of printable
	// ASCII, and such that later ones are greater, which is what "received
	// order" means. Events are in the order of their positions; between several
	// processes that of their IDs may differ. It must be safe for concurrent
	// use. Default: monotonic ULIDs.
	NewID func() string
	// Logger is told of what nobody is there to receive as an error: an event handler that
	// fails, jobs that wait for a platform which Platforms lacks, or for anybody to call Run.
	// A program that is being written should have one, such as slog.Default(). Default:
	// nothing is logged.
	Logger *slog.Logger
	// Consumers sets how the consumers of events work.
	Consumers ConsumerOptions
	// Jobs sets how Run and RunDue work.
	Jobs JobOptions
}

// JobOptions set how Engine.Run and Engine.RunDue work. Zero fields have the defaults.
// New refuses, with ErrInvalid, what can never work: a Timeout, Lease or Poll that is not
// from 1 ms to 365 days, a MaxClockSkew that is not from 0 to 365 days, negative numbers.
type JobOptions struct {
	// Timeout is how long one attempt may take, such as one Platform.Send. What is done
	// in the store only (a timer, a step of a task, the claim of an attempt, what is read
	// for it, the commit of its answer) gets 30 s at least. Default 30 s.
	Timeout time.Duration
	// Lease is how long an attempt belongs to a process that does not end it. Nine tenths
	// of it, from when the attempt is claimed, bound a Send, too: one that is shorter than
	// a claim takes to be committed delivers nothing, and one that is longer only keeps
	// others waiting if the process dies. Default: Timeout and 10 s.
	Lease time.Duration
	// MaxClockSkew is by how much the clocks of processes may differ. What a process
	// that died was at is taken over only that long after the lease. All processes
	// should have the same. Default 5 s.
	//
	// If all clocks are put back by more, nothing that is under way is disturbed. What a
	// process that died was at then is taken over after the lease and MaxClockSkew, too,
	// counted without a clock from when an Engine first looks: one that lives as long, or
	// else when the clocks have come there again. If clocks differ by more, or are put
	// forward by more than is left of a lease, a process that is at work may be taken for dead.
	//
	// What waits for a time waits until the clocks have come there again: a timer, and also
	// the next try of a delivery that has failed, those behind it in its thread, and the
	// first look at a task that was interrupted. Jobs.Retry brings the delivery at once,
	// and whoever calls for the task again goes on with it.
	MaxClockSkew time.Duration
	// Poll is how often to look for the jobs of other processes, or of another
	// Engine that was made with New. Default 500 ms.
	Poll time.Duration
	// Tries is how many attempts a job gets before it fails. A delivery with a key gets one
	// more if its process dies in the last. Default 6.
	Tries int
	// Backoff is the time between the n-th attempt, n = 1, 2, …, and the next.
	// Default: 32 s, 4 min, 17 min, 52 min, 2 h, as Engage Digital spaces the retries
	// of its webhooks. If it panics, the default counts.
	Backoff func(n int) time.Duration
	// Concurrency is how many jobs of one type, and deliveries to the sources of one
	// type, a process does at a time, so that none waits for those of another. With 1,
	// RunDue does one job at a time, always in the same order. Default 8.
	Concurrency int
}

// ConsumerOptions set how Events.Consume works. Zero fields have the defaults.
type ConsumerOptions struct {
	// Lease is how long a consumer belongs to a process that does not renew it.
	// Default 30 s.
	Lease time.Duration
	// MaxClockSkew is by how much the clocks of processes may differ. A lease is
	// taken over only that long after its end. All processes should have the same.
	// Default 5 s.
	//
	// If all clocks are put back by more, who consumes is not disturbed. The consumer of a
	// process that died before, or whose own clock was ahead, is taken over, too, can be
	// forgotten, and is no longer Active: for each Engine when Lease and twice MaxClockSkew
	// have gone by, counted without a clock, since that has first looked, by Consume,
	// Consumers, Register or Forget. If clocks differ by more, or are put forward by more
	// than is left of a lease, another process may begin while one is at work. The context
	// of that one's handler ends when it would renew its lease, which it does after each
	// third of it; if the store is away, after nine tenths.
	MaxClockSkew time.Duration
	// Poll is how often to look for events of other processes, or of another
	// Engine that was made with New. Those of this Engine, whoever it acts for,
	// are seen at once. Default 500 ms.
	Poll time.Duration
	// Backoff is the pause before a handler that failed n+1 times is called
	// again. Default: 100 ms · 2ⁿ, at most 30 s.
	Backoff func(n int) time.Duration
	// Abandoned is how long a consumer may stay away before Events.Trim drops it.
	// Default 30 days.
	Abandoned time.Duration
}

// options returns the same for internal/jobs, without those that all of the Engine shares.
func (o JobOptions) options() jobs.Options {
	return jobs.Options{
		Timeout: o.Timeout, Lease: o.Lease, Skew: o.MaxClockSkew, Poll: o.Poll,
		Tries: o.Tries, Backoff: o.Backoff, Concurrency: o.Concurrency,
	}
}

// Engine keeps the customer engagement of one tenant in a store. What it can do is in
// its fields: those of [Services], and [Events]. It is safe for concurrent use; so are several Engines on one
// store, in one or in several processes.
//
// An Engine holds nothing that must be released: to end it, end the contexts of
// its calls and close the store.
type Engine struct {
	Services

	// Events reads the log of what happened, and hands it to consumers.
	Events Events

	core  *core
	actor Actor
}

// Services are what an Engine and a Work both offer: eng.Schemas, work.Schemas and so
// on.
type Services struct {
	// Schemas declares the schemas that interactions follow.
	Schemas Schemas
	// Interactions records what contacts did.
	Interactions Interactions
	// Quarantine keeps what was rejected.
	Quarantine Quarantine
	// Triggers waits for a contact's first interaction with some value.
	Triggers Triggers
	// Segments finds contacts by what they did.
	Segments Segments

	// Sources declares where conversations come from.
	Sources Sources
	// Identities are the accounts of customers.
	Identities Identities
	// Contacts are the persons behind identities and interactions.
	Contacts Contacts
	// Categories are what threads and interventions are sorted into.
	Categories Categories
	// Threads keeps the conversations.
	Threads Threads
	// Contents keeps what was said in them, and posts what the company says.
	Contents Contents
	// Interventions is how agents and bots answer.
	Interventions Interventions
	// Control says who may write to the customer.
	Control Control

	// Flex keeps interactions: conversations that are routed to agents.
	Flex Flex
	// Tasks are what is routed, and Reservations their offers to workers.
	Tasks        Tasks
	Reservations Reservations
	// Workers are who does tasks.
	Workers Workers
	// Workspaces, and what is in them, say how tasks are routed.
	Workspaces   Workspaces
	Activities   Activities
	TaskChannels TaskChannels
	Queues       Queues
	Workflows    Workflows

	// Jobs is what is to happen later or outside.
	Jobs Jobs
}

// core is what all Engines share that come from one New.
type core struct {
	opts   Options
	runner *work.Runner
	feed   *feed.Feed
	jobs   *jobs.Jobs

	compiled       compiledSchemas
	categories     latestCategories
	configurations configurationCache
	workspaces     settings[storedWorkspace]
	queues         settings[storedQueue]
	workflows      settings[storedWorkflow]
	crews          settings[storedCrews]
}

// New returns an Engine on the store, acting for the system, and prepares the
// store for it. The store stays the caller's to close.
//
// Data that an earlier version has written is brought up to date first, which takes long
// where there is much; if ctx ends meanwhile, the next New goes on with it. The error wraps
// ErrOutdated if a later version has written the tenant's data. See docs/upgrading.md.
func New(ctx context.Context, st store.Store, opts *Options) (*Engine, error) {
	if st == nil {
		return nil, invalid("store", "is nil: memory.New and sqlite.Open make one")
	}
	c := &core{compiled: newCompiledSchemas()}
	if opts != nil {
		c.opts = *opts
	}
	c.opts.Platforms = maps.Clone(c.opts.Platforms) // the host may go on with its map
	if c.opts.Tenant == "" {
		c.opts.Tenant = DefaultTenant
	}
	if c.opts.Clock == nil {
		c.opts.Clock = wallClock
	}
	if c.opts.NewID == nil {
		c.opts.NewID = newULIDs(c.opts.Clock).next
	}
	if c.opts.Logger == nil {
		c.opts.Logger = slog.New(slog.DiscardHandler)
	}
	if err := c.opts.check(); err != nil {
		return nil, err
	}
	c.runner = work.NewRunner(st, work.Options{
		Tenant:    c.opts.Tenant,
		NewID:     c.opts.NewID,
		Committed: func() { c.feed.Wake(); c.jobs.Wake() },
		Moved:     c.formatsMoved,
	})
	c.feed = feed.New(c.runner, feed.Options{
		Clock:     c.opts.Clock,
		Lease:     c.opts.Consumers.Lease,
		Skew:      c.opts.Consumers.MaxClockSkew,
		Poll:      c.opts.Consumers.Poll,
		Backoff:   c.opts.Consumers.Backoff,
		Abandoned: c.opts.Consumers.Abandoned,
		OnDrop:    c.consumerDropped,
		Logger:    c.opts.Logger,
	})
	doing := c.opts.Jobs.options()
	doing.Clock, doing.Logger = c.opts.Clock, c.opts.Logger
	c.jobs = jobs.New(c.runner, doing)
	c.registerDeliveries()
	c.registerControl()
	c.registerEchoes()
	c.registerTimers()
	c.registerTasks()
	c.registerRouting()
	if err := st.Prepare(ctx, work.Kinds(keptTables())...); err != nil {
		return nil, fmt.Errorf("preparing the store: %w", err)
	}
	if err := c.bringUpToDate(ctx); err != nil {
		return nil, fmt.Errorf("bringing the data up to date: %w", err)
	}
	return c.engine(System()), nil
}

// check refuses options that can never work.
func (o Options) check() error {
	if _, err := store.EventsFrom(o.Tenant, 0, 0); err != nil {
		return &InvalidError{Field: "Options.Tenant", Err: err}
	}
	for field, d := range map[string]time.Duration{
		"Consumers.Lease":        o.Consumers.Lease,
		"Consumers.MaxClockSkew": o.Consumers.MaxClockSkew,
		"Consumers.Poll":         o.Consumers.Poll,
		"Consumers.Abandoned":    o.Consumers.Abandoned,
	} {
		if d < 0 {
			return invalid("Options."+field, "is negative")
		}
	}
	if wrong, ok := errors.AsType[*jobs.OptionError](o.Jobs.options().Check()); ok {
		if wrong.Option == "Skew" {
			wrong.Option = "MaxClockSkew"
		}
		return invalid("Options.Jobs."+wrong.Option, wrong.Reason)
	}
	if o.AccountSID != "" && !routing.PrefixAccount.Valid(o.AccountSID) {
		return invalid("Options.AccountSID", "must be a SID: AC and 32 hexadecimal digits")
	}
	if o.Schema.Limits.Properties > maxProperties {
		return invalid("Options.Schema.Limits.Properties", "is more than 1,000, so that all that an interaction comes to fits into a commit")
	}
	if o.Schema.Limits.PayloadBytes > maxPayload {
		return invalid("Options.Schema.Limits.PayloadBytes", "is more than 4 MiB, so that a payload and its raw bytes fit into a record")
	}
	return nil
}

// maxProperties is the most that may be allowed for the properties of a schema. Each
// may be a value to count for segments.
const maxProperties = 1_000

// maxPayload is the most that may be allowed for a payload. Together with its raw
// bytes in base64, it must fit into the value of a record.
const maxPayload = 4 << 20

func (c *core) engine(actor Actor) *Engine {
	s := scope{core: c, actor: actor}
	return &Engine{Services: s.services(), Events: Events{s}, core: c, actor: actor}
}

// As returns the same Engine acting for somebody else; the zero Actor is the system, as is who
// has not called As. What the system posts is no reply: the customer still waits for one. It
// costs next to nothing. The calls of one who cannot act give ErrInvalid: who has no type,
// or is an agent, a bot or a customer without an ID.
func (e *Engine) As(actor Actor) *Engine { return e.core.engine(orSystem(actor)) }

// Actor returns who the Engine acts for.
func (e *Engine) Actor() Actor { return e.actor }

// Tenant returns the tenant whose data the Engine works on.
func (e *Engine) Tenant() string { return e.core.opts.Tenant }

// Now returns the time that it is for the Engine, that of Options.Clock: what is shown of a
// task's age is as of then.
func (e *Engine) Now() time.Time { return e.core.opts.Clock() }
