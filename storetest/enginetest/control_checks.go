package enginetest

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// controlled is a conversation with control, as it is stored: what hangs on it cannot be
// read through the Engine.
type controlled struct {
	handover.Control

	Waiting []string `json:"waiting"`
	Ended   bool     `json:"ended"`
	Watched []string `json:"watched"`
}

// watching are the conversations that watch an identity.
type watching struct {
	IdentityID    string `json:"identity_id"`
	Conversations []struct {
		SourceID   string `json:"source_id"`
		IdentityID string `json:"identity_id"`
	} `json:"conversations"`
}

// stored reads all records of a kind.
func stored[T any](b *books, kind string) (all []T) {
	b.Helper()
	q := store.Query{Tenant: b.eng.Tenant(), Kind: kind, Limit: store.MaxLimit}
	for {
		page, err := b.st.Find(b.Context(), q)
		if err != nil {
			b.Fatalf("enginetest: reading records of kind %s: %v", kind, err)
		}
		for _, r := range page.Records {
			var v T
			if err := json.Unmarshal(r.Value, &v); err != nil {
				b.Fatalf("enginetest: a record of kind %s: %v", kind, err)
			}
			all = append(all, v)
		}
		if q.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}

func checkControlRule(b *books) {
	engaged := map[string][]string{} // interventions, by identity
	for _, e := range b.of(engage.EventInterventionOpened, engage.EventInterventionReopened, engage.EventInterventionClosed,
		engage.EventInterventionCanceled, engage.EventControlChanged, engage.EventControlStarted) {
		switch e.Type {
		case engage.EventControlChanged:
			d := data[engage.ControlEvent](b, e)
			passes := d.Owner == handover.Bot && (d.Previous.Owner == handover.Agent || d.Cause == string(handover.HandoverToBot))
			if with := engaged[d.IdentityID]; passes && len(with) > 0 {
				b.broken(fmt.Sprintf("control of %s passes to %s while %v is engaged", e.Resource.ID, d.AppID, with), "nobody engaged")
			}
		case engage.EventInterventionOpened, engage.EventInterventionReopened:
			id := data[engage.InterventionLifeEvent](b, e).IdentityID
			engaged[id] = append(engaged[id], e.Resource.ID)
		default:
			id := data[engage.InterventionLifeEvent](b, e).IdentityID
			engaged[id] = slices.DeleteFunc(engaged[id], func(i string) bool { return i == e.Resource.ID })
		}
	}
}

func checkControlSpans(b *books) {
	for _, c := range stored[controlled](b, "thread_control") {
		spans := list(b, "spans", func(next string) (engage.Page[engage.ControlSpan], error) {
			return b.eng.Control.Timeline(b.Context(), engage.ControlFilter{
				SourceID: c.SourceID, IdentityID: c.IdentityID, OldestFirst: true, Limit: store.MaxLimit, Continuation: next,
			})
		})
		holds := c.Epoch == int64(len(spans))
		for n, s := range spans {
			last := n == len(spans)-1
			holds = holds && s.Epoch == int64(n+1) && last == s.Until.IsZero() &&
				(last && s.Party == c.Party || !last && s.Until.Equal(spans[n+1].Since) && s.Party != spans[n+1].Party)
		}
		if !holds {
			b.broken(fmt.Sprintf("%+v for %s, which %v has in epoch %d", spans, c.IdentityID, c.Party, c.Epoch), "one for each epoch, each from where the last one ends")
		}
	}
}

// heldContents are the contents of agents in a conversation that are not delivered yet.
func heldContents(b *books, c controlled) (pending []engage.Content) {
	b.each(func(content engage.Content) {
		if content.SourceID == c.SourceID && content.IdentityID == c.IdentityID && content.Creator.Type == engage.ActorAgent &&
			content.Synchronization.Status == interaction.SyncPending && content.ControlRound == c.Round+1 {
			pending = append(pending, content)
		}
	})
	return pending
}

func checkControlHeld(b *books) {
	for _, c := range stored[controlled](b, "thread_control") {
		if n := len(heldContents(b, c)); c.Held+c.Sending != n || c.Held > 0 && c.Owner == handover.Agent && c.Verb == nil {
			b.broken(fmt.Sprintf("%d held and %d on their way for %s, whom %v controls, and %d are not delivered", c.Held, c.Sending, c.IdentityID, c.Party, n),
				"as many, and none held where agents have control")
		}
	}
}

func checkControlWaiting(b *books) {
	jobs := map[string]engage.Job{}
	for _, j := range b.jobs {
		jobs[j.ID] = j
	}
	for _, c := range stored[controlled](b, "thread_control") {
		for _, id := range c.Waiting {
			if j, there := jobs[id]; !there || contentOf(j) == "" {
				b.broken(fmt.Sprintf("%s waits for control of %s, and is %+v", id, c.IdentityID, j), "a delivery")
			}
		}
		for _, content := range heldContents(b, c) {
			j := jobs[content.JobID]
			if c.Owner != handover.Agent && !j.Due.IsZero() && j.State == engage.JobPending && j.Error == "" && !slices.Contains(c.Waiting, j.ID) {
				b.broken(fmt.Sprintf("the delivery %+v waits, and control of %s knows of %v only", j, c.IdentityID, c.Waiting), "it among them")
			}
		}
	}
}

func checkControlWatch(b *books) {
	var want, got []string
	for _, c := range stored[controlled](b, "thread_control") {
		waits := c.Ended || c.WhenFree != nil || c.Verb != nil && c.Verb.Kind == handover.VerbPass
		if waits != (len(c.Watched) > 0) {
			b.broken(fmt.Sprintf("%s waits: %v, and watches %v", c.IdentityID, waits, c.Watched), "it watching as long as it waits")
		}
		for _, id := range c.Watched {
			want = append(want, fmt.Sprintf("%s by %s/%s", id, c.SourceID, c.IdentityID))
		}
	}
	for _, w := range stored[watching](b, "thread_control_watch") {
		for _, c := range w.Conversations {
			got = append(got, fmt.Sprintf("%s by %s/%s", w.IdentityID, c.SourceID, c.IdentityID))
		}
	}
	b.compare("watched", got, want, nil)
}
