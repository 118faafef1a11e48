// Package wire holds what went over the wire: an Exchange is one request and its response. It records exchanges, and
// shows a request as a line for curl.
package wire

import (
	"net/http"
	"net/url"
	"time"
)

// Exchange is one HTTP request and what came back.
type Exchange struct {
	Request  Request
	Response *Response // nil if no answer came; Err then says why
	// Err is why there is no answer, or why only a part of it: a timeout, a reset, a refused connection.
	Err error

	Started  time.Time     // zero if the source does not say
	Duration time.Duration // zero if the source does not say
}

// Request is a request as it was sent.
type Request struct {
	Method string
	URL    *url.URL // absolute; EscapedPath is the path as it was sent
	Header http.Header
	Body   []byte // nil if there was none
	// Truncated says that Body is not the whole body: a limit was reached, or it was never read to its end.
	Truncated bool
}

// Response is a response as it was received, its content coding removed.
type Response struct {
	StatusCode int
	Header     http.Header
	Body       []byte // nil if there was none
	// Truncated says that Body is not the whole body: the connection broke, or a limit was reached.
	Truncated bool
}
