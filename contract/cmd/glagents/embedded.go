package main

import (
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
)

// The parts of fakegitlab.DefaultSeed that a check uses.
const (
	embeddedProject = "root/test"
	embeddedOther   = "root/other"
)

// embedded starts the built-in fake on a port of the loopback interface.
func (c *check) embedded() (contract.Target, string, func(), error) {
	options := c.populated()
	if c.release != "" {
		options = append(options, fakegitlab.Version(c.release))
	}
	if c.edition != "" {
		options = append(options, fakegitlab.Edition(c.edition))
	}
	server, err := fakegitlab.New(options...)
	if err != nil {
		return contract.Target{}, "", nil, usageError{err.Error()}
	}
	target, stop, err := startEmbedded(server)
	about := fmt.Sprintf("Checking the built-in fake GitLab %s (%s) at %s.", server.Version(), strings.ToUpper(server.Edition()), target.URL)
	if !c.fake {
		about += " To check another, give --url and --project."
	}
	return target, about, stop, err
}

// populated has tokens of every role in the fake, and two agents if the check may create none: without them there is little
// to read.
func (c *check) populated() []fakegitlab.Option {
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Users {
		if user := &seed.Users[i]; user.Name == "maintainer" {
			user.Tokens = append(user.Tokens,
				fakegitlab.SeedAccessToken{Token: embeddedTokens[contract.Reader], Scopes: []string{"read_api"}, State: "active"},
				fakegitlab.SeedAccessToken{Token: embeddedTokens[contract.Expired], Scopes: []string{"api"}, State: "expired"})
		}
	}
	for i := range seed.Projects {
		if c.readOnly && seed.Projects[i].PathWithNamespace == embeddedProject {
			seed.Projects[i].Agents = []fakegitlab.SeedAgent{
				{
					ID: 1, Name: "agent-1", CreatedBy: "owner",
					Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "first", Status: "active"}, {ID: 2, Name: "second", Status: "active"}},
				},
				{ID: 2, Name: "agent-2", CreatedBy: "owner"},
			}
		}
	}
	return []fakegitlab.Option{fakegitlab.FromSeed(seed)}
}

// embeddedTokens are the access tokens of the fake.
var embeddedTokens = map[contract.Role]string{
	contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer", contract.Guest: "glpat-guest",
	contract.Stranger: "glpat-stranger", contract.Reader: "glpat-reader", contract.Expired: "glpat-expired",
}

func startEmbedded(handler http.Handler) (contract.Target, func(), error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return contract.Target{}, nil, fmt.Errorf("the built-in fake cannot listen: %w", err)
	}
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)} // which would write past the redactor
	var wait sync.WaitGroup
	wait.Go(func() { _ = server.Serve(listener) })
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	transport.Proxy = nil
	return contract.Target{
			URL: "http://" + listener.Addr().String(), Project: embeddedProject, OtherProject: embeddedOther, Transport: transport,
			Tokens: maps.Clone(embeddedTokens),
		}, func() {
			_ = server.Close()
			wait.Wait()
		}, nil
}
