package targets

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"example.com/gitlab-agents/contract"
)

// Read reads a file of targets. Name is the file's name in errors, which are [Problems].
func Read(name string, data []byte) ([]*Target, error) {
	r := &reader{file: name}
	root := r.parse(data)
	if root != nil {
		r.keys(root, "", map[string]func(*yaml.Node, string){"targets": r.targets}, "targets")
	}
	r.twice()
	if len(r.problems) > 0 {
		slices.SortStableFunc(r.problems, func(a, b *Problem) int { return cmp.Compare(a.Line, b.Line) })
		return nil, r.problems
	}
	return r.read, nil
}

// reader reads one file, and goes on after a problem to find the others.
type reader struct {
	file     string
	read     []*Target
	problems Problems
}

func (r *reader) problem(n *yaml.Node, key, format string, args ...any) {
	r.problems = append(r.problems, &Problem{r.file, n.Line, n.Column, key, fmt.Sprintf(format, args...)})
}

var (
	syntaxLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)
	// quoted is text of the file in an error of the YAML package. It may be a secret.
	quoted = regexp.MustCompile(`"[^" ]{2,}"|'[^' ]{2,}'`)
)

// parse returns the root of the only document, or nil.
func (r *reader) parse(data []byte) *yaml.Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	if err := decoder.Decode(&document); err != nil {
		at := &yaml.Node{Line: 1, Column: 1}
		text := err.Error()
		if errors.Is(err, io.EOF) {
			r.problem(at, "", "the file is empty: it lists targets")
			return nil
		}
		if line, why := notYAML(data); why != "" {
			at.Line = line
			r.problem(at, "", "%s", why)
			return nil
		}
		if match := syntaxLine.FindStringSubmatch(text); match != nil {
			text = match[2]
			if line, err := strconv.Atoi(match[1]); err == nil {
				at.Line = line
			}
			if strings.HasPrefix(text, "did not find expected") {
				at.Line++ // the package counts the lines of such errors from 0
			}
		}
		r.problem(at, "", "this is not YAML: %s", quoted.ReplaceAllString(text, "…"))
		return nil
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		r.problem(&document, "", "the file must contain one document")
		return nil
	}
	return document.Content[0]
}

// notYAML says in which line what is wrong that the YAML package says nothing helpful about: it names the line where an
// indented block begins, or none. The text is empty if it is something else.
func notYAML(data []byte) (at int, why string) {
	for line := range bytes.Lines(data) {
		at++
		switch indentation := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; {
		case !utf8.Valid(line):
			return at, "this is not UTF-8"
		case bytes.ContainsRune(indentation, '\t'):
			return at, "a tab indents this line: YAML wants spaces"
		}
	}
	return 0, ""
}

// keys reads a mapping. Each key must be known, occur once and be followed by a value; those that are required must be there.
func (r *reader) keys(n *yaml.Node, path string, known map[string]func(n *yaml.Node, path string), required ...string) {
	n = resolved(n)
	if n.Kind != yaml.MappingNode {
		r.problem(n, path, "this must be a mapping of keys to values")
		return
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		name := strings.TrimPrefix(path+"."+key.Value, ".")
		read, ok := known[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || !ok && !plainKey.MatchString(key.Value):
			r.problem(key, path, "there is no such key here: there are %s", names(known))
		case !ok:
			r.problem(key, name, "this key is not known: there are %s", names(known))
		case seen[key.Value]:
			r.problem(key, name, "this key occurs twice")
		default:
			seen[key.Value] = true
			read(value, name)
		}
	}
	for _, name := range required {
		if !seen[name] {
			r.problem(n, strings.TrimPrefix(path+"."+name, "."), "this key is missing")
		}
	}
}

// plainKey is the form of keys that can be repeated in an error. Others may contain a secret.
var plainKey = regexp.MustCompile(`^[a-z_]{1,30}$`)

func names(known map[string]func(*yaml.Node, string)) string {
	var all []string
	for name := range known {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// resolved is what an alias stands for.
func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (r *reader) targets(n *yaml.Node, path string) {
	n = resolved(n)
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.problem(n, path, "this must be a list of targets, with at least one")
		return
	}
	for i, item := range n.Content {
		r.target(item, fmt.Sprintf("%s[%d]", path, i))
	}
}

func (r *reader) target(n *yaml.Node, path string) {
	t := &Target{
		Tokens: make(map[contract.Role]string), TokenFiles: make(map[contract.Role]string),
		file: r.file, at: map[string]position{"": {n.Line, n.Column}},
	}
	// keep notes where the key is, and reads its value.
	keep := func(read func(n *yaml.Node, path string)) func(*yaml.Node, string) {
		return func(n *yaml.Node, key string) {
			t.at[strings.TrimPrefix(key, path+".")] = position{n.Line, n.Column}
			read(n, key)
		}
	}
	before := len(r.problems)
	r.keys(n, path, map[string]func(*yaml.Node, string){
		"name":           keep(r.text(&t.Name)),
		"url":            keep(r.text(&t.URL)),
		"project":        keep(r.text(&t.Project)),
		"other_project":  keep(r.text(&t.OtherProject)),
		"tokens":         keep(func(n *yaml.Node, key string) { r.roles(n, key, keep, t.Tokens) }),
		"token_files":    keep(func(n *yaml.Node, key string) { r.roles(n, key, keep, t.TokenFiles) }),
		"ca_file":        keep(r.text(&t.CAFile)),
		"known_failures": keep(r.text(&t.KnownFailures)),
		"allow_http":     keep(r.boolean(&t.AllowHTTP)),
		"read_only":      keep(r.boolean(&t.ReadOnly)),
		"gitlab_version": keep(r.release(&t.Release)),
		"edition":        keep(r.edition(&t.Edition)),
		"parallel":       keep(r.number(&t.Parallel)),
	}, "name", "url", "project")
	if len(r.problems) == before {
		r.check(t, path)
	}
	r.read = append(r.read, t)
}

// roles reads what is known of the token of each role.
func (r *reader) roles(n *yaml.Node, path string, keep func(func(*yaml.Node, string)) func(*yaml.Node, string), into map[contract.Role]string) {
	known := make(map[string]func(*yaml.Node, string))
	for _, role := range []contract.Role{contract.Maintainer, contract.Developer, contract.Guest, contract.Stranger, contract.Reader, contract.Expired} {
		known[role.String()] = keep(func(n *yaml.Node, path string) {
			var value string
			r.text(&value)(n, path)
			into[role] = value
		})
	}
	r.keys(n, path, known)
}

// scalar reads one value; want is what it must be.
func (r *reader) scalar(want string, set func(n *yaml.Node) bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		n = resolved(n)
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" || strings.TrimSpace(n.Value) == "" || !set(n) {
			r.problem(n, path, "this must be %s", want)
		}
	}
}

func (r *reader) text(into *string) func(*yaml.Node, string) {
	return r.scalar("text", func(n *yaml.Node) bool {
		*into = n.Value
		return n.Tag == "!!str" || n.Tag == "!!int" // a project's id
	})
}

func (r *reader) boolean(into *bool) func(*yaml.Node, string) {
	return r.scalar("true or false", func(n *yaml.Node) bool { return n.Tag == "!!bool" && n.Decode(into) == nil })
}

func (r *reader) number(into *int) func(*yaml.Node, string) {
	return r.scalar("a whole number, 1 or more", func(n *yaml.Node) bool { return n.Tag == "!!int" && n.Decode(into) == nil && *into > 0 })
}

func (r *reader) release(into *contract.Release) func(*yaml.Node, string) {
	return r.scalar("a version such as \"16.2\"", func(n *yaml.Node) (ok bool) {
		var err error
		*into, err = contract.ParseRelease(n.Value)
		return err == nil
	})
}

func (r *reader) edition(into *contract.Edition) func(*yaml.Node, string) {
	return r.scalar("ce or ee", func(n *yaml.Node) (ok bool) {
		var err error
		*into, err = contract.ParseEdition(n.Value)
		return err == nil
	})
}

var (
	variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	targetName   = regexp.MustCompile(`^[\pL\pN][\pL\pN ._/@:+-]{0,99}$`)
)

// check checks values that are of the right type. What may be a secret is not repeated.
func (r *reader) check(t *Target, path string) {
	wrong := func(key, text string) {
		at := t.at[key]
		r.problems = append(r.problems, &Problem{r.file, at.line, at.column, path + "." + key, text})
	}
	if !targetName.MatchString(t.Name) {
		wrong("name", "a name has up to 100 letters, digits, spaces and . _ / @ : + -, and begins with a letter or a digit")
	}
	u, err := url.Parse(t.URL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		wrong("url", "this is not the URL of a GitLab: give one like https://gitlab.example.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		wrong("url", "this has more than scheme, host and path: tokens come from variables or files")
	case u.Scheme == "http" && !t.AllowHTTP && !isLoopback(u.Hostname()):
		wrong("url", "this is plain http, which shows the tokens to everyone on the way; use https, or set allow_http: true")
	}
	for role, name := range t.Tokens {
		if !variableName.MatchString(name) || strings.HasPrefix(name, "glpat") {
			wrong("tokens."+role.String(), "this is not the name of an environment variable; the token itself must not be in this file")
		}
		if t.TokenFiles[role] != "" {
			wrong("token_files."+role.String(), "this token comes from a variable already (tokens."+role.String()+")")
		}
	}
	if t.Tokens[contract.Maintainer] == "" && t.TokenFiles[contract.Maintainer] == "" {
		wrong("", "the maintainer's token is missing: name its variable (tokens.maintainer) or its file (token_files.maintainer)")
	}
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// twice finds targets that are given twice: by name, or by URL and project.
func (r *reader) twice() {
	byName, byPlace := make(map[string]*Target), make(map[string]*Target)
	for i, t := range r.read {
		if first, ok := byName[t.Name]; ok && t.Name != "" {
			at := t.at["name"]
			r.problems = append(r.problems, &Problem{r.file, at.line, at.column, fmt.Sprintf("targets[%d].name", i), fmt.Sprintf("this name is given twice, first in line %d", first.at["name"].line)})
		}
		byName[t.Name] = t
		place := strings.ToLower(strings.TrimRight(t.URL, "/")) + " " + t.Project
		if first, ok := byPlace[place]; ok && t.URL != "" {
			at := t.at["url"]
			r.problems = append(r.problems, &Problem{r.file, at.line, at.column, fmt.Sprintf("targets[%d].url", i), fmt.Sprintf("this GitLab and project are given twice, first in line %d", first.at["url"].line)})
		}
		byPlace[place] = t
	}
}
