package setup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/internal/answerer"
	"example.com/gitlab-agents/contract/wire"
)

// ReadRefusal says what an answer means for the ground that a check stands on: that the token is refused, the project gone,
// the instance read-only, or that GitLab did not answer at all. It is nil if the answer says nothing of the kind, such as
// a 400 or a 404 about an agent. Ask it about answers that should have been successes: a nonexistent token is refused
// in the same words when that is what a check wants to see.
func ReadRefusal(x *wire.Exchange) *Problem { return readRefusal(x, &answerer.Learner{}) }

func readRefusal(x *wire.Exchange, learner *answerer.Learner) *Problem {
	if x.Response == nil {
		return nil
	}
	v := learner.Who(x, "")
	if v.Kind == answerer.Stranger && (!answerer.Transient(x.Response.StatusCode) || StandsInTheWay(v)) {
		return notGitLabs(x, v)
	}
	p := refusalOf(x)
	if p != nil && v.Kind == answerer.Unknown && (p.Code == Forbidden || p.Code == TokenUnknown) {
		return hardlyGitLabs(x, p)
	}
	if p == nil && v.Kind == answerer.Unknown && refusesSlash(x) {
		return slashRefused(x)
	}
	return p
}

// StandsInTheWay says that a stranger of some kind stays, whatever its status: waiting does not help.
func StandsInTheWay(v answerer.Verdict) bool {
	switch v.Kindof {
	case answerer.CDNChallenge, answerer.WAF, answerer.WebFilter, answerer.SignInPage, answerer.CaptivePortal, answerer.ParkedDomain:
		return true
	}
	return false
}

// refusesSlash says that a read whose path has an escaped slash was refused with 400, and not as GitLab words it. GitLab
// takes such paths; some proxies refuse them with hardly a word.
func refusesSlash(x *wire.Exchange) bool {
	return x.Response.StatusCode == http.StatusBadRequest && isRead(x.Request.Method) && escapedSlash(x.Request.URL)
}

func slashRefused(x *wire.Exchange) *Problem {
	return saidBy(x.Response).problem(InBetween, fmt.Sprintf("something in between refuses %%2F in paths: %s is answered with 400, and hardly by GitLab", asked(x)), answerer.AnySlashCure)
}

// hardlyGitLabs describes a refusal that has nothing of GitLab's, and nothing of anybody else's that is known.
func hardlyGitLabs(x *wire.Exchange, p *Problem) *Problem {
	means := fmt.Sprintf("this %d is hardly GitLab's, whose errors look different: something in between may have answered %s", p.Status, asked(x))
	if server := answerer.ServerOf(x.Response.Header); server != "" {
		means += ", perhaps " + server
	}
	return &Problem{
		Code: InBetween, Said: p.Said, Status: p.Status, Means: means,
		Do: "Let what stands in front of GitLab pass all requests under /api/v4 unchanged. If nothing does, check the token: it has to be " + accessToken + ".",
	}
}

// refusalOf reads an answer as GitLab's.
func refusalOf(x *wire.Exchange) *Problem {
	said := saidBy(x.Response)
	switch x.Response.StatusCode {
	case http.StatusBadRequest:
		return bodyLost(x, said)
	case http.StatusUnsupportedMediaType:
		return typeLost(x, said)
	case http.StatusUnauthorized:
		return unauthorized(said)
	case http.StatusForbidden:
		return forbidden(said, !isRead(x.Request.Method))
	case http.StatusNotFound:
		if p := page(x); p != nil {
			return p
		}
		return notFound(x, said)
	case http.StatusMethodNotAllowed:
		if strings.Contains(said.sentence, "moved projects") {
			return moved("", said)
		}
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if toProjectID.MatchString(x.Response.Header.Get("Location")) {
			return moved("", said)
		}
		return redirects(x)
	case http.StatusOK:
		return page(x)
	}
	return nil
}

func isRead(method string) bool { return method == http.MethodGet || method == http.MethodHead }

// said is what an answer says.
type said struct {
	status   int
	sentence string // what it says in words
	code     string // the code of an OAuth error
	scope    string
}

// saidBy reads GitLab's three kinds of errors, and plain text.
func saidBy(r *wire.Response) said {
	s := said{status: r.StatusCode}
	var body struct {
		Message     any    `json:"message"`
		Error       any    `json:"error"`
		Description string `json:"error_description"`
		Scope       string `json:"scope"`
	}
	if json.Unmarshal(r.Body, &body) != nil {
		if len(r.Body) > 0 && r.Body[0] != '<' && r.Body[0] != '{' {
			s.sentence = answerer.Printable(string(r.Body[:min(len(r.Body), 1000)]), 200)
		}
		return s
	}
	s.code, _ = body.Error.(string)
	s.scope = answerer.Printable(body.Scope, 100)
	switch message, _ := body.Message.(string); {
	case body.Description != "":
		s.sentence = body.Description
	case message != "":
		s.sentence = message
	default:
		s.sentence = s.code
	}
	s.sentence = answerer.Printable(s.sentence, 300)
	return s
}

func (s said) problem(code, means, do string) *Problem {
	return &Problem{Code: code, Means: means, Said: s.sentence, Status: s.status, Do: do}
}

// bodyLost reads a 400 about a name that was sent.
func bodyLost(x *wire.Exchange, s said) *Problem {
	if s.code != "name is missing" || x.Request.Method != http.MethodPost || !bytes.Contains(x.Request.Body, []byte(`"name":"`)) {
		return nil
	}
	return s.problem(BodyLost, fmt.Sprintf("GitLab did not get the body of %s: the name was sent", asked(x)), "Let what stands in front of GitLab pass the bodies of requests, and their Content-Type and Content-Length.")
}

// unsupported is the content type that GitLab got.
var unsupported = regexp.MustCompile(`^The provided content-type '([^']*)' is not supported`)

// typeLost reads a 415 about another content type than the one that was sent.
func typeLost(x *wire.Exchange, s said) *Problem {
	sent := x.Request.Header.Get("Content-Type")
	got := unsupported.FindStringSubmatch(s.sentence)
	if got == nil || sent != "application/json" || got[1] == sent {
		return nil
	}
	return s.problem(BodyLost, fmt.Sprintf("GitLab did not get the Content-Type of %s: %s was sent", asked(x), sent), "Let what stands in front of GitLab pass the header Content-Type.")
}

// unauthorized reads a 401.
func unauthorized(s said) *Problem {
	lower := strings.ToLower(s.sentence)
	switch {
	case strings.Contains(lower, "expired"):
		return s.problem(TokenExpired, "the access token has expired", "Give "+accessToken+" that is still valid.")
	case strings.Contains(lower, "revoked"):
		return s.problem(TokenRevoked, "the access token was revoked", "Give another one: "+accessToken+".")
	case strings.Contains(lower, "dpop"):
		return s.problem(TokenDPoP, "the token's user demands a DPoP proof with every request, which this program does not make", "Turn DPoP off in that user's settings, or use a project or group access token.")
	case strings.Contains(lower, "impersonation"):
		return s.problem(TokenRevoked, "the token is an impersonation token, which this GitLab has turned off", "Give "+accessToken+".")
	}
	return s.problem(TokenUnknown, "GitLab does not know the access token", "Check that it is a token of this GitLab, whole, and not expired or revoked: it is "+accessToken+". What stands in front of GitLab has to pass the header PRIVATE-TOKEN.")
}

// permission is what GitLab names of a fine-grained token: what it lacks, and where.
var permission = regexp.MustCompile(`(?:lacks|lack) the required permissions?: \[([^\]]*)\](?: for ("[^"]*"|[^.]*))?`)

// forbidden reads a 403.
func forbidden(s said, write bool) *Problem {
	lower := strings.ToLower(s.sentence)
	instead := ""
	if write {
		instead = orReadOnly
	}
	switch {
	case s.code == "insufficient_granular_scope":
		means := "the fine-grained token lacks a permission"
		do := "Give the token the permissions for agents and their tokens in the project" + instead + "."
		if m := permission.FindStringSubmatch(s.sentence); m != nil {
			means = "the fine-grained token lacks the permission " + m[1]
			if m[2] != "" {
				means += " for " + strings.Trim(m[2], `"`)
			}
			do = "Give the token the permission " + m[1] + instead + "."
		}
		return s.problem(TokenPermission, means, do)
	case s.code == "insufficient_scope":
		if write {
			return s.problem(TokenScope, "the token may only read: it lacks the scope api", "Give a token with the scope api"+instead+".")
		}
		return s.problem(TokenScope, "the token lacks the scope api, or read_api for reading", "Give a token with the scope api.")
	case strings.Contains(lower, "read-only instance"):
		return s.problem(InstanceReadOnly, "this GitLab is read-only: it is in maintenance mode, or a Geo secondary", "Wait for the end of the maintenance, or give the URL of the primary"+orReadOnly+".")
	case strings.Contains(lower, "terms of service"):
		return s.problem(AccountTerms, "the token's user has not accepted the Terms of Service", "Sign in to GitLab as that user and accept them.")
	case strings.Contains(lower, "password") && strings.Contains(lower, "expired"):
		return s.problem(AccountPassword, "the password of the token's user has expired", "Sign in to GitLab as that user and set a new one.")
	case strings.Contains(lower, "saml") || strings.Contains(lower, "sso session"):
		return s.problem(AccountSAML, "the token's user has no SAML session", "Sign in to GitLab through the group's single sign-on as that user, or use a project or group access token.")
	case strings.Contains(lower, "account") && strings.Contains(lower, "deactivated"):
		return s.problem(AccountBlocked, "the account of the token's user is deactivated", "Sign in to GitLab as that user, which activates it again, or give another user's token.")
	case strings.Contains(lower, "account") && (strings.Contains(lower, "blocked") || strings.Contains(lower, "banned") || strings.Contains(lower, "pending approval")),
		strings.Contains(lower, "internal users"):
		return s.problem(AccountBlocked, "the account of the token's user may not be used", "Have an administrator unblock it, or give another user's token.")
	case strings.Contains(lower, "email address is not confirmed"):
		return s.problem(AccountEmail, "the token's user has not confirmed the email address", "Sign in to GitLab as that user and confirm it, or give another user's token.")
	case s.sentence == "Forbidden" && write: // a ban would have refused the reads before
		return s.problem(InBetween, "something in between refuses requests that change something, and lets reads pass", "Let it pass POST and DELETE under /api/v4"+orReadOnly+".")
	case s.sentence == "Forbidden": // in plain text, without a status in front
		return s.problem(AddressRefused, "this address is refused: GitLab bans one for a while after many failed sign-ins, and proxies have lists of addresses", "Wait for the ban to end, or have an administrator let this address pass.")
	case strings.Contains(lower, "ip address"):
		return s.problem(AddressRefused, "GitLab does not let this address in", "Run this from an address that the group or the instance allows, or have it added to the list.")
	case strings.Contains(lower, "two-factor") || strings.Contains(lower, "2fa"):
		return s.problem(AccountTwoFactor, "the token's user has to set up two-factor authentication first", "Sign in to GitLab as that user and set it up, or use a project or group access token.")
	case strings.Contains(lower, "sudo"):
		return s.problem(TokenScope, "the token may not act as another user", "Give a token of the user, without sudo.")
	}
	if why, more := strings.CutPrefix(s.sentence, "403 Forbidden - "); more && why != "" {
		return s.problem(RefusedWithReason, "GitLab refuses the token's user, and says why", "Remove the reason that GitLab names, or give another user's token"+instead+".")
	}
	if write {
		return s.problem(Forbidden, "the token may not change agents in this project: its role is below maintainer, or the project is archived", "Give a maintainer's token, and a project that is not archived"+orReadOnly+".")
	}
	return s.problem(Forbidden, "the token may not read this", "Give a token with the scope api, of a developer or above.")
}

// notFound reads a 404, if it is about the project or a route, rather than an agent.
func notFound(x *wire.Exchange, s said) *Problem {
	switch {
	case strings.Contains(s.sentence, "Project Not Found"):
		return s.problem(ProjectUnknown, "there is no such project, or the token's user is not a member of it", "Check the project's full path, that the token's user is a member, and that the group's list of IP addresses allows this one.")
	case strings.Contains(s.sentence, "ClusterAgents Not Found"):
		return s.problem(RoleTooLow, "the token's role in the project is below developer, so it sees no agents", "Give a token of a maintainer, or of a developer with --read-only.")
	case s.code == "404 Not Found" && escapedSlash(x.Request.URL):
		return s.problem(PathDecoded, "something in between unescapes the slashes in the project's path, so that GitLab finds no such route", "Let it pass %2F as it came: AllowEncodedSlashes NoDecode and nocanon in Apache, proxy_pass without a URI in nginx. The project's id works instead of its path.")
	case strings.HasPrefix(s.sentence, "404 User with ID or username"):
		return s.problem(TokenScope, "the user to act as does not exist", "Leave sudo out, or name a user that exists.")
	}
	return nil
}

func escapedSlash(u *url.URL) bool {
	return u != nil && strings.Contains(strings.ToLower(u.EscapedPath()), "%2f")
}

// toProjectID is where GitLab redirects requests for a project that has moved.
var toProjectID = regexp.MustCompile(`/api/v4/projects/([0-9]+)([/?]|$)`)

// moved describes a project that has moved to a path; empty if that is not known.
func moved(to string, s said) *Problem {
	if to == "" {
		return s.problem(ProjectMoved, "the project has moved to another path", "Give the project's new path, or its id.")
	}
	return s.problem(ProjectMoved, "the project has moved to "+to, "Use --project "+to+".")
}

// page reads a page of GitLab's where its API has JSON.
func page(x *wire.Exchange) *Problem {
	body := strings.TrimSpace(string(x.Response.Body[:min(len(x.Response.Body), 100)]))
	if x.Request.Method == http.MethodHead || !strings.HasPrefix(body, "<") {
		return nil
	}
	return &Problem{
		Code: NotGitLab, Status: x.Response.StatusCode,
		Means: fmt.Sprintf("there is a web page of GitLab where its API should be: %s is answered with HTML", asked(x)),
		Do:    "Check the URL and its relative root: /api/v4 has to lead to the API, without a sign-in in front of it.",
	}
}

// redirects describes a redirect that no product is known for.
func redirects(x *wire.Exchange) *Problem {
	target := target(x)
	p := &Problem{Code: Redirects, Status: x.Response.StatusCode, Means: fmt.Sprintf("%s redirects to %s", site(x.Request.URL), target), Do: "Check the URL and its relative root."}
	if u, err := url.Parse(target); err == nil && x.Request.URL != nil && u.Host != "" {
		if base, ok := strings.CutSuffix(u.EscapedPath(), apiPath(x.Request.URL)); ok {
			p.Do = "Give the URL " + u.Scheme + "://" + u.Host + base + " instead."
		}
	}
	return p
}

// apiPath is the path of a URL from /api/v4 on.
func apiPath(u *url.URL) string {
	path := u.EscapedPath()
	if i := strings.Index(path, "/api/v4"); i >= 0 {
		return path[i:]
	}
	return path
}

// target is where a redirect leads, without a query, which may hold secrets.
func target(x *wire.Exchange) string {
	u, err := url.Parse(x.Response.Header.Get("Location"))
	if err != nil {
		return "a URL that cannot be read"
	}
	if x.Request.URL != nil {
		u = x.Request.URL.ResolveReference(u)
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return answerer.Printable(u.String(), 200)
}

// site is the scheme and host of a URL, and its relative root.
func site(u *url.URL) string {
	if u == nil {
		return "the server"
	}
	root, _, _ := strings.Cut(u.EscapedPath(), "/api/v4")
	return u.Scheme + "://" + u.Host + root
}

// asked is the request, as a reader knows it.
func asked(x *wire.Exchange) string {
	request := x.Request.Method
	if x.Request.URL != nil {
		request += " " + x.Request.URL.EscapedPath()
	}
	return answerer.Printable(request, 200)
}

// notGitLabs describes what was answered by something other than GitLab.
func notGitLabs(x *wire.Exchange, v answerer.Verdict) *Problem {
	status := x.Response.StatusCode
	p := &Problem{Code: InBetween, Status: status, Do: v.Cure}
	switch v.Kindof {
	case answerer.OtherWebsite, answerer.ParkedDomain:
		p.Code, p.Means = NotGitLab, fmt.Sprintf("there is no GitLab API at %s: %s answers %s with %d", site(x.Request.URL), v.By, asked(x), status)
	case answerer.OtherAPI:
		p.Code, p.Means = NotGitLab, fmt.Sprintf("there is no GitLab API at %s, as far as the %d to %s tells: it looks like %s", site(x.Request.URL), status, asked(x), v.By)
	case answerer.Redirect:
		p = redirects(x)
		if strings.HasPrefix(p.Do, "Check") {
			p.Do = v.Cure
		}
	case answerer.SignInPage, answerer.CaptivePortal:
		p.Code, p.Means = SignIn, fmt.Sprintf("a sign-in stands in front of GitLab: %s answers %s with %d", v.By, asked(x), status)
		if x.Response.Header.Get("Location") != "" {
			p.Means = fmt.Sprintf("a sign-in stands in front of GitLab: %s redirects to %s", site(x.Request.URL), target(x))
			if !strings.HasPrefix(v.By, "a redirect") {
				p.Means += ", by " + v.By
			}
		}
	case answerer.SharedCache:
		p.Means = fmt.Sprintf("something in between answered, not GitLab: %s, to %s", v.By, asked(x))
	default:
		p.Means = fmt.Sprintf("this %d is not GitLab's: something in between answered %s, %s", status, asked(x), v.By)
	}
	return p
}
