// Package live checks a GitLab by playing scenarios against it: it makes requests, repeats what was lost on the way,
// remembers what it made, and removes it again.
package live

import (
	"slices"

	"example.com/gitlab-agents/contract/internal/rule"
)

// Scenario is a short story: it makes what it needs, sends requests, and states what must come back.
type Scenario struct {
	Name   string
	Needs  Needs
	Since  rule.Release // the first release in which it can be played
	Proves []*rule.Rule // the rules that it states expectations under
	Judged []*rule.Rule // rules without expectations that its requests are made for: judges test them

	// Alone says that it deletes agents. It is played after the others, while nothing else goes on: a server that deletes
	// too much spoils only the scenario that shows it.
	Alone bool

	Play func(s *Stage)
}

// Needs is what a scenario takes; several can be combined.
type Needs uint8

// What a scenario may need.
const (
	Writes       Needs = 1 << iota // it creates, changes or deletes
	OtherProject                   // it takes a second project
)

func (n Needs) has(what Needs) bool { return n&what != 0 }

// Tests are the rules that the scenario is about.
func (s *Scenario) Tests() []*rule.Rule { return slices.Concat(s.Proves, s.Judged) }
