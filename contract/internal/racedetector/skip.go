// Package racedetector tells tests whether the race detector is on. With it everything takes several times as long, so
// long tests that have nothing more to show it are left out. make test runs the packages that import this one a second
// time, without the race detector.
package racedetector

import "testing"

// Skip leaves a test out if the race detector is on.
func Skip(t testing.TB) {
	t.Helper()
	if On {
		t.Skip("takes too long with the race detector; make test runs it without")
	}
}
