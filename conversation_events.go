package engage

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/engage-interactions/engage/interaction"
)

// The events of conversations, each with the type of its data. They are named as Engage
// Digital names its webhooks and the entries of its journal; of what it does not tell in
// this way the comment says that the event is our own.
const (
	// EventContentImported, with [ContentEvent]: a content came in from a platform.
	// first_in_thread says that it began a thread. It comes for what the company
	// said on the platform itself, too: look at the status.
	EventContentImported EventType = "content.imported"
	// EventContentReplied, with [ContentEvent]: somebody of the company replied. It
	// comes for what the system posts, too, which answers nothing: look at the actor.
	EventContentReplied EventType = "content.replied"
	// EventContentDiscussionInitiated, with [ContentEvent]: somebody of the company
	// began to write to a customer who had not written in the thread.
	EventContentDiscussionInitiated EventType = "content.discussion_initiated"
	// EventContentExported, with [ContentEvent]: the delivery of a content ended,
	// well or badly: synchronization_status says how.
	EventContentExported EventType = "content.exported"
	// EventContentUncertain, with [ContentEvent]: a platform was asked to deliver a
	// content and has not answered. Nobody knows whether it has it, and the
	// deliveries behind it in the thread wait until Jobs.Settle says so, or a report. Our
	// own.
	EventContentUncertain EventType = "content.export_uncertain"
	// EventContentIgnored, with [ContentEvent]: a customer's content needs no answer.
	EventContentIgnored EventType = "content.ignored"
	// EventThreadClosed, with [ThreadEvent]: somebody closed a thread.
	EventThreadClosed EventType = "content.thread_closed"
	// EventThreadAutoClosed, with [ThreadEvent]: a thread closed by itself, because
	// nobody said anything.
	EventThreadAutoClosed EventType = "content.thread_auto_closed"
	// EventThreadOpened, with [ThreadEvent]: a closed thread is open again. A new
	// thread is told of by its first content.
	EventThreadOpened EventType = "content.thread_opened"
	// EventThreadRecategorized, with [ThreadEvent].
	EventThreadRecategorized EventType = "content_thread.recategorized"
	// EventThreadAnnotated, with [ThreadEvent]: a thread has more detail about the
	// customer. Our own.
	EventThreadAnnotated EventType = "content_thread.annotated"

	// The life of an intervention, each with [InterventionLifeEvent].
	EventInterventionOpened              EventType = "intervention.opened"
	EventInterventionReopened            EventType = "intervention.reopened"
	EventInterventionAssigned            EventType = "intervention.assigned"
	EventInterventionUserUpdated         EventType = "intervention.user_updated"
	EventInterventionDeferred            EventType = "intervention.deferred"
	EventInterventionReactivated         EventType = "intervention.reactivated"
	EventInterventionClosed              EventType = "intervention.closed"
	EventInterventionCanceled            EventType = "intervention.canceled"
	EventInterventionRecategorized       EventType = "intervention.recategorized"
	EventInterventionCustomFieldsUpdated EventType = "intervention.custom_fields_updated"
	// EventInterventionJoined and EventInterventionLeft, with
	// [InterventionLifeEvent]: somebody may reply beside the owner, or no longer. Our own.
	EventInterventionJoined EventType = "intervention.participant_joined"
	EventInterventionLeft   EventType = "intervention.participant_left"

	// EventCommentCreated and EventCommentDestroyed, with [CommentEvent].
	EventCommentCreated   EventType = "intervention_comment.created"
	EventCommentDestroyed EventType = "intervention_comment.destroyed"

	// EventIdentityCreated, with [IdentityEvent]: an identity became known: it wrote
	// for the first time, was written to on the platform itself, or a thread was opened with
	// it (Threads.Open).
	EventIdentityCreated EventType = "identity.created"
	// EventIdentityUpdated, with [IdentityEvent]: its profile changed.
	EventIdentityUpdated EventType = "identity.updated"
	// EventIdentityMerged and EventIdentityUnmerged, with [IdentityMergeEvent]: an
	// identity belongs to another contact.
	EventIdentityMerged   EventType = "identity.merged"
	EventIdentityUnmerged EventType = "identity.unmerged"
	// EventContactMerged and EventContactUnmerged, with [ContactMergeEvent]: all that
	// was recorded of a contact has gone over to another one, or back. Our own, as are
	// EventContactCreated and EventContactDeleted.
	EventContactMerged   EventType = "contact.merged"
	EventContactUnmerged EventType = "contact.unmerged"

	// EventSourceCreated and EventSourceUpdated, with [SourceEvent].
	EventSourceCreated EventType = "content_source.created"
	EventSourceUpdated EventType = "content_source.updated"
	// EventCategoryCreated, EventCategoryUpdated and EventCategoryDeleted, with
	// [CategoryEvent].
	EventCategoryCreated EventType = "category.created"
	EventCategoryUpdated EventType = "category.updated"
	EventCategoryDeleted EventType = "category.destroyed"

	// EventJobFailed, with [JobEvent]: something that was to happen later, and is no
	// delivery, has failed for good. Jobs says what that leaves, and what mends it. Our own.
	EventJobFailed EventType = "job.failed"
)

// ContentEvent is the data of events about a content: the metadata of Engage Digital's
// webhooks, with thread and customer beside them. Of those metadata it has not what is not
// modelled here: type (a finer one than source_type, such as "answers/private_message"),
// approval_required, foreign_categories and capabilities_supported. The resource is the
// content.
type ContentEvent struct {
	ID                    string                    `json:"id"`
	SourceID              string                    `json:"source_id"`
	SourceType            string                    `json:"source_type"`
	ThreadID              string                    `json:"thread_id"`
	ThreadTitle           string                    `json:"thread_title,omitempty"`
	IdentityID            string                    `json:"identity_id"` // the customer's
	AuthorID              string                    `json:"author_id,omitempty"`
	CreatorID             string                    `json:"creator_id,omitempty"`
	ForeignID             string                    `json:"foreign_id,omitempty"`
	InterventionID        string                    `json:"intervention_id,omitempty"`
	InReplyToID           string                    `json:"in_reply_to_id,omitempty"`
	InReplyToAuthorID     string                    `json:"in_reply_to_author_id,omitempty"`
	FirstInThread         bool                      `json:"first_in_thread"`
	Status                interaction.ContentStatus `json:"status"`
	SynchronizationStatus interaction.SyncStatus    `json:"synchronization_status"`
	SynchronizationError  string                    `json:"synchronization_error,omitempty"`
	CreatedFrom           interaction.Origin        `json:"created_from"`
	Date                  time.Time                 `json:"date"`
	Body                  string                    `json:"body"`
	BodyFormat            interaction.BodyFormat    `json:"body_input_format"`
	HasAttachment         bool                      `json:"has_attachment"`
	Language              string                    `json:"language,omitempty"`
	Private               bool                      `json:"private"` // Content.Private, private_message there
	// CategoryIDs are those of the intervention that it belongs to; if it has none, those
	// of the thread.
	CategoryIDs []string `json:"category_ids,omitempty"`
}

// ThreadEvent is the data of events about a thread, which is the resource.
type ThreadEvent struct {
	SourceID          string                 `json:"source_id"`
	ThreadID          string                 `json:"thread_id"`
	ThreadTitle       string                 `json:"thread_title,omitempty"`
	ForeignID         string                 `json:"foreign_id,omitempty"`
	ThreadCategoryIDs []string               `json:"thread_category_ids,omitempty"`
	CloseCause        interaction.CloseCause `json:"close_cause,omitempty"`
}

// InterventionLifeEvent is the data of events about an intervention, which is the
// resource: the metadata of Engage Digital's webhooks.
type InterventionLifeEvent struct {
	SourceID          string                     `json:"source_id"`
	ThreadID          string                     `json:"thread_id"`
	IdentityID        string                     `json:"identity_id"`
	ContentID         string                     `json:"content_id,omitempty"`
	UserID            string                     `json:"user_id,omitempty"` // the owner's
	Owner             Actor                      `json:"owner,omitzero"`
	PreviousOwner     Actor                      `json:"previous_owner,omitzero"`
	CategoryIDs       []string                   `json:"category_ids,omitempty"`
	DispositionIDs    []string                   `json:"disposition_ids,omitempty"`
	ClosedAt          time.Time                  `json:"closed_at,omitzero"`
	DeferredAt        time.Time                  `json:"deferred_at,omitzero"`
	CustomFieldValues map[string]json.RawMessage `json:"custom_field_values,omitempty"`
	Cause             interaction.CloseCause     `json:"closed_automatically,omitempty"`
	// Participant is who joined or left.
	Participant Actor `json:"participant,omitzero"`
	// Contested says that nobody can tell who has control of the conversation. Our own.
	Contested bool `json:"contested,omitempty"`
}

// CommentEvent is the data of events about a comment, which is the resource.
type CommentEvent struct {
	InterventionID string `json:"intervention_id"`
	ThreadID       string `json:"thread_id"`
}

// IdentityEvent is the data of events about an identity, which is the resource.
type IdentityEvent struct {
	CommunityID string `json:"community_id"`
	ForeignID   string `json:"foreign_id"`
	ContactID   string `json:"contact_id"`
}

// IdentityMergeEvent is the data of EventIdentityMerged and EventIdentityUnmerged. An
// identity group is what this library calls a contact.
type IdentityMergeEvent struct {
	OldIdentityGroupID string `json:"old_identity_group_id"`
	NewIdentityGroupID string `json:"new_identity_group_id"`
}

// ContactMergeEvent is the data of EventContactMerged and EventContactUnmerged. The
// resource is the contact that was merged into the other one.
type ContactMergeEvent struct {
	ContactID string `json:"contact_id"`
	IntoID    string `json:"into_id"`
	Moved     int64  `json:"moved"` // how many interactions
}

// SourceEvent is the data of events about a source, which is the resource.
type SourceEvent struct {
	SourceType string `json:"source_type"`
}

// CategoryEvent is the data of events about a category, which is the resource.
type CategoryEvent struct {
	Name               string `json:"name"`
	TakeOverCategoryID string `json:"take_over_category_id,omitempty"`
}

// JobEvent is the data of EventJobFailed. The resource is the job.
type JobEvent struct {
	JobType  string `json:"job_type"`
	Attempts int    `json:"attempts"`
	Error    string `json:"error"`
}

// scene is where in the conversations an event belongs.
type scene struct {
	identityID, sourceID, threadID string

	then Then // what was so
}

// tell appends an event of a conversation, and enters it into the timeline of its
// identity.
func (t *turn) tell(typ EventType, at time.Time, resource Resource, in scene, data any) error {
	if err := t.emit(typ, resource, data); err != nil {
		return err
	}
	if in.identityID == "" {
		return nil
	}
	return timeline.Insert(t.Work, &timelineEntry{
		ID: t.ID(), IdentityID: in.identityID, Time: at, Type: typ, Actor: t.actor, Resource: resource,
		SourceID: in.sourceID, ThreadID: in.threadID, Then: in.then,
	})
}

// tellContent tells of a content.
func (t *turn) tellContent(ctx context.Context, typ EventType, c *interaction.Content, with interaction.Correspondent, thread *interaction.Thread) error {
	var within interaction.Intervention
	if c.InterventionID != "" {
		i, err := t.intervention(ctx, c.InterventionID)
		if err != nil {
			return err
		}
		within = *i
	}
	data := ContentEvent{
		ID: c.ID, SourceID: c.SourceID, SourceType: c.SourceType, ThreadID: c.ThreadID, ThreadTitle: thread.Title,
		IdentityID: c.IdentityID, AuthorID: c.AuthorID, CreatorID: c.Creator.ID, ForeignID: c.ForeignID,
		InterventionID: c.InterventionID, InReplyToID: c.InReplyToID, InReplyToAuthorID: c.InReplyToAuthorID,
		FirstInThread: c.FirstInThread, Status: c.Status(with), SynchronizationStatus: c.Synchronization.Status,
		SynchronizationError: c.Synchronization.Error, CreatedFrom: c.Origin, Date: c.CreatedAt, Body: c.Body,
		BodyFormat: c.BodyFormat, HasAttachment: len(c.Attachments) > 0, Language: c.Language, Private: c.Private,
		CategoryIDs: within.ContentCategoryIDs(*thread),
	}
	at := t.now
	if typ == EventContentImported { // when it was written, not when we were told
		at = c.WrittenAt()
	}
	return t.tell(typ, at, contentResource(c.ID), scene{c.IdentityID, c.SourceID, c.ThreadID, Then{
		ContentStatus: data.Status, SynchronizationStatus: data.SynchronizationStatus, SynchronizationError: data.SynchronizationError,
		ThreadTitle: data.ThreadTitle, CategoryIDs: data.CategoryIDs,
	}}, data)
}

// tellThread tells of a thread, in the timeline of the customer that it began with.
func (t *turn) tellThread(typ EventType, thread *interaction.Thread) error {
	return t.tellOfThread(typ, thread, SetValues{})
}

// tellOfThread tells of a thread, and in the timeline what was set.
func (t *turn) tellOfThread(typ EventType, thread *interaction.Thread, set SetValues) error {
	return t.tell(typ, t.now, threadResource(thread.ID), scene{thread.IdentityID, thread.SourceID, thread.ID, Then{
		ThreadStatus: thread.Status, ThreadTitle: thread.Title, CategoryIDs: slices.Clone(thread.ThreadCategoryIDs),
		CloseCause: thread.CloseCause, Set: set,
	}}, ThreadEvent{
		SourceID: thread.SourceID, ThreadID: thread.ID, ThreadTitle: thread.Title, ForeignID: thread.ForeignID,
		ThreadCategoryIDs: thread.ThreadCategoryIDs, CloseCause: thread.CloseCause,
	})
}

// tellIntervention tells of what happened to an intervention.
func (t *turn) tellIntervention(i *interaction.Intervention, previous, participant Actor, types ...string) error {
	return t.tellOfIntervention(i, Then{PreviousOwner: previous, Participant: participant}, types...)
}

// tellOfIntervention tells of what happened to an intervention, with what is then so and
// it does not say itself.
func (t *turn) tellOfIntervention(i *interaction.Intervention, then Then, types ...string) error {
	then.Owner, then.InterventionStatus = i.Owner, i.Status
	then.CategoryIDs, then.DispositionIDs = slices.Clone(i.CategoryIDs), slices.Clone(i.DispositionIDs)
	then.DeferredAt, then.CloseCause, then.Contested = i.DeferredAt, i.ClosedAutomatically, i.Contested
	for _, typ := range types {
		in := scene{i.IdentityID, i.SourceID, i.ThreadID, then}
		err := t.tell(EventType(typ), t.now, interventionResource(i.ID), in, InterventionLifeEvent{
			SourceID: i.SourceID, ThreadID: i.ThreadID, IdentityID: i.IdentityID, ContentID: i.ContentID,
			UserID: i.Owner.ID, Owner: i.Owner, PreviousOwner: then.PreviousOwner, CategoryIDs: slices.Clone(i.CategoryIDs),
			DispositionIDs: i.DispositionIDs, ClosedAt: i.ClosedAt, DeferredAt: i.DeferredAt,
			CustomFieldValues: i.CustomFieldValues, Cause: i.ClosedAutomatically, Participant: then.Participant, Contested: i.Contested,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func sourceResource(id string) Resource       { return Resource{Type: ResourceSource, ID: id} }
func identityResource(id string) Resource     { return Resource{Type: ResourceIdentity, ID: id} }
func contactResource(id string) Resource      { return Resource{Type: ResourceContact, ID: id} }
func threadResource(id string) Resource       { return Resource{Type: ResourceThread, ID: id} }
func contentResource(id string) Resource      { return Resource{Type: ResourceContent, ID: id} }
func interventionResource(id string) Resource { return Resource{Type: ResourceIntervention, ID: id} }
