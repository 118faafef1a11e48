package har

import (
	"bytes"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// lenient are the options to read JSON that programs of all kinds have written.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// decoder makes an entry of JSON, token by token. A field that is not of the type it should be costs that field, never
// the entry: the others may show a leak.
type decoder struct {
	in     *jsontext.Decoder
	failed error // the first thing that was wrong with the JSON; nothing is read after it
	began  int64 // where the entry begins
	entry  entry
	odd    []oddField
	names  map[string]string // of headers and the like, by how they are written
}

// oddField is a field of an entry that could not be read, such as response.status.
type oddField struct{ name, problem string }

func (o oddField) String() string { return o.name + " " + o.problem }

// decode reads an entry, a JSON object. It is good until the next call.
func (d *decoder) decode(in *jsontext.Decoder) (*entry, error) {
	d.in, d.failed, d.odd = in, nil, nil
	d.entry = entry{
		Request:  request{BodySize: -1, Headers: d.entry.Request.Headers[:0]},
		Response: response{Status: -1, BodySize: -1, Headers: d.entry.Response.Headers[:0], Content: content{Size: -1}},
		Timings:  d.entry.Timings[:0],
	}
	d.token()
	d.began = in.InputOffset() - 1
	d.members(d.entryMember)
	return &d.entry, d.failed
}

// isOdd says whether a field could not be read.
func (d *decoder) isOdd(field string) bool {
	return slices.ContainsFunc(d.odd, func(o oddField) bool { return o.name == field })
}

func (d *decoder) entryMember(name []byte) {
	e := &d.entry
	switch string(name) {
	case "startedDateTime":
		d.text("startedDateTime", &e.Started)
	case "time":
		d.number("time", &e.Time)
	case "request":
		d.object("request", d.requestMember)
	case "response":
		d.object("response", d.responseMember)
	case "timings":
		e.Timings = append(e.Timings[:0], d.value()...)
	default:
		d.cachedMember(name, &e.cached)
	}
}

// requestMember leaves out cookies and query, as headers and the URL have both.
func (d *decoder) requestMember(name []byte) {
	r := &d.entry.Request
	switch string(name) {
	case "method":
		d.text("request.method", &r.Method)
	case "url":
		d.text("request.url", &r.URL)
	case "httpVersion":
		d.text("request.httpVersion", &r.HTTPVersion)
	case "headers":
		d.pairs("request.headers", &r.Headers)
	case "postData":
		if d.in.PeekKind() == '{' {
			r.PostData = &postData{}
		}
		d.object("request.postData", d.postDataMember)
	case "bodySize":
		d.number("request.bodySize", &r.BodySize)
	default:
		d.skip()
	}
}

func (d *decoder) postDataMember(name []byte) {
	p := d.entry.Request.PostData
	switch string(name) {
	case "mimeType":
		d.text("request.postData.mimeType", &p.MimeType)
	case "text":
		d.text("request.postData.text", &p.Text)
	case "encoding":
		d.text("request.postData.encoding", &p.Encoding)
	case "params":
		d.pairs("request.postData.params", &p.Params)
	case "_file":
		d.text("request.postData._file", &p.File)
	case "_truncated":
		d.boolean("request.postData._truncated", &p.Truncated)
	default:
		d.skip()
	}
}

func (d *decoder) responseMember(name []byte) {
	r := &d.entry.Response
	switch string(name) {
	case "status":
		d.number("response.status", &r.Status)
	case "httpVersion":
		d.text("response.httpVersion", &r.HTTPVersion)
	case "headers":
		d.pairs("response.headers", &r.Headers)
	case "content":
		d.object("response.content", d.contentMember)
	case "bodySize":
		d.number("response.bodySize", &r.BodySize)
	case "_error":
		d.text("response._error", &r.Error)
	default:
		d.cachedMember(name, &r.cached)
	}
}

func (d *decoder) contentMember(name []byte) {
	c := &d.entry.Response.Content
	switch string(name) {
	case "size":
		d.number("response.content.size", &c.Size)
	case "mimeType":
		d.text("response.content.mimeType", &c.MimeType)
	case "text":
		d.contentText(c)
	case "encoding":
		d.text("response.content.encoding", &c.Encoding)
	case "_file":
		d.text("response.content._file", &c.File)
	case "_truncated":
		d.boolean("response.content._truncated", &c.Truncated)
	default:
		d.skip()
	}
}

// contentText reads the body of a response. Some recorders write it as JSON rather than as a text.
func (d *decoder) contentText(c *content) {
	switch d.in.PeekKind() {
	case 'n':
		d.skip()
	case '{', '[':
		text := string(d.value())
		c.Text = &text
	default:
		c.Text = new(string)
		d.text("response.content.text", c.Text)
	}
}

func (d *decoder) cachedMember(name []byte, c *cached) {
	switch string(name) {
	case "_fromCache":
		d.flag(&c.FromCache)
	case "_fromDiskCache":
		d.flag(&c.FromDiskCache)
	case "_fromMemoryCache":
		d.flag(&c.FromMemoryCache)
	case "_fromServiceWorker":
		d.flag(&c.FromServiceWorker)
	case "_fromPrefetchCache":
		d.flag(&c.FromPrefetchCache)
	case "_fetchType":
		d.flag(&c.FetchType)
	default:
		d.skip()
	}
}

// object reads an object, and calls member for each value in it, which reads or skips it. The name is good until then.
func (d *decoder) object(field string, member func(name []byte)) {
	if d.in.PeekKind() != '{' {
		d.leaveOut(field)
		return
	}
	d.token()
	d.members(member)
}

// members reads the rest of an object.
func (d *decoder) members(member func(name []byte)) {
	for d.failed == nil && d.in.PeekKind() != '}' {
		if name := d.name(); d.failed == nil {
			member(name)
		}
	}
	d.token()
}

// name reads the name of a member.
func (d *decoder) name() []byte {
	quoted := d.value()
	if bytes.IndexByte(quoted, '\\') < 0 {
		return bytes.Trim(quoted, `"`)
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // its syntax was checked
	return name
}

// text takes numbers and booleans too, as some recorders write them for values of headers.
func (d *decoder) text(field string, s *string) {
	switch d.in.PeekKind() {
	case '"', '0', 't', 'f':
		*s = d.token()
	default:
		d.leaveOut(field)
	}
}

// number takes numbers in quotes too.
func (d *decoder) number(field string, n *float64) {
	kind := d.in.PeekKind()
	if kind != '0' && kind != '"' {
		d.leaveOut(field)
		return
	}
	value, err := strconv.ParseFloat(d.token(), 64)
	switch {
	case err == nil && !math.IsNaN(value) && !math.IsInf(value, 0):
		*n = value
	case kind == '"':
		d.note(field, "can't be "+kindName(kind))
	default:
		d.note(field, "is too large a number")
	}
}

func (d *decoder) boolean(field string, b *bool) {
	switch d.in.PeekKind() {
	case 't', 'f':
		*b = d.token() == "true"
	default:
		d.leaveOut(field)
	}
}

func (d *decoder) flag(f *loose) {
	switch d.in.PeekKind() {
	case '"', 't':
		*f = loose(d.token())
	default:
		d.skip()
	}
}

// pairs takes a list of pairs, and an object with the names as its members.
func (d *decoder) pairs(field string, list *pairs) {
	if d.in.PeekKind() != '[' {
		d.object(field, func(name []byte) {
			key := string(name)
			d.texts(field, func(value string) { *list = append(*list, pair{Name: key, Value: value}) })
		})
		return
	}
	d.token()
	for d.failed == nil && d.in.PeekKind() != ']' {
		var p pair
		d.object(field, func(name []byte) {
			switch string(name) {
			case "name":
				d.pairName(field, &p.Name)
			case "value":
				d.text(field, &p.Value)
			case "fileName":
				d.text(field, &p.FileName)
			default:
				d.skip()
			}
		})
		*list = append(*list, p)
	}
	d.token()
}

// maxNames is how many names are kept: far more than a recording has.
const maxNames = 1000

// pairName reads the name of a pair. The same names come in every entry, so each is kept once.
func (d *decoder) pairName(field string, name *string) {
	if d.in.PeekKind() != '"' {
		d.text(field, name)
		return
	}
	quoted := d.value()
	known, ok := d.names[string(quoted)]
	if !ok {
		text, _ := jsontext.AppendUnquote(nil, quoted) // its syntax was checked
		known = string(text)
		if d.names == nil || len(d.names) >= maxNames {
			d.names = make(map[string]string)
		}
		d.names[string(quoted)] = known
	}
	*name = known
}

// texts reads a text or a list of texts.
func (d *decoder) texts(field string, each func(string)) {
	one := func() {
		var value string
		d.text(field, &value)
		each(value)
	}
	if d.in.PeekKind() != '[' {
		one()
		return
	}
	d.token()
	for d.failed == nil && d.in.PeekKind() != ']' {
		one()
	}
	d.token()
}

// leaveOut skips a value that is not of the type it should be. A null is one that is not there.
func (d *decoder) leaveOut(field string) {
	if kind := d.in.PeekKind(); kind != 'n' {
		d.note(field, "can't be "+kindName(kind))
	}
	d.skip()
}

func (d *decoder) note(field, problem string) {
	if odd := (oddField{field, problem}); !slices.Contains(d.odd, odd) {
		d.odd = append(d.odd, odd)
	}
}

// token reads a token, and gives it as text, without quotes.
func (d *decoder) token() string {
	token, err := d.in.ReadToken()
	if d.fail(err); err != nil {
		return ""
	}
	return token.String()
}

// value reads a value. It is good until something else is read.
func (d *decoder) value() jsontext.Value {
	value, err := d.in.ReadValue()
	d.fail(err)
	return value
}

func (d *decoder) skip() { d.fail(d.in.SkipValue()) }

func (d *decoder) fail(err error) {
	if d.failed == nil {
		d.failed = err
	}
}

func kindName(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "an array"
	}
	return "an object"
}
