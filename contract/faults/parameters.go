package faults

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// formFields is the content type of a form.
const formFields = "application/x-www-form-urlencoded"

// parameters are faults with what is sent, and how.
func parameters() []Fault {
	since15 := fakegitlab.Release{Major: 15}
	query := func(name, explains, rule string, change func(q url.Values), operations ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{rule}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
			if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && (p.agent == "" || p.tokens && p.token == "") {
				q := r.URL.Query()
				change(q)
				r = r.Clone(r.Context())
				r.URL.RawQuery = q.Encode()
			}
			next.ServeHTTP(w, r)
		})}
	}
	defaulting := func(parameter string, wrong func(string) bool) func(url.Values) {
		return func(q url.Values) {
			if q.Has(parameter) && wrong(q.Get(parameter)) {
				q.Del(parameter)
			}
		}
	}
	notNumber := func(s string) bool { return s != "" && s != "-" && strings.Trim(s, "-0123456789") != "" }
	return []Fault{
		{
			Name: "json-charset-refused", Explains: "A JSON body that says it is in UTF-8 is refused: 415.", Rules: []string{"parameters/json-with-charset"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.Header.Get("Content-Type"), "charset") {
					refusal(415, `{"error":"The provided content-type 'application/json; charset=utf-8' is not supported."}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		query("per-page-zero-accepted", "per_page=0 is taken for the default.", "parameters/per-page-not-zero",
			defaulting("per_page", func(s string) bool { return s == "0" })),
		query("per-page-text-accepted", "A per_page that is no number is taken for the default.", "parameters/per-page-is-integer",
			defaulting("per_page", notNumber)),
		query("page-text-accepted", "A page that is no number is taken for the first.", "parameters/page-is-integer",
			defaulting("page", notNumber)).also("so it is for tokens", "parameters/token-page-is-integer"),
		{
			Name: "token-page-text-accepted", Explains: "A page of tokens that is no number is taken for the first.", Since: since15,
			Rules: []string{"parameters/token-page-is-integer"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if p, _ := placeOf(r.URL); p.tokens && notNumber(r.URL.Query().Get("page")) {
					r = r.Clone(r.Context())
					r.URL.RawQuery = ""
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "agent-id-text-404", Explains: "An agent id that is no integer is 404.",
			Rules:     []string{"parameters/agent-id-is-integer", "parameters/no-look-up-by-name"},
			Deviation: instead(says("agent_id is invalid"), 404, `{"message":"404 Not found"}`),
			Since:     since15,
		},
		{
			Name: "token-id-text-404", Explains: "A token id that is no integer is 404.", Since: since15,
			Rules:     []string{"parameters/token-id-is-integer"},
			Deviation: instead(says(`"token_id is invalid`), 404, `{"message":"404 Not found"}`),
		},
		{
			Name: "unknown-parameters-refused", Explains: "Parameters that are not known are refused.", Since: since15,
			Rules: []string{"parameters/unknown-are-ignored", "parameters/unknown-for-tokens-are-ignored"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("search") {
					refusal(400, `{"error":"search is invalid"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "unknown-properties-refused", Explains: "Properties that are not known are refused in a body.",
			Rules: []string{"parameters/unknown-in-body-are-ignored"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if agent, _ := creates(r); agent && len(input(r)) > 1 {
					refusal(400, `{"error":"description is invalid"}`).send(w, r)
					return
				}
				next.ServeHTTP(w, r)
			}),
		},
		query("search-filters", "The list can be searched, which GitLab's cannot.", "parameters/unknown-are-ignored", func(q url.Values) {
			if q.Has("search") {
				q.Set("page", "100")
			}
		}).also("the page is another", "pagination/page-as-asked").also("tokens are a list too", "parameters/unknown-for-tokens-are-ignored"),
		{
			Name: "form-refused", Explains: "A form is refused: 415.",
			Rules: []string{"parameters/form"}, Wrap: refusingType(formFields, 415, `{"error":"The provided content-type '`+formFields+`' is not supported."}`),
			Also: []string{"roles/developer-may-not-write"}, Because: "a developer asks so too",
		},
		{
			Name: "form-as-json", Explains: "A form is read as JSON: 400.",
			Rules: []string{"parameters/form"}, Wrap: refusingType(formFields, 400, `{"error":"name is missing"}`),
			Also: []string{"roles/developer-may-not-write"}, Because: "a developer asks so too",
		},
		{
			Name: "form-plus-kept", Explains: "A plus in a form is not read as a space.", Since: since15,
			Rules: []string{"tokens/create-keeps-input"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if o := input(r); o != nil && r.Header.Get("Content-Type") == formFields {
					o["name"] = strings.ReplaceAll(text(o["name"]), " ", "+")
					r = withInput(r, o)
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "multipart-refused", Explains: "A multipart form is refused: 415.", Since: since15,
			Rules: []string{"parameters/multipart"}, Wrap: refusingType("multipart/form-data", 415, `{"error":"The provided content-type 'multipart/form-data' is not supported."}`),
		},
		{
			Name: "query-ignored", Explains: "The parameters of a POST in the query are ignored.", Since: since15,
			Rules: []string{"parameters/query"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					r = r.Clone(r.Context())
					r.URL.RawQuery = ""
				}
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "number-kept", Explains: "A name that is a number stays one.", Since: since15, Rules: []string{"document/body"},
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				d.Body = bytes.ReplaceAll(d.Body, []byte(`"name":"123"`), []byte(`"name":123`))
			}, showTokens...),
		},
		{
			Name: "project-before-parameters", Explains: "The project is looked up before parameters are checked.",
			Rules: []string{"order/parameters-before-project"}, Since: fakegitlab.Release{Major: 16},
			Deviation: rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) {
				if p, _ := placeOf(r.URL); number(p.project) > 1<<40 && d.Status == 400 {
					replace(d, 404, `{"message":"404 Project Not Found"}`)
				}
			}),
		},
	}
}

// refusingType refuses bodies of a content type.
func refusingType(mediaType string, status int, body string) func(http.Handler) http.Handler {
	return around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.Header.Get("Content-Type"), mediaType) {
			refusal(status, body).send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}
