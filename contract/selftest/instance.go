package selftest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// instance is a fake GitLab on the loopback interface, broken or not.
type instance struct {
	*fakegitlab.Server
	target contract.Target
	broken atomic.Bool // whether its fault is switched on
	stop   func()
}

// start starts an instance. Without a fault it is healthy.
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
	return i, i.serve(handler, fault)
}

// serve listens on a free port, and says where a check finds the instance.
func (i *instance) serve(handler http.Handler, fault *faults.Fault) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("no port to listen on: %w", err)
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
			contract.Maintainer: tokenOf("maintainer"), contract.Developer: tokenOf("developer"),
			contract.Guest: tokenOf("guest"), contract.Stranger: tokenOf("stranger"),
			contract.Reader: tokenOf("reader"), contract.Expired: tokenOf("expired"),
		},
	}
	if fault != nil && fault.ByID {
		i.target.Project, i.target.OtherProject = "20", "21"
	}
	return nil
}

// The users and access tokens are not those of the default seed, so that no fault can know them.

func renamed(user string) string { return "selftest-" + user }
func tokenOf(user string) string { return "glpat-of-" + renamed(user) }

// seed is the default one with other users and access tokens, and with agents that were there before: around the names
// that the suite uses, and one whose creator is gone.
func seed() *fakegitlab.Seed {
	s := fakegitlab.DefaultSeed()
	for i := range s.Users {
		s.Users[i].Tokens[0].Token = tokenOf(s.Users[i].Name)
		if s.Users[i].Name == "maintainer" {
			s.Users[i].Tokens = append(s.Users[i].Tokens,
				fakegitlab.SeedAccessToken{Token: tokenOf("reader"), Scopes: []string{"read_api"}},
				fakegitlab.SeedAccessToken{Token: tokenOf("expired"), Scopes: []string{"api"}, State: "expired"})
		}
		s.Users[i].Name = renamed(s.Users[i].Name)
	}
	for i := range s.Projects {
		members := make(map[string]fakegitlab.Role)
		for name, role := range s.Projects[i].Members {
			members[renamed(name)] = role
		}
		s.Projects[i].Members = members
	}
	s.Projects[0].Agents = []fakegitlab.SeedAgent{agent(101, "agent-1", "owner", 2), agent(102, "contract", "", 1), agent(103, "zebra", "maintainer", 1)}
	s.Projects[1].Agents = []fakegitlab.SeedAgent{agent(104, "agent-1", "owner", 1)}
	s.Projects[2].Agents = []fakegitlab.SeedAgent{agent(105, "agent-1", "owner", 1)}
	return s
}

// agent is an agent with some tokens, every second of which is revoked.
func agent(id int64, name, createdBy string, tokens int) fakegitlab.SeedAgent {
	created := time.Date(2023, 4, 5, 6, 7, 8, 9e6, time.UTC)
	description := "A token of somebody else, with an é and a \"quote\""
	a := fakegitlab.SeedAgent{ID: id, Name: name, CreatedAt: created}
	if createdBy != "" {
		a.CreatedBy = renamed(createdBy)
	}
	for i := range tokens {
		a.Tokens = append(a.Tokens, fakegitlab.SeedAgentToken{
			ID: 10*id + int64(i), Name: "abcd", Description: &description, Status: []string{"active", "revoked"}[i%2], CreatedAt: created,
			LastUsedAt: created.Add(time.Hour),
		})
	}
	return a
}

// switched is a deviation that can be switched off while the instance is read. What changes writes stays on.
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

// state reads what is in the fake, whatever its fault makes of that.
func (i *instance) state() (state, error) {
	i.broken.Store(false)
	defer i.broken.Store(true)
	s := make(state)
	for project := int64(20); project <= 22; project++ {
		for _, id := range i.Agents(project) {
			agent := fmt.Sprintf("/api/v4/projects/%d/cluster_agents/%d", project, id)
			for _, path := range []string{agent, agent + "/tokens"} {
				if err := s.read(i.Server, path); err != nil {
					return nil, err
				}
			}
		}
	}
	return s, nil
}
