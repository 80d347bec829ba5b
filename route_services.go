package engage

// Flex keeps interactions with customers.
type Flex struct{ scope }
