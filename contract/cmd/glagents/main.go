// Glagents checks whether a server conforms to GitLab's Agents API. See `glagents help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// Without this, writing to a closed pipe would kill the process before the reports are written.
	signal.Ignore(syscall.SIGPIPE)

	stops := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if isProxy := len(os.Args) > 1 && os.Args[1] == "proxy"; !isProxy && !signal.Ignored(syscall.SIGHUP) {
		stops = append(stops, syscall.SIGHUP) // a terminal that is closed; what a check made is removed first
	}
	ctx, stop := signal.NotifyContext(context.Background(), stops...)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once

	p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	p.redactLogs()
	os.Exit(p.run(ctx, os.Args[1:]))
}
