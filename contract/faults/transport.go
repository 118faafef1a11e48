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

// transport are unusual ways in which answers come, most of which are no faults at all: a check has to take them as they
// are.
func transport() []Fault {
	isRead := func(r *http.Request) bool {
		_, ok := placeOf(r.URL)
		return ok && r.Method == http.MethodGet
	}
	return []Fault{
		{
			Name: "slow", Explains: "Each answer takes 20 milliseconds.", Verdict: Conforms,
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				timer := time.NewTimer(20 * time.Millisecond)
				defer timer.Stop()
				select {
				case <-timer.C:
					next.ServeHTTP(w, r)
				case <-r.Context().Done():
				}
			}),
		},
		{
			Name: "chunked", Explains: "Bodies come in chunks, without Content-Length.", Verdict: Conforms,
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
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
			}),
		},
		{
			Name: "compressed", Explains: "Bodies are compressed where the client takes that.", Verdict: Conforms,
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				a := ask(next, r)
				if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") && len(a.body) > 0 {
					var b bytes.Buffer
					z := gzip.NewWriter(&b)
					_, _ = z.Write(a.body)
					_ = z.Close()
					a.body = b.Bytes()
					a.header.Set("Content-Encoding", "gzip")
				}
				a.send(w, r)
			}),
		},
		{
			Name: "indented", Explains: "JSON is indented.", Verdict: Conforms,
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				var b bytes.Buffer
				if json.Indent(&b, d.Body, "", "  ") == nil {
					d.Body = b.Bytes()
				}
			}),
		},
		{
			Name: "charset", Explains: "The content type names its charset, UTF-8.", Verdict: Conforms,
			Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
				if d.Header.Get("Content-Type") == "application/json" {
					d.Header.Set("Content-Type", "application/json; charset=utf-8")
				}
			}),
		},
		{
			Name: "time-zone", Explains: "Times are in the instance's time zone, with its offset.", Verdict: Conforms,
			Deviation: eachObject(edit("created_at", func(s string) string {
				t, err := time.Parse(time.RFC3339, s)
				if err != nil {
					return s
				}
				return t.In(time.FixedZone("", 9*60*60)).Format("2006-01-02T15:04:05.000Z07:00")
			}), append(showTokens[:3:3], showAgents...)...),
		},
		{
			Name: "more-headers", Explains: "A proxy adds headers of its own.", Verdict: Conforms,
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Via", "1.1 proxy")
				w.Header().Set("Strict-Transport-Security", "max-age=31536000")
				w.Header().Set("RateLimit-Remaining", "1999")
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "connections-closed", Explains: "Each connection is closed after one answer.", Verdict: Conforms,
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Connection", "close")
				next.ServeHTTP(w, r)
			}),
		},
		{
			Name: "busy", Explains: "Each read is 429 the first time.", Verdict: Conforms, Wrap: refusingOnce(429, isRead),
		},
		{
			Name: "gateway-hiccups", Explains: "Each read is 502 the first time.", Verdict: Obscures, Rules: []string{"document/status"},
			Wrap: refusingOnce(502, isRead),
		},
		{
			Name: "bodies-cut", Explains: "The connection breaks in the middle of every read of an agent.", Verdict: Obscures,
			Rules: []string{"document/response"}, Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				if p, ok := placeOf(r.URL); !ok || r.Method != http.MethodGet || p.agent == "" || p.tokens {
					next.ServeHTTP(w, r)
					return
				}
				a := ask(next, r)
				w.WriteHeader(a.status)
				_, _ = w.Write(a.body[:len(a.body)/2])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			}),
		},
		{
			Name: "gateway-down", Explains: "Every list of tokens is 503.", Verdict: Obscures, Since: fakegitlab.Release{Major: 15},
			Rules: []string{"document/status"}, Deviation: answering("listAgentTokens", 200, 503, `{"message":"503 Service Unavailable"}`),
		},
	}
}

// refusingOnce gives another status the first time that a URL is asked for.
func refusingOnce(status int, of func(*http.Request) bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		var mu sync.Mutex
		seen := make(map[string]bool)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := r.URL.RequestURI() + r.Header.Get("Private-Token") + r.Header.Get("If-None-Match")
			mu.Lock()
			first := of(r) && !seen[key]
			seen[key] = true
			mu.Unlock()
			if !first {
				next.ServeHTTP(w, r)
				return
			}
			a := &answer{status: status, header: http.Header{"Content-Type": {"text/plain"}}, body: []byte("Retry later\n")}
			if status == http.StatusTooManyRequests {
				a.header.Set("Retry-After", "0")
			}
			a.send(w, r)
		})
	}
}
