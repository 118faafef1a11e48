package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/report"
)

// maxShown is how many users and projects are shown at the start.
const maxShown = 20

// greet says where the fake is, what is in it and how to ask it. The first line is for scripts.
func (s *serve) greet(gitlab *fakegitlab.Server, seed *fakegitlab.Seed, url string) {
	fmt.Fprintf(s.stdout, "listening on %s\n", url)
	fmt.Fprintf(s.stdout, "A fake GitLab %s (%s), in memory. Requests to try: %s/-/docs\n\n", gitlab.Version(), strings.ToUpper(gitlab.Edition()), url)
	s.showUsers(seed)
	s.showProjects(seed)
	if len(seed.Projects) > 0 {
		token := "$GITLAB_TOKEN"
		if s.seedFile == "" {
			token = "glpat-maintainer"
		}
		agents := fmt.Sprintf("%s/api/v4/projects/%d/cluster_agents", url, seed.Projects[0].ID)
		fmt.Fprintf(s.stdout, "  curl -H \"PRIVATE-TOKEN: %s\" %s -d name=my-agent\n", token, agents)
		fmt.Fprintf(s.stdout, "  curl -H \"PRIVATE-TOKEN: %s\" %s\n\n", token, agents)
	}
}

func (s *serve) showUsers(seed *fakegitlab.Seed) {
	w := tabwriter.NewWriter(s.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "  USER\tACCESS TOKEN\tROLE")
	for _, user := range seed.Users[:min(len(seed.Users), maxShown)] {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", report.Printable(user.Name), s.tokensOf(user), rolesOf(user, seed.Projects))
	}
	_ = w.Flush()
	s.showMore(len(seed.Users))
}

// tokensOf shows the access tokens that everybody knows, and where the others are.
func (s *serve) tokensOf(user fakegitlab.SeedUser) string {
	switch {
	case len(user.Tokens) == 0:
		return "none"
	case s.seedFile != "":
		return fmt.Sprintf("%d in %s", len(user.Tokens), report.Printable(shownName(s.seedFile)))
	}
	return user.Tokens[0].Token
}

// rolesOf says what the user is in which projects.
func rolesOf(user fakegitlab.SeedUser, projects []fakegitlab.SeedProject) string {
	switch {
	case user.State == "blocked":
		return "blocked"
	case user.Admin:
		return "admin"
	}
	in := make(map[fakegitlab.Role][]string) // the projects in which the user has the role
	for _, p := range projects {
		for name, role := range p.Members {
			if strings.EqualFold(name, user.Name) {
				in[role] = append(in[role], report.Printable(p.PathWithNamespace))
			}
		}
	}
	var roles []string
	for role := fakegitlab.Owner; role > fakegitlab.NoRole; role-- {
		switch paths := in[role]; {
		case len(paths) == 0:
		case len(paths) == len(projects):
			roles = append(roles, role.String())
		case len(paths) > 3:
			roles = append(roles, fmt.Sprintf("%s in %d projects", role, len(paths)))
		default:
			roles = append(roles, fmt.Sprintf("%s in %s", role, strings.Join(paths, ", ")))
		}
	}
	if len(roles) == 0 {
		return "no member"
	}
	return strings.Join(roles, "; ")
}

func (s *serve) showProjects(seed *fakegitlab.Seed) {
	w := tabwriter.NewWriter(s.stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "\n  PROJECT\tPATH\tVISIBILITY\tAGENTS")
	for _, p := range seed.Projects[:min(len(seed.Projects), maxShown)] {
		visibility := p.Visibility
		if visibility == "" {
			visibility = "private"
		}
		fmt.Fprintf(w, "  %d\t%s\t%s\t%d\n", p.ID, report.Printable(p.PathWithNamespace), visibility, len(p.Agents))
	}
	_ = w.Flush()
	s.showMore(len(seed.Projects))
	fmt.Fprintln(s.stdout)
}

func (s *serve) showMore(n int) {
	if n > maxShown {
		fmt.Fprintf(s.stdout, "  … and %d more\n", n-maxShown)
	}
}
