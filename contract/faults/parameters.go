package faults

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// parameters are faults of what is sent, and how.
func parameters() []Fault {
	const form, form415 = "parameters/form", `{"error":"The provided content-type 'application/x-www-form-urlencoded' is not supported."}`
	const ignored, ignoredForTokens = "parameters/unknown-are-ignored", "parameters/unknown-for-tokens-are-ignored"
	return []Fault{
		{Name: "json-charset-refused", Explains: "A JSON body that is marked as UTF-8 is refused: 415.", Rules: ids{"parameters/json-with-charset"},
			Change: refuse(func(r *http.Request) bool { return strings.Contains(r.Header.Get("Content-Type"), "charset") }, 415, `{"error":"The provided content-type 'application/json; charset=utf-8' is not supported."}`)},
		{Name: "per-page-zero-accepted", Explains: "per_page=0 is the default.", Rules: ids{"parameters/per-page-not-zero"}, Change: query(isList, defaulting("per_page", isZero))},
		{Name: "per-page-text-accepted", Explains: "A per_page that is no number is the default.", Rules: ids{"parameters/per-page-is-integer"}, Change: query(isList, defaulting("per_page", isNoNumber))},
		{Name: "page-text-accepted", Explains: "A page that is no number is the first.", Rules: ids{"parameters/page-is-integer"}, Change: query(isList, defaulting("page", isNoNumber)),
			Also: ids{"parameters/token-page-is-integer"}, Because: "lists of tokens are affected too"},
		{Name: "token-page-text-accepted", Explains: "A page of tokens that is no number is the first.", Since: v15, Rules: ids{"parameters/token-page-is-integer"}, Change: query(isTokenList, defaulting("page", isNoNumber))},
		{Name: "agent-id-text-404", Explains: "An agent id that is no integer is 404.", Since: v15, Rules: ids{"parameters/agent-id-is-integer", "parameters/no-look-up-by-name"}, Change: answerWhen(says("agent_id is invalid"), 404, `{"message":"404 Not found"}`)},
		{Name: "token-id-text-404", Explains: "A token id that is no integer is 404.", Since: v15, Rules: ids{"parameters/token-id-is-integer"}, Change: answerWhen(says(`"token_id is invalid`), 404, `{"message":"404 Not found"}`)},
		{Name: "unknown-parameters-refused", Explains: "Lists refuse unknown parameters.", Since: v15, Rules: ids{ignored, ignoredForTokens}, Change: refuse(all(method(http.MethodGet, isList), hasUnknownParameter), 400, `{"error":"parameter is invalid"}`)},
		{Name: "unknown-properties-refused", Explains: "An agent is refused with unknown properties in the body.", Rules: ids{"parameters/unknown-in-body-are-ignored"},
			Change: refuse(all(createsAgent, sends(func(o object) bool { return len(o) > 1 })), 400, `{"error":"description is invalid"}`)},
		{Name: "search-filters", Explains: "Lists can be searched, unlike GitLab's.", Rules: ids{ignored}, Change: query(isList, findingNothing),
			Also: ids{"pagination/page-as-asked", ignoredForTokens}, Because: "the page differs, and lists of tokens are affected too"},
		{Name: "form-refused", Explains: "A form is refused: 415.", Rules: ids{form}, Change: refuse(hasType(formType), 415, form415),
			Also: ids{"roles/developer-may-not-write"}, Because: "a developer sends a form too"},
		{Name: "form-as-json", Explains: "A form is read as JSON: 400.", Rules: ids{form}, Change: refuse(hasType(formType), 400, `{"error":"name is missing"}`),
			Also: ids{"roles/developer-may-not-write"}, Because: "a developer sends a form too"},
		{Name: "form-plus-kept", Explains: "A plus in a form is not a space.", Since: v15, Rules: ids{"tokens/create-keeps-input"}, Change: request(keepingPlus)},
		{Name: "multipart-refused", Explains: "A multipart form is refused: 415.", Since: v15, Rules: ids{"parameters/multipart"}, Change: refuse(hasType("multipart/form-data"), 415, `{"error":"The provided content-type 'multipart/form-data' is not supported."}`)},
		{Name: "query-ignored", Explains: "The parameters of a POST in the query are ignored.", Since: v15, Rules: ids{"parameters/query"}, Change: request(withoutQuery)},
		{Name: "number-kept", Explains: "A name that is a number stays a number.", Since: v15, Rules: ids{"document/body"}, Change: property("name", asNumber, showsTokens...)},
		{Name: "project-before-parameters", Explains: "The project is looked up before parameters are checked.", Since: v16, Rules: ids{"order/parameters-before-project"}, Change: afterwards(lookingUpProjectFirst)},
	}
}

func isZero(s string) bool     { return s == "0" }
func isNoNumber(s string) bool { return s != "" && s != "-" && strings.Trim(s, "-0123456789") != "" }

// hasUnknownParameter is a request with a parameter that lists do not have.
func hasUnknownParameter(r *http.Request) bool {
	for name := range r.URL.Query() {
		switch name {
		case "page", "per_page", "private_token", "access_token", "bearer_token", "sudo":
		default:
			return true
		}
	}
	return false
}

// findingNothing shows a page past the end where something is searched.
func findingNothing(q url.Values) {
	if q.Has("search") {
		q.Set("page", "100")
	}
}

func keepingPlus(r *http.Request) *http.Request {
	if o := input(r); o != nil && hasType(formType)(r) {
		o["name"] = strings.ReplaceAll(text(o["name"]), " ", "+")
		return withInput(r, o)
	}
	return r
}

func withoutQuery(r *http.Request) *http.Request {
	if r.Method == http.MethodPost {
		r.URL.RawQuery = ""
	}
	return r
}

var digits = regexp.MustCompile(`^[1-9]\d*$`)

func asNumber(value any) (any, bool) {
	if s := text(value); digits.MatchString(s) {
		return number(s), true
	}
	return value, true
}

// lookingUpProjectFirst answers 404 for a project that the caller does not find, also if a parameter is wrong.
func lookingUpProjectFirst(next http.Handler, r *http.Request, a *reply) {
	if p, ok := placeOf(r.URL); ok && a.status == 400 {
		if list := read(next, r, p.agents()); list.status == 404 && strings.Contains(string(list.body), "Project") {
			*a = *list
		}
	}
}
