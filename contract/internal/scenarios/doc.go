// Package scenarios is what a live check plays: short stories, one file per subject. Each makes what it needs and shares
// nothing with the others: one file tells every request that it sends, and why.
package scenarios

import (
	"example.com/gitlab-agents/contract/internal/live"
	"example.com/gitlab-agents/contract/internal/rule"
)

// The words of a scenario.
type (
	Scenario = live.Scenario
	Stage    = live.Stage
	Agent    = live.Agent
	Token    = live.Token
	Answer   = live.Answer
	Rules    = []*rule.Rule
)

// The callers other than the maintainer.
const (
	Developer = rule.Developer
	Guest     = rule.Guest
	Stranger  = rule.Stranger
	Anonymous = rule.Anonymous
	Reader    = rule.Reader
	Expired   = rule.Expired
)

// What scenarios need.
const (
	Writes       = live.Writes
	OtherProject = live.OtherProject
)

// Parts of requests.
var (
	JSON     = live.JSON
	Form     = live.Form
	Body     = live.Body
	Header   = live.Header
	Query    = live.Query
	Suffix   = live.Suffix
	Named    = live.Named
	AsBearer = live.AsBearer
)
