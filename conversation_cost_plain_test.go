//go:build !race

package engage_test

// costScale makes the large stores of the cost tests: threads of 10,000 contents.
const costScale = 20
