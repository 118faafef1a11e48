package faults

import (
	"net/http"
	"net/url"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// Changes of requests, and responses that are made around the fake.

// afterwards changes responses after the layers around the fake have set their headers.
func afterwards(change func(next http.Handler, r *http.Request, a *reply)) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		a := ask(next, r)
		change(next, r, a)
		a.send(w, r)
	})
}

// finalHeaders changes the headers of the eight operations in the same way.
func finalHeaders(change func(h http.Header)) Change {
	return afterwards(func(_ http.Handler, r *http.Request, a *reply) {
		if _, ok := placeOf(r.URL); ok {
			change(a.header)
		}
	})
}

// refuse answers some requests with an error, before the fake sees them.
func refuse(when func(r *http.Request) bool, status int, body string) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if when(r) {
			refusal(status, body).send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// request changes requests before the fake sees them. The change gets a copy of its own.
func request(change func(r *http.Request) *http.Request) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, change(r.Clone(r.Context())))
	})
}

// elsewhere serves the requests for some paths from another path. The change returns an empty text for all others.
func elsewhere(change func(r *http.Request) string) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if path := change(r); path != "" {
			more(next, r, r.Method, path, "").send(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// query changes the query of lists.
func query(of func(place) bool, change func(q url.Values)) Change {
	return request(func(r *http.Request) *http.Request {
		if p, ok := placeOf(r.URL); ok && r.Method == http.MethodGet && of(p) {
			q := r.URL.Query()
			change(q)
			r.URL.RawQuery = q.Encode()
		}
		return r
	})
}

// defaulting ignores some values of a parameter.
func defaulting(parameter string, wrong func(string) bool) func(url.Values) {
	return func(q url.Values) {
		if q.Has(parameter) && wrong(q.Get(parameter)) {
			q.Del(parameter)
		}
	}
}

// agentInput and tokenInput change the input that creates an agent, or a token. The change returns nil to leave it.
func agentInput(change func(o object) object) Change { return inputs(createsAgent, change) }
func tokenInput(change func(o object) object) Change { return inputs(createsToken, change) }

func inputs(of func(r *http.Request) bool, change func(o object) object) Change {
	return handle(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		if of(r) {
			if sent := input(r); sent != nil {
				if changed := change(sent); changed != nil {
					r = withInput(r, changed)
				}
			}
		}
		next.ServeHTTP(w, r)
	})
}

// refuseToken refuses the input for a token as the model refuses an empty name.
func refuseToken(refuses func(o object) bool) Change {
	return tokenInput(func(o object) object {
		if refuses(o) {
			return object{"name": ""}
		}
		return nil
	})
}

// storeToken changes tokens that are about to be stored.
func storeToken(change func(t *fakegitlab.NewToken)) Change {
	return inside(func() *fakegitlab.Deviation { return &fakegitlab.Deviation{NewToken: change} })
}

// storeDescription changes the descriptions of tokens that are about to be stored.
func storeDescription(change func(string) string) Change {
	return storeToken(func(t *fakegitlab.NewToken) {
		if t.Description != nil {
			s := change(*t.Description)
			t.Description = &s
		}
	})
}

// storeTokenName changes the names of tokens that are about to be stored.
func storeTokenName(change func(string) string) Change {
	return storeToken(func(t *fakegitlab.NewToken) { t.Name = change(t.Name) })
}

// storeSecret changes the secrets of tokens.
func storeSecret(change func(secret string) string) Change {
	return inside(func() *fakegitlab.Deviation { return &fakegitlab.Deviation{Secret: change} })
}

// Kinds of requests

func createsAgent(r *http.Request) bool {
	p, ok := placeOf(r.URL)
	return ok && r.Method == http.MethodPost && isAgentList(p)
}

func createsToken(r *http.Request) bool {
	p, ok := placeOf(r.URL)
	return ok && r.Method == http.MethodPost && isTokenList(p)
}

func creates(r *http.Request) bool { return createsAgent(r) || createsToken(r) }

// anonymous is a request without credentials.
func anonymous(r *http.Request) bool {
	return r.Header.Get("Private-Token") == "" && r.Header.Get("Authorization") == ""
}

func bearer(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ")
}

func isHead(r *http.Request) bool { return r.Method == http.MethodHead }

// isOperation is a request for a place of the eight operations.
func isOperation(r *http.Request) bool { _, ok := placeOf(r.URL); return ok }

// byID is a request that names the project by its id.
func byID(r *http.Request) bool {
	p, _ := placeOf(r.URL)
	return number(p.project) != 0
}

func inFirstProject(r *http.Request) bool { p, _ := placeOf(r.URL); return p.inFirst() }

func hasHeader(name string) func(r *http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get(name) != "" }
}

func not(kind func(r *http.Request) bool) func(r *http.Request) bool {
	return func(r *http.Request) bool { return !kind(r) }
}

// hasType is a request whose body has a content type.
func hasType(mediaType string) func(r *http.Request) bool {
	return func(r *http.Request) bool { return strings.HasPrefix(r.Header.Get("Content-Type"), mediaType) }
}

// hasParameter is a request with a parameter of some kind in its query.
func hasParameter(name string, of func(string) bool) func(r *http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Query().Has(name) && of(r.URL.Query().Get(name)) }
}

// all is a request of each of several kinds.
func all(kinds ...func(r *http.Request) bool) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		for _, is := range kinds {
			if !is(r) {
				return false
			}
		}
		return true
	}
}

// method is a request for one of the eight operations' places with a method.
func method(name string, of func(place) bool) func(r *http.Request) bool {
	return func(r *http.Request) bool {
		p, ok := placeOf(r.URL)
		return ok && r.Method == name && of(p)
	}
}

// sends is a request whose input is of some kind.
func sends(of func(o object) bool) func(r *http.Request) bool {
	return func(r *http.Request) bool { o := input(r); return o != nil && of(o) }
}
