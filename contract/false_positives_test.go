package contract_test

import (
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/racedetector"
)

// othersBetween has another user do something before each request.
func othersBetween(server http.Handler, do func(n int64, r *http.Request)) http.Handler {
	var n atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		do(n.Add(1), r)
		server.ServeHTTP(w, r)
	})
}

// TestNoFalsePositives has situations that are nobody's fault. A check blames nobody for them.
func TestNoFalsePositives(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	type situation struct {
		options []fakegitlab.Option
		seed    func(*fakegitlab.Seed)
		front   func(t *testing.T, server *fakegitlab.Server) http.Handler
		change  func(*contract.Target)
		check   contract.Options
		exit    contract.Exit     // what the check has to come to
		reasons map[string]string // rules that are untested, and why
	}
	scope := func(user, scope string) func(*fakegitlab.Seed) {
		return func(s *fakegitlab.Seed) {
			for i := range s.Users {
				if s.Users[i].Name == user {
					s.Users[i].Tokens[0].Scopes = []string{scope}
				}
			}
		}
	}
	project := func(named, other string) func(*contract.Target) {
		return func(target *contract.Target) { target.Project, target.OtherProject = named, other }
	}
	token := func(role contract.Role, token string) func(*contract.Target) {
		return func(target *contract.Target) { target.Tokens[role] = token }
	}
	ahead := func() time.Time { return time.Now().Add(24 * time.Hour) }
	for name, s := range map[string]situation{
		"the project has no agent, and the check is read-only": {check: contract.Options{ReadOnly: true}, exit: contract.TooLittle},
		"another user writes all the time, and the check is read-only": {check: contract.Options{ReadOnly: true},
			front: func(t *testing.T, server *fakegitlab.Server) http.Handler {
				populate(t, server)
				return othersBetween(server, func(n int64, _ *http.Request) { othersWrite(server, n) })
			}, exit: -1},
		"another user writes all the time": {front: func(t *testing.T, server *fakegitlab.Server) http.Handler {
			populate(t, server)
			return othersBetween(server, func(n int64, _ *http.Request) { othersWrite(server, n) })
		}, exit: -1},
		"another user writes now and then": {front: func(t *testing.T, server *fakegitlab.Server) http.Handler {
			populate(t, server)
			return othersBetween(server, func(n int64, _ *http.Request) {
				if n%40 == 0 {
					othersWrite(server, n/40)
				}
			})
		}, exit: -1},
		"the other project is archived": {seed: func(s *fakegitlab.Seed) { s.Projects[1].Archived = true }, exit: contract.Conformant},
		"the maintainer is a developer in the other project": {seed: func(s *fakegitlab.Seed) {
			s.Projects[1].Members = maps.Clone(s.Projects[1].Members)
			s.Projects[1].Members["maintainer"] = fakegitlab.Developer
		}, exit: contract.Conformant},
		"the developer's token is unknown":                                 {change: token(contract.Developer, "glpat-nobody"), exit: contract.Conformant, reasons: map[string]string{"roles/developer-reads": "", "roles/developer-may-not-write": ""}},
		"the developer's token is a guest's":                               {change: token(contract.Developer, "glpat-guest"), exit: contract.Conformant, reasons: map[string]string{"roles/developer-reads": ""}},
		"the stranger's token is a developer's":                            {change: token(contract.Stranger, "glpat-developer"), exit: contract.Conformant, reasons: map[string]string{"roles/stranger-finds-nothing": ""}},
		"the guest's token is an owner's":                                  {change: token(contract.Guest, "glpat-owner"), exit: contract.Conformant, reasons: map[string]string{"roles/guest-finds-nothing": ""}},
		"the developer's token may only read":                              {seed: scope("developer", "read_api"), exit: contract.Conformant, reasons: map[string]string{"roles/developer-may-not-write": "scope"}},
		"the guest's token has another scope":                              {seed: scope("guest", "read_user"), exit: contract.Conformant, reasons: map[string]string{"roles/guest-finds-nothing": ""}},
		"the maintainer's token may only read, and the check is read-only": {seed: scope("maintainer", "read_api"), check: contract.Options{ReadOnly: true}, front: populated, exit: contract.Conformant},
		"GitLab's clock is a day ahead": {options: []fakegitlab.Option{fakegitlab.Clock(ahead)}, front: func(_ *testing.T, server *fakegitlab.Server) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Date", ahead().UTC().Format(http.TimeFormat))
				server.ServeHTTP(w, r)
			})
		}, exit: contract.Conformant},
		"secrets have a prefix":                                            {options: []fakegitlab.Option{fakegitlab.Deviate(&fakegitlab.Deviation{Secret: withPrefix})}, exit: contract.Conformant},
		"the project has more than 100 agents":                             {seed: manyAgents, exit: contract.Conformant},
		"the project has more than 100 agents, and the check is read-only": {seed: manyAgents, check: contract.Options{ReadOnly: true}, exit: contract.Conformant},
		"the project is named by its id":                                   {change: project("20", "22"), exit: contract.Conformant},
		"the project is named in another case":                             {change: project("Root/TEST", "root/other"), exit: contract.Conformant},
		"an agent's name is in many answers":                               {seed: agentNamed("found"), check: contract.Options{ReadOnly: true}, exit: contract.Conformant},
		"an agent's name is a number":                                      {seed: agentNamed("1"), check: contract.Options{ReadOnly: true}, exit: -1},
		"the project is public":                                            {change: project("public/open", "root/other"), exit: contract.Conformant},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if s.seed != nil {
				seed := fakegitlab.DefaultSeed()
				s.seed(seed)
				s.options = append(s.options, fakegitlab.FromSeed(seed))
			}
			server := fake(t, s.options...)
			var handler http.Handler = server
			if s.front != nil {
				handler = s.front(t, server)
			}
			target := targetOf(t, handler)
			if s.change != nil {
				s.change(&target)
			}
			result := check(t, target, s.check)
			blamesNobody(t, result)
			assert.Empty(t, result.Left)
			if s.exit >= 0 {
				assert.Equal(t, s.exit, result.Exit(true), "%v", result.Missing())
			}
			for id, reason := range s.reasons {
				r := ruleOf(t, result, id)
				assert.Equal(t, contract.Untested, r.Outcome, "%s: %s", id, r.Reason.Text)
				assert.Contains(t, r.Reason.Text, reason)
			}
		})
	}
}

// withPrefix is a secret of an instance that puts a prefix of its own in front; the checksum covers it.
func withPrefix(secret string) string {
	before := "acme.io-" + secret[:len(secret)-7]
	return before + fmt.Sprintf("%07s", strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(before))), 36))
}

func populated(t *testing.T, server *fakegitlab.Server) http.Handler {
	populate(t, server)
	return server
}

func manyAgents(s *fakegitlab.Seed) {
	for i := range 130 {
		s.Projects[0].Agents = append(s.Projects[0].Agents, fakegitlab.SeedAgent{
			ID: int64(1000 + i), Name: fmt.Sprintf("%03d-agent", i), CreatedBy: "owner",
			Tokens: []fakegitlab.SeedAgentToken{{ID: int64(1000 + i), Name: "x"}},
		})
	}
}

func agentNamed(name string) func(*fakegitlab.Seed) {
	return func(s *fakegitlab.Seed) {
		s.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 5, Name: name, CreatedBy: "owner", Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "x"}}}}
	}
}

// othersWrite has another maintainer create an agent, and delete the one created before.
func othersWrite(server *fakegitlab.Server, n int64) {
	ask(server, "POST", "/projects/20/cluster_agents", fmt.Sprintf(`{"name":"%d-by-others"}`, n))
	if ids := server.Agents(20); len(ids) > 6 {
		for _, id := range ids[:1] { // names of others come first
			if _, body := ask(server, "GET", fmt.Sprintf("/projects/20/cluster_agents/%d", id), ""); strings.Contains(body, "by-others") {
				server.DeleteAgent(id)
			}
		}
	}
}

// TestOthersChangeOurAgents has other users delete what a check reads, and put tokens on its agents, at many moments.
func TestOthersChangeOurAgents(t *testing.T) {
	t.Parallel()
	step := int64(97)
	if nightly() {
		step = 1
	}
	for name, test := range map[string]struct {
		readOnly bool
		do       func(server *fakegitlab.Server)
	}{
		"the first agent is deleted in a read-only check": {true, func(server *fakegitlab.Server) {
			if ids := server.Agents(20); len(ids) > 1 {
				server.DeleteAgent(ids[0])
			}
		}},
	} {
		for at := int64(1); at < 200; at += step {
			t.Run(fmt.Sprintf("%s at request %d", name, at), func(t *testing.T) {
				t.Parallel()
				server := fake(t)
				populate(t, server)
				result := check(t, targetOf(t, othersBetween(server, func(n int64, _ *http.Request) {
					if n == at {
						test.do(server)
					}
				})), contract.Options{ReadOnly: test.readOnly})
				blamesNobody(t, result)
			})
		}
	}
}

// TestFirstAgentIsDeletedAfterTheList has the first agent deleted right after a list showed it, each time.
func TestFirstAgentIsDeletedAfterTheList(t *testing.T) {
	t.Parallel()
	server := fake(t)
	for i := range 60 {
		id := newAgent(t, server, 20, fmt.Sprintf("a%02d", i))
		ask(server, "POST", fmt.Sprintf("/projects/20/cluster_agents/%d/tokens", id), `{"name":"x"}`)
	}
	var mu sync.Mutex
	result := check(t, targetOf(t, between(server, func(r *http.Request, answer *httptest.ResponseRecorder) {
		mu.Lock()
		defer mu.Unlock()
		if ids := server.Agents(20); listsAgents(r, answer) && len(ids) > 3 {
			server.DeleteAgent(ids[0])
		}
	})), contract.Options{ReadOnly: true})
	blamesNobody(t, result)
}

// TestAnotherMaintainersToken has another maintainer put a token on each new agent of the check.
func TestAnotherMaintainersToken(t *testing.T) {
	t.Parallel()
	server := fake(t)
	var n atomic.Int64
	result := check(t, targetOf(t, between(server, func(r *http.Request, answer *httptest.ResponseRecorder) {
		if createsToken(r, answer) && n.Add(1)%7 == 0 { // after ours, where there is room for another
			ask(server, "POST", strings.TrimPrefix(r.URL.Path, "/api/v4"), `{"name":"by another maintainer"}`)
		}
	})), contract.Options{})
	for id, finding := range broken(result) {
		assert.Fail(t, id, finding)
	}
	assert.Empty(t, result.Left)
}

// TestAnotherCheckCleansUp has another check that makes an agent whenever this one does, and removes its agents whenever this
// one removes one. Some of their names begin with a digit.
func TestAnotherCheckCleansUp(t *testing.T) {
	t.Parallel()
	for _, begin := range []string{"", "0-"} {
		server := fake(t)
		var mu sync.Mutex
		var others []int64
		front := between(server, func(r *http.Request, answer *httptest.ResponseRecorder) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/cluster_agents") && answer.Code == 201:
				others = append(others, newAgent(t, server, 20, fmt.Sprintf("%scontract-aaaaaaaaaa-%d", begin, len(others))))
			case r.Method == "DELETE":
				for _, id := range others {
					server.DeleteAgent(id)
				}
			}
		})
		result := check(t, targetOf(t, front), contract.Options{Scenarios: []string{"delete an agent"}})
		blamesNobody(t, result)
		assert.Equal(t, contract.Conformant, result.Exit(true), "%v", result.Missing())
	}
}

// TestRelativeRoot has a GitLab under a path.
func TestRelativeRoot(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	server := fakegitlab.Start(t, fakegitlab.RelativeRoot("/some/where"), fakegitlab.ExternalURL("https://gitlab.example.com/some/where"))
	for _, url := range []string{server.URL, server.URL + "/", server.URL + "/api/v4/"} {
		target := targetOf(t, server.Server)
		target.URL = url
		conforms(t, check(t, target, contract.Options{}))
	}
}

// TestTLS has a GitLab behind TLS and HTTP/2.
func TestTLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(fake(t))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	target := contract.Target{URL: server.URL, Project: "root/test", OtherProject: "root/other", Tokens: roles(), Transport: server.Client().Transport}
	conforms(t, check(t, target, contract.Options{}))
}

// TestOtherProjectCannotBeUsed has an other project that cannot be used. A check says so before it begins.
func TestOtherProjectCannotBeUsed(t *testing.T) {
	t.Parallel()
	for other, says := range map[string]string{
		"root/none": "no project root/none", "Root/Test": "the project itself", "20": "the project itself", "root/old": "moved to root/other",
	} {
		t.Run(other, func(t *testing.T) {
			t.Parallel()
			seed := fakegitlab.DefaultSeed()
			seed.Projects[1].MovedFrom = []string{"root/old"}
			server := fake(t, fakegitlab.FromSeed(seed))
			target := targetOf(t, server)
			target.OtherProject = other
			_, err := contract.Run(t.Context(), target, contract.Options{Clock: &jumpingClock{}})
			var setup *contract.SetupError
			require.ErrorAs(t, err, &setup)
			assert.Contains(t, setup.Error(), says)
			assert.Empty(t, server.Agents(20))
		})
	}
}
