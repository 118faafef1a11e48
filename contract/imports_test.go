package contract_test

import (
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "example.com/gitlab-agents/"

// imports are the packages of this module that each of its packages imports, directly or not.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, module+"...").Output()
	require.NoError(t, err)
	all := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		names := strings.Fields(line)
		for i, name := range names {
			names[i] = strings.TrimPrefix(name, module)
		}
		all[names[0]] = names[1:]
	}
	return all
}

// TestImportsPointOneWay holds which packages may know which others.
func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	const (
		redact, wire, words, document                                 = "contract/redact", "contract/wire", "contract/internal/words", "contract/document"
		rule, answerer, judge, rules, setup, live, scenarios, general = "contract/internal/rule", "contract/internal/answerer", "contract/internal/judge",
			"contract/internal/rules", "contract/internal/setup", "contract/internal/live", "contract/internal/scenarios", "contract"
	)
	upToDocument := []string{"openapi", redact, wire, rule, words, document}
	upToJudge := append([]string{answerer, judge}, upToDocument...)
	upToScenarios := append([]string{rules, setup, live, scenarios}, upToJudge...)
	all := imports(t)
	for _, c := range []struct {
		what string
		may  []string // packages of ours that it may import
	}{
		{redact, nil},
		{wire, []string{redact}},
		{document, []string{"openapi", redact, wire, words, rule}}, // rule says what an outcome is
		{rule, nil},
		{words, nil},
		{answerer, []string{redact, wire}},
		{judge, append([]string{answerer}, upToDocument...)},
		{rules, upToJudge},
		{setup, append([]string{answerer}, upToDocument...)},
		{live, append([]string{setup}, upToJudge...)},
		{scenarios, upToScenarios},
		{general, upToScenarios},
		{"contract/report", append([]string{general}, upToScenarios...)},
		{"contract/har", []string{redact, wire}},
		{"contract/faults", []string{"contract/fakegitlab", "contract/fakegitlab/internal/rack", "generated/oapi", "generated/clusteragents"}},
		{"contract/fakegitlab", []string{"contract/fakegitlab/internal/rack", "generated/oapi", "generated/clusteragents", "openapi"}},
		{"generated/clusteragents", nil},
	} {
		deps, ok := all[c.what]
		if !assert.True(t, ok, "there is no package %s", c.what) {
			continue
		}
		for _, dep := range ours(all, deps) {
			assert.Contains(t, c.may, dep, "%s may not import %s", c.what, dep)
		}
	}
	for _, dep := range ours(all, all["contract/selftest"]) {
		assert.NotContains(t, dep, "contract/cmd", "only a command knows the command line")
	}
}

// ours are the packages of this module among others.
func ours(all map[string][]string, deps []string) []string {
	return slices.DeleteFunc(slices.Clone(deps), func(dep string) bool {
		_, is := all[dep]
		return !is
	})
}

// TestTheClientImportsTheStandardLibraryAndTheRuntime holds what comes with the client that people import.
func TestTheClientImportsTheStandardLibraryAndTheRuntime(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, module+"generated/clusteragents").Output()
	require.NoError(t, err)
	outside := regexp.MustCompile(`^[a-z0-9-]+\.[a-z]+/`)
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		if outside.MatchString(name) {
			assert.True(t, strings.HasPrefix(name, "github.com/oapi-codegen/runtime"), name)
		}
	}
}
