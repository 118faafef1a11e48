package document_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/wire"
	"example.com/gitlab-agents/openapi"
)

// kinOpenAPI validates a response with kin-openapi alone, with the options that find most. IncludeResponseStatus, which
// is off unless asked for, is the caller's.
func kinOpenAPI(t *testing.T, path string, x *wire.Exchange, includeResponseStatus bool) error {
	t.Helper()
	spec, err := openapi3.NewLoader().LoadFromData(openapi.Document)
	require.NoError(t, err)
	item := spec.Paths.Value(path)
	require.NotNil(t, item)
	method := x.Request.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	req, err := http.NewRequest(x.Request.Method, x.Request.URL.String(), nil)
	require.NoError(t, err)
	return openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{
			Request: req,
			Route:   &routers.Route{Spec: spec, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		},
		Status:  x.Response.StatusCode,
		Header:  x.Response.Header,
		Body:    io.NopCloser(bytes.NewReader(x.Response.Body)),
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: includeResponseStatus},
	})
}

const (
	agentsPath = "/projects/{id}/cluster_agents"
	agentPath  = "/projects/{id}/cluster_agents/{agent_id}"
	tokenPath  = "/projects/{id}/cluster_agents/{agent_id}/tokens/{token_id}"

	agentJSON = `{"id":1,"name":"agent-1","config_project":{"id":20,"description":null,"name":"test","name_with_namespace":"Administrator / test","path":"test","path_with_namespace":"root/test","created_at":"2022-03-20T20:42:40.221Z"},"created_at":"2022-04-20T20:42:40.221Z","created_by_user_id":42}`
	tokenJSON = `{"id":1,"name":"abcd","description":null,"agent_id":5,"status":"active","created_at":"2022-03-25T14:12:11.497Z","created_by_user_id":1,"last_used_at":null}`
)

// answer is an exchange on one of the paths above.
func answer(method, path string, status int, contentType, body string) *wire.Exchange {
	path = strings.NewReplacer("{id}", "20", "{agent_id}", "5", "{token_id}", "7").Replace(path)
	u, err := url.Parse("https://gitlab.example.com/api/v4" + path)
	if err != nil {
		panic(err)
	}
	x := &wire.Exchange{
		Request:  wire.Request{Method: method, URL: u, Header: http.Header{}},
		Response: &wire.Response{StatusCode: status, Header: http.Header{}},
	}
	if contentType != "" {
		x.Response.Header.Set("Content-Type", contentType)
	}
	if body != "" {
		x.Response.Body = []byte(body)
	}
	return x
}

// Each of these answers passes with kin-openapi, and none with Check.
func TestWhatKinOpenAPILeavesOpen(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	const html, jsonType = "<html><body>502</body></html>", "application/json"
	for _, tt := range []struct {
		name      string
		path      string
		x         *wire.Exchange
		notStatus bool // it passes only while IncludeResponseStatus is off
		rule      string
	}{
		{"undocumented status", agentPath, answer("GET", agentPath, 418, jsonType, `{"message":"teapot"}`), true, document.RuleStatus},
		{"301 without Location", agentPath, answer("GET", agentPath, 301, jsonType, `{}`), false, document.RuleHeaders},
		{"304 with a body", agentPath, answer("GET", agentPath, 304, jsonType, agentJSON), false, document.RuleNoContent},
		{"307", agentPath, answer("DELETE", agentPath, 307, "", ""), false, document.RuleStatus},
		{"308", agentPath, answer("DELETE", agentPath, 308, "", ""), false, document.RuleStatus},
		{"204 with a body", agentPath, answer("DELETE", agentPath, 204, jsonType, `{"message":"deleted"}`), false, document.RuleNoContent},
		{"HEAD with a body", agentPath, answer("HEAD", agentPath, 200, jsonType, agentJSON), false, document.RuleNoContent},
		{"HTML where there is no content", agentPath, answer("DELETE", agentPath, 204, "text/html", html), false, document.RuleNoContent},
		{"HTML error where no status is listed", agentPath, answer("DELETE", agentPath, 422, "text/html", html), true, document.RuleStatus},
		{"undeclared property", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, "{", `{"secret":"x",`, 1)), false, document.RuleUndeclaredProperty},
		{"trailing bytes", tokenPath, answer("GET", tokenPath, 200, jsonType, tokenJSON+"<br>"), false, document.RuleJSON},
		{"a property twice", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, "{", `{"id":2,`, 1)), false, document.RuleJSON},
		{"no UTF-8", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, "abcd", "ab\xff", 1)), false, document.RuleJSON},
		{"an integer of more than 64 bits", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, `"id":1`, `"id":9223372036854775808`, 1)), false, document.RuleBody},
		{"an integer with a fraction of nothing", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, `"id":1`, `"id":1.0`, 1)), false, document.RuleBody},
		{"an integer with an exponent", tokenPath, answer("GET", tokenPath, 200, jsonType, strings.Replace(tokenJSON, `"id":1`, `"id":1e0`, 1)), false, document.RuleBody},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, kinOpenAPI(t, tt.path, tt.x, false))
			if !tt.notStatus {
				require.NoError(t, kinOpenAPI(t, tt.path, tt.x, true))
			}
			findings := doc.Check(tt.x)
			require.Len(t, findings, 1)
			assert.Equal(t, tt.rule, findings[0].Rule)
		})
	}
}

// kin-openapi returns after the first header, and looks at no body then.
func TestKinOpenAPIStopsAtTheFirstHeader(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	x := answer("GET", agentsPath, 200, "application/json", `[{}]`)
	x.Response.Header.Set("X-Page", "first")
	x.Response.Header.Set("X-Per-Page", "0")

	err = kinOpenAPI(t, agentsPath, x, true)
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "X-Page")
	assert.NotContains(t, err.Error(), "body")

	var rules, all []string
	for _, f := range doc.Check(x) {
		rules = append(rules, f.Rule)
		all = append(all, f.Expected)
	}
	for _, header := range []string{"Link", "X-Page", "X-Per-Page"} {
		assert.Contains(t, strings.Join(all, "\n"), "header "+header)
	}
	assert.Contains(t, rules, document.RuleBody)
	assert.Len(t, rules, 8, "three headers and five properties")
}

// kin-openapi's errors hold the value, findings do not.
func TestKinOpenAPIShowsSecrets(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	x := answer("GET", tokenPath, 200, "application/json", strings.Replace(tokenJSON, "{", `{"token":"canary-0123456789",`, 1))

	err = kinOpenAPI(t, tokenPath, x, true)
	require.Error(t, err)
	assert.Contains(t, err.Error(), "canary")

	findings := doc.Check(x)
	require.Len(t, findings, 1)
	assert.Equal(t, document.Finding{
		Rule: "tokens/secret-only-on-create", Outcome: document.Violation, Operation: "getAgentToken",
		Pointer: "/token", Expected: `no property "token"`, Actual: "a string of 17 characters", Document: findings[0].Document,
	}, findings[0])
}

// kin-openapi says no more about an object once a forbidden property was found in it.
func TestKinOpenAPIStopsAtForbiddenProperties(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	x := answer("GET", tokenPath, 200, "application/json", strings.NewReplacer("{", `{"token":"canary",`, `"active"`, `"revoked?"`).Replace(tokenJSON))
	require.Error(t, kinOpenAPI(t, tokenPath, x, true))
	findings := doc.Check(x)
	require.Len(t, findings, 2)
	assert.Equal(t, "/token", findings[0].Pointer)
	assert.Equal(t, "/status", findings[1].Pointer)
}
