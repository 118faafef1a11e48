package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/report"
)

// showRequests prints the requests of a check by scenario, as scripts. They are those that the built-in fake got.
func (c *check) showRequests(ctx context.Context, options contract.Options) error {
	server, err := fakegitlab.New(c.populated()...)
	if err != nil {
		return err
	}
	target, stop, err := startEmbedded(server)
	if err != nil {
		return err
	}
	defer stop()
	shown := shownTarget{url: report.ServedFake, project: embeddedProject, other: embeddedOther}
	if !c.isFake() {
		if shown, err = c.likeTheGitLab(&target); err != nil {
			return err
		}
	}
	options.Timeline, options.Keep, options.KnownFailures = true, false, nil
	result, err := contract.Run(ctx, target, options)
	if err != nil {
		return c.failed(err)
	}
	if len(result.Left) > 0 {
		return errors.New(strings.Join(result.Left, "; "))
	}
	c.printRequests(result, shown)
	return nil
}

// shownTarget is the GitLab in whose place the fake is asked.
type shownTarget struct{ url, project, other string }

// likeTheGitLab gives the fake the same callers and projects as the GitLab that the check would be of.
func (c *check) likeTheGitLab(target *contract.Target) (shownTarget, error) {
	c.fromEnvironment(c.program)
	switch {
	case c.url == "":
		return shownTarget{}, c.missing(c.suggestsGitLab())
	case c.project == "":
		return shownTarget{}, usageError{"--project is missing: the id or full path of the project to create agents in"}
	}
	for _, role := range optionalRoles {
		if c.variable(role.Variable()) == "" && *c.tokenFiles[role] == "" {
			delete(target.Tokens, role)
		}
	}
	if c.otherProject == "" {
		target.OtherProject = ""
	}
	return shownTarget{strings.TrimSuffix(strings.TrimRight(c.url, "/"), "/api/v4"), c.project, c.otherProject}, nil
}

// embeddedID is the project in a path, by its id.
const embeddedID = "/projects/20/"

// printRequests prints the steps of each scenario. Result.Timeline has them in the order of Result.Scenarios.
func (c *check) printRequests(result *contract.Result, shown shownTarget) {
	inPlace := strings.NewReplacer(
		"/projects/"+url.PathEscape(embeddedProject)+"/", "/projects/"+url.PathEscape(shown.project)+"/",
		"/projects/"+url.PathEscape(embeddedOther)+"/", "/projects/"+url.PathEscape(shown.other)+"/",
		"/projects/"+embeddedProject+"/", "/projects/"+shown.project+"/",
		embeddedID, "/projects/$project/",
	)
	rules := make(map[string][]string)
	for _, s := range contract.Scenarios() {
		rules[s.Name] = tested(&s)
	}
	var tokens []string
	for _, step := range result.Timeline {
		if name := step.Role.Variable(); name != "" && !slices.Contains(tokens, name) {
			tokens = append(tokens, name)
		}
	}
	fmt.Fprintf(c.stdout, "# Nothing is sent. The scripts need curl and jq. Long bodies are shortened.\n%s\n", report.Printable(c.redactor.Redact(report.Preamble(shown.url, tokens))))
	if slices.ContainsFunc(result.Timeline, func(s contract.Step) bool { return strings.Contains(s.Script, embeddedID) }) {
		fmt.Fprintln(c.stdout, report.Printable(c.redactor.Redact(fmt.Sprintf(`project=$(curl -sS -H "PRIVATE-TOKEN: $GITLAB_TOKEN" "$GITLAB_URL/api/v4/projects/%s" | jq .id)`, url.PathEscape(shown.project)))))
	}
	rest, played := result.Timeline, 0
	for _, s := range result.Scenarios {
		steps := rest[:min(s.Requests, len(rest))]
		rest = rest[len(steps):]
		if len(steps) == 0 {
			fmt.Fprintf(c.stdout, "\n# %s: not played: %s\n", s.Name, s.Reason)
			continue
		}
		played++
		fmt.Fprintf(c.stdout, "\n# %s: %s\n", s.Name, strings.Join(rules[s.Name], " "))
		for _, step := range steps {
			fmt.Fprintln(c.stdout, shortenScript(report.Printable(c.redactor.Redact(inPlace.Replace(step.Script)))))
		}
	}
	fmt.Fprintf(c.stdout, "\n# %s in %s, and those that prepare the check and remove what it created. Nothing was sent.\n",
		words.Count(len(result.Timeline), "request"), words.Count(played, "scenario"))
}
