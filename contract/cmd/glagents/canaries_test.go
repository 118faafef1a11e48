package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/report"
)

// canaries are one that looks different in every encoding, one of the alphabet that GitLab uses, one that shells and
// printf escape, and one of two lines. All begin alike.
var canaries = []string{canaryOf("x"), "cAn4ry0123456789abcdefXYZ_-", "cAn4ry!$`(x)üé€😀\tx %41!y", "cAn4ry\nsecond line-'\""}

// beginnings are what all canaries begin with, in every encoding: a secret that is shown in part is shown.
func beginnings() map[string]string {
	const begins = "cAn4ry"
	all := map[string]string{"raw": begins, "percent": percent(begins), "lower": strings.ToLower(begins)}
	all["hex"] = hex.EncodeToString([]byte(begins))
	all["HEX"] = strings.ToUpper(all["hex"])
	for shift := range 3 { // without the digits that its first and last bits share with others
		digits := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + begins + "xxx"))
		all[fmt.Sprint("base64 at ", shift)] = digits[(8*shift+5)/6 : 8*(shift+len(begins))/6]
	}
	return all
}

// assertNoSecrets searches artefacts, by name, for secrets in every encoding and in part, and returns how many searches
// that were.
func assertNoSecrets(t *testing.T, artefacts map[string]string, secrets ...string) (searches int) {
	t.Helper()
	sought := beginnings()
	for i, secret := range secrets {
		_, inner := encodings(secret)
		for form, encoded := range inner {
			sought[fmt.Sprint(form, " of ", i)] = encoded
		}
	}
	for where, text := range artefacts {
		for form, encoded := range sought {
			searches++
			if i := strings.Index(text, encoded); i >= 0 {
				assert.Fail(t, "a secret is shown", "%s, %s: …%s…", where, form, text[max(0, i-200):min(len(text), i+len(encoded)+80)])
				break
			}
		}
	}
	return searches
}

// everyReport are the options that write every report into a directory.
func everyReport(dir string) []string {
	var args []string
	for _, name := range report.Names() {
		args = append(args, "--report", name+"="+filepath.Join(dir, name))
	}
	return args
}

// artefacts are what a command wrote: what it said, and the files in the directories.
func artefacts(t *testing.T, out result, dirs ...string) map[string]string {
	t.Helper()
	all := map[string]string{"stdout": out.stdout, "stderr": out.stderr}
	for _, dir := range dirs {
		require.NoError(t, filepath.Walk(dir, func(path string, info os.FileInfo, err error) error { return take(all, path, info, err) }))
	}
	return all
}

// object is one in a HAR.
type object = map[string]any

// harEntry is an entry of a HAR. Its answer breaks rules, so that much is said of it.
type harEntry struct {
	entry, request, response, content object
	sent, got                         []object // headers
}

func newHAREntry() *harEntry {
	return &harEntry{
		entry:    object{"startedDateTime": "2026-11-22T12:00:00Z", "time": 1},
		request:  object{"method": "GET", "url": "https://gitlab.example.com/api/v4/projects/20/cluster_agents/1"},
		response: object{"status": 200},
		content:  object{"text": agentBody(1, "prod")},
		got:      []object{pair("Content-Type", "application/json"), pair("Cache-Control", "public"), pair("X-Request-Id", "01JD8Z")},
	}
}

func pair(name, value string) object { return object{"name": name, "value": value} }

func (e *harEntry) send(name, value string)   { e.sent = append(e.sent, pair(name, value)) }
func (e *harEntry) answer(name, value string) { e.got = append(e.got, pair(name, value)) }
func (e *harEntry) query(text string)         { e.request["url"] = e.request["url"].(string) + "?" + text }

func (e *harEntry) post(contentType, text string) {
	e.request["method"], e.request["url"] = "POST", "https://gitlab.example.com/api/v4/projects/20/cluster_agents"
	e.request["postData"] = object{"mimeType": contentType, "text": text}
}

// more has an agent with one more member as the answer.
func (e *harEntry) more(member string) {
	e.content["text"] = strings.TrimSuffix(agentBody(1, "prod"), "}") + "," + member + "}"
}

func (e *harEntry) String() string {
	for _, set := range []struct {
		in    object
		key   string
		value any
	}{{e.request, "headers", e.sent}, {e.response, "headers", e.got}, {e.response, "content", e.content}, {e.entry, "request", e.request}, {e.entry, "response", e.response}} {
		if _, given := set.in[set.key]; !given {
			set.in[set.key] = set.value
		}
	}
	text, _ := json.Marshal(e.entry)
	return string(text)
}

func quoted(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

// place is where a secret can stand in a HAR.
type place struct {
	name string
	put  func(e *harEntry, secret string)
}

// tellingPlaces are those where a secret is one because it stands there.
func tellingPlaces() (all []place) {
	add := func(name string, put func(e *harEntry, s string)) { all = append(all, place{name, put}) }
	for _, name := range []string{
		"PRIVATE-TOKEN", "private-token", "JOB-TOKEN", "Deploy-Token", "Authorization", "Proxy-Authorization", "X-Gitlab-Token",
		"X-Gitlab-Static-Object-Token", "X-CSRF-Token", "X-Auth-Token", "X-Vault-Token", "X-Amz-Security-Token", "X-Forwarded-Access-Token",
		"CF-Access-Client-Secret", "X-API-Key", "apikey", "X-Auth-Key", "X-Registry-Auth", "Cf-Access-Jwt-Assertion", "Gitlab-Workhorse-Api-Request",
		"Gitlab-Kas-Api-Request", "Gitlab-Shared-Secret", "X-Original-Authorization",
	} {
		add("request header "+name, func(e *harEntry, s string) { e.send(name, s) })
		add("response header "+name, func(e *harEntry, s string) { e.answer(name, s); e.got[2]["value"] = s })
	}
	for _, scheme := range []string{"Bearer", "bearer", "Token", "Digest"} {
		add("Authorization "+scheme, func(e *harEntry, s string) { e.send("Authorization", scheme+" "+s) })
		add("X-Forwarded-Authorization "+scheme, func(e *harEntry, s string) { e.send("X-Forwarded-Authorization", scheme+" "+s) })
	}
	basic := func(s string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(s)) }
	add("Basic", func(e *harEntry, s string) { e.send("Authorization", basic("me:"+s)); e.got[2]["value"] = s })
	add("Basic, no password", func(e *harEntry, s string) { e.send("Authorization", basic(s)) })
	add("Cookie", func(e *harEntry, s string) { e.send("Cookie", "theme=light; _gitlab_session="+s) })
	add("Cookie, escaped", func(e *harEntry, s string) {
		e.send("Cookie", "theme=light; any="+url.QueryEscape(s))
		e.query("x=" + s)
	})
	add("Set-Cookie", func(e *harEntry, s string) {
		e.answer("Set-Cookie", "remember_user_token="+url.QueryEscape(s)+"; path=/")
		e.got[2]["value"] = s
	})
	for _, name := range []string{
		"private_token", "access_token", "job_token", "rss_token", "private%5ftoken", "private%5Ftoke%6E", "PRIVATE_TOKEN", "accessToken",
		"client_secret", "password", "user[password]", "user%5Bpassword%5D", "token[]", "token%5B%5D",
	} {
		add("query "+name, func(e *harEntry, s string) { e.query("page=1&" + name + "=" + url.QueryEscape(s)) })
		for _, contentType := range []string{"application/x-www-form-urlencoded; charset=utf-8", "text/plain", ""} {
			add("form "+name+" "+contentType, func(e *harEntry, s string) { e.post(contentType, "name=a&"+name+"="+url.QueryEscape(s)) })
		}
	}
	for _, name := range []string{"token", "private_token", "accessToken", "Private-Token", "TOKEN", "Password", "client_secret"} {
		add("JSON request "+name, func(e *harEntry, s string) { e.post("application/json", `{"name":"a","`+name+`" : `+quoted(s)+`}`) })
		add("JSON request, cut off, "+name, func(e *harEntry, s string) { e.post("application/json", `{"name":"a","`+name+`":`+quoted(s)) })
		add("JSON request, a list, "+name, func(e *harEntry, s string) { e.post("application/json", `{"`+name+`":["other-value", `+quoted(s)+`]}`) })
		add("JSON answer "+name, func(e *harEntry, s string) { e.more(`"` + name + `":` + quoted(s)); e.got[2]["value"] = s })
		add("JSON answer, no type, "+name, func(e *harEntry, s string) {
			e.more(`"` + name + `":` + quoted(s))
			e.got[0]["value"], e.got[2]["value"] = "", s
		})
	}
	const multipart = "multipart/form-data; boundary=b"
	add("multipart", func(e *harEntry, s string) {
		e.post(multipart, "--b\r\nContent-Disposition: form-data; name=\"private_token\"\r\n\r\n"+strings.ReplaceAll(s, "\n", "")+"\r\n--b--\r\n")
	})
	add("params", func(e *harEntry, s string) {
		e.post("application/x-www-form-urlencoded", "")
		e.request["postData"].(object)["params"] = []object{pair("name", "a"), pair("private_token", s)}
	})
	add("multipart params", func(e *harEntry, s string) {
		e.post(multipart, "")
		e.request["postData"].(object)["params"] = []object{pair("name", "a"), pair("private_token", strings.ReplaceAll(s, "\n", ""))}
	})
	add("base64 request", func(e *harEntry, s string) {
		e.post("application/json", base64.StdEncoding.EncodeToString([]byte(`{"token":`+quoted(s)+`}`)))
		e.request["postData"].(object)["encoding"] = "base64"
	})
	add("base64 answer", func(e *harEntry, s string) {
		e.content["text"] = base64.StdEncoding.EncodeToString([]byte(`{"id":1,"token":` + quoted(s) + `,` + quoted(s) + `:1}`))
		e.content["encoding"] = "base64"
	})
	add("user info", func(e *harEntry, s string) {
		e.request["url"] = "https://me:" + url.PathEscape(s) + "@gitlab.example.com/api/v4/projects/20/cluster_agents/1"
	})
	add("user info, alone", func(e *harEntry, s string) {
		e.request["url"] = "https://" + url.PathEscape(s) + "@gitlab.example.com/api/v4/projects/20/cluster_agents/1"
	})
	for _, name := range []string{"Link", "Location", "Content-Location", "Refresh"} {
		add(name, func(e *harEntry, s string) {
			e.answer(name, "<https://evil.example.com/?private_token="+url.QueryEscape(s)+`>; rel="next"`)
			e.got[2]["value"] = s
		})
		add("user info in "+name, func(e *harEntry, s string) {
			e.answer(name, "https://me:"+url.PathEscape(s)+"@evil.example.com/")
			e.got[2]["value"] = s
		})
	}
	add("Referer", func(e *harEntry, s string) {
		e.send("Referer", "https://gitlab.example.com/?private_token="+url.QueryEscape(s))
	})
	add("URL in an answer", func(e *harEntry, s string) {
		e.more(`"url":"https://x/?private_token=` + url.QueryEscape(s) + `"`)
		e.got[2]["value"] = s
	})
	add("user info in an answer", func(e *harEntry, s string) {
		e.more(`"url":"https://me:` + url.PathEscape(s) + `@x/"`)
		e.got[2]["value"] = s
	})
	return all
}

// silentPlaces are those of which nothing is repeated, whether what stands there is a secret or not.
func silentPlaces() (all []place) {
	add := func(name string, put func(e *harEntry, s string)) { all = append(all, place{name, put}) }
	for _, key := range []string{"comment", "_custom", "pageref", "serverIPAddress", "connection", "_initiator", "cache", "timings"} {
		add("any "+key, func(e *harEntry, s string) {
			for _, in := range []object{e.entry, e.request, e.response, e.content} {
				in[key] = object{s: []string{s}}
			}
		})
	}
	add("comments of pairs", func(e *harEntry, s string) {
		e.sent = []object{{"name": "X-A", "value": "1", "comment": s, "_custom": s}}
		e.got[0]["comment"] = s
	})
	add("cookies and queryString", func(e *harEntry, s string) {
		for _, in := range []object{e.request, e.response} {
			for _, key := range []string{"cookies", "queryString"} {
				in[key] = []object{pair("a", s), pair(s, "a"), {"name": s, "comment": s}}
			}
		}
	})
	add("what HTTP/2 calls headers", func(e *harEntry, s string) { e.send(":path", "/"+s); e.send(":authority", s) })
	// Some of these are wrong, and that is said.
	for _, key := range []string{"statusText", "httpVersion", "redirectURL", "status", "headers", "bodySize", "content", "_error"} {
		add("response."+key, func(e *harEntry, s string) { e.response[key] = s })
		add("response."+key+", a list", func(e *harEntry, s string) { e.response[key] = []any{s, object{s: s}} })
	}
	for _, key := range []string{"startedDateTime", "time", "_fromCache", "request", "response"} {
		add("entry."+key, func(e *harEntry, s string) { e.entry[key] = s })
	}
	for _, key := range []string{"url", "headers", "bodySize", "postData", "httpVersion"} {
		add("request."+key, func(e *harEntry, s string) { e.request[key] = s })
	}
	for _, key := range []string{"mimeType", "encoding", "text", "params", "_truncated"} {
		add("postData."+key, func(e *harEntry, s string) {
			e.post("application/json", base64.StdEncoding.EncodeToString([]byte{0}))
			e.request["postData"].(object)[key] = object{s: s}
		})
	}
	for _, key := range []string{"encoding", "size", "_truncated", "mimeType"} {
		add("content."+key, func(e *harEntry, s string) { e.content[key] = s })
	}
	add("Content-Encoding", func(e *harEntry, s string) {
		e.answer("Content-Encoding", s+", gzip, "+s)
		e.content["text"], e.content["encoding"] = "AAAA", "base64"
	})
	return all
}

// echoes are the places in which a server, or a client, may repeat a secret that is known from elsewhere.
func echoes() (all []place) {
	add := func(name string, put func(e *harEntry, s string)) { all = append(all, place{name, put}) }
	const agents = "https://gitlab.example.com/api/v4/projects/20/cluster_agents"
	add("method", func(e *harEntry, s string) { e.request["method"] = s })
	add("path", func(e *harEntry, s string) {
		e.request["url"] = strings.Replace(agents, "/20/", "/"+url.PathEscape(s)+"/", 1) + "/1"
	})
	add("raw path", func(e *harEntry, s string) { e.request["url"] = agents + "/" + strings.ReplaceAll(s, "%", "%25") })
	add("raw query", func(e *harEntry, s string) { e.query("x=" + s) })
	add("JSON in the query", func(e *harEntry, s string) { e.query("x=" + quoted(s)) })
	add("fragment", func(e *harEntry, s string) { e.request["url"] = agents + "/1#" + url.PathEscape(s) })
	add("header name", func(e *harEntry, s string) { e.send("X "+s, s); e.answer("X "+s, s) })
	add("X-Request-Id", func(e *harEntry, s string) { e.got[2]["value"] = s })
	add("Cache-Control", func(e *harEntry, s string) { e.got[1]["value"] = "public, " + s })
	add("Content-Type", func(e *harEntry, s string) { e.got[0]["value"] = s })
	add("every header of an answer", func(e *harEntry, s string) {
		for _, name := range []string{
			"Allow", "Etag", "Link", "Location", "Retry-After", "RateLimit-Limit", "Vary", "X-Content-Type-Options", "X-Frame-Options", "X-Next-Page",
			"X-Page", "X-Per-Page", "X-Prev-Page", "X-Total", "X-Total-Pages", "X-Runtime", "X-Gitlab-Meta", "Www-Authenticate", "Content-Length", "Date",
		} {
			e.answer(name, s)
		}
		e.request["url"] = agents
		e.content["text"] = "[" + agentBody(1, "prod") + "]"
	})
	add("property", func(e *harEntry, s string) { e.more(quoted(s) + ":1") })
	add("value", func(e *harEntry, s string) { e.content["text"] = agentBody(1, s) })
	add("time", func(e *harEntry, s string) {
		e.content["text"] = strings.Replace(agentBody(1, "a"), quoted(created), quoted(s), 1)
	})
	add("property, twice", func(e *harEntry, s string) { e.more(quoted(s) + ":1," + quoted(s) + ":2") })
	add("no JSON", func(e *harEntry, s string) { e.content["text"] = s })
	add("half JSON", func(e *harEntry, s string) { e.content["text"] = `{"id":` + s })
	add("error", func(e *harEntry, s string) {
		e.response["status"], e.content["text"] = 404, `{"message":`+quoted(s)+`,"error":`+quoted(s)+`,`+quoted(s)+`:`+quoted(s)+`}`
	})
	add("error of validation", func(e *harEntry, s string) {
		e.post("application/json", `{"name":"a"}`)
		e.response["status"], e.content["text"] = 400, `{"message":{`+quoted(s)+`:[`+quoted(s)+`]}}`
	})
	add("JSON request", func(e *harEntry, s string) { e.post("application/json", `{"name":`+quoted(s)+`,`+quoted(s)+`:1}`) })
	add("text request", func(e *harEntry, s string) { e.post("text/plain", "'"+s+"'") })
	add("binary request", func(e *harEntry, s string) { e.post("application/json", "\x01'"+s) })
	add("binary JSON request", func(e *harEntry, s string) { e.post("application/json", "\x01"+quoted(s)) })
	add("every encoding", func(e *harEntry, s string) {
		whole, _ := encodings(s)
		for form, text := range whole {
			if form != "shell" { // between a shell's quotes it is another text
				e.send("X-"+strings.ReplaceAll(form, " ", "-"), text)
			}
			e.answer("Link", text)
			e.got[1]["value"] = fmt.Sprint(e.got[1]["value"], ", ", text)
			e.got[2]["value"] = fmt.Sprint(e.got[2]["value"], ", ", text)
		}
	})
	add("why there was no answer", func(e *harEntry, s string) { e.response["status"], e.response["_error"] = 0, "dial "+s })
	add("why the answer broke off", func(e *harEntry, s string) { e.response["_error"] = "read " + s })
	add("redirect", func(e *harEntry, s string) {
		e.response["status"], e.response["redirectURL"] = 302, "https://evil.example.com/"+s
		e.answer("Location", "https://evil.example.com/"+url.PathEscape(s))
	})
	return all
}

// TestVerifyHasNoSecretsInAnyPlace has a recording for each place in which a HAR can hold a secret, in its own entry or in
// one after that from which the secret is known.
func TestVerifyHasNoSecretsInAnyPlace(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	known := func(e *harEntry, s string) { e.send("PRIVATE-TOKEN", s) }
	type recordingOf func(p place, secret string) string
	alone := func(p place, secret string) string {
		e := newHAREntry()
		p.put(e, secret)
		return recording(e.String())
	}
	knownHere := func(p place, secret string) string {
		e := newHAREntry()
		known(e, secret)
		p.put(e, secret)
		return recording(e.String())
	}
	knownBefore := func(p place, secret string) string {
		before, e := newHAREntry(), newHAREntry()
		known(before, secret)
		p.put(e, secret)
		return recording(before.String(), e.String())
	}
	searches, redacted := 0, 0
	for _, kind := range []struct {
		name    string
		places  []place
		made    recordingOf
		secrets []string
	}{
		{"telling", tellingPlaces(), alone, []string{canaries[0], canaries[2]}},
		{"silent", silentPlaces(), alone, canaries[:1]},
		{"echo", echoes(), knownHere, canaries},
		{"echo later", echoes(), knownBefore, canaries},
	} {
		for _, p := range kind.places {
			for _, secret := range kind.secrets {
				dir := t.TempDir()
				out := glagents(t, strings.NewReader(kind.made(p, secret)), append([]string{"verify", "--strict", "-"}, everyReport(dir)...)...)
				assert.Contains(t, []int{0, 1, 4}, out.status, "%s %s: %s", kind.name, p.name, out.stderr)
				all := artefacts(t, out, dir)
				require.Len(t, all, 2+len(report.Names()))
				n := assertNoSecrets(t, all, secret)
				if t.Failed() {
					t.Fatalf("%s: %s, %q", kind.name, p.name, secret)
				}
				searches += n
				redacted += strings.Count(out.stdout, "[redacted]")
			}
		}
	}
	assert.Greater(t, redacted, 500, "little was redacted")
	t.Logf("%d searches", searches)
}

// TestVerifyBrokenFilesHaveNoSecrets breaks a recording within each of its secrets, and reads files that are not recordings.
func TestVerifyBrokenFilesHaveNoSecrets(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	const secret = "cAn4ry0123456789abcdefXYZ" // in JSON as it is, so that it can be found
	e := newHAREntry()
	for i, p := range append(tellingPlaces(), silentPlaces()...) {
		switch {
		case i < 20 || strings.HasPrefix(p.name, "any ") || strings.HasPrefix(p.name, "cookies"):
			p.put(e, secret)
		}
	}
	e.post("application/json", `{"token":"`+secret+`"}`)
	e.query("private_token=" + secret)
	e.more(`"token":"` + secret + `"`)
	e.got[2]["value"] = "01JD8Z" // a text that is like a secret but for one letter is none
	whole := strings.Replace(recording(e.String(), good), `"creator"`, `"comment":"`+secret+`","pages":[{"title":"`+secret+`"}],"`+secret+`":"`+secret+`","creator"`, 1)

	files := map[string]string{
		"a token":              secret,
		"a quoted token":       quoted(secret),
		"a token after it":     whole + secret,
		"a token in a log":     `{"log":"` + secret + `"}`,
		"a token as version":   `{"log":{"version":"` + secret + `","entries":[]}}`,
		"a token as a version": `{"log":{"version":"2.` + secret + `","entries":[]}}`,
		"a token as entries":   `{"log":{"entries":"` + secret + `"}}`,
		"a token as an entry":  `{"log":{"entries":["` + secret + `",` + secret + `]}}`,
		"a token as a name":    `{"log":{"entries":[{` + secret + `:1}]}}`,
		"a token for a HAR":    `{"` + secret + `":"` + secret + `"}`,
		"a literal":            `{"log":{"entries":[{"time":1` + secret + `}]}}`,
		"a number":             `{"log":{"entries":[{"time":1e` + secret + `}]}}`,
	}
	breaks := []string{`"`, `\q`, `\u12`, "\x00", "\xff", `\`, "\n"}
	cuts := 0
	for from := 0; ; {
		i := strings.Index(whole[from:], secret)
		if i < 0 {
			break
		}
		i += from + len(secret)/2
		from = i
		cuts++
		files[fmt.Sprint("cut off at ", i)] = whole[:i]
		files[fmt.Sprint("broken at ", i)] = whole[:i] + breaks[cuts%len(breaks)] + whole[i:]
	}
	require.Greater(t, cuts, 40)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := z.Write([]byte(whole))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	files["gzip, cut off"] = zipped.String()[:zipped.Len()/2]
	files["gzip, broken"] = zipped.String()[:zipped.Len()/2] + secret + zipped.String()[zipped.Len()/2:]
	files["no gzip"] = "\x1f\x8b" + secret

	searches := 0
	for what, content := range files {
		dir := t.TempDir()
		out := glagents(t, strings.NewReader(content), append([]string{"verify", "-"}, everyReport(dir)...)...)
		searches += assertNoSecrets(t, artefacts(t, out, dir), secret, secret[:len(secret)/2], secret[len(secret)/2:])
		if t.Failed() {
			t.Fatal(what)
		}
	}
	t.Logf("%d searches in %d files", searches, len(files))
}
