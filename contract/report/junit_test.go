package report_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/report"
)

// gitlabCase is a test case as GitLab has it after lib/gitlab/ci/parsers/test/junit.rb read it.
type gitlabCase struct {
	class, name string
	status      string // success, failed, error or skipped
	output      string
}

// element is an XML element as ActiveSupport's Hash.from_xml sees it.
type element struct {
	name       string
	attributes map[string]string
	children   []*element
	text       string
}

// gitlabJUnit reads a report by the rules of GitLab's parser: what it refuses is an error, and what it does not see is
// not there.
func gitlabJUnit(data []byte) (cases []gitlabCase, err error) {
	root, err := parseXML(data)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]bool)
	var each func(e *element, parent bool) error
	each = func(e *element, parent bool) error {
		for _, child := range e.children {
			switch child.name {
			case "testsuites": // only at the top
				if !parent {
					if err := each(child, true); err != nil {
						return err
					}
				}
			case "testsuite": // may nest
				if err := each(child, true); err != nil {
					return err
				}
			case "testcase": // needs a suite around it
				if !parent {
					continue
				}
				c, err := gitlabTestCase(child)
				if err != nil {
					return err
				}
				if key := c.class + "_" + c.name; keys[key] {
					return fmt.Errorf("%s replaces another of the same name", key)
				} else {
					keys[key] = true
				}
				cases = append(cases, c)
			}
		}
		return nil
	}
	return cases, each(&element{children: []*element{root}}, false)
}

func gitlabTestCase(e *element) (c gitlabCase, err error) {
	c = gitlabCase{class: e.attributes["classname"], name: e.attributes["name"], status: "success"}
	if c.name == "" || c.class == "" {
		return c, fmt.Errorf("a test case without a name or a class")
	}
	for _, kind := range []struct{ element, status string }{{"failure", "failed"}, {"error", "error"}, {"skipped", "skipped"}} {
		for _, child := range e.children {
			if child.name == kind.element {
				c.status, c.output = kind.status, child.content()
				return c, nil
			}
		}
	}
	return c, nil
}

// content is what Hash.from_xml makes of an element: its text if it has any, and the attributes are gone; else a Hash of
// the attributes, which GitLab would show as Ruby prints it.
func (e *element) content() string {
	switch {
	case e.attributes["type"] == "yaml" || e.attributes["type"] == "symbol":
		return "DisallowedType"
	case strings.TrimSpace(e.text) != "":
		return e.text
	case len(e.attributes) > 0:
		return fmt.Sprintf("Hash %v", e.attributes)
	}
	return ""
}

func parseXML(data []byte) (*element, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	stack := []*element{{}}
	for {
		token, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		top := stack[len(stack)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local, attributes: make(map[string]string)}
			for _, a := range t.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			top.children = append(top.children, e)
			stack = append(stack, e)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			top.text += string(t)
		}
	}
	return stack[0].children[0], nil
}

func TestJUnitAsGitLabReadsIt(t *testing.T) {
	t.Parallel()
	statuses := func(r *report.Report) map[string]gitlabCase {
		cases, err := gitlabJUnit(write(t, report.JUnit{}, r))
		require.NoError(t, err)
		require.Len(t, cases, len(r.Result.Rules)+1)
		byName := make(map[string]gitlabCase)
		for _, c := range cases {
			byName[c.name] = c
		}
		return byName
	}
	cases := statuses(full())
	for name, want := range map[string]struct{ status, output string }{
		"agents/get-one":               {"success", ""},
		"tokens/secret-only-on-create": {"failed", "developer: GET /projects/20/cluster_agents/5/tokens/7 → 200\n    rule      The secret"},
		"agents/name-order":            {"skipped", "It is violated, but is a SHOULD; --strict counts it.\n"},
		"agents/known":                 {"skipped", "It is known to fail, and did.\n"},
		"agents/stale":                 {"failed", "take it off the list"},
		"document/body":                {"failed", "and       11 other exchanges: #21"},
		"document/undeclared-property": {"success", ""},
		"document/request":             {"skipped", "The server is not to blame"},
		"document/response":            {"skipped", "Inconclusive"},
		"limits/third-token":           {"skipped", "Untested: it has to make requests of its own"},
		"roles/stranger":               {"skipped", "Inconclusive: GET /x: timed out"},
		"roles/panicked":               {"error", "the rule panicked"},
		"verdict":                      {"failed", "not conformant, and the check failed: "},
	} {
		assert.Equal(t, want.status, cases[name].status, name)
		assert.Contains(t, cases[name].output, want.output, name)
		assert.NotContains(t, cases[name].output, "Hash", name)
	}

	strict := full()
	strict.Strict = true
	assert.Equal(t, "failed", statuses(strict)["agents/name-order"].status)

	assert.Equal(t, "success", statuses(clean())["verdict"].status)
	nothing := clean()
	nothing.Result.Rules = nothing.Result.Rules[1:]
	assert.Equal(t, "error", statuses(nothing)["verdict"].status, "a run that tested nothing is no success")
	left := clean()
	left.Result.Left = []string{"agent 5"}
	assert.Equal(t, "error", statuses(left)["verdict"].status)
}

// TestJUnitOfHostileServers: what a server says ends neither the element nor the file.
func TestJUnitOfHostileServers(t *testing.T) {
	t.Parallel()
	r := full()
	for i := range r.Result.Findings {
		r.Result.Findings[i].Actual = hostile + `]]></failure></testcase><testcase name="x"/>` + "\x0b\ufffe"
	}
	for i := range r.Result.Rules {
		r.Result.Rules[i].Reason.Text = hostile
		r.Result.Rules[i].Outcome = contract.Inconclusive
	}
	cases, err := gitlabJUnit(write(t, report.JUnit{}, r))
	require.NoError(t, err)
	assert.Len(t, cases, len(r.Result.Rules)+1)
}
