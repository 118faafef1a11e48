package document

import (
	"net/http"
	"net/url"
	"strings"
)

// Match is which operation a request is. The parameters are decoded, and not checked: they may be anything.
type Match struct {
	Operation string // operationId
	Project   string // the project's id or full path
	AgentID   string // empty if the operation has none
	TokenID   string // empty if the operation has none
}

// Route finds the operation of a request, valid or not. It returns false if there is no such operation.
//
// Below any relative root, the URL has to have the path of an operation, with the project as one segment. GitLab
// tolerates a slash and a format (.json, .xml) at its end, and answers HEAD as GET.
func (d *Document) Route(method string, u *url.URL) (Match, bool) {
	op, parameters := d.route(method, u)
	if op == nil {
		return Match{}, false
	}
	return Match{
		Operation: op.id,
		Project:   parameters["id"],
		AgentID:   parameters["agent_id"],
		TokenID:   parameters["token_id"],
	}, true
}

func (d *Document) route(method string, u *url.URL) (*operation, map[string]string) {
	if u == nil {
		return nil, nil
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if !strings.Contains(path, apiRoot) {
		return nil, nil
	}
	segments := strings.Split(path, "/")
	for i := range d.routes {
		r := &d.routes[i]
		if op := r.operations[method]; op != nil {
			if parameters, ok := r.match(segments); ok {
				return op, parameters
			}
		}
	}
	return nil, nil
}

// apiRoot is what stands before the paths of the document, after a relative root.
const apiRoot = "/api/v4/"

// route is a path of the document.
type route struct {
	segments   []string // a parameter has its name in braces
	operations map[string]*operation
}

func newRoute(template string) route {
	return route{
		segments:   strings.Split(strings.TrimPrefix(apiRoot+strings.TrimPrefix(template, "/"), "/"), "/"),
		operations: map[string]*operation{},
	}
}

// match returns the parameters if the path ends as the route does.
func (r *route) match(path []string) (map[string]string, bool) {
	root := len(path) - len(r.segments)
	if root < 1 { // there is a slash before "api"
		return nil, false
	}
	var parameters map[string]string
	for i, want := range r.segments {
		segment := path[root+i]
		if i == len(r.segments)-1 {
			segment = withoutFormat(segment)
		}
		got, err := url.PathUnescape(segment)
		if err != nil {
			return nil, false
		}
		name, isParameter := strings.CutPrefix(want, "{")
		switch {
		case !isParameter && got != want, got == "":
			return nil, false
		case isParameter:
			if parameters == nil {
				parameters = make(map[string]string, 3)
			}
			parameters[strings.TrimSuffix(name, "}")] = got
		}
	}
	return parameters, true
}

func withoutFormat(segment string) string {
	for _, format := range []string{".json", ".xml"} {
		if s, ok := strings.CutSuffix(segment, format); ok {
			return s
		}
	}
	return segment
}
