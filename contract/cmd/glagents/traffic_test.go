package main

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"time"
)

// traffic is a recording of any length, of a GitLab that does everything right: round after round an agent and a token
// are created, read, listed, revoked and deleted, in a project that has twenty other agents. It is made as it is read.
type traffic struct {
	rounds int // that are still to come
	round  int
	buf    bytes.Buffer
	begun  bool
	ended  bool
	now    time.Time
}

// newTraffic is a recording of that many rounds of eight exchanges.
func newTraffic(rounds int) *traffic {
	return &traffic{rounds: rounds, now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

// roundSize is about how many bytes a round has.
const roundSize = 19_000

func (t *traffic) Read(p []byte) (int, error) {
	for t.buf.Len() == 0 {
		switch {
		case !t.begun:
			t.begun = true
			t.buf.WriteString(`{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"pages":[],"entries":[`)
		case t.rounds > 0:
			if t.round > 0 {
				t.buf.WriteByte(',')
			}
			t.round++
			t.rounds--
			t.write()
		case !t.ended:
			t.ended = true
			t.buf.WriteString(`]}}`)
		default:
			return 0, io.EOF
		}
	}
	return t.buf.Read(p)
}

const (
	project = `{"id":20,"description":"","name":"test","name_with_namespace":"Administrator / test","path":"test","path_with_namespace":"root/test","created_at":"2022-03-20T20:42:40.221Z"}`
	created = "2026-11-22T12:00:00.000Z"
)

func agentBody(id int, name string) string {
	return fmt.Sprintf(`{"id":%d,"name":%q,"config_project":%s,"created_at":%q,"created_by_user_id":42}`, id, name, project, created)
}

func tokenBody(id, agent int, more string) string {
	return fmt.Sprintf(`{"id":%d,"name":"ci","description":"A token","agent_id":%d,"status":"active","created_at":%q,"created_by_user_id":42%s}`, id, agent, created, more)
}

// write writes a round.
func (t *traffic) write() {
	agent, token := 1000+t.round, 5000+t.round
	name := fmt.Sprintf("agent-%d", agent)
	sum := sha512.Sum512(fmt.Append(nil, "secret", t.round))
	secret := "glagent-" + base64.RawURLEncoding.EncodeToString(sum[:])[:50]
	agents := "/projects/20/cluster_agents"
	one := fmt.Sprintf("%s/%d", agents, agent)
	tokens := one + "/tokens"
	oneToken := fmt.Sprintf("%s/%d", tokens, token)
	var others []string
	for i := range 20 {
		others = append(others, agentBody(i+1, fmt.Sprintf("a-%02d", i)))
	}
	const unused = `,"last_used_at":null`

	t.entry("POST", agents, `{"name":"`+name+`"}`, 201, agentBody(agent, name), 0)
	t.buf.WriteByte(',')
	t.entry("GET", one, "", 200, agentBody(agent, name), 0)
	t.buf.WriteByte(',')
	t.entry("POST", tokens, `{"name":"ci","description":"A token"}`, 201, tokenBody(token, agent, unused+`,"token":"`+secret+`"`), 0)
	t.buf.WriteByte(',')
	t.entry("GET", tokens, "", 200, "["+tokenBody(token, agent, "")+"]", 1)
	t.buf.WriteByte(',')
	t.entry("GET", oneToken, "", 200, tokenBody(token, agent, unused), 0)
	t.buf.WriteByte(',')
	t.entry("DELETE", oneToken, "", 204, "", 0)
	t.buf.WriteByte(',')
	t.entry("DELETE", one, "", 204, "", 0)
	t.buf.WriteByte(',')
	t.entry("GET", agents, "", 200, "["+strings.Join(others, ",")+"]", 20)
}

// random are 64 characters that nothing else has.
func (t *traffic) random(what string) string {
	return fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, what, t.round)))
}

// entry writes an entry as browsers do. A total makes it a page of a list.
func (t *traffic) entry(method, path, body string, status int, answer string, total int) {
	t.now = t.now.Add(50 * time.Millisecond)
	url := "https://gitlab.example.com/api/v4" + path
	fmt.Fprintf(&t.buf, `{"startedDateTime":%q,"time":27.75,"request":{"method":%q,"url":%q,"httpVersion":"HTTP/2.0","cookies":[],"headers":[`+
		`{"name":":method","value":%[3]q},{"name":"private-token","value":"glpat-0123456789abcdefghij"},{"name":"accept","value":"*/*"},{"name":"user-agent","value":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"}`,
		t.now.Format(time.RFC3339Nano), method, url)
	if body != "" {
		t.buf.WriteString(`,{"name":"content-type","value":"application/json"}`)
	}
	fmt.Fprintf(&t.buf, `],"queryString":[],"headersSize":-1,"bodySize":%d`, len(body))
	if body != "" {
		fmt.Fprintf(&t.buf, `,"postData":{"mimeType":"application/json","text":%q}`, body)
	}
	fmt.Fprintf(&t.buf, `},"response":{"status":%d,"statusText":"","httpVersion":"HTTP/2.0","cookies":[],"headers":[`+
		`{"name":"cache-control","value":"max-age=0, private, must-revalidate"},{"name":"vary","value":"Origin"},{"name":"x-content-type-options","value":"nosniff"},`+
		`{"name":"x-frame-options","value":"SAMEORIGIN"},{"name":"x-request-id","value":%q},{"name":"x-runtime","value":"0.025631"}`, status, t.random("request")[:26])
	if answer != "" {
		fmt.Fprintf(&t.buf, `,{"name":"content-type","value":"application/json"},{"name":"etag","value":"W/\"%s\""}`, t.random("etag")[:32])
	}
	if total > 0 {
		link := fmt.Sprintf(`<%s?id=20&page=1&per_page=20>; rel="first", <%[1]s?id=20&page=1&per_page=20>; rel="last"`, url)
		if strings.HasSuffix(path, "/tokens") {
			link = strings.ReplaceAll(link, "?id", fmt.Sprintf("?agent_id=%d&id", 1000+t.round))
		}
		fmt.Fprintf(&t.buf, `,{"name":"x-page","value":"1"},{"name":"x-per-page","value":"20"},{"name":"x-next-page","value":""},{"name":"x-prev-page","value":""},`+
			`{"name":"x-total","value":"%d"},{"name":"x-total-pages","value":"1"},{"name":"link","value":%q}`, total, link)
	}
	fmt.Fprintf(&t.buf, `],"content":{"size":%d,"mimeType":"application/json"`, len(answer))
	if answer != "" {
		fmt.Fprintf(&t.buf, `,"text":%q`, answer)
	}
	t.buf.WriteString(`},"redirectURL":"","headersSize":-1,"bodySize":-1},"cache":{},"timings":{"send":0.1,"wait":27.5,"receive":0.15},"_initiator":{"type":"script"},"serverIPAddress":"192.0.2.1"}`)
}
