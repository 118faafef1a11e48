package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
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
	release      string
	edition      string
	timeout      time.Duration
	parallel     int
	readOnly     bool
	fake         bool
	strict       bool
	dryRun       bool
	verbose      bool
	quiet        bool
	noColor      bool
}

// instance is which GitLab to talk to, and how.
type instance struct {
	url       string
	project   string
	tokenFile string
	caFile    string
	allowHTTP bool
}

func (p *program) checkCommand() *cobra.Command {
	c := &check{program: p, tokenFiles: make(map[contract.Role]*string)}
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check a live GitLab, or the embedded fake",
		Long: `Check makes requests to a GitLab and judges every answer: does it keep to the
Agents API? It makes up to three agents named contract-…, with tokens, in one
project, and removes them again; nothing else is ever changed or deleted. What a
killed run leaves behind "glagents sweep" removes.

Without --url it starts the fake GitLab that is built in, and checks that. In a
GitLab pipeline with GITLAB_TOKEN, the server and project of the pipeline are
the defaults.

The token needs the scope api and the role maintainer in the project. It comes
from GITLAB_TOKEN, from --token-file, or from a prompt, and never from an
argument. More tokens make more rules testable: GITLAB_DEVELOPER_TOKEN,
GITLAB_GUEST_TOKEN (of a guest or reporter), GITLAB_STRANGER_TOKEN (of somebody
who is no member), or the files of the options below. What could not be tested
is untested, with the reason, and no success.

` + exitStatuses,
		Example: `  # The fake
  glagents check

  # A GitLab, with everything that can be tested
  export GITLAB_TOKEN=… GITLAB_DEVELOPER_TOKEN=… GITLAB_GUEST_TOKEN=… GITLAB_STRANGER_TOKEN=…
  glagents check --url https://gitlab.example.com --project group/project --other-project group/other

  # Without changing anything
  glagents check --url https://gitlab.example.com --project group/project --read-only

  # In a pipeline: reports for the merge request and for programs
  glagents check --report junit=contract.xml --report json=contract.json

  # What would be requested?
  glagents check --url https://gitlab.example.com --project group/project --dry-run`,
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return c.run(cmd.Context()) },
	}
	flags := cmd.Flags()
	c.instance.flags(cmd)
	flags.StringVar(&c.otherProject, "other-project", "", "a second `PROJECT`, in which the token has the same role")
	for _, role := range []contract.Role{contract.Developer, contract.Guest, contract.Stranger} {
		c.tokenFiles[role] = flags.String(role.String()+"-token-file", "", "the `FILE` with a "+role.String()+"'s token, instead of "+tokenVariable(role))
	}
	flags.StringVar(&c.journal, "journal", "", "the `DIRECTORY` that notes what a run makes, for sweep (default: glagents in the user's cache directory)")
	flags.StringVar(&c.known, "known-failures", "", "a `FILE` of rules, one a line, that are known to fail; one that passes fails the check")
	flags.Var(&c.reports, "report", "also write a report: "+strings.Join(report.Names(), ", ")+"; repeatable, - is standard output")
	flags.StringArrayVar(&c.only, "rule", nil, "test the rules that match `PATTERN` only, such as 'tokens/*'; repeatable")
	flags.StringArrayVar(&c.skip, "skip", nil, "leave out the rules that match `PATTERN`; repeatable")
	flags.StringVar(&c.release, "gitlab-version", "", "the `VERSION` of the GitLab, such as 16.2; else it is asked")
	flags.StringVar(&c.edition, "edition", "", "the `EDITION` of the GitLab, ce or ee; else it is asked")
	flags.DurationVar(&c.timeout, "timeout", 10*time.Minute, "end the run after this time; what it made is still removed")
	flags.IntVar(&c.parallel, "parallel", contract.DefaultParallel, "how many requests may be under way at once")
	flags.BoolVar(&c.readOnly, "read-only", false, "create, change and delete nothing")
	flags.BoolVar(&c.fake, "fake", false, "check the built-in fake, whatever the environment says")
	flags.BoolVar(&c.strict, "strict", false, "a violated SHOULD counts like a violated MUST")
	flags.BoolVar(&c.dryRun, "dry-run", false, "print what would be requested, and request nothing")
	flags.BoolVarP(&c.verbose, "verbose", "v", false, "print each exchange, and how many had to wait for each other")
	flags.BoolVarP(&c.quiet, "quiet", "q", false, "print the verdict only")
	flags.BoolVar(&c.noColor, "no-color", false, "print without colours, as with NO_COLOR in the environment")
	return cmd
}

// flags are those that say which GitLab to talk to.
func (i *instance) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&i.url, "url", "", "the `URL` of the GitLab, such as https://gitlab.example.com")
	flags.StringVar(&i.project, "project", "", "the id or full path of the `PROJECT`")
	flags.StringVar(&i.tokenFile, "token-file", "", "the `FILE` with the token, instead of GITLAB_TOKEN")
	flags.StringVar(&i.caFile, "ca-file", "", "a `FILE` with certificates (PEM) to trust beside the system's")
	flags.BoolVar(&i.allowHTTP, "allow-http", false, "send tokens over plain http to another machine")
}

// tokenVariable is the environment variable with a role's token.
func tokenVariable(role contract.Role) string {
	if role == contract.Maintainer {
		return "GITLAB_TOKEN"
	}
	return "GITLAB_" + strings.ToUpper(role.String()) + "_TOKEN"
}

func (c *check) run(ctx context.Context) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	if err := c.reports.check(); err != nil {
		return err
	}
	c.takeFromPipeline()
	if c.dryRun {
		return c.showRequests(ctx)
	}
	target, about, stop, err := c.target()
	if err != nil {
		return err
	}
	defer stop()

	human := c.human()
	if !c.quiet {
		fmt.Fprintln(human, report.Printable(c.redactor.Redact(about)))
	}
	progress := newProgress(c.stderr, c.quiet || c.verbose)
	var fault string // what printing panicked with, in whatever goroutine
	options.Progress = catching(&fault, progress.show)
	if c.verbose {
		options.Observe = catching(&fault, c.exchangePrinter(human, target))
	}
	if !c.readOnly && c.url != "" {
		if options.Journal, err = c.openJournal(); err != nil {
			return err
		}
	}
	result, err := contract.Run(ctx, target, options)
	if fault != "" {
		panic(elsewhere(fault))
	}
	progress.clear()
	switch {
	case err != nil && ctx.Err() != nil:
		c.complain("interrupted before anything was checked")
		return exitError{contract.TooLittle}
	case err != nil:
		return c.failed(err)
	}
	r := &report.Report{Result: result, Strict: c.strict, Redactor: c.redactor}
	switch {
	case ctx.Err() != nil:
		r.Partial = "interrupted"
	case c.timeout > 0 && result.Duration > c.timeout:
		r.Partial = fmt.Sprintf("ended after %v by --timeout", c.timeout)
	}
	if c.verbose {
		fmt.Fprintf(human, "%d exchanges in %v\n", result.Exchanges, result.Duration.Round(time.Millisecond))
	}
	return c.show(r, human)
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
	failed := c.reports.write(c.stdout, r)
	terminal := report.Terminal{Color: c.colored(human, c.noColor), Verbose: c.verbose, Quiet: c.quiet}
	if err := terminal.Write(human, r); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitError{r.Exit()}
}

// failed is what a run that could not begin ends with.
func (c *check) failed(err error) error {
	var setup *contract.SetupError
	var unreachable *contract.UnreachableError
	switch {
	case errors.As(err, &setup):
		return usageError{setup.Error()}
	case errors.As(err, &unreachable):
		c.complain(unreachable.Error())
		return exitError{contract.TooLittle}
	}
	return err
}

// options are how to check.
func (c *check) options() (o contract.Options, err error) {
	if _, err := contract.SelectRules(c.only, c.skip); err != nil {
		return o, usageError{err.Error()}
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
		return o, usageError{fmt.Sprintf("--parallel: %d requests at once make no progress; give 1 or more", c.parallel)}
	}
	if c.timeout <= 0 {
		return o, usageError{fmt.Sprintf("--timeout: %v is no time to check anything in", c.timeout)}
	}
	if c.known != "" {
		if o.KnownFailures, err = knownFailures(c.known); err != nil {
			return o, err
		}
	}
	o.Rules, o.Skip, o.ReadOnly = c.only, c.skip, c.readOnly
	o.Redactor, o.Parallel, o.Timeout = c.redactor, c.parallel, c.timeout
	o.Timeline = c.reports.include("html")
	return o, nil
}

// ruleID is the form of a rule's id.
var ruleID = regexp.MustCompile(`^[a-z-]+/[a-z0-9-]+$`)

// knownFailures reads a file of rule ids, one a line. What follows a # is a comment.
func knownFailures(path string) ([]string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	return parseKnownFailures(path, string(data))
}

func parseKnownFailures(path, text string) (ids []string, err error) {
	rules := contract.Rules()
	for i, line := range strings.Split(text, "\n") {
		id, _, _ := strings.Cut(line, "#")
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if !ruleID.MatchString(id) { // whatever the file is, it is no list of rules
			return nil, usageError{fmt.Sprintf("%s:%d: this is no id of a rule: `glagents rules` lists them", path, i+1)}
		}
		if !slices.ContainsFunc(rules, func(r *contract.Rule) bool { return r.ID == id }) {
			return nil, usageError{fmt.Sprintf("%s:%d: there is no rule %q: `glagents rules` lists them", path, i+1, id)}
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// takeFromPipeline takes what GitLab tells its pipelines, where nothing else was said and there is a token to use it
// with.
func (c *check) takeFromPipeline() {
	env := func(name string) string { v, _ := c.env(name); return v }
	if c.fake || c.url != "" || env("CI_SERVER_URL") == "" || env("GITLAB_TOKEN") == "" && c.tokenFile == "" {
		return
	}
	c.url = env("CI_SERVER_URL")
	if c.project == "" {
		c.project = env("CI_PROJECT_ID")
	}
	if c.caFile == "" {
		c.caFile = env("CI_SERVER_TLS_CA_FILE")
	}
}

// target is what to check, a line about it, and what to do afterwards.
func (c *check) target() (contract.Target, string, func(), error) {
	if c.url == "" || c.fake {
		if err := c.onlyForInstances(); err != nil {
			return contract.Target{}, "", nil, err
		}
		return c.embedded()
	}
	target, err := c.instance.target(c.program)
	if err != nil {
		return contract.Target{}, "", nil, err
	}
	target.OtherProject = c.otherProject
	for role, file := range c.tokenFiles {
		token, err := c.token(role, *file)
		if err != nil {
			return contract.Target{}, "", nil, err
		}
		if token != "" {
			target.Tokens[role] = token
		}
	}
	return target, fmt.Sprintf("Checking %s, project %s.", target.URL, target.Project), func() {}, nil
}

// onlyForInstances refuses options that mean nothing to the fake, so that nobody takes its verdict for another's.
func (c *check) onlyForInstances() error {
	given := ""
	switch {
	case c.project != "":
		given = "--project"
	case c.otherProject != "":
		given = "--other-project"
	case c.tokenFile != "":
		given = "--token-file"
	case c.caFile != "":
		given = "--ca-file"
	}
	if given == "" {
		return nil
	}
	return usageError{given + " is given, but no --url: without a URL the built-in fake is checked"}
}

// target is the instance with its maintainer's token.
func (i *instance) target(p *program) (contract.Target, error) {
	target := contract.Target{URL: i.url, Project: i.project, Tokens: make(map[contract.Role]string)}
	if i.project == "" {
		return target, usageError{"--project is missing: the id or full path of the project to make agents in"}
	}
	u, err := url.Parse(i.url)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return target, usageError{"--url is no URL of a GitLab: it is like https://gitlab.example.com"}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		// What is there may be a credential, so it is not repeated.
		return target, usageError{"--url has more than scheme, host and path: it is like https://gitlab.example.com; the token comes from GITLAB_TOKEN or --token-file"}
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) && !i.allowHTTP {
		return target, usageError{fmt.Sprintf("%s is plain http, which shows tokens to everyone on the way; use https, or --allow-http", u.Redacted())}
	}
	if target.Transport, err = transport(i.caFile); err != nil {
		return target, err
	}
	token, err := p.token(contract.Maintainer, i.tokenFile)
	if err != nil {
		return target, err
	}
	if token == "" {
		if token, err = p.askForToken(u.Host); err != nil {
			return target, err
		}
	}
	target.Tokens[contract.Maintainer] = token
	return target, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// transport trusts the certificates of a file beside the system's.
func transport(caFile string) (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	roots, err := trusted(caFile)
	if roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return t, err
}

// trusted are the system's certificate authorities and those of a file; nil if there is no file.
func trusted(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(caFile)
	if err != nil {
		return nil, usageError{err.Error()}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, usageError{fmt.Sprintf("--ca-file: there is no certificate (PEM) in %s", caFile)}
	}
	return pool, nil
}

// openJournal uses the journal of --journal, or else the user's.
func (c *check) openJournal() (*contract.Journal, error) { return openJournal(c.journal) }

func openJournal(dir string) (*contract.Journal, error) {
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("there is no place for the journal: %w; name one with --journal", err)
		}
		dir = filepath.Join(cache, "glagents")
	}
	return contract.OpenJournal(dir)
}
