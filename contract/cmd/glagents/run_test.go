package main

import (
	"context"
	"io"
)

// run runs the command line as main does, and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	return newProgram(stdin, stdout, stderr, env).run(ctx, args)
}
