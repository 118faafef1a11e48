package selftest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// instance is a fake GitLab on the loopback interface, broken or not, with agents that are not the suite's.
type instance struct {
	*fakegitlab.Server
	target contract.Target
	broken atomic.Bool // whether its fault is switched on
	stop   func()
}

// seed is the default one, with agents and tokens that were there before: around the names that the suite gives, and one
// whose creator is gone.
func seed() *fakegitlab.Seed {
	s := fakegitlab.DefaultSeed()
	created := time.Date(2023, 4, 5, 6, 7, 8, 9e6, time.UTC)
	description := "Some token of another's, with an é and a \"quote\""
	id := int64(100)
	agent := func(name, by string, tokens int) fakegitlab.SeedAgent {
		id++
		a := fakegitlab.SeedAgent{ID: id, Name: name, CreatedBy: by, CreatedAt: created}
		for i := range tokens {
			a.Tokens = append(a.Tokens, fakegitlab.SeedAgentToken{
				ID: 10*id + int64(i), Name: "abcd", Description: &description, Status: []string{"active", "revoked"}[i%2], CreatedAt: created,
				LastUsedAt: created.Add(time.Hour),
			})
		}
		return a
	}
	s.Projects[0].Agents = []fakegitlab.SeedAgent{agent("agent-1", "owner", 2), agent("contract", "", 1), agent("zebra", "maintainer", 1)}
	s.Projects[1].Agents = []fakegitlab.SeedAgent{agent("agent-1", "owner", 1)}
	s.Projects[2].Agents = []fakegitlab.SeedAgent{agent("agent-1", "owner", 1)}
	return s
}

// start starts an instance. Without a fault it is a healthy one.
func start(profile Profile, fault *faults.Fault) (*instance, error) {
	i := &instance{}
	i.broken.Store(true)
	options := []fakegitlab.Option{fakegitlab.FromSeed(seed()), fakegitlab.Version(profile.Version), fakegitlab.Edition(profile.Edition)}
	if fault != nil {
		for _, deviation := range fault.Change.Deviations() {
			options = append(options, fakegitlab.Deviate(i.switched(deviation)))
		}
	}
	var err error
	if i.Server, err = fakegitlab.New(options...); err != nil {
		return nil, err
	}
	var handler http.Handler = i.Server
	if fault != nil {
		handler = fault.Change.Around(handler)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("no port to listen on: %w", err)
	}
	server := &http.Server{Handler: handler}
	var wait sync.WaitGroup
	wait.Go(func() { _ = server.Serve(listener) })
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	i.stop = func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		wait.Wait()
	}
	i.target = contract.Target{
		URL: "http://" + listener.Addr().String(), Project: "root/test", OtherProject: "root/other", Transport: transport,
		Tokens: map[contract.Role]string{
			contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
			contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
		},
	}
	return i, nil
}

// switched is a deviation that can be switched off.
func (i *instance) switched(d *fakegitlab.Deviation) *fakegitlab.Deviation {
	s := *d
	if d.Decide != nil {
		s.Decide = func(c fakegitlab.Choice) bool {
			if i.broken.Load() {
				return d.Decide(c)
			}
			return c.GitLab
		}
	}
	if d.Page != nil {
		s.Page = func(operation string, page *fakegitlab.Page) {
			if i.broken.Load() {
				d.Page(operation, page)
			}
		}
	}
	if d.Row != nil {
		s.Row = func(operation string, position, total int) int {
			if i.broken.Load() {
				return d.Row(operation, position, total)
			}
			return position
		}
	}
	if d.Rewrite != nil {
		s.Rewrite = func(r *http.Request, draft *fakegitlab.ResponseDraft) {
			if i.broken.Load() {
				d.Rewrite(r, draft)
			}
		}
	}
	return &s
}

// state is what stands in the fake, by the path that shows it, whatever its fault makes of that.
func (i *instance) state() (map[string]string, error) {
	i.broken.Store(false)
	defer i.broken.Store(true)
	state := make(map[string]string)
	var problems []error
	read := func(path string) {
		a := &kept{header: make(http.Header)}
		request, err := http.NewRequest(http.MethodGet, "http://fake"+path+"?per_page=100", nil)
		if err != nil {
			problems = append(problems, err)
			return
		}
		request.Header.Set("Private-Token", "glpat-owner")
		i.ServeHTTP(a, request)
		if a.status != http.StatusOK && a.status != http.StatusNotFound {
			problems = append(problems, fmt.Errorf("%s: %d", path, a.status))
		}
		state[path] = a.body.String()
	}
	for project := int64(20); project <= 22; project++ {
		agents := fmt.Sprintf("/api/v4/projects/%d/cluster_agents", project)
		for _, id := range i.Agents(project) {
			agent := fmt.Sprintf("%s/%d", agents, id)
			read(agent)
			read(agent + "/tokens")
		}
	}
	return state, errors.Join(problems...)
}

// kept is an http.ResponseWriter that keeps what it is given.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header         { return k.header }
func (k *kept) WriteHeader(status int)      { k.status = status }
func (k *kept) Write(p []byte) (int, error) { return k.body.Write(p) }

// left are the paths of agents in a state that were not in the one before.
func left(before, after map[string]string) (paths []string) {
	for path := range after {
		if _, there := before[path]; !there && !strings.HasSuffix(path, "/tokens") {
			paths = append(paths, path)
		}
	}
	return paths
}
