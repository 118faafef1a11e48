//go:build race

package rules_test

// racing says that the race detector is on, which makes everything several times slower.
const racing = true
