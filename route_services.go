package engage

// Tasks are what is to be done.
type Tasks struct{ scope }

// Reservations are the offers of tasks to workers.
type Reservations struct{ scope }

// Flex keeps interactions with customers.
type Flex struct{ scope }
