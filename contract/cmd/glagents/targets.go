package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/targets"
)

// maxTargets is how many targets are checked at once.
const maxTargets = 16

// maxRequests is how many requests are under way at once to all targets together, if --parallel does not say.
const maxRequests = 256

// runTargets checks the GitLabs of a file side by side, and makes one report.
func (c *check) runTargets(ctx context.Context, options contract.Options) error {
	if err := c.onlyForTargets(); err != nil {
		return err
	}
	listed, share, err := c.readTargets()
	if err != nil {
		return err
	}
	jobs, err := c.jobs(listed, options)
	if err != nil {
		return err
	}
	human := c.human()
	if !c.quiet {
		fmt.Fprintln(human, announced(len(listed), share))
	}
	fleet := &report.Fleet{Started: time.Now()}
	progress := newFleetProgress(c.stderr, c.quiet, len(jobs))
	targets.Run(ctx, jobs, c.limits(), progress.begin, func(i int, e targets.Ended) {
		c.add(fleet, listed[i], &jobs[i], e, ctx.Err() != nil)
		progress.end(e)
	})
	progress.clear()
	fleet.Duration = time.Since(fleet.Started)
	return c.showFleet(fleet, human)
}

// announced is what a check of many targets begins with.
func announced(n int, share targets.Share) string {
	switch {
	case n == 0:
		return "Nothing to check: " + share.String() + " has no targets, as the file lists fewer targets than there are shares."
	case share.String() != "":
		return "Checking " + words.Count(n, "target") + ", " + share.String() + "."
	}
	return "Checking " + words.Count(n, "target") + "."
}

// onlyForTargets refuses flags that mean one GitLab.
func (c *check) onlyForTargets() error {
	given := c.givenFlag()
	for _, flag := range []struct {
		name string
		is   bool
	}{{"--fake", c.fake}, {"--dry-run", c.dryRun}, {"--keep", c.keep}, {"--known-failures", c.known != ""}} {
		if flag.is {
			given = flag.name
		}
	}
	if given != "" {
		return usageError{"--targets and " + given + " exclude each other"}
	}
	return nil
}

func (c *check) limits() targets.Limits {
	limits := targets.Limits{Requests: maxRequests, Targets: maxTargets}
	if c.parallelGiven {
		limits.Requests = c.parallel
	}
	return limits
}

// readTargets reads the file, and takes this machine's share of it. All of the file is checked.
func (c *check) readTargets() ([]*targets.Target, targets.Share, error) {
	share, err := targets.ShareOf(c.env)
	if err != nil {
		return nil, share, usageError{err.Error()}
	}
	data, err := os.ReadFile(c.targetsFile)
	if err != nil {
		return nil, share, usageError{"--targets: " + err.Error()}
	}
	all, err := targets.Read(c.targetsFile, data)
	if err != nil {
		return nil, share, c.problems(err)
	}
	return share.Take(all), share, nil
}

// problems says what is wrong with the file, one line for each problem.
func (c *check) problems(err error) error {
	var problems targets.Problems
	if !errors.As(err, &problems) {
		return usageError{err.Error()}
	}
	const most = 20
	for i, p := range problems {
		if i == most {
			c.complain(fmt.Sprintf("and %s", words.Count(len(problems)-most, "other problem")))
			break
		}
		c.complain(p.Error())
	}
	return exitError{contract.Usage}
}

// jobs are the targets, with their tokens. Everything that the file names must be there before the first request is sent.
func (c *check) jobs(listed []*targets.Target, options contract.Options) ([]targets.Job, error) {
	var problems targets.Problems
	jobs := make([]targets.Job, len(listed))
	for i, t := range listed {
		job, wrong := c.job(t, options)
		jobs[i] = job
		problems = append(problems, wrong...)
	}
	if len(problems) > 0 {
		return nil, c.problems(problems)
	}
	journal, err := openJournal(c.journal)
	if err != nil {
		return nil, err
	}
	for i := range jobs {
		if !jobs[i].Options.ReadOnly {
			jobs[i].Options.Journal = journal
		}
	}
	return jobs, nil
}

// job is a target with its tokens.
func (c *check) job(t *targets.Target, options contract.Options) (job targets.Job, problems targets.Problems) {
	wrong := func(key string, err error) {
		text := err.Error()
		if usage := (usageError{}); errors.As(err, &usage) {
			text = usage.problem
		}
		problems = append(problems, t.Problem(key, text))
	}
	options.Redactor = redact.New() // of its own: what one target makes known would slow down all others
	options.ReadOnly = options.ReadOnly || t.ReadOnly
	options.Parallel = t.Parallel
	if options.Release.IsZero() {
		options.Release = t.Release
	}
	if options.Edition == contract.AnyEdition {
		options.Edition = t.Edition
	}
	job.Target = contract.Target{URL: t.URL, Project: t.Project, OtherProject: t.OtherProject, Tokens: make(map[contract.Role]string)}
	for _, role := range slices.Sorted(maps.Keys(t.Tokens)) {
		token, err := c.variableToken(t.Tokens[role])
		if err != nil {
			wrong("tokens."+role.String(), err)
		}
		job.Target.Tokens[role] = token
	}
	for _, role := range slices.Sorted(maps.Keys(t.TokenFiles)) {
		token, err := c.fileToken(t.TokenFiles[role])
		if err != nil {
			wrong("token_files."+role.String(), err)
		}
		job.Target.Tokens[role] = token
	}
	for _, token := range job.Target.Tokens {
		options.Redactor.Learn(token)
	}
	var err error
	if t.KnownFailures != "" {
		if options.KnownFailures, err = knownFailures(t.KnownFailures); err != nil {
			wrong("known_failures", err)
		}
	}
	if job.Target.Transport, err = transport(t.CAFile); err != nil {
		wrong("ca_file", err)
	}
	job.Options = options
	return job, problems
}

// variableToken is the token in an environment variable.
func (p *program) variableToken(name string) (string, error) {
	token := p.variable(name)
	if token == "" {
		return "", usageError{"the environment variable " + name + " is not set"}
	}
	return p.checkToken(token, "the value of "+name)
}

// fileToken is the token in a file.
func (p *program) fileToken(path string) (string, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		p.redactor.Learn(path) // it may be the token itself
		return "", usageError{"there is no such file"}
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxToken+1))
	if err != nil {
		return "", err
	}
	token, err := p.checkToken(string(data), "the content of the file")
	if err == nil && token == "" {
		return "", usageError{"the file is empty"}
	}
	return token, err
}

// add adds what a target came to.
func (c *check) add(fleet *report.Fleet, t *targets.Target, job *targets.Job, e targets.Ended, interrupted bool) {
	redactor := job.Options.Redactor
	clean := func(s string) string { return c.redactor.RedactCut(redactor.RedactCut(s)) }
	var setup *contract.SetupError
	var unreachable *contract.UnreachableError
	exit, problem, left := contract.Failed, contract.Problem{Code: "internal"}, []string(nil)
	switch {
	case e.Panic != "":
		problem.Means = clean("internal error: " + e.Panic)
	case e.Result != nil:
		r := &report.Report{Result: e.Result, Strict: c.strict, Redactor: redactor, Journal: c.journal}
		switch {
		case interrupted:
			r.Partial = "interrupted"
		case c.timeout > 0 && e.Result.Duration > c.timeout:
			r.Partial = fmt.Sprintf("ended after %v by --timeout", c.timeout)
		}
		fleet.Add(t.Name, r)
		return
	case interrupted:
		exit, problem = contract.TooLittle, contract.Problem{Code: "interrupted", Means: "interrupted before anything was checked"}
	case errors.As(e.Err, &setup):
		exit, problem, left = contract.Usage, setup.Problem, setup.Left
		problem.Said, problem.Means, problem.Do = clean(problem.Said), clean(problem.Means), clean(problem.Do)
		for i := range left {
			left[i] = clean(left[i])
		}
	case errors.As(e.Err, &unreachable):
		exit = contract.TooLittle
		problem = contract.Problem{Code: "unreachable", Means: clean(unreachableProblem(unreachable, t.CAFile))}
	default:
		problem.Means = clean(e.Err.Error())
	}
	fleet.AddProblem(t.Name, t.URL, exit, problem, left)
}

// writeFleet writes the reports and the metrics.
func (p *program) writeFleet(reports reports, metrics string, fleet *report.Fleet) error {
	failed := reports.writeWith(p.stdout, func(i int, w io.Writer) error {
		format, ok := reports[i].format.(report.FleetFormat)
		if !ok {
			return fmt.Errorf("the format %s cannot show many targets", reports[i].name)
		}
		clean := p.redactor.Writer(w)
		return errors.Join(format.WriteFleet(clean, fleet), clean.Flush())
	})
	return errors.Join(failed, p.writeMetrics(metrics, fleet))
}

// showFleet writes the reports and what a person reads, and ends the command as the worst of the targets.
func (c *check) showFleet(fleet *report.Fleet, human io.Writer) error {
	failed := c.writeFleet(c.reports, c.metrics, fleet)
	clean := c.redactor.Writer(human)
	terminal := report.Terminal{Color: c.colored(human, c.noColor), Verbose: c.verbose, Quiet: c.quiet, Width: width(human)}
	if err := errors.Join(terminal.WriteFleet(clean, fleet), clean.Flush()); err != nil {
		return err
	}
	if failed != nil {
		return failed
	}
	return exitError{fleet.Exit()}
}

// fleetProgress shows on a terminal how far the checks of many targets are.
type fleetProgress struct {
	*progress
	total, under, done, red int
}

func newFleetProgress(stderr io.Writer, off bool, total int) *fleetProgress {
	return &fleetProgress{progress: newProgress(stderr, off), total: total}
}

func (p *fleetProgress) begin(int) {
	p.under++
	p.show()
}

func (p *fleetProgress) end(e targets.Ended) {
	p.done++
	if e.Result == nil || e.Result.Exit(false) != contract.Conformant {
		p.red++
	}
	p.show()
}

func (p *fleetProgress) show() {
	if p.w != nil {
		p.write(p.line())
	}
}

func (p *fleetProgress) line() string {
	return fmt.Sprintf("%d of %s done, %d red, %d under way, %d waiting", p.done, words.Count(p.total, "target"), p.red, p.under-p.done, p.total-p.under)
}
