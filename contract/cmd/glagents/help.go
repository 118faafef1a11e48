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
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), "FlagUsages", fmt.Sprintf("FlagUsagesWrapped %d", screen)))
	reflowHelp(root, min(screen, helpColumns))
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
