package rules

import (
	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var AnsweredByGitLab = rule.Rule{
	ID:       "delivery/answered-by-gitlab",
	Sentence: "Requests to the API are answered by GitLab.",
	Source:   thisProject,
}

func answeredByGitLab(_ *judge.History, x *judge.Exchange) bool {
	return x.Operation != "" && x.Response != nil
}
