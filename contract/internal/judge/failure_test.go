package judge

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/document"
)

func TestFailureOf(t *testing.T) {
	t.Parallel()
	said := "no"
	for name, test := range map[string]struct {
		body string
		want Failure
		ok   bool
	}{
		"a message":                 {`{"message":"no"}`, Failure{Message: &said}, true},
		"an error and what it says": {`{"error":"no","error_description":"no"}`, Failure{Error: &said, Description: &said}, true},
		"neither":                   {`{"other":1}`, Failure{}, true},
		"a message that is null":    {`{"message":null}`, Failure{}, true},
		"a message of details":      {`{"message":{"name":["is bad"]},"error":"no"}`, Failure{Error: &said}, false},
		"null":                      {`null`, Failure{}, false},
		"a list":                    {`["no"]`, Failure{}, false},
		"not JSON":                  {`no`, Failure{}, false},
	} {
		failure, ok := failureOf(document.Value([]byte(test.body)))
		assert.Equal(t, test.want, failure, name)
		assert.Equal(t, test.ok, ok, name)
	}
}

func TestFailuresAreErrorsOnly(t *testing.T) {
	t.Parallel()
	j := judging(t, Options{})
	answered := func(status int, body string) *Exchange {
		x := read("gitlab.example.com")
		x.Response.StatusCode, x.Response.Body = status, []byte(body)
		return j.Prepare(x).exchange
	}
	_, ok := answered(200, `{"message":"fine"}`).Failure()
	assert.False(t, ok)
	for body, want := range map[string]string{
		`{"message":"404 Not found"}`: `message "404 Not found"`, `{"error":"no"}`: `error "no"`, `{}`: "neither message nor error",
	} {
		f, ok := answered(404, body).Failure()
		assert.True(t, ok)
		assert.Equal(t, want, f.Said())
	}
	assert.Equal(t, strings.Repeat("é", 160), Clip(strings.Repeat("é", 160)))
	assert.Equal(t, strings.Repeat("é", 160)+"…", Clip(strings.Repeat("é", 161)))
}

// The words of an error count only where GitLab was reached, and asked for one of the operations.
func TestWhatIsARefusal(t *testing.T) {
	t.Parallel()
	const said = `{"message":"no"}`
	for name, c := range map[string]struct {
		path   string
		status int
		body   string
		want   Failure
	}{
		"the first error":     {agentPath, 400, said, Failure{Message: ptr("no")}},
		"an error of GitLab":  {agentPath, 500, said, Failure{Message: ptr("no")}},
		"a gateway's error":   {agentPath, 502, said, Failure{}},
		"too many requests":   {agentPath, 429, said, Failure{}},
		"another request":     {"20/issues", 404, said, Failure{}},
		"a success":           {agentPath, 200, said, Failure{}},
		"a redirect":          {agentPath, 399, said, Failure{}},
		"details for a text":  {agentPath, 400, `{"message":{},"error":"no"}`, Failure{}},
		"an error with a key": {agentPath, 400, `{"error":"a","error_description":"b"}`, Failure{Error: ptr("a"), Description: ptr("b")}},
	} {
		x := asked(t, "GET", c.path, c.status, c.body)
		assert.Equal(t, c.want, x.Refusal(), name)
		assert.Nil(t, x.Agents(), name)
	}
}

func TestAnErrorHasOneText(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		failure Failure
		one     bool
		said    string
	}{
		"a message": {Failure{Message: ptr("a \"b\"")}, true, `message "a \"b\""`},
		"an error":  {Failure{Error: ptr("a")}, true, `error "a"`},
		"both":      {Failure{Message: ptr("a"), Error: ptr("b")}, false, `message "a"`},
		"neither":   {Failure{Description: ptr("a")}, false, "neither message nor error"},
		"long ones": {Failure{Error: ptr(strings.Repeat("a", 161))}, true, `error "` + strings.Repeat("a", 160) + `…"`},
	} {
		assert.Equal(t, c.one, c.failure.OneText(), name)
		assert.Equal(t, c.said, c.failure.Said(), name)
	}
}
