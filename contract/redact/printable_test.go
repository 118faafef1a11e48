package redact_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"an ordinary line", "404 Not found: é 😀 #5 ## a::b 2001:db8::1", "404 Not found: é 😀 #5 ## a::b 2001:db8::1"},
		{"line ends", "a\r\n\tb", `a\u000d\n\tb`},
		{"a terminal's escapes", "\x1b[31mred\u202e", `\u001b[31mred\u202e`},
		{"no UTF-8", "a\xff", `a\xff`},
		{"Azure", "x ##[add-mask]y", "x # #[add-mask]y"},
		{"Azure, a task", "x ##vso[task.setvariable variable=a]y", "x # #vso[task.setvariable variable=a]y"},
		{"TeamCity", "##teamcity[x]", "# #teamcity[x]"},
		{"GitHub", "::error::x", ": :error::x"},
		{"GitHub, after a line end", "a\n::add-mask::x", `a\n: :add-mask::x`},
		{"GitHub, with properties", "::error file=a,line=1::x", ": :error file=a,line=1::x"},
		{"GitHub, in capitals", "::ERROR::x", ": :ERROR::x"},
		{"GitLab", "section_start:123:x\r\x1b[0K", `section_start :123:x\u000d\u001b[0K`},
		{"GitLab, the end", "section_end:123:x", "section_end :123:x"},
		{"twice", "##[a]##[b]", "# #[a]# #[b]"},
	} {
		assert.Equal(t, tt.want, redact.Printable(tt.text), tt.name)
		assert.Equal(t, tt.want, redact.Printable(tt.want), "%s: what is printable stays", tt.name)
	}
	assert.Equal(t, "a\n\tb : :error::\\u000d", redact.PrintableLines("a\n\tb ::error::\r"))
}

func TestLogWriter(t *testing.T) {
	t.Parallel()
	r := redact.New()
	r.Learn(plain)
	var out bytes.Buffer
	w := r.LogWriter(&out, "log: ")
	log.New(w, "", 0).Printf("got %s\n::error::x", plain)
	slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})).Error("x", "token", plain)
	io.WriteString(w, "no line end")
	assert.Equal(t, "log: got [redacted]\nlog: : :error::x\nlog: level=ERROR msg=x token=[redacted]\nlog: no line end\n", out.String())
}

// net/http quotes what a server sends unasked, which may be the end of a token: no redactor can know it.
func TestLogWriterLeavesOutWhatAServerSentUnasked(t *testing.T) {
	t.Parallel()
	const tail = "QxCanaryTail0123\"}"
	var out bytes.Buffer
	w := redact.New().LogWriter(&out, "")
	log.New(w, "", 0).Printf("Unsolicited response received on idle HTTP channel starting with %q; err=%v", tail, nil)
	assert.Equal(t, "Unsolicited response received on idle HTTP channel starting with [not shown]; err=<nil>\n", out.String())
	slog.New(slog.NewJSONHandler(w, nil)).Warn(fmt.Sprintf("starting with %q", tail))
	assert.NotContains(t, out.String(), "QxCanary")
}

func TestLogWriterAsErrorLog(t *testing.T) {
	t.Parallel()
	r := redact.New()
	r.Learn(plain)
	var out bytes.Buffer
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("with " + plain) }))
	server.Config.ErrorLog = log.New(r.LogWriter(&out, "server: "), "", 0)
	server.Start()
	_, err := http.Get(server.URL)
	require.Error(t, err)
	server.Close()
	assert.Contains(t, out.String(), "http: panic serving")
	assert.NotContains(t, out.String(), plain)
	for line := range strings.Lines(out.String()) {
		assert.True(t, strings.HasPrefix(line, "server: "), line)
	}
}

func TestLogWriterPassesErrorsOn(t *testing.T) {
	t.Parallel()
	_, err := io.WriteString(redact.New().LogWriter(brokenWriter{}, ""), "text")
	assert.EqualError(t, err, "broken pipe")
}
