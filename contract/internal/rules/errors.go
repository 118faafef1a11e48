package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/internal/judge"
	"example.com/gitlab-agents/contract/internal/rule"
)

var MessageNamesStatus = rule.Rule{
	ID:       "errors/message-names-status",
	Sentence: "The message of an error begins with its status.",
	Source:   helpersAPI,
	Certain:  true,
}

func messageNamesStatus(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	if f.Message == nil || x.Status() == 405 || isUnderError(*f.Message) || *f.Message == readOnlyInstance {
		return false // two texts of GitLab's have no status in front: about moved projects, and about read-only instances
	}
	if status := strconv.Itoa(x.Status()); !strings.HasPrefix(*f.Message, status+" ") {
		x.Violation("/message", strconv.Quote(status+" …"), strconv.Quote(judge.Clip(*f.Message)))
	}
	return true
}

// readOnlyInstance is what GitLab says in maintenance mode, and a Geo secondary to writes.
const readOnlyInstance = "You cannot perform write operations on a read-only instance"

var ErrorKey = rule.Rule{
	ID:       "errors/key",
	Sentence: "Application errors use `message`. Errors about parameters, content types and routes use `error`.",
	Source:   helpersAPI,
	Certain:  true,
}

func errorKey(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	switch {
	case !f.OneText():
		return false
	case f.Message != nil && isUnderError(*f.Message):
		x.Violation("/message", "this text under error", strconv.Quote(judge.Clip(*f.Message)))
	case f.Error != nil && isUnderMessage(*f.Error):
		x.Violation("/error", "this text under message", strconv.Quote(judge.Clip(*f.Error)))
	}
	return true
}

// underError are the texts that stand under error. So does the text of a path that does not exist; under message, that
// text is the one about a record, misspelled.
var underError = regexp.MustCompile(`^(The provided content-type '.*' is not supported\.|invalid_token|insufficient_(granular_)?scope|` + parameterError + `)$`)

// parameterError is what Grape says about parameters, several in one text.
const parameterError = `[a-z_]+ (is (missing|invalid|empty)|has a value not allowed|does not have a valid value)(, [a-z_]+ (is (missing|invalid|empty)|has a value not allowed|does not have a valid value))*`

func isUnderError(text string) bool { return underError.MatchString(text) }

var beginsWithStatus = regexp.MustCompile(`^[45][0-9][0-9] `)

func isUnderMessage(text string) bool {
	return beginsWithStatus.MatchString(text) && text != "404 Not Found"
}

var ErrorText = rule.Rule{
	ID:       "errors/text",
	Sentence: "401, 403, 412, 415 and 500 have the text that GitLab gives them.",
	Source:   helpersAPI,
	Certain:  true,
}

func errorText(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	want, known := errorTexts[x.Status()]
	if !known || f.Description != nil || !f.OneText() {
		return false
	}
	key, got := "/message", f.Message
	if got == nil {
		key, got = "/error", f.Error
	}
	if !want.MatchString(*got) {
		x.Violation(key, "a text like "+strconv.Quote(strings.Trim(want.String(), "^$")), strconv.Quote(judge.Clip(*got)))
	}
	return true
}

var errorTexts = map[int]*regexp.Regexp{
	401: regexp.MustCompile(`^401 Unauthorized$`),
	403: regexp.MustCompile(`^(403 Forbidden( - .*)?|` + regexp.QuoteMeta(readOnlyInstance) + `)$`), // a reason may follow, such as a blocked account
	412: regexp.MustCompile(`^412 Precondition Failed$`),
	415: regexp.MustCompile(`^The provided content-type '.*' is not supported\.$`),
	500: regexp.MustCompile(`^500 Internal Server Error$`),
}

var ParameterText = rule.Rule{
	ID:       "errors/parameter-text",
	Sentence: `A missing or wrong parameter is named, with what is wrong. Several errors are joined by ", ".`,
	Source:   rootAPI,
	Certain:  true,
}

func parameterText(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	if x.Status() != 400 || f.Error == nil || f.Message != nil || f.Description != nil || isUnderMessage(*f.Error) ||
		strings.Contains(*f.Error, "does not match declared format") { // a body that is not JSON, where no middleware looks at it before
		return false
	}
	if !parameterErrors.MatchString(*f.Error) {
		x.Violation("/error", `a text like "name is missing" or "page is invalid, per_page is invalid"`, strconv.Quote(judge.Clip(*f.Error)))
	}
	return true
}

var parameterErrors = regexp.MustCompile(`^` + parameterError + `$`)

// IsParameterError says whether a text is one of Grape's about parameters.
func IsParameterError(text string) bool { return parameterErrors.MatchString(text) }

var NotFoundText = rule.Rule{
	ID:       "errors/not-found-text",
	Sentence: "404 says whether the project, the agents, a record or the route is missing.",
	Source:   helpersAPI,
	Certain:  true,
}

func notFoundText(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	if x.Status() != 404 || (f.Message == nil && f.Error == nil) {
		return false
	}
	messages := []string{"404 Project Not Found", "404 Not found"}
	if x.Operation == "listAgents" {
		messages = []string{"404 Project Not Found", "404 ClusterAgents Not Found"}
	}
	switch {
	case f.Message != nil && unknownSudo.MatchString(*f.Message):
	case f.Message != nil && !slices.Contains(messages, *f.Message) && !isUnderError(*f.Message):
		x.Violation("/message", fmt.Sprintf("one of %q", messages), strconv.Quote(judge.Clip(*f.Message)))
	case f.Message == nil && *f.Error != "404 Not Found" && !slices.Contains(messages, *f.Error):
		x.Violation("/error", `"404 Not Found"`, strconv.Quote(judge.Clip(*f.Error)))
	}
	return true
}

// unknownSudo is what GitLab says if the parameter sudo names nobody.
var unknownSudo = regexp.MustCompile(`^404 User with ID or username '.*' Not Found$`)

var ModelText = rule.Rule{
	ID:         "errors/model-text",
	Level:      rule.Should,
	Sentence:   "A name or description that is refused is explained with the text that GitLab gives it, if the caller uses English.",
	Source:     agentModel,
	Operations: creates,
	Certain:    true,
}

var NoInternalError = rule.Rule{
	ID:       "errors/no-internal-error",
	Sentence: "A request that the document allows never gets 500.",
	Source:   openAPI,
	Certain:  true,
}

func noInternalError(_ *judge.History, x *judge.Exchange) bool {
	if x.Operation == "" || !x.Complete() || !x.RequestIsSound() {
		return false
	}
	if x.Status() == 500 {
		x.Violation("", "any other status", "500")
	}
	return true
}

var ModelErrorsAreOneText = rule.Rule{
	ID:         "errors/model-errors-are-one-text",
	Sentence:   `Errors of model rules are one text: "400 Bad request - " and the messages as an array.`,
	Source:     helpersAPI,
	Operations: creates,
	Certain:    true,
}

func modelErrorsAreOneText(_ *judge.History, x *judge.Exchange) bool {
	f := x.Refusal()
	if x.Status() != 400 || f.Message == nil || isUnderError(*f.Message) { // another rule reports that
		return false
	}
	rest, ok := strings.CutPrefix(*f.Message, "400 Bad request")
	if !ok || rest != "" && !modelErrors.MatchString(rest) {
		x.Violation("/message", `"400 Bad request - …", and several messages as ["…", "…"]`, strconv.Quote(judge.Clip(*f.Message)))
	}
	return true
}

// modelErrors are one sentence, or an array of them as Ruby prints it. An object of Ruby's, such as #<ActiveModel::Errors>,
// is neither.
var modelErrors = regexp.MustCompile(`(?s)^ - (\[".*"\]|[^\[#{].*)$`)

var UnknownProject = rule.Rule{
	ID:         "errors/unknown-project",
	Sentence:   "An unknown project id gets 404.",
	Source:     helpersAPI,
	Operations: []string{"listAgents"},
}

var UnknownProjectPath = rule.Rule{
	ID:         "errors/unknown-project-path",
	Sentence:   "An unknown project path gets 404.",
	Source:     helpersAPI,
	Operations: []string{"listAgents"},
}

var UnknownAgent = rule.Rule{
	ID:         "errors/unknown-agent",
	Sentence:   "An unknown agent gets 404.",
	Source:     agentsFinder,
	Operations: []string{"getAgent"},
}

var AgentZero = rule.Rule{
	ID:         "errors/agent-zero",
	Sentence:   "Agent 0 gets 404.",
	Source:     agentsFinder,
	Operations: []string{"getAgent"},
}

var AgentPast64Bits = rule.Rule{
	ID:         "errors/agent-past-64-bits",
	Level:      rule.Should,
	Sentence:   "An agent id past 64 bits gets 404.",
	Source:     agentsFinder,
	Operations: []string{"getAgent"},
}

var UnknownAgentTokens = rule.Rule{
	ID:         "errors/unknown-agent-tokens",
	Since:      rule.GitLab(15, 0),
	Sentence:   "The tokens of an unknown agent get 404.",
	Source:     agentsFinder,
	Operations: []string{"listAgentTokens"},
}

var UnknownTokenRead = rule.Rule{
	ID:         "errors/unknown-token",
	Since:      rule.GitLab(15, 0),
	Sentence:   "An unknown token gets 404.",
	Source:     tokensFinder,
	Operations: []string{"getAgentToken"},
}

var DeleteUnknownAgent = rule.Rule{
	ID:         "errors/delete-unknown-agent",
	Sentence:   "Deleting an unknown agent gets 404.",
	Source:     agentsAPI,
	Operations: []string{"deleteAgent"},
}

var RevokeUnknownToken = rule.Rule{
	ID:         "errors/revoke-unknown-token",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Revoking an unknown token gets 404.",
	Source:     tokensAPI,
	Operations: []string{"revokeAgentToken"},
}

var CreateForUnknownAgent = rule.Rule{
	ID:         "errors/create-token-for-unknown-agent",
	Since:      rule.GitLab(15, 0),
	Sentence:   "Creating a token for an unknown agent gets 404.",
	Source:     tokensAPI,
	Operations: []string{"createAgentToken"},
}

var TokenOfOtherAgent = rule.Rule{
	ID:         "errors/token-of-another-agent",
	Since:      rule.GitLab(15, 0),
	Sentence:   "A token gets 404 under another agent.",
	Source:     tokensFinder,
	Operations: []string{"getAgentToken", "revokeAgentToken"},
}

var AgentOfOtherProject = rule.Rule{
	ID:         "errors/agent-of-another-project",
	Since:      rule.GitLab(16, 0),
	Sentence:   "An agent and its tokens get 404 under another project.",
	Source:     agentsFinder,
	Operations: ofOneAgent,
}

var RefusedHasNoEffect = rule.Rule{
	ID:         "errors/refused-has-no-effect",
	Sentence:   "A refused request has no effect: nothing is created, deleted or revoked.",
	Source:     agentsAPI,
	Operations: writes,
}

var UnsupportedMediaType = rule.Rule{
	ID:         "errors/unsupported-media-type",
	Sentence:   "A body that is neither JSON nor a form gets 415.",
	Source:     rootAPI,
	Operations: []string{"createAgent"},
}

var NoMediaType = rule.Rule{
	ID:         "errors/no-media-type",
	Level:      rule.Should,
	Sentence:   "A body without a content type gets 415.",
	Source:     rootAPI,
	Operations: []string{"createAgent", "createAgentToken"},
}

var UnsupportedMediaTypeOnDelete = rule.Rule{
	ID:         "errors/unsupported-media-type-on-delete",
	Level:      rule.Should,
	Sentence:   "DELETE with such a body gets 415 too.",
	Source:     rootAPI,
	Operations: []string{"deleteAgent"},
}

var MalformedJSON = rule.Rule{
	ID:         "errors/malformed-json",
	Sentence:   "Malformed JSON gets 400.",
	Source:     malformed,
	Operations: []string{"createAgent"},
}

var NULByte = rule.Rule{
	ID:         "errors/nul-byte",
	Sentence:   "A NUL byte in the input gets 400.",
	Source:     malformed,
	Operations: slices.Concat(creates, []string{"listAgents"}),
}

var InvalidUTF8 = rule.Rule{
	ID:         "errors/invalid-utf-8",
	Sentence:   "Invalid UTF-8 in the input gets 400.",
	Source:     malformed,
	Operations: creates,
}
