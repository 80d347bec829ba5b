package engage

// Workspaces keeps what belongs together in routing.
type Workspaces struct{ scope }

// Activities are what workers do.
type Activities struct{ scope }

// TaskChannels are the kinds of work.
type TaskChannels struct{ scope }

// Queues are where tasks wait.
type Queues struct{ scope }

// Workflows say which queues tasks go to.
type Workflows struct{ scope }

// Workers are who does tasks.
type Workers struct{ scope }

// Tasks are what is to be done.
type Tasks struct{ scope }

// Reservations are the offers of tasks to workers.
type Reservations struct{ scope }

// Flex keeps interactions with customers.
type Flex struct{ scope }
