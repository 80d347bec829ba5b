package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/routing"
	"github.com/engage-interactions/engage/schema"
)

// reuse is the schema that seed 002 shows, to the letter.
//
//go:embed schema.json
var reuse []byte

// declare sets up the company, all of it or nothing. In a later run it is there.
func declare(ctx context.Context, eng *engage.Engine) error {
	definition, err := schema.ParseDefinition(reuse, nil)
	if err != nil {
		return err
	}
	err = eng.Atomically(ctx, func(w *engage.Work) error {
		if _, err := w.Schemas.Create(ctx, definition); err != nil {
			return err
		}
		if err := declareSource(ctx, w); err != nil {
			return err
		}
		return declareRouting(ctx, w)
	})
	if errors.Is(err, engage.ErrConflict) {
		return nil
	}
	return err
}

// declareSource declares where customers write, and that the bot has control there at first.
func declareSource(ctx context.Context, w *engage.Work) error {
	_, err := w.Sources.Create(ctx, interaction.Source{ID: "page", Type: "messenger", Name: "Our page", Active: true})
	if err != nil {
		return err
	}
	return w.Control.Configure(ctx, "page", handover.Settings{Primary: handover.Bot, BotApp: "robin"})
}

// declareRouting declares how agents are found: all tasks go into one queue, for those who can
// repair things. Ann can.
func declareRouting(ctx context.Context, w *engage.Work) error {
	shop, err := w.Workspaces.Create(ctx, engage.NewWorkspace{FriendlyName: "Shop"})
	if err != nil {
		return err
	}
	repairs, err := w.Queues.Create(ctx, shop.SID, engage.NewQueue{FriendlyName: "Repairs", TargetWorkers: "skills HAS 'repair'"})
	if err != nil {
		return err
	}
	_, err = w.Workflows.Create(ctx, shop.SID, engage.NewWorkflow{
		FriendlyName: "Customers", Configuration: fmt.Sprintf(`{"task_routing": {"default_filter": {"queue": %q}}}`, repairs.SID),
	})
	if err != nil {
		return err
	}
	available, err := w.Activities.FindByName(ctx, shop.SID, "Available") // else she begins Offline
	if err != nil {
		return err
	}
	_, err = w.Workers.Create(ctx, shop.SID, engage.NewWorker{
		FriendlyName: "ann", ActivitySID: available.SID, Attributes: routing.Attributes{"skills": []string{"repair"}},
	})
	return err
}
