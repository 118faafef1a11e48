//go:build !race

package selftest_test

// sample is of how many runs one is made: all of them.
const sample = 1
