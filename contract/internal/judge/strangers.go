package judge

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/internal/rule"
)

// stranger is one kind of answerer that is not GitLab.
type stranger struct {
	finding  int      // its place in the Judge's findings
	requests []string // the first few
	count    int
}

// maxNamed is how many requests a finding about a stranger names.
const maxNamed = 3

// fromStranger says whether something in between answered, and not GitLab. A gateway's error that passes says nothing
// about who answered.
func (x *Exchange) fromStranger() bool {
	return x.aboutAgents() && x.Answerer.Kind == answerer.Stranger && !answerer.Transient(x.Status())
}

// aboutAgents says that the request is one of the operations, or near them: a method or a path that GitLab does not have.
func (x *Exchange) aboutAgents() bool {
	return x.Operation != "" || strings.Contains(x.Request.URL.EscapedPath(), "/cluster_agents")
}

// neverPasses says that every web server refuses the request itself, whatever its configuration. Apache and nginx, also the
// nginx of GitLab's packages, refuse paths with a NUL byte.
func (x *Exchange) neverPasses() bool {
	return strings.Contains(x.Request.URL.EscapedPath(), "%00") && x.Status() >= 400
}

// meet takes an answer that GitLab did not give. The rules do not apply to it, but for those about secrets.
func (j *Judge) meet(h *History, x *Exchange) (found []rule.Finding) {
	for i := range j.Catalogue {
		if j.Catalogue[i].AnyAnswerer {
			found = append(found, j.apply(i, h, x)...)
		}
	}
	i, selected := j.byID[j.Delivery]
	if !selected || x.neverPasses() {
		return found
	}
	kind := x.Answerer.Kindof + " " + x.Answerer.By
	s, known := j.strangers[kind]
	if !known {
		s = &stranger{finding: len(j.findings)}
		j.strangers[kind] = s
		f, _ := j.finding(rule.Finding{
			Rule: j.Delivery, Outcome: rule.Violation,
			Expected: "an answer from GitLab",
			Actual:   fmt.Sprintf("%d from %s: %s", x.Status(), x.Answerer.By, strings.Join(x.Answerer.Signs, "; ")),
			Note:     x.Answerer.Cure,
		}, x, false)
		found = append(found, f)
	}
	s.count++
	if len(s.requests) < maxNamed {
		s.requests = append(s.requests, x.Request.Method+" "+x.Request.URL.EscapedPath())
	}
	j.tally[i].applied++
	return found
}

// nameRequests completes the findings about strangers with the requests that they answered.
func (j *Judge) nameRequests(findings []rule.Finding) {
	for _, s := range j.strangers {
		if s.count == 1 || s.finding >= len(findings) {
			continue
		}
		list := strings.Join(s.requests, ", ")
		if s.count > len(s.requests) {
			list += fmt.Sprintf(" and %d more", s.count-len(s.requests))
		}
		findings[s.finding].Actual += fmt.Sprintf(". It answered %d requests: %s", s.count, list)
	}
}
