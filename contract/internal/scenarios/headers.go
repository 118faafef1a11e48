package scenarios

import "example.com/gitlab-agents/contract/internal/rules"

// HEAD is answered like GET, without the body.
var heads = Scenario{
	Name:   "HEAD",
	Proves: Rules{&rules.Head},
	Judged: Rules{&rules.NeverPublic, &rules.CacheControl, &rules.WeakETag, &rules.RequestID, &rules.NoSniff},
	Play: func(s *Stage) {
		agent := s.AgentToRead()
		paths := []string{s.AgentsPath() + "?per_page=4", s.AgentPath(agent)} // a page that a cache does not hold yet
		if s.HasTokens() {
			token := s.TokenToRead(agent)
			paths = append(paths, s.TokensPath(token.Agent), s.TokenPath(token))
		}
		s.Quiet()
		for _, path := range paths {
			get := s.Send("GET", path).Assume(Status(200))
			s.Send("HEAD", path).Expect(&rules.Head, Status(200), SameTotal(get.Exchange))
		}
	},
}
