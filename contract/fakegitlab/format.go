package fakegitlab

import (
	"fmt"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// refuseTwoBearers refuses two access tokens in the two places that OAuth has for them. A multipart body that ends too early
// is met here first, by code that does not expect it.
func (c *call) refuseTwoBearers() bool {
	if c.input.Err == rack.ErrMultipart {
		return c.internalError()
	}
	scheme, _, _ := strings.Cut(strings.ReplaceAll(c.request.Header.Get("Authorization"), "\t", " "), " ")
	if !strings.EqualFold(scheme, "bearer") {
		return true
	}
	inQuery, inForm := c.input.Query["access_token"], c.input.Form["access_token"]
	if inQuery == nil && inForm == nil {
		return true
	}
	return c.oauthError(http.StatusBadRequest, "invalid_request", "Both Authorization header and payload includes access token.", "")
}

// negotiate refuses a version of the API that begins like one, and a format in the query that is not json. A suffix of
// the path does not have to be one, nor anything in Accept.
func (c *call) negotiate() bool {
	if c.route.resource == noVersion {
		return c.refuse(http.StatusNotFound, errorKey, "404 API Version Not Found")
	}
	format, given := c.input.Query["format"]
	if !given || format == nil || format == "json" || strings.HasSuffix(c.route.path, ".json") {
		return true
	}
	return c.refuse(http.StatusNotAcceptable, errorKey, fmt.Sprintf("The requested format '%s' is not supported.", rack.Inspect(format)))
}

// refuseContentType refuses a body that is neither JSON nor a form. One without content type is neither.
func (c *call) refuseContentType() bool {
	if !c.readsBody() {
		return true
	}
	if c.decide(UnsupportedType, len(c.input.Body) > 0 && !c.input.IsGrapeForm() && c.input.MediaType != rack.JSONType) {
		return c.refuse(http.StatusUnsupportedMediaType, errorKey, "The provided content-type '"+c.input.MediaType+"' is not supported.")
	}
	return true
}

// merge puts together what Grape gives an endpoint: the query, over it the body, over it the path.
func (c *call) merge() {
	c.params = make(rack.Parameters, len(c.input.Query)+len(c.input.Form)+4)
	for name, value := range c.input.Query {
		c.params[name] = value
	}
	for name, value := range c.input.Form {
		c.params[name] = value
	}
	if body, ok := c.input.JSON.(rack.Parameters); ok && c.readsBody() {
		for name, value := range body {
			c.params[name] = value
		}
	}
	c.route.addTo(c.params)
}

// readsBody reports whether Grape reads a body of JSON. GitLab looks for access tokens in it whatever the method.
func (c *call) readsBody() bool {
	switch c.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}
