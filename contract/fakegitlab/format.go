package fakegitlab

import (
	"fmt"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// refuseTwoBearers refuses an access token in the header together with another one in the query or form. A multipart
// body that ends too early causes an error here, because this is the first code that reads it.
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

// negotiate refuses an API version that only begins like v4, and any format in the query but json. A suffix of the path
// and the header Accept are not checked.
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

// refuseContentType refuses a body that is neither JSON nor a form, and a body without a content type.
func (c *call) refuseContentType() bool {
	if !c.readsBody() {
		return true
	}
	if c.decide(UnsupportedType, len(c.input.Body) > 0 && !c.input.IsGrapeForm() && c.input.MediaType != rack.JSONType) {
		return c.refuse(http.StatusUnsupportedMediaType, errorKey, "The provided content-type '"+c.input.MediaType+"' is not supported.")
	}
	return true
}

// merge builds the parameters as Grape does: the body overrides the query, and the path overrides both.
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

// readsBody reports whether Grape reads a JSON body. GitLab looks for access tokens in a JSON body with every method.
func (c *call) readsBody() bool {
	switch c.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return true
	}
	return false
}
