package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/wire"
)

// program is what a command may touch of the world.
type program struct {
	stdin  io.Reader
	stdout *output
	stderr io.Writer
	env    func(name string) (string, bool)
	// redactor takes the secrets out of all that is written. It learns them as commands come across them.
	redactor *wire.Redactor
}

// run runs the command line and returns the exit status; only main ends the process.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer, env func(string) (string, bool)) int {
	p := &program{stdin: stdin, stdout: &output{w: stdout}, stderr: stderr, env: env, redactor: wire.NewRedactor()}
	for _, name := range secretVariables {
		if secret, ok := env(name); ok {
			p.redactor.Learn(secret)
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
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err.Error()} })
	root.AddCommand(
		p.checkCommand(),
		p.serveCommand(),
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

// complain writes one line to standard error, without secrets.
func (p *program) complain(problem string) {
	fmt.Fprintln(p.stderr, "glagents: "+report.Printable(p.redactor.Redact(problem)))
}
