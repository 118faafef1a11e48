package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/wire"
)

// check is the command that checks a live GitLab, or the embedded fake.
type check struct {
	*program
	instance
	otherProject string
	tokenFiles   map[contract.Role]*string
	journal      string
	known        string
	reports      reports
	only, skip   []string
	scenarios    []string
	release      string
	edition      string
	timeout      time.Duration
	parallel     int
	readOnly     bool
	keep         bool
	fake         bool
	strict       bool
	dryRun       bool
	verbose      bool
	har          exchanges
	quiet        bool
	noColor      bool

	targetsFile   string
	metrics       string
	parallelGiven bool // --parallel was given
}

// optionalRoles are the roles whose tokens make more rules testable.
var optionalRoles = []contract.Role{contract.Developer, contract.Guest, contract.Stranger, contract.Reader, contract.Expired}

func (p *program) checkCommand() *cobra.Command {
	c := &check{program: p, tokenFiles: make(map[contract.Role]*string)}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a live GitLab, or the built-in fake",
		Long: `Check sends requests to a GitLab and judges every answer: does it conform to the
Agents API? It plays scenarios (see "glagents scenarios"). Each creates the agents
and tokens that it needs, in one project, with names that begin with contract-,
and everything is removed at the end. Nothing else is changed or deleted. If a
check is killed, "glagents sweep" removes what it left behind.

The GitLab is that of --url or GITLAB_URL; in a GitLab pipeline, the server and
the project of the pipeline. If none of these and no token's variable is set,
the built-in fake GitLab is checked. --fake checks it in any case.

The token needs the scope api and the role maintainer in the project. It comes
from GITLAB_TOKEN, from --token-file or from a prompt, never from an argument.
More tokens make more rules testable; each comes from its variable or its file:

  GITLAB_DEVELOPER_TOKEN  of a developer
  GITLAB_GUEST_TOKEN      of a guest, planner or reporter
  GITLAB_STRANGER_TOKEN   of a user who is not a member
  GITLAB_READER_TOKEN     of the maintainer, with the scope read_api only
  GITLAB_EXPIRED_TOKEN    of the maintainer, expired

A rule that could not be tested is untested, with the reason.

` + exitStatuses,
		Example: `  # The fake
  glagents check

  # A GitLab, with everything that can be tested
  export GITLAB_URL=https://gitlab.example.com
  export GITLAB_TOKEN=… GITLAB_DEVELOPER_TOKEN=… GITLAB_GUEST_TOKEN=…
  export GITLAB_STRANGER_TOKEN=… GITLAB_READER_TOKEN=… GITLAB_EXPIRED_TOKEN=…
  glagents check --project group/project --other-project group/other

  # Without changing anything
  glagents check --project group/project --read-only

  # One scenario, and look at what it made
  glagents check --project group/project --scenario 'revoked token' --keep

  # In a pipeline: reports for the merge request and for programs
  glagents check --report junit=contract.xml --report json=contract.json

  # Which requests would be sent?
  glagents check --project group/project --dry-run`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c.parallelGiven = cmd.Flags().Changed("parallel")
			return c.run(cmd.Context())
		},
	}
	c.flags(cmd)
	return cmd
}

func (c *check) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	c.instance.flags(cmd)
	flags.StringVar(&c.otherProject, "other-project", "", "a second `PROJECT`, in which the token has the same role")
	for _, role := range optionalRoles {
		c.tokenFiles[role] = flags.String(role.String()+"-token-file", "", "the `FILE` with the token of "+role.Variable())
	}
	flags.StringVar(&c.journal, "journal", "", "the `DIRECTORY` that notes what a check creates, for sweep (default: glagents in the user's cache directory)")
	flags.StringVar(&c.known, "known-failures", "", "a `FILE` of rules, one a line, that are known to fail; one that passes fails the check")
	flags.StringVar(&c.targetsFile, "targets", "", "check the GitLabs that a `FILE` (YAML) lists, side by side")
	flags.StringVar(&c.metrics, "metrics", "", "also write a `FILE` with metrics in Prometheus' text format")
	c.reports.flag(cmd)
	flags.StringVar(&c.har.path, "har", "", "write the exchanges to a HAR `FILE`, without secrets")
	ruleFlags(cmd, &c.only, &c.skip)
	flags.StringArrayVar(&c.scenarios, "scenario", nil, "play only the scenarios that match `PATTERN`, such as 'revoke*'; repeatable")
	_ = cmd.RegisterFlagCompletionFunc("scenario", completeScenarios)
	flags.StringVar(&c.release, "gitlab-version", "", "the `VERSION` of the GitLab, such as 16.2, instead of asking it")
	flags.StringVar(&c.edition, "edition", "", "the `EDITION` of the GitLab, ce or ee, instead of asking it")
	complete(cmd, "edition", "ce", "ee")
	flags.DurationVar(&c.timeout, "timeout", 10*time.Minute, "end the check after this `TIME`; what it created is still removed")
	flags.IntVar(&c.parallel, "parallel", contract.DefaultParallel, "send at most `N` requests at once")
	flags.BoolVar(&c.readOnly, "read-only", false, "create, change and delete nothing")
	flags.BoolVar(&c.keep, "keep", false, "keep what the check creates, and say what it is")
	flags.BoolVar(&c.fake, "fake", false, "check the built-in fake, whatever the environment says")
	flags.BoolVar(&c.strict, "strict", false, "a violated SHOULD counts like a violated MUST")
	flags.BoolVar(&c.dryRun, "dry-run", false, "print the requests by scenario, and send none")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "print each exchange, and what of the document was not seen")
	flags.BoolVarP(&c.quiet, "quiet", "q", false, "print only the verdict")
	flags.BoolVar(&c.noColor, "no-color", false, "print without colors, like NO_COLOR in the environment")
}

func (c *check) run(ctx context.Context) error {
	if !signal.Ignored(syscall.SIGHUP) { // the terminal was closed: what the check made is removed first
		var stop context.CancelFunc
		ctx, stop = signal.NotifyContext(ctx, syscall.SIGHUP)
		defer stop()
	}
	options, err := c.options()
	if err != nil {
		return err
	}
	if err := c.reports.check(); err != nil {
		return err
	}
	if err := c.checkMetrics(); err != nil {
		return err
	}
	if c.targetsFile != "" {
		return c.runTargets(ctx, options)
	}
	if c.dryRun {
		return c.showRequests(ctx, options)
	}
	target, about, stop, err := c.target()
	if err != nil {
		return err
	}
	defer stop()

	human := c.human()
	if !c.quiet {
		fmt.Fprintln(human, report.Wrap(report.Printable(c.redactor.Redact(about)), width(human)))
	}
	if !c.readOnly && !c.isFake() {
		if options.Journal, err = openJournal(c.journal); err != nil {
			return err
		}
	}
	options.Timeline = len(c.reports) > 0 // the page of one target shows its exchanges
	started := time.Now()
	result, err := c.play(ctx, target, options, human)
	switch {
	case err != nil && ctx.Err() != nil:
		c.complain("interrupted before anything was checked")
		return exitError{contract.TooLittle}
	case err != nil && time.Since(started) >= c.timeout:
		c.complain(fmt.Sprintf("ended after %v by --timeout, before anything was checked", c.timeout))
		return exitError{contract.TooLittle}
	case err != nil:
		return c.failed(err)
	}
	r := &report.Report{Result: result, Strict: c.strict, Redactor: c.redactor, Fake: c.isFake(), Journal: c.journal}
	switch {
	case ctx.Err() != nil:
		r.Partial = "interrupted"
	case c.timeout > 0 && result.Duration > c.timeout:
		r.Partial = fmt.Sprintf("ended after %v by --timeout", c.timeout)
	}
	return c.show(r, human)
}

// play runs the check, and shows how far it is.
func (c *check) play(ctx context.Context, target contract.Target, options contract.Options, human io.Writer) (*contract.Result, error) {
	progress := newProgress(c.stderr, c.quiet || c.verbose)
	var fault string // what printing panicked with, in whatever goroutine
	options.Progress = catching(&fault, progress.show)
	if err := c.har.create(c.program); err != nil {
		return nil, err
	}
	print := func(*wire.Exchange) {}
	if c.verbose {
		print = c.exchangePrinter(human, target)
	}
	options.Observe = catching(&fault, func(x *wire.Exchange) { c.har.observe(x); print(x) })
	result, err := contract.Run(ctx, target, options)
	if fault != "" {
		panic(elsewhere(fault))
	}
	progress.clear()
	if lost := c.har.close(); lost != nil {
		c.complain(lost.Error())
	}
	return result, err
}

// catching is a function that a run calls, by one goroutine at a time. What it panics with first is kept: the run goes on,
// so that what it made is removed.
func catching[T any](fault *string, f func(T)) func(T) {
	return func(v T) {
		defer func() {
			if stop := stopped(recover()); stop != "" && *fault == "" {
				*fault = stop
			}
		}()
		f(v)
	}
}

// human is where what people read goes.
func (c *check) human() io.Writer {
	if c.reports.toStdout() {
		return c.stderr
	}
	return c.stdout
}

// show writes the reports and what a person reads, and ends the command with the verdict's status.
func (c *check) show(r *report.Report, human io.Writer) error {
	failed := errors.Join(c.reports.write(c.stdout, r), c.writeOneMetrics(c.metrics, r))
	terminal := report.Terminal{Color: c.colored(human, c.noColor), Verbose: c.verbose, Quiet: c.quiet, Width: width(human)}
	if err := terminal.Write(human, r); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitError{r.Exit()}
}

// failed is what a check that could not begin ends with.
func (c *check) failed(err error) error {
	var setup *contract.SetupError
	var unreachable *contract.UnreachableError
	switch {
	case errors.As(err, &setup):
		c.complainOf(&setup.Problem)
		for _, left := range setup.Left {
			c.complain("left behind: " + left)
		}
		if len(setup.Left) > 0 {
			fmt.Fprintln(c.stderr, "  `glagents sweep` removes what it can.")
		}
		return exitError{contract.Usage}
	case errors.As(err, &unreachable):
		c.complain(unreachableProblem(unreachable, c.caFile))
		return exitError{contract.TooLittle}
	}
	return err
}

// options are how to check.
func (c *check) options() (o contract.Options, err error) {
	if err := checkPatterns(c.only, c.skip); err != nil {
		return o, err
	}
	if err := eachMatches("--scenario", c.scenarios, scenarioNames(), selectsScenarios); err != nil {
		return o, err
	}
	if c.release != "" {
		if o.Release, err = contract.ParseRelease(c.release); err != nil {
			return o, usageError{"--gitlab-version: " + err.Error()}
		}
	}
	if o.Edition, err = contract.ParseEdition(c.edition); err != nil {
		return o, usageError{"--edition: " + err.Error()}
	}
	if c.parallel < 1 {
		return o, usageError{fmt.Sprintf("--parallel: with %d requests at once nothing is sent; give 1 or more", c.parallel)}
	}
	if c.timeout <= 0 {
		return o, usageError{fmt.Sprintf("--timeout: in %v nothing can be checked; give a time such as 5m", c.timeout)}
	}
	if c.known != "" {
		if o.KnownFailures, err = knownFailures(c.known); err != nil {
			return o, err
		}
	}
	o.Rules, o.Skip, o.Scenarios, o.ReadOnly, o.Keep = c.only, c.skip, c.scenarios, c.readOnly, c.keep
	o.Redactor, o.Parallel, o.Timeout = c.redactor, c.parallel, c.timeout
	return o, nil
}
