// Package clientgo shows how to have every exchange of GitLab's own Go client judged in a test, and recorded. The client is
// the one under the Terraform provider and glab.
package clientgo

import (
	"net/http"
	"path/filepath"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go/v2"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/har"
)

// register is the code under test.
func register(client *gitlab.Client, project any, name string) (string, error) {
	agent, _, err := client.ClusterAgents.RegisterAgent(project, &gitlab.RegisterAgentOptions{Name: &name})
	if err != nil {
		return "", err
	}
	token, _, err := client.ClusterAgents.CreateAgentToken(project, agent.ID, &gitlab.CreateAgentTokenOptions{Name: &name})
	if err != nil {
		return "", err
	}
	return token.Token, nil
}

func TestRegister(t *testing.T) {
	t.Parallel()
	server := fakegitlab.Start(t) // or a GitLab

	recording, err := har.Create(filepath.Join(t.TempDir(), "register.har"), nil, "1") // without secrets
	if err != nil {
		t.Fatal(err)
	}
	watcher, err := contract.Watch(nil, contract.JudgeOptions{Observe: recording.Observe})
	if err != nil {
		t.Fatal(err)
	}
	client, err := gitlab.NewClient("glpat-maintainer", gitlab.WithBaseURL(server.URL), gitlab.WithHTTPClient(&http.Client{Transport: watcher}))
	if err != nil {
		t.Fatal(err)
	}

	secret, err := register(client, "root/test", "prod")
	if err != nil || secret == "" {
		t.Fatal(err)
	}

	watcher.Check(t) // fails the test for each MUST that the server violated
	if judged := watcher.Result().Judged; judged != 2 {
		t.Errorf("%d exchanges were judged", judged)
	}
	if err := recording.Close(); err != nil {
		t.Error(err)
	}
}
