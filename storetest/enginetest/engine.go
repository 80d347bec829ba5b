package enginetest

import (
	"context"

	"github.com/engage-interactions/engage"
)

// engineRoom is what no service is the only one concerned with: Engines themselves,
// and Works of several calls.
func engineRoom() room {
	return room{
		name: "engine",
		scenarios: []scenario{
			{
				name: "another Engine is made",
				call: func(ctx context.Context, _ *engage.Engine, at place) error {
					_, err := at.another(ctx)
					return err
				},
			},
			{
				name: "several calls are made atomically",
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Atomically(ctx, func(w *engage.Work) error {
						if _, err := w.Interactions.Record(ctx, visit(at.name("ann"), "/old", at.name("atomic"))); err != nil {
							return err
						}
						if _, err := w.Interactions.Record(ctx, visit(at.name("fay"), "/old", at.name("atomic too"))); err != nil {
							return err
						}
						return done(w.Interactions.Delete(ctx, at.interaction))
					})
				},
			},
			{
				name:    "an atomic work is refused in its last call",
				refused: engage.ErrNotFound,
				call: func(ctx context.Context, eng *engage.Engine, at place) error {
					return eng.Atomically(ctx, func(w *engage.Work) error {
						if _, err := w.Interactions.Record(ctx, visit(at.name("gil"), "/old", "")); err != nil {
							return err
						}
						return w.Interactions.Delete(ctx, "no such interaction")
					})
				},
			},
		},
	}
}
