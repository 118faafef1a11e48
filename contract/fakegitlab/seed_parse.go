package fakegitlab

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// ParseSeed reads a seed from YAML or JSON. Name is the file's name in errors. An error is a [SeedError]. It lists all
// wrong keys and types, or, if there are none, all wrong values.
func ParseSeed(name string, data []byte) (*Seed, error) {
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] == '{' {
		// JSON may be indented with tabs, and YAML may not. JSON has no tabs within strings.
		data = bytes.ReplaceAll(data, []byte("\t"), []byte(" "))
	}
	seed := &Seed{}
	root, problems := parseYAML(data)
	if len(problems) == 0 && root != nil {
		problems = lossyValues(root)
	}
	if len(problems) == 0 && root != nil {
		problems = decodeStrictly(data, root, seed)
	}
	if len(problems) == 0 && root != nil {
		problems = seed.check()
		for i := range problems {
			n := nodeAt(root, problems[i].Path)
			problems[i].Line, problems[i].Column = n.Line, n.Column
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

// parseYAML returns the root of the only document, or nil if it is empty.
func parseYAML(data []byte) (*yaml.Node, SeedError) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, another yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, SeedError{syntaxProblem(err)}
	}
	switch err := decoder.Decode(&another); {
	case err == nil:
		return nil, SeedError{{Line: another.Line, Column: 1, Text: "a seed has one document, and this is the second"}}
	case !errors.Is(err, io.EOF):
		return nil, SeedError{syntaxProblem(err)}
	}
	if root := document.Content[0]; root.Tag != "!!null" {
		return root, nil
	}
	return nil, nil
}

var (
	syntaxPattern = regexp.MustCompile(`^yaml: (?:line (\d+): )?(?s:(.*))$`)
	// quoted is text of the seed in an error of the YAML package. It may be a secret.
	quoted = regexp.MustCompile(`"[^" ]{2,}"|'[^' ]{2,}'`)
)

// syntaxProblem describes an error of the YAML package about text that is not YAML. Such errors have no column.
func syntaxProblem(err error) SeedProblem {
	problem := SeedProblem{Line: 1, Column: 1}
	message := err.Error()
	if match := syntaxPattern.FindStringSubmatch(message); match != nil {
		message = match[2]
		if line, err := strconv.Atoi(match[1]); err == nil {
			problem.Line = line
			if strings.HasPrefix(message, "did not find expected") {
				problem.Line++ // the package counts the lines of such errors from 0
			}
		}
	}
	problem.Text = "this is neither YAML nor JSON: " + quoted.ReplaceAllString(message, "…")
	return problem
}

// decodeStrictly decodes the seed. Unknown keys, duplicate keys and wrong types are problems.
func decodeStrictly(data []byte, root *yaml.Node, seed *Seed) (problems SeedError) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	err := decoder.Decode(seed)
	var wrong *yaml.TypeError
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &wrong):
		return SeedError{syntaxProblem(err)}
	}
	for _, message := range wrong.Errors {
		problems = append(problems, typeProblem(root, message))
	}
	return problems
}

var typePatterns = []struct {
	pattern *regexp.Regexp // with the line and, if there is one, the key or value
	text    string
}{
	{regexp.MustCompile(`^line (\d+): field (.*) not found in type`), "this key is not known"},
	{regexp.MustCompile(`^line (\d+): mapping key "(.*)" already defined`), "this key occurs twice"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into bool"), "this must be true or false"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into time.Duration"), "this must be a duration such as 100ms"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into int64"), "this must be a whole number"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into string"), "this must be text"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into \\[\\]"), "this must be a list"},
	{regexp.MustCompile("^line (\\d+): cannot unmarshal \\S+(?: `(.*)`)? into "), "this must be a mapping of keys to values"},
}

// typeProblem describes an error of the YAML package about a key or a type. The package gives only the line. The column
// is found by the key or value that the error quotes.
func typeProblem(root *yaml.Node, message string) SeedProblem {
	for _, known := range typePatterns {
		if match := known.pattern.FindStringSubmatch(message); match != nil {
			line, _ := strconv.Atoi(match[1])
			return SeedProblem{Line: line, Column: columnOf(root, line, match[2]), Text: known.text}
		}
	}
	return SeedProblem{Line: 1, Column: 1, Text: "this cannot be read: " + quoted.ReplaceAllString(message, "…")}
}

// columnOf returns the column of the first scalar in the line that equals the text, or begins with it if the text is
// cut. Without a text it is the column of the innermost list or mapping. The default is 1.
func columnOf(n *yaml.Node, line int, text string) int {
	beginning, cut := strings.CutSuffix(text, "...")
	matches := func(value string) bool { return value == text || cut && strings.HasPrefix(value, beginning) }
	column := 0
	var find func(*yaml.Node)
	find = func(n *yaml.Node) {
		isScalar := n.Kind == yaml.ScalarNode
		switch {
		case n.Line != line:
		case text == "" && !isScalar, column == 0 && text != "" && isScalar && matches(n.Value):
			column = n.Column
		}
		for _, inner := range n.Content {
			find(inner)
		}
	}
	find(n)
	return max(column, 1)
}

// lossyValues finds values that the YAML package would read only in part, or would report without their place.
func lossyValues(n *yaml.Node) (problems SeedError) {
	for i, inner := range n.Content {
		if strings.HasPrefix(inner.Tag, "!") && !strings.HasPrefix(inner.Tag, "!!") {
			problems = append(problems, SeedProblem{Line: inner.Line, Column: inner.Column, Text: "text that begins with ! must be in quotes"})
		}
		problems = append(problems, lossyValues(inner)...)
		if n.Kind != yaml.MappingNode || i%2 == 0 || inner.Tag == "!!null" {
			continue
		}
		text := ""
		switch n.Content[i-1].Value {
		case "id":
			if inner.Tag != "!!int" {
				text = "this must be a whole number"
			}
		case "created_at", "last_used_at":
			if _, err := time.Parse(time.RFC3339Nano, inner.Value); err != nil {
				text = "this must be a time such as 2022-03-20T20:42:40.221Z"
			}
		case "expires_at":
			if _, err := time.Parse(time.DateOnly, inner.Value); err != nil {
				text = "this must be a date such as 2026-12-31"
			}
		}
		if text != "" {
			problems = append(problems, SeedProblem{Line: inner.Line, Column: inner.Column, Text: text})
		}
	}
	return problems
}

var pathSegment = regexp.MustCompile(`^(?:\.?([^.\[]+)|\[(\d+)\])`)

// nodeAt returns the node at a path such as projects[0].name, or its nearest ancestor.
func nodeAt(n *yaml.Node, path string) *yaml.Node {
	match := pathSegment.FindStringSubmatch(path)
	if match == nil {
		return n
	}
	index, _ := strconv.Atoi(match[2])
	switch {
	case match[2] != "" && n.Kind == yaml.SequenceNode && index < len(n.Content):
		return nodeAt(n.Content[index], path[len(match[0]):])
	case match[2] == "" && n.Kind == yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == match[1] {
				return nodeAt(n.Content[i+1], path[len(match[0]):])
			}
		}
	}
	return n
}
