package rack

import (
	"strings"
	"unicode/utf8"
)

// The limits of Rack.
const (
	queryDepth   = 32
	queryEntries = 4096
)

// parseQuery adds the parameters of a query string or form to into, as Rack::QueryParser#parse_nested_query does. The
// separators are "&;" in a query and "&" in a form.
func parseQuery(query, separators string, into Parameters) error {
	if query == "" {
		return nil
	}
	isSeparator := func(r rune) bool { return strings.ContainsRune(separators, r) }
	entries := 0
	for i, entry := range strings.FieldsFunc(query, isSeparator) {
		if entries++; entries > queryEntries {
			return ErrMalformed
		}
		if i > 0 || isSeparator(rune(query[0])) {
			entry = strings.TrimLeft(entry, " ") // spaces after a separator belong to it
		}
		name, text, hasValue := strings.Cut(entry, "=")
		var value any
		if hasValue {
			unescaped, err := unescapeForm(text)
			if err != nil {
				return err
			}
			value = unescaped
		}
		name, err := unescapeForm(name)
		if err != nil {
			return err
		}
		if _, err := nest(into, name, value, queryDepth); err != nil {
			return err
		}
	}
	return nil
}

// unescapeForm undoes form encoding. A percent sign without an escape, and bytes that are not UTF-8, are errors.
func unescapeForm(text string) (string, error) {
	if strings.IndexByte(text, '%') < 0 && strings.IndexByte(text, '+') < 0 {
		if !utf8.ValidString(text) {
			return "", ErrMalformed
		}
		return text, nil
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '+':
			out = append(out, ' ')
		case '%':
			if i+2 >= len(text) || !isHex(text[i+1]) || !isHex(text[i+2]) {
				return "", ErrMalformed
			}
			out = append(out, unhex(text[i+1])<<4|unhex(text[i+2]))
			i += 2
		default:
			out = append(out, c)
		}
	}
	if !utf8.Valid(out) {
		return "", ErrMalformed
	}
	return string(out), nil
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c >= 'a':
		return c - 'a' + 10
	case c >= 'A':
		return c - 'A' + 10
	}
	return c - '0'
}

// nest puts a value where a name such as a[b][] points, as Rack's normalize_params does. It returns the container. For
// a bare [] that is an array with the value, and for an empty name nil.
func nest(into Parameters, name string, value any, depth int) (any, error) {
	if depth <= 0 {
		return nil, ErrMalformed
	}
	key, after := cutName(name)
	switch {
	case key == "":
		if value != nil && name == "[]" {
			return []any{value}, nil
		}
		return nil, nil
	case after == "":
		into[key] = value
	case after == "[":
		into[name] = value
	case after == "[]":
		list, err := listAt(into, key)
		if err != nil {
			return nil, err
		}
		into[key] = append(list, value)
	case strings.HasPrefix(after, "[]"):
		if err := nestInList(into, key, after[2:], value, depth); err != nil {
			return nil, err
		}
	default:
		inner := Parameters{}
		switch present := into[key].(type) {
		case nil:
		case Parameters:
			inner = present
		default:
			return nil, ErrMalformed
		}
		element, err := nest(inner, after, value, depth-1)
		if err != nil {
			return nil, err
		}
		into[key] = element
	}
	return into, nil
}

// nestInList puts a value where the rest of a name such as a[][b] points: into the last element of the list, or into a new
// one if the last element has such a value already.
func nestInList(into Parameters, key, rest string, value any, depth int) error {
	list, err := listAt(into, key)
	if err != nil {
		return err
	}
	if inner, ok := strings.CutPrefix(rest, "["); ok {
		if inner, ok := strings.CutSuffix(inner, "]"); ok && inner != "" && !strings.ContainsAny(inner, "[]") {
			rest = inner
		}
	}
	if len(list) > 0 {
		if last, ok := list[len(list)-1].(Parameters); ok && !hasName(last, rest) {
			_, err := nest(last, rest, value, depth-1)
			return err
		}
	}
	element, err := nest(Parameters{}, rest, value, depth-1)
	if err != nil {
		return err
	}
	into[key] = append(list, element)
	return nil
}

// cutName cuts a name into its first key, without brackets, and the rest.
func cutName(name string) (key, after string) {
	rest := strings.TrimLeft(name, "[]")
	end := strings.IndexAny(rest, "[]")
	if end < 0 {
		return rest, ""
	}
	return rest[:end], strings.TrimLeft(rest[end:], "]")
}

func listAt(into Parameters, key string) ([]any, error) {
	switch present := into[key].(type) {
	case nil:
		return nil, nil
	case []any:
		return present, nil
	}
	return nil, ErrMalformed
}

// hasName reports whether a name such as a[b] already has a value.
func hasName(in Parameters, name string) bool {
	if strings.Contains(name, "[]") {
		return false
	}
	var at any = in
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '[' || r == ']' }) {
		inner, ok := at.(Parameters)
		if !ok {
			return false
		}
		if at, ok = inner[part]; !ok {
			return false
		}
	}
	return true
}
