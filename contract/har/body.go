package har

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/gitlab-agents/contract/wire"
)

// requestBody reads the body of a request. That the file holds none does not mean that there was none: many recorders
// lose them.
func (r *reading) requestBody(to *wire.Request) {
	p := r.Request.PostData
	if p == nil || p.Text == "" && len(p.Params) == 0 && p.File == "" {
		if r.mayHaveHadBody(to) || p != nil && p.Truncated {
			to.BodyNotRecorded, to.Truncated = true, true
		}
		return
	}
	if p.MimeType != "" && to.Header.Get("Content-Type") == "" {
		to.Header.Set("Content-Type", p.MimeType)
	}
	var body []byte
	var err error
	switch {
	case p.Text != "":
		body, err = decodeText(p.Text, p.Encoding, to.Header, r.Request.BodySize)
	case p.File != "":
		body, err = r.attached(p.File)
	default:
		body, err = form(p.Params, to.Header.Get("Content-Type"))
	}
	if err != nil {
		r.note(fmt.Sprintf("request.postData %v, so the body is unknown", err))
		to.BodyNotRecorded, to.Truncated = true, true
		return
	}
	to.Body = body
	to.Truncated = p.Truncated || r.isCut(body, to.Header, r.Request.BodySize)
}

// mayHaveHadBody says whether a request may have had a body, given that the file holds none.
func (r *reading) mayHaveHadBody(to *wire.Request) bool {
	length := contentLength(to.Header)
	if r.Request.BodySize > 0 || length > 0 || r.decoder.isOdd("request.postData") || r.decoder.isOdd("request.postData.text") {
		return true
	}
	if r.Request.BodySize == 0 || length == 0 {
		return false
	}
	switch to.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		return true // the size is not known
	}
	return r.Request.PostData != nil || len(to.Header.Values("Transfer-Encoding")) > 0
}

// contentLength is what the header says; -1 if it says nothing.
func contentLength(h http.Header) int64 {
	length := strings.TrimSpace(h.Get("Content-Length"))
	if length == "" {
		return -1
	}
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// form is a form as it is sent, its fields in their order.
func form(fields pairs, contentType string) ([]byte, error) {
	for _, field := range fields {
		if field.FileName != "" {
			return nil, errors.New("has a file that is not in the recording")
		}
	}
	mediaType, parameters, _ := mime.ParseMediaType(contentType)
	switch mediaType {
	case "application/x-www-form-urlencoded":
		return urlEncoded(fields), nil
	case "multipart/form-data":
		return multiPart(fields, parameters["boundary"])
	}
	return nil, errors.New("has no text")
}

func urlEncoded(fields pairs) []byte {
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

func multiPart(fields pairs, boundary string) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if w.SetBoundary(boundary) != nil {
		return nil, errors.New("has no boundary")
	}
	for _, f := range fields {
		if err := w.WriteField(f.Name, f.Value); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// responseBody reads the body of a response, its content coding removed.
func (r *reading) responseBody(method string, to *wire.Response) {
	c := &r.entry.Response.Content
	if method == http.MethodHead || to.StatusCode == http.StatusNotModified || to.StatusCode == http.StatusSwitchingProtocols {
		return // there is none on the wire; browsers fill in what they have in their cache
	}
	if to.StatusCode == http.StatusNoContent && contentLength(to.Header) <= 0 && r.entry.Response.BodySize <= 0 &&
		(c.Text == nil || c.Size != float64(len(*c.Text))) {
		return // nor here; some recorders write a word in its place
	}
	var body []byte
	var err error
	switch {
	case c.Text != nil && *c.Text != "":
		body, err = decodeText(*c.Text, c.Encoding, to.Header, c.Size)
	case c.File != "":
		body, err = r.attached(c.File)
	default:
		to.BodyNotRecorded = c.Truncated || r.leftOut(to)
		to.Truncated = to.BodyNotRecorded
		return
	}
	if err != nil {
		r.note(fmt.Sprintf("response.content %v, so the body is unknown", err))
		to.BodyNotRecorded, to.Truncated = true, true
		return
	}
	if to.Header.Get("Content-Encoding") != "" && !isText(body) {
		// Most recorders removed the content coding and left the header as it was; others keep the bytes of the wire.
		if body, err = wire.RemoveCoding(to.Header, body, maxText); err != nil {
			r.note(fmt.Sprintf("part of its body is missing: %v", err))
			to.Truncated, to.BodyNotRecorded = true, len(body) == 0
		}
	}
	to.Truncated = to.Truncated || c.Truncated || r.isCut(body, to.Header, c.Size)
	to.Body = body
}

// isCut says that a body is the beginning of a longer one: browsers and logs keep so much of each and no more. The size is that of
// the whole body, negative if it is unknown.
func (r *reading) isCut(body []byte, h http.Header, size float64) bool {
	sent := contentLength(h)
	if h.Get("Content-Encoding") != "" {
		sent = -1
	}
	isShorter := max(size, float64(sent)) > float64(len(body)+3) // a byte order mark may be missing for good
	// If only the recorder tells the size, it may be that of what was kept: logs keep a round number of bytes or characters.
	isUnsure := sent < 0 && (size < 0 || isRound(len(body)) || isRound(utf8.RuneCount(body)))
	if !(isShorter || r.shortened || isUnsure) || isWhole(body) {
		return false
	}
	return isShorter || r.shortened || breaksOff(body)
}

func isRound(n int) bool { return n%128 == 0 || n%100 == 0 }

// breaksOff says whether bytes are the beginning of a JSON text, and not all of it.
func breaksOff(b []byte) bool {
	err := jsontext.NewDecoder(bytes.NewReader(b), lenient...).SkipValue()
	return errors.Is(err, io.ErrUnexpectedEOF)
}

// leftOut says whether there was a body, or may have been, given that the file holds none. Browsers drop bodies when they
// run out of memory, and recorders can be told to.
func (r *reading) leftOut(to *wire.Response) bool {
	recorded := &r.entry.Response
	c := &recorded.Content
	length := contentLength(to.Header)
	switch {
	case c.Size > 0, recorded.BodySize > 0, length > 0, r.decoder.isOdd("response.content"), r.decoder.isOdd("response.content.text"):
		return true
	case to.StatusCode == http.StatusNoContent, length == 0, c.Size == 0 && c.Text != nil, c.Size == 0 && recorded.BodySize == 0:
		return false
	}
	return true // its size is not known
}

// isText says whether bytes may be text rather than compressed data.
func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b[:min(len(b), 512)], func(r rune) bool {
		return r < ' ' && r != '\n' && r != '\r' && r != '\t'
	})
}

// isWhole says whether bytes are a JSON object or array: of such, no beginning is one.
func isWhole(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[') && json.Valid(b)
}

// decodeText is the body that a text in a recording stands for. The flag that says that it is base64 is forgotten by some
// recorders and set by others for plain text, so what the text is decides where it is clear.
func decodeText(text, encoding string, h http.Header, size float64) ([]byte, error) {
	decoded, err := fromBase64(text)
	isBase64 := err == nil && len(decoded) > 0
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		switch {
		case isBase64 && (!isWhole([]byte(text)) || isWhole(decoded)):
			return decoded, nil
		case isWhole([]byte(text)), err != nil && strings.ContainsAny(text, " <{"):
			return []byte(text), nil
		}
		return nil, errors.New("is marked as base64 but is not base64")
	case "", "utf8", "utf-8", "text", "plain", "identity", "none":
	default:
		if isWhole([]byte(text)) {
			return []byte(text), nil
		}
		return nil, errors.New("has an unknown encoding")
	}
	if h.Get("Content-Encoding") != "" {
		if raw, ok := fromLatin1(text); ok {
			return raw, nil
		}
	}
	switch {
	case !isBase64 || !claimsJSON(h) || json.Valid([]byte(text)):
		return []byte(text), nil
	case isWhole(decoded), isCompressed(decoded), size == float64(len(decoded)) && isText(decoded):
		return decoded, nil
	case len(text) >= 16:
		return nil, errors.New("looks like base64 of something")
	}
	return []byte(text), nil
}

// claimsJSON says whether a message calls its body JSON, or nothing.
func claimsJSON(h http.Header) bool {
	contentType := h.Get("Content-Type")
	return contentType == "" || strings.Contains(contentType, "json")
}

// isCompressed says whether bytes are gzip or zlib.
func isCompressed(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x1f\x8b")) || len(b) > 2 && b[0] == 'x' && (int(b[0])<<8|int(b[1]))%31 == 0 && !isText(b)
}

// fromLatin1 is what compressed bytes are that a recorder wrote as text, each byte as a character.
func fromLatin1(text string) ([]byte, bool) {
	raw := make([]byte, 0, len(text))
	for _, r := range text {
		if r > 0xff {
			return nil, false
		}
		raw = append(raw, byte(r))
	}
	return raw, isCompressed(raw)
}

// withoutLineBreaks prepares base64 in either alphabet, with or without padding.
var withoutLineBreaks = strings.NewReplacer("\r", "", "\n", "", "-", "+", "_", "/", "=", "")

// fromBase64 takes both alphabets, line breaks, and missing padding.
func fromBase64(s string) ([]byte, error) {
	if strings.ContainsAny(s[:min(len(s), 16)], "{}[]\"<> ") {
		return nil, base64.CorruptInputError(0) // most texts are clearly not base64
	}
	return base64.RawStdEncoding.DecodeString(withoutLineBreaks.Replace(s))
}

// attached reads a body from a separate file.
func (r *reading) attached(name string) ([]byte, error) {
	if r.files == nil {
		return nil, errors.New("is in a separate file, which was not given")
	}
	if !fs.ValidPath(name) || strings.Contains(name, `\`) {
		return nil, errors.New("is said to be in a file outside the recording")
	}
	f, err := r.files.Open(name)
	if err != nil {
		return nil, errors.New("is in a separate file, which is missing")
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("is said to be in something that is not a file")
	}
	body, err := io.ReadAll(io.LimitReader(f, maxText+1))
	if err != nil {
		return nil, errors.New("is in a separate file, which can't be read")
	}
	if len(body) > maxText {
		return nil, fmt.Errorf("is in a file of more than %d MiB", maxText>>20)
	}
	return body, nil
}
