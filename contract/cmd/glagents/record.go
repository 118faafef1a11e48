package main

import (
	"fmt"

	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/wire"
)

// exchanges is the flag --har: a recording of what is exchanged, if a file is named.
type exchanges struct {
	path   string
	writer *har.Writer
}

// create makes the file.
func (e *exchanges) create(p *program) (err error) {
	if e.path == "" {
		return nil
	}
	if e.writer, err = har.Create(e.path, p.redactor, version()); err != nil {
		return usageError{"--har: " + err.Error()}
	}
	return nil
}

// observe adds an exchange. What goes wrong is said at the end.
func (e *exchanges) observe(x *wire.Exchange) {
	if e.writer != nil {
		e.writer.Observe(x)
	}
}

// close ends the file.
func (e *exchanges) close() error {
	if e.writer == nil {
		return nil
	}
	if err := e.writer.Close(); err != nil {
		return fmt.Errorf("--har: the recording is not whole: %w", err)
	}
	return nil
}
