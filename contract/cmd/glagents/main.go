// Glagents checks whether a server conforms to GitLab's Agents API. See `glagents help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader of the output that has seen enough is no reason to die before the reports are written: without this,
	// writing to a closed pipe kills the process.
	signal.Ignore(syscall.SIGPIPE)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once

	p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	p.redactLogs()
	os.Exit(p.run(ctx, os.Args[1:]))
}
