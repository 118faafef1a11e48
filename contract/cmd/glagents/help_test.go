package main

import (
	"io"
	"strings"
	"testing"

	"github.com/mattn/go-runewidth"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
)

// TestHelpFits80Columns: no line of a help text is wider than 80 columns, on a terminal of that width and without one.
func TestHelpFits80Columns(t *testing.T) {
	t.Parallel()
	var commands [][]string
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		commands = append(commands, strings.Fields(cmd.CommandPath())[1:])
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newProgram(strings.NewReader(""), io.Discard, io.Discard, none).rootCommand())
	assert.Greater(t, len(commands), 15)
	for _, command := range commands {
		out := glagents(t, nil, append(command, "--help")...)
		assert.Zero(t, out.status, command)
		assert.Contains(t, out.stdout, "Usage:", command)
		for line := range strings.Lines(out.stdout) {
			assert.NotContains(t, line, "\t", command)
			assert.LessOrEqual(t, runewidth.StringWidth(strings.TrimSuffix(line, "\n")), 80, "%v: %s", command, line)
		}
	}
}

func TestReflow(t *testing.T) {
	t.Parallel()
	const text = `A paragraph of two
lines, and more.

A list:
  1  an item that is long
  2  another
The next paragraph.`
	assert.Equal(t, `A paragraph of two lines,
and more.

A list:
  1  an item that is long
  2  another
The next paragraph.`, reflow(text, 25))
	assert.Equal(t, "A\nparagraph\nof two\nlines, and\nmore.", strings.Split(reflow(text, 10), "\n\n")[0])
}
