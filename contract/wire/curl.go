package wire

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/redact"
)

// variables stand for the credentials that a header holds.
var variables = map[string]string{
	"Private-Token":       "$GITLAB_TOKEN",
	"Job-Token":           "$CI_JOB_TOKEN",
	"Deploy-Token":        "$GITLAB_DEPLOY_TOKEN",
	"Cookie":              "$GITLAB_COOKIE",
	"Proxy-Authorization": "$PROXY_AUTHORIZATION",
}

// implied are the headers that curl writes itself, or should.
var implied = []string{"Accept-Encoding", "Connection", "Content-Length", "Host", "Transfer-Encoding", "User-Agent"}

// What a line does with the answer. Without -s, curl prints a progress meter into a pipe.
const (
	showAll     = ` -sS -i -w '\n'`                                          // prints it: status, headers and body
	headersOnly = ` -sS -o /dev/null -D - -w '%{stderr}HTTP %{http_code}\n'` // prints the headers, and the status past a pipe
	passBodyOn  = ` -sS -w '%{stderr}HTTP %{http_code}\n'`                   // prints the status, past the pipe that the body goes to
)

// Curl returns one line for a shell that makes the request again and shows the whole answer. Where the URL is one of
// GitLab's API, scheme, host and relative root are $GITLAB_URL; credentials are variables such as $GITLAB_TOKEN, and what
// else is recognized as a secret is [redacted].
//
// Every POSIX shell takes the line, with one exception: a header or URL with characters that aren't printable is written in
// $'…', which bash, zsh, ksh, busybox and POSIX since 2024 know. A body with such characters goes through printf.
func Curl(req *Request) string { return curl(req, showAll) }

// CurlBody returns a line like that of Curl, but standard output gets the body of the answer only, for a program that reads
// it. Standard error gets the status.
func CurlBody(req *Request) string { return curl(req, passBodyOn) }

// CurlHeaders returns a line like that of Curl, but standard output gets the headers of the answer only. Standard error gets
// the status.
func CurlHeaders(req *Request) string { return curl(req, headersOnly) }

func curl(req *Request, answer string) string {
	redactor := redact.New()
	for _, secret := range requestSecrets(req) {
		redactor.Learn(secret)
	}

	line := "curl" + answer
	switch req.Method {
	case "", http.MethodGet:
		if len(req.Body) > 0 {
			line += " -X GET"
		}
	case http.MethodHead:
		line += " --head" // with -X HEAD curl waits for a body
	default:
		line += " -X " + redact.Word(redactor.Redact(req.Method))
	}
	target := curlURL(req.URL, redactor)
	if strings.ContainsAny(target, "[]{}") {
		line += " --globoff"
	}
	if strings.Contains(target, "/./") || strings.Contains(target, "/../") {
		line += " --path-as-is"
	}
	for _, header := range curlHeaders(req, redactor) {
		line += " -H " + header
	}
	if len(req.Body) > 0 {
		body := redactor.Redact(string(req.Body))
		if isArgument(body) {
			line += " --data-raw " + redact.Quoted(body)
		} else {
			line = printf(body) + " | " + line + " --data-binary @-"
		}
	}
	line += " " + target
	switch {
	case req.HeaderNotRecorded && req.BodyNotRecorded:
		line += " # headers and body are not recorded"
	case req.HeaderNotRecorded:
		line += " # headers are not recorded"
	case req.BodyNotRecorded:
		line += " # the body is not recorded"
	case req.Truncated:
		line += " # the body was longer"
	}
	return line
}

// curlURL is the URL as a shell word.
func curlURL(u *url.URL, redactor *redact.Redactor) string {
	if u == nil {
		return `"$GITLAB_URL"`
	}
	path := u.EscapedPath()
	before, after := "", u.Scheme+"://"+u.Host+path
	if _, below, ok := strings.Cut(path, "/api/v4/"); ok {
		before, after = "$GITLAB_URL", "/api/v4/"+below
	}
	if u.RawQuery != "" {
		after += "?" + u.RawQuery
	}
	// Credentials in the query become a variable, everything else is quoted.
	var b strings.Builder
	b.WriteString(before)
	rest := after
	for _, value := range redact.SecretParameters(after) {
		shown := len(after) - len(rest)
		b.WriteString(redact.DoubleQuoted(redactor.Redact(after[shown:value.Start])) + "$GITLAB_TOKEN")
		rest = after[value.End:]
	}
	b.WriteString(redact.DoubleQuoted(redactor.Redact(rest)))
	return `"` + b.String() + `"`
}

// curlHeaders are the headers as shell words, credentials first.
func curlHeaders(req *Request, redactor *redact.Redactor) []string {
	var credentials, others []string
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		canonical := http.CanonicalHeaderKey(name)
		shown := redactor.Redact(canonical)
		if canonical == "Private-Token" {
			shown = "PRIVATE-TOKEN" // as GitLab's documentation has it
		}
		for _, value := range req.Header[name] {
			variable, secret := variables[canonical]
			scheme, _, hasScheme := strings.Cut(value, " ")
			switch {
			case secret:
				credentials = append(credentials, `"`+shown+": "+variable+`"`)
			case canonical == "Authorization" && hasScheme && strings.EqualFold(scheme, "Bearer"):
				credentials = append(credentials, `"Authorization: Bearer $GITLAB_TOKEN"`)
			case canonical == "Authorization":
				credentials = append(credentials, `"Authorization: $GITLAB_AUTHORIZATION"`)
			case slices.Contains(implied, canonical) && (canonical != "Host" || req.URL == nil || value == req.URL.Host),
				canonical == "Accept" && value == "*/*":
			case value == "":
				others = append(others, redact.Quoted(shown+";")) // with a colon curl would leave the header out
			default:
				others = append(others, redact.Quoted(shown+": "+redactor.Redact(value)))
			}
		}
	}
	if len(req.Body) > 0 && req.Header.Get("Content-Type") == "" {
		others = append(others, "'Content-Type:'") // or curl calls the body a form
	}
	return append(credentials, others...)
}

// isArgument says whether s can be an argument in the command line of every shell, which knows '…' and no other quotes.
func isArgument(s string) bool { return strings.HasPrefix(redact.Quoted(s), "'") }

// printf is a command that prints s.
func printf(s string) string {
	format := redact.PrintfFormat(s)
	if strings.HasPrefix(format, "-") {
		return "printf -- " + redact.Quoted(format)
	}
	return "printf " + redact.Quoted(format)
}
