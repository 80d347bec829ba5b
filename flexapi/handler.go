package flexapi

import (
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/engage-interactions/engage"
	"github.com/engage-interactions/engage/routing"
)

var (
	// ErrUnauthorized says that nobody knows who asks: Options.Actor returns it, or an error
	// that wraps it. It is answered with 401.
	ErrUnauthorized = errors.New("flexapi: unauthorized")
	// ErrTooManyRequests says that whoever asks does so too often: Options.Actor returns it,
	// or an error that wraps it. It is answered with 429.
	ErrTooManyRequests = errors.New("flexapi: too many requests")
)

// Options of the endpoint. The zero Options are useful where everybody who can reach it may
// do everything.
type Options struct {
	// Actor returns for whom a request acts, such as engage.Agent("ann"). Nil: each acts for
	// whom the Engine that was given to New acts. What they may do is for Options.Authorize
	// of the Engine to say; who changes something has it read first. The names that are
	// shown with a task, and whether there is what a path goes through, are found by the
	// Engine that was given to New.
	//
	// Client libraries of the platform send HTTP Basic Authentication, with the account's SID
	// as the name and its token as the password (http.Request.BasicAuth). An error that wraps
	// [ErrUnauthorized] is answered with 401, one that wraps [engage.ErrForbidden] with 403,
	// one that wraps [ErrTooManyRequests] with 429, and any other with 500, and so is the zero
	// Actor; what an error says is neither told nor logged.
	//
	// It is asked before the body is read, which is not for it to do, and must be safe for
	// concurrent use.
	Actor func(*http.Request) (engage.Actor, error)
	// Base is where the endpoint is, as clients see it: the URLs in what it answers begin
	// with that. A part that is empty is the scheme and the host of the request, which are
	// not those that the client knows if there is a proxy in between, or where the endpoint
	// is mounted below a path of its own.
	Base routing.Base
	// Logger is told of errors that are answered with 500. Nil: nobody is.
	Logger *slog.Logger
}

// New returns the endpoint over an Engine. It is safe for concurrent use.
func New(eng *engage.Engine, opts Options) http.Handler {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	h := &handler{eng: eng, opts: opts, mux: http.NewServeMux()}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { notFound(r).answer(w) })
	for pattern, verbs := range h.routes() {
		h.mux.Handle(pattern, resource{h, verbs})
	}
	return h
}

// handler is the endpoint.
type handler struct {
	eng  *engage.Engine
	opts Options
	mux  *http.ServeMux
}

// ServeHTTP answers a request. A path that is not written as it should be is no resource,
// and not redirected to one: that would turn a POST into a GET.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if path.Clean(r.URL.Path) != r.URL.Path {
		notFound(r).answer(w)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// verb does what a method of HTTP asks of a resource.
type verb func(*call) (answer, error)

// verbs are what can be asked of a resource, by the method of HTTP.
type verbs map[string]verb

// routes are the resources, by the pattern of their path.
func (h *handler) routes() map[string]verbs {
	const get, post, remove = http.MethodGet, http.MethodPost, http.MethodDelete
	const (
		interactions = "/v1/Interactions"
		channels     = interactions + "/{interaction}/Channels"
		channel      = channels + "/{channel}"
		workspaces   = "/v1/Workspaces"
		workspace    = workspaces + "/{workspace}"
		queues       = workspace + "/TaskQueues"
		tasks        = workspace + "/Tasks"
		workers      = workspace + "/Workers"
	)
	return map[string]verbs{
		interactions:                            {get: listInteractions, post: createInteraction},
		interactions + "/{interaction}":         {get: getInteraction, post: updateInteraction},
		channels:                                {get: listChannels},
		channel:                                 {get: getChannel, post: updateChannel},
		channel + "/Invites":                    {get: listInvites, post: createInvite},
		channel + "/Participants":               {get: listParticipants, post: createParticipant},
		channel + "/Participants/{participant}": {post: updateParticipant},
		channel + "/Transfers":                  {get: listTransfers, post: createTransfer},
		channel + "/Transfers/{transfer}":       {get: getTransfer, post: updateTransfer},

		workspaces: {get: listWorkspaces, post: createWorkspace},
		workspace:  {get: getWorkspace, post: updateWorkspace, remove: deleteWorkspace},

		workspace + "/Activities":            {get: listActivities, post: createActivity},
		workspace + "/Activities/{activity}": {get: getActivity, post: updateActivity, remove: deleteActivity},

		workspace + "/TaskChannels":                {get: listTaskChannels, post: createTaskChannel},
		workspace + "/TaskChannels/{task_channel}": {get: getTaskChannel, post: updateTaskChannel, remove: deleteTaskChannel},

		queues:                                 {get: listQueues, post: createQueue},
		queues + "/{queue}":                    {get: getQueue, post: updateQueue, remove: deleteQueue},
		queues + "/{queue}/RealTimeStatistics": {get: getQueueStatistics},

		workspace + "/Workflows":            {get: listWorkflows, post: createWorkflow},
		workspace + "/Workflows/{workflow}": {get: getWorkflow, post: updateWorkflow, remove: deleteWorkflow},

		workers:                        {get: listWorkers, post: createWorker},
		workers + "/{worker}":          {get: getWorker, post: updateWorker, remove: deleteWorker},
		workers + "/{worker}/Channels": {get: listWorkerChannels},
		workers + "/{worker}/Channels/{worker_channel}":  {get: getWorkerChannel, post: updateWorkerChannel},
		workers + "/{worker}/Reservations":               {get: listReservations},
		workers + "/{worker}/Reservations/{reservation}": {get: getReservation, post: updateReservation},

		tasks:                          {get: listTasks, post: createTask},
		tasks + "/{task}":              {get: getTask, post: updateTask},
		tasks + "/{task}/Reservations": {get: listReservations},
		tasks + "/{task}/Reservations/{reservation}": {get: getReservation, post: updateReservation},
	}
}

// resource is what stands behind a path.
type resource struct {
	h     *handler
	verbs verbs
}

// ServeHTTP answers a request for the resource.
func (s resource) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	do, possible := s.verbs[method]
	if !possible {
		w.Header().Set("Allow", s.verbs.allow())
		(&refusal{status: http.StatusMethodNotAllowed, message: "Method not allowed"}).answer(w)
		return
	}
	c, err := s.h.call(w, r)
	var a answer
	if err == nil {
		a, err = do(c)
	}
	if err != nil {
		s.h.fail(w, r, c, err)
		return
	}
	if a.version != nil {
		w.Header().Set("ETag", etag(*a.version))
	}
	write(w, a.status, a.body)
}

// allow is what the header of that name says.
func (v verbs) allow() string {
	methods := slices.Collect(maps.Keys(v))
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// call is one request.
type call struct {
	*http.Request
	eng    *engage.Engine // of whoever asks
	own    *engage.Engine // of the endpoint, for what is in a path and in names
	base   routing.Base
	query  params // of GET
	form   params // of POST
	object []byte // of POST, where it is JSON
	names  names
	now    time.Time
}

// call reads a request.
func (h *handler) call(w http.ResponseWriter, r *http.Request) (*call, error) {
	c := &call{Request: r, eng: h.eng, own: h.eng, base: h.base(r), now: h.eng.Now(), names: names{eng: h.eng}}
	if h.opts.Actor != nil {
		actor, err := h.opts.Actor(r)
		if err == nil && actor == (engage.Actor{}) { // which would be the system
			err = errors.New("nobody")
		}
		if err != nil {
			return nil, &hostError{err}
		}
		c.eng = h.eng.As(actor)
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, &refusal{status: http.StatusBadRequest, message: "The query cannot be read"}
	}
	c.query = params{values: query}
	if r.Method == http.MethodPost {
		err = c.readBody(w)
	}
	return c, err
}

// base is what URLs begin with.
func (h *handler) base(r *http.Request) routing.Base {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	b, here := h.opts.Base, scheme+"://"+r.Host
	if b.Flex == "" {
		b.Flex = here
	}
	if b.TaskRouter == "" {
		b.TaskRouter = here
	}
	return b
}

// answer is what a request is answered with.
type answer struct {
	status  int
	body    any    // JSON; nil: none
	version *int64 // for the header ETag; nil: the resource has none
}

// ok answers with what there is.
func ok(body any) (answer, error) { return answer{status: http.StatusOK, body: body}, nil }

// created answers with what is new.
func created(body any) (answer, error) { return answer{status: http.StatusCreated, body: body}, nil }

// gone answers that something is deleted.
func gone(err error) (answer, error) { return answer{status: http.StatusNoContent}, err }
