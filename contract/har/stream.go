package har

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"regexp"

	"github.com/go-json-experiment/json/jsontext"
)

// isStream says whether a file is a stream of entries: its first object has the members of an entry.
func isStream(b *bufio.Reader) (bool, error) {
	for n := 1; ; n = b.Buffered() + 1 {
		_, err := b.Peek(min(n, bufferSize))
		start, _ := b.Peek(b.Buffered())
		if stream, sure := beginsStream(start); sure || n > bufferSize || errors.Is(err, io.EOF) {
			return stream, nil
		}
		if err != nil {
			return false, err
		}
	}
}

func beginsStream(start []byte) (stream, sure bool) {
	in := jsontext.NewDecoder(bytes.NewReader(start), lenient...)
	if kind := in.PeekKind(); kind != '{' {
		return false, len(bytes.TrimSpace(start)) > 0
	}
	_, err := in.ReadToken()
	for err == nil {
		var name jsontext.Token
		if name, err = in.ReadToken(); err != nil {
			break
		}
		switch {
		case name.Kind() == '}', name.String() == "log":
			return false, true
		case name.String() == "request", name.String() == "response", name.String() == "startedDateTime":
			return true, true
		}
		err = in.SkipValue()
	}
	return false, !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF)
}

var (
	// hasPrefix is a line that has something before its entry: a log's time, or the name of a program.
	hasPrefix = regexp.MustCompile(`^[^{\[][^{\n]*\{\s*"(startedDateTime|time|request|response)"\s*:`)
	hasEntry  = regexp.MustCompile(`(?m)^\{\s*"(startedDateTime|time|request|response)"\s*:`)
	ofEntries = regexp.MustCompile(`^\[\s*\{\s*"(startedDateTime|time|request|response)"\s*:`)
	mitmproxy = regexp.MustCompile(`^[0-9]+:[0-9]+:`)
)

// whyNoObject says what a file is that does not begin with a JSON object, and what to do.
func whyNoObject(start []byte) string {
	start = bytes.TrimSpace(start)
	switch {
	case ofEntries.Match(start):
		return "it is a list of entries; write one a line, such as with jq -c '.[]'"
	case hasPrefix.Match(start):
		return "something stands before the JSON in its lines; remove that first, such as with sed 's/^[^{]*//'"
	case hasEntry.Match(start):
		return "some of its lines are not entries; leave them out first, such as with grep '^{'"
	case mitmproxy.Match(start):
		return "it is in mitmproxy's own format; make a HAR of it with mitmdump -nr FILE --set hardump=FILE.har"
	}
	return "it is not a JSON object"
}

// stream reads a stream of entries, one a line. A line that is not an entry is reported, and the others are read.
func (f *file) stream(b *bufio.Reader) error {
	for {
		f.text.begin(f.at)
		line, err := readLine(b)
		at := f.at
		f.at += int64(len(line))
		text := bytes.TrimSpace(line)
		switch valid := jsontext.Value(text).IsValid(lenient...); {
		case err != nil && !errors.Is(err, io.EOF):
			return err
		case len(text) == 0:
		case !valid && err != nil:
			return io.ErrUnexpectedEOF
		case !valid:
			if err := f.give(at, nil, errors.New("the line is not valid JSON")); err != nil {
				return err
			}
		default:
			if err := f.entry(jsontext.NewDecoder(bytes.NewReader(text), lenient...), at); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// readLine reads a line, at most as long as an entry may be.
func readLine(b *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
