package live

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

// Stage is what a scenario is played on. It sends requests one after the other, as the maintainer unless told otherwise.
type Stage struct {
	play    *play
	role    rule.Role
	project string // as it stands in a URL
}

// Agent is an agent that a scenario made or found.
type Agent struct {
	ID      int64
	Name    string
	Project int64           // the id of its project
	Created *judge.Exchange // the answer to its creation; nil if it was found
}

// Token is an agent's token that a scenario made or found.
type Token struct {
	ID      int64
	Agent   Agent
	Secret  string          // empty if it was found
	Created *judge.Exchange // the answer to its creation; nil if it was found
}

// As is the stage with another caller. Without a token of that role no request is sent, and the rules that it would prove
// stay untested.
func (s *Stage) As(role rule.Role) *Stage {
	as := *s
	as.role = role
	return &as
}

// Elsewhere is the stage with the other project.
func (s *Stage) Elsewhere() *Stage { return s.Under(url.PathEscape(s.play.OtherProject)) }

// Under is the stage with the project named in another way, as it stands in a URL.
func (s *Stage) Under(segment string) *Stage {
	under := *s
	under.project = segment
	return &under
}

// What the check stands on.

// ProjectID is the id of the project.
func (s *Stage) ProjectID() int64 { return s.play.ground.project.ID }

// ProjectPath is the full path of the project.
func (s *Stage) ProjectPath() string { return s.play.ground.project.Path }

// Private says that the project is visible to members only.
func (s *Stage) Private() bool { return s.play.ground.project.Visibility == "private" }

// VisibilityKnown says that GitLab has told the visibility of the project.
func (s *Stage) VisibilityKnown() bool { return s.play.ground.project.Visibility != "" }

// Release is the release of the GitLab; zero if it is unknown.
func (s *Stage) Release() rule.Release { return s.play.ground.version.Release }

// HasTokens says whether the GitLab has the operations on tokens.
func (s *Stage) HasTokens() bool { return s.IsAtLeast(15, 0) }

// HasTokenLimit says whether the GitLab surely allows two active tokens only.
func (s *Stage) HasTokenLimit() bool { return s.IsAtLeast(16, 2) }

// IsAtLeast says whether the GitLab is that release or a newer one. An unknown release is taken for the newest.
func (s *Stage) IsAtLeast(major, minor int) bool {
	r := s.Release()
	return r.IsZero() || !r.Before(rule.GitLab(major, minor))
}

// ReadOnly says that the scenario may only read.
func (s *Stage) ReadOnly() bool { return s.play.ReadOnly }

// Secret is the access token of the stage's caller; empty if there is none.
func (s *Stage) Secret() string { return s.play.Tokens[s.role] }

// Quiet waits until no scenario writes any more. From then on this one may only read. Now the list of a project's agents is
// consistent: a write between two of GitLab's statements would make its parts disagree.
func (s *Stage) Quiet() {
	s.play.reading = true
	s.play.quiet()
}

// Name is a name for an agent of this play, with something to tell it apart. Every agent of a check has a name like that,
// and nothing else is ever deleted.
func (s *Stage) Name(suffix string) string { return s.play.prefix + suffix }

// FreshName is a name that no agent of this play has.
func (s *Stage) FreshName() string {
	s.play.agents++
	return s.Name(strconv.Itoa(s.play.agents))
}

// OfOtherCheck says whether an agent has a name as other checks give it. Some of them begin with a digit.
func (s *Stage) OfOtherCheck(name string) bool {
	return strings.HasPrefix(strings.TrimPrefix(name, "0-"), namePrefix) && !s.play.own.names(name)
}

// RunID is in the name of everything that the check makes.
func (s *Stage) RunID() string { return s.play.own.run }

// Paths.

// AgentsPath is the path of the project's agents.
func (s *Stage) AgentsPath() string { return "/api/v4/projects/" + s.project + "/cluster_agents" }

// AgentPath is the path of an agent.
func (s *Stage) AgentPath(a Agent) string { return fmt.Sprintf("%s/%d", s.AgentsPath(), a.ID) }

// TokensPath is the path of an agent's tokens.
func (s *Stage) TokensPath(a Agent) string { return s.AgentPath(a) + "/tokens" }

// TokenPath is the path of a token.
func (s *Stage) TokenPath(t Token) string { return fmt.Sprintf("%s/%d", s.TokensPath(t.Agent), t.ID) }

// Untestable ends the scenario, for example because this project lacks what the scenario is about.
func (s *Stage) Untestable(why string) {
	s.play.stop(rule.Untested, rule.Reason{Code: rule.ReasonNothingToRead, Text: why})
}

// Named is a JSON body with a name.
func Named(name string) Part { return JSON(`{"name":` + Quote(name) + `}`) }

// The eight operations. Each is one request.

// ListAgents lists the project's agents.
func (s *Stage) ListAgents(parts ...Part) *Answer { return s.Send("GET", s.AgentsPath(), parts...) }

// GetAgent reads an agent.
func (s *Stage) GetAgent(a Agent, parts ...Part) *Answer {
	return s.Send("GET", s.AgentPath(a), parts...)
}

// PostAgent creates an agent.
func (s *Stage) PostAgent(parts ...Part) *Answer { return s.Send("POST", s.AgentsPath(), parts...) }

// DeleteAgent deletes an agent.
func (s *Stage) DeleteAgent(a Agent, parts ...Part) *Answer {
	return s.Send("DELETE", s.AgentPath(a), parts...)
}

// ListTokens lists the tokens of an agent.
func (s *Stage) ListTokens(a Agent, parts ...Part) *Answer {
	return s.Send("GET", s.TokensPath(a), parts...)
}

// GetToken reads a token.
func (s *Stage) GetToken(t Token, parts ...Part) *Answer {
	return s.Send("GET", s.TokenPath(t), parts...)
}

// PostToken creates a token.
func (s *Stage) PostToken(a Agent, parts ...Part) *Answer {
	return s.Send("POST", s.TokensPath(a), parts...)
}

// RevokeToken revokes a token.
func (s *Stage) RevokeToken(t Token, parts ...Part) *Answer {
	return s.Send("DELETE", s.TokenPath(t), parts...)
}

// Send sends any request. The path begins with /api/v4. The scenario ends, inconclusive, if no answer comes after some
// attempts, or if the answer was lost and GitLab may have done what the request asks for.
func (s *Stage) Send(method, path string, parts ...Part) *Answer {
	if why, missing := s.play.ground.without(s.role); missing {
		return &Answer{stage: s, skipped: &why}
	}
	r := &request{role: s.role, method: method, path: path, header: make(http.Header)}
	if token := s.Secret(); token != "" {
		r.header.Set("Private-Token", token)
	}
	for _, part := range parts {
		part(r)
	}
	return s.play.answer(&Answer{stage: s, request: r})
}

// Preparing steps. Each assumes what other scenarios prove.

// CreateAgent creates an agent and reads it, to be sure that it is the check's own. A broken server may answer with
// somebody else's agent, which must neither get tokens nor be deleted.
func (s *Stage) CreateAgent(parts ...Part) Agent {
	if len(parts) == 0 {
		parts = []Part{Named(s.FreshName())}
	}
	return s.Created(s.PostAgent(parts...))
}

// Created is the agent that a create was answered with, once it was read.
func (s *Stage) Created(created *Answer) Agent {
	agent := s.Unread(created)
	read := s.GetAgent(agent).Note()
	if shown := read.Agents(); len(shown) != 1 || !s.play.made(agent.ID, shown[0].Name) {
		read.fail(fmt.Sprintf("agent %d, with which the create was answered, cannot be read under the name that was sent, so it is left alone", agent.ID))
	}
	return agent
}

// Unread is the agent that a create was answered with. Nothing can be done to it until it was read.
func (s *Stage) Unread(created *Answer) Agent {
	agent, ok := created.Agent()
	if !ok {
		created.fail("an agent could not be created: " + created.Outcome())
	}
	created.verified = true
	return agent
}

// CreateToken creates a token.
func (s *Stage) CreateToken(a Agent, parts ...Part) Token {
	s.play.tokens++
	if len(parts) == 0 {
		parts = []Part{Named("contract " + strconv.Itoa(s.play.tokens))}
	}
	return s.CreatedToken(a, s.PostToken(a, parts...))
}

// CreatedToken is the token that a create was answered with.
func (s *Stage) CreatedToken(a Agent, created *Answer) Token {
	token, ok := created.Token(a)
	if !ok {
		created.fail("a token could not be created: " + created.Outcome())
	}
	created.verified = true
	return token
}

// AgentToRead makes an agent, or in a read-only check finds one.
func (s *Stage) AgentToRead() Agent {
	if !s.ReadOnly() {
		return s.CreateAgent()
	}
	list := s.ListAgents(Query("per_page=100"))
	list.verified = true
	for _, a := range list.Agents() {
		read := s.GetAgent(Agent{ID: a.ID})
		read.verified = true
		if read.OK(200) { // another one may have been deleted since
			return Agent{ID: a.ID, Name: a.Name, Project: a.ConfigProject.ID}
		}
	}
	if !list.OK(200) {
		list.fail("the agents cannot be listed: " + list.Outcome())
	}
	s.play.stop(rule.Untested, rule.Reason{Code: rule.ReasonNothingToRead, Text: "the check is read-only, and the project has no agent"})
	return Agent{}
}

// TokenToRead makes a token, or in a read-only check finds one; then its agent may be another than the given one.
func (s *Stage) TokenToRead(a Agent) Token {
	if !s.ReadOnly() {
		return s.CreateToken(a)
	}
	agents := s.ListAgents(Query("per_page=100"))
	agents.verified = true
	candidates := []Agent{a}
	for _, is := range agents.Agents() {
		if is.ID != a.ID && len(candidates) < 5 {
			candidates = append(candidates, Agent{ID: is.ID, Name: is.Name, Project: is.ConfigProject.ID})
		}
	}
	for _, a := range candidates {
		list := s.ListTokens(a)
		list.verified = true
		if tokens := list.Tokens(); len(tokens) > 0 {
			return Token{ID: tokens[0].ID, Agent: a}
		}
	}
	s.play.stop(rule.Untested, rule.Reason{Code: rule.ReasonNothingToRead, Text: "the check is read-only, and no agent of the project has a token"})
	return Token{}
}
