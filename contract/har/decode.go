package har

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// decoder reads entries off a scanner, without a look at what does not matter. It is three times as fast as
// encoding/json, which has to go over each entry twice more.
type decoder struct {
	scan    *scanner
	entry   entry
	problem error // why the entry can't be used
	size    int   // bytes of what was read of it
	texts   map[string]string
}

// decode reads the next entry, which is good until the call after. The problem is one of the entry alone, the error one
// of the file.
func (d *decoder) decode() (e *entry, problem, err error) {
	d.problem, d.size = nil, 0
	d.entry = entry{
		Request:  request{Headers: d.entry.Request.Headers[:0]},
		Response: response{Headers: d.entry.Response.Headers[:0]},
	}
	err = d.object("it", func(name []byte) error {
		switch string(name) {
		case "startedDateTime":
			return d.text("startedDateTime", &d.entry.Started)
		case "time":
			return d.number("time", &d.entry.Time)
		case "request":
			return d.object("request", d.request)
		case "response":
			return d.object("response", d.response)
		case "_fromCache":
			return d.text("_fromCache", &d.entry.FromCache)
		}
		return d.scan.skip()
	})
	return &d.entry, d.problem, err
}

func (d *decoder) request(name []byte) error {
	r := &d.entry.Request
	switch string(name) {
	case "method":
		return d.text("request.method", &r.Method)
	case "url":
		return d.text("request.url", &r.URL)
	case "headers":
		return d.pairs("request.headers", &r.Headers)
	case "bodySize":
		return d.number("request.bodySize", &r.BodySize)
	case "postData":
		return d.object("request.postData", d.postData)
	}
	return d.scan.skip()
}

func (d *decoder) postData(name []byte) error {
	r := &d.entry.Request
	if r.PostData == nil {
		r.PostData = new(postData)
	}
	switch p := r.PostData; string(name) {
	case "mimeType":
		return d.text("request.postData.mimeType", &p.MimeType)
	case "text":
		return d.text("request.postData.text", &p.Text)
	case "encoding":
		return d.text("request.postData.encoding", &p.Encoding)
	case "params":
		return d.pairs("request.postData.params", &p.Params)
	case "_truncated":
		return d.flag("request.postData._truncated", &p.Truncated)
	}
	return d.scan.skip()
}

func (d *decoder) response(name []byte) error {
	r := &d.entry.Response
	switch string(name) {
	case "status":
		return d.number("response.status", &r.Status)
	case "headers":
		return d.pairs("response.headers", &r.Headers)
	case "bodySize":
		return d.number("response.bodySize", &r.BodySize)
	case "content":
		return d.object("response.content", d.content)
	case "_error":
		return d.text("response._error", &r.Error)
	}
	return d.scan.skip()
}

func (d *decoder) content(name []byte) error {
	switch c := &d.entry.Response.Content; string(name) {
	case "size":
		return d.number("response.content.size", &c.Size)
	case "text":
		c.Text = new(string)
		return d.text("response.content.text", c.Text)
	case "encoding":
		return d.text("response.content.encoding", &c.Encoding)
	case "_truncated":
		return d.flag("response.content._truncated", &c.Truncated)
	}
	return d.scan.skip()
}

// pairs reads a list of objects that have a name and a value.
func (d *decoder) pairs(where string, into *[]pair) error {
	c, err := d.scan.peek()
	if err != nil {
		return err
	}
	if c != '[' {
		return d.other(where)
	}
	return d.scan.array(func() error {
		*into = append(*into, pair{})
		p := &(*into)[len(*into)-1]
		return d.object(where, func(name []byte) error {
			switch string(name) {
			case "name":
				return d.text(where+".name", &p.Name)
			case "value":
				return d.text(where+".value", &p.Value)
			case "fileName":
				return d.text(where+".fileName", &p.FileName)
			}
			return d.scan.skip()
		})
	})
}

// object reads an object. A null is one that is not there.
func (d *decoder) object(where string, member func(name []byte) error) error {
	c, err := d.scan.peek()
	if err != nil {
		return err
	}
	if c != '{' {
		return d.other(where)
	}
	return d.scan.object(member)
}

func (d *decoder) text(where string, into *string) error {
	raw, err := d.value()
	switch {
	case err != nil || raw == nil:
		return err
	case raw[0] != '"':
		return d.wrong(where, raw)
	}
	if *into, err = d.unquoted(raw); err != nil {
		d.fail(fmt.Errorf("%s: %w", where, err))
	}
	return nil
}

func (d *decoder) number(where string, into *float64) error {
	raw, err := d.value()
	switch {
	case err != nil || raw == nil:
		return err
	case raw[0] != '-' && (raw[0] < '0' || raw[0] > '9'):
		return d.wrong(where, raw)
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if err != nil || !json.Valid(raw) {
		d.fail(fmt.Errorf("%s is no number that can be read", where))
	}
	*into = n
	return nil
}

func (d *decoder) flag(where string, into *bool) error {
	raw, err := d.value()
	switch {
	case err != nil || raw == nil:
		return err
	case raw[0] != 't' && raw[0] != 'f':
		return d.wrong(where, raw)
	}
	*into = string(raw) == "true"
	return nil
}

// value is the next value; nil if there is too much in this entry.
func (d *decoder) value() ([]byte, error) {
	raw, err := d.scan.value()
	if err != nil {
		return nil, err
	}
	if d.size += len(raw); raw == nil || d.size > maxEntry {
		d.fail(fmt.Errorf("there are more than %d MiB in it", maxEntry>>20))
		return nil, nil
	}
	return raw, nil
}

// other consumes a value that is not of the type it should be.
func (d *decoder) other(where string) error {
	raw, err := d.value()
	if err != nil || raw == nil {
		return err
	}
	return d.wrong(where, raw)
}

// wrong says that a value has the wrong type, unless it is null.
func (d *decoder) wrong(where string, raw []byte) error {
	kind := "number"
	switch raw[0] {
	case 'n':
		if string(raw) == "null" && where != "it" {
			return nil
		}
		kind = "null"
	case '"':
		kind = "string"
	case '{':
		kind = "object"
	case '[':
		kind = "array"
	case 't', 'f':
		kind = "boolean"
	}
	d.fail(fmt.Errorf("%s can't be a JSON %s", where, kind))
	return nil
}

// fail keeps the first problem of an entry.
func (d *decoder) fail(problem error) {
	if d.problem == nil {
		d.problem = problem
	}
}

// The texts that are kept to be used again: names and values of headers mostly, which are the same in entry after entry.
const (
	maxText  = 128  // bytes
	maxTexts = 4096 // of them, together at most 1 MB
)

// unquoted is the text of a JSON string.
func (d *decoder) unquoted(raw []byte) (string, error) {
	if len(raw) > maxText {
		return unquote(raw)
	}
	if s, ok := d.texts[string(raw)]; ok {
		return s, nil
	}
	s, err := unquote(raw)
	if err != nil {
		return "", err
	}
	if d.texts == nil || len(d.texts) == maxTexts {
		d.texts = make(map[string]string)
	}
	d.texts[string(raw)] = s
	return s, nil
}

// unquote is the text of a JSON string (RFC 8259, 7). What is no UTF-8 in it, and half of a surrogate pair, becomes
// U+FFFD, as with encoding/json.
func unquote(raw []byte) (string, error) {
	rest := raw[1 : len(raw)-1]
	if bytes.ContainsFunc(rest, func(r rune) bool { return r < ' ' }) {
		return "", errors.New("a control character in a string")
	}
	if !utf8.Valid(rest) {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	}
	i := bytes.IndexByte(rest, '\\')
	if i < 0 {
		return string(rest), nil
	}
	var b strings.Builder
	b.Grow(len(rest))
	for ; i >= 0; i = bytes.IndexByte(rest, '\\') {
		b.Write(rest[:i])
		rest = rest[i+1:] // an escape never ends a string
		c := rest[0]
		rest = rest[1:]
		switch c {
		case '"', '\\', '/':
			b.WriteByte(c)
		case 'b':
			b.WriteByte('\b')
		case 'f':
			b.WriteByte('\f')
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'u':
			r, ok := hex4(rest)
			if !ok {
				return "", errors.New(`no four hexadecimal digits after \u in a string`)
			}
			rest = rest[4:]
			if utf16.IsSurrogate(r) {
				low, ok := hex4(bytes.TrimPrefix(rest, []byte(`\u`)))
				if r = utf16.DecodeRune(r, low); ok && bytes.HasPrefix(rest, []byte(`\u`)) && r != utf8.RuneError {
					rest = rest[6:]
				} else {
					r = utf8.RuneError
				}
			}
			b.WriteRune(r)
		default:
			return "", fmt.Errorf("%q after a backslash in a string", c)
		}
	}
	b.Write(rest)
	return b.String(), nil
}

// hex4 reads four hexadecimal digits.
func hex4(b []byte) (r rune, ok bool) {
	if len(b) < 4 {
		return 0, false
	}
	for _, c := range b[:4] {
		r <<= 4
		switch {
		case '0' <= c && c <= '9':
			r |= rune(c - '0')
		case 'a' <= c && c <= 'f':
			r |= rune(c - 'a' + 10)
		case 'A' <= c && c <= 'F':
			r |= rune(c - 'A' + 10)
		default:
			return 0, false
		}
	}
	return r, true
}
