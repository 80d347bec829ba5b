package engage

import (
	"context"
	"errors"

	"github.com/engage-interactions/engage/routing"
)

// Activities are what workers do: each says whether they are offered tasks meanwhile
// (TaskRouter's documentation, "Activity Resource").
type Activities struct{ scope }

// NewActivity is an activity to be created.
type NewActivity struct {
	// FriendlyName is unique in the workspace, whatever the case; up to 64 characters.
	FriendlyName string
	// Available has tasks offered to workers. It never changes.
	Available bool
}

// Create adds an activity to a workspace, which can have MaxActivities.
//
// The error wraps ErrInvalid for what an activity cannot have, ErrConflict if another one
// has the name.
func (s Activities) Create(ctx context.Context, workspaceSID string, n NewActivity) (routing.Activity, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, workspaceResource(workspaceSID)); err != nil {
		return routing.Activity{}, err
	}
	var created routing.Activity
	err := s.do(ctx, func(t *turn) error {
		w, err := t.workspace(ctx, workspaceSID)
		if err != nil {
			return err
		}
		if len(w.ActivitySIDs) >= MaxActivities {
			return limitReached(workspaceResource(w.SID), MaxActivities, "activities")
		}
		created = routing.Activity{FriendlyName: n.FriendlyName, Available: n.Available}
		return errors.Join(t.newActivity(ctx, w, &created), workspaces.Put(t.Work, w))
	})
	if err != nil {
		return routing.Activity{}, err
	}
	return created, nil
}

// Get returns an activity.
func (s Activities) Get(ctx context.Context, sid string) (routing.Activity, error) {
	if err := s.allow(ctx, ActionWorkspacesRead, activityResource(sid)); err != nil {
		return routing.Activity{}, err
	}
	return read(ctx, s.scope, func(t *turn) (*routing.Activity, error) { return t.activity(ctx, sid) })
}

// List returns one page of the activities of a workspace, in the order of their SIDs.
func (s Activities) List(ctx context.Context, workspaceSID string, limit int, continuation string) (Page[routing.Activity], error) {
	if err := s.allow(ctx, ActionWorkspacesRead, workspaceResource(workspaceSID)); err != nil {
		return Page[routing.Activity]{}, err
	}
	return listPage(ctx, s.scope, &activities, inWorkspaceQuery(workspaceSID, limit, continuation), everything)
}

// ActivityUpdate is what is to change of an activity. What is nil stays.
type ActivityUpdate struct {
	FriendlyName *string
}

// Update changes the name of an activity. The workers in it, by whom expressions may ask for
// it, are told of it one after the other: a job goes through them.
//
// The error wraps ErrInvalid for what an activity cannot have, ErrConflict if another one
// has the name.
func (s Activities) Update(ctx context.Context, sid string, u ActivityUpdate) (routing.Activity, error) {
	if err := s.allow(ctx, ActionWorkspacesManage, activityResource(sid)); err != nil {
		return routing.Activity{}, err
	}
	var updated routing.Activity
	err := s.do(ctx, func(t *turn) error {
		a, err := t.activity(ctx, sid)
		if err != nil {
			return err
		}
		before := a.FriendlyName
		set(&a.FriendlyName, u.FriendlyName)
		a.UpdatedAt = t.now
		var wrong problems
		if err := errors.Join(wrong.check(a.Check()), wrong.err()); err != nil {
			return err
		}
		if err := t.rename(ctx, nameOfActivity, a.WorkspaceSID, a.SID, before, a.FriendlyName, activityResource); err != nil {
			return err
		}
		if before != a.FriendlyName {
			if err := t.bringUpToDate(ctx, a.WorkspaceSID); err != nil {
				return err
			}
		}
		updated = *a
		return errors.Join(activities.Put(t.Work, a), t.tellWorkspace(EventActivityUpdated, activityResource(a.SID), a.WorkspaceSID, a.FriendlyName))
	})
	if err != nil {
		return routing.Activity{}, err
	}
	return updated, nil
}

// Delete removes an activity. It is refused while a worker is in it, or its workspace or a
// queue names it.
//
// The error wraps ErrRefused then, and says what needs it.
func (s Activities) Delete(ctx context.Context, sid string) error {
	if err := s.allow(ctx, ActionWorkspacesManage, activityResource(sid)); err != nil {
		return err
	}
	return s.do(ctx, func(t *turn) error {
		a, err := t.activity(ctx, sid)
		if err != nil {
			return err
		}
		w, err := t.workspace(ctx, a.WorkspaceSID)
		if err != nil {
			return err
		}
		resource := activityResource(a.SID)
		if a.SID == w.DefaultActivitySID || a.SID == w.TimeoutActivitySID {
			return inUse(resource, "its workspace names it", "let the workspace name another one")
		}
		// Whoever moves a worker rewrites their count, and whoever changes a queue the crews.
		facts, err := t.crewCounts(ctx, w.SID)
		if err != nil {
			return err
		}
		if facts.ByActivity[a.SID] > 0 {
			return inUse(resource, "there are workers in it", "let them do something else")
		}
		c, err := t.crewsOf(ctx, w.SID)
		if err != nil {
			return err
		}
		if q := c.namesActivity(a.SID); q != "" {
			return inUse(resource, "the queue "+q+" names it", "let the queue name another one, or none")
		}
		w.ActivitySIDs = without(w.ActivitySIDs, a.SID)
		return errors.Join(t.dropActivity(ctx, a.SID), workspaces.Put(t.Work, w),
			t.tellWorkspace(EventActivityDeleted, resource, w.SID, a.FriendlyName))
	})
}

// newActivity adds an activity to a workspace, which is to be written.
func (t *turn) newActivity(ctx context.Context, w *storedWorkspace, a *routing.Activity) error {
	a.SID, a.AccountSID, a.WorkspaceSID, a.CreatedAt, a.UpdatedAt = t.sid(routing.PrefixActivity), w.AccountSID, w.SID, t.now, t.now
	var wrong problems
	if err := errors.Join(wrong.check(a.Check()), wrong.err()); err != nil {
		return err
	}
	if err := t.rename(ctx, nameOfActivity, w.SID, a.SID, "", a.FriendlyName, activityResource); err != nil {
		return err
	}
	w.ActivitySIDs = with(w.ActivitySIDs, a.SID)
	return errors.Join(activities.Insert(t.Work, a), t.tellWorkspace(EventActivityCreated, activityResource(a.SID), w.SID, a.FriendlyName))
}

// dropActivity removes an activity and its name.
func (t *turn) dropActivity(ctx context.Context, sid string) error {
	a, err := t.activity(ctx, sid)
	if err != nil {
		return err
	}
	return errors.Join(t.rename(ctx, nameOfActivity, a.WorkspaceSID, a.SID, a.FriendlyName, "", activityResource), activities.Delete(t.Work, a))
}

// activityName returns the name that an activity has now, "" for none.
func (t *turn) activityName(ctx context.Context, sid string) (string, error) {
	if sid == "" {
		return "", nil
	}
	a, err := t.activity(ctx, sid)
	if err != nil {
		return "", gone(err)
	}
	return a.FriendlyName, nil
}
