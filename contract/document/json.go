package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/gitlab-agents/contract/internal/words"
)

// fault is one way in which bytes are not one JSON text (RFC 8259) that every reader understands alike.
type fault struct {
	kind   string   // which way
	path   []string // the names and indexes that lead to it, outermost first
	reason string   // what came, without any value
	fatal  bool     // the bytes have no value
}

// parse reads one JSON text, as strictly as RFC 8259 and I-JSON (RFC 7493): no trailing bytes, no name twice in one
// object, nothing but UTF-8. encoding/json tolerates all three, so that two readers may see two different values.
//
// It returns map[string]any, []any, string, [json.Number], bool or nil, and what is wrong. Unless one of the faults is
// fatal the value can be used: of two properties with one name it has the last, as most readers do.
func parse(data []byte) (value any, faults []fault) {
	// jsontext would stop at the first of these; here each is reported, and the value is used.
	p := parser{in: jsontext.NewDecoder(bytes.NewBuffer(data), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	if !utf8.Valid(data) {
		p.faults = append(p.faults, fault{kind: "UTF-8", reason: fmt.Sprintf("byte %d is not UTF-8", firstInvalid(data))})
	}
	p.mayHaveHalves = bytes.Contains(data, []byte(`\ud`)) || bytes.Contains(data, []byte(`\uD`))
	value, err := p.value()
	if err != nil {
		p.faults = append(p.faults, p.syntax(data, err))
		return nil, p.faults
	}
	end := int(p.in.InputOffset())
	if rest := bytes.TrimLeft(data[end:], " \t\r\n"); len(rest) > 0 {
		p.faults = append(p.faults, fault{
			kind: "end", reason: fmt.Sprintf("%s after the JSON text, from byte %d on", words.Count(len(rest), "byte"), len(data)-len(rest)),
		})
	}
	return value, p.faults
}

func firstInvalid(data []byte) int {
	at := 0
	for {
		r, size := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && size <= 1 {
			return at
		}
		at += size
	}
}

// Value reads a JSON text as map[string]any, []any, string, [json.Number], bool or nil. Of two properties with one name it
// has the last. It is nil if the text is not JSON.
func Value(data []byte) any {
	value, _ := parse(data)
	return value
}

// parser makes a value of JSON tokens.
type parser struct {
	in            *jsontext.Decoder
	faults        []fault
	mayHaveHalves bool              // there may be halves of surrogate pairs
	names         map[string]string // of other properties than GitLab's, by how they are written
}

// gitlabsNames are those of GitLab's properties, by how they are written. All texts of GitLab's share them.
var gitlabsNames = func() map[string]string {
	names := make(map[string]string)
	for _, name := range []string{
		"id", "name", "config_project", "description", "name_with_namespace", "path", "path_with_namespace", "created_at",
		"created_by_user_id", "is_receptive", "agent_id", "status", "last_used_at", "token", "message", "error",
	} {
		names[strconv.Quote(name)] = name
	}
	return names
}()

func (p *parser) value() (any, error) {
	if p.in.PeekKind() == '"' {
		return p.string()
	}
	token, err := p.in.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case '{':
		return p.object()
	case '[':
		return p.array()
	case 't', 'f':
		return token.Bool(), nil
	case '0':
		return json.Number(token.String()), nil
	}
	return nil, nil
}

// object reads what follows the opening brace.
func (p *parser) object() (any, error) {
	object := make(map[string]any, 8) // GitLab's have 5 to 9 properties, and 8 are one block of memory
	for p.in.PeekKind() != '}' {
		name, err := p.name()
		if err != nil {
			return nil, err
		}
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		properties := len(object)
		if object[name] = value; len(object) == properties {
			p.faults = append(p.faults, fault{
				kind: "name", path: p.path(), reason: "the same property twice in one object",
			})
		}
	}
	_, err := p.in.ReadToken()
	return object, err
}

// array reads what follows the opening bracket.
func (p *parser) array() (any, error) {
	array := []any{}
	for p.in.PeekKind() != ']' {
		value, err := p.value()
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	_, err := p.in.ReadToken()
	return array, err
}

// name reads the name of a property. Names come again and again, so each is kept once.
func (p *parser) name() (string, error) {
	if p.mayHaveHalves {
		return p.string()
	}
	raw, err := p.in.ReadValue()
	if err != nil {
		return "", err
	}
	if name, known := gitlabsNames[string(raw)]; known {
		return name, nil
	}
	name, known := p.names[string(raw)]
	if !known {
		if p.names == nil {
			p.names = make(map[string]string)
		}
		text, _ := jsontext.AppendUnquote(nil, raw) // what is not UTF-8 is reported already
		name = string(text)
		p.names[string(raw)] = name
	}
	return name, nil
}

// string reads a text.
func (p *parser) string() (string, error) {
	if !p.mayHaveHalves {
		token, err := p.in.ReadToken()
		if err != nil {
			return "", err
		}
		return token.String(), nil
	}
	raw, err := p.in.ReadValue()
	if err != nil {
		return "", err
	}
	text, _ := jsontext.AppendUnquote(nil, raw) // with an error it has U+FFFD in it
	if hasHalf(raw) {
		p.faults = append(p.faults, fault{
			kind: "escape", path: p.path(), reason: fmt.Sprintf(`half of a character, escaped with \u, before byte %d`, p.in.InputOffset()),
		})
	}
	return string(text), nil
}

// hasHalf says whether a JSON string has half of a surrogate pair in it. What is not UTF-8 is reported already, and is no
// half.
func hasHalf(raw []byte) bool {
	_, err := jsontext.AppendUnquote(nil, bytes.ToValidUTF8(raw, nil))
	return err != nil
}

// path leads to what was read last.
func (p *parser) path() []string { return slices.Collect(p.in.StackPointer().Tokens()) }

// maxDepth is how deep jsontext lets arrays and objects be nested; encoding/json has the same limit.
const maxDepth = 10_000

// syntax is why the bytes are not JSON. jsontext's own words are not used: they quote what came, and may change.
func (p *parser) syntax(data []byte, err error) fault {
	f := fault{kind: "syntax", fatal: true}
	var at *jsontext.SyntacticError
	switch errors.As(err, &at); {
	case len(bytes.TrimLeft(data, " \t\r\n")) == 0:
		f.reason = "an empty text"
	case errors.Is(err, io.ErrUnexpectedEOF):
		f.path = p.path()
		f.reason = fmt.Sprintf("a text that breaks off at byte %d", len(data))
	case p.in.StackDepth() >= maxDepth:
		f.reason = fmt.Sprintf("arrays and objects more than %d deep", maxDepth)
	case at == nil || at.ByteOffset >= int64(len(data)):
		f.reason = "a text that is not JSON"
	default:
		f.path = slices.Collect(at.JSONPointer.Tokens())
		r, _ := utf8.DecodeRune(data[at.ByteOffset:])
		f.reason = fmt.Sprintf("%s at byte %d, where JSON does not allow it", strconv.QuoteRune(r), at.ByteOffset)
	}
	return f
}

// isFatal says whether one of the faults leaves no value.
func isFatal(faults []fault) bool {
	return slices.ContainsFunc(faults, func(f fault) bool { return f.fatal })
}
