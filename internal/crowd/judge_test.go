package crowd_test

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/engage-interactions/engage/handover"
	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/store"
)

// judged is a batch that is held against the rule.
type judged struct {
	*books

	batch    store.Batch
	expected map[store.Key]store.Version
	after    map[store.Key][]byte

	passes int
	takes  map[store.Key]int64
	claims []claim
}

// claim is that the delivery of a content begins.
type claim struct {
	content string
	control store.Key
	epoch   int64
	bot     bool
}

func (j *judged) key(kind, id string) store.Key {
	return store.Key{Tenant: j.batch.Tenant, Kind: kind, ID: id}
}

// before returns what a record was that the batch rests on. named says that it does.
func before[T any](j *judged, key store.Key) (v T, named bool) {
	version, named := j.expected[key]
	if named && version != "" {
		if err := json.Unmarshal(j.values[key][version], &v); err != nil {
			j.blame("%v: nobody has written it as version %s", key, version)
		}
	}
	return v, named
}

// then returns what a record is once the batch is committed.
func then[T any](j *judged, key store.Key) (v T, named bool) {
	if value, written := j.after[key]; written {
		if err := json.Unmarshal(value, &v); err != nil {
			j.blame("%v: %v", key, err)
		}
		return v, true
	}
	return before[T](j, key)
}

func (j *judged) judge() {
	for _, put := range j.batch.Puts {
		switch put.Kind {
		case "thread_control":
			j.judgeControl(put)
		case "engaged_list":
			j.judgeEngaging(put)
		case "job":
			j.judgeClaim(put)
		}
	}
}

// judgeControl looks whether a pass is decided, begun or completed while somebody is
// engaged.
func (j *judged) judgeControl(put store.Record) {
	was, _ := before[storedControl](j, put.Key)
	is, _ := then[storedControl](j, put.Key)
	owner := was.Holder().Owner
	for _, span := range j.spans(is.Control) {
		if owner == handover.Agent && span.Owner == handover.Bot && !slices.Contains([]string{"report", "owner", "answer", "no_answer"}, span.Cause) {
			j.free(put, is.Control, is.Verb, was.Postponed, "is completed: "+span.Cause)
			j.passes++
		}
		if span.Owner == handover.Agent && owner == handover.Bot {
			if j.takes == nil {
				j.takes = map[store.Key]int64{}
			}
			j.takes[put.Key] = span.Epoch
		}
		owner = span.Owner
	}
	if v := is.Verb; v != nil && v.Kind == handover.VerbPass {
		fresh := was.Verb == nil || was.Verb.ID != v.ID
		if fresh || v.Stage != was.Verb.Stage && was.Verb.Stage != handover.StageSent { // back from there it is not decided, but waits to be begun anew
			j.free(put, is.Control, v, false, "is decided or begun: "+string(v.Stage))
		}
	}
}

// span is a time in which somebody had control.
type span struct {
	handover.Party

	Epoch int64  `json:"epoch"`
	Cause string `json:"cause"`
}

// spans returns those that begin with the batch, in a conversation.
func (j *judged) spans(c handover.Control) (all []span) {
	for _, put := range j.batch.Puts {
		var s struct {
			span

			SourceID   string `json:"source_id"`
			IdentityID string `json:"identity_id"`
		}
		if put.Kind == "thread_control_span" && put.Version == "" && json.Unmarshal(put.Value, &s) == nil && s.SourceID == c.SourceID && s.IdentityID == c.IdentityID {
			all = append(all, s.span)
		}
	}
	slices.SortFunc(all, func(a, b span) int { return int(a.Epoch - b.Epoch) })
	return all
}

// free blames a batch that passes control and does not rest on all that is engaged, or
// passes it although something is. If the customer has written meanwhile, that may engage
// somebody in the same batch, once control has passed.
func (j *judged) free(put store.Record, c handover.Control, verb *handover.Verb, postponed bool, what string) {
	settings, ok := then[storedSettings](j, j.key("thread_control_settings", c.SourceID))
	if !ok {
		j.blame("a pass of %s %s, and the batch does not rest on the settings", put.ID, what)
	}
	goes := ""
	if verb != nil {
		goes = verb.InterventionID
	}
	for _, id := range j.counted(settings.Settings, c.IdentityID) {
		list, ok := then[storedList](j, j.key("engaged_list", id))
		if !ok {
			j.blame("a pass of %s %s, and the batch does not rest on what is engaged with %s", put.ID, what, id)
		}
		in := settings.InTheWay(list.engaged(id), goes)
		if postponed {
			was, _ := before[storedList](j, j.key("engaged_list", id))
			in = slices.DeleteFunc(in, func(e handover.Engaged) bool { return !slices.Contains(settings.InTheWay(was.engaged(id), goes), e) })
		}
		if len(in) > 0 {
			j.blame("a pass of %s %s while %+v is engaged", put.ID, what, in)
		}
	}
}

// counted returns the identities whose interventions count.
func (j *judged) counted(s handover.Settings, identityID string) []string {
	if !s.WholeContact {
		return []string{identityID}
	}
	identity, ok := then[interaction.Identity](j, j.key("identity", identityID))
	contact, named := then[interaction.Contact](j, j.key("contact", identity.ContactID))
	if !ok || !named {
		j.blame("a pass to %s, and the batch does not rest on who is of the contact", identityID)
	}
	ids := slices.Clone(contact.IdentityIDs)
	if !slices.Contains(ids, identityID) {
		ids = append(ids, identityID)
	}
	return ids
}

func (l storedList) engaged(identityID string) (all []handover.Engaged) {
	for _, i := range l.Interventions {
		all = append(all, handover.Engaged{InterventionID: i.ID, SourceID: i.SourceID, IdentityID: identityID, Owner: i.Owner, Status: i.Status})
	}
	return all
}

// judgeEngaging looks whether who engages depends on who has control there.
func (j *judged) judgeEngaging(put store.Record) {
	was, _ := before[storedList](j, put.Key)
	is, _ := then[storedList](j, put.Key)
	for _, i := range is.engaged(put.ID) {
		if slices.Contains(was.engaged(put.ID), i) {
			continue
		}
		if _, controlled := j.expected[j.key("thread_control_settings", i.SourceID)]; !controlled {
			continue
		}
		rests := false
		for key := range j.expected {
			rests = rests || key.Kind == "thread_control" && strings.Contains(key.ID, put.ID)
		}
		if !rests {
			j.blame("%+v becomes engaged, and the batch does not rest on who has control", i)
		}
	}
}

// judgeClaim looks whether whoever wrote a content has control when its delivery begins.
func (j *judged) judgeClaim(put store.Record) {
	type job struct {
		Type  string `json:"type"`
		State string `json:"state"`
		Data  struct {
			ContentID string `json:"content_id"`
		} `json:"data"`
		Last string `json:"last"`
	}
	was, _ := before[job](j, put.Key)
	is, _ := then[job](j, put.Key)
	if is.Type != "content.deliver" || is.State != "running" || was.Last == is.Last {
		return
	}
	content, ok := then[interaction.Content](j, j.key("content", is.Data.ContentID))
	if !ok {
		j.blame("the delivery of %s begins, and the batch does not rest on it", is.Data.ContentID)
	}
	c := claim{content: content.ID, epoch: content.ControlEpoch, bot: content.Creator.Type == interaction.ActorBot}
	for key := range j.expected {
		if key.Kind != "thread_control" {
			continue
		}
		c.control = key
		now, _ := then[storedControl](j, key)
		owner := now.Holder()
		switch {
		case c.bot && (owner.Owner != handover.Bot || owner.App != content.Creator.ID || now.Epoch != content.ControlEpoch):
			j.blame("the delivery of a bot's %s of epoch %d begins while %v has control, in epoch %d", c.content, c.epoch, owner, now.Epoch)
		case content.Creator.Type == interaction.ActorAgent && owner.Owner != handover.Agent:
			j.blame("the delivery of an agent's %s begins while %v has control", c.content, owner)
		}
	}
	if _, controlled := j.expected[j.key("thread_control_settings", content.SourceID)]; controlled && c.control.ID == "" {
		j.blame("the delivery of %s begins, and the batch does not rest on who has control", c.content)
	}
	j.claims = append(j.claims, c)
}
