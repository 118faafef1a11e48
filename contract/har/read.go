// Package har reads and writes recordings of HTTP traffic in the HTTP Archive format, HAR 1.2, as browsers, proxies and
// test tools save them. Both ways it holds one entry in memory, never the file.
//
// The format is described at http://www.softwareishard.com/blog/har-12-spec/.
package har

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/wire"
)

// Entry is one entry of a file.
type Entry struct {
	Index    int   // its place among the entries, from 0
	Offset   int64 // of its first byte in the file, or in what a compressed file holds
	Exchange *wire.Exchange
	// Notes say what of the entry could not be read. Exchange is then without it: a body that is not known whole is
	// Truncated.
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
	Offset  int64 // where reading stopped, in the file or in what a compressed file holds
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

// maxEntry is how much there may be in one entry of what is read of it, in bytes. The answers of the Agents API have at
// most some 100 kB; browsers save films too.
const maxEntry = 8 << 20

// maxBody is how much of a compressed body is read, in bytes.
const maxBody = maxEntry

// Entries yields the entries of a file one by one, while it is being read. An entry that can't be used comes as an
// *[EntryError], and the next one follows. Any other error is a *[FileError] and the last.
//
// HAR 1.1 and 1.2 are read, with or without a byte order mark, and compressed with gzip or not.
func Entries(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		f := &file{yield: yield}
		err := f.read(r)
		if err != nil && !errors.Is(err, errStop) {
			yield(Entry{}, &FileError{Offset: f.offset(), Entries: f.entries, Err: err})
		}
	}
}

// errStop ends reading when the caller wants no more.
var errStop = errors.New("stop")

// file reads one file.
type file struct {
	scan    *scanner
	yield   func(Entry, error) bool
	entries int  // how many there were so far
	found   bool // there is a list of entries
	decoder
}

func (f *file) offset() int64 {
	if f.scan == nil {
		return 0
	}
	return f.scan.offset()
}

func (f *file) read(r io.Reader) error {
	plain, err := opened(r)
	if err != nil {
		return err
	}
	f.scan = newScanner(plain)
	f.decoder = decoder{scan: f.scan}
	switch c, err := f.scan.peek(); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the file is empty")
	case err != nil:
		return err
	case c != '{':
		return errors.New("not a HAR file: it is no JSON object")
	}
	if err := f.scan.object(f.topLevel); err != nil {
		return err
	}
	if !f.found {
		return errors.New("not a HAR file: it has no log.entries")
	}
	switch _, err := f.scan.peek(); {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("something follows the end of the HAR")
}

func (f *file) topLevel(name []byte) error {
	if string(name) == "log" {
		return f.scan.object(f.log)
	}
	return f.scan.skip()
}

func (f *file) log(name []byte) error {
	switch string(name) {
	case "version":
		return f.version()
	case "entries":
		f.found = true
		return f.scan.array(f.entry)
	}
	return f.scan.skip()
}

// versionNumber is what is quoted of a file: nothing else may be.
var versionNumber = regexp.MustCompile(`^[0-9]{1,3}(\.[0-9]{1,3}){0,2}$`)

func (f *file) version() error {
	raw, err := f.scan.value()
	if err != nil {
		return err
	}
	var version string
	if json.Unmarshal(raw, &version) != nil {
		return errors.New("log.version is no string")
	}
	// The specification takes an empty version for 1.1.
	if version != "" && version != "1" && !strings.HasPrefix(version, "1.") {
		if !versionNumber.MatchString(version) {
			return errors.New("log.version is no version of HAR")
		}
		return fmt.Errorf("HAR version %q is not known here: HAR 1.1 and 1.2 are", version)
	}
	return nil
}

func (f *file) entry() error {
	if _, err := f.scan.peek(); err != nil {
		return err
	}
	e := Entry{Index: f.entries, Offset: f.scan.offset()}
	decoded, problem, err := f.decode()
	if err != nil {
		return err
	}
	f.entries++
	if problem == nil {
		e.Exchange, e.Notes, problem = exchange(decoded)
	}
	var failed error
	if problem != nil {
		e.Exchange, failed = nil, &EntryError{Index: e.Index, Offset: e.Offset, Err: problem}
	}
	if !f.yield(e, failed) {
		return errStop
	}
	return nil
}

// opened takes gzip and a byte order mark off, if they are there.
func opened(r io.Reader) (io.Reader, error) {
	b := bufio.NewReader(r)
	zipped, err := begins(b, gzipMagic)
	if err != nil {
		return nil, err
	}
	if zipped {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, fmt.Errorf("not a gzip file after all: %w", err)
		}
		b = bufio.NewReader(z)
	}
	marked, err := begins(b, byteOrderMark)
	if marked {
		_, err = b.Discard(len(byteOrderMark))
	}
	return b, err
}

func begins(b *bufio.Reader, with string) (bool, error) {
	start, err := b.Peek(len(with))
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return string(start) == with, err
}

const (
	gzipMagic     = "\x1f\x8b"
	byteOrderMark = "\xef\xbb\xbf"
)
