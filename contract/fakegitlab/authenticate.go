package fakegitlab

import (
	"net/http"
	"strings"
)

// The texts that come with expired and revoked access tokens and with missing scopes.
const (
	expiredText = "Token is expired. You can either do re-authorization or token refresh."
	revokedText = "Token was revoked. You have to re-authorize from the user."
	scopeText   = "The request requires higher privileges than provided by the access token."
)

// authenticate finds the caller, and whether the access token allows what the request is for.
func (c *call) authenticate() bool {
	return c.findToken() && c.tokenValid() && c.actAs()
}

// secret is the value of the access token: a personal one in private_token or PRIVATE-TOKEN, before one that is given as
// OAuth has it. GitLab looks into a body of JSON too.
func (c *call) secret() string {
	return firstOf(
		c.parameter("private_token"),
		c.request.Header.Get("Private-Token"),
		c.parameter("access_token"),
		c.bearer(),
		c.parameter("bearer_token"),
	)
}

// findToken finds the access token.
func (c *call) findToken() bool {
	secret := c.secret()
	token := c.server.store.accessTokens[secret]
	if !c.decide(TokenKnown, secret != "" && token != nil) {
		return c.refuse(http.StatusUnauthorized, messageKey, "401 Unauthorized")
	}
	if token == nil { // a deviation lets anybody in
		token = &accessToken{user: &user{admin: true}, scopes: []string{"api"}, state: active}
	}
	c.token = token
	return true
}

// parameter is a text parameter as GitLab finds it before Grape has read a body: the query before the body.
func (c *call) parameter(name string) string {
	if text, _ := c.query[name].(string); text != "" {
		return text
	}
	if text, _ := c.form[name].(string); text != "" {
		return text
	}
	body, _ := c.json.(parameters)
	text, _ := body[name].(string)
	return text
}

// bearer is what follows Bearer and a space.
func (c *call) bearer() string {
	scheme, secret, found := strings.Cut(c.request.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return secret
}

// tokenValid refuses expired and revoked access tokens and blocked users.
func (c *call) tokenValid() bool {
	if !c.decide(TokenValid, c.token.state == active) {
		if c.token.state == revoked {
			return c.oauthError(http.StatusUnauthorized, "invalid_token", revokedText, "")
		}
		return c.oauthError(http.StatusUnauthorized, "invalid_token", expiredText, "")
	}
	c.user = c.token.user
	if c.decide(UserBlocked, c.user.blocked) {
		return c.refuse(http.StatusForbidden, messageKey, "403 Forbidden - Your account has been blocked.")
	}
	return true
}

// actAs lets an admin act as another user if the access token has the scope sudo; else a scope has to allow the
// request: api, or for reads read_api, and for /version, /metadata and /user read_user.
func (c *call) actAs() bool {
	wanted, given := c.sudo()
	if !given {
		scopes, shown := []string{"api"}, "api read_api"
		if c.method == http.MethodGet || c.method == http.MethodHead {
			scopes = append(scopes, "read_api")
		}
		switch c.route.resource {
		case version, metadata, currentUser:
			scopes, shown = append(scopes, "read_user"), "read_user api read_api"
		}
		if !c.decide(InScope, c.token.hasAny(scopes...)) {
			return c.oauthError(http.StatusForbidden, "insufficient_scope", scopeText, shown)
		}
		return true
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

// sudo is the user to act as: the parameter, or else the header. Either may be empty, and names nobody then.
func (c *call) sudo() (name string, given bool) {
	if value := c.params["sudo"]; value != nil && value != false {
		return inspect(value), true
	}
	if header := c.request.Header.Values("Sudo"); len(header) > 0 {
		return header[0], true
	}
	return "", false
}

// userNamed finds a user by id, if the text has a line of digits, or else by name.
func (s *store) userNamed(text string) *user {
	if isIntegerLine(text) && !strings.HasPrefix(text, "-") {
		id, _ := leadingInteger(text)
		return s.users[id]
	}
	return s.usersByName[strings.ToLower(text)]
}
