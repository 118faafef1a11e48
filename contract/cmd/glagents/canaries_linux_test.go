package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestPromptHasNoSecrets types a token that nothing else tells of, for a server that says whatever it knows.
func TestPromptHasNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const half = "cAn4ry-half-a-token"
	searches := 0
	for _, typed := range []string{
		canaryOf("maintainer") + "\r", canaryOf("nobody") + "\r", half + "\x03", half + "\r", half + " " + half + "\r", half + "ü\r",
	} {
		told := &tokens{made: make(map[string]string)}
		gitlab := startInstance(t, func(next http.Handler) http.Handler { return echo(next, told) }, fakegitlab.FromSeed(seedOf(canaryOf)))
		dir := t.TempDir()
		args := gitlab.args(t, append(everyReport(dir), "--verbose")...)
		in, person := terminal(t)
		var stdout bytes.Buffer
		stderr := &asked{person: person, typed: typed}
		status := run(t.Context(), args, in, &stdout, stderr, none)
		assert.NotZero(t, status, "%q", typed)
		in.Close()
		shown, _ := io.ReadAll(person)
		all := artefacts(t, result{stdout: stdout.String(), stderr: stderr.String()}, dir, filepath.Dir(args[8]))
		all["terminal"] = string(shown)
		searches += assertNoSecrets(t, all, append(told.all(), canaryOf("maintainer"), canaryOf("nobody"), half)...)
		if typed == canaryOf("maintainer")+"\r" {
			assert.Greater(t, strings.Count(fmt.Sprint(all), "[redacted]"), 500, "little was redacted")
		}
	}
	t.Logf("%d searches", searches)
}
