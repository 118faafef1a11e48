package fakegitlab

import (
	"net/http"
	"strconv"

	"example.com/gitlab-agents/generated/clusteragents"
)

// Requests about the instance, the caller and the project.

// revision is the commit that the fake claims to be built from.
const revision = "fa4e9171ab0"

// showVersion answers GET /version. From 15.2 the response is that of /metadata.
func (c *call) showVersion() {
	if c.server.features.Metadata {
		c.showMetadata()
		return
	}
	body := appendText([]byte(`{"version":`), c.server.version, true)
	body = appendText(append(body, `,"revision":`...), revision, true)
	c.present(http.StatusOK, append(body, '}'))
}

// showMetadata answers GET /metadata. The agent server (KAS) is off.
func (c *call) showMetadata() {
	body := appendText([]byte(`{"version":`), c.server.version, true)
	body = appendText(append(body, `,"revision":`...), revision, true)
	body = append(body, `,"kas":{"enabled":false,"externalUrl":null,`...)
	if c.server.features.ProxyURL {
		body = append(body, `"externalK8sProxyUrl":null,`...)
	}
	body = append(body, `"version":null}`...)
	if c.server.features.Edition {
		body = strconv.AppendBool(append(body, `,"enterprise":`...), c.server.edition == enterprise)
	}
	c.present(http.StatusOK, append(body, '}'))
}

// showUser answers GET /user with the properties that identify the user.
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

// showOwnToken answers GET /personal_access_tokens/self.
func (c *call) showOwnToken() {
	t := c.token
	scopes := t.scopes
	if t.permissions != nil {
		scopes = []string{"granular"}
	}
	state := t.stateAt(c.server.clock())
	body := appendID([]byte(`{"id":`), t.id)
	body = appendText(append(body, `,"name":`...), t.user.name, true)
	body = strconv.AppendBool(append(body, `,"revoked":`...), state == revoked)
	body = appendTime(append(body, `,"created_at":`...), t.createdAt)
	body = appendTexts(append(body, `,"description":null,"scopes":`...), scopes)
	body = appendID(append(body, `,"user_id":`...), t.user.id)
	body = strconv.AppendBool(append(body, `,"last_used_at":null,"active":`...), state == active)
	body = appendDate(append(body, `,"expires_at":`...), t.expiresAt)
	c.present(http.StatusOK, append(body, '}'))
}

// showProject answers GET /projects/:id with the properties that matter to clients of the Agents API. Callers without a
// token do not see permissions.
func (c *call) showProject(named clusteragents.Project) {
	p := c.findProject(named)
	if p == nil {
		return
	}
	body := append([]byte{}, p.identity[:len(p.identity)-1]...)
	body = appendText(append(body, `,"web_url":`...), c.origin()+c.server.root+"/"+p.path, true)
	if c.token != nil {
		body = appendText(append(body, `,"visibility":`...), c.access.visibility, true)
		body = strconv.AppendBool(append(body, `,"archived":`...), c.access.archived)
		body = appendAccess(append(body, `,"permissions":{"project_access":`...), c.access.own)
		body = append(appendAccess(append(body, `,"group_access":`...), c.access.group), '}')
	}
	c.present(http.StatusOK, append(body, '}'))
}

func appendAccess(b []byte, role Role) []byte {
	if role == NoRole {
		return append(b, "null"...)
	}
	return append(appendID(append(b, `{"access_level":`...), role.accessLevel()), `,"notification_level":3}`...)
}
