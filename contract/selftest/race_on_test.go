//go:build race

package selftest_test

// sample is of how many runs one is made with the race detector, which makes each some ten times slower.
const sample = 12
