package main

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/url"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/report"
)

// program is what a command may touch of the world.
type program struct {
	stdin  io.Reader
	stdout *output
	stderr io.Writer
	env    func(name string) (string, bool)
	// redactor takes the secrets out of all that is written. It learns them as commands come across them.
	redactor *redact.Redactor
}

// newProgram makes a program that knows the secrets of its environment.
func newProgram(stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) *program {
	p := &program{stdin: stdin, stdout: &output{w: stdout}, stderr: stderr, env: env, redactor: redact.New()}
	for _, name := range secretVariables {
		if secret, ok := env(name); ok {
			p.learn(secret)
		}
	}
	for _, name := range proxyVariables {
		if address, ok := env(name); ok {
			p.learnProxy(address)
		}
	}
	return p
}

// learn has a secret redacted from now on, and what it is if it is decoded as a part of a URL.
func (p *program) learn(secret string) {
	p.redactor.Learn(secret)
	if plain, err := url.PathUnescape(secret); err == nil {
		p.redactor.Learn(plain)
	}
}

// run runs the command line and returns the exit status; only main ends the process.
func (p *program) run(ctx context.Context, args []string) (status int) {
	defer func() {
		if stop := stopped(recover()); stop != "" {
			p.panicked(stop)
			status = int(contract.Failed)
		}
	}()
	root := p.rootCommand()
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for os.Args
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	return p.status(root.ExecuteContext(ctx))
}

// redactLogs has what dependencies print go through the redactor: net/http, for one, prints bytes of answers. It changes
// the whole process, so only main calls it.
func (p *program) redactLogs() {
	w := p.redactor.LogWriter(p.stderr, "glagents: ")
	slog.SetDefault(slog.New(slog.NewTextHandler(w, nil)))
	log.SetFlags(0)
	log.SetOutput(w)
}

// secretVariables are the environment variables whose values are secrets.
var secretVariables = [...]string{
	"GITLAB_TOKEN", "GITLAB_DEVELOPER_TOKEN", "GITLAB_GUEST_TOKEN", "GITLAB_STRANGER_TOKEN", "GITLAB_READER_TOKEN",
	"GITLAB_EXPIRED_TOKEN", "CI_JOB_TOKEN",
}

// proxyVariables are the environment variables that net/http takes proxies from. Its errors quote them.
var proxyVariables = [...]string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"}

// learnProxy learns the password in the address of a proxy, or the user if there is no password. An address that cannot be
// parsed is learned too: errors quote it.
func (p *program) learnProxy(address string) {
	end := strings.LastIndex(address, "@")
	if end < 0 {
		return
	}
	user := address[:end]
	if _, after, ok := strings.Cut(user, "://"); ok {
		user = after
	}
	secret := user
	if _, password, ok := strings.Cut(user, ":"); ok {
		secret = password
	}
	p.learn(secret)
	p.redactor.Learn(base64.StdEncoding.EncodeToString([]byte(user)))
}

// rootCommand holds the commands. Each is in a file of its own.
func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "glagents",
		Short: "Check whether a server conforms to GitLab's Agents API",
		Long: `Glagents checks whether a server conforms to GitLab's Agents API: the eight
operations below /api/v4/projects/:id/cluster_agents.

` + exitStatuses,
		Version:                    version(),
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
		Args:                       arguments(knownCommand),
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate(versionText())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usageError{flagProblem(cmd, err)} })
	root.AddCommand(
		p.checkCommand(),
		p.serveCommand(),
		p.proxyCommand(),
		p.sweepCommand(),
		p.verifyCommand(),
		p.compareCommand(),
		p.mergeCommand(),
		p.rulesCommand(),
		p.scenariosCommand(),
		p.schemaCommand(),
		p.faultsCommand(),
		p.selftestCommand(),
		p.versionCommand(),
	)
	root.SetHelpCommand(helpCommand(root))
	p.layOutHelp(root)
	return root
}

// exitStatuses is the part of the help texts that lists them.
const exitStatuses = `Exit status:
  0  conformant
  1  a MUST was violated; with --strict a SHOULD too
  2  wrong usage or set-up
  3  an internal error, or something was left behind
  4  not enough was tested`

// knownCommand refuses a command that does not exist, and names those that are close.
func knownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	problem := fmt.Sprintf("unknown command %q", args[0])
	if close := cmd.SuggestionsFor(args[0]); len(close) > 0 && close[0] != args[0] {
		return fmt.Errorf("%s; did you mean %q?", problem, close[0])
	}
	return fmt.Errorf("%s; `%s --help` lists the commands", problem, cmd.CommandPath())
}

// arguments makes a wrong number of arguments a usage error.
func arguments(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err.Error()}
		}
		return nil
	}
}

// flagProblem is what is wrong with the flags. Somebody may have given a token as -token=…, of which nothing is repeated.
func flagProblem(cmd *cobra.Command, err error) string {
	problem := err.Error()
	var (
		unknown *pflag.NotExistError
		invalid *pflag.InvalidValueError
		missing *pflag.ValueRequiredError
	)
	switch {
	case errors.As(err, &unknown):
		problem, _, _ = strings.Cut(problem, " in -")
		name := cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName())
		name, _, _ = strings.Cut(name, "=")
		if meant := suggestions(name, flagNames(cmd)); len(meant) > 0 {
			return problem + "; did you mean --" + strings.Join(meant, " or --") + "?"
		}
		problem += fmt.Sprintf("; `%s --help` lists the flags", cmd.CommandPath())
		if cmd.HasAvailableSubCommands() {
			problem += "; those of a command come after it"
		}
	case errors.As(err, &invalid):
		what := fmt.Sprintf("--%s %s: ", invalid.GetFlag().Name, invalid.GetValue())
		if form := formOf(invalid.GetFlag()); form != "" {
			return what + "write " + form
		}
		return what + invalid.Unwrap().Error()
	case errors.As(err, &missing):
		problem = fmt.Sprintf("--%s needs a value: --%s %s", missing.GetFlag().Name, missing.GetFlag().Name, valueName(missing.GetFlag()))
	}
	return problem
}

// flagNames are the names of a command's flags, without hyphens.
func flagNames(cmd *cobra.Command) (names []string) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// formOf is what the value of a flag must be, if Go's own parsers read it. Their errors are for programmers.
func formOf(f *pflag.Flag) string {
	return map[string]string{"bool": "true or false", "int": "a whole number", "duration": "a time such as 30s or 5m"}[f.Value.Type()]
}

// valueName is what the help calls the value of a flag.
func valueName(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return name
}

// noArguments refuses arguments, such as a URL that belongs to a flag.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	problem := fmt.Sprintf("%q is given, and %s takes flags only; ", args[0], cmd.Name())
	if flag := flagFor(cmd, args[0]); flag != "" {
		return usageError{fmt.Sprintf("%sdid you mean --%s %s?", problem, flag, args[0])}
	}
	return usageError{fmt.Sprintf("%s`%s --help` lists them", problem, cmd.CommandPath())}
}

// What an argument without its flag looks like.
var (
	likeURL     = regexp.MustCompile(`^https?://`)
	likeAddress = regexp.MustCompile(`^[\w.\[\]:]*:\d+$`)
	likeProject = regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+$`)
)

// flagFor is the flag of a command to which an argument seems to belong; empty if there is none.
func flagFor(cmd *cobra.Command, arg string) string {
	for _, f := range []struct {
		name string
		like *regexp.Regexp
	}{{"url", likeURL}, {"upstream", likeURL}, {"addr", likeAddress}, {"project", likeProject}} {
		if flag := cmd.Flags().Lookup(f.name); flag != nil && !flag.Hidden && f.like.MatchString(arg) {
			return f.name
		}
	}
	return ""
}

// usageError says that the command was used wrongly, or that its input cannot be read.
type usageError struct{ problem string }

func (e usageError) Error() string { return e.problem }

// exitError ends a command with a status. Everything has been said already.
type exitError struct{ exit contract.Exit }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.exit) }

// status says in one line what went wrong, and returns the exit status.
func (p *program) status(err error) int {
	if err == nil || errors.As(err, &exitError{}) {
		if lost := p.stdout.lost(); lost != nil {
			err = fmt.Errorf("standard output: %w", lost)
		}
	}
	var (
		exit  exitError
		usage usageError
	)
	switch {
	case err == nil:
		return int(contract.Conformant)
	case errors.As(err, &exit):
		return int(exit.exit)
	case errors.As(err, &usage):
		p.complain(usage.problem)
		return int(contract.Usage)
	}
	p.complain(err.Error())
	return int(contract.Failed)
}

// stopped is what a panic said and where it happened, for the value of recover. It is empty if there was no panic.
func stopped(stop any) string {
	switch stop := stop.(type) {
	case nil:
		return ""
	case elsewhere:
		return string(stop)
	}
	return fmt.Sprintf("panic: %v\n%s", stop, debug.Stack())
}

// elsewhere is what stopped said in another goroutine. The goroutine of the command panics with it: a panic in another one
// would end the process at once.
type elsewhere string

// panicked reports a fault of ours without secrets. A panic that nobody recovers prints them.
func (p *program) panicked(stop string) {
	text := strings.ReplaceAll(p.redactor.Redact(stop), "\t", "    ")
	for i, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if i == 0 {
			line = "glagents: " + line
		}
		fmt.Fprintln(p.stderr, report.Printable(line))
	}
}

// complain writes one line to standard error, without secrets.
func (p *program) complain(problem string) {
	p.complainIn("glagents: ", problem)
}

// complainIn writes to standard error, without secrets: one line, or on a terminal as many as it needs.
func (p *program) complainIn(prefix, problem string) {
	fmt.Fprintln(p.stderr, hanging(prefix+report.Printable(p.redactor.RedactCut(problem)), width(p.stderr)))
}

// complainOf says what is wrong with the set-up: what it means, what the server said, and what to do.
func (p *program) complainOf(problem *contract.Problem) {
	p.complain(problem.Means)
	if problem.Said != "" {
		p.complainIn("  GitLab said: ", problem.Said)
	}
	for do := range strings.SplitSeq(problem.Do, "\n") {
		if do = strings.TrimSpace(do); do != "" {
			p.complainIn("  ", do)
		}
	}
}
