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

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second signal ends the process at once

	p := newProgram(os.Stdin, os.Stdout, os.Stderr, os.LookupEnv)
	p.redactLogs()
	os.Exit(p.run(ctx, os.Args[1:]))
}
