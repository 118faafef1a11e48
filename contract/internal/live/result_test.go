package live

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/internal/rule"
)

// A check asks for the success of each operation that its GitLab has. A new one of a later release does not make it fail.
func TestOperationsThatCanSucceed(t *testing.T) {
	t.Parallel()
	gitlab16 := rule.Version{Release: rule.GitLab(16, 0), Edition: rule.Community}
	for name, test := range map[string]struct {
		operation document.Operation
		gitlab    rule.Version
		readOnly  bool
		want      bool
	}{
		"of this release":                     {operation: document.Operation{Method: "GET", Since: "16.0"}, gitlab: gitlab16, want: true},
		"of a later release":                  {operation: document.Operation{Method: "GET", Since: "17.4"}, gitlab: gitlab16},
		"of any release":                      {operation: document.Operation{Method: "GET"}, gitlab: gitlab16, want: true},
		"of 17.4, and the release is unknown": {operation: document.Operation{Method: "GET", Since: "17.4"}},
		"of 15.0, and the release is unknown": {operation: document.Operation{Method: "GET", Since: "15.0"}, want: true},
		"of the other edition":                {operation: document.Operation{Method: "GET", Edition: "ee"}, gitlab: gitlab16},
		"a write":                             {operation: document.Operation{Method: "PUT"}, gitlab: gitlab16, want: true},
		"a write, and the check is read-only": {operation: document.Operation{Method: "PUT"}, gitlab: gitlab16, readOnly: true},
		"a read, and the check is read-only":  {operation: document.Operation{Method: "GET"}, gitlab: gitlab16, readOnly: true, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &check{Options: Options{ReadOnly: test.readOnly}, ground: &ground{version: test.gitlab}}
			assert.Equal(t, test.want, c.allows(test.operation))
		})
	}
}
