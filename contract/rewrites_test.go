package contract_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// What servers answer in place of the fake. Rewrites with a memory are called by one goroutine at a time.
const (
	failedText   = `{"message":"500 Internal Server Error"}`
	lacksScope   = `{"error":"insufficient_scope","error_description":"The request requires higher privileges than provided by the access token.","scope":"api"}`
	unknownAgent = "/cluster_agents/9007199254740991/"
	otherProject = "root%2Fother"
	otherToken   = `{"id":9999,"name":"not ours","description":null,"agent_id":%d,"status":%q,"created_at":"2026-01-01T00:00:00.000Z","created_by_user_id":42}`
)

// all is several rewrites, one after the other.
func all(changes ...rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		for _, change := range changes {
			change(r, d)
		}
	}
}

// always answers every request of some operations.
func always(status int, body string, operations ...string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		for _, operation := range operations {
			if d.Operation == operation {
				reply(d, status, body)
			}
		}
	}
}

// with is a rewrite for one method only.
func with(method string, change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if r.Method == method {
			change(r, d)
		}
	}
}

// saying is a rewrite for answers with a text in their bodies.
func saying(text string, change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if strings.Contains(string(d.Body), text) {
			change(r, d)
		}
	}
}

// from is a rewrite from the nth answer on that a caller gets to a request.
func from(nth int, change rewrite) rewrite {
	seen := make(map[string]int)
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		request := r.Header.Get("Private-Token") + " " + r.Method + " " + r.URL.RequestURI()
		if seen[request]++; seen[request] >= nth {
			change(r, d)
		}
	}
}

// once is a rewrite of the first answer only.
func once(change rewrite) rewrite {
	done := false
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if !done {
			done = true
			change(r, d)
		}
	}
}

// withHeader gives an operation's successes a header; an empty value removes it.
func withHeader(operation, name, value string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == operation && d.Status == 200 {
			d.Header.Del(name)
			if value != "" {
				d.Header.Set(name, value)
			}
		}
	}
}

// emptyTokens is a rewrite for empty lists of tokens.
func emptyTokens(change rewrite) rewrite {
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == "listAgentTokens" && d.Status == 200 && string(d.Body) == "[]" {
			change(r, d)
		}
	}
}

// tokenBefore puts another token in front of lists of tokens.
func tokenBefore(agent int, status string) rewrite {
	return func(_ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == "listAgentTokens" && d.Status == 200 && len(d.Body) > 2 {
			d.Body = []byte("[" + fmt.Sprintf(otherToken, agent, status) + "," + string(d.Body[1:]))
		}
	}
}

// afterRevocation changes what is answered about an agent once one of its tokens was revoked.
func afterRevocation(change rewrite) rewrite {
	agent := regexp.MustCompile(`/cluster_agents/\d+`)
	revoked := make(map[string]bool)
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		of := agent.FindString(r.URL.Path)
		if revoked[of] {
			change(r, d)
		}
		revoked[of] = revoked[of] || d.Operation == "revokeAgentToken" && d.Status == 204
	}
}

// secondTokens is a rewrite for the creation of tokens of agents that have one.
func secondTokens(change rewrite) rewrite {
	has := make(map[string]bool)
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if has[r.URL.Path] {
			change(r, d)
		}
		has[r.URL.Path] = has[r.URL.Path] || d.Operation == "createAgentToken" && d.Status == 201
	}
}

// projectLacks removes a property from what GitLab says about a project.
func projectLacks(property string) rewrite {
	what := regexp.MustCompile(`"` + property + `":("[^"]*"|[0-9]+),?`)
	return func(r *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Operation == "" && strings.HasSuffix(r.URL.Path, "/projects/root/test") && d.Status == 200 {
			at := what.FindIndex(d.Body)
			if at != nil {
				d.Body = append(append([]byte(nil), d.Body[:at[0]]...), d.Body[at[1]:]...)
			}
		}
	}
}

// releaseIsNotTold is a GitLab that does not tell its release.
func releaseIsNotTold(r *http.Request, d *fakegitlab.ResponseDraft) {
	if strings.HasSuffix(r.URL.Path, "/metadata") || strings.HasSuffix(r.URL.Path, "/version") {
		reply(d, 404, `{"error":"404 Not Found"}`)
	}
}
