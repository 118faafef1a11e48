package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract/report"
)

// helpColumns is how wide a help text is at most, and where it is no terminal that shows it.
const helpColumns = 80

// layOutHelp fits the help texts of all commands to the screen.
func (p *program) layOutHelp(root *cobra.Command) {
	screen := width(p.stdout)
	if screen == 0 {
		screen = helpColumns
	}
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	if completion, _, err := root.Find([]string{"completion"}); err == nil {
		completion.Short = "Print a shell's script that completes words"
		completion.Args = arguments(knownCommand)
		completion.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		for _, shell := range completion.Commands() {
			shell.Args = noArguments
		}
	}
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages", fmt.Sprintf("FlagUsagesWrapped %d", screen)))
	reflowHelp(root, min(screen, helpColumns))
}

// helpCommand is the command that shows the help of another. Cobra's own takes a mistyped name for none.
func helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Show the help of a command",
		Long:  "Help shows the help of a command, as its flag --help does.",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil && cmd.HasAvailableSubCommands() {
				err = knownCommand(cmd, rest)
			}
			if err != nil {
				return usageError{err.Error()}
			}
			return cmd.Help()
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			for _, cmd := range root.Commands() {
				names = append(names, cmd.Name()+"\t"+cmd.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func reflowHelp(cmd *cobra.Command, columns int) {
	cmd.Long = reflow(strings.ReplaceAll(cmd.Long, "\t", "  "), columns)
	for _, sub := range cmd.Commands() {
		reflowHelp(sub, columns)
	}
}

// reflow breaks the lines of each paragraph again. Lines that are indented stay: they are lists and examples.
func reflow(text string, columns int) string {
	var lines, paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			lines = append(lines, report.Wrap(strings.Join(paragraph, " "), columns))
			paragraph = nil
		}
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || strings.ContainsAny(line[:1], " #") {
			end()
			lines = append(lines, line)
			continue
		}
		paragraph = append(paragraph, line)
	}
	end()
	return strings.Join(lines, "\n")
}
