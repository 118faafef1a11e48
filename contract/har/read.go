// Package har reads and writes recordings of HTTP traffic in the HTTP Archive format, HAR 1.2, as browsers, proxies and
// test tools save them. Both ways it holds one entry in memory, never the file.
//
// The format is described at http://www.softwareishard.com/blog/har-12-spec/.
//
// A stream of exchanges is read too: newline-delimited JSON (https://github.com/ndjson/ndjson-spec), in which each line
// is what a HAR has as an entry. A log shipper needs to write no more than
//
//	{"startedDateTime":"2026-11-22T11:55:10.224Z","time":27,
//	 "request":{"method":"POST","url":"https://…","headers":{"Content-Type":"application/json"},"postData":{"text":"{…}"}},
//	 "response":{"status":201,"headers":{"X-Request-Id":"01J"},"content":{"text":"{…}"}}}
//
// in one line. Headers are a list of names and values, or an object whose values are texts or lists of texts. What is
// left out is taken as not recorded; a body that was empty is "postData":{"text":""} with "bodySize":0, or
// "content":{"size":0,"text":""}. The time of an entry without one is the Date of its answer, which has whole seconds.
package har

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"regexp"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/gitlab-agents/contract/wire"
)

// Entry is one entry of a file.
type Entry struct {
	Index    int   // its place among the entries, from 0
	Offset   int64 // of its first byte in the file, or in what a packed file holds
	Exchange *wire.Exchange
	// Notes say what of the entry could not be read. Exchange is then without it: a body that is not known whole is
	// Truncated, and what is not known at all is marked as not recorded.
	Notes []string
}

// EntryError says why one entry can't be used. The entries after it can.
type EntryError struct {
	Index  int
	Offset int64
	Err    error
}

// Error says which entry it is and what is wrong, without quoting values from the file.
func (e *EntryError) Error() string {
	return fmt.Sprintf("entry %d (byte %d): %v", e.Index, e.Offset, e.Err)
}

// Unwrap gives what is wrong with the entry.
func (e *EntryError) Unwrap() error { return e.Err }

// FileError says why a file can't be read, or not to its end.
type FileError struct {
	Offset  int64 // where reading stopped, in the file or in what a packed file holds
	Entries int   // how many entries came before
	Err     error // wraps io.ErrUnexpectedEOF if the file is cut off
}

// Error says what is wrong and where, without quoting values from the file.
func (e *FileError) Error() string {
	if errors.Is(e.Err, io.ErrUnexpectedEOF) {
		return fmt.Sprintf("the file is cut off at byte %d, after %s", e.Offset, e.after())
	}
	return fmt.Sprintf("%v (at byte %d, after %s)", e.Err, e.Offset, e.after())
}

func (e *FileError) after() string {
	if e.Entries == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", e.Entries)
}

// Unwrap gives what is wrong with the file.
func (e *FileError) Unwrap() error { return e.Err }

// Entries yields the entries of a file one by one, while it is being read. An entry that can't be used comes as an
// *[EntryError], and the next one follows. Any other error is a *[FileError] and the last.
//
// HAR 1.1 and 1.2 and streams of entries are read, in UTF-8 or UTF-16, compressed with gzip, zlib or zstd or not, or in a zip,
// whatever the file is called. Bodies in files beside the HAR, as Playwright writes them, are read from the zip, or, if r
// is an [os.File], from its folder; never from anywhere else.
func Entries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f := &file{yield: yield, decoder: &decoder{}}
		err := f.read(r)
		if err != nil && !errors.Is(err, errStop) {
			yield(Entry{}, f.failure(err))
		}
	}
}

// errStop ends reading when the caller wants no more.
var errStop = errors.New("stop")

// failure says in our words, without quoting the file, why it can't be read to its end.
func (f *file) failure(err error) *FileError {
	failure := &FileError{Offset: f.offset(), Entries: f.entries, Err: err}
	var syntax *jsontext.SyntacticError
	switch {
	case f.text == nil:
	case f.text.failed != nil:
		failure.Err = f.text.failed
	case errors.Is(err, io.ErrUnexpectedEOF):
		failure.Offset = f.text.offset(f.text.passed)
	case errors.As(err, &syntax):
		failure.Offset, failure.Err = f.text.offset(syntax.ByteOffset), errors.New("the file is not valid JSON")
	}
	return failure
}

// file reads one file.
type file struct {
	text    *shortener
	in      *jsontext.Decoder // of a HAR; nil for a stream
	at      int64             // how much of a stream was read
	files   fs.FS
	yield   func(Entry, error) bool
	entries int  // how many there were so far
	found   bool // there is a list of entries
	decoder *decoder
}

// offset is how far the file was read.
func (f *file) offset() int64 {
	switch {
	case f.text == nil:
		return 0
	case f.in == nil:
		return f.text.offset(f.at)
	}
	return f.text.offset(f.in.InputOffset())
}

func (f *file) read(r io.Reader) error {
	o, err := unpack(r)
	if err != nil {
		return err
	}
	defer o.close()
	f.files = o.files
	f.text = &shortener{r: o.text}
	b := bufio.NewReaderSize(f.text, bufferSize)
	stream, err := isStream(b)
	switch {
	case err != nil:
		return err
	case stream:
		return f.stream(b)
	}
	start, _ := b.Peek(b.Buffered())
	f.in = jsontext.NewDecoder(b, lenient...)
	return f.har(start)
}

// bufferSize is how much of a file is read at once.
const bufferSize = 64 << 10

// har reads a HAR, which begins like this.
func (f *file) har(start []byte) error {
	switch kind := f.in.PeekKind(); {
	case kind == '{':
	case kind == 0:
		if _, err := f.in.ReadToken(); errors.Is(err, io.EOF) {
			return errors.New("the file is empty")
		} else if syntax := (*jsontext.SyntacticError)(nil); !errors.As(err, &syntax) {
			return err
		}
		fallthrough
	default:
		return errors.New("not a HAR file: " + whyNoObject(start))
	}
	if err := f.object("the file", f.topLevel); err != nil {
		return err
	}
	if !f.found {
		return errors.New("not a HAR file: it has neither log.entries nor a request and a response in each line")
	}
	switch _, err := f.in.ReadToken(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the end of the HAR; if it is another HAR, put it into a file of its own")
}

// object reads an object, and calls member for each member's value.
func (f *file) object(what string, member func(name string) error) error {
	token, err := f.in.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '{' {
		return fmt.Errorf("not a HAR file: %s is not a JSON object", what)
	}
	for {
		name, err := f.in.ReadToken()
		if err != nil {
			return err
		}
		if name.Kind() == '}' {
			return nil
		}
		if err := member(name.String()); err != nil {
			return err
		}
	}
}

func (f *file) topLevel(name string) error {
	f.text.begin(f.in.InputOffset())
	if name == "log" {
		if f.in.PeekKind() == '"' {
			return errors.New("not a HAR file: it is a container's log, whose lines have what was logged in a text; take that out first, such as with jq -r .log")
		}
		return f.object("log", f.log)
	}
	return f.in.SkipValue()
}

func (f *file) log(name string) error {
	f.text.begin(f.in.InputOffset())
	switch name {
	case "version":
		return f.version()
	case "entries":
		return f.list()
	}
	return f.in.SkipValue()
}

// list reads the entries.
func (f *file) list() error {
	token, err := f.in.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '[' {
		return errors.New("not a HAR file: log.entries is not a JSON array")
	}
	f.found = true
	for f.in.PeekKind() != ']' {
		f.text.begin(f.in.InputOffset())
		if err := f.entry(f.in, 0); err != nil {
			return err
		}
	}
	_, err = f.in.ReadToken()
	return err
}

// versionNumber is what is quoted of a file: nothing else may be.
var versionNumber = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$`)

func (f *file) version() error {
	token, err := f.in.ReadToken()
	if err != nil {
		return err
	}
	if token.Kind() != '"' {
		return errors.New("log.version is not a string")
	}
	// The specification takes an empty version for 1.1.
	version := token.String()
	if version != "" && version != "1" && !strings.HasPrefix(version, "1.") {
		if !versionNumber.MatchString(version) {
			return errors.New("log.version is not a version of HAR")
		}
		return fmt.Errorf("HAR version %q is not known here: HAR 1.1 and 1.2 are", version)
	}
	return nil
}

// entry reads the next entry, and hands it on. Before is the place in the text where in begins.
func (f *file) entry(in *jsontext.Decoder, before int64) error {
	if kind := in.PeekKind(); kind != '{' {
		value, err := in.ReadValue()
		if err != nil {
			return err
		}
		at := before + in.InputOffset() - int64(len(value))
		return f.give(at, nil, fmt.Errorf("it is %s, not a JSON object", kindName(kind)))
	}
	decoded, err := f.decoder.decode(in)
	if err != nil {
		return err
	}
	at, end := before+f.decoder.began, before+in.InputOffset()
	r := &reading{entry: decoded, decoder: f.decoder, files: f.files, shortened: f.text.wasCut(at, end)}
	x, err := r.exchange()
	if err != nil {
		return f.give(at, nil, err)
	}
	return f.give(at, &Entry{Exchange: x, Notes: r.notes}, nil)
}

// give hands an entry on, or says why it can't be used.
func (f *file) give(at int64, e *Entry, problem error) error {
	if e == nil {
		e = &Entry{}
	}
	e.Index, e.Offset = f.entries, f.text.offset(at)
	f.entries++
	var failed error
	if problem != nil {
		failed = &EntryError{Index: e.Index, Offset: e.Offset, Err: problem}
	}
	if !f.yield(*e, failed) {
		return errStop
	}
	return nil
}
