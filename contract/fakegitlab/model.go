package fakegitlab

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The limits of GitLab's models, in characters.
const (
	agentNameLimit        = 63
	tokenNameLimit        = 255
	tokenDescriptionLimit = 1024
)

// agentNameErrors returns the messages of GitLab's model about an agent's name, in its order. The name may be null.
func agentNameErrors(name *string, taken bool) []string {
	var problems []string
	text := ""
	if name != nil {
		text = *name
	}
	if isBlank(text) {
		problems = append(problems, "Name can't be blank")
	}
	if utf8.RuneCountInString(text) > agentNameLimit {
		problems = append(problems, tooLong("Name", agentNameLimit))
	}
	if taken {
		problems = append(problems, "Name has already been taken")
	}
	if !isAgentName(text) {
		problems = append(problems, "Name can contain only lowercase letters, digits, and '-', but cannot start or end with '-'")
	}
	return problems
}

// isAgentName reports whether the whole text matches [a-z0-9]([-a-z0-9]*[a-z0-9])?.
func isAgentName(text string) bool {
	if text == "" || text[0] == '-' || text[len(text)-1] == '-' {
		return false
	}
	for i := range len(text) {
		if c := text[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

// tokenErrors returns the messages of GitLab's model about a token's name and description, in its order. Both may be
// null.
func tokenErrors(name, description *string) []string {
	var problems []string
	if description != nil && utf8.RuneCountInString(*description) > tokenDescriptionLimit {
		problems = append(problems, tooLong("Description", tokenDescriptionLimit))
	}
	if name == nil || isBlank(*name) {
		problems = append(problems, "Name can't be blank")
	}
	if name != nil && utf8.RuneCountInString(*name) > tokenNameLimit {
		problems = append(problems, tooLong("Name", tokenNameLimit))
	}
	return problems
}

func tooLong(attribute string, limit int) string {
	return fmt.Sprintf("%s is too long (maximum is %d characters)", attribute, limit)
}

// isBlank reports whether the text is empty or only whitespace, as Rails' blank? does.
func isBlank(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return !unicode.IsSpace(r) }) < 0
}

// printArray prints texts like a Ruby array of strings. It escapes nothing, because the model's messages need no
// escapes.
func printArray(texts []string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = `"` + text + `"`
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
