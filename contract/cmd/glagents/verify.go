package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"runtime/debug"
	"strings"
	"time"

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
	follow  bool
	noColor bool
}

func (p *program) verifyCommand() *cobra.Command {
	v := &verify{program: p}
	cmd := &cobra.Command{
		Use:   "verify FILE.har|DIRECTORY…",
		Short: "Judge recorded traffic",
		Long: `Verify reads recordings of HTTP traffic (HAR 1.1 and 1.2, also in gzip, zlib or
zip, or one exchange a line) and judges each exchange with one of the eight
operations of the Agents API. It sends nothing. Browsers save such files
(developer tools, network, "Save all as HAR"); so do mitmproxy, Playwright and
others.

Several files are one history in order of time, and may be of any size. Of a
directory, all files are read whose names end in .har, .har.gz, .ndjson or .jsonl.
If different GitLabs had the same URL, judge their recordings one by one. A FILE
of - is standard input. A finding names the exchange by its number in its file,
from 0. Secrets in the file are never printed.

A file may also be a stream of exchanges, one JSON object a line, as a log shipper
writes it. A line has what a HAR has as an entry; what is left out is taken as not
recorded:
  {"startedDateTime":"2026-11-22T11:55:10.224Z","time":27,
   "request":{"method":"POST","url":"https://…",
              "headers":{"Content-Type":"application/json"},
              "postData":{"text":"{…}"}},
   "response":{"status":201,"headers":{"X-Request-Id":"01J"},
               "content":{"text":"{…}"}}}
With --follow, one HAR or stream is judged while it is written, with a line for
each finding as it is found; the report comes after Ctrl-C.

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

  # As a gateway logs it
  glagents verify --follow /var/log/gateway/exchanges.ndjson

  # From a pipe, and the violations as JSON
  zcat traffic.har.gz | glagents verify --report json=- - |
    jq '.findings[] | select(.outcome == "violation")'`,
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
	complete(cmd, "edition", "ce", "ee")
	flags.BoolVar(&v.strict, "strict", false, "a violated SHOULD counts like a violated MUST")
	flags.BoolVarP(&v.follow, "follow", "f", false, "judge a recording as it is written, until Ctrl-C")
	flags.BoolVarP(&v.quiet, "quiet", "q", false, "print only the verdict")
	flags.BoolVar(&v.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
	return cmd
}

func (v *verify) run(ctx context.Context, files []string) error {
	options, err := v.options()
	if err != nil {
		return err
	}
	files, err = recordings(files)
	if err != nil {
		return err
	}
	if v.follow && len(files) != 1 {
		return usageError{fmt.Sprintf("--follow follows one recording, and there are %d", len(files))}
	}
	if err := v.reports.check(); err != nil {
		return err
	}

	judge, err := contract.NewJudge(options)
	if err != nil {
		return err
	}
	if v.follow {
		return v.judgeAll(ctx, v.followed(ctx, files[0], judge))
	}
	return v.judgeAll(ctx, v.merge(ctx, files, judge))
}

// judgeAll judges the entries of recordings, and reports.
func (v *verify) judgeAll(ctx context.Context, m *merged) error {
	if os.Getenv("GOGC") == "" {
		// Entries are read, judged and forgotten. Collecting garbage half as often takes some 15 MB and saves a tenth of the time.
		defer debug.SetGCPercent(debug.SetGCPercent(200))
	}
	found := v.newFindings(v.human())
	where, err := v.observe(m, found)
	if err != nil {
		return err
	}
	var (
		partial []string
		unread  int
		targets []string
	)
	for _, p := range m.all {
		if p.failed != nil {
			v.complain(shownName(p.name) + ": " + p.failed.Error())
			partial = append(partial, shownName(p.name)+": "+p.failed.Error())
		}
		if p.failed == nil || p.read.entries > 0 {
			targets = append(targets, shownName(p.name))
		}
		unread += p.read.unread
	}
	switch { // each file's error was said
	case len(targets) == 0 && ctx.Err() != nil:
		return exitError{contract.TooLittle}
	case len(targets) == 0:
		return exitError{contract.Usage}
	}
	r := &report.Report{Result: m.judge.Result(), Recorded: true}
	r.Result.Target = strings.Join(targets, ", ")
	if names := where.locate(r.Result.Findings); len(m.all) > 1 {
		r.Files = names
	}
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

// observe judges the entries, and says where each exchange stands.
func (v *verify) observe(m *merged, found *findings) (where *places, err error) {
	type reason struct {
		in  *part
		why string
	}
	said := make(map[reason]int) // what was said how often
	defer func() {
		for r, n := range said {
			if n > maxSaid {
				v.complain(fmt.Sprintf("%s: the same of %d more entries: %s", shownName(r.in.name), n-maxSaid, r.why))
			}
		}
	}()
	say := func(p *part, e har.Entry, why string) {
		r := reason{p, why}
		if said[r]++; said[r] <= maxSaid {
			v.complain(fmt.Sprintf("%s: entry %d (byte %d): %s", shownName(p.name), e.Index, e.Offset, why))
		}
	}
	where = &places{}
	for p, next := range m.entries() {
		var bad *har.EntryError
		switch {
		case errors.As(next.err, &bad):
			p.read.unread++
			say(p, next.Entry, "not judged: "+bad.Err.Error())
			next.prepared = m.judge.Prepare(unreadable) // so that the judge numbers exchanges as the file does
		case next.err != nil:
			p.failed = next.err
			continue
		case next.Exchange.FromCache != "":
			p.read.unread++
			say(p, next.Entry, "not judged: the browser answered it from its cache, not the server")
			next.prepared = m.judge.Prepare(unreadable)
		default:
			for _, note := range next.Notes {
				say(p, next.Entry, note)
			}
		}
		p.read.entries++
		where.add(p, next.Index)
		these, _ := m.judge.ObservePrepared(next.prepared, nil)
		if v.follow && !v.quiet {
			for _, f := range these {
				found.print(f)
			}
		}
	}
	return where, nil
}

// followed is a recording that is being written.
func (v *verify) followed(ctx context.Context, name string, judge *contract.Judge) *merged {
	m := v.merge(ctx, []string{name}, judge)
	m.follow = true
	return m
}

// lookAgain is how long a recording that is followed is left alone before it is looked at again.
const lookAgain = 200 * time.Millisecond

// unreadable stands for an entry that could not be read. It is none of the operations, whatever it was.
var unreadable = &wire.Exchange{Request: wire.Request{Method: "GET", URL: &url.URL{}}, Err: errors.New("not readable")}

// human is where what people read goes.
func (v *verify) human() io.Writer {
	if v.reports.toStdout() {
		return v.stderr
	}
	return v.stdout
}

// show writes the reports and what a person reads, and ends the command with the verdict's status.
func (v *verify) show(r *report.Report) error {
	human := v.human()
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
