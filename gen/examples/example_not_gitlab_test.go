package clusteragents_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"example.com/gitlab-agents/generated/clusteragents"
)

// In front of this GitLab is something that wants people to sign in.
func ExampleErrNotGitLab() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/sso/login" {
			http.Redirect(w, r, "/sso/login?return_to="+r.URL.Path, http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<!DOCTYPE html><title>Sign in</title>")
	}))
	defer server.Close()
	gitlab, err := clusteragents.New(server.URL, clusteragents.PrivateToken("glpat-maintainer"))
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = gitlab.GetAgent(ctx, project, 5)
	var failure *clusteragents.Error
	if errors.Is(err, clusteragents.ErrNotGitLab) && errors.As(err, &failure) {
		fmt.Println("answered by", strings.ReplaceAll(failure.AnsweredBy, server.URL, "https://gitlab.example.com"))
	}
	// Output: answered by a sign-in page at https://gitlab.example.com/sso/login
}
