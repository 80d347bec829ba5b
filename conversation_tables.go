package engage

import (
	"slices"
	"strconv"
	"time"

	"github.com/engage-interactions/engage/interaction"
	"github.com/engage-interactions/engage/internal/work"
	"github.com/engage-interactions/engage/store"
)

// community is the type that all sources of a community share.
type community struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// foreignKey says which record an ID of a platform, or a key of the host, stands for.
// It is what makes them unique.
type foreignKey struct {
	Hash     string `json:"hash"`
	TargetID string `json:"target_id"`
}

// currentThread is the thread that a customer's next content on a source joins if it
// names none.
type currentThread struct {
	SourceID      string    `json:"source_id"`
	IdentityID    string    `json:"identity_id"`
	ThreadID      string    `json:"thread_id"`
	LastContentAt time.Time `json:"last_content_at"` // when the latest one of the customer was written; it never goes back
}

// engagedList is the open and deferred interventions with an identity, on all
// sources. It is the guard of the rule that control passes to a bot only when there
// is none: whoever opens or ends one rewrites it.
type engagedList struct {
	IdentityID    string    `json:"identity_id"`
	Interventions []engaged `json:"interventions"`
	Changes       int64     `json:"changes"` // counts those who rewrote it
}

type engaged struct {
	ID       string                         `json:"id"`
	SourceID string                         `json:"source_id"`
	ThreadID string                         `json:"thread_id"`
	Status   interaction.InterventionStatus `json:"status"`
	Owner    interaction.Actor              `json:"owner,omitzero"`
	// Contested is what the intervention says.
	Contested bool `json:"contested,omitempty"`
}

// keyTable is a table of keys.
type keyTable = *work.Table[foreignKey]

// timelineEntry is something that happened in a conversation with an identity.
type timelineEntry struct {
	ID         string    `json:"id"`
	IdentityID string    `json:"identity_id"`
	Time       time.Time `json:"time"`
	Type       EventType `json:"type"`
	Actor      Actor     `json:"actor"`
	Resource   Resource  `json:"resource"`
	SourceID   string    `json:"source_id,omitempty"`
	ThreadID   string    `json:"thread_id,omitempty"`
	Then
}

// storedCategories are all categories. The one record is the guard of their tree.
type storedCategories struct {
	interaction.CategoryTree
}

// The tables of conversations.
var (
	sources = work.Table[interaction.Source]{
		Kind: "content_source", Format: 2,
		ID: func(s *interaction.Source) string { return plain(s.ID) },
		Copy: func(s *interaction.Source) *interaction.Source {
			c := *s
			c.DefaultCategoryIDs = slices.Clone(s.DefaultCategoryIDs)
			return &c
		},
		Indexes: []work.Index[interaction.Source]{
			{Name: byControlledCommunity, Term: func(s *interaction.Source) (string, bool) {
				return idTerm(plain(s.Community())).Text(plain(s.ID)).String(), s.ThreadControl
			}},
			{Name: byType, Term: func(s *interaction.Source) (string, bool) {
				return idTerm(plain(s.Type)).Text(plain(s.ID)).String(), true
			}},
		},
	}
	communities = work.Table[community]{
		Kind: "community", Format: 1,
		ID: func(c *community) string { return plain(c.ID) },
	}
	identities = work.Table[interaction.Identity]{
		Kind: "identity", Format: 1,
		ID: func(i *interaction.Identity) string { return i.ID },
		Indexes: []work.Index[interaction.Identity]{
			{Name: byTypeForeign, Term: func(i *interaction.Identity) (string, bool) {
				return typeForeignTerm(i.Type, i.ForeignID).String(), true
			}},
		},
	}
	identityKeys = work.Table[foreignKey]{Kind: "identity_key", Format: 1, ID: hashID} // community, foreign ID
	threads      = work.Table[interaction.Thread]{
		Kind: "content_thread", Format: 2, Mend: mendThread,
		ID: func(t *interaction.Thread) string { return t.ID },
		Indexes: []work.Index[interaction.Thread]{
			{Name: byActive, Term: func(t *interaction.Thread) (string, bool) {
				return activeKey(t).String(), true
			}},
			{Name: bySourceActive, Term: func(t *interaction.Thread) (string, bool) {
				return slices.Concat(sourceTerm(t.SourceID), activeKey(t)).String(), true
			}},
			{Name: byStatusActive, Term: func(t *interaction.Thread) (string, bool) {
				return slices.Concat(idTerm(string(t.Status)), activeKey(t)).String(), true
			}},
			{Name: bySourceStatusActive, Term: func(t *interaction.Thread) (string, bool) {
				return slices.Concat(sourceTerm(t.SourceID).Text(string(t.Status)), activeKey(t)).String(), true
			}},
			{Name: byWaiting, Term: func(t *interaction.Thread) (string, bool) {
				return store.Tuple{}.Time(t.WaitingSince).Text(t.ID).String(), t.Status == interaction.ThreadOpen && !t.WaitingSince.IsZero()
			}},
			{Name: bySourceWaiting, Term: func(t *interaction.Thread) (string, bool) {
				return sourceTerm(t.SourceID).Time(t.WaitingSince).Text(t.ID).String(), t.Status == interaction.ThreadOpen && !t.WaitingSince.IsZero()
			}},
			// These change only when a thread opens or closes, or gets its name.
			{Name: byIdentityOpen, Term: func(t *interaction.Thread) (string, bool) {
				return openOfTerm(t.SourceID, t.IdentityID).Text(t.ID).String(), t.Status == interaction.ThreadOpen
			}},
			{Name: byNameOpen, Term: func(t *interaction.Thread) (string, bool) {
				return openNamedTerm(t.SourceID, t.ForeignID).Text(t.ID).String(), t.Status == interaction.ThreadOpen && t.ForeignID != ""
			}},
		},
	}
	threadKeys     = work.Table[foreignKey]{Kind: "thread_key", Format: 1, ID: hashID} // source, foreign ID
	currentThreads = work.Table[currentThread]{
		Kind: "current_thread", Format: 1,
		ID: func(c *currentThread) string { return currentThreadID(c.SourceID, c.IdentityID) },
	}
	correspondents = work.Table[interaction.Correspondent]{
		Kind: "correspondent", Format: 2, Mend: mendCorrespondent,
		ID: func(c *interaction.Correspondent) string { return correspondentID(c.ThreadID, c.IdentityID) },
		Indexes: []work.Index[interaction.Correspondent]{
			{Name: byIdentityActive, Term: func(c *interaction.Correspondent) (string, bool) {
				return idTerm(c.IdentityID).Time(c.LastContentAt).Text(c.ThreadID).String(), true
			}},
			{Name: byIdentityStatusActive, Term: func(c *interaction.Correspondent) (string, bool) {
				return idTerm(c.IdentityID).Text(string(c.ThreadStatus)).Time(c.LastContentAt).Text(c.ThreadID).String(), true
			}},
			{Name: byThreadWaiting, Term: func(c *interaction.Correspondent) (string, bool) {
				return idTerm(c.ThreadID).Time(c.WaitingSince()).Text(c.IdentityID).String(), !c.WaitingSince().IsZero()
			}},
			{Name: byOwnerUnanswered, Term: func(c *interaction.Correspondent) (string, bool) {
				return ownerTerm(c.Owner).Time(c.UnansweredSince).Text(c.ThreadID).Text(c.IdentityID).String(), c.WaitsForOwner()
			}},
		},
	}
	contents = work.Table[interaction.Content]{
		Kind: "content", Format: 2, Upgrade: upgradeContent, Mend: mendContent,
		ID: func(c *interaction.Content) string { return c.ID },
		Indexes: []work.Index[interaction.Content]{
			{Name: byThreadPosition, Term: func(c *interaction.Content) (string, bool) {
				return idTerm(c.ThreadID).Int(c.Position).String(), c.DuplicateOf == ""
			}},
			{Name: byThreadTree, Term: func(c *interaction.Content) (string, bool) {
				return idTerm(c.ThreadID).Text(pathText(c.Path)).String(), c.DuplicateOf == ""
			}},
			{Name: byCorrespondentUnanswered, Term: func(c *interaction.Content) (string, bool) {
				return idTerm(c.ThreadID).Text(c.IdentityID).Int(c.Position).String(), c.Direction == interaction.Inbound && !c.Ignored
			}},
			{Name: byCorrespondentEcho, Term: func(c *interaction.Content) (string, bool) {
				return idTerm(c.ThreadID).Text(c.IdentityID).Int(c.AnswersUpTo).String(), c.AnswersUpTo > 0 && c.DuplicateOf == ""
			}},
			{Name: byIdentityPending, Term: func(c *interaction.Content) (string, bool) {
				return pendingTerm(c.SourceID, c.IdentityID).Text(c.ID).String(), c.Synchronization.Status == interaction.SyncPending
			}},
		},
	}
	contentKeys   = work.Table[foreignKey]{Kind: "content_key", Format: 1, ID: hashID} // source, foreign ID
	postKeys      = work.Table[foreignKey]{Kind: "post_key", Format: 1, ID: hashID}    // idempotency key
	interventions = work.Table[interaction.Intervention]{
		Kind: "intervention", Format: 2,
		ID: func(i *interaction.Intervention) string { return i.ID },
		Indexes: []work.Index[interaction.Intervention]{
			{Name: byCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return createdKey(i).String(), true
			}},
			{Name: byThreadCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(idTerm(i.ThreadID), createdKey(i)).String(), true
			}},
			{Name: byIdentityCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(idTerm(i.IdentityID), createdKey(i)).String(), true
			}},
			{Name: byIdentityStatusCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(idTerm(i.IdentityID).Text(string(i.Status)), createdKey(i)).String(), true
			}},
			{Name: bySourceCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(sourceTerm(i.SourceID), createdKey(i)).String(), true
			}},
			{Name: byOwnerCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(ownerTerm(i.Owner), createdKey(i)).String(), true
			}},
			{Name: byStatusCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(idTerm(string(i.Status)), createdKey(i)).String(), true
			}},
			{Name: bySourceStatusCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(sourceTerm(i.SourceID).Text(string(i.Status)), createdKey(i)).String(), true
			}},
			{Name: byOwnerStatusCreated, Term: func(i *interaction.Intervention) (string, bool) {
				return slices.Concat(ownerTerm(i.Owner).Text(string(i.Status)), createdKey(i)).String(), true
			}},
		},
	}
	interventionComments = work.Table[interaction.InterventionComment]{
		Kind: "intervention_comment", Format: 1,
		ID: func(c *interaction.InterventionComment) string { return c.ID },
		Indexes: []work.Index[interaction.InterventionComment]{
			{Name: byIntervention, Term: func(c *interaction.InterventionComment) (string, bool) {
				return idTerm(c.InterventionID).Text(c.ID).String(), true
			}},
		},
	}
	engagedLists = work.Table[engagedList]{
		Kind: "engaged_list", Format: 1,
		ID: func(l *engagedList) string { return l.IdentityID },
	}
	categories = work.Table[storedCategories]{
		Kind: "category_tree", Format: 1,
		ID: func(*storedCategories) string { return categoriesID },
	}
	timeline = work.Table[timelineEntry]{
		Kind: "timeline_entry", Format: 1,
		ID: func(e *timelineEntry) string { return e.ID },
		Indexes: []work.Index[timelineEntry]{
			{Name: byIdentityTime, Term: func(e *timelineEntry) (string, bool) {
				return idTerm(e.IdentityID).Time(e.Time).Text(e.ID).String(), true
			}},
		},
	}
)

// conversationTables are those of conversations, and of who has control of them.
func conversationTables() []work.Kept {
	return []work.Kept{
		&sources, &communities, &identities, &identityKeys, &threads, &threadKeys, &currentThreads, &correspondents,
		&contents, &contentKeys, &postKeys, &interventions, &interventionComments, &engagedLists, &categories, &timeline,
		&controls, &controlSettings, &controlSpans, &controlWatches,
	}
}

// The indexes. Each orders by the parts of its name; where time alone would leave the
// order open, the ID of the record is the last part, so that a list can go on behind
// any entry.
const (
	byTypeForeign             = "type_foreign"
	byActive                  = "active"
	bySourceActive            = "source_active"
	byStatusActive            = "status_active"
	bySourceStatusActive      = "source_status_active"
	byWaiting                 = "waiting"
	bySourceWaiting           = "source_waiting"
	byIdentityOpen            = "identity_open"
	byNameOpen                = "name_open"
	byIdentityActive          = "identity_active"
	byIdentityStatusActive    = "identity_status_active"
	byThreadWaiting           = "thread_waiting"
	byOwnerUnanswered         = "owner_unanswered"
	byThreadPosition          = "thread_position"
	byThreadTree              = "thread_tree"
	byCorrespondentUnanswered = "correspondent_unanswered"
	byCorrespondentEcho       = "correspondent_echo"
	byIdentityPending         = "identity_pending"
	byCreated                 = "created"
	bySourceCreated           = "source_created"
	byOwnerCreated            = "owner_created"
	byThreadCreated           = "thread_created"
	byIdentityCreated         = "identity_created"
	byIdentityStatusCreated   = "identity_status_created"
	byOwnerStatusCreated      = "owner_status_created"
	byStatusCreated           = "status_created"
	bySourceStatusCreated     = "source_status_created"
	byIntervention            = "intervention"
	byIdentityTime            = "identity_time"
)

const categoriesID = "categories"

func hashID(k *foreignKey) string { return k.Hash }

func idTerm(id string) store.Tuple { return store.Tuple{}.Text(id) }

func sourceTerm(sourceID string) store.Tuple { return store.Tuple{}.Text(plain(sourceID)) }

func typeForeignTerm(typ, foreignID string) store.Tuple {
	return store.Tuple{}.Text(plain(typ)).Text(plain(foreignID))
}

// openOfTerm begins the terms of the open threads that began with an identity.
func openOfTerm(sourceID, identityID string) store.Tuple {
	return sourceTerm(sourceID).Text(identityID)
}

// pendingTerm begins the terms of what is on its way to an identity.
func pendingTerm(sourceID, identityID string) store.Tuple {
	return sourceTerm(sourceID).Text(identityID)
}

// openNamedTerm begins the terms of the open threads of a name.
func openNamedTerm(sourceID, foreignID string) store.Tuple {
	return sourceTerm(sourceID).Text(plain(foreignID))
}

func ownerTerm(owner Actor) store.Tuple {
	return store.Tuple{}.Text(brief(string(owner.Type))).Text(brief(owner.ID))
}

// activeKey orders threads by their last content.
func activeKey(t *interaction.Thread) store.Tuple {
	return store.Tuple{}.Time(t.LastContentAt).Text(t.ID)
}

// createdKey orders interventions by when they were created.
func createdKey(i *interaction.Intervention) store.Tuple {
	return store.Tuple{}.Time(i.CreatedAt).Text(i.ID)
}

func correspondentID(threadID, identityID string) string {
	return idTerm(threadID).Text(identityID).String()
}

func currentThreadID(sourceID, identityID string) string {
	return sourceTerm(sourceID).Text(identityID).String()
}

// pathText returns a text for a path in a tree, such that the order of texts is the
// order in which the tree is gone through, every content before what is below it.
func pathText(path []int64) string {
	var text []byte
	for _, position := range path {
		digits := strconv.FormatInt(position, 36)
		text = append(text, byte('a'+len(digits))) // longer numbers are greater
		text = append(text, digits...)
	}
	return string(text)
}

// treePrefix returns the prefix of the terms of a content and what is below it in the tree
// of its thread.
func treePrefix(threadID string, path []int64) string {
	within := idTerm(threadID).Text(pathText(path)).String()
	return within[:len(within)-1] // without the mark of the path's end
}

// behindPath returns where the terms begin that come behind the one of a content in the tree
// of its thread: of what is below it first.
func behindPath(threadID string, path []int64) string {
	return idTerm(threadID).Text(pathText(path)).Text("").String()
}
