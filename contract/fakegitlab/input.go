package fakegitlab

import (
	"errors"
	"net/http"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// readInput reads the query and the body. Malformed input is refused later.
func (c *call) readInput() bool {
	input, err := rack.Read(c.request)
	switch {
	case errors.Is(err, rack.ErrTooLarge):
		return c.plain(http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	case err != nil:
		panic(http.ErrAbortHandler) // the client is gone
	}
	c.input = input
	return true
}

// overrideMethod lets a POST be another method.
func (c *call) overrideMethod() bool {
	c.method = c.input.Method(c.request)
	return true
}

// refuseMalformed refuses malformed input before anything else, and without saying why.
func (c *call) refuseMalformed() bool {
	if !c.input.HasMediaType() {
		// Rails has no page for that.
		c.plain(http.StatusNotAcceptable, "")
		c.draft.Header.Set("Content-Type", "text/html; charset=utf-8")
		return false
	}
	if c.decide(Malformed, c.input.IsMalformed(c.request)) {
		return c.plain(http.StatusBadRequest, "Bad Request")
	}
	return true
}
