package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// rateLimit is the value of --rate-limit: so many requests in each second, minute or hour.
type rateLimit struct {
	requests int
	per      time.Duration
	text     string
}

var ratePattern = regexp.MustCompile(`^(\d{1,9})/(s|m|h)$`)

func (r *rateLimit) Set(text string) error {
	match := ratePattern.FindStringSubmatch(text)
	if match == nil {
		return errors.New("write it as 600/m, or with /s or /h")
	}
	r.requests, _ = strconv.Atoi(match[1])
	if r.requests == 0 {
		return errors.New("it must allow at least one request")
	}
	r.per = map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[match[2]]
	r.text = text
	return nil
}

func (r *rateLimit) String() string { return r.text }
func (r *rateLimit) Type() string   { return "N/m" }

// relativeRoot is the value of --relative-root.
type relativeRoot string

var rootPattern = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*$`)

func (r *relativeRoot) Set(text string) error {
	root := strings.TrimSuffix("/"+strings.TrimPrefix(text, "/"), "/")
	if !rootPattern.MatchString(root) {
		return errors.New("write it as /gitlab; letters, digits and . _ ~ - can be between the slashes")
	}
	*r = relativeRoot(root)
	return nil
}

func (r *relativeRoot) String() string { return string(*r) }
func (r *relativeRoot) Type() string   { return "PATH" }

// logFormat is the value of --log.
type logFormat string

const (
	textLog logFormat = "text"
	jsonLog logFormat = "json"
	noLog   logFormat = "off"
)

func (f *logFormat) Set(text string) error {
	switch format := logFormat(text); format {
	case textLog, jsonLog, noLog:
		*f = format
		return nil
	}
	return fmt.Errorf("there are %s, %s and %s", textLog, jsonLog, noLog)
}

func (f *logFormat) String() string { return string(*f) }
func (f *logFormat) Type() string   { return "FORMAT" }
