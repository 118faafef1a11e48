package har

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// lenient are the options to read JSON that programs of all kinds have written.
var lenient = []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}

// decoder makes an entry of JSON. A field that is not of the type it should be costs that field, never the entry: the
// others may show a leak.
type decoder struct {
	options []json.Options
	entry   entry
	odd     []string // the fields of this entry that could not be read, such as response.status
}

func newDecoder() *decoder {
	d := &decoder{}
	d.options = append([]json.Options{json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(d.text),
		json.UnmarshalFromFunc(d.number),
		json.UnmarshalFromFunc(d.loose),
		json.UnmarshalFromFunc(d.pairs),
		json.UnmarshalFromFunc(only[bool](d, 't', 'f')),
		json.UnmarshalFromFunc(only[pair](d, '{')),
		json.UnmarshalFromFunc(only[request](d, '{')),
		json.UnmarshalFromFunc(only[postData](d, '{')),
		json.UnmarshalFromFunc(only[response](d, '{')),
		json.UnmarshalFromFunc(only[content](d, '{')),
		json.UnmarshalFromFunc(d.ignored),
		json.UnmarshalFromFunc(d.unread),
	))}, lenient...)
	return d
}

// decode reads an entry, which is good until the next call.
func (d *decoder) decode(raw jsontext.Value) (*entry, error) {
	d.odd = nil
	if raw.Kind() != '{' {
		return nil, fmt.Errorf("it is %s, not a JSON object", kindName(raw.Kind()))
	}
	d.entry = entry{
		Request:  request{BodySize: -1, Headers: d.entry.Request.Headers[:0]},
		Response: response{Status: -1, BodySize: -1, Headers: d.entry.Response.Headers[:0], Content: content{Size: -1}},
	}
	if err := json.Unmarshal(raw, &d.entry, d.options...); err != nil {
		return nil, errors.New("its JSON can't be read")
	}
	return &d.entry, nil
}

// isOdd says whether a field could not be read.
func (d *decoder) isOdd(field string) bool {
	for _, odd := range d.odd {
		if strings.HasPrefix(odd, field+" ") {
			return true
		}
	}
	return false
}

// only reads a value of the usual kind as usual, and leaves out any other.
func only[T any](d *decoder, kinds ...jsontext.Kind) func(*jsontext.Decoder, *T) error {
	return func(in *jsontext.Decoder, _ *T) error {
		kind := in.PeekKind()
		for _, k := range kinds {
			if kind == k {
				return errors.ErrUnsupported // which means: as usual
			}
		}
		return d.leaveOut(in)
	}
}

// leaveOut consumes a value that is not of the type it should be. A null is one that is not there.
func (d *decoder) leaveOut(in *jsontext.Decoder) error {
	if kind := in.PeekKind(); kind != 'n' {
		d.note(in, "can't be "+kindName(kind))
	}
	return in.SkipValue()
}

func (d *decoder) note(in *jsontext.Decoder, problem string) {
	var field []string
	for name := range in.StackPointer().Tokens() {
		if _, err := strconv.Atoi(name); err == nil {
			break // the place in a list does not matter
		}
		field = append(field, name)
		if name == "headers" || name == "params" {
			break // what follows is from outside
		}
	}
	odd := strings.Join(field, ".") + " " + problem
	for _, noted := range d.odd {
		if noted == odd {
			return
		}
	}
	d.odd = append(d.odd, odd)
}

// text takes numbers and booleans too, as some recorders write them for values of headers. Some write the body of
// a response as JSON.
func (d *decoder) text(in *jsontext.Decoder, s *string) error {
	switch in.PeekKind() {
	case '"':
		return errors.ErrUnsupported // as usual, which keeps texts that come again
	case '0', 't', 'f':
		token, err := in.ReadToken()
		if err == nil {
			*s = token.String()
		}
		return err
	case '{', '[':
		if strings.HasSuffix(string(in.StackPointer()), "/content/text") {
			value, err := in.ReadValue()
			*s = string(value)
			return err
		}
	}
	return d.leaveOut(in)
}

// number takes numbers in quotes too.
func (d *decoder) number(in *jsontext.Decoder, n *float64) error {
	kind := in.PeekKind()
	if kind != '0' && kind != '"' {
		return d.leaveOut(in)
	}
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	value, err := strconv.ParseFloat(token.String(), 64)
	switch {
	case err == nil && !math.IsNaN(value) && !math.IsInf(value, 0):
		*n = value
	case kind == '"':
		d.note(in, "can't be "+kindName(kind))
	default:
		d.note(in, "is too large a number")
	}
	return nil
}

func (d *decoder) loose(in *jsontext.Decoder, s *loose) error {
	switch in.PeekKind() {
	case '"', 't':
		token, err := in.ReadToken()
		if err == nil {
			*s = loose(token.String())
		}
		return err
	}
	return in.SkipValue()
}

// pairs takes a list of pairs, and an object with the names as its members.
func (d *decoder) pairs(in *jsontext.Decoder, list *pairs) error {
	switch in.PeekKind() {
	case '[':
		return errors.ErrUnsupported
	case '{':
	default:
		return d.leaveOut(in)
	}
	if _, err := in.ReadToken(); err != nil {
		return err
	}
	for in.PeekKind() != '}' {
		token, err := in.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		var values []string
		if in.PeekKind() == '[' {
			err = json.UnmarshalDecode(in, &values, d.options...)
		} else {
			values = []string{""}
			err = json.UnmarshalDecode(in, &values[0], d.options...)
		}
		if err != nil {
			return err
		}
		for _, value := range values {
			*list = append(*list, pair{Name: name, Value: value})
		}
	}
	_, err := in.ReadToken()
	return err
}

// ignored are lists that say nothing new: headers and the URL have cookies and query.
func (d *decoder) ignored(in *jsontext.Decoder, _ *[]pair) error { return in.SkipValue() }

// unread is the entry's cache, which says nothing of the exchange.
func (d *decoder) unread(in *jsontext.Decoder, _ *struct{}) error { return in.SkipValue() }

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
