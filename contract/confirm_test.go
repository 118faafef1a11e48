package contract_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// TestIntermittentFault has servers of which one answer in ten is wrong. A check ends as a violation, or says that too
// little was tested and shows the story; it never conforms.
func TestIntermittentFault(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for name, fault := range map[string]func(r *http.Request, draft *fakegitlab.ResponseDraft) bool{
		"a list counts one agent too many": func(_ *http.Request, draft *fakegitlab.ResponseDraft) bool {
			if draft.Operation != "listAgents" || draft.Header.Get("X-Total") == "" {
				return false
			}
			draft.Header.Set("X-Total", draft.Header.Get("X-Total")+"0")
			return true
		},
		"a list is empty": func(_ *http.Request, draft *fakegitlab.ResponseDraft) bool {
			if draft.Operation != "listAgents" || draft.Status != 200 || string(draft.Body) == "[]" {
				return false
			}
			draft.Body = []byte("[]")
			return true
		},
		"an agent is not found": func(r *http.Request, draft *fakegitlab.ResponseDraft) bool {
			if draft.Operation != "getAgent" || draft.Status != 200 || r.Header.Get("If-None-Match") != "" {
				return false
			}
			draft.Status, draft.Body = 404, []byte(`{"message":"404 Not found"}`)
			return true
		},
		"a name is missing": func(_ *http.Request, draft *fakegitlab.ResponseDraft) bool {
			if draft.Operation != "getAgent" || draft.Status != 200 {
				return false
			}
			draft.Body = bytes.Replace(draft.Body, []byte(`"name":`), []byte(`"nam":`), 1)
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			server := fake(t, fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: func(r *http.Request, draft *fakegitlab.ResponseDraft) {
				copied := *draft
				copied.Header = draft.Header.Clone()
				if fault(r, &copied) && n.Add(1)%10 == 5 {
					fault(r, draft)
				}
			}}))
			result := check(t, targetOf(t, server), contract.Options{})
			assert.Contains(t, []contract.Exit{contract.Violated, contract.TooLittle}, result.Exit(false), "%v", result.Left)
			if len(result.Findings) == 0 { // only assumptions failed
				assert.Contains(t, reasons(result), "when the scenario was played again, it was as expected")
			}
			for _, f := range result.Findings {
				if f.Scenario != "" {
					assert.NotEmpty(t, f.Story, f.Rule)
				}
			}
		})
	}
}

// reasons are why rules were not tested to the end.
func reasons(result *contract.Result) string {
	var all strings.Builder
	for _, r := range result.Rules {
		fmt.Fprintln(&all, r.Rule.ID, r.Reason.Text)
	}
	return all.String()
}

// TestDoubtfulFindings has a list that is always wrong, and one that is wrong once.
func TestDoubtfulFindings(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for name, test := range map[string]struct {
		wrong   func(n int64) bool // the list with that number
		outcome contract.Outcome
		note    string
	}{
		"always": {func(int64) bool { return true }, contract.Violation, "confirmed: it came in 4 of 4 plays"},
		"once":   {func(n int64) bool { return n == 5 }, contract.Inconclusive, "seen in 1 of 4 plays"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			server := fake(t, fakegitlab.Deviate(miscounts(func() bool { return test.wrong(n.Add(1)) })))
			result := check(t, targetOf(t, server), contract.Options{})
			totals := ruleOf(t, result, "pagination/totals")
			assert.Equal(t, test.outcome, totals.Outcome)
			found := 0
			for _, f := range result.Findings {
				if f.Rule == "pagination/totals" && f.Scenario != "" {
					found++
					assert.Contains(t, f.Note, test.note)
					assert.NotEmpty(t, f.Story)
					assert.Equal(t, f.Exchange, f.Story[len(f.Story)-1].Exchange, "the story goes up to the request that failed")
				}
			}
			assert.NotZero(t, found)
			if test.outcome == contract.Inconclusive {
				assert.Equal(t, "unconfirmed", string(totals.Reason.Code))
				assert.Equal(t, contract.TooLittle, result.Exit(false))
			}
		})
	}
}

// TestNothingIsConfirmedOnAHealthyServer holds that confirming hides no mistakes of ours.
func TestNothingIsConfirmedOnAHealthyServer(t *testing.T) {
	t.Parallel()
	for _, readOnly := range []bool{false, true} {
		server := fake(t)
		populate(t, server)
		result := check(t, targetOf(t, server), contract.Options{ReadOnly: readOnly})
		conforms(t, result)
		for _, s := range result.Scenarios {
			assert.LessOrEqual(t, s.Plays, 1, s.Name)
		}
	}
}

// TestOthersNeverSee has a server that never shows a developer what a maintainer writes. It is found, though reads of other
// users are repeated.
func TestOthersNeverSee(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, operation := range []string{"getAgent", "getAgentToken"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			server := fake(t, fakegitlab.Deviate(&fakegitlab.Deviation{Rewrite: func(r *http.Request, draft *fakegitlab.ResponseDraft) {
				if draft.Operation == operation && r.Header.Get("Private-Token") == "glpat-developer" && draft.Status == 200 {
					draft.Status, draft.Body = 404, []byte(`{"message":"404 Not found"}`)
				}
			}}))
			result := check(t, targetOf(t, server), contract.Options{})
			assert.Contains(t, broken(result), "roles/developer-reads")
		})
	}
}

// TestStoryRuns pastes the stories of findings into shells, and sees the same statuses, and what is wrong.
func TestStoryRuns(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	for _, program := range []string{"bash", "dash", "curl", "jq"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	for _, tt := range []struct{ name, fault, scenario, rule, shows string }{
		{"a token that was revoked is read", "revoked-readable", "revoked token", "tokens/revoked-is-404", `"status":"revoked"`},
		{"a secret in a header", "secret-in-header", "create and read a token", "tokens/secret-only-on-create", "glagent-"},
	} {
		for _, shell := range []string{"bash", "dash"} {
			t.Run(tt.name+", in "+shell, func(t *testing.T) {
				t.Parallel()
				target := targetOf(t, faulty(t, tt.fault))
				finding := toldOf(t, check(t, target, contract.Options{Scenarios: []string{tt.scenario}}), tt.rule)
				var script, want strings.Builder
				fmt.Fprintln(&script, "set -eu")
				for _, step := range finding.Story {
					fmt.Fprintln(&script, step.Script)
					fmt.Fprintln(&want, step.Status)
				}
				script.WriteString(strings.TrimPrefix(script.String(), "set -eu\n")) // again: names that are taken are no hindrance
				want.WriteString(want.String())
				command := exec.CommandContext(t.Context(), shell, "-c", script.String())
				command.Env = append(os.Environ(), "GITLAB_URL="+target.URL, "GITLAB_TOKEN=glpat-maintainer", "GITLAB_DEVELOPER_TOKEN=glpat-developer")
				out, err := command.CombinedOutput()
				require.NoError(t, err, "%s\n%s", script.String(), out)
				var statuses strings.Builder
				for _, status := range regexp.MustCompile(`(?m)^HTTP\S* (\d+)`).FindAllSubmatch(out, -1) {
					fmt.Fprintln(&statuses, string(status[1]))
				}
				assert.Equal(t, want.String(), statuses.String(), "%s\n%s", script.String(), out)
				assert.Contains(t, string(out), tt.shows)
				assert.NotContains(t, string(out), "% Total", "no progress meter")
			})
		}
	}
}

// faulty is a fake with a fault.
func faulty(t *testing.T, name string) http.Handler {
	t.Helper()
	fault, err := faults.Named(name)
	require.NoError(t, err)
	return faults.Around(fake(t, faults.Options(fault)...), fault)
}

// toldOf is the first finding under a rule that has a story. What the set-up finds has none.
func toldOf(t *testing.T, result *contract.Result, id string) contract.Finding {
	t.Helper()
	result.Findings = slices.DeleteFunc(result.Findings, func(f contract.Finding) bool { return len(f.Story) == 0 })
	return findingOf(t, result, id)
}

// findingOf is the first finding under a rule.
func findingOf(t *testing.T, result *contract.Result, id string) contract.Finding {
	t.Helper()
	for _, f := range result.Findings {
		if f.Rule == id {
			return f
		}
	}
	require.Failf(t, "no finding", "under %s: %v", id, broken(result))
	return contract.Finding{}
}

// TestSecretsAreNeverShown has a server repeat all secrets wherever it can. No part of a result shows one.
func TestSecretsAreNeverShown(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const canary = "cAnArY-0f-the_maintainer"
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Users {
		if seed.Users[i].Name == "maintainer" {
			seed.Users[i].Tokens[0].Token = canary
		}
	}
	var n atomic.Int64
	server := fake(t, fakegitlab.FromSeed(seed), fakegitlab.Deviate(&fakegitlab.Deviation{Secret: func(string) string {
		return fmt.Sprintf("Unprefixed%040d", n.Add(1))
	}}))
	target := targetOf(t, between(server, func(r *http.Request, answer *httptest.ResponseRecorder) {
		token := r.Header.Get("Private-Token")
		for _, name := range []string{"X-Debug", "Etag", "X-Request-Id"} {
			answer.Header().Set(name, token)
		}
		if !strings.Contains(r.URL.Path, "/cluster_agents") {
			return
		}
		if answer.Code >= 400 {
			answer.Body = bytes.NewBufferString(fmt.Sprintf(`{"message":"%s%s","error":"%s","token":"%s"}`, strings.Repeat("x", int(n.Add(1)%160)), token, token, token))
			return
		}
		edit(answer, func(o map[string]any) {
			for _, name := range []string{"description", "status", "created_at"} {
				o[name] = fmt.Sprint(o[name], token, fmt.Sprintf("Unprefixed%040d", max(1, n.Load()-1)))
			}
		})
	}))
	target.Tokens[contract.Maintainer] = canary
	result := check(t, target, contract.Options{Timeline: true, Scenarios: []string{"revoked token", "create and read*", "* reads", "a bearer token"}})
	var shown bytes.Buffer
	encoder := json.NewEncoder(&shown)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(result.Findings))
	require.NoError(t, encoder.Encode(result.Timeline))
	for _, r := range result.Rules {
		fmt.Fprintln(&shown, r.Reason.Text)
	}
	fmt.Fprintln(&shown, result.Left, result.Missing())
	for _, f := range result.Findings {
		fmt.Fprintln(&shown, f)
	}
	require.Greater(t, shown.Len(), 10_000)
	assertNowhere(t, shown.Bytes(), canary[:12], canary[8:])
}

// assertNowhere wants texts in no line, and shows only a part of a line that has one.
func assertNowhere(t *testing.T, data []byte, texts ...string) {
	t.Helper()
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, len(data)+1)
	for lines.Scan() {
		for _, text := range texts {
			if i := strings.Index(lines.Text(), text); i >= 0 {
				t.Fatalf("%q is shown: …%s…", text, lines.Text()[max(0, i-200):min(len(lines.Text()), i+100)])
			}
		}
	}
}

// TestKeep leaves what a check made, and names it.
func TestKeep(t *testing.T) {
	t.Parallel()
	server := fake(t)
	populate(t, server)
	others := len(server.Agents(20)) + len(server.Agents(21))
	result := check(t, targetOf(t, server), contract.Options{Keep: true})
	assert.Empty(t, broken(result))
	assert.Empty(t, result.Left)
	assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
	made := append(server.Agents(20), server.Agents(21)...)
	assert.Len(t, result.Kept, len(made)-others)
	assert.NotEmpty(t, result.Kept)
	for _, line := range result.Kept {
		assert.Contains(t, line, result.Run, "the name says which check made it")
	}
}

// TestSelection sends only what the selected rules or scenarios need.
func TestSelection(t *testing.T) {
	t.Parallel()
	everything := check(t, targetOf(t, fake(t)), contract.Options{})
	for name, test := range map[string]struct {
		options contract.Options
		played  []string
	}{
		"one rule":     {contract.Options{Rules: []string{"tokens/revoke-is-idempotent"}}, []string{"revoked token"}},
		"one scenario": {contract.Options{Scenarios: []string{"an agent without tokens"}}, []string{"an agent without tokens"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := check(t, targetOf(t, fake(t)), test.options)
			var played []string
			for _, s := range result.Scenarios {
				if s.Requests > 0 {
					played = append(played, s.Name)
				}
			}
			assert.Equal(t, test.played, played)
			assert.Empty(t, broken(result))
			assert.Less(t, result.Exchanges, everything.Exchanges/5)
		})
	}
}

// TestAProxySendsCreatesTwice has a proxy that sends some creates again once they have succeeded, as nginx does with
// proxy_next_upstream non_idempotent. GitLab refuses the second, and no rule is violated.
func TestAProxySendsCreatesTwice(t *testing.T) {
	t.Parallel()
	server := fake(t)
	before := snapshot(t, server)
	var created atomic.Int64
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			server.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		var answer *httptest.ResponseRecorder
		for again := true; again; {
			r.Body = io.NopCloser(bytes.NewReader(body))
			answer = httptest.NewRecorder()
			server.ServeHTTP(answer, r)
			again = false
			if answer.Code == http.StatusCreated {
				n := created.Add(1)
				again = n == 7 || n == 23 || n == 41
			}
		}
		passOn(w, answer)
	})
	result := check(t, targetOf(t, proxy), contract.Options{Clock: &jumpingClock{}})
	assert.Empty(t, broken(result))
	assert.Equal(t, contract.TooLittle, result.Exit(true))
	assert.Equal(t, before, snapshot(t, server), "what was made twice is removed too")
}
