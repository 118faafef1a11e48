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

// escapedText looks for credentials in a text, and in what it is once it is unescaped.
func (f *Finder) escapedText(text string) {
	f.text([]byte(text))
	if strings.ContainsAny(text, "%+") {
		if plain, err := url.QueryUnescape(text); err == nil && plain != text {
			f.named([]byte(plain))
		}
	}
}

// text looks for credentials in a text of any kind: JSON, URLs and forms, and quotes of headers and command lines. It
// needs nothing whole or valid: a body may be broken, or only a part of one, and show a secret even so.
func (f *Finder) text(text []byte) {
	f.named(text)
	f.users(text)
}

// named looks for values with the name of a credential, and for curl's -u.
func (f *Finder) named(text []byte) {
	for i, c := range text {
		switch c {
		case '=':
			f.parameter(text, i)
		case ':':
			f.property(text, i)
		}
	}
	if bytes.Contains(text, []byte("-u")) {
		f.commandLine(text)
	}
}

var userInfo = regexp.MustCompile(`://([^/?#\s"'<>@]+)@`)

func (f *Finder) users(text []byte) {
	if bytes.IndexByte(text, '@') < 0 || !bytes.Contains(text, []byte("://")) {
		return
	}
	for _, match := range userInfo.FindAllSubmatch(text, -1) {
		name, password, _ := strings.Cut(string(match[1]), ":")
		if n, err := url.PathUnescape(name); err == nil {
			name = n
		}
		if p, err := url.PathUnescape(password); err == nil {
			password = p
		}
		f.user(url.UserPassword(name, password))
	}
}

// curlUser is curl's option for a user and password.
var curlUser = regexp.MustCompile(`(?:^|[\s"'\\])(?:-u|--user|--proxy-user)[ =]?["'\\]*([^\s"':\\]+):([^\s"'\\]+)`)

func (f *Finder) commandLine(text []byte) {
	for _, match := range curlUser.FindAllSubmatch(text, -1) {
		f.user(url.UserPassword(string(match[1]), string(match[2])))
	}
}

// maxName is the longest name that is looked at, in bytes.
const maxName = 128

// nameBefore is where the name begins that ends before end.
func nameBefore(text []byte, end int, isInName func(byte) bool) int {
	start := end
	for start > 0 && end-start < maxName && isInName(text[start-1]) {
		start--
	}
	return start
}

func inParameterName(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("_.-%[]", c) >= 0
}

func inPropertyName(c byte) bool { return isAlphanumeric(c) || strings.IndexByte("_.-", c) >= 0 }

// parameter adds the value behind an equals sign, if the name before it says that it is secret.
func (f *Finder) parameter(text []byte, equals int) {
	span, ok := secretParameter(text, equals)
	if !ok {
		return
	}
	value := string(text[span.Start:span.End])
	if before, _, escaped := strings.Cut(value, `\`); escaped { // in JSON, & may be written \u0026
		f.add(unescaped(before))
	}
	f.add(unescaped(value))
	f.add(unescaped(strings.TrimRight(value, ":,.)]}"))) // in a sentence, what follows a URL is no part of it
}

// unescaped is a text as it was before it was escaped for a query, or as it is if it can't have been.
func unescaped(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// Span is a part of a text.
type Span struct{ Start, End int }

// SecretParameters returns where in a URL or form the values stand whose names say that they are secret.
func SecretParameters(text string) []Span {
	var spans []Span
	for i := range len(text) {
		if text[i] == '=' {
			if span, ok := secretParameter([]byte(text), i); ok {
				spans = append(spans, span)
			}
		}
	}
	return spans
}

// secretParameter is where the value of the parameter stands whose equals sign is given, if its name says that it is
// secret. A name may be escaped (private_toke%6E is private_token to a server), and have brackets (user[password]).
func secretParameter(text []byte, equals int) (Span, bool) {
	start := nameBefore(text, equals, inParameterName)
	if start == equals {
		return Span{}, false
	}
	secret := false
	for part := range strings.FieldsFuncSeq(unescaped(string(text[start:equals])), func(r rune) bool { return r == '[' || r == ']' }) {
		secret = secret || IsCredentialName(part)
	}
	if !secret {
		return Span{}, false
	}
	end := equals + 1
	for end < len(text) && strings.IndexByte("&;# \t\r\n\"'<>", text[end]) < 0 {
		end++
	}
	return Span{equals + 1, end}, end > equals+1
}

// property adds the value behind a colon, if the name before it says that it is secret: of a property in JSON, or of a
// header that a text quotes.
func (f *Finder) property(text []byte, colon int) {
	end := colon
	for end > 0 && isSpace(text[end-1]) {
		end--
	}
	quoted := end
	for quoted > 0 && (text[quoted-1] == '"' || text[quoted-1] == '\'' || text[quoted-1] == '\\') {
		quoted--
	}
	escaped := quoted >= 6 && text[quoted-6] == '\\' // the last letter may be written as \u006e
	if !escaped && !mayBeCredentialName(text[max(0, quoted-maxName):quoted]) {
		return
	}
	start := nameBefore(text, quoted, inPropertyName)
	if start == quoted {
		return
	}
	name := string(text[start:quoted])
	if quoted < end && start > 0 && text[end-1] == '"' && text[start-1] == '\\' {
		name = escapedName(text[:end])
	}
	value := bytes.TrimLeft(text[colon+1:], " \t\r\n")
	switch {
	case len(value) == 0 || !IsCredentialName(name):
	case quoted < end && (value[0] == '"' || value[0] == '['):
		f.texts(value, isWholeName(name))
	case quoted < end && bytes.HasPrefix(value, []byte(`\"`)): // JSON inside JSON
		f.add(string(upTo(value[2:], `\"`)))
	case quoted == end:
		f.quotedHeader(name, value)
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// escapedName is the name in quotes with which a text ends. JSON may write any letter of it as \u and its number.
func escapedName(text []byte) string {
	from := max(0, len(text)-maxName)
	start := bytes.LastIndexByte(text[from:len(text)-1], '"')
	var name string
	if start < 0 || json.Unmarshal(text[from+start:], &name) != nil {
		return ""
	}
	return name
}

// texts adds the JSON string with which a value begins, or the strings with which a list begins. A list of sentences says
// what is wrong with a value, and a single word under a name such as code says the same.
func (f *Finder) texts(value []byte, weak bool) {
	list := value[0] == '['
	if list {
		value = bytes.TrimLeft(value[1:], " \t\r\n")
	}
	for len(value) > 0 && value[0] == '"' {
		s, size := text(value)
		switch {
		case list && isSentence(s):
		case weak && isIdentifier(s):
		default:
			f.add(s)
		}
		if !list {
			return
		}
		value = bytes.TrimLeft(value[size:], ", \t\r\n")
	}
}

// isSentence says whether a text is made of words, such as "is too long (maximum is 255 characters)".
func isSentence(s string) bool {
	return strings.Contains(s, " ") && !strings.ContainsFunc(s, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,:;'()", r)
	})
}

// isIdentifier says whether a text is made of words alone, such as invalid_request.
func isIdentifier(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !strings.ContainsRune("_- .", r) })
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

// quotedHeader adds the value of a header that a text quotes, such as PRIVATE-TOKEN: x. Without a hyphen a name may be a
// word of a sentence ("token: invalid"), and a word behind it no secret.
func (f *Finder) quotedHeader(name string, value []byte) {
	isHeader := strings.Contains(name, "-") || strings.EqualFold(name, "Authorization") || strings.EqualFold(name, "Cookie")
	if strings.EqualFold(name, "Cookie") || strings.EqualFold(name, "Set-Cookie") {
		for cookie := range strings.SplitSeq(string(upTo(value, "\"'\\\r\n")), ";") {
			f.cookie(cookie)
		}
		return
	}
	const ends = " \t\r\n\"'\\,;<>"
	word := string(upTo(value, ends))
	if slices.Contains(schemes, strings.ToLower(word)) {
		credentials := string(upTo(bytes.TrimLeft(value[len(word):], " "), ends))
		if strings.EqualFold(word, "Basic") {
			f.basic(credentials)
		}
		word = credentials
	}
	if isHeader || !isIdentifier(word) {
		f.add(word)
	}
}

// upTo is a text up to the first of some characters.
func upTo(text []byte, ends string) []byte {
	if i := bytes.IndexAny(text, ends); i >= 0 {
		return text[:i]
	}
	return text
}
