package scenarios

import (
	"net/url"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/rules"
)

// How a project can be named in a URL.
var projectPaths = Scenario{
	Name: "how a project is named",
	Proves: Rules{&rules.EncodedPath, &rules.NumericID, &rules.AnyCase, &rules.IDIsWholeSegment, &rules.UnencodedPath,
		&rules.DoubleEncodedPath},
	Play: func(s *Stage) {
		path, id := s.ProjectPath(), s.ProjectID()
		if !strings.Contains(path, "/") || id == 0 {
			s.Untestable("GitLab does not say which path and id the project has")
		}
		agent := s.AgentToRead()
		s.GetAgent(agent).Assume(Status(200))
		byPath(s).GetAgent(agent).Expect(&rules.EncodedPath, Status(200))
		byID(s).GetAgent(agent).Expect(&rules.NumericID, Status(200))
		if upper := strings.ToUpper(path); upper != path && byPath(s).GetAgent(agent).Is(Status(200)) {
			s.Under(url.PathEscape(upper)).GetAgent(agent).Expect(&rules.AnyCase, Status(200))
		}
		s.Under(strconv.FormatInt(id, 10)+"abc").GetAgent(agent).Expect(&rules.IDIsWholeSegment, IsNotAgent(agent))
		s.Under(path).ListAgents().Expect(&rules.UnencodedPath, NoRoute())
		s.Under(url.PathEscape(url.PathEscape(path))).ListAgents().Expect(&rules.DoubleEncodedPath, ProjectNotFound())
	},
}

// Small differences in the path are ignored.
var pathVariants = Scenario{
	Name:   "variants of a path",
	Proves: Rules{&rules.TrailingSlash, &rules.JSONSuffix},
	Play: func(s *Stage) {
		s.Quiet()
		s.ListAgents(Query("per_page=1")).Assume(Status(200))
		s.Send("GET", s.AgentsPath()+"/?per_page=1").Expect(&rules.TrailingSlash, Status(200))
		s.Send("GET", s.AgentsPath()+".json?per_page=1").Expect(&rules.JSONSuffix, Status(200))
	},
}

// The URL that GitLab's documentation prints for reading a token does not exist.
var singularToken = Scenario{
	Name:   "the path that the documentation prints",
	Proves: Rules{&rules.SingularToken},
	Since:  tokens,
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		s.Send("GET", s.AgentPath(agent)+"/token/1").Expect(&rules.SingularToken, NoRoute())
	},
}

// Nothing can be changed.
var noUpdates = Scenario{
	Name:   "no updates",
	Needs:  Writes,
	Proves: Rules{&rules.NoUpdate, &rules.NoTokenUpdate},
	Play: func(s *Stage) {
		s.Send("PUT", s.AgentPath(nobody), Named(s.Name("put"))).Expect(&rules.NoUpdate, NoRoute())
		if s.HasTokens() {
			s.Send("PATCH", s.TokensPath(nobody)+"/1", Named("contract")).Expect(&rules.NoTokenUpdate, NoRoute())
		}
	},
}
