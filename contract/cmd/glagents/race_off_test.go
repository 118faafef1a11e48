//go:build !race

package main

// racing says that the race detector is on, which makes everything several times slower.
const racing = false
