package redact

import (
	"io"
	"regexp"
	"strings"
	"sync"
)

// LogWriter returns a Writer for what dependencies print: for [log.SetOutput], for the handler of [slog.SetDefault] and
// for [http.Server.ErrorLog]. Each Write is one message. Its lines pass on to w without secrets, printable, and with the
// prefix before each of them, so that no text from outside begins a line.
//
// What follows "starting with" is left out: there net/http quotes bytes that a server sent unasked, and the end of a token
// is not recognized as one.
func (r *Redactor) LogWriter(w io.Writer, prefix string) io.Writer {
	return &logWriter{redactor: r, w: w, prefix: prefix}
}

type logWriter struct {
	redactor *Redactor
	prefix   string

	mu sync.Mutex
	w  io.Writer
}

// quotedBytes is where net/http quotes what came over a connection: "Unsolicited response received on idle HTTP channel
// starting with %q; err=%v".
var quotedBytes = regexp.MustCompile(`starting with \\?"(?:[^"\\]|\\.)*"?`)

func (l *logWriter) Write(p []byte) (int, error) {
	text := quotedBytes.ReplaceAllString(string(p), "starting with [not shown]")
	text = l.redactor.Redact(text)
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(l.prefix + Printable(strings.ReplaceAll(strings.TrimRight(line, "\r\n"), "\t", "    ")) + "\n")
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := io.WriteString(l.w, b.String()); err != nil {
		return 0, err
	}
	return len(p), nil
}
