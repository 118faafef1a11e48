package fakegitlab

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strconv"
)

// ResponseDraft is a response before GitLab's last layers (ETag, caching, HEAD) see it.
type ResponseDraft struct {
	// Operation is the operationId in the document, or empty if the request is for none of the eight operations.
	Operation string
	Status    int
	Header    http.Header
	Body      []byte
}

// draftWriter is the http.ResponseWriter of the operations.
type draftWriter struct{ draft *ResponseDraft }

func (w draftWriter) Header() http.Header    { return w.draft.Header }
func (w draftWriter) WriteHeader(status int) { w.draft.Status = status }

func (w draftWriter) Write(b []byte) (int, error) {
	w.draft.Body = append(w.draft.Body, b...)
	return len(b), nil
}

// The two keys for the text of an error: GitLab's own code uses message, Grape uses error.
const (
	messageKey = "message"
	errorKey   = "error"
)

// present answers with a JSON body.
func (c *call) present(status int, body []byte) {
	c.endpointHeaders()
	c.draft.Header.Set("Content-Type", "application/json")
	c.draft.Status = status
	c.draft.Body = body
}

// noContent answers 204.
func (c *call) noContent() {
	c.endpointHeaders()
	c.draft.Status = http.StatusNoContent
	c.draft.Body = nil
}

// endpointHeaders sets the headers that come from filters before each endpoint. Responses of the layers around the
// endpoint, and responses to exceptions, do not have them.
func (c *call) endpointHeaders() {
	if c.inEndpoint {
		c.draft.Header.Set("X-Frame-Options", "SAMEORIGIN")
		c.draft.Header.Set("X-Content-Type-Options", "nosniff")
	}
}

// refuse answers with an error, as error! does. It always returns false, so that a stage can return it.
func (c *call) refuse(status int, key, text string) bool {
	body := append(make([]byte, 0, len(text)+16), `{"`...)
	body = append(append(body, key...), `":`...)
	body = append(appendText(body, text, false), '}')
	c.present(status, body)
	return false
}

// rescued answers with an error as an exception handler does, outside of the endpoint.
func (c *call) rescued(status int, text string) bool {
	c.inEndpoint = false
	clear(c.draft.Header)
	return c.refuse(status, messageKey, text)
}

func (c *call) recordNotFound() bool { return c.rescued(http.StatusNotFound, "404 Not found") }

func (c *call) internalError() bool {
	return c.rescued(http.StatusInternalServerError, "500 Internal Server Error")
}

func (c *call) forbidden() bool {
	return c.refuse(http.StatusForbidden, messageKey, "403 Forbidden")
}

// oauthError answers with OAuth's kind of error, outside of the endpoint. The scope is optional.
func (c *call) oauthError(status int, code, description, scope string) bool {
	c.inEndpoint = false
	body := appendText([]byte(`{"error":`), code, true)
	body = appendText(append(body, `,"error_description":`...), description, true)
	if scope != "" {
		body = appendText(append(body, `,"scope":`...), scope, true)
	}
	if status == http.StatusUnauthorized {
		c.draft.Header.Set("WWW-Authenticate",
			`Bearer realm="Protected by OAuth 2.0", error="`+code+`", error_description="`+description+`"`)
	}
	c.present(status, append(body, '}'))
	return false
}

// plain answers with text, as the outermost layers do.
func (c *call) plain(status int, text string) bool {
	c.outermost = true
	c.draft.Header.Set("Content-Type", "text/plain")
	c.draft.Status = status
	c.draft.Body = []byte(text)
	return false
}

// send adds the headers of the last layers and writes the response.
func (c *call) send(w http.ResponseWriter) {
	h := c.draft.Header
	if c.method == http.MethodHead && !c.outermost {
		c.draft.Body = nil // by Grape, so it has no ETag
	}
	if !c.outermost {
		c.tag(h)
	}
	h.Set("X-Request-Id", c.requestID)
	h.Set("X-Gitlab-Meta", `{"correlation_id":"`+c.requestID+`","version":"1"}`)
	h.Set("X-Runtime", strconv.FormatFloat(c.server.clock().Sub(c.started).Seconds(), 'f', 6, 64))
	h.Set("Vary", "Origin")
	switch c.draft.Status {
	case http.StatusNoContent, http.StatusNotModified:
		c.draft.Body = nil
	default:
		h.Set("Content-Length", strconv.Itoa(len(c.draft.Body)))
		if h.Get("Content-Type") == "" {
			h["Content-Type"] = nil // otherwise net/http guesses one
		}
	}
	w.WriteHeader(c.draft.Status)
	_, _ = w.Write(c.draft.Body)
}

// tag does what Rack::ETag and Rack::ConditionalGet do, with Rails' values for Cache-Control.
func (c *call) tag(h http.Header) {
	if c.draft.Status != http.StatusOK && c.draft.Status != http.StatusCreated || len(c.draft.Body) == 0 {
		h.Set("Cache-Control", "no-cache")
		return
	}
	sum := sha256.Sum256(c.draft.Body)
	tag := append(hex.AppendEncode([]byte(`W/"`), sum[:16]), '"')
	h.Set("ETag", string(tag))
	h.Set("Cache-Control", "max-age=0, private, must-revalidate")
	if c.method != http.MethodGet || c.draft.Status != http.StatusOK {
		return
	}
	if c.decide(NotModified, c.request.Header.Get("If-None-Match") == string(tag)) {
		c.draft.Status = http.StatusNotModified
		h.Del("Content-Type")
	}
}

// log logs the request.
func (c *call) log() {
	if c.server.logger == nil {
		return
	}
	name := ""
	if c.user != nil {
		name = c.user.name
	}
	c.server.logger.LogAttrs(c.request.Context(), slog.LevelInfo, "request",
		slog.String("method", c.request.Method),
		slog.String("path", c.server.filtered(c.request.URL)),
		slog.Int("status", c.draft.Status),
		slog.Int("bytes", len(c.draft.Body)),
		slog.Duration("duration", c.server.clock().Sub(c.started)),
		slog.String("operation", c.draft.Operation),
		slog.String("user", name),
		slog.String("request_id", c.requestID),
	)
}
