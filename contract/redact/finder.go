package redact

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Finder collects credentials. It recognizes them by their names ([IsCredentialName]), wherever a name may appear: in
// headers, queries, fragments, forms, cookies, JSON, and in texts that quote any of them. It also knows the user
// information in URLs, the protocols of a WebSocket, and curl's -u.
//
// The zero Finder is ready for use.
type Finder struct{ found []string }

// Secrets returns what was found.
func (f *Finder) Secrets() []string { return f.found }

func (f *Finder) add(secret string) {
	if secret = strings.TrimSpace(secret); secret != "" && !slices.Contains(f.found, secret) {
		f.found = append(f.found, secret)
	}
}

// URL looks for credentials in a URL. A nil URL has none.
func (f *Finder) URL(u *url.URL) {
	if u == nil {
		return
	}
	f.user(u.User)
	for _, part := range []string{u.RawQuery, u.EscapedFragment(), u.Opaque, u.EscapedPath()} {
		f.escapedText(part)
	}
}

// Text looks for credentials in a text, such as that of an error.
func (f *Finder) Text(text string) { f.escapedText(text) }

// Header looks for credentials in the headers of a message.
func (f *Finder) Header(header http.Header) {
	for name, values := range header {
		name = http.CanonicalHeaderKey(name) // maps made by hand have PRIVATE-TOKEN
		for _, value := range values {
			switch {
			case name == "Cookie":
				for cookie := range strings.SplitSeq(value, ";") {
					f.cookie(cookie)
				}
			case name == "Set-Cookie":
				cookie, _, _ := strings.Cut(value, ";")
				f.cookie(cookie)
			case name == "Sec-Websocket-Protocol":
				f.protocols(value)
			case IsCredentialName(name):
				f.authorization(value)
			default:
				f.escapedText(value)
			}
		}
	}
}

// schemes are the words before the credentials in Authorization.
var schemes = []string{"basic", "bearer", "digest", "token", "negotiate", "apikey"}

func (f *Finder) authorization(value string) {
	scheme, credentials, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		f.add(value)
		return
	}
	f.add(credentials)
	if !slices.Contains(schemes, strings.ToLower(scheme)) {
		f.add(value) // which may be a secret with a space in it
	}
	if strings.EqualFold(scheme, "Basic") {
		f.basic(credentials)
	}
}

// basic adds what is secret in the credentials of Basic authentication.
func (f *Finder) basic(credentials string) {
	decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
	if err != nil {
		return
	}
	name, password, _ := strings.Cut(string(decoded), ":")
	f.user(url.UserPassword(name, password))
}

// user adds the password, and the name where that is the token.
func (f *Finder) user(u *url.Userinfo) {
	if u == nil {
		return
	}
	password, _ := u.Password()
	f.add(password)
	if password == "" || strings.EqualFold(password, "x-oauth-basic") || HasTokenPrefix(u.Username()) {
		f.add(u.Username())
	}
}

// publicProtocols are protocols of WebSockets. Browsers can send no other header, so some clients put a token among them.
var publicProtocols = []string{
	"graphql-ws", "graphql-transport-ws", "actioncable-v1-json", "actioncable-unsupported", "terminal.gitlab.com",
	"base64.terminal.gitlab.com", "ws-tunnel", "binary", "base64", "mqtt", "soap", "wamp", "access_token", "bearer", "token",
	"v4.channel.k8s.io", "v5.channel.k8s.io", "base64.channel.k8s.io", "channel.k8s.io", "binary.k8s.io",
}

func (f *Finder) protocols(value string) {
	for protocol := range strings.SplitSeq(value, ",") {
		protocol = strings.TrimSpace(protocol)
		if slices.Contains(publicProtocols, strings.ToLower(protocol)) {
			continue
		}
		f.add(protocol)
		last := protocol[strings.LastIndexByte(protocol, '.')+1:] // base64url.bearer.authorization.k8s.io.<token>
		if len(last) < minRandom {
			continue
		}
		f.add(last)
		if decoded, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(last, "=")); err == nil {
			f.add(string(decoded))
		}
	}
}

func (f *Finder) cookie(pair string) {
	name, value, ok := strings.Cut(pair, "=")
	value = strings.Trim(value, ` "`)
	if !ok || !IsCredentialName(name) && isWord(value) {
		return // a preference, such as theme=lightmode
	}
	f.add(value)
	if decoded, err := url.QueryUnescape(value); err == nil {
		f.add(decoded)
	}
}

// isWord says whether a text is a short one of letters alone.
func isWord(s string) bool {
	return len(s) < minRandom && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// partOfForm is a field of a multipart form: its name and its value.
var partOfForm = regexp.MustCompile(`(?i)name="?([^"\r\n;]+)"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]+)`)

// Body looks for credentials in the body of a message with the given headers.
func (f *Finder) Body(header http.Header, body []byte) {
	switch contentType := strings.ToLower(header.Get("Content-Type")); {
	case len(body) == 0:
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		f.escapedText(string(body))
	case strings.HasPrefix(contentType, "multipart/"):
		for _, match := range partOfForm.FindAllSubmatch(body, -1) {
			if IsCredentialName(string(match[1])) {
				f.add(string(match[2]))
			}
		}
		f.text(body)
	default: // JSON, or what calls itself something else
		f.text(body)
	}
}
