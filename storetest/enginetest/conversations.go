package enginetest

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/engage-interactions/engage"
)

// conversationRoom is engage.Threads, and those engage.Contents that customers write.
func conversationRoom() room {
	return room{
		name:    "conversations",
		prepare: prepareTalks,
		invariants: []Invariant{
			{ID: "content-told", Text: "Every content must be told of once as new, and by that be known again if it comes again.", check: checkContentTold},
			{ID: "content-place", Text: "The contents of a thread must have the positions from 1 without a gap, and every list of them must hold each once, in its order.", check: checkContentPlace},
			{ID: "content-foreign", Text: "What a platform calls a content must stand for one content of its source.", check: checkContentForeign},
			{ID: "thread-counts", Text: "A thread must count its contents, customers and interventions, and be listed among those of its status.", check: checkThreadCounts},
			{ID: "thread-told", Text: "Every closing and reopening of a thread must be told of once.", check: checkThreadTold},
			{ID: "thread-engageable", Text: "The threads to engage in must be those in which a customer waits for an agent, each once, with the one who has waited for longest.", check: checkEngageable},
		},
		scenarios: []scenario{
			{
				name: "a customer begins a thread",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return receive(ctx, eng, says(chat, at.name("abe"), at.name("abe 1")))
				},
			},
			{
				name: "a customer replies to a content",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					in := says(chat, "una", at.name("una 2"))
					in.InReplyTo = "una 1"
					return receive(ctx, eng, in)
				},
			},
			{
				name: "what was received comes again",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					again, err := eng.Threads.Receive(ctx, says(chat, "una", "una 1"))
					if err == nil && (!again.Repeated || again.ContentID != at.talks.una.content) {
						return errors.New("enginetest: it was not said to be a repetition")
					}
					return err
				},
			},
			{
				name: "another customer joins a thread",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					in := says(chat, at.name("bea"), at.name("bea 1"))
					in.ThreadForeignID = "thread of una"
					return receive(ctx, eng, in)
				},
			},
			{
				name: "a customer writes in several threads",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					for _, thread := range []string{"one", "two", "one"} {
						in := says(chat, "una", at.name("una in "+thread))
						in.ThreadForeignID = at.name(thread)
						if err := receive(ctx, eng, in); err != nil {
							return err
						}
					}
					return nil
				},
				several: true,
			},
			{
				name: "a customer writes in a closed thread", // whose name moves to another one
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					in := says(chat, "yas", at.name("yas 2"))
					in.ThreadForeignID = "thread of yas"
					return receive(ctx, eng, in)
				},
			},
			{
				name: "an app answers on the platform by itself",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					in := says(chat, "una", at.name("echo"))
					in.Echo = &engage.Echo{Creator: robot}
					return receive(ctx, eng, in)
				},
			},
			{
				name: "a content is ignored",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Contents.Ignore(ctx, at.talks.una.content)
					return err
				},
			},
			{
				name: "a thread is begun by the company", repeated: engage.ErrConflict,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Threads.Open(ctx, engage.NewThread{
						SourceID: chat, ForeignID: at.name("outbound"), Customer: engage.Account{ForeignID: at.name("cal")},
					})
					return err
				},
			},
			{
				name: "a thread is annotated",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Atomically(ctx, func(w *engage.Work) error {
						thread, err := w.Threads.Get(ctx, at.talks.una.thread)
						if err != nil || thread.ExtraData[at.name("tier")] != nil {
							return err
						}
						_, err = w.Threads.Annotate(ctx, thread.ID, map[string]json.RawMessage{at.name("tier"): []byte(`"gold"`)})
						return err
					})
				},
			},
			{
				name: "a thread is closed", repeated: engage.ErrRefused, drastic: true,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Threads.Close(ctx, at.talks.una.thread)
					return err
				},
			},
			{
				name: "a thread is reopened", repeated: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.Threads.Reopen(ctx, at.talks.yas.thread)
					return err
				},
			},
			{
				name: "a silent thread closes by itself", several: true, alone: "it lets time go by",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					at.pass(silence + rest)
					return runDue(ctx, eng, at)
				},
			},
			{
				name: "what an unknown source tells is refused", refused: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return receive(ctx, eng, says("nowhere", at.name("dot"), at.name("dot 1")))
				},
			},
			{
				name: "nothing can be posted in a closed thread", refused: engage.ErrRefused,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					_, err := eng.As(pat).Contents.Post(ctx, at.talks.yas.replies("hello", at.name("never")))
					return err
				},
			},
		},
	}
}

func receive(ctx context.Context, eng *engage.Engine, in engage.Inbound) error {
	_, err := eng.Threads.Receive(ctx, in)
	return err
}
