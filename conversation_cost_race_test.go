//go:build race

package engage_test

// costScale is less where all is ten times as slow. What is counted is the same.
const costScale = 3
