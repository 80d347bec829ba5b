package enginetest

import (
	"fmt"
	"slices"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

func contentID(c engage.Content) string { return c.ID }

func checkContentTold(b *books) {
	told := map[string]int{}
	for _, e := range b.of(contentIsNew...) {
		told[e.Resource.ID]++
	}
	for _, t := range b.threads {
		for _, c := range b.said(t.ID) {
			if told[c.ID] != 1 {
				b.broken(fmt.Sprintf("content %s told of %d times", c.ID, told[c.ID]), "once")
			}
			delete(told, c.ID)
		}
	}
	for id := range told {
		b.broken("told of content "+id, "contents that there are told of")
	}
	for _, e := range b.of(contentIsNew...) {
		d := data[engage.ContentEvent](b, e)
		i := slices.IndexFunc(b.said(d.ThreadID), func(c engage.Content) bool { return c.ID == d.ID })
		if i < 0 {
			continue // which was reported
		}
		c := b.said(d.ThreadID)[i]
		initiated := e.Type == engage.EventContentDiscussionInitiated
		// What was before the first may have turned out to be another content.
		left := b.contents[d.ThreadID]
		mayBeFirst := len(left) == 0 || c.Position <= left[0].Position
		if c.Position == 1 && !d.FirstInThread || d.FirstInThread && !mayBeFirst || d.IdentityID != c.IdentityID || d.Body != c.Body ||
			(c.Origin == interaction.FromPlatform) != (e.Type == engage.EventContentImported) || initiated && !d.FirstInThread {
			b.broken(fmt.Sprintf("%s: %+v", e.Type, d), fmt.Sprintf("as the content: %+v", c))
		}
	}
}

func checkContentPlace(b *books) {
	for _, t := range b.threads {
		for i, c := range b.said(t.ID) {
			if c.Position != int64(i+1) || c.FirstInThread != (c.ID == t.FirstContentID) {
				b.broken(fmt.Sprintf("content %s at %d in place %d of thread %s, first: %v", c.ID, c.Position, i+1, t.ID, c.FirstInThread), "each in its place")
			}
		}
		listed := b.contents[t.ID]
		if !slices.IsSortedFunc(listed, func(a, b engage.Content) int { return int(a.Position - b.Position) }) {
			b.broken(short(ids(listed, contentID)), "in the order of positions")
		}
		tree, err := all(func(next string) (engage.Page[engage.Content], error) {
			return b.eng.Contents.Tree(b.Context(), engage.TreeFilter{ThreadID: t.ID, Limit: store.MaxLimit, Continuation: next})
		})
		b.compare("in the tree", ids(tree, contentID), ids(listed, contentID), err)
		// What replies to a content of another thread is at the root.
		here, depths := map[string]bool{}, map[string]int{}
		for _, c := range listed {
			here[c.ID] = true
		}
		for _, c := range tree {
			above, before := depths[c.InReplyToID]
			switch {
			case here[c.InReplyToID] && !before:
				b.broken("content "+c.ID+" before what it replies to", "it behind that")
			case before && c.Depth != above+1 || !before && c.Depth != 0:
				b.broken(fmt.Sprintf("content %s at depth %d, what it replies to at %d", c.ID, c.Depth, above), "it below that")
			}
			depths[c.ID] = c.Depth
		}
		for _, c := range b.duplicates[t.ID] {
			if i := slices.IndexFunc(listed, func(r engage.Content) bool { return r.InReplyToID == c.ID }); i >= 0 {
				b.broken(fmt.Sprintf("content %s replies to %s, which is %s", listed[i].ID, c.ID, c.DuplicateOf), "it replies to that")
			}
		}
	}
}

func checkContentForeign(b *books) {
	type name struct{ source, foreign string }
	holder := map[name]string{}
	b.each(func(c engage.Content) {
		if c.ForeignID == "" {
			return
		}
		n := name{c.SourceID, c.ForeignID}
		if other, known := holder[n]; known {
			b.broken(fmt.Sprintf("%s and %s as %q", other, c.ID, c.ForeignID), "one of them")
		}
		holder[n] = c.ID
		again, err := b.eng.Threads.Receive(b.Context(), engage.Inbound{
			SourceID: c.SourceID, ForeignID: c.ForeignID, Customer: engage.Account{ForeignID: "somebody"},
		})
		if err != nil || !again.Repeated || again.ContentID != c.ID {
			b.broken(fmt.Sprintf("%+v, %v, for %q", again, err, c.ForeignID), "it repeated: "+c.ID)
		}
	})
}

func checkThreadCounts(b *books) {
	byStatus := map[interaction.ThreadStatus][]string{interaction.ThreadOpen: nil, interaction.ThreadClosed: nil}
	byIdentity := map[string][]string{}
	for _, t := range b.threads {
		byStatus[t.Status] = append(byStatus[t.Status], t.ID)
		customers := []string{t.IdentityID}
		said := b.said(t.ID)
		for _, c := range said {
			customers = append(customers, c.IdentityID)
		}
		whole, live := 0, 0
		for _, i := range b.interventions {
			if i.ThreadID != t.ID {
				continue
			}
			customers = append(customers, i.IdentityID)
			whole++
			if i.Status.Live() {
				live++
			}
		}
		customers = sorted(customers)
		for _, id := range customers {
			byIdentity[id] = append(byIdentity[id], t.ID)
		}
		first, last := "", ""
		if listed := b.contents[t.ID]; len(listed) > 0 {
			first, last = listed[0].ID, listed[len(listed)-1].ID
		}
		got := []any{t.ContentsCount, t.LastPosition, t.CustomersCount, t.InterventionsCount, t.Live, t.FirstContentID, t.LastContentID}
		want := []any{int64(len(b.contents[t.ID])), int64(len(said)), int64(len(customers)), int64(whole), live, first, last}
		if !slices.Equal(got, want) {
			b.broken(fmt.Sprintf("thread %s: contents, positions, customers, interventions, live ones, first and last content %v", t.ID, got), want)
		}
	}
	check := func(f engage.ThreadFilter, want []string) {
		f.Limit = store.MaxLimit
		found, err := all(func(next string) (engage.Page[interaction.Thread], error) {
			f.Continuation = next
			return b.eng.Threads.List(b.Context(), f)
		})
		b.compare(fmt.Sprintf("for %+v", f), ids(found, func(t interaction.Thread) string { return t.ID }), want, err)
	}
	for status, want := range byStatus {
		check(engage.ThreadFilter{Status: status}, want)
	}
	for identity, want := range byIdentity {
		check(engage.ThreadFilter{IdentityID: identity}, want)
	}
}

func checkThreadTold(b *books) {
	status := map[string]interaction.ThreadStatus{}
	for _, e := range b.of(engage.EventThreadClosed, engage.EventThreadAutoClosed, engage.EventThreadOpened) {
		before, after := interaction.ThreadOpen, interaction.ThreadClosed
		if e.Type == engage.EventThreadOpened {
			before, after = after, before
		}
		was, told := status[e.Resource.ID]
		if !told {
			was = interaction.ThreadOpen
		}
		if was != before {
			b.broken(fmt.Sprintf("%s of thread %s while it is %s", e.Type, e.Resource.ID, was), "it told of once")
		}
		status[e.Resource.ID] = after
	}
	for _, t := range b.threads {
		want, told := status[t.ID]
		if !told {
			want = interaction.ThreadOpen
		}
		if t.Status != want {
			b.broken(fmt.Sprintf("thread %s is %s", t.ID, t.Status), "as was told: "+string(want))
		}
		delete(status, t.ID)
	}
	for id := range status {
		b.broken("told of thread "+id, "threads that there are told of")
	}
}

// waits returns who waits in a thread for an agent, since when, as its contents and
// interventions show.
func (b *books) waits(t interaction.Thread) map[string]int64 {
	waiting := map[string]int64{} // positions of the oldest contents, by identity
	for _, c := range b.said(t.ID) {
		_, already := waiting[c.IdentityID]
		switch {
		case c.Direction == interaction.Inbound && !c.Ignored && !already:
			waiting[c.IdentityID] = c.Position
		case c.Direction == interaction.Outbound && (c.Origin == interaction.FromPlatform || c.Creator.Type != engage.ActorSystem):
			delete(waiting, c.IdentityID)
		}
	}
	for _, i := range b.interventions {
		switch {
		case i.ThreadID != t.ID || !i.Status.Live():
		case i.Owner.Type == engage.ActorAgent:
			delete(waiting, i.IdentityID)
		case i.Owner.IsZero():
			waiting[i.IdentityID] = 0 // since it was transferred
		}
	}
	return waiting
}

func checkEngageable(b *books) {
	waiting := map[string]map[string]int64{}
	var everywhere []string
	bySource := map[string][]string{chat: nil, mail: nil}
	for _, t := range b.threads {
		who := b.waits(t)
		if t.Status != interaction.ThreadOpen || len(who) == 0 {
			continue
		}
		waiting[t.ID] = who
		everywhere = append(everywhere, t.ID)
		bySource[t.SourceID] = append(bySource[t.SourceID], t.ID)
	}
	bySource[""] = everywhere
	for source, want := range bySource {
		found, err := all(func(next string) (engage.Page[engage.Engageable], error) {
			return b.eng.Threads.ListEngageable(b.Context(), engage.EngageableFilter{SourceID: source, Limit: store.MaxLimit, Continuation: next})
		})
		b.compare(fmt.Sprintf("engageable on %q", source), ids(found, func(e engage.Engageable) string { return e.ID }), want, err)
		for _, e := range found {
			if _, waits := waiting[e.ID][e.Waiting.IdentityID]; !waits || e.Waiting.WaitingSince().IsZero() {
				b.broken(fmt.Sprintf("in thread %s waits %s since %v", e.ID, e.Waiting.IdentityID, e.Waiting.WaitingSince()), fmt.Sprintf("one of %v", waiting[e.ID]))
			}
		}
		if !slices.IsSortedFunc(found, func(a, b engage.Engageable) int { return a.Waiting.WaitingSince().Compare(b.Waiting.WaitingSince()) }) {
			b.broken(short(ids(found, func(e engage.Engageable) string { return e.ID })), "who has waited for longest first")
		}
	}
}
