package har_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quoted is a text as JSON.
func quoted(s string) string { b, _ := json.Marshal(s); return string(b) }

// latin1 is bytes as a text in which each is one character.
func latin1(b []byte) string {
	var runes []rune
	for _, c := range b {
		runes = append(runes, rune(c))
	}
	return string(runes)
}

// What the body of a response is, whatever the recorder says of its encoding.
func TestBase64WithAWrongFlagOrNone(t *testing.T) {
	t.Parallel()
	const body = `{"message":"404 Not found"}`
	encoded := base64.StdEncoding.EncodeToString([]byte(body))
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	io.WriteString(w, body)
	require.NoError(t, w.Close())
	zipped := base64.StdEncoding.EncodeToString(z.Bytes())
	const jsonType, textType, gzipped = `{"name":"Content-Type","value":"application/json"}`, `{"name":"Content-Type","value":"text/plain"}`, `{"name":"Content-Encoding","value":"gzip"}`

	for name, tc := range map[string]struct {
		headers, content string
		want             string
		notRecorded      bool
	}{
		"flagged":                           {jsonType, `"size":27,"encoding":"base64","text":` + quoted(encoded), body, false},
		"flagged in capitals":               {jsonType, `"size":27,"encoding":"BASE64","text":` + quoted(encoded), body, false},
		"not flagged":                       {jsonType, `"size":27,"text":` + quoted(encoded), body, false},
		"not flagged, size unknown":         {jsonType, `"size":-1,"text":` + quoted(encoded), body, false},
		"not flagged, headers not recorded": {``, `"size":27,"text":` + quoted(encoded), body, false},
		"flagged, but plain":                {jsonType, `"size":27,"encoding":"base64","text":` + quoted(body), body, false},
		"flagged, but a plain sentence":     {textType, `"size":11,"encoding":"base64","text":"Retry later"`, "Retry later", false},
		"flagged, but nothing of the kind":  {jsonType, `"size":9,"encoding":"base64","text":"a!b"`, "", true},
		"not flagged, of a picture":         {jsonType, `"size":12,"text":"iVBORw0KGgoAAAAN"`, "", true},
		"a word that could be base64":       {textType, `"size":16,"text":"ServiceUnavailab"`, "ServiceUnavailab", false},
		"JSON that could be base64":         {jsonType, `"size":4,"text":"1234"`, "1234", false},
		"an encoding's name for plain text": {jsonType, `"size":27,"encoding":"utf-8","text":` + quoted(body), body, false},
		"an unknown encoding of plain text": {jsonType, `"size":27,"encoding":"x","text":` + quoted(body), body, false},
		"gzip, flagged":                     {jsonType + `,` + gzipped, `"size":27,"encoding":"base64","text":` + quoted(zipped), body, false},
		"gzip, not flagged":                 {jsonType + `,` + gzipped, `"size":27,"text":` + quoted(zipped), body, false},
		"gzip, as characters":               {jsonType + `,` + gzipped, `"size":27,"text":` + quoted(latin1(z.Bytes())), body, false},
		"gzip, its bytes lost":              {jsonType + `,` + gzipped, `"size":27,"text":"\u001f\ufffd\b"`, "", true},
		"the size of the compressed bytes":  {jsonType, `"size":9000,"text":` + quoted(body), body, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t, get(`{"status":200,"headers":[`+tc.headers+`],"content":{`+tc.content+`}}`)).Exchange.Response
			assert.Equal(t, tc.want, string(r.Body))
			assert.Equal(t, tc.notRecorded, r.BodyNotRecorded)
			assert.Equal(t, tc.notRecorded, r.Truncated)
		})
	}
}

// Whether a request had no body, or one that the recorder lost.
func TestRequestBodyThatIsNotInTheFile(t *testing.T) {
	t.Parallel()
	const length, none = `,"headers":[{"name":"Content-Length","value":"12"}]`, `,"headers":[{"name":"Content-Length","value":"0"}]`
	for name, tc := range map[string]struct {
		method, members string
		lost            bool
	}{
		"POST, size 0":                   {"POST", `,"bodySize":0`, false},
		"POST, size unknown":             {"POST", `,"bodySize":-1`, true},
		"POST, no word of a size":        {"POST", ``, true},
		"POST, size unknown, no length":  {"POST", none + `,"bodySize":-1`, false},
		"POST, size 0, but a length":     {"POST", length + `,"bodySize":0`, true},
		"POST, a size":                   {"POST", `,"bodySize":5`, true},
		"POST, empty text, size unknown": {"POST", `,"bodySize":-1,"postData":{"mimeType":"application/json","text":""}`, true},
		"POST, empty text, a size":       {"POST", `,"bodySize":5,"postData":{"mimeType":"application/json","text":""}`, true},
		"POST, empty text, size 0":       {"POST", `,"bodySize":0,"postData":{"mimeType":"application/json","text":""}`, false},
		"POST, text of another type":     {"POST", `,"bodySize":0,"postData":{"mimeType":"application/json","text":{"a":1}}`, true},
		"GET, size unknown":              {"GET", `,"bodySize":-1`, false},
		"GET, a length":                  {"GET", length + `,"bodySize":-1`, true},
		"DELETE, size unknown":           {"DELETE", `,"bodySize":-1`, false},
		"put, in lower case":             {"put", `,"bodySize":-1`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t, `{"request":{"method":"`+tc.method+`","url":"https://host/"`+tc.members+`},"response":{"status":200}}`).Exchange.Request
			assert.Nil(t, r.Body)
			assert.Equal(t, tc.lost, r.BodyNotRecorded)
			assert.Equal(t, tc.lost, r.Truncated)
		})
	}
}

func TestRequestBodyThatWasCutShort(t *testing.T) {
	t.Parallel()
	for content, truncated := range map[string]bool{
		`"bodySize":2,"postData":{"text":"{}"}`:        false,
		`"bodySize":-1,"postData":{"text":"{}"}`:       false,
		`"bodySize":900,"postData":{"text":"{}"}`:      false, // it is whole; the recorder counted headers too
		`"bodySize":900,"postData":{"text":"{\"a\":"}`: true,
	} {
		r := one(t, `{"request":{"method":"POST","url":"https://host/",`+content+`},"response":{"status":200}}`).Exchange.Request
		assert.Equal(t, truncated, r.Truncated, content)
		assert.False(t, r.BodyNotRecorded, content)
		assert.NotEmpty(t, r.Body, content)
	}
}

func TestWhatIsRecordedOfHeaders(t *testing.T) {
	t.Parallel()
	x := one(t, `{"request":{"method":"GET","url":"https://host/","headers":[]},"response":{"status":502,"headers":[],"content":{"mimeType":"text/html","text":"<html>"}}}`).Exchange
	assert.True(t, x.Request.HeaderNotRecorded)
	assert.True(t, x.Response.HeaderNotRecorded)
	assert.Equal(t, "text/html", x.Response.Header.Get("Content-Type"), "the recorder's word for it")

	x = one(t, `{"request":{"method":"GET","url":"https://host/","headers":[{"name":"A","value":"b"}]},"response":{"status":200,"headers":[{"name":"C","value":""}],"content":{"mimeType":"text/html","text":"x"}}}`).Exchange
	assert.False(t, x.Request.HeaderNotRecorded)
	assert.False(t, x.Response.HeaderNotRecorded)
	assert.Empty(t, x.Response.Header.Get("Content-Type"))
}

func TestAnswersFromACacheOfTheClient(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ entry, response, want string }{
		"Chromium, disk":            {`"_fromCache":"disk",`, ``, "disk"},
		"Chromium, memory":          {`"_fromCache":"memory",`, ``, "memory"},
		"a flag":                    {`"_fromDiskCache":true,`, ``, "disk"},
		"a flag in the response":    {``, `"_fromDiskCache":true,`, "disk"},
		"a flag that is off":        {`"_fromDiskCache":false,"_fromServiceWorker":null,"_fromCache":"",`, ``, ""},
		"a service worker":          {`"_fromServiceWorker":true,`, ``, "service worker"},
		"a prefetch":                {`"_fromPrefetchCache":true,`, ``, "prefetch"},
		"WebKit, memory":            {``, `"_fetchType":"Memory Cache",`, "memory"},
		"WebKit, service worker":    {`"_fetchType":"Service Worker",`, ``, "service worker"},
		"WebKit, network":           {`"_fetchType":"Network Load",`, ``, ""},
		"Firefox":                   {`"time":0,"timings":{ },`, ``, "browser"},
		"timings left out":          {`"time":0,`, ``, ""},
		"empty timings, but a time": {`"time":12,"timings":{},`, ``, ""},
		"timings of 0":              {`"time":0,"timings":{"send":0,"wait":0,"receive":0},`, ``, ""},
	} {
		x := one(t, `{`+tc.entry+`"request":{"method":"GET","url":"https://host/"},"response":{`+tc.response+`"status":200,"content":{"size":2,"text":"[]"}}}`).Exchange
		assert.Equal(t, tc.want, x.FromCache, name)
		assert.Equal(t, "[]", string(x.Response.Body), name)
	}
}

func TestMethodsInLowerCase(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]string{"get": "GET", "Post": "POST", "delete": "DELETE", "GET": "GET", "propfind": "propfind"} {
		assert.Equal(t, want, one(t, `{"request":{"method":"`+method+`","url":"https://host/"},"response":{"status":200}}`).Exchange.Request.Method)
	}
}

// HTTP/2 has method, URL and status in headers of its own, and some recorders have them nowhere else.
func TestOnlyTheHeadersOfHTTP2(t *testing.T) {
	t.Parallel()
	x := one(t, `{"request":{"headers":[{"name":":method","value":"GET"},{"name":":scheme","value":"https"},{"name":":authority","value":"h"},{"name":":path","value":"/api/v4?page=2"}]},
		"response":{"headers":[{"name":":status","value":"404"}],"content":{"text":"{}"}}}`).Exchange
	assert.Equal(t, "GET", x.Request.Method)
	assert.Equal(t, "https://h/api/v4?page=2", x.Request.URL.String())
	assert.Equal(t, 404, x.Response.StatusCode)

	x = one(t, `{"request":{"method":"GET","url":"/api/v4","headers":[{"name":"Host","value":"h"}]},"response":{"status":200}}`).Exchange
	assert.Equal(t, "https://h/api/v4", x.Request.URL.String())
}

// Some recorders write the body of a response as JSON rather than as a text. It is the body: a leak in it is still found.
func TestBodiesAsJSON(t *testing.T) {
	t.Parallel()
	x := one(t, `{"request":{"method":"POST","url":"https://host/"},`+
		`"response":{"status":201,"content":{"size":40,"mimeType":"application/json","text":{"id":1, "token":"x"}}}}`).Exchange
	assert.JSONEq(t, `{"id":1,"token":"x"}`, string(x.Response.Body))
	assert.False(t, x.Response.Truncated)
	list := one(t, `{"request":{"method":"GET","url":"https://host/"},"response":{"status":200,"content":{"text":[{"id":1}]}}}`).Exchange
	assert.Equal(t, `[{"id":1}]`, string(list.Response.Body))
}

func TestWhatBrowsersAnswerThemselves(t *testing.T) {
	t.Parallel()
	const request = `"request":{"method":"GET","url":"http://host/","headers":[{"name":"If-None-Match","value":"W/\"a\""}]}`
	for name, tc := range map[string]struct{ response, cache string }{
		"a redirect to https": {`{"status":307,"headers":[{"name":"Location","value":"https://host/"},{"name":"Non-Authoritative-Reason","value":"HSTS"}]}`, "browser"},
		"a 304 that is shown as 200": {
			`{"status":200,"headers":[{"name":"ETag","value":"W/\"a\""},{"name":"Date","value":"x"}],"content":{"text":"[]"}}`, "browser"},
		"a 200 that is one": {
			`{"status":200,"headers":[{"name":"ETag","value":"W/\"a\""},{"name":"Content-Type","value":"application/json"},{"name":"Date","value":"x"}],"content":{"text":"[]"}}`, ""},
		"a redirect of the server's": {`{"status":307,"headers":[{"name":"Location","value":"https://host/"}]}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.cache, one(t, `{`+request+`,"response":`+tc.response+`}`).Exchange.FromCache)
		})
	}
}

// A script in a page sees a few headers only, so that the others are missing says nothing.
func TestHeadersThatAScriptSaw(t *testing.T) {
	t.Parallel()
	for headers, want := range map[string]bool{
		`{"name":"content-type","value":"application/json"},{"name":"cache-control","value":"no-cache"}`: true,
		`{"name":"content-type","value":"application/json"},{"name":"date","value":"x"}`:                 false,
	} {
		x := one(t, `{"request":{"method":"GET","url":"https://host/"},"response":{"status":200,"headers":[`+headers+`],"content":{"text":"[]"}}}`).Exchange
		assert.Equal(t, want, x.Response.HeaderNotRecorded, headers)
		assert.Equal(t, "application/json", x.Response.Header.Get("Content-Type"), headers)
	}
}
