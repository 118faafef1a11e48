package har

import (
	"cmp"
	"errors"
	"io/fs"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/gitlab-agents/contract/wire"
)

// reading makes an exchange of an entry.
type reading struct {
	*entry
	decoder   *decoder
	files     fs.FS
	shortened bool     // a text of the entry was too long
	notes     []string // what the exchange is without
}

func (r *reading) note(s string) { r.notes = append(r.notes, s) }

// exchange makes the exchange. It fails only if it is not known where the request went.
func (r *reading) exchange() (*wire.Exchange, error) {
	for _, odd := range r.decoder.odd {
		r.note(odd.String())
	}
	pseudo := r.pseudoHeaders()
	u, err := r.url(pseudo)
	if err != nil {
		return nil, err
	}
	x := &wire.Exchange{
		Request:   wire.Request{Method: r.method(pseudo), URL: u, Header: header(r.Request.Headers)},
		Started:   r.started(),
		FromCache: r.cache(),
	}
	if ms := r.Time; ms > 0 && ms < math.MaxInt64/1e6 {
		x.Duration = time.Duration(ms * float64(time.Millisecond))
	}
	x.Request.HeaderNotRecorded = len(x.Request.Header) == 0
	r.requestBody(&x.Request)
	r.response(x, pseudo)
	if isShownFromCache(x) {
		x.FromCache = "browser"
	}
	if x.Started.IsZero() && x.Response != nil {
		dated(x)
	}
	return x, nil
}

// isShownFromCache says that a browser shows a 304 as the 200 that it had kept, but with the headers of the 304.
func isShownFromCache(x *wire.Exchange) bool {
	if x.Response == nil || x.Response.StatusCode != http.StatusOK || x.Response.HeaderNotRecorded {
		return false
	}
	tag := x.Request.Header.Get("If-None-Match")
	return tag != "" && tag == x.Response.Header.Get("ETag") && x.Response.Header.Get("Content-Type") == ""
}

// pseudoHeaders are the pseudo-headers of HTTP/2 and HTTP/3, such as ":method".
func (r *reading) pseudoHeaders() map[string]string {
	var pseudo map[string]string
	for _, list := range []pairs{r.Request.Headers, r.entry.Response.Headers} {
		for _, p := range list {
			if !strings.HasPrefix(p.Name, ":") {
				continue
			}
			if pseudo == nil {
				pseudo = make(map[string]string)
			}
			pseudo[p.Name] = p.Value
		}
	}
	return pseudo
}

// url is the URL of the request. Some recorders write only the path; HTTP/2 has the rest in headers of its own.
func (r *reading) url(pseudo map[string]string) (*url.URL, error) {
	u, err := url.Parse(cmp.Or(r.Request.URL, pseudo[":path"]))
	if err == nil && u.Scheme == "" {
		u.Scheme = cmp.Or(pseudo[":scheme"], "https")
		u.Host = cmp.Or(u.Host, pseudo[":authority"], header(r.Request.Headers).Get("Host"))
		if u.Host == "" || u.Path == "" {
			err = errors.New("no host or no path")
		}
	}
	if err != nil {
		return nil, errors.New("request.url is not an absolute URL") // it may hold a secret, so it is not shown
	}
	return u, nil
}

// method is the method of the request. Some recorders write it in lower case, which is not how it was sent.
func (r *reading) method(pseudo map[string]string) string {
	method := cmp.Or(r.Request.Method, pseudo[":method"])
	if method == "" && !r.decoder.isOdd("request.method") {
		r.note("it has no request.method")
	}
	switch upper := strings.ToUpper(method); upper {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return upper
	}
	return method
}

// layouts are the times that recorders write: that of RFC 3339, and that with an offset without a colon.
var layouts = []string{time.RFC3339, "2006-01-02T15:04:05Z0700"}

func (r *reading) started() time.Time {
	if r.Started == "" {
		return time.Time{}
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, r.Started); err == nil {
			return t
		}
	}
	r.note("startedDateTime is not a time, so the Date of its answer counts, or its place in the file")
	return time.Time{}
}

// dated takes the time of an exchange from the Date of its answer, if nothing else tells it. Date has whole seconds, so two
// exchanges of one second are in no order. Logs may be written newest first.
func dated(x *wire.Exchange) {
	if date, err := http.ParseTime(x.Response.Header.Get("Date")); err == nil {
		x.Started, x.Duration = date, max(x.Duration, time.Second)
	}
}

// cache names the cache of the client that answered; empty if the server did.
func (r *reading) cache() string {
	for _, c := range []cached{r.entry.cached, r.entry.Response.cached} {
		switch {
		case isSet(c.FromCache):
			return string(c.FromCache)
		case isSet(c.FromDiskCache):
			return "disk"
		case isSet(c.FromMemoryCache):
			return "memory"
		case isSet(c.FromServiceWorker):
			return "service worker"
		case isSet(c.FromPrefetchCache):
			return "prefetch"
		}
		if fetched := strings.ToLower(string(c.FetchType)); strings.Contains(fetched, "cache") || strings.Contains(fetched, "worker") {
			return strings.TrimSuffix(fetched, " cache")
		}
	}
	// Chromium answers itself where it knows that a host wants https.
	if slices.ContainsFunc(r.entry.Response.Headers, func(p pair) bool { return strings.EqualFold(p.Name, "Non-Authoritative-Reason") }) {
		return "browser"
	}
	// Firefox writes no timings at all for what it did not ask a server for.
	if r.Time == 0 && isEmptyObject(r.Timings) {
		return "browser"
	}
	return ""
}

func isSet(flag loose) bool {
	return flag != "" && !strings.EqualFold(string(flag), "false") && !strings.EqualFold(string(flag), "none")
}

func isEmptyObject(raw []byte) bool {
	inside, ok := strings.CutPrefix(strings.TrimSpace(string(raw)), "{")
	return ok && strings.TrimSpace(strings.TrimSuffix(inside, "}")) == ""
}

// header makes a header of a list.
func header(list pairs) http.Header {
	h := make(http.Header, len(list))
	values := make([]string, len(list)) // one block of memory for all of them
	for i, p := range list {
		if p.Name == "" || p.Name[0] == ':' {
			continue
		}
		name := http.CanonicalHeaderKey(p.Name)
		if before := h[name]; before != nil {
			h[name] = append(before, p.Value)
			continue
		}
		values[i] = p.Value
		h[name] = values[i : i+1 : i+1]
	}
	return h
}

// forScripts are the headers that a script in a page may read of an answer from elsewhere.
var forScripts = []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"}

// onlyForScripts says that nothing is recorded of an answer's headers, or only what a script in a page saw of them. Every
// server sends more than that.
func onlyForScripts(h http.Header) bool {
	for name := range h {
		if !slices.Contains(forScripts, name) {
			return false
		}
	}
	return true
}

// response makes the response, or says why there is none. A response whose status is not known has the status 0, and an
// error with it.
func (r *reading) response(x *wire.Exchange, pseudo map[string]string) {
	recorded := &r.entry.Response
	status := recorded.Status
	if n, err := strconv.Atoi(pseudo[":status"]); err == nil && status <= 0 {
		status = float64(n)
	}
	if status != math.Trunc(status) || status > 999 || status > 0 && status < 100 {
		r.note("response.status is not an HTTP status")
		status = -1
	}
	h := header(recorded.Headers)
	isEmpty := len(h) == 0 && (recorded.Content.Text == nil || *recorded.Content.Text == "") && !r.decoder.isOdd("response.status")
	if status == 0 || status < 0 && isEmpty { // browsers write 0 where no answer came
		x.Err = errors.New(cmp.Or(recorded.Error, "the recording has no response"))
		return
	}
	x.Response = &wire.Response{StatusCode: max(0, int(status)), Header: h, HeaderNotRecorded: onlyForScripts(h)}
	r.responseBody(x.Request.Method, x.Response)
	if mimeType := recorded.Content.MimeType; x.Response.HeaderNotRecorded && mimeType != "" && mimeType != "x-unknown" {
		h.Set("Content-Type", mimeType)
	}
	if status <= 0 {
		x.Err = errors.New("the status of the response is not recorded")
	}
	if recorded.Error != "" {
		x.Err, x.Response.Truncated = errors.New(recorded.Error), true
	}
}
