package enginetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/engage-interactions/engage/store"
	"github.com/engage-interactions/engage/storetest"
	"github.com/engage-interactions/engage/storetest/enginetest"
)

// altering is a harness on memory that commits something else than it was given, where
// that is of one call. alter may change the batch, and read what is there.
func altering(alter func(ctx context.Context, st store.Store, b *store.Batch) error) func() storetest.Harness {
	return spoiled(func(ctx context.Context, st store.Store, b store.Batch) error {
		if small(b) {
			b.Puts, b.Events, b.Checks = slices.Clone(b.Puts), slices.Clone(b.Events), slices.Clone(b.Checks)
			if err := alter(ctx, st, &b); err != nil {
				return err
			}
		}
		return st.Commit(ctx, b)
	})
}

// losing is a harness that does not write the records of a kind that gone is true of.
func losing(kind string, gone func(store.Record) bool) func() storetest.Harness {
	return altering(func(_ context.Context, _ store.Store, b *store.Batch) error {
		b.Puts = slices.DeleteFunc(b.Puts, func(put store.Record) bool { return put.Kind == kind && gone(put) })
		return nil
	})
}

func always(store.Record) bool { return true }

// isNew reports whether a record is not there yet.
func isNew(r store.Record) bool { return r.Version == "" }

// isOld reports whether a record is there already.
func isOld(r store.Record) bool { return r.Version != "" }

// unlisting is a harness that keeps the records of a kind out of an index.
func unlisting(kind string, indexes ...string) func() storetest.Harness {
	return altering(func(_ context.Context, _ store.Store, b *store.Batch) error {
		for i, put := range b.Puts {
			if put.Kind == kind {
				b.Puts[i].Terms = without(put.Terms, indexes...)
			}
		}
		return nil
	})
}

func without(terms map[string]string, indexes ...string) map[string]string {
	rest := map[string]string{}
	for name, term := range terms {
		if !slices.Contains(indexes, name) {
			rest[name] = term
		}
	}
	return rest
}

// rewording is a harness that writes something else in the records of a kind.
func rewording(kind, from, to string) func() storetest.Harness {
	return altering(func(_ context.Context, _ store.Store, b *store.Batch) error {
		for i, put := range b.Puts {
			if put.Kind == kind {
				b.Puts[i].Value = bytes.ReplaceAll(put.Value, []byte(from), []byte(to))
			}
		}
		return nil
	})
}

// silent is a harness that does not log the events of a type.
func silent(typ string) func() storetest.Harness {
	return altering(func(_ context.Context, _ store.Store, b *store.Batch) error {
		b.Events = slices.DeleteFunc(b.Events, func(e store.Event) bool { return e.Type == typ })
		return nil
	})
}

// repeating is a harness that logs the events of a type twice.
func repeating(typ string) func() storetest.Harness {
	return altering(func(_ context.Context, _ store.Store, b *store.Batch) error {
		for _, e := range b.Events {
			if e.Type == typ {
				e.ID += "-again"
				b.Events = append(b.Events, e)
			}
		}
		return nil
	})
}

// laneless writes jobs as if they stood in no lane, and waited for none.
func laneless(_ context.Context, _ store.Store, b *store.Batch) error {
	b.Puts = slices.DeleteFunc(b.Puts, func(put store.Record) bool { return put.Kind == "job_lane" })
	for i, put := range b.Puts {
		if put.Kind != "job" {
			continue
		}
		var job map[string]any
		if err := json.Unmarshal(put.Value, &job); err != nil {
			return err
		}
		if job["behind"] == true {
			b.Puts[i].Terms["due"] = job["due"].(string)
		}
		for _, name := range []string{"lane", "turn", "behind"} {
			delete(job, name)
		}
		b.Puts[i].Terms = without(b.Puts[i].Terms, "lane")
		b.Puts[i].Value, _ = json.Marshal(job)
	}
	return nil
}

// forgetful writes a job again as it was when somebody begins an attempt.
func forgetful(ctx context.Context, st store.Store, b *store.Batch) error {
	for i, put := range b.Puts {
		if put.Kind != "job" || !bytes.Contains(put.Value, []byte(`"state":"running"`)) {
			continue
		}
		was, err := st.Get(ctx, put.Key)
		if err != nil {
			return err
		}
		b.Puts[i].Terms, b.Puts[i].Value = was[0].Terms, was[0].Value
	}
	return nil
}

// brokenTalks are stores on which conversations go wrong, by what they do.
func brokenTalks() map[string]broken {
	const (
		begins  = "conversations/a-customer-begins-a-thread"
		joins   = "conversations/a-customer-replies-to-a-content"
		engages = "interventions/an-agent-engages"
		posts   = "deliveries/a-reply-is-posted"
	)
	return map[string]broken{
		"tells of a content twice":             {play: begins, invariant: "content-told", harness: repeating("content.imported")},
		"gives a content another place":        {play: joins, invariant: "content-place", harness: rewording("content", `"position":2`, `"position":3`)},
		"forgets what a platform calls things": {play: begins, invariant: "content-foreign", harness: losing("content_key", always)},
		"does not update threads":              {play: joins, invariant: "thread-counts", harness: losing("content_thread", isOld)},
		"does not tell of closed threads":      {play: "conversations/a-thread-is-closed", invariant: "thread-told", harness: silent("content.thread_closed")},
		"does not list who waits":              {play: begins, invariant: "thread-engageable", harness: unlisting("content_thread", "waiting")},
		"forgets who is engaged":               {play: engages + "/again", invariant: "intervention-one", harness: losing("correspondent", isOld)},
		"does not update interventions":        {play: "interventions/an-intervention-is-assigned", invariant: "intervention-told", harness: losing("intervention", isOld)},
		"does not count replies":               {play: posts, invariant: "intervention-counts", harness: rewording("intervention", `"user_replies_count":3`, `"user_replies_count":2`)},
		"does not list interventions by owner": {play: engages, invariant: "intervention-listed", harness: unlisting("intervention", "owner_created")},
		"loses new jobs":                       {play: posts, invariant: "delivery-kept", harness: losing("job", isNew)},
		"loses the jobs of deferrals":          {play: "interventions/an-intervention-is-deferred", invariant: "job-purpose", harness: losing("job", isNew)},
		"forgets the order of jobs":            {play: "deliveries/what-was-posted-is-delivered", invariant: "delivery-order", harness: altering(laneless)},
		"forgets that an attempt was begun":    {play: "deliveries/an-answer-of-a-platform-without-keys-is-lost", invariant: "delivery-once", harness: altering(forgetful)},
		"does not link identities to contacts": {play: begins, invariant: "contact-identity", harness: losing("contact", always)},
		"forgets the names of a contact": {play: "contacts/two-contacts-are-merged", invariant: "contact-name", harness: losing("contact", func(r store.Record) bool {
			return bytes.Contains(r.Value, []byte(`"merged":`))
		})},
		"forgets who is engaged with an identity": {play: "control/a-bot-asks-for-control-where-an-agent-engages", invariant: "control-rule", harness: losing("engaged_list", always)},
		"does not end spans of control":           {play: "control/a-bot-is-given-control", invariant: "control-spans", harness: losing("thread_control_span", isOld)},
		"counts what is held twice":               {play: "control/an-agent-waits-for-a-bot-to-give-control", invariant: "control-held", harness: rewording("thread_control", `"held":1`, `"held":2`)},
		"forgets which deliveries wait for control": {
			play: "control/an-agent-waits-for-a-bot-to-give-control", invariant: "control-waiting", harness: rewording("thread_control", `"waiting":["01HQTBRNG0`, `"waiting":["01HQTBRNG1`),
		},
		"forgets who watches an identity": {play: "control/a-bot-waits-until-nobody-is-engaged", invariant: "control-watch", harness: losing("thread_control_watch", always)},
		"loses what a timeline holds":     {play: begins, invariant: "contact-timeline", harness: losing("timeline_entry", always)},
	}
}

// TestEveryInvariantOfConversationsCanBeBroken by one of the stores above.
func TestEveryInvariantOfConversationsCanBeBroken(t *testing.T) {
	t.Parallel()
	caught := map[string]bool{}
	for _, b := range brokenTalks() {
		caught[b.invariant] = true
	}
	for _, i := range enginetest.Invariants() {
		for _, room := range []string{"content-", "thread-", "intervention-", "delivery-", "job-", "contact-", "control-"} {
			if strings.HasPrefix(i.ID, room) && i.ID != "contact-first" && !caught[i.ID] {
				t.Errorf("no store breaks %s", i.ID)
			}
		}
	}
}
