package har

import (
	"bufio"
	"bytes"
	"errors"
	"io"

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
