//go:build race

package racedetector

// On says whether the race detector is on.
const On = true
