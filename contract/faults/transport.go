package faults

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// transport are unusual ways in which responses arrive. Most are no faults, and a check has to accept them.
func transport() []Fault {
	readsAny := method(http.MethodGet, isAny)
	return []Fault{
		{Name: "slow", Explains: "Each response takes 20 milliseconds.", Verdict: Conforms, Change: handle(waiting)},
		{Name: "chunked", Explains: "Bodies come in chunks, without Content-Length.", Verdict: Conforms, Change: handle(chunking)},
		{Name: "compressed", Explains: "Bodies are compressed if the client accepts that.", Verdict: Conforms, Change: afterwards(compressing)},
		{Name: "indented", Explains: "JSON is indented.", Verdict: Conforms, Change: rewrite(indenting)},
		{Name: "charset", Explains: "The content type has a charset, UTF-8.", Verdict: Conforms, Change: editHeader("Content-Type", matching("^application/json$", "application/json; charset=utf-8"))},
		{Name: "time-zone", Explains: "Times are in the instance's time zone, with its offset.", Verdict: Conforms, Change: edit("created_at", inTokyo, shows...)},
		{Name: "more-headers", Explains: "A proxy adds headers of its own.", Verdict: Conforms, Change: handle(adding("Via", "1.1 proxy", "Strict-Transport-Security", "max-age=31536000", "RateLimit-Remaining", "1999"))},
		{Name: "connections-closed", Explains: "Each connection is closed after one response.", Verdict: Conforms, Change: handle(adding("Connection", "close"))},
		{Name: "busy", Explains: "Each read is 429 the first time.", Verdict: Conforms, Change: refuseOnce(429, readsAny)},
		{Name: "cdn-challenge", Explains: "A CDN in front answers every list of tokens with a challenge for browsers.", Since: v15, Rules: ids{"delivery/answered-by-gitlab"}, Change: afterwards(challengingLists)},
		{Name: "gateway-hiccups", Explains: "Each read is 502 the first time.", Verdict: Obscures, Rules: ids{"document/status"}, Change: refuseOnce(502, readsAny)},
		{Name: "bodies-cut", Explains: "The connection breaks in the middle of every read of an agent.", Verdict: Obscures, Rules: ids{"document/response"}, Change: handle(breakingOff)},
		{Name: "gateway-down", Explains: "Every list of tokens is 503.", Since: v15, Verdict: Obscures, Rules: ids{"document/status"}, Change: answer("listAgentTokens", 200, 503, `{"message":"503 Service Unavailable"}`)},
	}
}

func waiting(next http.Handler, w http.ResponseWriter, r *http.Request) {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-timer.C:
		next.ServeHTTP(w, r)
	case <-r.Context().Done():
	}
}

func chunking(next http.Handler, w http.ResponseWriter, r *http.Request) {
	a := ask(next, r)
	a.header.Del("Content-Length")
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	half := len(a.body) / 2
	_, _ = w.Write(a.body[:half])
	_ = http.NewResponseController(w).Flush()
	_, _ = w.Write(a.body[half:])
}

func compressing(_ http.Handler, r *http.Request, a *reply) {
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || len(a.body) == 0 {
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, _ = z.Write(a.body)
	_ = z.Close()
	a.body = b.Bytes()
	a.header.Set("Content-Encoding", "gzip")
}

func indenting(_ *http.Request, d *fakegitlab.ResponseDraft) {
	var b bytes.Buffer
	if json.Indent(&b, d.Body, "", "  ") == nil {
		d.Body = b.Bytes()
	}
}

func inTokyo(s string) string {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return t.In(time.FixedZone("", 9*60*60)).Format(timeLayout)
}

// challengingLists is what a CDN does that takes a program for a robot: its page, and nothing of GitLab's.
func challengingLists(_ http.Handler, r *http.Request, a *reply) {
	if method(http.MethodGet, isTokenList)(r) {
		*a = reply{
			status: http.StatusForbidden,
			header: http.Header{"Server": {"cloudflare"}, "Cf-Ray": {"8f1a2b3c4d5e6f70-FRA"}, "Cf-Mitigated": {"challenge"}, "Content-Type": {"text/html; charset=UTF-8"}},
			body:   []byte("<!DOCTYPE html><html lang=\"en-US\"><head><title>Just a moment...</title></head><body></body></html>"),
		}
	}
}

// adding adds headers: each pair is a name and a value.
func adding(pairs ...string) func(next http.Handler, w http.ResponseWriter, r *http.Request) {
	return func(next http.Handler, w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(pairs); i += 2 {
			w.Header().Set(pairs[i], pairs[i+1])
		}
		next.ServeHTTP(w, r)
	}
}

// breakingOff breaks the connection in the middle of a read of an agent.
func breakingOff(next http.Handler, w http.ResponseWriter, r *http.Request) {
	if !method(http.MethodGet, isAgent)(r) {
		next.ServeHTTP(w, r)
		return
	}
	a := ask(next, r)
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body[:len(a.body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// refuseOnce gives another status the first time that a caller asks for a URL.
func refuseOnce(status int, of func(*http.Request) bool) Change {
	return around(func(next http.Handler) http.Handler {
		var seen sync.Map
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, again := seen.LoadOrStore(callerAndURL(r)+r.Header.Get("If-None-Match"), true); again || !of(r) {
				next.ServeHTTP(w, r)
				return
			}
			a := &reply{status: status, header: http.Header{"Content-Type": {"text/plain"}}, body: []byte("Retry later\n")}
			if status == http.StatusTooManyRequests {
				a.header.Set("Retry-After", "0")
			}
			a.send(w, r)
		})
	})
}
