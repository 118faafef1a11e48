package main

import (
	"errors"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"
)

// output is standard output. It keeps the first error, so that a full disk does not go unnoticed.
type output struct {
	w   io.Writer
	err error
}

// Write never fails; see lost.
func (o *output) Write(p []byte) (int, error) {
	if o.err == nil {
		_, o.err = o.w.Write(p)
	}
	return len(p), nil
}

// lost is why something could not be written. It is nil if everything was, or if the reader closed the pipe.
func (o *output) lost() error {
	if errors.Is(o.err, syscall.EPIPE) || errors.Is(o.err, io.ErrClosedPipe) {
		return nil
	}
	return o.err
}

// isTerminal says whether w is a terminal.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// width is how many columns a terminal has; 0 if w is not one.
func width(w io.Writer) int {
	if o, ok := w.(*output); ok {
		w = o.w
	}
	f, ok := w.(*os.File)
	if !ok || !isTerminal(w) {
		return 0
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// colored says whether what is written to w has colours: on a terminal, unless the person does not want any
// (https://no-color.org) or it can't show them.
func (p *program) colored(w io.Writer, noColor bool) bool {
	set := func(name string) bool { v, ok := p.env(name); return ok && v != "" }
	term, _ := p.env("TERM")
	return !noColor && !set("NO_COLOR") && term != "dumb" && isTerminal(w)
}
