package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/gitlab-agents/contract"
	"example.com/gitlab-agents/contract/wire"
)

// bodyLimit is how much of a body is kept for the judge: far more than a page of a hundred agents takes (28 kB). The rest
// passes through unseen.
const bodyLimit = 1 << 20

// recording is a RoundTripper that hands exchanges to the judge.
type recording struct {
	*Proxy
	next http.RoundTripper
}

func (t recording) RoundTrip(r *http.Request) (*http.Response, error) {
	_, operation := t.document.Route(r.Method, r.URL)
	switch {
	case operation && t.Enforce:
		return t.enforce(r)
	case operation || tellsVersion(r.URL) || strings.Contains(r.URL.Path, "/cluster_agents"): // the last may be meant for one
		return wire.NewRecorder(t.next, bodyLimit, t.judging.put).RoundTrip(r)
	}
	return t.next.RoundTrip(r)
}

// tellsVersion says whether the answer tells the judge which GitLab this is.
func tellsVersion(u *url.URL) bool {
	return strings.HasSuffix(u.Path, "/api/v4/version") || strings.HasSuffix(u.Path, "/api/v4/metadata")
}

// enforce judges an answer before it is delivered. One that is too long for that is delivered and judged later, and so is
// one that breaks off.
func (t recording) enforce(r *http.Request) (*http.Response, error) {
	var whole *wire.Exchange
	later := false
	resp, err := wire.NewRecorder(t.next, bodyLimit, func(x *wire.Exchange) {
		if later {
			t.judging.put(x)
			return
		}
		whole = x
	}).RoundTrip(r)
	if err != nil {
		t.judging.now(whole)
		return resp, err
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	later = true
	if whole == nil || err != nil {
		if whole != nil {
			t.judging.put(whole)
		}
		resp.Body = &resumed{io.MultiReader(bytes.NewReader(body), failing{err}, resp.Body), resp.Body}
		return resp, nil
	}
	broken := t.judging.now(whole)
	if len(broken) == 0 {
		resp.Body = &resumed{bytes.NewReader(body), resp.Body}
		return resp, nil
	}
	resp.Body.Close()
	return t.refused(resp, broken), nil
}

// refused is the answer in place of one that violates a MUST.
func (t recording) refused(resp *http.Response, broken []contract.Finding) *http.Response {
	detail := fmt.Sprintf("The answer of the GitLab, %d, violates %s: expected %s; actual %s.", resp.StatusCode, broken[0].Rule, broken[0].Expected, broken[0].Actual)
	body := problemBody(http.StatusBadGateway, detail, broken)
	return &http.Response{
		Status: "502 Bad Gateway", StatusCode: http.StatusBadGateway,
		Proto: resp.Proto, ProtoMajor: resp.ProtoMajor, ProtoMinor: resp.ProtoMinor,
		Header: http.Header{
			"Content-Type":   {"application/problem+json"},
			"Content-Length": {strconv.Itoa(len(body))},
		},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: resp.Request,
	}
}

// resumed is a body of which a part was read already.
type resumed struct {
	io.Reader
	io.Closer
}

// failing fails with an error, or is empty if there is none.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}
