package document

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep arrays and objects may be nested; encoding/json has the same limit.
const maxDepth = 10_000

// fault is one way in which bytes are not one JSON text (RFC 8259) that every reader understands alike.
type fault struct {
	kind   string   // which way
	path   []string // the names and indexes that lead to it, innermost first
	reason string   // what came, without any value
	fatal  bool     // the bytes have no value
}

// parse reads one JSON text, as strictly as RFC 8259 and I-JSON (RFC 7493): no trailing bytes, no name twice in one
// object, nothing but UTF-8. encoding/json tolerates all three, so that two readers may see two different values.
//
// It returns map[string]any, []any, string, [json.Number], bool or nil, and what is wrong. Unless one of the faults is
// fatal the value can be used: of two properties with one name it has the last, as most readers do.
func parse(data []byte) (value any, faults []fault) {
	p := parser{}
	if utf8.Valid(data) {
		p.text = string(data)
	} else {
		at := 0
		for {
			r, size := utf8.DecodeRune(data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		p.faults = append(p.faults, fault{kind: "UTF-8", reason: fmt.Sprintf("byte %d is not UTF-8", at)})
		p.text = strings.ToValidUTF8(string(data), "\uFFFD")
	}
	p.space()
	if p.at == len(p.text) {
		p.fail("an empty text")
		return nil, p.faults
	}
	value, ok := p.value(0)
	if !ok {
		return nil, p.faults
	}
	if p.space(); p.at < len(p.text) {
		p.faults = append(p.faults, fault{
			kind:   "end",
			reason: fmt.Sprintf("%s after the JSON text, from byte %d on", plural(len(p.text)-p.at, "byte"), p.at),
		})
	}
	return value, p.faults
}

// parser reads a JSON text. Strings without escapes are parts of the text, which is copied only once.
type parser struct {
	text   string
	at     int
	faults []fault
}

func (p *parser) fail(format string, args ...any) {
	p.faults = append(p.faults, fault{kind: "syntax", reason: fmt.Sprintf(format, args...), fatal: true})
}

// unexpected says what stands where something else should.
func (p *parser) unexpected(wanted string) {
	if p.at >= len(p.text) {
		p.fail("a text that ends at byte %d, where %s should be", p.at, wanted)
		return
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	p.fail("%s at byte %d, where %s should be", strconv.QuoteRune(r), p.at, wanted)
}

func (p *parser) space() {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

// skip goes past c if it comes next.
func (p *parser) skip(c byte) bool {
	if p.at < len(p.text) && p.text[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) value(depth int) (any, bool) {
	if p.at == len(p.text) {
		p.unexpected("a value")
		return nil, false
	}
	switch c := p.text[p.at]; {
	case c == '"':
		return p.string()
	case c == '{' || c == '[':
		if depth == maxDepth {
			p.fail("arrays and objects more than %d deep", maxDepth)
			return nil, false
		}
		p.at++
		if c == '{' {
			return p.object(depth + 1)
		}
		return p.array(depth + 1)
	case c == '-' || '0' <= c && c <= '9':
		return p.number()
	case strings.HasPrefix(p.text[p.at:], "true"):
		p.at += len("true")
		return true, true
	case strings.HasPrefix(p.text[p.at:], "false"):
		p.at += len("false")
		return false, true
	case strings.HasPrefix(p.text[p.at:], "null"):
		p.at += len("null")
		return nil, true
	}
	p.unexpected("a value")
	return nil, false
}

// object reads what follows the opening brace.
func (p *parser) object(depth int) (any, bool) {
	object := make(map[string]any, 8) // GitLab's have 5 to 9 properties, and 8 are one block of memory
	p.space()
	if p.skip('}') {
		return object, true
	}
	for {
		if p.at == len(p.text) || p.text[p.at] != '"' {
			p.unexpected("a property's name")
			return nil, false
		}
		name, ok := p.string()
		if !ok {
			return nil, false
		}
		p.space()
		if !p.skip(':') {
			p.unexpected("a colon")
			return nil, false
		}
		p.space()
		before := len(p.faults)
		value, ok := p.value(depth)
		p.within(before, name)
		if !ok {
			return nil, false
		}
		properties := len(object)
		if object[name] = value; len(object) == properties {
			p.faults = append(p.faults, fault{kind: "name", path: []string{name}, reason: "the same property twice in one object"})
		}
		p.space()
		if p.skip('}') {
			return object, true
		}
		if !p.skip(',') {
			p.unexpected("a comma or the object's end")
			return nil, false
		}
		p.space()
	}
}

// array reads what follows the opening bracket.
func (p *parser) array(depth int) (any, bool) {
	array := []any{}
	p.space()
	if p.skip(']') {
		return array, true
	}
	for {
		before := len(p.faults)
		value, ok := p.value(depth)
		if before != len(p.faults) {
			p.within(before, strconv.Itoa(len(array)))
		}
		if !ok {
			return nil, false
		}
		array = append(array, value)
		p.space()
		if p.skip(']') {
			return array, true
		}
		if !p.skip(',') {
			p.unexpected("a comma or the array's end")
			return nil, false
		}
		p.space()
	}
}

// within says where the faults are that were found since there were before of them.
func (p *parser) within(before int, name string) {
	for i := before; i < len(p.faults); i++ {
		p.faults[i].path = append(p.faults[i].path, name)
	}
}

func (p *parser) number() (any, bool) {
	start := p.at
	p.skip('-')
	if !p.skip('0') && !p.digits() {
		return nil, false
	}
	if p.skip('.') && !p.digits() {
		return nil, false
	}
	if p.skip('e') || p.skip('E') {
		if !p.skip('+') {
			p.skip('-')
		}
		if !p.digits() {
			return nil, false
		}
	}
	return json.Number(p.text[start:p.at]), true
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
		p.at++
	}
	if p.at == start {
		p.unexpected("a digit")
		return false
	}
	return true
}

func (p *parser) string() (string, bool) {
	p.at++
	start := p.at
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			s := p.text[start:p.at]
			p.at++
			return s, true
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			p.unexpected("no control character")
			return "", false
		default:
			p.at++
		}
	}
	p.unexpected("the string's end")
	return "", false
}

// escaped goes on with a string that began at start, at its first backslash.
func (p *parser) escaped(start int) (string, bool) {
	s := []byte(p.text[start:p.at])
	for p.at < len(p.text) {
		switch c := p.text[p.at]; {
		case c == '"':
			p.at++
			return string(s), true
		case c < ' ':
			p.unexpected("no control character")
			return "", false
		case c != '\\':
			s = append(s, c)
			p.at++
		default:
			p.at++
			r, ok := p.escape()
			if !ok {
				return "", false
			}
			s = utf8.AppendRune(s, r)
		}
	}
	p.unexpected("the string's end")
	return "", false
}

var shortEscapes = map[byte]rune{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// escape reads what follows a backslash.
func (p *parser) escape() (rune, bool) {
	if p.at < len(p.text) {
		if r, ok := shortEscapes[p.text[p.at]]; ok {
			p.at++
			return r, true
		}
	}
	if !p.skip('u') {
		p.unexpected("a character that can be escaped")
		return 0, false
	}
	r, ok := p.hex()
	if !utf16.IsSurrogate(r) {
		return r, ok
	}
	at := p.at
	if p.skip('\\') && p.skip('u') {
		low, ok := p.hex()
		if !ok {
			return 0, false
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, true
		}
	}
	p.at = at
	p.faults = append(p.faults, fault{kind: "escape", reason: fmt.Sprintf(`half of a character, escaped with \u, before byte %d`, at)})
	return utf8.RuneError, true
}

// hex reads four digits. If there are none, the rune is 0.
func (p *parser) hex() (rune, bool) {
	var r rune
	for range 4 {
		if p.at == len(p.text) {
			p.unexpected("a hexadecimal digit")
			return 0, false
		}
		c := p.text[p.at]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			p.unexpected("a hexadecimal digit")
			return 0, false
		}
		r = r<<4 | rune(c)
		p.at++
	}
	return r, true
}

// isFatal says whether one of the faults leaves no value.
func isFatal(faults []fault) bool {
	return slices.ContainsFunc(faults, func(f fault) bool { return f.fatal })
}

// inOrder is the path to the fault, outermost first.
func (f fault) inOrder() []string {
	path := slices.Clone(f.path)
	slices.Reverse(path)
	return path
}
