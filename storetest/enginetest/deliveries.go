package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/platformtest"
	"github.com/engage-interactions/engage/store"
)

// deliveryKept is the invariant that nothing that was posted is lost.
const deliveryKept = "delivery-kept"

// What is said where the platforms do not just deliver it.
const (
	taboo  = "taboo"  // is never delivered
	rush   = "rush"   // is delivered at the third try
	mumble = "mumble" // is delivered, and the answer is lost
)

var (
	errTaboo = errors.New("enginetest: nobody may say that")
	errBusy  = errors.New("enginetest: too much to do")
	errNoEnd = errors.New("enginetest: the deliveries come to no end")
)

// deliveryRoom is engage.Jobs, and those engage.Contents that are posted.
func deliveryRoom() room {
	return room{
		name: "deliveries",
		prepare: func(ctx context.Context, s engage.Services, at *place) error {
			return answered(ctx, s, &at.talks.vic, false)
		},
		invariants: []Invariant{
			{ID: deliveryKept, Text: "What was posted must be delivered, or have failed, or have a job.", check: checkDeliveryKept},
			{ID: "delivery-order", Text: "A platform must be asked to deliver the contents of a thread in their order, one at a time.", check: checkDeliveryOrder},
			{ID: "delivery-once", Text: "A customer must see a content once if it was delivered, and never if it was not.", check: checkDeliveryOnce},
			{ID: "job-purpose", Text: "Every job must be there for something, and all that is to happen later must have a job.", check: checkJobPurpose},
		},
		// How often something was tried, by whom last, and what came of it; whether that
		// is still under way or its end is not known; and that this was told.
		fleeting: fleeting(
			`"due":"[^"]*" `, `"state":"(?:running|uncertain)"`, `,"synchronization_uncertain":true`, `,"keyed":true`,
			`,"attempts":\d+`, `,"error":"[^"]*"`, `,"synchronization_error":"[^"]*"`, `,"lease":\{[^}]*\}`, `,"over":"[^"]*"`, `,"last":"[^"]*"`,
			`event [^ ]* content\.export_uncertain.*`, `timeline_entry .*content\.export_uncertain.*`,
		),
		scenarios: []scenario{
			{
				name: "a reply is posted",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return post(ctx, eng.As(pat), at.talks.vic.replies("hello", at.name("hello")))
				},
			},
			{
				name: "what was posted is delivered", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return say(ctx, eng.As(pat), at, at.talks.vic, rush, "hello")
				},
			},
			{
				name: "what was posted is delivered without keys", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return say(ctx, eng, at, at.talks.moe, rush, "hello")
				},
			},
			{
				name: "an answer of the platform is lost", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return say(ctx, eng.As(pat), at, at.talks.vic, mumble)
				},
			},
			{
				name: "an answer of a platform without keys is lost", several: true,
				alone: "somebody looks what became of it, and settles it",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return say(ctx, eng, at, at.talks.moe, mumble)
				},
			},
			{
				name: "what the platform does not take fails", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return say(ctx, eng.As(pat), at, at.talks.vic, taboo)
				},
			},
			{
				name: "an echo tells that it was delivered", several: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					posted, err := eng.As(pat).Contents.Post(ctx, at.talks.vic.replies("hi", at.name("hi")))
					if err != nil {
						return err
					}
					in := says(chat, "vic", at.name("echo of hi"))
					in.Echo = &engage.Echo{Creator: pat, Key: posted.ID}
					return receive(ctx, eng, in)
				},
			},
			{
				name: "an echo is there before the answer", several: true, // and turns out to be what was posted
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					// With a key of its own: what an echo tells of is not delivered any more, and
					// then the platform calls something by this name that was said later.
					if err := post(ctx, eng.As(pat), at.talks.vic.replies("hi", at.name("hi, before the answer"))); err != nil {
						return err
					}
					in := says(chat, "vic", "m1") // which the platform calls what it delivers first
					in.Echo = &engage.Echo{Creator: robot}
					if err := receive(ctx, eng, in); err != nil {
						return err
					}
					return runDue(ctx, eng, at)
				},
			},
			{
				name: "a delivery that failed is retried", repeated: errRetried,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					job, err := eng.Jobs.Get(ctx, at.talks.vic.failed)
					if errors.Is(err, engage.ErrNotFound) || err == nil && job.State != engage.JobFailed {
						return errRetried
					}
					if err != nil {
						return err
					}
					takenUp(at, job)
					err = eng.Jobs.Retry(ctx, job.ID)
					if errors.Is(err, engage.ErrRefused) || errors.Is(err, engage.ErrNotFound) {
						return errRetried
					}
					return err
				},
			},
			{
				name: "a delivery that failed is taken off the list", repeated: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					job, err := eng.Jobs.Get(ctx, at.talks.vic.failed)
					if err == nil && job.State != engage.JobFailed { // it is retried
						return errTakenUp
					}
					if err != nil {
						return err
					}
					err = eng.Jobs.Settle(ctx, job.ID, engage.Settlement{})
					if errors.Is(err, engage.ErrRefused) {
						return errTakenUp
					}
					return err
				},
			},
		},
	}
}

var errTakenUp = fmt.Errorf("enginetest: it was taken up before: %w", engage.ErrNotFound)

var errRetried = fmt.Errorf("enginetest: it was retried before: %w", engage.ErrRefused)

// answered posts a reply and settles its delivery, so that nothing is due.
func answered(ctx context.Context, s engage.Services, in *talk, well bool) error {
	posted, err := s.Contents.Post(ctx, in.replies("reply", ""))
	if err != nil {
		return err
	}
	in.failed = posted.JobID
	return s.Jobs.Settle(ctx, posted.JobID, engage.Settlement{Delivered: well})
}

func post(ctx context.Context, eng *engage.Engine, p engage.Post) error {
	_, err := eng.Contents.Post(ctx, p)
	return err
}

// say posts some contents in a thread and has them delivered.
func say(ctx context.Context, eng *engage.Engine, at place, in talk, bodies ...string) error {
	for _, body := range bodies {
		if err := post(ctx, eng, in.replies(body, at.name(body))); err != nil {
			return err
		}
	}
	return runDue(ctx, eng, at)
}

// runDue does what is due. Alone, it waits for what is to be begun again, takes over what a
// process that died was at, and settles what is uncertain by what the platforms show, as a person would.
func runDue(ctx context.Context, eng *engage.Engine, at place) error {
	for range 20 {
		if _, err := eng.RunDue(ctx); err != nil || at.others {
			return err
		}
		open, err := all(func(next string) (engage.Page[engage.Job], error) {
			return eng.Jobs.List(ctx, engage.JobFilter{Limit: store.MaxLimit, Continuation: next})
		})
		if err != nil {
			return err
		}
		ended := true
		for _, j := range open {
			switch j.State {
			case engage.JobRunning:
				ended = false
				at.pass(time.Hour) // beyond its lease
			case engage.JobUncertain:
				ended = false
				if err := settle(ctx, eng, at, j); err != nil {
					return err
				}
			case engage.JobPending:
				if strings.HasPrefix(j.Type, "content.") && !j.Due.IsZero() { // the store was away when it was begun
					ended = false
					at.pass(time.Minute)
				}
			case engage.JobFailed:
			}
		}
		if ended {
			return nil
		}
	}
	return errNoEnd
}

// settle settles a delivery by what its customer sees.
func settle(ctx context.Context, eng *engage.Engine, at place, j engage.Job) error {
	id := contentOf(j)
	for _, platform := range []*platformtest.Platform{at.chat, at.mail} {
		for _, d := range platform.Delivered() {
			if d.Content.ID == id {
				return eng.Jobs.Settle(ctx, j.ID, engage.Settlement{Delivered: true, ForeignID: d.ForeignID})
			}
		}
	}
	takenUp(at, j)
	return eng.Jobs.Retry(ctx, j.ID)
}

// takenUp tells the platforms that somebody answers for trying a delivery again.
func takenUp(at place, j engage.Job) {
	for _, platform := range []*platformtest.Platform{at.chat, at.mail} {
		platform.TakenUp(contentOf(j))
	}
}

// contentOf returns the content that a job is to deliver, "" if it is another one.
func contentOf(j engage.Job) string {
	return jobData(j).ContentID
}

// subject is what a job is about.
type subject struct {
	ContentID      string    `json:"content_id"`
	InterventionID string    `json:"intervention_id"`
	ThreadID       string    `json:"thread_id"`
	DeferredAt     time.Time `json:"deferred_at"`
	IdentityID     string    `json:"identity_id"`
	CheckAt        time.Time `json:"check_at"`

	Task    engage.Task     `json:"task"`
	Subject engage.Resource `json:"subject"`
}

func jobData(j engage.Job) (s subject) {
	_ = json.Unmarshal(j.Data, &s) // of what is something else, nothing is known
	return s
}
