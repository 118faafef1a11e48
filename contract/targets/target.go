// Package targets checks many GitLabs: it reads the file that lists them, takes a share of them, and runs the checks side by
// side.
package targets

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract"
)

// Target is one GitLab of the file. It contains no token: it says where the tokens are.
type Target struct {
	Name          string // unique
	URL           string
	Project       string
	OtherProject  string
	Tokens        map[contract.Role]string // names of environment variables
	TokenFiles    map[contract.Role]string // paths of files
	CAFile        string
	KnownFailures string // the path of a file
	AllowHTTP     bool
	ReadOnly      bool
	Release       contract.Release
	Edition       contract.Edition
	Parallel      int // requests at once; 0 means the default

	file string
	at   map[string]position // where each key is
}

type position struct{ line, column int }

// Problem is something wrong with the file. It never quotes a value that may be a secret.
type Problem struct {
	File         string
	Line, Column int
	Key          string // such as targets[2].tokens.guest; empty for the whole file
	Text         string
}

func (p *Problem) Error() string {
	text := fmt.Sprintf("%s:%d:%d: ", p.File, p.Line, p.Column)
	if p.Key != "" {
		text += p.Key + ": "
	}
	return text + p.Text
}

// Problems are all that is wrong with the file, in its order.
type Problems []*Problem

func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i := range p {
		lines[i] = p[i].Error()
	}
	return strings.Join(lines, "\n")
}

// Problem is something wrong with a key of the target, such as "tokens.guest".
func (t *Target) Problem(key, text string) *Problem {
	at, ok := t.at[key]
	if !ok {
		at = t.at[""]
	}
	return &Problem{t.file, at.line, at.column, key + " of " + t.Name, text}
}
