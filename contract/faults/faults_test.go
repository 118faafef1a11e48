package faults_test

import (
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

func TestEachFaultIsComplete(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, f := range faults.All() {
		assert.Regexp(t, regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`), f.Name)
		assert.False(t, seen[f.Name], "two faults have the name %s", f.Name)
		seen[f.Name] = true
		assert.Regexp(t, regexp.MustCompile(`\."?$`), f.Explains, "%s: no sentence", f.Name)
		assert.NotEmpty(t, f.Subject, f.Name)
		assert.False(t, f.Change.Empty(), "%s changes nothing", f.Name)
		assert.Equal(t, f.Verdict == faults.Conforms, len(f.Rules) == 0, "%s: a rule has to notice each fault, and nothing that is allowed", f.Name)
		assert.Equal(t, len(f.Also) > 0, f.Because != "", "%s: Also and Because go together", f.Name)
		for _, rule := range f.Rules {
			assert.NotContains(t, f.Also, rule, f.Name)
		}
	}
}

// TestFaultsDoNotKnowTheSuite reads the source: it imports nothing of ours but the fake, and has neither an access token
// nor a name that the suite uses.
func TestFaultsDoNotKnowTheSuite(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.NotRegexp(t, regexp.MustCompile(`glpat-|"contract`), string(source), file)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ImportsOnly)
		require.NoError(t, err)
		for _, imported := range parsed.Imports {
			path, err := strconv.Unquote(imported.Path.Value)
			require.NoError(t, err)
			if strings.HasPrefix(path, "example.com/gitlab-agents/") {
				assert.Equal(t, "example.com/gitlab-agents/contract/fakegitlab", path, file)
			}
		}
	}
}

func TestNamed(t *testing.T) {
	t.Parallel()
	f, err := faults.Named("secret-in-list")
	require.NoError(t, err)
	assert.Equal(t, "secret-in-list", f.Name)
	_, err = faults.Named("secret-in")
	assert.ErrorContains(t, err, "secret-in-list, secret-in-get")
	_, err = faults.Named("")
	assert.ErrorContains(t, err, "glagents faults")
}

func TestMatching(t *testing.T) {
	t.Parallel()
	some, err := faults.Matching("third-token-4*", "slow")
	require.NoError(t, err)
	var names []string
	for _, f := range some {
		names = append(names, f.Name)
	}
	assert.Equal(t, []string{"third-token-409", "third-token-422", "slow"}, names)
	_, err = faults.Matching("slow", "nothing-*")
	assert.ErrorContains(t, err, `the pattern "nothing-*" matches no fault`)
	_, err = faults.Matching("[")
	assert.ErrorContains(t, err, `the pattern "[" cannot be read`)
	all, err := faults.Matching()
	require.NoError(t, err)
	assert.Len(t, all, len(faults.All()))
}

// exchange is a request to a fake, and what the response has to be like.
type exchange struct {
	as, method, path, body string
	status                 int
	shows, hides           string // in the headers and the body; a hidden text is one that the healthy fake shows
}

const agents = "/api/v4/projects/20/cluster_agents"

// TestChanges tries each shape of a change, with callers and names that no check uses.
func TestChanges(t *testing.T) {
	t.Parallel()
	const second = `{"name":"second"}`
	for name, requests := range map[string][]exchange{
		"secret-missing":           {{"maintainer", "POST", agents + "/1/tokens", `{"name":"t"}`, 201, `"name":"t"`, `"token":"glagent-`}},
		"secret-in-list":           {{"maintainer", "POST", agents + "/1/tokens", `{"name":"t"}`, 201, "", ""}, {"owner", "GET", agents + "/1/tokens", "", 200, `"token":"glagent-`, ""}},
		"token-id-text":            {{"maintainer", "POST", agents + "/1/tokens", `{"name":"t"}`, 201, `"id":"1"`, `"id":1,`}},
		"project-id-text":          {{"reporter", "GET", agents, "", 404, "", ""}, {"owner", "GET", agents, "", 200, `"id":"20"`, `"id":20,`}},
		"receptive-on-ce":          {{"owner", "GET", agents, "", 200, `"is_receptive":false`, ""}},
		"create-agent-200":         {{"owner", "POST", agents, second, 200, `"name":"second"`, ""}},
		"delete-agent-500":         {{"owner", "DELETE", agents + "/1", "", 500, "500 Internal Server Error", ""}, {"owner", "GET", agents + "/1", "", 404, "", ""}},
		"total-off-by-one":         {{"owner", "GET", agents, "", 200, "X-Total:[2]", ""}},
		"total-missing":            {{"owner", "GET", agents, "", 200, "", "X-Total:"}},
		"link-decoded":             {{"owner", "GET", strings.Replace(agents, "20", "root%2Ftest", 1), "", 200, "/projects/root/test/", "/projects/root%2Ftest/"}},
		"etag-strong":              {{"owner", "GET", agents, "", 200, `Etag:["`, `Etag:[W/`}},
		"errors-as-html":           {{"owner", "GET", agents + "/9", "", 404, "<h1>Not Found</h1>", ""}},
		"guest-deletes-agent":      {{"reporter", "DELETE", agents + "/1", "", 403, "", ""}, {"guest", "DELETE", agents + "/1", "", 204, "", ""}},
		"anonymous-lists-agents":   {{"nobody", "GET", agents, "", 401, "", ""}, {"", "GET", agents, "", 200, `"name":"first"`, ""}},
		"refused-but-done":         {{"developer", "DELETE", agents + "/1", "", 403, "", ""}, {"owner", "GET", agents + "/1", "", 404, "", ""}},
		"role-after-agent":         {{"developer", "DELETE", agents + "/9", "", 404, "", ""}, {"developer", "DELETE", agents + "/1", "", 403, "", ""}, {"owner", "GET", agents + "/1", "", 200, "", ""}},
		"developer-sees-no-agents": {{"developer", "GET", agents, "", 200, "[]", `"name":"first"`}, {"owner", "GET", agents, "", 200, `"name":"first"`, ""}},
		"access-tokens-with-less":  {{"owne", "GET", agents, "", 401, "", ""}, {"owner", "GET", agents, "", 200, "", ""}, {"owne", "GET", agents, "", 200, `"name":"first"`, ""}},
		"delete-does-nothing":      {{"owner", "DELETE", agents + "/1", "", 204, "", ""}, {"owner", "GET", agents + "/1", "", 200, `"name":"first"`, ""}},
		"delete-frees-no-name":     {{"owner", "DELETE", agents + "/1", "", 204, "", ""}, {"owner", "POST", agents, `{"name":"first"}`, 400, "already been taken", ""}},
		"name-with-capitals":       {{"owner", "POST", agents, `{"name":"Second"}`, 201, `"name":"Second"`, ""}, {"owner", "GET", agents, "", 200, `"name":"Second"`, ""}},
		"name-of-63-refused":       {{"owner", "POST", agents, `{"name":"` + strings.Repeat("a", 63) + `"}`, 400, "400 Bad request", ""}},
		"agent-named-otherwise":    {{"owner", "POST", agents, second, 201, `"name":"second-z"`, `"name":"second",`}},
		"list-cached":              {{"owner", "GET", agents, "", 200, `"name":"first"`, ""}, {"owner", "POST", agents, second, 201, "", ""}, {"owner", "GET", agents, "", 200, `"name":"first"`, `"name":"second"`}},
		"unencoded-path-found":     {{"owner", "GET", "/api/v4/projects/root/test/cluster_agents", "", 200, `"name":"first"`, ""}},
		"id-unknown":               {{"owner", "GET", agents, "", 404, "404 Project Not Found", ""}},
		"gateway-hiccups":          {{"owner", "GET", agents, "", 502, "Retry later", ""}, {"owner", "GET", agents, "", 200, `"name":"first"`, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := faults.Named(name)
			require.NoError(t, err)
			broken, healthy := serve(t, f), serve(t)
			for _, r := range requests {
				want := r.of(healthy)
				got := r.of(broken)
				assert.Equal(t, r.status, got.Code, "%s %s as %s: %s", r.method, r.path, r.as, got.Body)
				assert.Contains(t, text(got), r.shows)
				if r.hides != "" {
					assert.Contains(t, text(want), r.hides, "the healthy fake")
					assert.NotContains(t, text(got), r.hides)
				}
			}
		})
	}
}

// serve is a fake with one agent, and with faults.
func serve(t *testing.T, broken ...faults.Fault) http.Handler {
	t.Helper()
	seed := fakegitlab.DefaultSeed()
	seed.Projects[0].Agents = []fakegitlab.SeedAgent{{ID: 1, Name: "first", CreatedBy: "owner"}}
	fake, err := fakegitlab.New(append(faults.Options(broken...), fakegitlab.FromSeed(seed))...)
	require.NoError(t, err)
	return faults.Around(fake, broken...)
}

func (e exchange) of(gitlab http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest(e.method, "http://gitlab.example.com"+e.path, strings.NewReader(e.body))
	if e.as != "" {
		r.Header.Set("Private-Token", "glpat-"+e.as)
	}
	if e.body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	gitlab.ServeHTTP(w, r)
	return w
}

func text(w *httptest.ResponseRecorder) string {
	var b strings.Builder
	for name, values := range w.Header() {
		b.WriteString(name + ":[" + strings.Join(values, "] [") + "]\n")
	}
	return b.String() + "\n" + w.Body.String()
}

// TestTwoFaultsAtOnce switches on one fault inside the fake and one around it.
func TestTwoFaultsAtOnce(t *testing.T) {
	t.Parallel()
	var both []faults.Fault
	for _, name := range []string{"secret-missing", "cache-control-public"} {
		f, err := faults.Named(name)
		require.NoError(t, err)
		both = append(both, f)
	}
	w := exchange{as: "maintainer", method: "POST", path: agents + "/1/tokens", body: `{"name":"t"}`}.of(serve(t, both...))
	assert.Equal(t, http.StatusCreated, w.Code)
	assert.NotContains(t, w.Body.String(), `"token"`)
	assert.Equal(t, "public, max-age=60", w.Header().Get("Cache-Control"))
}

// TestEachFakeHasAMemoryOfItsOwn uses one fault in two fakes.
func TestEachFakeHasAMemoryOfItsOwn(t *testing.T) {
	t.Parallel()
	f, err := faults.Named("gateway-hiccups")
	require.NoError(t, err)
	list := exchange{as: "owner", method: "GET", path: agents}
	for range 2 {
		gitlab := serve(t, f)
		assert.Equal(t, http.StatusBadGateway, list.of(gitlab).Code)
		assert.Equal(t, http.StatusOK, list.of(gitlab).Code)
	}
}
