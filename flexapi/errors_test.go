package flexapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/flexapi"
)

// Who asks is said by the host; what it says is nobody's business.
func TestWhoAsks(t *testing.T) {
	t.Parallel()
	secret := errors.New("the secret of the host")
	c := newCentre(t, func(_ *centre, _ *engage.Options, o *flexapi.Options) {
		o.Actor = func(r *http.Request) (engage.Actor, error) {
			name, _, _ := r.BasicAuth()
			switch name {
			case "system":
				return engage.System(), nil
			case "ann":
				return engage.Agent("ann"), nil
			case "nobody":
				return engage.Actor{}, nil
			case "banned":
				return engage.Actor{}, fmt.Errorf("%w: %w", secret, engage.ErrForbidden)
			case "busy":
				return engage.Actor{}, fmt.Errorf("%w: %w", secret, flexapi.ErrTooManyRequests)
			case "broken":
				return engage.Actor{}, fmt.Errorf("%w: %w", secret, &engage.NotFoundError{})
			}
			return engage.Actor{}, fmt.Errorf("%w: %w", secret, flexapi.ErrUnauthorized)
		}
	})
	ask := func(name, method, path string) answered {
		r := c.request(method, path, "", "")
		if name != "" {
			r.SetBasicAuth(name, "x")
		}
		return c.sends(r)
	}
	for _, row := range []struct {
		name         string
		status, code int
	}{
		{"", 401, 20003}, {"mallory", 401, 20003}, {"banned", 403, 20403}, {"busy", 429, 20429}, {"nobody", 500, 20500}, {"broken", 500, 20500},
	} {
		c.logged.Reset()
		got := ask(row.name, http.MethodGet, "/v1/Workspaces")
		got.refused(row.status, row.code)
		if (got.Header().Get("WWW-Authenticate") != "") != (row.status == 401) {
			t.Errorf("%s: WWW-Authenticate %q", row.name, got.Header().Get("WWW-Authenticate"))
		}
		if strings.Contains(got.Body.String()+c.logged.String(), "secret") {
			t.Errorf("%s: %s, logged %s", row.name, got.Body, &c.logged)
		}
		if (c.logged.Len() > 0) != (row.status == 500) {
			t.Errorf("%s: logged %s", row.name, &c.logged)
		}
	}
	ask("system", http.MethodGet, "/v1/Workspaces").is(http.StatusOK)
	ask("", http.MethodGet, "/v1/Nothing").refused(http.StatusNotFound, 20404)
	ask("", http.MethodPut, "/v1/Workspaces").refused(http.StatusMethodNotAllowed, 20004)
}

// An agent answers their own offers, and nobody else's.
func TestAgentsActForThemselves(t *testing.T) {
	t.Parallel()
	c := newCentre(t, func(_ *centre, e *engage.Options, o *flexapi.Options) {
		o.Actor = func(r *http.Request) (engage.Actor, error) {
			name, _, _ := r.BasicAuth()
			return engage.Agent(name), nil
		}
		e.Authorize = func(_ context.Context, who engage.Actor, action engage.Action, _ engage.Resource) error {
			reads := action == engage.ActionReservationsRead || action == engage.ActionTasksRead
			if who.Type == engage.ActorAgent && action != engage.ActionReservationsUpdate && !reads {
				return errors.New("not for agents")
			}
			return nil
		}
	})
	task := must(c.eng.Tasks.Create(t.Context(), c.workspace.SID, engage.NewTask{TaskChannel: "sms"}))(t)
	c.runs()
	offer := must(c.eng.Reservations.List(t.Context(), ofTask(task.SID)))(t).Items[0]
	ask := func(name, method, path, form string) answered {
		r := c.request(method, path, "application/x-www-form-urlencoded", form)
		r.SetBasicAuth(name, "x")
		return c.sends(r)
	}
	path := c.below("Workers", c.ann.SID, "Reservations", offer.SID)
	ask("bob", http.MethodPost, path, "ReservationStatus=accepted").refused(http.StatusForbidden, 20403)
	ask("ann", http.MethodPost, path, "ReservationStatus=accepted").is(http.StatusOK).shows(`{"reservation_status":"accepted","worker_name":"ann"}`)
	ask("ann", http.MethodGet, c.below("Tasks", task.SID), "").is(http.StatusOK).shows(`{"assignment_status":"assigned","task_queue_friendly_name":"Everybody"}`)
	ask("ann", http.MethodGet, c.below("Workers", c.ann.SID, "Reservations"), "").is(http.StatusOK)
	ask("ann", http.MethodPost, c.below("Tasks", task.SID), "AssignmentStatus=completed&Reason=x").refused(http.StatusForbidden, 20403)
	ask("ann", http.MethodGet, c.below("Workers"), "").refused(http.StatusForbidden, 20403)
}

// What is there already, and what is in use.
func TestConflicts(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	for _, path := range []string{"Activities", "TaskQueues", "Workers", "Workflows"} {
		parameters := []string{"FriendlyName", "Twice", "Configuration", c.workflow.Configuration.String()}
		c.post(c.below(path), parameters...)
		c.asks(http.MethodPost, c.below(path), parameters...).refused(http.StatusConflict, 20409)
	}
	c.asks(http.MethodDelete, "/v1/Workspaces/"+c.workspace.SID).refused(http.StatusBadRequest, 20001)
	c.asks(http.MethodDelete, c.below("TaskQueues", c.queue.SID)).refused(http.StatusBadRequest, 20001)
	c.asks(http.MethodDelete, c.below("Activities", c.activities["Available"])).refused(http.StatusBadRequest, 20001)
}

// A store that is away is no fault of the server; what it says is nobody's business.
func TestAStoreThatIsAway(t *testing.T) {
	t.Parallel()
	c := newCentre(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c.sends(c.request(http.MethodGet, "/v1/Workspaces", "", "").WithContext(ctx)).refused(http.StatusServiceUnavailable, 20503)
	if err := c.st.Close(); err != nil {
		t.Fatal(err)
	}
	c.asks(http.MethodGet, "/v1/Workspaces").refused(http.StatusServiceUnavailable, 20503)
	if c.logged.Len() > 0 {
		t.Errorf("logged: %s", &c.logged)
	}
}
