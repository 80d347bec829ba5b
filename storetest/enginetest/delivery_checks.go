package enginetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/platformtest"
)

func checkDeliveryKept(b *books) {
	jobs := map[string]engage.Job{} // by content
	for _, j := range b.jobs {
		if id := contentOf(j); id != "" {
			jobs[id] = j
		}
	}
	b.each(func(c engage.Content) {
		if c.Origin != interaction.FromAPI {
			return
		}
		j, there := jobs[c.ID]
		var holds bool
		switch c.Synchronization.Status {
		case interaction.SyncPending:
			holds = there && j.ID == c.JobID && j.State != engage.JobFailed && (c.Uncertain || j.State != engage.JobUncertain)
		case interaction.SyncFailure, interaction.SyncAborted:
			holds = (!there || j.State == engage.JobFailed) && c.Synchronization.Error != ""
		case interaction.SyncSuccess:
			holds = !there || j.State != engage.JobPending // an attempt under way comes to its end
		}
		if !holds {
			b.broken(fmt.Sprintf("content %s is %s, uncertain: %v, with the job %q, which is %q", c.ID, c.Synchronization.Status, c.Uncertain, c.JobID, j.State),
				"a job where it is pending, and none to do where it is not")
		}
	})
}

func checkDeliveryOrder(b *books) {
	for _, platform := range b.platforms {
		if err := platform.Err(); errors.Is(err, platformtest.ErrOrder) || errors.Is(err, platformtest.ErrOverlap) {
			b.broken(err, "each behind the answer to the one before")
		}
	}
}

func checkDeliveryOnce(b *books) {
	for _, platform := range b.platforms {
		for _, rule := range []error{platformtest.ErrRepeated, platformtest.ErrKey, platformtest.ErrAttempt} {
			if err := platform.Err(); errors.Is(err, rule) {
				b.broken(err, "each once, under one key")
				break
			}
		}
	}
	seen := map[string][]string{} // foreign IDs, by content
	for _, platform := range b.platforms {
		for _, d := range platform.Delivered() {
			seen[d.Content.ID] = append(seen[d.Content.ID], d.ForeignID)
		}
	}
	b.each(func(c engage.Content) {
		as := seen[c.ID]
		if len(as) > 1 || len(as) == 1 && (c.Synchronization.Status == interaction.SyncFailure || c.Synchronization.Status == interaction.SyncAborted) {
			b.broken(fmt.Sprintf("content %s is %s, and was seen as %v", c.ID, c.Synchronization.Status, as), "it seen once, or not at all")
		}
		if len(as) == 1 && c.Synchronization.Status == interaction.SyncSuccess && c.ForeignID != as[0] && !slices.Contains(c.Duplicates, as[0]) {
			b.broken(fmt.Sprintf("content %s known as %q, and as %q", c.ID, c.ForeignID, c.Duplicates), "it known as what it was delivered as: "+as[0])
		}
		delete(seen, c.ID)
	})
	for id := range seen {
		b.broken("content "+id+" was seen", "contents that there are")
	}
}

func checkJobPurpose(b *books) {
	type task struct {
		task engage.Task
		id   string
	}
	deferrals, checks, deliveries, tasks := map[string]subject{}, map[string]subject{}, map[string]bool{}, map[task]bool{}
	interventions, threads := ids(b.interventions, interventionID), ids(b.threads, func(t interaction.Thread) string { return t.ID })
	identities := ids(b.identities, func(i interaction.Identity) string { return i.ID })
	b.each(func(c engage.Content) { deliveries[c.ID] = true })
	for _, j := range b.jobs {
		s := jobData(j)
		switch {
		case s.ContentID != "" && deliveries[s.ContentID]:
		case s.InterventionID != "" && slices.Contains(interventions, s.InterventionID):
			deferrals[s.InterventionID+s.DeferredAt.String()] = s
		case s.ThreadID != "" && slices.Contains(threads, s.ThreadID):
			checks[s.ThreadID+s.CheckAt.String()] = s
		case strings.HasPrefix(j.Type, "control.") && slices.Contains(identities, s.IdentityID):
		case ofRouting(j): // see routing-job
		case s.Task != "":
			tasks[task{s.Task, s.Subject.ID}] = true
		default:
			b.broken(fmt.Sprintf("a job %+v, for %s", j, j.Data), "what it is for to be there")
		}
	}
	for _, i := range b.interventions {
		if _, there := deferrals[i.ID+i.DeferredAt.String()]; i.Status == interaction.InterventionDeferred && !there {
			b.broken(fmt.Sprintf("no job for intervention %s, which is deferred until %v", i.ID, i.DeferredAt), "one that reactivates it")
		}
	}
	for _, t := range b.threads {
		if t.Status != interaction.ThreadOpen || t.Live > 0 || t.SourceID != mail {
			continue
		}
		if _, there := checks[t.ID+t.TimeOutCheckAt.String()]; !there || t.TimeOutCheckAt.After(t.LastReceivedAt.Add(silence)) {
			b.broken(fmt.Sprintf("thread %s is to be looked at when it is %v, with a job: %v", t.ID, t.TimeOutCheckAt, there), "a job that looks when it has been silent for long enough")
		}
	}
	for _, p := range b.underWay {
		if !tasks[task{p.Task, p.Subject.ID}] {
			b.broken(fmt.Sprintf("no job for a task that was interrupted: %+v", p), "one that goes on with it")
		}
	}
}
