package har

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"example.com/gitlab-agents/contract/wire"
)

// exchange makes an exchange of an entry. Its notes say what it is without.
func exchange(e *entry) (x *wire.Exchange, notes []string, err error) {
	note := func(s string) {
		if s != "" {
			notes = append(notes, s)
		}
	}
	if e.FromCache != "" {
		return nil, nil, errors.New("the browser answered it from its cache, not the server")
	}
	if e.Request.Method == "" {
		return nil, nil, errors.New("it has no request.method")
	}
	u, err := url.Parse(e.Request.URL)
	if err != nil || u.Scheme == "" {
		return nil, nil, errors.New("request.url is no absolute URL") // which may hold a secret, so it is not shown
	}

	x = &wire.Exchange{Request: wire.Request{Method: e.Request.Method, URL: u, Header: header(e.Request.Headers)}}
	x.Request.Body, x.Request.Truncated = requestBody(&e.Request, x.Request.Header)
	if e.Started != "" {
		if x.Started, err = time.Parse(time.RFC3339, e.Started); err != nil {
			note("startedDateTime is no time, so its place in the file counts")
		}
	}
	if e.Time > 0 && e.Time < math.MaxInt64/1e6 {
		x.Duration = time.Duration(e.Time * float64(time.Millisecond))
	}

	switch status := e.Response.Status; {
	case status == 0:
		x.Err = errors.New(cmp.Or(e.Response.Error, "the recording has no response to it"))
	case status != math.Trunc(status) || status < 100 || status > 999:
		return nil, nil, fmt.Errorf("response.status %v is no HTTP status", status)
	default:
		r := &wire.Response{StatusCode: int(status), Header: header(e.Response.Headers)}
		var s string
		r.Body, r.Truncated, s = responseBody(e, r.Header)
		note(s)
		if e.Response.Error != "" {
			x.Err, r.Truncated = errors.New(e.Response.Error), true
		}
		x.Response = r
	}
	return x, notes, nil
}

// header makes a header of a list. What HTTP/2 writes as headers but are none, such as ":method", is left out.
func header(pairs []pair) http.Header {
	h := make(http.Header, len(pairs))
	for _, p := range pairs {
		if p.Name != "" && p.Name[0] != ':' {
			h.Add(p.Name, p.Value)
		}
	}
	return h
}

// requestBody is the body of a request. It is truncated if there was one but the file does not hold it.
func requestBody(r *request, h http.Header) (body []byte, truncated bool) {
	p := r.PostData
	if p == nil || p.Text == "" && len(p.Params) == 0 {
		return nil, r.BodySize > 0 || p != nil && p.Truncated
	}
	if p.MimeType != "" && h.Get("Content-Type") == "" {
		h.Set("Content-Type", p.MimeType)
	}
	if strings.EqualFold(p.Encoding, "base64") {
		body, err := fromBase64(p.Text)
		return body, err != nil || p.Truncated
	}
	if p.Text != "" {
		return []byte(p.Text), p.Truncated
	}
	for _, field := range p.Params {
		if field.FileName != "" {
			return nil, true
		}
	}
	contentType, parameters, _ := mime.ParseMediaType(h.Get("Content-Type"))
	switch contentType {
	case "application/x-www-form-urlencoded":
		return urlEncoded(p.Params), false
	case "multipart/form-data":
		body, err := multiPart(p.Params, parameters["boundary"])
		return body, err != nil
	}
	return nil, true
}

// urlEncoded is a form as it is sent, its fields in their order.
func urlEncoded(fields []pair) []byte {
	var b []byte
	for i, f := range fields {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(b, url.QueryEscape(f.Name)...)
		b = append(b, '=')
		b = append(b, url.QueryEscape(f.Value)...)
	}
	return b
}

func multiPart(fields []pair, boundary string) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary(boundary); err != nil {
		return nil, err
	}
	for _, f := range fields {
		if err := w.WriteField(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// responseBody is the body of a response, its content coding removed. It is truncated if the file does not hold all of
// it; note says why, unless the recorder just left it out.
func responseBody(e *entry, h http.Header) (body []byte, truncated bool, note string) {
	c := &e.Response.Content
	if e.Request.Method == http.MethodHead || e.Response.Status == http.StatusNotModified {
		return nil, false, "" // there is none on the wire; browsers fill in what they have in their cache
	}
	if c.Text == nil || *c.Text == "" {
		return nil, c.Truncated || leftOut(e, h), ""
	}
	switch {
	case c.Encoding == "":
		body = []byte(*c.Text)
	case strings.EqualFold(c.Encoding, "base64"):
		var err error
		if body, err = fromBase64(*c.Text); err != nil {
			return nil, true, "response.content.text is no base64, so its body is not known"
		}
	default:
		return nil, true, "response.content.encoding is not base64, so its body is not known"
	}
	if h.Get("Content-Encoding") == "" {
		// Browsers keep the beginning of a long body only. A byte order mark may be missing for good.
		return body, c.Truncated || c.Size > float64(len(body)+3), ""
	}
	// Most recorders removed the content coding and left the header as it was; others keep the bytes of the wire.
	if isText(body) {
		return body, c.Truncated, ""
	}
	body, err := wire.RemoveCoding(h, body, maxBody)
	if err != nil {
		return body, true, fmt.Sprintf("its body is not known whole: %v", err)
	}
	return body, c.Truncated, ""
}

// isText says whether bytes may be text rather than compressed data.
func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b[:min(len(b), 512)], func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t'
	})
}

// leftOut says whether there was a body, given that the file holds none. Browsers drop bodies when they run out of
// memory, and recorders can be told to.
func leftOut(e *entry, h http.Header) bool {
	if e.Response.Content.Size != 0 || e.Response.BodySize > 0 { // a negative size is an unknown one
		return e.Response.Status != http.StatusNoContent || e.Response.Content.Size > 0
	}
	length, _ := strconv.ParseInt(h.Get("Content-Length"), 10, 64)
	return length > 0
}

// fromBase64 takes both alphabets, line breaks, and missing padding.
func fromBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/", "=", "").Replace(s)
	return base64.RawStdEncoding.DecodeString(s)
}
