package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

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

// run runs the command line and returns the exit status; only main ends the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) (status int) {
	p := &program{stdin: stdin, stdout: &output{w: stdout}, stderr: stderr, env: env, redactor: redact.New()}
	defer func() {
		if stop := stopped(recover()); stop != "" {
			p.panicked(stop)
			status = int(contract.Failed)
		}
	}()
	for _, name := range secretVariables {
		if secret, ok := env(name); ok {
			p.redactor.Learn(secret)
		}
	}
	for _, name := range proxyVariables {
		if address, ok := env(name); ok {
			p.learnProxy(address)
		}
	}
	root := p.rootCommand()
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for os.Args
	root.SetIn(stdin)
	root.SetOut(p.stdout)
	root.SetErr(stderr)
	return p.status(root.ExecuteContext(ctx))
}

// secretVariables are the environment variables whose values are secrets.
var secretVariables = [...]string{
	"GITLAB_TOKEN", "GITLAB_DEVELOPER_TOKEN", "GITLAB_GUEST_TOKEN", "GITLAB_STRANGER_TOKEN", "CI_JOB_TOKEN",
}

// proxyVariables are the environment variables that net/http takes proxies from. Its errors quote them.
var proxyVariables = [...]string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"}

// learnProxy makes the password in the address of a proxy known, or who the user is if there is none. The address may be
// one that cannot be parsed: that is when it is quoted.
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
	p.redactor.Learn(secret)
	if plain, err := url.PathUnescape(secret); err == nil {
		p.redactor.Learn(plain)
	}
	p.redactor.Learn(base64.StdEncoding.EncodeToString([]byte(user)))
}

// rootCommand holds the commands. Each is in a file of its own.
func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "glagents",
		Short: "Judge whether a server keeps to GitLab's Agents API",
		Long: `Glagents judges whether a server keeps to GitLab's Agents API: the eight
endpoints below /api/v4/projects/:id/cluster_agents.

` + exitStatuses,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true,
		Args:               arguments(cobra.NoArgs),
		RunE:               func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{flagProblem(err)} })
	root.AddCommand(
		p.checkCommand(),
		p.serveCommand(),
		p.proxyCommand(),
		p.sweepCommand(),
		p.verifyCommand(),
		p.rulesCommand(),
		p.faultsCommand(),
		p.selftestCommand(),
		p.versionCommand(),
	)
	return root
}

// exitStatuses is the part of the help texts that lists them.
const exitStatuses = `Exit status:
  0  conformant: no MUST was violated
  1  a MUST was violated; with --strict a SHOULD too
  2  the command was used wrongly, or its input cannot be read
  3  an error of its own, or something was left behind
  4  too little was tested to say`

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
func flagProblem(err error) string {
	problem := err.Error()
	if strings.HasPrefix(problem, "unknown shorthand flag: ") {
		problem, _, _ = strings.Cut(problem, " in -")
	}
	return problem
}

// usageError says that the command was used wrongly, or that its input cannot be read.
type usageError struct{ problem string }

func (e usageError) Error() string { return e.problem }

// exitError ends a command with a status, after it has said all that there is to say.
type exitError struct{ exit contract.Exit }

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", e.exit) }

// status says what went wrong, in one line, and gives the exit status.
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

// stopped is what a panic said and where it happened. It is called with what recover gives; "" is no panic.
func stopped(stop any) string {
	switch stop := stop.(type) {
	case nil:
		return ""
	case elsewhere:
		return string(stop)
	}
	return fmt.Sprintf("panic: %v\n%s", stop, debug.Stack())
}

// elsewhere is what stopped said in another goroutine, of which a panic ends the process at once. The one that runs the
// command panics with it instead.
type elsewhere string

// panicked tells of a fault of ours without the secrets that it may have stumbled over; a panic that is left alone prints
// them.
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
	fmt.Fprintln(p.stderr, "glagents: "+report.Printable(p.redactor.Redact(problem)))
}
