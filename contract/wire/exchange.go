// Package wire holds what went over the wire: an Exchange is one request and its response. It records exchanges, and
// shows a request as a line for curl.
package wire

import (
	"net/http"
	"net/url"
	"time"
)

// Exchange is one HTTP request and what came back.
//
// A recording may not hold all of it. What is not recorded is marked, so that it is not taken for what was empty; with
// live traffic everything is known, and every mark has its zero value.
type Exchange struct {
	Request  Request
	Response *Response // nil if no answer came; Err then says why
	// Err is why there is no answer, or why only a part of it: a timeout, a reset, a refused connection.
	Err error

	Started  time.Time     // zero if the source does not say
	Duration time.Duration // zero if the source does not say

	// FromCache names the cache of the client that answered, such as "disk". If it is not empty, this is not an exchange
	// with the server.
	FromCache string
}

// Request is a request as it was sent.
type Request struct {
	Method string
	URL    *url.URL // absolute; EscapedPath is the path as it was sent
	Header http.Header
	// HeaderNotRecorded says that Header is not known, or only what the source gives away elsewhere.
	HeaderNotRecorded bool
	Body              []byte // nil if there was none, or if it is not recorded
	// BodyNotRecorded says that there may have been a body, but nothing of it is known. Truncated is then true too, for
	// those who only ask whether Body is the whole body.
	BodyNotRecorded bool
	// Truncated says that Body is not the whole body: a limit was reached, or it was never read to its end.
	Truncated bool
}

// Response is a response as it was received, its content coding removed.
type Response struct {
	StatusCode int // 0 if it is not recorded; Err says so then
	Header     http.Header
	// HeaderNotRecorded says that Header is not known, or only what the source gives away elsewhere.
	HeaderNotRecorded bool
	Body              []byte // nil if there was none, or if it is not recorded
	// BodyNotRecorded says that there may have been a body, but nothing of it is known. Truncated is then true too, for
	// those who only ask whether Body is the whole body.
	BodyNotRecorded bool
	// Truncated says that Body is not the whole body: the connection broke, or a limit was reached.
	Truncated bool
}
