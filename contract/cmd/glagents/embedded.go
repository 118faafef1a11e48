package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/report"
	"example.com/gitlab-agents/contract/wire"
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
	about := fmt.Sprintf("No --url: checking the built-in fake GitLab %s (%s), which runs at %s.", server.Version(), strings.ToUpper(server.Edition()), target.URL)
	return target, about, stop, err
}

// populated has an agent in the fake if the check may make none: without one there is little to read.
func (c *check) populated() []fakegitlab.Option {
	if !c.readOnly {
		return nil
	}
	seed := fakegitlab.DefaultSeed()
	for i := range seed.Projects {
		if seed.Projects[i].PathWithNamespace == embeddedProject {
			seed.Projects[i].Agents = []fakegitlab.SeedAgent{{
				ID: 1, Name: "agent-1", CreatedBy: "owner",
				Tokens: []fakegitlab.SeedAgentToken{{ID: 1, Name: "first", Status: "active"}, {ID: 2, Name: "second", Status: "active"}},
			}}
		}
	}
	return []fakegitlab.Option{fakegitlab.FromSeed(seed)}
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
			Tokens: map[contract.Role]string{
				contract.Maintainer: "glpat-maintainer", contract.Developer: "glpat-developer",
				contract.Guest: "glpat-guest", contract.Stranger: "glpat-stranger",
			},
		}, func() {
			_ = server.Close()
			wait.Wait()
		}, nil
}

// showRequests prints what a check would request, in the order in which the fake was asked for the same.
func (c *check) showRequests(ctx context.Context) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	server, err := fakegitlab.New(c.populated()...)
	if err != nil {
		return err
	}
	target, stop, err := startEmbedded(server)
	if err != nil {
		return err
	}
	defer stop()
	project, other := embeddedProject, embeddedOther
	if c.url != "" && !c.fake {
		if c.project == "" {
			return usageError{"--project is missing: the id or full path of the project to make agents in"}
		}
		project, other = c.project, c.otherProject
		for role, file := range c.tokenFiles {
			if _, set := c.env(tokenVariable(role)); !set && *file == "" {
				delete(target.Tokens, role)
			}
		}
		if other == "" {
			target.OtherProject = ""
		}
	}
	var lines []string
	print := c.requestPrinter(target, project, other)
	options.Parallel, options.Observe = 1, func(x *wire.Exchange) { lines = append(lines, print(x)) }
	result, err := contract.Run(ctx, target, options)
	if err != nil {
		return c.failed(err)
	}
	for _, line := range lines {
		fmt.Fprintln(c.stdout, line)
	}
	fmt.Fprintf(c.stdout, "%d requests, and those that remove what was made. Nothing was requested.\n", len(lines))
	if len(result.Left) > 0 {
		return errors.New(strings.Join(result.Left, "; "))
	}
	return nil
}

var (
	agentInPath = regexp.MustCompile(`/cluster_agents/[0-9]{1,15}\b`)
	tokenInPath = regexp.MustCompile(`/tokens/[0-9]{1,15}\b`)
	runInName   = regexp.MustCompile(`contract([-_. ])[a-z2-7]{10}`)
)

// requestPrinter says in a line what would be requested, with the target's project in place of the fake's.
func (c *check) requestPrinter(target contract.Target, project, other string) func(*wire.Exchange) string {
	roles := make(map[string]string)
	for role, token := range target.Tokens {
		roles[token] = role.String()
	}
	replace := strings.NewReplacer(
		"/projects/"+url.PathEscape(embeddedProject)+"/", "/projects/"+url.PathEscape(project)+"/",
		"/projects/"+url.PathEscape(embeddedOther)+"/", "/projects/"+url.PathEscape(other)+"/",
		"/projects/"+embeddedProject+"/", "/projects/"+project+"/",
		"/projects/20/", "/projects/:id/",
	)
	return func(x *wire.Exchange) string {
		who, ok := roles[x.Request.Header.Get("Private-Token")]
		if !ok {
			who = contract.Anonymous.String()
		}
		path := replace.Replace(x.Request.URL.RequestURI())
		path = tokenInPath.ReplaceAllString(agentInPath.ReplaceAllString(path, "/cluster_agents/:agent_id"), "/tokens/:token_id")
		line := fmt.Sprintf("%-10s %-6s %s", who, x.Request.Method, path)
		if len(x.Request.Body) > 0 {
			line += "  " + clip(runInName.ReplaceAllString(c.redactor.Redact(string(x.Request.Body)), "contract$1<run>"))
		}
		return report.Printable(c.redactor.Redact(line))
	}
}
