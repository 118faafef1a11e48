package fakegitlab

import (
	"fmt"
	"net/http"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab/internal/rack"
)

// GitLab's sentences about access tokens and accounts that are refused.
const (
	expiredText = "Token is expired. You can either do re-authorization or token refresh."
	revokedText = "Token was revoked. You have to re-authorize from the user."
	scopeText   = "The request requires higher privileges than provided by the access token."

	blockedText  = "Your account has been blocked."
	passwordText = "Your password expired. Please access GitLab from a web browser to update your password."
	termsText    = "You (@%s) must accept the Terms of Service in order to perform this action. To accept these terms, please access GitLab from a web browser at %s."
)

// authenticate finds the caller and checks that the access token allows the request.
func (c *call) authenticate() bool {
	return c.findToken() && c.tokenValid() && c.accountUsable() && c.actAs() && c.permitted()
}

// secret is the access token's value. A personal access token in private_token or PRIVATE-TOKEN comes first, then the
// places that OAuth defines. GitLab also looks into a JSON body.
func (c *call) secret() string {
	return firstOf(
		c.input.Text("private_token"),
		c.request.Header.Get("Private-Token"),
		c.input.Text("access_token"),
		c.bearer(),
		c.input.Text("bearer_token"),
	)
}

// jobTokenPrefix is the beginning of a CI job's token. The Agents API does not accept one.
const jobTokenPrefix = "glcbt-"

// findToken finds the access token.
func (c *call) findToken() bool {
	secret := c.secret()
	if secret == "" && c.route.operation == getProject {
		c.user = &user{} // anybody may see a public project
		return true
	}
	token := c.server.store.token(secret)
	if !c.decide(TokenKnown, token != nil && !strings.HasPrefix(secret, jobTokenPrefix)) {
		return c.refuse(http.StatusUnauthorized, messageKey, "401 Unauthorized")
	}
	if token == nil { // a deviation accepts any token
		token = &accessToken{user: &user{admin: true, state: active}, scopes: []string{"api"}, state: active}
	}
	c.token = token
	return true
}

// bearer returns what follows "Bearer " in the Authorization header.
func (c *call) bearer() string {
	scheme, secret, found := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return secret
}

// tokenValid refuses expired and revoked access tokens.
func (c *call) tokenValid() bool {
	if c.token == nil {
		return true
	}
	state := c.token.stateAt(c.server.clock())
	switch {
	case c.decide(TokenValid, state == active):
		c.user = c.token.user
		return true
	case state == revoked:
		return c.oauthError(http.StatusUnauthorized, "invalid_token", revokedText, "")
	}
	return c.oauthError(http.StatusUnauthorized, "invalid_token", expiredText, "")
}

// accountUsable refuses blocked users, and users who must first do something in a browser.
func (c *call) accountUsable() bool {
	if c.token == nil || !c.decide(UserBlocked, c.user.state != active) {
		return true
	}
	reason := blockedText
	switch c.user.state {
	case passwordExpired:
		reason = passwordText
	case termsNotAccepted:
		reason = fmt.Sprintf(termsText, c.user.name, c.origin()+c.server.root)
	}
	return c.refuse(http.StatusForbidden, messageKey, "403 Forbidden - "+reason)
}

// actAs lets an admin act as another user if the access token has the scope sudo. Otherwise a scope has to allow the
// request.
func (c *call) actAs() bool {
	if c.token == nil {
		return true
	}
	wanted, given := c.sudo()
	if !given {
		return c.inScope()
	}
	if !c.user.admin {
		return c.refuse(http.StatusForbidden, messageKey, "403 Forbidden - Must be admin to use sudo")
	}
	if !c.decide(InScope, c.token.hasAny("sudo")) {
		return c.oauthError(http.StatusForbidden, "insufficient_scope", scopeText, "sudo")
	}
	u := c.server.store.userNamed(wanted)
	if u == nil {
		return c.refuse(http.StatusNotFound, messageKey, "404 User with ID or username '"+wanted+"' Not Found")
	}
	c.user = u
	return true
}

// inScope checks that a scope of the access token allows the request. The scope api allows everything, read_api allows
// reads, and read_user allows the requests about the instance and the user. Every token may ask about itself. For a
// fine-grained token, permitted decides instead.
func (c *call) inScope() bool {
	scopes, shown := []string{"api"}, "api read_api"
	if c.method == http.MethodGet || c.method == http.MethodHead {
		scopes = append(scopes, "read_api")
	}
	switch c.route.resource {
	case version, metadata, currentUser:
		scopes, shown = append(scopes, "read_user"), "read_user api read_api"
	case ownToken:
		return true
	}
	if !c.decide(InScope, c.token.permissions != nil || c.token.hasAny(scopes...)) {
		return c.oauthError(http.StatusForbidden, "insufficient_scope", scopeText, shown)
	}
	return true
}

// sudo returns the user to act as, from the parameter or else from the header. An empty name is given too, and matches
// no user.
func (c *call) sudo() (name string, given bool) {
	if value := c.params["sudo"]; value != nil && value != false {
		return rack.Inspect(value), true
	}
	if header := c.request.Header.Values("Sudo"); len(header) > 0 {
		return header[0], true
	}
	return "", false
}
