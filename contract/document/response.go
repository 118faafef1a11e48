package document

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"example.com/gitlab-agents/contract/internal/words"
	"example.com/gitlab-agents/contract/wire"
)

// checkResponse validates the response against the document's response for its status.
func (op *operation) checkResponse(f *findings, x *wire.Exchange) {
	r := x.Response
	if r == nil || r.StatusCode == 0 {
		f.incomplete("an answer", failure(x.Err, "no answer"))
		return
	}
	f.softened = r.StatusCode == http.StatusTooManyRequests
	res := op.responses[r.StatusCode]
	if res == nil {
		outcome := Violation
		if isGateways(r.StatusCode) {
			outcome = Inconclusive
		}
		f.add("", nil, place{part: op.spec, keyword: "responses"}, Finding{
			Rule: RuleStatus, Outcome: outcome, Expected: "status " + op.listedStatuses(), Actual: "status " + strconv.Itoa(r.StatusCode),
		})
		return
	}
	if !r.HeaderNotRecorded {
		res.checkHeaders(f, r.Header)
	}
	if r.BodyNotRecorded {
		f.incomplete("the body", "a recording without it")
		return
	}
	if r.Truncated || x.Err != nil {
		f.incomplete("the whole body", failure(x.Err, "only a part of the body is known"))
		return
	}
	if res.hasNoBody(x.Request.Method) {
		res.checkNoContent(f, x)
		return
	}
	if missing := missingBytes(r); missing != "" {
		f.incomplete("the whole body", missing)
		return
	}
	res.checkBody(f, r)
}

// incomplete reports that there is nothing to judge, or only a part.
func (f *findings) incomplete(expected, actual string) {
	f.add("", nil, place{}, Finding{Rule: RuleResponse, Outcome: Inconclusive, Expected: expected, Actual: actual})
}

func (op *operation) listedStatuses() string {
	var statuses []string
	for _, status := range op.statuses() {
		statuses = append(statuses, strconv.Itoa(status))
	}
	return words.List(statuses, "or")
}

// isGateways says whether a status is one that something between us and GitLab gives when it has no answer of GitLab's.
func isGateways(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusProxyAuthRequired ||
		status >= 500 && status < 600 && status != http.StatusNotImplemented
}

// checkHeaders reports every header that is missing or not as described, not only the first.
func (res *response) checkHeaders(f *findings, got http.Header) {
	for _, h := range res.headers {
		values := got.Values(h.name)
		if len(values) == 0 {
			if h.spec.Required {
				f.add(h.name, nil, place{part: h.spec}, Finding{
					Rule: RuleHeaders, Outcome: Violation, Expected: "header " + h.name, Actual: "no such header",
				})
			}
			continue
		}
		if h.spec.Schema == nil {
			continue
		}
		schema := h.spec.Schema.Value
		c := checker{
			findings: f, rule: RuleHeaders, outcome: Violation, options: res.options,
			what: "header " + h.name + ": ", place: place{part: h.spec},
		}
		// Lines with one name are one list (RFC 9110, 5.3), so a number that came twice is not a number.
		c.check(typed(strings.TrimSpace(strings.Join(values, ", ")), schema), schema, nil)
	}
}

// checkNoContent reports a body where none is allowed: with 204 and 304, and in the response to HEAD.
func (res *response) checkNoContent(f *findings, x *wire.Exchange) {
	r := x.Response
	what := "status " + strconv.Itoa(r.StatusCode)
	if x.Request.Method == http.MethodHead {
		what = "HEAD"
		if values := r.Header.Values("Content-Type"); !r.HeaderNotRecorded && len(values) > 0 && len(res.content) > 0 {
			res.checkContentType(f, values, false)
		}
	}
	finding := Finding{Rule: RuleNoContent, Outcome: Violation, Expected: "no body with " + what}
	if len(r.Body) > 0 {
		finding.Actual = "a body of " + words.Count(len(r.Body), "byte")
		f.add("", nil, place{part: res.spec}, finding)
		return
	}
	// What Content-Length says of the answer to HEAD, and of a 304, is how long another answer would be.
	length := strings.TrimSpace(r.Header.Get("Content-Length"))
	if n, _ := strconv.ParseUint(length, 10, 63); n > 0 && r.StatusCode == http.StatusNoContent {
		finding.Actual = fmt.Sprintf("header Content-Length: the number %d", n)
		f.add("", nil, place{part: res.spec}, finding)
	}
}

// missingBytes says how much of the body is not there, by Content-Length: recordings often leave bodies out. It is
// empty if nothing is, and if a content coding makes the length that of something else.
func missingBytes(r *wire.Response) string {
	length := r.Header.Get("Content-Length")
	if length == "" {
		return ""
	}
	want, _ := strconv.ParseInt(strings.TrimSpace(length), 10, 64)
	coded := r.Header.Get("Content-Encoding") != "" && len(r.Body) > 0
	if coded || int64(len(r.Body)) >= want {
		return ""
	}
	return fmt.Sprintf("%d bytes of the %d that Content-Length announces", len(r.Body), want)
}

// checkBody validates the body against its schema.
func (res *response) checkBody(f *findings, r *wire.Response) {
	var c *content
	if !r.HeaderNotRecorded {
		c = res.checkContentType(f, r.Header.Values("Content-Type"), len(r.Body) == 0)
	}
	listed := c != nil
	if !listed {
		// A body without a JSON Content-Type may still be JSON, if a proxy changed the header. A secret in it is still a
		// leak.
		if c = res.find("application/json"); c == nil || !isJSON(c.mediaType) {
			return
		}
	}
	if c.schema == nil {
		return
	}
	because := place{part: c.spec, keyword: "schema"}
	check := checker{findings: f, rule: RuleBody, outcome: Violation, options: res.options, place: because}
	if !isJSON(c.mediaType) {
		check.check(string(r.Body), c.schema, nil)
		return
	}
	value, faults := parse(r.Body)
	f.body = value
	if isFatal(faults) && !listed {
		return // no JSON, as it says
	}
	for _, fault := range faults {
		f.add(fault.kind, fault.path, because, Finding{
			Rule: RuleJSON, Outcome: Violation, Expected: oneJSONText, Actual: fault.reason,
		})
	}
	if !isFatal(faults) {
		check.check(value, c.schema, nil)
		check.beyond(value, c.outline, make([]string, 0, 8))
	}
}

const oneJSONText = "one JSON text (RFC 8259)"

// checkContentType finds what the document says of the content type; nil, and a finding, if that is nothing.
func (res *response) checkContentType(f *findings, values []string, empty bool) *content {
	because := place{part: res.spec, keyword: "content"}
	finding := Finding{
		Rule: RuleContentType, Outcome: Violation, Expected: "Content-Type " + words.List(res.mediaTypes(), "or"),
	}
	if c := res.find("*/*"); c != nil && len(values) == 0 {
		return c
	}
	var mediaType string
	var parameters map[string]string
	switch len(values) {
	case 0:
		finding.Actual = "no Content-Type"
		if empty {
			finding.Actual += ", and no body"
		}
	case 1:
		mediaType, parameters, _ = mime.ParseMediaType(values[0])
		if mediaType == "" {
			finding.Actual = "Content-Type: " + show(values[0])
			break
		}
		c := res.find(mediaType)
		if c == nil {
			finding.Actual = "Content-Type " + shownName(mediaType)
			break
		}
		charset := strings.ToLower(parameters["charset"])
		if isJSON(c.mediaType) && charset != "" && charset != "utf-8" && charset != "us-ascii" {
			finding.Expected = "Content-Type " + c.mediaType + " in UTF-8 (RFC 8259)"
			finding.Actual = "charset " + shownName(charset)
			f.add("charset", nil, because, finding)
		}
		return c
	default:
		finding.Actual = words.Count(len(values), "header") + " Content-Type"
	}
	f.add("", nil, because, finding)
	return nil
}

// failure says why there is no answer, or only a part of one. Texts of errors may hold the URL and bytes of the answer,
// so only what is known is named.
func failure(err error, without string) string {
	var dns *net.DNSError
	var timeout interface{ Timeout() bool }
	var certificate *tls.CertificateVerificationError
	var op *net.OpError
	reason := ""
	switch {
	case err == nil:
		return without
	case errors.Is(err, context.Canceled):
		reason = "the request was cancelled"
	case errors.As(err, &timeout) && timeout.Timeout():
		reason = "the time was up"
	case errors.As(err, &dns):
		reason = "the host name is not known"
	case errors.As(err, &certificate):
		reason = "the server's certificate is not trusted"
	case errors.Is(err, syscall.ECONNREFUSED):
		reason = "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		reason = "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		reason = "the connection was closed"
	case errors.As(err, &op):
		reason = "the connection failed"
	default:
		reason = "the exchange failed"
	}
	return without + ": " + reason
}
