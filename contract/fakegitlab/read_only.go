package fakegitlab

import "net/http"

const readOnlyText = "You cannot perform write operations on a read-only instance"

// refuseWrites refuses writes while the instance is read-only, before it asks who the caller is.
func (c *call) refuseWrites() bool {
	switch c.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		return true
	}
	if c.decide(ReadOnlyInstance, c.server.store.isReadOnly()) {
		return c.refuse(http.StatusForbidden, messageKey, readOnlyText)
	}
	return true
}
