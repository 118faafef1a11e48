//go:build race

package contract

// racing says that the race detector is on, which makes measurements meaningless.
const racing = true
