package redact

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

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
		case '-':
			f.option(text, i)
		}
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
var curlUser = regexp.MustCompile(`^(?:-u|--user|--proxy-user)[ =]?["'\\]*([^\s"':\\]+):([^\s"'\\]+)`)

// option adds the user and password behind curl's option, if a word of the text begins with it.
func (f *Finder) option(text []byte, hyphen int) {
	if hyphen > 0 && strings.IndexByte(" \t\r\n\f\"'\\", text[hyphen-1]) < 0 {
		return
	}
	if match := curlUser.FindSubmatch(text[hyphen:]); match != nil {
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
	secret, weak := false, true
	for part := range strings.FieldsFuncSeq(unescaped(string(text[start:equals])), func(r rune) bool { return r == '[' || r == ']' }) {
		if IsCredentialName(part) {
			secret, weak = true, weak && isWholeName(part)
		}
	}
	if !secret {
		return Span{}, false
	}
	end := equals + 1
	for end < len(text) && strings.IndexByte("&;# \t\r\n\"'<>", text[end]) < 0 {
		end++
	}
	if weak && isWord(string(text[equals+1:end])) { // such as key=default
		return Span{}, false
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
