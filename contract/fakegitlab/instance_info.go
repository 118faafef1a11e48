package fakegitlab

import "net/http"

// What clients ask of an instance besides agents.

// revision is what GitLab gives as the commit it was built from. Nothing was.
const revision = "fa4e9171ab0"

// showVersion answers GET /version, which from 15.2 on says what /metadata says.
func (c *call) showVersion() {
	if c.server.features.Metadata {
		c.showMetadata()
		return
	}
	body := appendText([]byte(`{"version":`), c.server.version, true)
	body = appendText(append(body, `,"revision":`...), revision, true)
	c.present(http.StatusOK, append(body, '}'))
}

// showMetadata answers GET /metadata. The server for agents is off.
func (c *call) showMetadata() {
	body := appendText([]byte(`{"version":`), c.server.version, true)
	body = appendText(append(body, `,"revision":`...), revision, true)
	body = append(body, `,"kas":{"enabled":false,"externalUrl":null,`...)
	if c.server.features.ProxyURL {
		body = append(body, `"externalK8sProxyUrl":null,`...)
	}
	body = append(body, `"version":null},"enterprise":`...)
	if c.server.edition == enterprise {
		body = append(body, "true}"...)
	} else {
		body = append(body, "false}"...)
	}
	c.present(http.StatusOK, body)
}

// showUser answers GET /user with the part of it by which clients find out who they are.
func (c *call) showUser() {
	body := appendID([]byte(`{"id":`), c.user.id)
	body = appendText(append(body, `,"username":`...), c.user.name, true)
	body = appendText(append(body, `,"name":`...), c.user.name, true)
	body = append(body, `,"state":"active","locked":false,"bot":false`...)
	if c.user.admin {
		body = append(body, `,"is_admin":true`...)
	}
	c.present(http.StatusOK, append(body, '}'))
}
