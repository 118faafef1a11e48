package rules

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract/document"
)

// failure is the body of an error, in whichever of the three shapes.
type failure struct {
	Message     *string `json:"message"`
	Error       *string `json:"error"`
	Description *string `json:"error_description"`
}

// failure reads the body of an error; ok is false if it is no JSON object, which is the document's business.
func (x *Exchange) Failure() (f failure, ok bool) {
	if !x.Complete() || x.Response.StatusCode < 400 {
		return failure{}, false
	}
	err := json.Unmarshal(x.Response.Body, &f)
	return f, err == nil
}

// lacksScope says that a token was refused for what it may be used for, whoever it is of.
func (x *Exchange) lacksScope() bool {
	f, _ := x.Failure()
	return x.Status() == 403 && f.Error != nil && strings.HasPrefix(*f.Error, "insufficient_")
}

// refusal is the body of an error that one of the eight operations was answered with; empty if there is none.
func (x *Exchange) Refusal() failure {
	if f, ok := x.Failure(); ok && x.Operation != "" {
		return f
	}
	return failure{}
}

// oneText says that there is a message or an error. Both, or neither, are the document's business.
func (f failure) OneText() bool { return (f.Message == nil) != (f.Error == nil) }

// said is the text of the error for people, with the key it stands under.
func (f failure) Said() string {
	switch {
	case f.Message != nil:
		return fmt.Sprintf("message %q", clip(*f.Message))
	case f.Error != nil:
		return fmt.Sprintf("error %q", clip(*f.Error))
	}
	return "neither message nor error"
}

// clip shortens what a server said to what a line of a report can hold.
func clip(s string) string {
	const most = 160
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}

var messageNamesStatus = Rule{
	ID:       "errors/message-names-status",
	Sentence: "The message of an error begins with its status.",
	Source:   helpersAPI,
	Judge: func(_ *History, x *Exchange) bool {
		f := x.Refusal()
		if f.Message == nil || x.Status() == 405 || isUnderError(*f.Message) {
			return false // the message about moved projects has no status
		}
		if status := strconv.Itoa(x.Status()); !strings.HasPrefix(*f.Message, status+" ") {
			x.Violation("/message", quoted(status+" …"), quoted(clip(*f.Message)))
		}
		return true
	},
}

var errorKey = Rule{
	ID:       "errors/key",
	Sentence: "What GitLab itself refuses stands under message; what is wrong with parameters, content types and routes, under error.",
	Source:   helpersAPI,
	Judge: func(_ *History, x *Exchange) bool {
		f := x.Refusal()
		switch {
		case !f.OneText():
			return false
		case f.Message != nil && isUnderError(*f.Message):
			x.Violation("/message", "this text under error", quoted(clip(*f.Message)))
		case f.Error != nil && isUnderMessage(*f.Error):
			x.Violation("/error", "this text under message", quoted(clip(*f.Error)))
		}
		return true
	},
}

// What stands under error. So does the text of a route that is not there, which under message is that of a record in the
// wrong spelling.
var underError = regexp.MustCompile(`^(The provided content-type '.*' is not supported\.|` + parameterFault + `)$`)

// parameterFault is what Grape says of a parameter, and of several in one text.
const parameterFault = `[a-z_]+ (is (missing|invalid|empty)|has a value not allowed|does not have a valid value)(, [a-z_]+ (is (missing|invalid|empty)|has a value not allowed|does not have a valid value))*`

func isUnderError(text string) bool { return underError.MatchString(text) }

var beginsWithStatus = regexp.MustCompile(`^[45][0-9][0-9] `)

func isUnderMessage(text string) bool {
	return beginsWithStatus.MatchString(text) && text != "404 Not Found"
}

var errorText = Rule{
	ID:       "errors/text",
	Sentence: "A 401, 403, 412, 415 or 500 says so in GitLab's words.",
	Source:   helpersAPI,
	Judge: func(_ *History, x *Exchange) bool {
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
			x.Violation(key, "a text like "+quoted(strings.Trim(want.String(), "^$")), quoted(clip(*got)))
		}
		return true
	},
}

var errorTexts = map[int]*regexp.Regexp{
	401: regexp.MustCompile(`^401 Unauthorized$`),
	403: regexp.MustCompile(`^403 Forbidden( - .*)?$`), // a reason follows, such as a blocked account
	412: regexp.MustCompile(`^412 Precondition Failed$`),
	415: regexp.MustCompile(`^The provided content-type '.*' is not supported\.$`),
	500: regexp.MustCompile(`^500 Internal Server Error$`),
}

var parameterText = Rule{
	ID:       "errors/parameter-text",
	Sentence: "A parameter that is missing or wrong is named, and what is wrong with it, in Grape's words; several are joined by a comma and a space.",
	Source:   rootAPI,
	Judge: func(_ *History, x *Exchange) bool {
		f := x.Refusal()
		if x.Status() != 400 || f.Error == nil || f.Message != nil || f.Description != nil || isUnderMessage(*f.Error) ||
			strings.Contains(*f.Error, "does not match declared format") { // a body that is no JSON, where no middleware looks at it before
			return false
		}
		if !parameterFaults.MatchString(*f.Error) {
			x.Violation("/error", "a text like \"name is missing\" or \"page is invalid, per_page is invalid\"", quoted(clip(*f.Error)))
		}
		return true
	},
}

var parameterFaults = regexp.MustCompile(`^` + parameterFault + `$`)

var notFoundText = Rule{
	ID:       "errors/not-found-text",
	Sentence: "A 404 says whether the project, the agents, a record or the route is missing, in GitLab's words.",
	Source:   helpersAPI,
	Judge: func(_ *History, x *Exchange) bool {
		f := x.Refusal()
		if x.Status() != 404 || (f.Message == nil && f.Error == nil) {
			return false
		}
		messages := []string{"404 Project Not Found", "404 Not found"}
		if x.Operation == "listAgents" {
			messages = []string{"404 Project Not Found", "404 ClusterAgents Not Found"}
		}
		switch {
		case f.Message != nil && !slices.Contains(messages, *f.Message) && !isUnderError(*f.Message):
			x.Violation("/message", fmt.Sprintf("one of %q", messages), quoted(clip(*f.Message)))
		case f.Message == nil && *f.Error != "404 Not Found" && !slices.Contains(messages, *f.Error):
			x.Violation("/error", `"404 Not Found"`, quoted(clip(*f.Error)))
		}
		return true
	},
}

var noInternalError = Rule{
	ID:       "errors/no-internal-error",
	Sentence: "A request that is as the document states is never answered with 500.",
	Source:   openAPI,
	Judge: func(_ *History, x *Exchange) bool {
		if x.Operation == "" || !x.Complete() || x.requestBroken() {
			return false
		}
		if x.Status() == 500 {
			x.Violation("", "any other status", "500")
		}
		return true
	},
}

// requestBroken says that the request is not as the document states.
func (x *Exchange) requestBroken() bool {
	return slices.ContainsFunc(x.Documentation(), func(f document.Finding) bool { return f.Rule == documentRequest.ID })
}

var modelErrorsAreOneText = Rule{
	ID:         "errors/model-errors-are-one-text",
	Sentence:   "What a model rule refuses is one text, in which several messages are printed as an array.",
	Source:     helpersAPI,
	Operations: creates,
	Judge: func(_ *History, x *Exchange) bool {
		f := x.Refusal()
		if x.Status() != 400 || f.Message == nil || isUnderError(*f.Message) { // which is another rule's business
			return false
		}
		if rest, ok := strings.CutPrefix(*f.Message, "400 Bad request"); !ok || (rest != "" && !strings.HasPrefix(rest, " - ")) {
			x.Violation("/message", `"400 Bad request - …"`, quoted(clip(*f.Message)))
		}
		return true
	},
}
