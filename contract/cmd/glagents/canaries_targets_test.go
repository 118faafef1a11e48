package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// canaryTargets are GitLabs whose tokens, and whose agents' secrets, are canaries.
type canaryTargets struct {
	yaml    string
	env     environment
	secrets []string
}

// add adds a GitLab. The tokens of two roles come from variables, those of two others from files.
func (c *canaryTargets) add(t *testing.T, name string, around func(http.Handler) http.Handler, broken ...faults.Fault) {
	t.Helper()
	var made atomic.Int64
	secret := &fakegitlab.Deviation{Secret: func(string) string { return canaryOf(fmt.Sprintf("%s-agent-%d", name, made.Add(1))) }}
	token := func(user string) string {
		token := canaryOf(name + user)
		c.secrets = append(c.secrets, token)
		return token
	}
	gitlab := startInstance(t, func(next http.Handler) http.Handler { return around(faults.Around(next, broken...)) },
		append(faults.Options(broken...), fakegitlab.FromSeed(seedOf(func(user string) string { return canaryOf(name + user) })), fakegitlab.Deviate(secret))...)
	c.env[name+"_MAINTAINER"], c.env[name+"_DEVELOPER"] = token("maintainer"), token("developer")
	c.yaml += fmt.Sprintf("- {name: %s, url: %q, project: root/test, other_project: root/other, tokens: {maintainer: %[1]s_MAINTAINER, developer: %[1]s_DEVELOPER}, token_files: {guest: %[3]q, stranger: %[4]q}}\n",
		name, gitlab.url, file(t, "guest", token("guest")), file(t, "stranger", token("stranger")))
}

// TestTargetsHaveNoSecrets searches everything that is written of many targets. Most of them show the secrets that they
// know: in errors, in what is no HTTP, before a check can begin, and in the answers of a GitLab with a leak.
func TestTargetsHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	unchanged := func(next http.Handler) http.Handler { return next }
	told := &tokens{made: make(map[string]string)}
	c := &canaryTargets{yaml: "targets:\n", env: environment{}}
	c.add(t, "healthy", unchanged)
	c.add(t, "echoes", func(next http.Handler) http.Handler { return echo(next, told) })
	for _, name := range []string{"secret-in-list", "secret-in-header", "secret-in-error", "secret-as-hex", "secret-in-location"} {
		fault, err := faults.Named(name)
		require.NoError(t, err)
		c.add(t, strings.Map(letters, name), unchanged, fault)
	}
	for _, answer := range []string{"no HTTP", "header without colon", "location's user"} {
		c.add(t, "breaks_"+strings.Map(letters, answer), func(next http.Handler) http.Handler { return breaking(next, answer, 1, 1000, nil) })
	}
	c.add(t, "refuses", func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, `{"message":"403 Forbidden - %s"}`, r.Header.Get("Private-Token"))
		})
	})
	targets := file(t, "targets.yaml", c.yaml)

	whole, joined, journal := t.TempDir(), t.TempDir(), t.TempDir()
	args := append([]string{"check", "--targets", targets, "--journal", journal, "--verbose", "--metrics", filepath.Join(whole, "metrics")}, everyReport(whole)...)
	out := glagentsIn(t.Context(), c.env, args...)
	require.Equal(t, 1, out.status, "%s", out.stderr)
	report := filepath.Join(whole, "json")
	merged := glagentsIn(t.Context(), environment{}, append([]string{"merge", report, "--verbose", "--metrics", filepath.Join(joined, "metrics")}, everyReport(joined)...)...)
	require.Equal(t, 1, merged.status, "%s", merged.stderr)
	compared := glagentsIn(t.Context(), environment{}, "compare", report, filepath.Join(joined, "json"))

	all := artefacts(t, out, whole, joined, journal)
	all["merge"], all["compare"] = merged.stdout+merged.stderr, compared.stdout+compared.stderr
	secrets := append(c.secrets, told.all()...)
	require.Greater(t, len(secrets), len(c.secrets), "no token of an agent is among them")
	redacted := 0
	for _, text := range all {
		redacted += strings.Count(text, "[redacted]")
	}
	assert.Greater(t, redacted, 1000, "little was redacted")
	t.Logf("%d searches in %d artefacts", assertNoSecrets(t, all, secrets...), len(all))
}

// letters are what the names of environment variables have.
func letters(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '_'
}
