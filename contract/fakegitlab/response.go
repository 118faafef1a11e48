package fakegitlab

import (
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"strconv"
)

// ResponseDraft is an answer as GitLab's code gives it, before the last layers (entity tag, caching, HEAD) see it.
type ResponseDraft struct {
	// Operation is the operationId of the document, or empty if the request is none of the eight operations.
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

// The two keys under which GitLab gives the text of an error: its own code and Grape.
const (
	messageKey = "message"
	errorKey   = "error"
)

// present answers with a body of JSON.
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

// endpointHeaders sets what filters before each endpoint set. What layers around the endpoint answer lacks them, and so
// does an exception that a handler of Grape's turns into an answer.
func (c *call) endpointHeaders() {
	if c.inEndpoint {
		c.draft.Header.Set("X-Frame-Options", "SAMEORIGIN")
		c.draft.Header.Set("X-Content-Type-Options", "nosniff")
	}
}

// refuse answers with an error, as error! does. It always returns false, for stages to return.
func (c *call) refuse(status int, key, text string) bool {
	body := append(make([]byte, 0, len(text)+16), `{"`...)
	body = append(append(body, key...), `":`...)
	body = append(appendText(body, text, false), '}')
	c.present(status, body)
	return false
}

// rescued answers with an error as a handler of exceptions does: from outside of the endpoint.
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

// oauthError answers with the third shape of errors, from outside of the endpoint. The scope is optional.
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

// plain answers with text from the outermost layers.
func (c *call) plain(status int, text string) bool {
	c.outermost = true
	c.draft.Header.Set("Content-Type", "text/plain")
	c.draft.Status = status
	c.draft.Body = []byte(text)
	return false
}

// send adds what the last layers add, and writes the answer.
func (c *call) send(w http.ResponseWriter) {
	h := c.draft.Header
	if c.method == http.MethodHead && !c.outermost {
		c.draft.Body = nil // by Grape, so that no entity tag is made of it
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
			h["Content-Type"] = nil // or else net/http guesses one
		}
	}
	w.WriteHeader(c.draft.Status)
	_, _ = w.Write(c.draft.Body)
}

// tag is Rack::ETag, with Rails' values for Cache-Control, and Rack::ConditionalGet.
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

// log writes a line about the request.
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
