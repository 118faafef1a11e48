package faults

import (
	"bytes"
	"html"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// tokens are faults of the names and descriptions of tokens.
func tokens() []Fault {
	const limits, keeps, longest = "tokens/limits-enforced", "tokens/create-keeps-input", "tokens/longest-are-accepted"
	const notBlank, null, empty = "tokens/name-not-blank", "tokens/name-not-null", "tokens/description-may-be-empty"
	const tooLong, description = "tokens/name-at-most-255", "tokens/description-at-most-1024"
	return []Fault{
		{Name: "token-name-of-256", Explains: "The name of a token can have more than 255 characters.", Since: v15, Rules: ids{limits, tooLong}, Change: acceptDespite("Name is too long"), Also: ids{"document/body"}, Because: "the long name is shown in responses"},
		{Name: "token-name-blank", Explains: "The name of a token can be empty.", Since: v15, Rules: ids{limits, notBlank}, Change: nameToken(nameIs("")), Also: ids{keeps}, Because: "the name differs"},
		{Name: "token-name-null", Explains: "The name of a token can be null.", Since: v15, Rules: ids{limits, null}, Change: nameToken(nameIs(nil))},
		{Name: "token-description-of-1025", Explains: "The description of a token can have more than 1024 characters.", Since: v15, Rules: ids{limits, description}, Change: acceptDespite("Description"), Also: ids{"document/body"}, Because: "the long description is shown in responses"},
		{Name: "token-name-missing", Explains: "The name of a token is not required.", Since: v15, Rules: ids{"tokens/name-required"}, Change: request(namingNamelessToken)},
		{Name: "token-name-array", Explains: "An array as the name of a token becomes its text.", Since: v15, Rules: ids{"tokens/name-is-text"}, Change: tokenInput(arrayAsText)},
		{Name: "token-name-of-255-refused", Explains: "The name of a token can have 254 characters only.", Since: v15, Rules: ids{longest}, Change: tokenInput(tooLongFrom255)},
		{Name: "token-limits-in-bytes", Explains: "The limits of a token's name and description count bytes.", Since: v15, Rules: ids{longest}, Change: tokenInput(tooLongInBytes)},
		{Name: "token-number-refused", Explains: "A name that is a number or a boolean is refused.", Since: v15, Rules: ids{"parameters/number-becomes-text"}, Change: refuseToken(notText), Also: ids{"tokens/name-is-text"}, Because: "an array is refused too"},
		{Name: "token-description-null-refused", Explains: "A description that is null is refused.", Since: v15, Rules: ids{empty}, Change: refuseToken(func(o object) bool { value, there := o["description"]; return there && value == nil })},
		{Name: "token-description-empty-refused", Explains: "A description that is empty is refused.", Since: v15, Rules: ids{empty}, Change: refuseToken(func(o object) bool { return o["description"] == "" })},
		{Name: "token-unknown-in-body-refused", Explains: "A token is refused if the request sets its status.", Since: v15, Rules: ids{"tokens/unknown-in-body-are-ignored"},
			Change: refuse(all(createsToken, sends(func(o object) bool { return o["status"] != nil })), 400, `{"error":"status is invalid"}`)},
		{Name: "token-status-is-chosen", Explains: "A new token has the status that was sent.", Since: v15, Rules: ids{"tokens/create-is-active-and-unused"}, Change: echoing(createsToken, "status"), Also: ids{"tokens/only-active-shown"}, Because: "it is shown as revoked"},
		{Name: "token-name-of-spaces", Explains: "The name of a token can be nothing but spaces.", Since: v15, Rules: ids{notBlank, limits}, Change: handle(acceptingSpaces)},
		{Name: "token-form-refused", Explains: "A token cannot be created with a form, though an agent can.", Since: v15, Rules: ids{"parameters/form"},
			Change: refuse(all(createsToken, hasType(formType)), 415, `{"error":"The provided content-type 'application/x-www-form-urlencoded' is not supported."}`)},
		{Name: "token-too-long-is-a-parameter-error", Explains: "A name or description of a token that is too long is refused as an invalid parameter.", Since: v15, Rules: ids{tooLong, description},
			Change: answerWhen(says("is too long"), 400, `{"error":"name is invalid"}`), Also: ids{"agent-names/at-most-63"}, Because: "names of agents are refused in the same way"},
		{Name: "token-name-taken", Explains: "Two tokens of an agent cannot have the same name.", Since: v15, Rules: ids{"tokens/names-may-repeat"}, Change: handle(refusingSameName)},
		{Name: "token-description-dropped", Explains: "The description of a token is not stored.", Since: v15, Rules: ids{keeps}, Change: storeToken(func(t *fakegitlab.NewToken) { t.Description = nil })},
		{Name: "token-description-truncated", Explains: "The description of a token is cut to 255 characters.", Since: v15, Rules: ids{keeps}, Change: storeDescription(func(s string) string { return string([]rune(s)[:min(255, utf8.RuneCountInString(s))]) })},
		{Name: "token-description-escaped", Explains: "The description of a token is escaped for HTML.", Since: v15, Rules: ids{keeps}, Change: storeDescription(html.EscapeString), Also: ids{"document/body"}, Because: "it gets longer"},
		{Name: "token-description-trimmed", Explains: "Spaces around the description of a token are removed.", Since: v15, Rules: ids{keeps}, Change: storeDescription(strings.TrimSpace)},
		{Name: "token-description-composed", Explains: "A letter and its accent become one character in a description.", Since: v15, Rules: ids{keeps}, Change: storeDescription(replacing("e\u0301", "é"))},
		{Name: "token-description-line-breaks", Explains: "Line breaks in a description lose their carriage return.", Since: v15, Rules: ids{keeps}, Change: storeDescription(replacing("\r\n", "\n"))},
		{Name: "token-description-ascii", Explains: "Characters beyond the basic multilingual plane become a question mark in a description.", Since: v15, Rules: ids{keeps}, Change: storeDescription(matching(`[\x{10000}-\x{10ffff}]`, "?"))},
		{Name: "token-description-never-null", Explains: "A token without a description has an empty one.", Since: v15, Rules: ids{keeps}, Change: storeToken(neverNull)},
		{Name: "token-description-empty-is-null", Explains: "An empty description of a token becomes null.", Since: v15, Rules: ids{keeps}, Change: storeToken(emptyIsNull)},
		{Name: "token-name-trimmed", Explains: "Spaces around the name of a token are removed.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(strings.TrimSpace)},
		{Name: "token-name-escaped", Explains: "The name of a token is escaped for HTML.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(html.EscapeString), Also: ids{"document/body"}, Because: "it gets longer"},
		{Name: "token-name-compatible", Explains: "Full-width letters in the name of a token become normal ones.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(replacing("Ａ", "A"))},
		{Name: "token-name-without-tabs", Explains: "A tab in the name of a token becomes a space.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(replacing("\t", " "))},
		{Name: "token-name-unescaped", Explains: "Percent signs in the name of a token are decoded.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(replacing("%2F", "/"))},
		{Name: "token-name-truncated", Explains: "The name of a token is cut to 100 bytes.", Since: v15, Rules: ids{keeps}, Change: storeTokenName(func(s string) string { return strings.ToValidUTF8(s[:min(100, len(s))], "") })},
	}
}

// acceptDespite accepts tokens despite an error of the model.
func acceptDespite(message string) Change {
	return inside(func() *fakegitlab.Deviation {
		return &fakegitlab.Deviation{ModelErrors: func(operation string, messages []string) []string {
			if operation != "createAgentToken" {
				return messages
			}
			return slices.DeleteFunc(messages, func(m string) bool { return strings.HasPrefix(m, message) })
		}}
	})
}

// nameToken gives some tokens a name of the server's.
func nameToken(of func(o object) bool) Change {
	return tokenInput(func(o object) object {
		if of(o) {
			return object{"name": "unnamed"}
		}
		return nil
	})
}

func namingNamelessToken(r *http.Request) *http.Request {
	if createsToken(r) && !r.URL.Query().Has("name") {
		if o := input(r); o != nil {
			if _, there := o["name"]; !there {
				return withInput(r, object{"name": "unnamed"})
			}
		}
	}
	return r
}

func arrayAsText(o object) object {
	if array, ok := o["name"].([]any); ok {
		return object{"name": string(marshal(array))}
	}
	return nil
}

func notText(o object) bool {
	_, isText := o["name"].(string)
	return !isText && o["name"] != nil
}

// tooLongFrom255 makes a name that has 255 characters too long.
func tooLongFrom255(o object) object {
	if utf8.RuneCountInString(text(o["name"])) == 255 {
		return object{"name": strings.Repeat("x", 256)}
	}
	return nil
}

// tooLongInBytes makes too long what has too many bytes.
func tooLongInBytes(o object) object {
	switch {
	case len(text(o["name"])) > 255:
		return object{"name": strings.Repeat("x", 256)}
	case len(text(o["description"])) > 1024:
		return object{"name": "x", "description": strings.Repeat("x", 1025)}
	}
	return nil
}

func neverNull(t *fakegitlab.NewToken) {
	if t.Description == nil {
		t.Description = new(string)
	}
}

func emptyIsNull(t *fakegitlab.NewToken) {
	if t.Description != nil && *t.Description == "" {
		t.Description = nil
	}
}

// acceptingSpaces stores another name, and shows the spaces in the response.
func acceptingSpaces(next http.Handler, w http.ResponseWriter, r *http.Request) {
	name := text(input(r)["name"])
	if !createsToken(r) || name == "" || strings.TrimSpace(name) != "" {
		next.ServeHTTP(w, r)
		return
	}
	a := ask(next, withInput(r, object{"name": "spaces"}))
	a.body = bytes.Replace(a.body, []byte(`"name":"spaces"`), []byte(`"name":`+quoted(name)), 1)
	a.send(w, r)
}

// refusingSameName refuses a name that an active token of the agent has.
func refusingSameName(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if createsToken(r) {
		name := r.URL.Query().Get("name")
		if name == "" {
			name = text(input(r)["name"])
		}
		p, _ := placeOf(r.URL)
		for _, token := range read(next, r, p.agentTokens()).objects() {
			if token["name"] == name {
				refusal(400, `{"message":"400 Bad request - [\"Name has already been taken\"]"}`).send(w, r)
				return
			}
		}
	}
	next.ServeHTTP(w, r)
}
