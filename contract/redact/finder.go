package redact

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Finder collects credentials, which it knows by the names that they bear: the headers PRIVATE-TOKEN, JOB-TOKEN,
// Deploy-Token, Authorization (the password of Basic), Cookie, Set-Cookie and those that are named like them; parameters
// such as private_token, access_token and job_token in the query, in a form or in JSON, and in the URLs of Link, Location
// and bodies; user information in URLs; and properties such as the token that a create response shows.
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

// URL looks for credentials in the query and in the user information. A nil URL has none.
func (f *Finder) URL(u *url.URL) {
	if u == nil {
		return
	}
	f.parameters(u.RawQuery)
	f.user(u.User)
}

// Header looks for credentials in the headers of a message.
func (f *Finder) Header(header http.Header) {
	for name, values := range header {
		name = http.CanonicalHeaderKey(name) // maps made by hand have PRIVATE-TOKEN
		for _, value := range values {
			switch name {
			case "Private-Token", "Job-Token", "Deploy-Token":
				f.add(value)
			case "Authorization", "Proxy-Authorization":
				f.authorization(value)
			case "Cookie":
				for cookie := range strings.SplitSeq(value, ";") {
					f.cookie(cookie)
				}
			case "Set-Cookie":
				cookie, _, _ := strings.Cut(value, ";")
				f.cookie(cookie)
			case "Link", "Location", "Content-Location", "Referer", "Refresh":
				f.parameters(value)
				f.users(value)
			default:
				if isSecretHeader(name) {
					f.authorization(value)
				}
			}
		}
	}
}

// isSecretHeader says whether a header's name says that its value is a credential, as proxies, clouds and GitLab's own
// services name theirs: X-Auth-Token, CF-Access-Client-Secret, X-API-Key, X-Original-Authorization, Gitlab-Kas-Api-Request.
func isSecretHeader(name string) bool {
	for _, ending := range []string{
		"Token", "Secret", "Password", "Api-Key", "Apikey", "Access-Key", "Secret-Key", "Auth-Key", "-Auth", "-Authorization",
		"-Assertion", "-Api-Request",
	} {
		if strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

func (f *Finder) authorization(value string) {
	scheme, credentials, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		f.add(value)
		return
	}
	f.add(credentials)
	switch strings.ToLower(scheme) {
	case "basic", "bearer", "digest", "token", "negotiate":
	default:
		f.add(value) // which may be a secret with a space in it
	}
	if strings.EqualFold(scheme, "Basic") {
		decoded, err := base64.StdEncoding.DecodeString(strings.TrimSpace(credentials))
		if err != nil {
			return
		}
		name, password, _ := strings.Cut(string(decoded), ":")
		f.user(url.UserPassword(name, password))
	}
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

var userInfo = regexp.MustCompile(`://([^/?#\s"'<>@]+)@`)

func (f *Finder) users(text string) {
	if !strings.Contains(text, "@") {
		return
	}
	for _, match := range userInfo.FindAllStringSubmatch(text, -1) {
		name, password, _ := strings.Cut(match[1], ":")
		if n, err := url.PathUnescape(name); err == nil {
			name = n
		}
		if p, err := url.PathUnescape(password); err == nil {
			password = p
		}
		f.user(url.UserPassword(name, password))
	}
}

func (f *Finder) cookie(pair string) {
	name, value, ok := strings.Cut(pair, "=")
	value = strings.Trim(value, ` "`)
	if !ok || !isSecretName(name) && isWord(value) {
		return // a preference, such as theme=lightmode
	}
	f.add(value)
	if decoded, err := url.QueryUnescape(value); err == nil {
		f.add(decoded)
	}
}

func isWord(s string) bool {
	return len(s) < minRandom && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
}

// parameter is a parameter in a query or form whose name says that its value is secret.
var parameter = regexp.MustCompile(`(?i)(?:^|[?&;<\s])([a-z0-9_.%\[\]-]*(?:token|secret|password)(?:\]|%5d)?(?:(?:\[|%5b)[^=&;\s]*)?)=([^&;#\s"'<>]+)`)

// Span is a part of a text.
type Span struct{ Start, End int }

// SecretParameters returns where in a URL or form the values stand whose names say that they are secret.
func SecretParameters(text string) []Span {
	var spans []Span
	for _, match := range parameter.FindAllStringSubmatchIndex(text, -1) {
		spans = append(spans, Span{Start: match[4], End: match[5]})
	}
	return spans
}

func (f *Finder) parameters(text string) {
	if strings.Contains(text, "%") {
		f.escapedParameters(text)
	}
	if lower := strings.ToLower(text); !strings.Contains(lower, "token") && !strings.Contains(lower, "secret") && !strings.Contains(lower, "password") {
		return
	}
	for _, match := range parameter.FindAllStringSubmatch(text, -1) {
		if value, err := url.QueryUnescape(match[2]); err == nil {
			f.add(value)
		} else {
			f.add(match[2])
		}
	}
}

// escapedParameters adds the values of parameters whose names say that they are secret once they are unescaped:
// private_toke%6E is private_token to a server.
func (f *Finder) escapedParameters(text string) {
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return strings.ContainsRune("?&;<> \t\r\n", r) }) {
		name, value, _ := strings.Cut(part, "=")
		if !strings.Contains(name, "%") {
			continue
		}
		unescaped, err := url.QueryUnescape(name)
		if err != nil || !parameter.MatchString(unescaped+"=x") {
			continue
		}
		if v, err := url.QueryUnescape(value); err == nil {
			value = v
		}
		f.add(value)
	}
}

// isSecretName says whether what bears the name is secret.
func isSecretName(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	for _, word := range []string{"token", "secret", "password", "session", "auth"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// part is a field of a multipart form whose name says that its value is secret.
var part = regexp.MustCompile(`(?i)name="?[a-z0-9_.-]*(?:token|secret|password)"?[^\r\n]*\r?\n(?:[^\r\n]+\r?\n)*\r?\n([^\r\n]+)`)

// Body looks for credentials in the body of a message with the given headers.
func (f *Finder) Body(header http.Header, body []byte) {
	switch contentType := strings.ToLower(header.Get("Content-Type")); {
	case len(body) == 0:
	case strings.HasPrefix(contentType, "application/x-www-form-urlencoded"):
		f.parameters(string(body))
	case strings.HasPrefix(contentType, "multipart/"):
		for _, match := range part.FindAllSubmatch(body, -1) {
			f.add(string(match[1]))
		}
	default: // JSON, or what calls itself something else
		f.properties(body)
		f.urls(body)
	}
}

// urls adds what is secret in the URLs that stand in a body, and in one that is a form but does not say so.
func (f *Finder) urls(body []byte) {
	first := bytes.TrimLeft(body, " \t\r\n")
	maybe := len(first) > 0 && first[0] != '{' && first[0] != '['
	for _, ending := range []string{"oken", "ecret", "assword", "OKEN", "ECRET", "ASSWORD"} {
		i := bytes.Index(body, []byte(ending))
		maybe = maybe || i >= 0 && bytes.IndexByte(body[i:], '=') >= 0
	}
	if maybe {
		f.parameters(string(body))
	}
	if bytes.IndexByte(body, '@') >= 0 && bytes.Contains(body, []byte("://")) {
		f.users(string(body))
	}
}

// properties adds the texts that are values of properties whose names say that they are secret: token, accessToken,
// CLIENT_SECRET. It needs no valid JSON: a body may be broken, or only a part of one, and show a secret all the same.
func (f *Finder) properties(body []byte) {
	for _, word := range []string{"token", "secret", "password", "TOKEN", "SECRET", "PASSWORD"} {
		ending := []byte(word[1:] + `"`) // the first letter may be a capital
		for rest := body; ; {
			i := bytes.Index(rest, ending)
			if i < 0 {
				break
			}
			begins := i > 0 && (rest[i-1] == word[0] || rest[i-1] == word[0]&^0x20)
			rest = rest[i+len(ending):]
			if value := bytes.TrimLeft(rest, " \t\r\n"); begins && len(value) > 0 && value[0] == ':' {
				f.texts(bytes.TrimLeft(value[1:], " \t\r\n"))
			}
		}
	}
}

// texts adds the JSON string with which a value begins, or the strings with which a list begins.
func (f *Finder) texts(value []byte) {
	list := len(value) > 0 && value[0] == '['
	if list {
		value = bytes.TrimLeft(value[1:], " \t\r\n")
	}
	for len(value) > 0 && value[0] == '"' {
		s, size := text(value)
		f.add(s)
		if !list {
			return
		}
		value = bytes.TrimLeft(value[size:], ", \t\r\n")
	}
}

// text is the JSON string at the beginning of literal, or what there is of it, and how long that is.
func text(literal []byte) (s string, size int) {
	for i := 1; i < len(literal); i++ {
		switch literal[i] {
		case '\\':
			i++
		case '"':
			if json.Unmarshal(literal[:i+1], &s) == nil {
				return s, i + 1
			}
			return string(literal[1:i]), i + 1
		}
	}
	return string(literal[1:]), len(literal)
}
