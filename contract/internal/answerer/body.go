package answerer

import (
	"bytes"
	"encoding/json"
	"html"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/wire"
)

// form is what kind of text a body is, by the text rather than by its Content-Type.
type form int

const (
	noForm form = iota // there is no body, or it is not known
	jsonForm
	htmlForm
	xmlForm
	textForm
)

// body is what the body of an answer says about who wrote it.
type body struct {
	form    form
	partial bool // only a part of it is known
	ban     bool // it is the word with which GitLab's first layer refuses an address
	// gitlabs says why only GitLab writes such a body; empty if others do too.
	gitlabs string
	// foreign says why GitLab hardly writes such JSON; empty if it may.
	foreign string

	page   string                     // the lower-case text of what is no JSON
	title  string                     // of a page
	fields map[string]json.RawMessage // of a JSON object
}

// maxPage is how much of a page is looked at. Error pages say who they are at the beginning.
const maxPage = 256 << 10

// maxObject is how large a JSON body may be to be taken apart. Errors are small.
const maxObject = 64 << 10

func readBody(x *wire.Exchange) body {
	r := x.Response
	b := body{partial: r.Truncated || r.BodyNotRecorded}
	text := bytes.TrimSpace(bytes.TrimPrefix(r.Body, []byte("\xef\xbb\xbf")))
	if len(text) == 0 || x.Request.Method == http.MethodHead {
		return b
	}
	switch first := text[0]; {
	case first == '{' || first == '[' || first == '"':
		b.form = jsonForm
		b.readJSON(text, r.StatusCode)
	case first == '<':
		b.form = xmlForm
		b.page = strings.ToLower(string(text[:min(len(text), maxPage)]))
		if !strings.HasPrefix(b.page, "<?xml") || strings.Contains(b.page, "<html") || strings.Contains(b.page, "<!doctype html") {
			b.form = htmlForm
		}
		b.readPage(string(text[:min(len(text), maxPage)]))
	default:
		b.form = textForm
		b.page = strings.ToLower(string(text[:min(len(text), maxPage)]))
		if strings.Contains(b.page, "<html") || mediaType(r.Header) == "text/html" && strings.Contains(b.page, "<") {
			b.form = htmlForm
		}
		b.readText(strings.TrimSpace(string(text[:min(len(text), maxPage)])), r.StatusCode, &x.Request)
	}
	return b
}

func mediaType(h http.Header) string {
	t, _, _ := mime.ParseMediaType(h.Get("Content-Type"))
	return t
}

// GitLab's own properties, the most common first. Two of them in one body are no accident.
var ownProperties = [][]byte{
	[]byte(`"created_by_user_id"`), []byte(`"created_at"`), []byte(`"config_project"`), []byte(`"agent_id"`), []byte(`"is_receptive"`),
	[]byte(`"last_used_at"`), []byte(`"path_with_namespace"`), []byte(`"name_with_namespace"`), []byte(`"namespace"`), []byte(`"http_url_to_repo"`),
	[]byte(`"permissions"`), []byte(`"description"`), []byte(`"scopes"`), []byte(`"revoked"`), []byte(`"expires_at"`),
	[]byte(`"version"`), []byte(`"revision"`), []byte(`"kas"`), []byte(`"enterprise"`),
	[]byte(`"username"`), []byte(`"state"`), []byte(`"is_admin"`), []byte(`"locked"`), []byte(`"web_url"`),
}

// distinctive are those of them that other APIs do not have.
var distinctive = [][]byte{
	[]byte(`"created_by_user_id"`), []byte(`"config_project"`), []byte(`"is_receptive"`), []byte(`"path_with_namespace"`), []byte(`"name_with_namespace"`), []byte(`"agent_id"`),
	[]byte(`"http_url_to_repo"`), []byte(`"kas"`), []byte(`"revision"`), []byte(`"insufficient_granular_scope"`),
}

var (
	// ownText is an error of GitLab's: it begins with the status, or is one of Grape's or of those without a status.
	ownText = regexp.MustCompile(`"(message|error)"\s*:\s*[\[{"]*\s*([1-5][0-9]{2} [A-Z]|` +
		`You cannot perform write operations on a read-only instance|Non GET methods are not allowed for moved projects|` +
		`API V3 is no longer supported|This endpoint has been requested too many times|` +
		`The provided content-type '|The requested format '|` +
		`(insufficient_granular_scope|dpop_error|DpopValidationError)"|` +
		`[a-z_]+(\[[a-z_]*\])? (is missing|is invalid|is empty|has a value not allowed|does not have a valid value)|` +
		`GitLab |DPoP |\\nProblem:)`)
	// ownOAuth are the texts that GitLab gives with an OAuth error; the codes are everybody's.
	ownOAuth = regexp.MustCompile(`Token is expired\. You can either do re-authorization|Token was revoked\. You have to re-authorize|` +
		`The request requires higher privileges than provided by the access token|Access denied: Your (Personal|Project|Group|Fine)|Did not recognize token|impersonation token but impersonation|DPoP validation error|Language server client`)
	// foreignKeys are properties that GitLab's errors do not have, and others' do.
	foreignKeys = []string{
		"code", "status", "statusCode", "status_code", "documentation_url", "errors", "fault", "detail", "title", "type", "timestamp", "path",
		"requestId", "request_id", "traceId", "trace_id", "success", "data", "exception", "Message", "errorCode", "error_code", "result", "cause", "reason",
	}
)

// readJSON looks at the names of properties, so that it reads a list of a thousand agents in no time, and a broken body too.
func (b *body) readJSON(text []byte, status int) {
	has := func(property []byte) bool { return bytes.Contains(text, property) }
	own, clearly := 0, slices.ContainsFunc(distinctive, has)
	for _, property := range ownProperties {
		if has(property) {
			own++
		}
		if own == 3 { // that is enough
			break
		}
	}
	switch failed := status >= 400; {
	case has([]byte(`"documentation_url"`)): // a project of GitHub's has properties like GitLab's
	case clearly && own >= 2 || !failed && own >= 3:
		b.gitlabs = "the body has the properties that GitLab's has"
		return
	case ownText.Match(text), ownOAuth.Match(text):
		b.gitlabs = "the body is an error as GitLab words it"
		return
	case !failed && bytes.Equal(text, []byte("[]")):
		b.gitlabs = "the body is an empty list"
		return
	}
	if text[0] == '{' && len(text) <= maxObject {
		_ = json.Unmarshal(text, &b.fields)
	}
	b.foreign = b.whyForeign(status)
}

// whyForeign says why an error is hardly GitLab's, or what should be an agent is hardly one.
func (b *body) whyForeign(status int) string {
	if b.partial {
		return ""
	}
	if status < 400 {
		return "JSON that is nothing of GitLab's"
	}
	for _, key := range foreignKeys {
		if _, there := b.fields[key]; there {
			return "JSON with a property that GitLab's errors do not have: " + key
		}
	}
	for _, key := range []string{"message", "error"} {
		if value, there := b.fields[key]; there {
			if len(value) > 0 && value[0] == '"' {
				return "JSON with a text that GitLab does not have"
			}
			return ""
		}
	}
	if len(b.fields) > 0 {
		return "JSON with neither message nor error, as GitLab's errors have"
	}
	return ""
}

var (
	titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	// ownPage is what GitLab's own pages have: its error pages, and what the application shows to people.
	ownPage = regexp.MustCompile(`alt="gitlab( logo)?"|<title>[^<]*(·|&middot;|&#183;) gitlab\s*</title>|content="gitlab" property="og:site_name"|property="og:site_name" content="gitlab"|` +
		`<title>[^<]*gitlab is not responding \(50[0-9]\)|contact your gitlab administrator`)
	// signInPage is where GitLab sends people who have not signed in. Its API never does.
	signInPage = regexp.MustCompile(`<title>[^<]*sign in[^<]*gitlab|<body[^>]*login-page|<form[^>]*action="[^"]*/users/sign_in"`)
	// ownErrorTitle is the title of GitLab's error pages, whose text is an administrator's to change.
	ownErrorTitle = regexp.MustCompile(`<title>\s*(the page could not be found or you don't have permission to view it|the page you're looking for could not be found|` +
		`something went wrong|the change you requested was rejected|deploy in progress|gitlab is not responding|page not found|waiting for gitlab to boot)[^<]*\((404|422|500|502|503)\)`)
)

func (b *body) readPage(text string) {
	if m := titlePattern.FindStringSubmatch(text); m != nil {
		b.title = Printable(html.UnescapeString(m[1]), 60)
	}
	if !signInPage.MatchString(b.page) && (ownPage.MatchString(b.page) || ownErrorTitle.MatchString(b.page)) {
		b.gitlabs = "the page is one of GitLab's own"
	}
}

// readText knows the few answers of GitLab's that are plain text.
func (b *body) readText(text string, status int, sent *wire.Request) {
	switch {
	case text == "Bad Request" && status == http.StatusBadRequest && mayBeMalformed(sent),
		text == "Retry later" && status == http.StatusTooManyRequests,
		strings.HasPrefix(text, "This resource has been moved permanently to "):
		b.gitlabs = "the text is one of GitLab's"
	case text == "Forbidden" && status == http.StatusForbidden: // Rack::Attack bans an address
		b.gitlabs, b.ban = "the text is one of GitLab's", true
	}
	if status < 300 && (text == "null" || text == "true" || text == "false") {
		b.form = jsonForm
	}
}

// mayBeMalformed says whether a request may hold what GitLab takes for malformed: a body, or a URL with a NUL byte or with
// bytes that are not UTF-8. Some proxies answer in the same words to what they refuse themselves.
func mayBeMalformed(sent *wire.Request) bool {
	if sent.Method != http.MethodGet || len(sent.Body) > 0 || sent.URL == nil {
		return true
	}
	path, err := url.PathUnescape(sent.URL.EscapedPath())
	query, queryErr := url.QueryUnescape(sent.URL.RawQuery)
	return err != nil || queryErr != nil || strings.Contains(path+query, "\x00") || !utf8.ValidString(path) || !utf8.ValidString(query)
}
