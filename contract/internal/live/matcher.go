package live

import "example.com/gitlab-agents/contract/internal/judge"

// Matcher compares an answer with what must come back. It returns nothing if the answer matches.
type Matcher func(x *judge.Exchange) []Mismatch

// Mismatch is one way in which an answer is not what must come back.
type Mismatch struct {
	Pointer  string // where in the body: a JSON pointer; empty for the whole
	Expected string
	Actual   string

	// Entries says that it is about which entries a list has. Other writers change those of a project's list.
	Entries bool
	// Known says that a rule of the document has reported it already.
	Known bool
}
