package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
)

// timeline prints all that happened with Eve, and when, from its beginning on.
func timeline(ctx context.Context, eve *customer, out io.Writer) error {
	page, err := eve.Contacts.Timeline(ctx, eve.id, engage.TimelineFilter{OldestFirst: true, Limit: 100})
	if err != nil {
		return err
	}
	eve.say("\nHer timeline, across everything:\n")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, entry := range page.Items {
		if what := describe(entry); what != "" {
			after := entry.Time.Sub(page.Items[0].Time).Round(time.Millisecond)
			_, _ = fmt.Fprintf(table, "   %s\t%s\t%s\n", after, name(entry.Actor), what)
		}
	}
	return table.Flush()
}

// name returns who did it.
func name(who engage.Actor) string {
	switch {
	case who.Type == engage.ActorCustomer:
		return "eve"
	case who == engage.System():
		return "engage"
	}
	return who.ID
}

// describe says in words what happened; nothing, if it goes without saying.
func describe(e engage.TimelineEntry) string {
	switch e.Type {
	case engage.EventInteractionCreated:
		return fmt.Sprintf("%s %s", e.Interaction.SchemaID, e.Interaction.Payload)
	case engage.EventContentImported:
		return fmt.Sprintf("writes %q", e.Content.Body)
	case engage.EventContentReplied:
		return fmt.Sprintf("answers %q", e.Content.Body)
	case engage.EventContentExported:
		if e.SynchronizationStatus != interaction.SyncSuccess {
			return fmt.Sprintf("could not deliver %q: %s", e.Content.Body, e.SynchronizationError)
		}
		return ""
	case engage.EventControlChanged:
		return fmt.Sprintf("control goes from %s to %s: %s", e.PreviousControl, e.Control, e.ControlCause)
	case engage.EventControlWaiting:
		return "waits for control"
	case engage.EventInterventionOpened:
		return "engages"
	case engage.EventInterventionUserUpdated:
		if e.Owner.IsZero() {
			return "lets go, for whoever engages next"
		}
		return "engages"
	case engage.EventInterventionClosed:
		return "closes the intervention"
	case engage.EventThreadClosed:
		return "closes the thread"
	default:
		return string(e.Type)
	}
}
