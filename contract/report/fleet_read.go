package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"example.com/gitlab-agents/contract/internal/words"
)

// ReadFleet reads what JSON wrote: the report of many targets, or of one, which is then called by its URL. The error says
// what the file is instead.
func ReadFleet(r io.Reader) (*Fleet, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	var head struct {
		Kind    string          `json:"kind"`
		Version json.RawMessage `json:"version"`
		Log     json.RawMessage `json:"log"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, notReport(data, err)
	}
	switch {
	case head.Log != nil:
		return nil, errors.New("it is a recording and not a report; `glagents verify --report json=FILE` judges it and writes one")
	case head.Version == nil:
		return nil, errors.New("it is JSON, but not a report that --report json=FILE wrote: it has no version")
	case string(head.Version) != "1":
		return nil, fmt.Errorf("it is a report of version %s, and this glagents reads version 1", Printable(cut(string(head.Version), 20)))
	case head.Kind == fleetKind:
		return readMany(data)
	}
	return readOne(data)
}

// readMany reads the report of many targets.
func readMany(data []byte) (*Fleet, error) {
	var j jsonFleet
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, notReport(data, err)
	}
	if j.Targets == nil { // a share may have no targets
		return nil, errors.New("it is a report of many targets that has no list of them")
	}
	return j.fleet()
}

// readOne reads the report of one target.
func readOne(data []byte) (*Fleet, error) {
	var j jsonReport
	if err := json.Unmarshal(data, &j); err != nil {
		return nil, notReport(data, err)
	}
	if len(j.Rules) == 0 {
		return nil, errors.New("it is not a report that --report json=FILE wrote: it has no rules")
	}
	f := &Fleet{Started: j.Started, Duration: time.Duration(j.Seconds * float64(time.Second)), one: true}
	f.insert(fromJSON(j.Target, &j))
	return f, nil
}

// notReport says what is instead of a report. Errors of encoding/json are for programmers.
func notReport(data []byte, err error) error {
	var (
		syntax *json.SyntaxError
		typed  *json.UnmarshalTypeError
	)
	switch text := bytes.TrimSpace(data); {
	case len(text) == 0:
		return errors.New("it is empty")
	case text[0] == '<':
		return errors.New("it is HTML or XML and not JSON; --report json=FILE writes a report as JSON")
	case errors.As(err, &syntax) && text[0] == '{' && int(syntax.Offset) >= len(data):
		return fmt.Errorf("it is JSON that ends in the middle, after %s: was it written to the end?", words.Count(len(data), "byte"))
	case errors.As(err, &syntax):
		return fmt.Errorf("it is not JSON: %s at byte %d; --report json=FILE writes a report as JSON", syntax.Error(), syntax.Offset)
	case errors.As(err, &typed) && typed.Field != "":
		return fmt.Errorf("it is JSON, but not a report that --report json=FILE wrote: %s is %s", Printable(typed.Field), aKind(typed.Value))
	case errors.As(err, &typed):
		return fmt.Errorf("it is JSON, but not a report that --report json=FILE wrote: it is %s", aKind(typed.Value))
	}
	return fmt.Errorf("it is JSON, but not a report that --report json=FILE wrote: %w", err)
}

// aKind is a kind of JSON with its article.
func aKind(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}
