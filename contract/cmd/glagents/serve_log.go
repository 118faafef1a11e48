package main

import (
	"io"
	"log"
	"log/slog"
)

// logger writes the access log to w. Whatever the format, what goes wrong inside is written.
func (f logFormat) logger(w io.Writer) *slog.Logger {
	switch f {
	case jsonLog:
		return slog.New(slog.NewJSONHandler(w, nil))
	case noLog:
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelError}))
	}
	return slog.New(slog.NewTextHandler(w, nil))
}

// errorLog is where net/http writes what it thinks of connections and handlers.
func errorLog(logger *slog.Logger) *log.Logger {
	return slog.NewLogLogger(logger.Handler(), slog.LevelWarn)
}
