package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a terminal that a test types on: what a program reads, and what a person would see.
func terminal(t *testing.T) (program, person *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	t.Cleanup(func() { person.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { program.Close() })
	return program, person
}

// asked gives what is typed once the program has asked for it.
type asked struct {
	bytes.Buffer
	person io.Writer
	typed  string
}

func (a *asked) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("it is not shown")) {
		defer func() { _, _ = io.WriteString(a.person, a.typed) }()
	}
	return a.Buffer.Write(p)
}

// TestPrompt types a token that is neither in the environment nor in a file.
func TestPrompt(t *testing.T) {
	t.Parallel()
	gitlab := startInstance(t, nil)
	for _, c := range []struct {
		typed  string
		status int
		says   string
	}{
		{"glpat-maintainer\r", 0, ""},
		{"glpat-nobody-knows-this\r", 2, "401"},
		{"\r", 2, "no token is given"},
		{"two words\r", 2, "what was typed is not a token"},
		{"glpat-main\x03", 2, "no token is given"}, // Ctrl-C
	} {
		program, person := terminal(t)
		var stdout bytes.Buffer
		stderr := &asked{person: person, typed: c.typed}
		status := run(t.Context(), gitlab.args(t), program, &stdout, stderr, none)
		assert.Equal(t, c.status, status, "%s%s", stdout.String(), stderr.String())
		assert.Contains(t, stderr.String(), "Token for "+gitlab.url[len("http://"):]+" (it is not shown): ")
		assert.Contains(t, stderr.String(), c.says)
		assert.NotContains(t, stdout.String()+stderr.String(), "glpat-")

		// What the terminal shows: line ends, and nothing of what was typed.
		program.Close()
		shown, _ := io.ReadAll(person)
		assert.NotContains(t, string(shown), "glpat-")
		assert.NotContains(t, string(shown), "words")
	}
}
