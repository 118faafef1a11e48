package fakegitlab

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ParseSeed reads a seed from YAML or JSON. The name is what errors call the file. An error is a [SeedError] with all
// that is wrong, each with its line, except where the text is no YAML at all: then it has the first such line.
func ParseSeed(name string, data []byte) (*Seed, error) {
	p := &seedParser{lines: map[string]int{}}
	seed := &Seed{}
	root, err := parseYAML(data)
	if err != nil {
		return nil, yamlError(name, err)
	}
	if root != nil && !isNull(root) {
		p.lines[""] = root.Line
		p.seed(root, seed)
	}

	problems := p.problems
	reported := map[string]bool{}
	for _, problem := range problems {
		reported[problem.Path] = true
	}
	// What could not be read is reported once, as that, and not again as an empty value.
	for _, problem := range seed.check() {
		if !reported[problem.Path] {
			problem.Line = p.lineOf(problem.Path)
			problems = append(problems, problem)
		}
	}
	if len(problems) == 0 {
		return seed, nil
	}
	for i := range problems {
		problems[i].File = name
	}
	slices.SortStableFunc(problems, func(a, b SeedProblem) int { return a.Line - b.Line })
	return nil, problems
}

// parseYAML returns the one document's root, or nil if there is none.
func parseYAML(data []byte) (root *yaml.Node, err error) {
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		// JSON, which may be indented with tabs; YAML refuses those, and within its strings JSON does.
		data = bytes.ReplaceAll(data, []byte("\t"), []byte(" "))
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, another yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := decoder.Decode(&another); {
	case err == nil:
		return nil, SeedError{{Line: another.Line, Text: "a seed is one document; this is a second"}}
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return document.Content[0], nil
}

var yamlErrorPattern = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)

// yamlError gives an error of the YAML reader the form of the others.
func yamlError(name string, err error) error {
	if problems, ok := err.(SeedError); ok {
		problems[0].File = name
		return problems
	}
	problem := SeedProblem{File: name, Line: 1, Text: "this is neither YAML nor JSON: " + err.Error()}
	if match := yamlErrorPattern.FindStringSubmatch(err.Error()); match != nil {
		problem.Text = "this is neither YAML nor JSON: " + match[2]
		if line, err := strconv.Atoi(match[1]); err == nil {
			problem.Line = line
		}
		if strings.HasPrefix(match[2], "did not find expected") && match[1] != "" {
			problem.Line++ // such errors of the reader's count lines from 0
		}
	}
	return SeedError{problem}
}

// seedParser turns nodes of YAML into a Seed, remembers on which line what stands, and collects what is not of its type.
type seedParser struct {
	lines    map[string]int // by path
	problems SeedError
}

// lineOf is the line of the path, or of the nearest thing that holds it.
func (p *seedParser) lineOf(path string) int {
	for {
		if line, ok := p.lines[path]; ok {
			return line
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut < 0 {
			return p.lines[""]
		}
		path = path[:cut]
	}
}

func (p *seedParser) fail(n *yaml.Node, path, format string, args ...any) {
	p.problems = append(p.problems, SeedProblem{Line: n.Line, Path: path, Text: fmt.Sprintf(format, args...)})
}

// field reads one value at a path.
type field func(n *yaml.Node, path string)

// object reads a mapping whose keys are those of fields, of which some have to be there.
func (p *seedParser) object(n *yaml.Node, path string, fields map[string]field, required ...string) {
	seen := map[string]bool{}
	if !p.members(n, path, func(key, value *yaml.Node, path string) {
		seen[key.Value] = true
		if read, known := fields[key.Value]; known {
			read(value, path)
			return
		}
		names := make([]string, 0, len(fields))
		for name := range fields {
			names = append(names, name)
		}
		slices.Sort(names)
		p.fail(key, path, "this key is not known; known are %s", strings.Join(names, ", "))
	}) {
		return
	}
	for _, name := range required {
		if !seen[name] {
			p.fail(n, join(path, name), "this is missing")
		}
	}
}

// members calls read for each key of a mapping that is there once, and reports whether n is a mapping.
func (p *seedParser) members(n *yaml.Node, path string, read func(key, value *yaml.Node, path string)) bool {
	if n.Kind != yaml.MappingNode {
		p.fail(n, path, "this has to be a mapping of keys to values")
		return false
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := join(path, key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			p.fail(key, path, "a key has to be plain text")
		case seen[key.Value]:
			p.fail(key, at, "this key is there twice")
		default:
			seen[key.Value] = true
			p.lines[at] = value.Line
			read(key, value, at)
		}
	}
	return true
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// list reads a sequence.
func (p *seedParser) list(n *yaml.Node, path string, read field) {
	if n.Kind != yaml.SequenceNode {
		p.fail(n, path, "this has to be a list")
		return
	}
	for i, item := range n.Content {
		at := at(path, i)
		p.lines[at] = item.Line
		read(item, at)
	}
}

// text reads a string. What YAML takes for a number or a date has to be quoted, so that nothing is lost of it.
func (p *seedParser) text(into *string) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
			p.fail(n, path, "this has to be text; numbers and dates that are meant as text have to be in quotes")
			return
		}
		*into = n.Value
	}
}

// textOrNull reads a string that may be null, which leaves into as it is.
func (p *seedParser) textOrNull(into *string) field {
	return func(n *yaml.Node, path string) {
		if !isNull(n) {
			p.text(into)(n, path)
		}
	}
}

func (p *seedParser) optionalText(into **string) field {
	return func(n *yaml.Node, path string) {
		if isNull(n) {
			return
		}
		var text string
		p.text(&text)(n, path)
		*into = &text
	}
}

func (p *seedParser) number(into *int64) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || n.Decode(into) != nil {
			p.fail(n, path, "this has to be a whole number")
		}
	}
}

func (p *seedParser) truth(into *bool) field {
	return func(n *yaml.Node, path string) {
		if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" || n.Decode(into) != nil {
			p.fail(n, path, "this has to be true or false")
		}
	}
}

func (p *seedParser) timeOrNull(into *time.Time) field {
	return func(n *yaml.Node, path string) {
		if isNull(n) {
			return
		}
		t, err := time.Parse(time.RFC3339Nano, n.Value)
		if n.Kind != yaml.ScalarNode || err != nil {
			p.fail(n, path, "this has to be a time such as 2022-03-20T20:42:40.221Z")
			return
		}
		*into = t
	}
}

func (p *seedParser) dateOrNull(into *time.Time) field {
	return func(n *yaml.Node, path string) {
		if isNull(n) {
			return
		}
		t, err := time.Parse(time.DateOnly, n.Value)
		if n.Kind != yaml.ScalarNode || err != nil {
			p.fail(n, path, "this has to be a date such as 2026-12-31")
			return
		}
		*into = t
	}
}

func (p *seedParser) roles(into *map[string]Role) field {
	return func(n *yaml.Node, path string) {
		*into = map[string]Role{}
		p.members(n, path, func(key, value *yaml.Node, path string) {
			role, known := parseRole(value.Value)
			if value.Kind != yaml.ScalarNode || !known {
				p.fail(value, path, "this is no role; roles are %s", strings.Join(roleNames[1:], ", "))
				role = Guest
			}
			(*into)[key.Value] = role
		})
	}
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func (p *seedParser) seed(n *yaml.Node, seed *Seed) {
	p.object(n, "", map[string]field{
		"gitlab": func(n *yaml.Node, path string) {
			p.object(n, path, map[string]field{
				"version":      p.text(&seed.GitLab.Version),
				"edition":      p.text(&seed.GitLab.Edition),
				"external_url": p.text(&seed.GitLab.ExternalURL),
				"read_only":    p.truth(&seed.GitLab.ReadOnly),
			})
		},
		"next_ids": func(n *yaml.Node, path string) {
			p.object(n, path, map[string]field{
				"agent": p.number(&seed.NextIDs.Agent),
				"token": p.number(&seed.NextIDs.Token),
			})
		},
		"users": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var u SeedUser
				p.user(n, path, &u)
				seed.Users = append(seed.Users, u)
			})
		},
		"projects": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var project SeedProject
				p.project(n, path, &project)
				seed.Projects = append(seed.Projects, project)
			})
		},
	})
}

func (p *seedParser) user(n *yaml.Node, path string, u *SeedUser) {
	p.object(n, path, map[string]field{
		"id":    p.number(&u.ID),
		"name":  p.text(&u.Name),
		"state": p.text(&u.State),
		"admin": p.truth(&u.Admin),
		"tokens": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var t SeedAccessToken
				p.object(n, path, map[string]field{
					"token":  p.text(&t.Token),
					"scopes": p.texts(&t.Scopes),
					"state":  p.text(&t.State),
					"permissions": func(n *yaml.Node, path string) {
						t.Permissions = []string{}
						p.texts(&t.Permissions)(n, path)
					},
					"expires_at": p.dateOrNull(&t.ExpiresAt),
				}, "token")
				if t.Scopes == nil && t.Permissions == nil {
					p.fail(n, path+".scopes", "this is missing; a fine-grained access token has permissions instead")
				}
				u.Tokens = append(u.Tokens, t)
			})
		},
	}, "id", "name")
}

func (p *seedParser) texts(into *[]string) field {
	return func(n *yaml.Node, path string) {
		p.list(n, path, func(n *yaml.Node, path string) {
			var text string
			p.text(&text)(n, path)
			*into = append(*into, text)
		})
	}
}

func (p *seedParser) project(n *yaml.Node, path string, project *SeedProject) {
	p.object(n, path, map[string]field{
		"id":                  p.number(&project.ID),
		"path_with_namespace": p.text(&project.PathWithNamespace),
		"name_with_namespace": p.text(&project.NameWithNamespace),
		"description":         p.optionalText(&project.Description),
		"visibility":          p.text(&project.Visibility),
		"archived":            p.truth(&project.Archived),
		"created_at":          p.timeOrNull(&project.CreatedAt),
		"moved_from":          p.texts(&project.MovedFrom),
		"members":             p.roles(&project.Members),
		"group_members":       p.roles(&project.GroupMembers),
		"agents": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var a SeedAgent
				p.agent(n, path, &a)
				project.Agents = append(project.Agents, a)
			})
		},
	}, "id", "path_with_namespace")
}

func (p *seedParser) agent(n *yaml.Node, path string, a *SeedAgent) {
	p.object(n, path, map[string]field{
		"id":         p.number(&a.ID),
		"name":       p.text(&a.Name),
		"created_by": p.textOrNull(&a.CreatedBy),
		"created_at": p.timeOrNull(&a.CreatedAt),
		"tokens": func(n *yaml.Node, path string) {
			p.list(n, path, func(n *yaml.Node, path string) {
				var t SeedAgentToken
				p.object(n, path, map[string]field{
					"id":           p.number(&t.ID),
					"name":         p.text(&t.Name),
					"description":  p.optionalText(&t.Description),
					"status":       p.text(&t.Status),
					"created_by":   p.textOrNull(&t.CreatedBy),
					"created_at":   p.timeOrNull(&t.CreatedAt),
					"last_used_at": p.timeOrNull(&t.LastUsedAt),
				}, "id", "name")
				a.Tokens = append(a.Tokens, t)
			})
		},
	}, "id", "name")
}
