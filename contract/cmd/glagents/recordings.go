package main

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
)

// recordingNames are how the files of a directory end that are read.
var recordingNames = regexp.MustCompile(`(?i)\.(har|har\.json|zhar|ndjson|jsonl)(\.gz)?$|\.har\.zip$`)

// recordings are the files that arguments name, with those in directories instead of these.
func recordings(args []string) (files []string, err error) {
	for _, arg := range args {
		if arg == "-" {
			if slices.Contains(files, arg) {
				return nil, usageError{"standard input can be read only once"}
			}
			files = append(files, arg)
			continue
		}
		info, err := os.Stat(arg)
		switch {
		case err != nil && likeURL.MatchString(arg):
			return nil, usageError{arg + " is a URL, and verify reads files; `glagents check --url` asks a GitLab, and `glagents proxy` judges its traffic"}
		case err != nil:
			return nil, fileError(arg, err)
		}
		if !info.IsDir() {
			files = append(files, arg)
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && recordingNames.MatchString(path) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, usageError{err.Error()}
		}
		if len(files) == before {
			return nil, usageError{fmt.Sprintf("%s has no recordings in it: their names end in .har, .har.gz, .ndjson or .jsonl", arg)}
		}
	}
	return files, nil
}

// part is one of several recordings that are read as one.
type part struct {
	name   string
	read   reading
	failed error // why it could not be read to its end

	begins time.Time // when its first exchange was answered; zero if that is not known
	open   bool
	next   next // the entry that comes next
	answer time.Time
	pull   func() (next, bool)
	stop   func()
}

// merged are several recordings as one history in order of time. Within a file the order of entries stays; a file is open
// only from its first entry to its last.
type merged struct {
	*program
	ctx    context.Context
	judge  *contract.Judge
	follow bool    // the one file is being written
	parts  []*part // in the order of their beginning
	all    []*part // as they were given
}

func (p *program) merge(ctx context.Context, files []string, judge *contract.Judge) *merged {
	m := &merged{program: p, ctx: ctx, judge: judge}
	for _, name := range files {
		one := &part{name: name}
		if len(files) > 1 && name != "-" {
			one.begins = beginning(name)
		}
		m.all = append(m.all, one)
	}
	m.parts = slices.Clone(m.all)
	sort.SliceStable(m.parts, func(a, b int) bool { return m.parts[a].begins.Before(m.parts[b].begins) })
	return m
}

// beginning is when the first exchange of a file was answered; zero if that cannot be read.
func beginning(name string) time.Time {
	f, err := os.Open(name)
	if err != nil {
		return time.Time{}
	}
	defer f.Close()
	for entry, err := range har.Entries(f) {
		if err != nil {
			return time.Time{}
		}
		return answered(entry)
	}
	return time.Time{}
}

// answered is when an exchange was over; zero if the recording does not say.
func answered(entry har.Entry) time.Time {
	x := entry.Exchange
	if x == nil || x.Started.IsZero() {
		return time.Time{}
	}
	return x.Started.Add(x.Duration)
}

// entries yields each entry with its file, in order of time.
func (m *merged) entries() iter.Seq2[*part, next] {
	return func(yield func(*part, next) bool) {
		defer m.close()
		for {
			p := m.first()
			if p == nil {
				return
			}
			entry := p.next
			if !yield(p, entry) {
				return
			}
			m.advance(p)
		}
	}
}

// first is the part whose next entry comes first; nil if there are no more.
func (m *merged) first() (first *part) {
	i := 0
	for i < len(m.parts) {
		p := m.parts[i]
		if first != nil && !p.open && p.begins.After(first.answer) {
			break // and so do all behind it
		}
		if !p.open {
			m.open(p)
		}
		if p.pull == nil { // it is at its end
			m.parts = slices.Delete(m.parts, i, i+1)
			continue
		}
		if first == nil || p.answer.Before(first.answer) {
			first = p
		}
		i++
	}
	return first
}

func (m *merged) open(p *part) {
	p.open = true
	ctx, in, closeFile := m.ctx, m.stdin, func() {}
	if p.name != "-" {
		f, err := os.Open(p.name)
		if err != nil {
			p.failed = err
			return
		}
		in, closeFile = f, func() { f.Close() }
		// A file that is followed ends with the context, and what was written until then is judged. A pipe waits by itself.
		if info, err := f.Stat(); m.follow && err == nil && info.Mode().IsRegular() {
			in, ctx = har.Follow(m.ctx, f, lookAgain), context.WithoutCancel(m.ctx)
		}
	}
	pull, stop := iter.Pull(entries(ctx, in, m.judge))
	p.pull, p.stop = pull, func() { stop(); closeFile() }
	m.advance(p)
}

// advance reads the next entry of a file.
func (m *merged) advance(p *part) {
	entry, more := p.pull()
	if !more {
		if m.ctx.Err() != nil && !m.follow && p.failed == nil {
			p.failed = fmt.Errorf("interrupted after %d entries", p.read.entries)
		}
		p.end()
		return
	}
	p.next = entry
	if at := answered(entry.Entry); at.After(p.answer) { // one without a time follows the one before it
		p.answer = at
	}
}

func (p *part) end() {
	if p.stop != nil {
		p.stop()
	}
	p.pull, p.stop = nil, nil
}

func (m *merged) close() {
	for _, p := range m.parts {
		p.end()
	}
}

// places are where the exchanges of a judge stand in their files.
type places struct {
	runs []stretch
	n    int
}

// stretch is a run of exchanges that follow each other in one file.
type stretch struct {
	first int // its first exchange, as the judge counts
	part  *part
	entry int // its first exchange, as the file counts
}

// add notes where the next exchange stands.
func (p *places) add(in *part, entry int) {
	if last := len(p.runs) - 1; last < 0 || p.runs[last].part != in || p.runs[last].entry+p.n-p.runs[last].first != entry {
		p.runs = append(p.runs, stretch{p.n, in, entry})
	}
	p.n++
}

// of is where an exchange stands.
func (p *places) of(exchange int) (in *part, entry int, ok bool) {
	i := sort.Search(len(p.runs), func(i int) bool { return p.runs[i].first > exchange }) - 1
	if i < 0 || exchange >= p.n {
		return nil, 0, false
	}
	r := p.runs[i]
	return r.part, r.entry + exchange - r.first, true
}

// exchangeNumber is how findings name another exchange.
var exchangeNumber = regexp.MustCompile(`\bexchange #(\d+)`)

// locate gives findings the numbers that exchanges have in their files, and returns the files.
func (p *places) locate(found []contract.Finding) (files []string) {
	for i := range found {
		f := &found[i]
		in, entry, ok := p.of(f.Exchange)
		if !ok {
			files = append(files, "")
			continue
		}
		files = append(files, shownName(in.name))
		for _, text := range []*string{&f.Expected, &f.Actual} {
			*text = exchangeNumber.ReplaceAllStringFunc(*text, func(name string) string {
				number, _ := strconv.Atoi(name[strings.IndexByte(name, '#')+1:])
				other, at, ok := p.of(number)
				switch {
				case !ok:
					return name
				case other == in:
					return fmt.Sprintf("exchange #%d", at)
				}
				return fmt.Sprintf("exchange #%d of %s", at, shownName(other.name))
			})
		}
		f.Exchange = entry
	}
	return files
}
