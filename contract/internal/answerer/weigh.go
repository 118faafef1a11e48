package answerer

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/wire"
)

// What a sign weighs. A body that only GitLab writes outweighs everything but a known page with nothing of GitLab's
// headers around it, and the other way round.
const (
	certain = 8 // a body that only GitLab writes, or only another product
	strong  = 4 // a header that only GitLab sends, or a status that it never sends
	clear   = 3 // HTML where JSON belongs; an id of requests like GitLab's
	fair    = 2 // what Rails applications send; JSON of another shape
	slight  = 1
)

// apiReads are the requests other than the operations to which GitLab answers with JSON, and that a check makes.
var apiReads = regexp.MustCompile(`/api/v4/(metadata|version|user|personal_access_tokens/self|projects/[^/]+|.*cluster_agents.*)$`)

// wantsJSON says whether GitLab answers the request with JSON, so that HTML is a sign. The rest of GitLab has pages.
func wantsJSON(x *wire.Exchange, operation string) bool {
	return operation != "" || x.Request.URL != nil && apiReads.MatchString(x.Request.URL.EscapedPath())
}

// weighBody weighs what the body says by itself.
func (w *weighing) weighBody() {
	status := w.exchange.Response.StatusCode
	switch b := w.body; {
	case b.gitlabs != "":
		w.add(certain, b.gitlabs)
		if b.form == htmlForm && w.wantsJSON {
			w.add(-slight, "HTML where the API has JSON")
		}
	case b.form == htmlForm && w.wantsJSON:
		w.add(-clear, "HTML where the API has JSON")
	case b.form == xmlForm && w.wantsJSON:
		w.add(-clear, "XML where the API has JSON")
	case b.form == jsonForm && b.foreign != "" && w.wantsJSON:
		w.add(-fair, b.foreign)
	case b.form == textForm && w.wantsJSON && !b.partial:
		w.add(-fair, "plain text where the API has JSON")
	case b.form == noForm && status == http.StatusOK && w.wantsJSON && w.exchange.Request.Method == http.MethodGet:
		w.add(-fair, "200 without a body where the API has JSON")
	case b.form == noForm && !b.partial && status >= 400 && w.wantsJSON && w.exchange.Request.Method != http.MethodHead:
		w.add(-slight, "an error without a body, where GitLab's say what is wrong")
	}
}

// weighHeaders weighs the headers that GitLab, Rails applications and others are known by.
func (w *weighing) weighHeaders() {
	r := w.exchange.Response
	if r.HeaderNotRecorded {
		return
	}
	if meta := r.Header.Get("X-Gitlab-Meta"); meta != "" {
		w.add(strong, "X-Gitlab-Meta is there")
	}
	if r.Header.Get("X-Runtime") != "" {
		w.add(fair, "X-Runtime is there")
	}
	if r.Header.Get("Gitlab-Sv") != "" || r.Header.Get("Gitlab-Lb") != "" {
		w.add(fair, "headers of gitlab.com are there")
	}
	if id := r.Header.Get("X-Request-Id"); id != "" && w.likesID(id) {
		switch shapeOf(id) {
		case ulid:
			w.add(clear, "X-Request-Id is like GitLab's")
		case hexadecimal: // nginx adds such ones
		default: // Envoy can add one too
			w.add(slight, "X-Request-Id is there")
		}
	}
	w.weighStatus()
	w.weighRedirect()
}

// weighStatus weighs statuses and challenges that GitLab never sends.
func (w *weighing) weighStatus() {
	r := w.exchange.Response
	switch {
	case r.StatusCode == http.StatusProxyAuthRequired || r.Header.Get("Proxy-Authenticate") != "":
		w.add(-certain, "407 and Proxy-Authenticate are what a proxy sends")
	case r.StatusCode == http.StatusNetworkAuthenticationRequired:
		w.add(-certain, "511 is what a network sends that wants a sign-in")
	case r.StatusCode >= 520 && r.StatusCode <= 530 || r.StatusCode == 561 || r.StatusCode >= 460 && r.StatusCode <= 464:
		w.add(-strong, fmt.Sprintf("%d is no status of GitLab's", r.StatusCode))
	case wantsCredentials(r):
		w.add(-strong, "WWW-Authenticate asks for a user name and a password")
	}
}

// weighRedirect weighs where an answer sends the client. The API redirects to a moved project's id, and nowhere else.
func (w *weighing) weighRedirect() {
	r := w.exchange.Response
	location := r.Header.Get("Location")
	if r.StatusCode < 300 || r.StatusCode > 399 || r.StatusCode == http.StatusNotModified || location == "" || !w.wantsJSON {
		return
	}
	if w.body.gitlabs == "" && !toMovedProject.MatchString(location) {
		w.add(-strong, "it redirects to "+shownTarget(w.exchange, location))
	}
}

// toMovedProject is where GitLab sends the client if a project has moved: to the same request by the project's id.
var toMovedProject = regexp.MustCompile(`/api/v4/projects/[0-9]+(/|\?|$)`)

// shownTarget is where a redirect leads, without its query, which may hold secrets.
func shownTarget(x *wire.Exchange, location string) string {
	u, err := url.Parse(location)
	if err != nil {
		return "a URL that cannot be read"
	}
	if x.Request.URL != nil {
		u = x.Request.URL.ResolveReference(u)
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return Printable(u.String(), 200)
}

// weighProduct looks for a product whose answers look like this one.
func (w *weighing) weighProduct() {
	p, sign := recognise(w.exchange, &w.body, w.wantsJSON)
	if p == nil {
		return
	}
	w.stranger = p
	w.add(-p.weight(), sign)
}

// weighMissing weighs the headers that this GitLab always sends and that are missing. One answer of a broken GitLab can
// lack one of them; an answer that lacks them all was hardly given by it.
func (w *weighing) weighMissing() {
	r := w.exchange.Response
	if r.HeaderNotRecorded || r.BodyNotRecorded || r.Truncated {
		return
	}
	var missing []string
	weight := 0
	for _, name := range w.learned.always {
		switch value := r.Header.Get(name); {
		case value == "":
			missing = append(missing, name)
		case name == "X-Request-Id" && !w.likesID(value):
			missing = append(missing, "an "+name+" like those of this GitLab")
		default:
			continue
		}
		weight += slight
		if name == "X-Gitlab-Meta" {
			weight += slight
		}
	}
	if len(missing) == 0 {
		return
	}
	if len(missing) == len(w.learned.always) {
		weight = max(weight, clear)
	}
	w.add(-weight, "it lacks "+strings.Join(missing, ", ")+", which this GitLab always sends")
}

// likesID says whether the id of a request looks like those that this GitLab gave so far.
func (w *weighing) likesID(id string) bool {
	return !w.learned.anyID || w.learned.requestIDs[shapeOf(id)]
}

func hasAnyPrefix(text string, prefixes ...string) bool {
	for _, prefix := range prefixes {
		if strings.HasPrefix(text, prefix) {
			return true
		}
	}
	return false
}

// Printable is a text from outside as one line that can be shown: without control characters, and not too long.
func Printable(text string, most int) string {
	text = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd || r >= 0x80 && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return ' '
		}
		return r
	}, text)), " ")
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
