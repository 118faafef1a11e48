package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/wire"
)

// verify is the command that judges recordings.
type verify struct {
	*program
	reports reports
	only    []string // patterns of rules
	skip    []string
	release string
	edition string
	strict  bool
	quiet   bool
	noColor bool
}

func (p *program) verifyCommand() *cobra.Command {
	v := &verify{program: p}
	cmd := &cobra.Command{
		Use:   "verify FILE.har…",
		Short: "Judge recorded traffic",
		Long: `Verify reads recordings of HTTP traffic (HAR 1.1 and 1.2, also in gzip, zlib or
zip, or one exchange a line) and judges each exchange with one of the eight
operations of the Agents API. It sends nothing. Browsers save such files
(developer tools, network, "Save all as HAR"); so do mitmproxy, Playwright and
others.

Each file is judged on its own, in the order of its entries, and may be of any
size. A FILE of - is standard input. A finding names the exchange by its number
in the file, from 0. Secrets in the file are never printed.

  ✗ violation     the server broke a rule
  ~ drift         the server sent something harmless that the document lacks
  ? inconclusive  the answer says nothing about the server, such as 429
  ! invalid       the recorded request does not match the document; the server
                  is not to blame

Rules that need requests of their own are untested here; "glagents check" tests
them. A file that is cut off is judged up to there, and the exit status is then
4 at best.

` + exitStatuses,
		Example: `  # What did this GitLab do wrong?
  glagents verify traffic.har

  # In a pipeline: a report for the merge request and one for programs
  glagents verify --report junit=report.xml --report json=report.json *.har

  # Only the rules about tokens, as they were in that release
  glagents verify --rule 'tokens/*' --gitlab-version 15.11 traffic.har

  # From a pipe, and the violations as JSON
  zcat traffic.har.gz | glagents verify --report json=- - | jq '.findings[] | select(.outcome == "violation")'`,
		Args: arguments(func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("no file is given: glagents verify FILE.har… (see glagents verify --help)")
			}
			return nil
		}),
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd.Context(), args) },
	}
	flags := cmd.Flags()
	v.reports.flag(cmd)
	ruleFlags(cmd, &v.only, &v.skip)
	flags.StringVar(&v.release, "gitlab-version", "", "the `VERSION` of the GitLab, such as 16.2, instead of what the recording tells")
	flags.StringVar(&v.edition, "edition", "", "the `EDITION` of the GitLab, ce or ee, instead of what the recording tells")
	flags.BoolVar(&v.strict, "strict", false, "a violated SHOULD counts like a violated MUST")
	flags.BoolVarP(&v.quiet, "quiet", "q", false, "print only the verdict")
	flags.BoolVar(&v.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
	return cmd
}

func (v *verify) run(ctx context.Context, files []string) error {
	options, err := v.options()
	if err != nil {
		return err
	}
	if err := checkFiles(files); err != nil {
		return err
	}
	if err := v.reports.check(); err != nil {
		return err
	}

	var (
		results []*contract.Result
		unread  int
		partial []string
	)
	for _, name := range files {
		judge, err := contract.NewJudge(options)
		if err != nil {
			return err
		}
		read, err := v.file(ctx, name, judge)
		unread += read.unread
		if err != nil {
			v.complain(shownName(name) + ": " + err.Error())
			partial = append(partial, shownName(name)+": "+err.Error())
		}
		if err == nil || read.entries > 0 {
			result := judge.Result()
			result.Target = shownName(name)
			results = append(results, result)
		}
		if ctx.Err() != nil {
			break
		}
	}
	switch { // each file's error was said
	case len(results) == 0 && ctx.Err() != nil:
		return exitError{contract.TooLittle}
	case len(results) == 0:
		return exitError{contract.Usage}
	}

	r := report.Join(results)
	r.Unread, r.Partial, r.Strict, r.Redactor = unread, strings.Join(partial, "; "), v.strict, v.redactor
	return v.show(r)
}

// options are how to judge.
func (v *verify) options() (o contract.JudgeOptions, err error) {
	o.Redactor = v.redactor
	if v.release != "" {
		if o.Release, err = contract.ParseRelease(v.release); err != nil {
			return o, usageError{"--gitlab-version: " + err.Error()}
		}
	}
	if o.Edition, err = contract.ParseEdition(v.edition); err != nil {
		return o, usageError{"--edition: " + err.Error()}
	}
	o.Rules, o.Skip = v.only, v.skip
	return o, checkPatterns(v.only, v.skip)
}

// checkFiles finds out whether the files exist, before anything is judged.
func checkFiles(files []string) error {
	for i, name := range files {
		if name == "-" {
			if slices.Contains(files[:i], "-") {
				return usageError{"standard input can be read only once"}
			}
			continue
		}
		switch info, err := os.Stat(name); {
		case err != nil:
			return usageError{err.Error()}
		case info.IsDir():
			return usageError{fmt.Sprintf("%s is a directory: name the HAR files in it", name)}
		}
	}
	return nil
}

func shownName(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}

// reading is what became of reading a file.
type reading struct {
	entries int // in the file
	unread  int // of them that could not be read
}

// maxSaid is how many entries of a file are named that could not be read for the same reason.
const maxSaid = 10

// file judges one file. The error says why it could not be judged to its end.
func (v *verify) file(ctx context.Context, name string, judge *contract.Judge) (read reading, err error) {
	in := v.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return read, err
		}
		defer f.Close()
		in = f
	}
	said := make(map[string]int) // what was said how often
	defer func() {
		for why, n := range said {
			if n > maxSaid {
				v.complain(fmt.Sprintf("%s: %d more entries: %s", shownName(name), n-maxSaid, why))
			}
		}
	}()
	say := func(e har.Entry, why string) {
		if said[why]++; said[why] <= maxSaid {
			v.complain(fmt.Sprintf("%s: entry %d (byte %d): %s", shownName(name), e.Index, e.Offset, why))
		}
	}
	for next := range entries(ctx, in, judge) {
		var bad *har.EntryError
		switch {
		case errors.As(next.err, &bad):
			read.entries++
			read.unread++
			say(next.Entry, "not judged: "+bad.Err.Error())
			judge.Observe(unreadable) // so that the judge numbers exchanges as the file does
		case next.err != nil:
			return read, next.err
		default:
			read.entries++
			for _, note := range next.Notes {
				say(next.Entry, note)
			}
			if next.Exchange.FromCache != "" {
				read.unread++
				say(next.Entry, "not judged: the cache of the browser answered, not the server")
				judge.Observe(unreadable)
				continue
			}
			judge.ObservePrepared(next.prepared, nil)
		}
	}
	if ctx.Err() != nil {
		return read, fmt.Errorf("interrupted after %d entries", read.entries)
	}
	return read, nil
}

// unreadable stands for an entry that could not be read. It counts as none of the operations.
var unreadable = &wire.Exchange{Request: wire.Request{Method: "GET", URL: &url.URL{}}, Err: errors.New("not readable")}

// next is the next entry of a file.
type next struct {
	har.Entry
	err      error
	prepared *contract.Prepared // nil if err is not
	stop     string             // what reading or preparing it panicked with
}

// ahead is how many entries are read and prepared ahead of the judge.
const ahead = 4

// entries are the entries of a file, until the context is done. They are read, and prepared side by side, while earlier
// ones are judged, and a file that does not end, such as a terminal, does not keep a command from ending.
func entries(ctx context.Context, r io.Reader, judge *contract.Judge) func(yield func(next) bool) {
	return func(yield func(next) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		read := make(chan chan next, ahead)
		go func() {
			defer close(read)
			defer func() {
				if stop := stopped(recover()); stop != "" {
					ready := make(chan next, 1)
					ready <- next{stop: stop}
					select {
					case read <- ready:
					case <-ctx.Done():
					}
				}
			}()
			for e, err := range har.Entries(r) {
				ready := make(chan next, 1)
				select {
				case read <- ready:
				case <-ctx.Done():
					return
				}
				go func() {
					n := next{Entry: e, err: err}
					defer func() {
						n.stop = stopped(recover())
						ready <- n
					}()
					if err == nil {
						n.prepared = judge.Prepare(e.Exchange)
					}
				}()
			}
		}()
		for {
			select {
			case ready, more := <-read:
				if !more {
					return
				}
				n := <-ready
				if n.stop != "" {
					panic(elsewhere(n.stop))
				}
				if !yield(n) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// show writes the reports and what a person reads, and ends the command with the verdict's status.
func (v *verify) show(r *report.Report) error {
	human := io.Writer(v.stdout)
	if v.reports.toStdout() {
		human = v.stderr
	}
	failed := v.reports.write(v.stdout, r)
	terminal := report.Terminal{Color: v.colored(human, v.noColor), Quiet: v.quiet, Width: width(human)}
	if err := terminal.Write(human, r); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitError{r.Exit()}
}
