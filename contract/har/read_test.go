package har_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/internal/racedetector"
	"example.com/gitlab-agents/contract/wire"
)

// recorded is the recording of GitLab's own answers.
const recorded = "testdata/gitlab-19.1.har.json"

// read reads a whole file: its entries, the errors of entries, and the error that ended it.
func read(r io.Reader) (entries []har.Entry, skipped []*har.EntryError, failed error) {
	for e, err := range har.Entries(r) {
		var skip *har.EntryError
		switch {
		case errors.As(err, &skip):
			skipped = append(skipped, skip)
		case err != nil:
			failed = err
		default:
			entries = append(entries, e)
		}
	}
	return entries, skipped, failed
}

// one reads a file with this one entry, which has to be readable.
func one(t *testing.T, entry string) har.Entry {
	t.Helper()
	entries, skipped, err := read(strings.NewReader(file(entry)))
	require.NoError(t, err)
	require.Empty(t, skipped)
	require.Len(t, entries, 1)
	return entries[0]
}

// file is a HAR of some entries.
func file(entries ...string) string {
	return `{"log":{"version":"1.2","creator":{"name":"test","version":"1"},"entries":[` + strings.Join(entries, ",") + `]}}`
}

// get is an entry with this response.
func get(response string) string {
	return `{"request":{"method":"GET","url":"https://gitlab.example.com/api/v4/projects/20/cluster_agents"},"response":` + response + `}`
}

// minimal is the shortest entry there is.
const minimal = `{"request":{"method":"GET","url":"https://host/"},"response":{"status":200,"content":{"size":2,"text":"[]"}}}`

func TestRecording(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(recorded)
	require.NoError(t, err)
	var whole struct {
		Log struct {
			Entries []struct {
				StartedDateTime time.Time
				Request         struct {
					Method, URL string
					PostData    *struct{ Text string }
				}
				Response struct {
					Status  int
					Headers []struct{ Name, Value string }
					Content struct{ Text string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &whole))

	for name, r := range map[string]io.Reader{
		"at once":      bytes.NewReader(data),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(data)),
		"data and EOF": iotest.DataErrReader(bytes.NewReader(data)),
	} {
		entries, skipped, err := read(r)
		require.NoError(t, err, name)
		require.Empty(t, skipped, name)
		require.Len(t, entries, len(whole.Log.Entries), name)
		for i, e := range entries {
			want, x := whole.Log.Entries[i], e.Exchange
			assert.Equal(t, i, e.Index)
			assert.Equal(t, byte('{'), data[e.Offset])
			assert.Empty(t, e.Notes)
			assert.Equal(t, want.Request.Method, x.Request.Method)
			assert.Equal(t, want.Request.URL, x.Request.URL.String())
			assert.Equal(t, want.StartedDateTime, x.Started)
			assert.Positive(t, x.Duration)
			if want.Request.PostData != nil {
				assert.Equal(t, want.Request.PostData.Text, string(x.Request.Body))
			} else {
				assert.Nil(t, x.Request.Body)
			}
			require.NotNil(t, x.Response)
			require.NoError(t, x.Err)
			assert.False(t, x.Response.Truncated)
			assert.Equal(t, want.Response.Status, x.Response.StatusCode)
			assert.Equal(t, want.Response.Content.Text, string(x.Response.Body))
			for _, h := range want.Response.Headers {
				assert.Contains(t, x.Response.Header.Values(h.Name), h.Value)
			}
		}
	}
}

func TestFileForms(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, err := io.WriteString(z, file(minimal, minimal))
	require.NoError(t, err)
	require.NoError(t, z.Close())

	for name, text := range map[string]string{
		"plain":                       file(minimal, minimal),
		"byte order mark":             "\xef\xbb\xbf" + file(minimal, minimal),
		"gzip":                        zipped.String(),
		"spread out":                  strings.NewReplacer("{", " {\r\n\t", "]}", " ]\n}", ",", " , ", "\":", "\" :\t").Replace(file(minimal, minimal)) + "\n\n",
		"version 1.1":                 `{"log":{"version":"1.1","entries":[` + minimal + `,` + minimal + `]}}`,
		"empty version":               `{"log":{"version":"","entries":[` + minimal + `,` + minimal + `]}}`,
		"no version":                  `{"log":{"entries":[` + minimal + `,` + minimal + `]}}`,
		"entries before the rest":     `{"log":{"entries":[` + minimal + `,` + minimal + `],"pages":[{"id":"a","_x":[[1.5e3,-0],{"b\"}":null}]}],"version":"1.2"}}`,
		"unknown keys beside the log": `{"_a":"\\","log":{"version":"1.2","_b":[{}, [], "]"],"entries":[` + minimal + `,` + minimal + `]},"_c":true}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, skipped, err := read(strings.NewReader(text))
			require.NoError(t, err)
			require.Empty(t, skipped)
			require.Len(t, entries, 2)
			for i, e := range entries {
				assert.Equal(t, i, e.Index)
				assert.Equal(t, "[]", string(e.Exchange.Response.Body))
			}
		})
	}
}

func TestBadFiles(t *testing.T) {
	t.Parallel()
	cut := file(minimal, minimal)
	for _, tc := range []struct {
		name, text string
		entries    int    // readable before it
		want       string // the error
		cutOff     bool
	}{
		{"empty", "", 0, "the file is empty (at byte 0, after 0 entries)", false},
		{"only white space", " \n", 0, "the file is empty (at byte 0, after 0 entries)", false},
		{"another format", "<html>", 0, "not a HAR file: it is not a JSON object (at byte 0, after 0 entries)", false},
		{"an array", "[]", 0, "not a HAR file: it is not a JSON object (at byte 0, after 0 entries)", false},
		{"a list of entries", "[" + minimal + "]", 0, "not a HAR file: it is a list of entries; write one a line, such as with jq -c '.[]' (at byte 0, after 0 entries)", false},
		{"lines with a prefix", "Nov 28 13:00:01 gw envoy[12]: " + minimal + "\n", 0, "not a HAR file: something stands before the JSON in its lines; remove that first, such as with sed 's/^[^{]*//' (at byte 0, after 0 entries)", false},
		{"lines that are no entries", "starting\n" + minimal + "\n", 0, "not a HAR file: some of its lines are not entries; leave them out first, such as with grep '^{' (at byte 0, after 0 entries)", false},
		{"mitmproxy", "1234:9:websocket;0:~8:response;", 0, "not a HAR file: it is in mitmproxy's own format; make a HAR of it with mitmdump -nr FILE --set hardump=FILE.har (at byte 0, after 0 entries)", false},
		{"a container's log", `{"log":"{\"request\":{}}\n","stream":"stdout"}`, 0, "not a HAR file: it is a container's log, whose lines have what was logged in a text; take that out first, such as with jq -r .log (at byte 6, after 0 entries)", false},
		{"another object", `{"openapi":"3.0.3","paths":{}}`, 0, "not a HAR file: it has neither log.entries nor a request and a response in each line (at byte 30, after 0 entries)", false},
		{"no entries", `{"log":{"version":"1.2"}}`, 0, "not a HAR file: it has neither log.entries nor a request and a response in each line (at byte 25, after 0 entries)", false},
		{"log is no object", `{"log":[]}`, 0, `not a HAR file: log is not a JSON object (at byte 8, after 0 entries)`, false},
		{"entries are no array", `{"log":{"entries":{}}}`, 0, `not a HAR file: log.entries is not a JSON array (at byte 19, after 0 entries)`, false},
		{"HAR 2", `{"log":{"version":"2.0","entries":[` + minimal + `]}}`, 0, `HAR version "2.0" is not known here: HAR 1.1 and 1.2 are (at byte 23, after 0 entries)`, false},
		{"HAR 2, said late", `{"log":{"entries":[` + minimal + `],"version":"2.0"}}`, 1, `HAR version "2.0" is not known here: HAR 1.1 and 1.2 are (at byte 145, after 1 entry)`, false},
		{"version is a number", `{"log":{"version":1.2}}`, 0, "log.version is not a string (at byte 21, after 0 entries)", false},
		{"cut off in the second entry", cut[:len(cut)-30], 1, "the file is cut off at byte 267, after 1 entry", true},
		{"cut off between entries", cut[:len(cut)-len(minimal)-3], 1, "the file is cut off at byte 185, after 1 entry", true},
		{"cut off after the entries", cut[:len(cut)-1], 2, "the file is cut off at byte 296, after 2 entries", true},
		{"cut off at once", "{", 0, "the file is cut off at byte 1, after 0 entries", true},
		{"more after the end", cut + "{}", 2, "something follows the end of the HAR; if it is another HAR, put it into a file of its own (at byte 298, after 2 entries)", false},
		{"a comma too much", `{"log":{"entries":[` + minimal + `,]}}`, 1, `the file is not valid JSON (at byte 128, after 1 entry)`, false},
		{"a comma too little", `{"log":{"entries":[` + minimal + minimal + `]}}`, 1, `the file is not valid JSON (at byte 128, after 1 entry)`, false},
		{"brackets crossed", `{"log":{"entries":[{"a":[}]]}}`, 0, `the file is not valid JSON (at byte 25, after 0 entries)`, false},
		{"nested too deep", `{"log":{"entries":[` + strings.Repeat("[", 20_000), 0, "the file is not valid JSON (at byte 10016, after 0 entries)", false},
		{"no gzip after all", "\x1f\x8b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0, "not a gzip file after all: gzip: invalid header (at byte 0, after 0 entries)", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			entries, skipped, err := read(strings.NewReader(tc.text))
			require.EqualError(t, err, tc.want)
			assert.Len(t, entries, tc.entries)
			assert.Empty(t, skipped)
			assert.Equal(t, tc.cutOff, errors.Is(err, io.ErrUnexpectedEOF))
			var f *har.FileError
			require.ErrorAs(t, err, &f)
			assert.Equal(t, tc.entries, f.Entries)
		})
	}
}

func TestReadErrors(t *testing.T) {
	t.Parallel()
	text := file(minimal, minimal)
	r := io.MultiReader(strings.NewReader(text[:len(text)-20]), iotest.ErrReader(fs.ErrPermission))
	entries, _, err := read(r)
	require.ErrorIs(t, err, fs.ErrPermission)
	assert.Len(t, entries, 1)
}

// An entry that does not say where the request went is of no use. It costs no other.
func TestUnusableEntries(t *testing.T) {
	t.Parallel()
	const canary = "glpat-canary0123456789abcd"
	for name, tc := range map[string]struct{ entry, want string }{
		"no object":      {`17`, "it is a number, not a JSON object"},
		"no request":     {`{}`, "request.url is not an absolute URL"},
		"no URL":         {`{"request":{"method":"GET"}}`, "request.url is not an absolute URL"},
		"a relative URL": {`{"request":{"method":"GET","url":"/api/v4?private_token=` + canary + `"}}`, "request.url is not an absolute URL"},
		"a broken URL":   {`{"request":{"method":"GET","url":"https://` + canary + `:x%zz@host/%zz"}}`, "request.url is not an absolute URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, skipped, err := read(strings.NewReader(file(minimal, tc.entry, minimal)))
			require.NoError(t, err)
			require.Len(t, entries, 2, "the others are read")
			assert.Equal(t, []int{0, 2}, []int{entries[0].Index, entries[1].Index})
			require.Len(t, skipped, 1)
			assert.EqualError(t, skipped[0], fmt.Sprintf("entry 1 (byte %d): %s", 75+len(minimal)+1, tc.want))
			assert.NotContains(t, skipped[0].Error(), canary)
		})
	}
}

// A field that is not as it should be costs that field. What else the entry shows, such as a leak, is still seen.
func TestOddFieldsCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	const leak = `"content":{"size":30,"mimeType":"application/json","text":"[{\"token\":\"glagent-canary\"}]"}`
	const to = `"method":"GET","url":"https://gitlab.example.com/api/v4/projects/20/cluster_agents"`
	with := func(request, response string) string {
		return `{"request":{` + to + request + `},"response":{` + leak + response + `}}`
	}
	for name, tc := range map[string]struct {
		entry, note string
		status      int
	}{
		"the time is an object":     {`{"startedDateTime":{},"request":{` + to + `},"response":{"status":200,` + leak + `}}`, "startedDateTime can't be an object", 200},
		"the time is no time":       {`{"startedDateTime":"now","request":{` + to + `},"response":{"status":200,` + leak + `}}`, "startedDateTime is not a time, so the Date of its answer counts, or its place in the file", 200},
		"the duration is a word":    {`{"time":"long","request":{` + to + `},"response":{"status":200,` + leak + `}}`, "time can't be a string", 200},
		"the status is a word":      {with("", `,"status":"OK"`), "response.status can't be a string", 0},
		"the status is in quotes":   {with("", `,"status":"200"`), "", 200},
		"the status is a half":      {with("", `,"status":200.5`), "response.status is not an HTTP status", 0},
		"the status is too large":   {with("", `,"status":1e9`), "response.status is not an HTTP status", 0},
		"the status is beyond all":  {with("", `,"status":1e999`), "response.status is too large a number", 0},
		"the status is -1":          {with("", `,"status":-1`), "", 0},
		"the status is 99":          {with("", `,"status":99`), "response.status is not an HTTP status", 0},
		"the status is 100":         {with("", `,"status":100`), "", 100},
		"the status is 999":         {with("", `,"status":999`), "", 999},
		"the status is 1000":        {with("", `,"status":1000`), "response.status is not an HTTP status", 0},
		"HTTP/2 says another one":   {with("", `,"status":200,"headers":[{"name":":status","value":"201"}]`), "", 200},
		"0, and HTTP/2 says one":    {with("", `,"status":0,"headers":[{"name":":status","value":"201"}]`), "", 201},
		"HTTP/2 says no number":     {with("", `,"status":-1,"headers":[{"name":":status","value":"x"}]`), "", 0},
		"names are escaped":         {strings.NewReplacer("response", `r\u0065sponse`, "content", `c\u006fntent`).Replace(with("", `,"status":200`)), "", 200},
		"a name comes twice":        {with("", `,"status":500,"status":200`), "", 200},
		"no status":                 {with("", ""), "", 0},
		"the status is in HTTP/2's": {with("", `,"headers":[{"name":":status","value":"201"}]`), "", 201},
		"no method":                 {`{"request":{"url":"https://gitlab.example.com/"},"response":{"status":200,` + leak + `}}`, "it has no request.method", 200},
		"headers are an object":     {with(`,"headers":{"Accept":"a"}`, `,"status":200,"headers":{"A":"1","B":["2","3"]}`), "", 200},
		"headers are a number":      {with(`,"headers":1`, `,"status":200`), "request.headers can't be a number", 200},
		"a header is a number":      {with(`,"headers":[1,{"name":"A","value":2}]`, `,"status":200`), "request.headers can't be a number", 200},
		"post data are a list":      {with(`,"postData":[]`, `,"status":200`), "request.postData can't be an array", 200},
		"a size is a list":          {with(`,"bodySize":[]`, `,"status":200`), "request.bodySize can't be an array", 200},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := one(t, tc.entry)
			assert.Equal(t, tc.note, strings.Join(e.Notes, "\n"))
			require.NotNil(t, e.Exchange.Response)
			assert.Equal(t, tc.status, e.Exchange.Response.StatusCode)
			assert.Equal(t, `[{"token":"glagent-canary"}]`, string(e.Exchange.Response.Body))
			assert.False(t, e.Exchange.Response.Truncated)
		})
	}
}

// Durations are in milliseconds. What cannot be one is not known.
func TestDurations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"1": time.Millisecond, "0.5": 500 * time.Microsecond, `"2"`: 2 * time.Millisecond, "9e12": 9e12 * time.Millisecond,
		"0": 0, "-1": 0, "1e13": 0, "null": 0,
	} {
		assert.Equal(t, want, one(t, `{"time":`+text+","+minimal[1:]).Exchange.Duration, text)
	}
}

// An entry without a status, headers and a body was not answered. If the status could not be read, it may have been.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	for response, answered := range map[string]bool{
		`{"status":0,"content":{"text":"[]"}}`:               false,
		`{"status":-1}`:                                      false,
		`{"status":-1,"content":{"text":""}}`:                false,
		`{"status":-1,"headers":[],"content":{"size":[]}}`:   false,
		`{"status":-1,"content":{"text":"[]"}}`:              true,
		`{"status":-1,"headers":[{"name":"A","value":"b"}]}`: true,
		`{"status":"OK"}`:                                    true,
	} {
		x := one(t, get(response)).Exchange
		assert.Equal(t, answered, x.Response != nil, response)
		assert.Error(t, x.Err, response)
	}
}

func TestVeryLongTexts(t *testing.T) {
	racedetector.Skip(t)
	t.Parallel()
	long := strings.Repeat("a", 5<<20)
	for name, text := range map[string]string{
		"plain":   long,
		"escapes": strings.Repeat(`\u0061`, 1<<20),
		"quotes":  strings.Repeat(`\"`, 3<<20),
		"base64":  strings.Repeat("YWFh", 3<<19) + `","encoding":"base64`,
	} {
		entries, skipped, err := read(strings.NewReader(file(minimal, get(`{"status":200,"content":{"text":"`+text+`"}}`), minimal)))
		require.NoError(t, err, name)
		require.Empty(t, skipped, name)
		require.Len(t, entries, 3, name)
		assert.True(t, entries[1].Exchange.Response.Truncated, name)
		assert.Equal(t, int64(75+len(minimal)+1+len(get(`{"status":200,"content":{"text":""}}`))+len(text)+1), entries[2].Offset, name)
	}
	for before := range 12 { // an escape that begins so many bytes before the limit is passed on whole
		text := long[:4<<20-before] + `\u0061\"\\` + "b"
		entries, skipped, err := read(strings.NewReader(file(get(`{"status":200,"content":{"text":"`+text+long[:1<<20]+`"}}`), minimal)))
		require.NoError(t, err, before)
		require.Empty(t, skipped, before)
		require.Len(t, entries, 2, before)
		require.True(t, entries[0].Exchange.Response.Truncated, before)
	}
	_, _, err := read(strings.NewReader(`{"log":{"entries":[` + minimal + `,{"x":["` + strings.Repeat(long+`","`, 7) + `"]}]}}`))
	require.NoError(t, err)
	_, _, err = read(strings.NewReader(`{"log":{"entries":[` + minimal + `,{"x":["` + strings.Repeat(long+`","`, 9) + `"]}]}}`))
	require.ErrorContains(t, err, "an entry is larger than 32 MiB")
}

func TestRequest(t *testing.T) {
	t.Parallel()
	x := one(t, `{
		"startedDateTime": "2026-11-22T12:55:10.224+01:00", "time": 27.75,
		"request": {
			"method": "POST",
			"url": "https://gitlab.example.com/gitlab/api/v4/projects/root%2Fsub%20group%2Ft%C3%BC/cluster_agents?a=%2F",
			"headers": [
				{"name": ":method", "value": "POST"}, {"name": ":authority", "value": "gitlab.example.com"},
				{"name": "private-token", "value": "glpat-x"}, {"name": "accept", "value": "a"}, {"name": "accept", "value": "b"}
			],
			"postData": {"mimeType": "application/json", "text": "{\"name\":\"\u00e9\ud83d\ude00\"}"}
		},
		"response": {"status": 204, "headers": [{"name": "x-request-id", "value": "01J"}]}
	}`).Exchange
	assert.Equal(t, "/gitlab/api/v4/projects/root%2Fsub%20group%2Ft%C3%BC/cluster_agents", x.Request.URL.EscapedPath())
	assert.Equal(t, "a=%2F", x.Request.URL.RawQuery)
	assert.Equal(t, http.Header{
		"Private-Token": {"glpat-x"}, "Accept": {"a", "b"}, "Content-Type": {"application/json"},
	}, x.Request.Header)
	assert.Equal(t, `{"name":"é😀"}`, string(x.Request.Body))
	assert.True(t, x.Started.Equal(time.Date(2026, 11, 22, 11, 55, 10, 224e6, time.UTC)))
	assert.Equal(t, 27750*time.Microsecond, x.Duration)
	assert.Equal(t, "01J", x.Response.Header.Get("X-Request-Id"))
	assert.Nil(t, x.Response.Body)
	assert.False(t, x.Response.Truncated)
}

func TestRequestBody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		postData  string
		want      string
		truncated bool
	}{
		"none, of unknown size": {`null`, "", true},
		"text":                  {`{"mimeType":"application/json","text":"{}"}`, "{}", false},
		"text wins":             {`{"mimeType":"application/json","text":"{}","params":[{"name":"a","value":"b"}]}`, "{}", false},
		"base64":                {`{"mimeType":"application/json","text":"/w==","encoding":"base64"}`, "\xff", false},
		"bad base64":            {`{"mimeType":"application/json","text":"/","encoding":"base64"}`, "", true},
		"form":                  {`{"mimeType":"application/x-www-form-urlencoded","text":"","params":[{"name":"name","value":"a b&c"},{"name":"a","value":""}]}`, "name=a+b%26c&a=", false},
		"multipart":             {`{"mimeType":"multipart/form-data; boundary=B","params":[{"name":"name","value":"x"}]}`, "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nx\r\n--B--\r\n", false},
		"no boundary":           {`{"mimeType":"multipart/form-data","params":[{"name":"name","value":"x"}]}`, "", true},
		"a file":                {`{"mimeType":"multipart/form-data; boundary=B","params":[{"name":"name","fileName":"x"}]}`, "", true},
		"unknown params":        {`{"mimeType":"application/json","params":[{"name":"name","value":"x"}]}`, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := one(t, `{"request":{"method":"POST","url":"https://host/","postData":`+tc.postData+`},"response":null}`).Exchange.Request
			assert.Equal(t, tc.want, string(r.Body))
			assert.Equal(t, tc.truncated, r.Truncated)
		})
	}
	r := one(t, `{"request":{"method":"POST","url":"https://host/","bodySize":12}}`).Exchange.Request
	assert.True(t, r.Truncated, "there was a body, but the file does not hold it")
}

func TestResponseBody(t *testing.T) {
	t.Parallel()
	body := `{"message":"404 Not found","é":"` + strings.Repeat("x", 1000) + `"}`
	var gz, zl bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, err := io.WriteString(w, body)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	z := zlib.NewWriter(&zl)
	_, err = io.WriteString(z, body)
	require.NoError(t, err)
	require.NoError(t, z.Close())

	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	b64 := func(b []byte) string {
		return `"encoding":"base64","text":"` + base64.StdEncoding.EncodeToString(b) + `"`
	}
	coded := func(coding, content string) string {
		return `{"status":200,"headers":[{"name":"content-encoding","value":"` + coding + `"}],"content":{` + content + `}}`
	}
	for name, tc := range map[string]struct {
		response  string
		want      string
		truncated bool
		note      string
	}{
		"text":                       {`{"status":200,"content":{"size":5,"text":"[{} ]"}}`, "[{} ]", false, ""},
		"text of unknown size":       {`{"status":200,"content":{"size":-1,"text":"[]"}}`, "[]", false, ""},
		"base64":                     {`{"status":200,"content":{"size":2,"encoding":"base64","text":"W10="}}`, "[]", false, ""},
		"base64 with line breaks":    {`{"status":200,"content":{"size":2,"encoding":"base64","text":"W1\r\n0"}}`, "[]", false, ""},
		"bad base64":                 {`{"status":200,"content":{"size":2,"encoding":"base64","text":"!"}}`, "", true, "response.content is marked as base64 but is not base64, so the body is unknown"},
		"unknown encoding":           {`{"status":200,"content":{"size":2,"encoding":"rot13","text":"a"}}`, "", true, "response.content has an unknown encoding, so the body is unknown"},
		"gzip undone by the browser": {coded("gzip", `"size":1040,"text":`+quote(body)), body, false, ""},
		"size of the gzip bytes":     {coded("gzip", `"size":40,"text":"[]"`), "[]", false, ""},
		"gzip":                       {coded("gzip", b64(gz.Bytes())), body, false, ""},
		"deflate":                    {coded("deflate", b64(zl.Bytes())), body, false, ""},
		"gzip in deflate":            {coded("identity, gzip", b64(gz.Bytes())), body, false, ""},
		"gzip cut off":               {coded("gzip", b64(gz.Bytes()[:gz.Len()-9])), body, true, `part of its body is missing: content coding "gzip": unexpected EOF`},
		"brotli undone":              {coded("br", `"text":"[]"`), "[]", false, ""},
		"brotli":                     {coded("br", b64([]byte("\x8b\x00\x80[]\x03"))), "[]", false, ""},
		"compress":                   {coded("compress", b64([]byte{0x1f, 0x9d, 0x90})), "", true, `part of its body is missing: content coding "compress": not supported`},
		"dropped by DevTools":        {`{"status":200,"content":{"size":593,"mimeType":"application/json"}}`, "", true, ""},
		"dropped, empty text":        {`{"status":200,"content":{"size":593,"text":""}}`, "", true, ""},
		"dropped, size unknown":      {`{"status":200,"content":{"size":-1}}`, "", true, ""},
		"dropped, size in bodySize":  {`{"status":200,"content":{"size":0},"bodySize":3}`, "", true, ""},
		"dropped, size in a header":  {`{"status":200,"content":{},"headers":[{"name":"Content-Length","value":"3"}]}`, "", true, ""},
		"cut short by the browser":   {`{"status":200,"content":{"size":1000,"text":"[{"}}`, "[{", true, ""},
		"shorter than it was sent":   {`{"status":200,"headers":[{"name":"Content-Length","value":"1000"}],"content":{"size":2,"text":"[{"}}`, "[{", true, ""},
		"broken as it was sent":      {`{"status":200,"headers":[{"name":"Content-Length","value":"2"}],"content":{"size":-1,"text":"[{"}}`, "[{", false, ""},
		"broken, of a known size":    {`{"status":200,"content":{"size":2,"text":"[{"}}`, "[{", false, ""},
		"breaks off, size unknown":   {`{"status":200,"content":{"text":"[{"}}`, "[{", true, ""},
		"breaks off after 128 bytes": {`{"status":200,"content":{"size":128,"text":"[` + strings.Repeat("1", 127) + `"}}`, "[" + strings.Repeat("1", 127), true, ""},
		"breaks off after 100 signs": {`{"status":200,"content":{"size":201,"text":"[\"` + strings.Repeat("é", 98) + `"}}`, "[\"" + strings.Repeat("é", 98), true, ""},
		"128 bytes that are whole":   {`{"status":200,"content":{"size":128,"text":"[` + strings.Repeat("1", 126) + `]"}}`, "[" + strings.Repeat("1", 126) + "]", false, ""},
		"wrong in the middle":        {`{"status":200,"content":{"text":"[},1]"}}`, "[},1]", false, ""},
		"a page, size unknown":       {`{"status":502,"content":{"text":"<html>"}}`, "<html>", false, ""},
		"cut short by us":            {`{"status":200,"content":{"size":2,"text":"[{","_truncated":true}}`, "[{", true, ""},
		"empty":                      {`{"status":200,"content":{"size":0,"text":""},"bodySize":0}`, "", false, ""},
		"empty, by Content-Length":   {`{"status":200,"headers":[{"name":"Content-Length","value":"0"}]}`, "", false, ""},
		"no word of a body":          {`{"status":200}`, "", true, ""},
		"204":                        {`{"status":204,"content":{"size":-1},"bodySize":-1}`, "", false, ""},
		"204 with a body":            {`{"status":204,"content":{"size":2,"text":"{}"}}`, "{}", false, ""},
		"204 with a word for none":   {`{"status":204,"content":{"size":0,"text":"[object Object]"}}`, "", false, ""},
		"304 from the cache":         {`{"status":304,"content":{"size":2,"text":"[]"}}`, "", false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := one(t, get(tc.response))
			require.NotNil(t, e.Exchange.Response)
			assert.Equal(t, tc.want, string(e.Exchange.Response.Body))
			assert.Equal(t, tc.truncated, e.Exchange.Response.Truncated)
			assert.Equal(t, tc.note, strings.Join(e.Notes, "\n"))
		})
	}
	head := one(t, `{"request":{"method":"HEAD","url":"https://host/"},"response":{"status":200,"headers":[{"name":"Content-Length","value":"3"}],"content":{"size":3}}}`)
	assert.Nil(t, head.Exchange.Response.Body)
	assert.False(t, head.Exchange.Response.Truncated)
}

func TestNoResponse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ response, want string }{
		"none":     {`null`, "the recording has no response"},
		"status 0": {`{"status":0,"content":{"size":0}}`, "the recording has no response"},
		"Chromium": {`{"status":0,"_error":"net::ERR_CONNECTION_REFUSED"}`, "net::ERR_CONNECTION_REFUSED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := one(t, get(tc.response)).Exchange
			assert.Nil(t, x.Response)
			assert.EqualError(t, x.Err, tc.want)
		})
	}
}

func TestUnknownTime(t *testing.T) {
	t.Parallel()
	e := one(t, `{"startedDateTime":"yesterday","time":-1,"request":{"method":"GET","url":"https://host/"}}`)
	assert.Zero(t, e.Exchange.Started)
	assert.Zero(t, e.Exchange.Duration)
	assert.Equal(t, []string{"startedDateTime is not a time, so the Date of its answer counts, or its place in the file"}, e.Notes)
}

func TestStopReading(t *testing.T) {
	t.Parallel()
	n := 0
	for _, err := range har.Entries(strings.NewReader(file(minimal, minimal, minimal))) {
		require.NoError(t, err)
		if n++; n == 2 {
			break
		}
	}
	assert.Equal(t, 2, n)
}

// FuzzEntries reads arbitrary bytes: nothing panics, offsets are in the file, and encoding/json agrees on which files
// are whole.
func FuzzEntries(f *testing.F) {
	data, err := os.ReadFile(recorded)
	require.NoError(f, err)
	f.Add(data[:4096])
	f.Add([]byte(file(minimal, get(`{"status":200,"content":{"encoding":"base64","text":"W10="}}`))))
	f.Add([]byte(file(get(`{"status":0}`), `{}`, `[]`)))
	f.Add([]byte("\xef\xbb\xbf" + `{"log":{"entries":[],"version":"1.1"}}`))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte(shipped + "\n" + shipped))
	f.Add([]byte(file(attached("../x"))))
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, skipped, err := read(bytes.NewReader(data))
		for _, e := range entries {
			check(t, e.Exchange)
			assert.Less(t, e.Offset, int64(1<<20))
		}
		again, skippedAgain, errAgain := read(iotest.OneByteReader(bytes.NewReader(data)))
		assert.Equal(t, len(entries), len(again))
		assert.Equal(t, len(skipped), len(skippedAgain))
		if err != nil {
			require.EqualError(t, errAgain, err.Error())
			return
		}
		require.NoError(t, errAgain)
		var whole struct {
			Log struct{ Entries []json.RawMessage }
		}
		if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &whole) == nil && !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) && bytes.Count(data, []byte(`ntries"`)) == 1 {
			assert.Equal(t, len(whole.Log.Entries), len(entries)+len(skipped))
		}
	})
}

// check says that an exchange keeps what wire promises.
func check(t *testing.T, x *wire.Exchange) {
	require.NotNil(t, x.Request.URL)
	require.True(t, x.Response != nil || x.Err != nil)
	require.GreaterOrEqual(t, x.Duration, time.Duration(0))
}

// TestTheTimeOfAnEntry has entries whose time only the answer tells. Date has whole seconds, so the exchange took place in one.
func TestTheTimeOfAnEntry(t *testing.T) {
	t.Parallel()
	date := time.Date(2026, 11, 28, 13, 54, 46, 0, time.UTC)
	const dated = `"response":{"status":200,"headers":[{"name":"Date","value":"Sat, 28 Nov 2026 13:54:46 GMT"}]}}`
	for name, tc := range map[string]struct {
		entry    string
		started  time.Time
		duration time.Duration
	}{
		"of the recorder":             {`{"startedDateTime":"2026-11-28T13:54:40Z","time":12,` + dated, date.Add(-6 * time.Second), 12 * time.Millisecond},
		"of the answer":               {`{` + dated, date, time.Second},
		"of an answer that took long": {`{"time":3000,` + dated, date, 3 * time.Second},
		"of nothing":                  {`{"response":{"status":200,"headers":[{"name":"Date","value":"now"}]}}`, time.Time{}, 0},
		"of no answer":                {`{"response":{"status":0}}`, time.Time{}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := one(t, strings.Replace(tc.entry, `"response"`, `"request":{"method":"GET","url":"https://host/"},"response"`, 1)).Exchange
			assert.True(t, tc.started.Equal(x.Started), x.Started)
			assert.Equal(t, tc.duration, x.Duration)
		})
	}
}
