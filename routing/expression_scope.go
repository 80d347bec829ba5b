package routing

// Scope is where an expression stands, and so what its keys mean.
type Scope string

// The scopes.
const (
	// ScopeWorker is a queue's target_workers: keys are the worker's attributes, as
	// they are (languages).
	ScopeWorker Scope = "worker"
	// ScopeTask is a filter of a workflow: keys are the task's attributes, as they are
	// (type).
	ScopeTask Scope = "task"
	// ScopeMatch is a target of a workflow: task.x and worker.x are attributes;
	// worker.sid, worker.friendly_name, worker.activity_sid, worker.activity_name, and
	// worker.channel.<name>.configured_capacity, .assigned_tasks and
	// .available_capacity_percentage are what the worker is.
	ScopeMatch Scope = "match"
	// ScopeSkip is the skip_if of a target: workers.available, workers.unavailable and
	// workers.WA… count the workers of its queue.
	ScopeSkip Scope = "skip"
)

// Scopes lists all of them.
func Scopes() []Scope { return []Scope{ScopeWorker, ScopeTask, ScopeMatch, ScopeSkip} }

// Facts are what an expression is asked about. What its scope does not look at may be
// left out.
type Facts struct {
	Task    Attributes
	Worker  WorkerFacts
	Workers WorkersFacts
}

// WorkerFacts are what expressions see of one worker.
type WorkerFacts struct {
	SID          string
	FriendlyName string
	ActivitySID  string
	ActivityName string
	Attributes   Attributes
	// Channels are its capacities, by the unique name of the task channel.
	Channels map[string]ChannelFacts
}

// ChannelFacts are what expressions see of a worker's capacity on one task channel.
type ChannelFacts struct {
	ConfiguredCapacity          int
	AssignedTasks               int
	AvailableCapacityPercentage int
}

// WorkersFacts are what skip_if sees of the workers of a queue.
type WorkersFacts struct {
	Available   int
	Unavailable int
	// ByActivity counts them by the SID of their activity, its digits in lower case; one
	// that is not there has nobody in it.
	ByActivity map[string]int
}

// origin is whose a key is.
type origin int

const (
	ofTask origin = iota
	ofWorker
	ofWorkers
)

// variable is what a key means that does not stand for an attribute.
type variable int

const (
	isAttribute variable = iota
	workerSID
	workerFriendlyName
	workerActivitySID
	workerActivityName
	channelConfiguredCapacity
	channelAssignedTasks
	channelAvailableCapacityPercentage
	workersAvailable
	workersUnavailable
	workersInActivity
)

// workerVariables are what a worker is, under worker.<name>. They hide attributes of
// the same names.
var workerVariables = map[string]variable{
	"sid":           workerSID,
	"friendly_name": workerFriendlyName,
	"activity_sid":  workerActivitySID,
	"activity_name": workerActivityName,
}

// channelVariables are a worker's capacity, under worker.channel.<channel>.<name>.
var channelVariables = map[string]variable{
	"configured_capacity":           channelConfiguredCapacity,
	"assigned_tasks":                channelAssignedTasks,
	"available_capacity_percentage": channelAvailableCapacityPercentage,
}

// workersVariables are counts, under workers.<name>, beside those of activities.
var workersVariables = map[string]variable{
	"available":   workersAvailable,
	"unavailable": workersUnavailable,
}

// value is what the variable stands for. Name is that of the channel or the activity. A
// channel that the worker does not have is NULL.
func (v variable) value(f *Facts, name string) value {
	switch v {
	case workerSID:
		return stringValue(f.Worker.SID)
	case workerFriendlyName:
		return stringValue(f.Worker.FriendlyName)
	case workerActivitySID:
		return stringValue(f.Worker.ActivitySID)
	case workerActivityName:
		return stringValue(f.Worker.ActivityName)
	case channelConfiguredCapacity, channelAssignedTasks, channelAvailableCapacityPercentage:
		c, ok := f.Worker.Channels[name]
		switch {
		case !ok:
			return null
		case v == channelConfiguredCapacity:
			return intValue(int64(c.ConfiguredCapacity))
		case v == channelAssignedTasks:
			return intValue(int64(c.AssignedTasks))
		}
		return intValue(int64(c.AvailableCapacityPercentage))
	case workersAvailable:
		return intValue(int64(f.Workers.Available))
	case workersUnavailable:
		return intValue(int64(f.Workers.Unavailable))
	case workersInActivity:
		return intValue(int64(f.Workers.ByActivity[name]))
	case isAttribute:
	}
	return null
}

// newKey says what a path means in the scope. The reason is what is wrong with it; it
// is empty if nothing is.
func (s Scope) newKey(text string, path []element) (k *key, reason string) {
	first := path[0].name
	prefixed := len(path) > 1 && (first == "task" || first == "worker" || first == "workers")
	switch s {
	case ScopeWorker, ScopeTask:
		if prefixed {
			return nil, first + ". has no meaning here: a " + s.place() + " names the " + string(s) +
				"'s attributes as they are, such as level"
		}
		k = &key{of: ofTask, text: text, path: path}
		if s == ScopeWorker {
			k.of = ofWorker
		}
		return k, ""
	case ScopeMatch:
		if !prefixed || first == "workers" || path[1].name == "" {
			return nil, "a key of a target begins with task. or worker., such as worker.level"
		}
		if first == "task" {
			return &key{of: ofTask, text: text, path: path[1:]}, ""
		}
		return workerKey(text, path[1:])
	case ScopeSkip:
		if len(path) == 2 && first == "workers" {
			if v := workersVariables[path[1].name]; v != isAttribute {
				return &key{of: ofWorkers, text: text, variable: v}, ""
			}
			if sid := path[1].name; PrefixActivity.Valid(sid) {
				return &key{of: ofWorkers, text: text, variable: workersInActivity, name: PrefixActivity.Alike(sid)}, ""
			}
		}
		return nil, "the keys of skip_if are workers.available, workers.unavailable, and workers. with the SID of an activity"
	}
	return nil, "there is no scope " + string(s)
}

func (s Scope) place() string {
	if s == ScopeWorker {
		return "queue"
	}
	return "filter"
}

// workerKey says what worker.<path> means.
func workerKey(text string, path []element) (k *key, reason string) {
	k = &key{of: ofWorker, text: text, path: path}
	switch {
	case len(path) == 1 && workerVariables[path[0].name] != isAttribute:
		k.variable = workerVariables[path[0].name]
	case path[0].name == "channel":
		if len(path) == 3 && path[1].name != "" && channelVariables[path[2].name] != isAttribute {
			k.variable, k.name = channelVariables[path[2].name], path[1].name
			break
		}
		return nil, "of a worker's channel there are worker.channel.<name>.configured_capacity, assigned_tasks and available_capacity_percentage"
	}
	return k, ""
}
