package rack

import (
	"bytes"
	"encoding/json"
	"strconv"
	"unicode/utf8"
)

// jsonDepth is the deepest nesting that Ruby's JSON.parse accepts.
const jsonDepth = 100

// parseJSON reads a body as Ruby's JSON does. The last value of a duplicate key counts, numbers keep all digits, and
// deep nesting and bytes that are not UTF-8 are errors.
func parseJSON(body []byte) (any, error) {
	if !utf8.Valid(body) || !json.Valid(body) || hasLoneSurrogate(body) {
		return nil, ErrMalformed
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	return readJSON(decoder, 0)
}

// readJSON reads the next value of valid JSON.
func readJSON(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, ErrMalformed
	}
	delim, isDelim := token.(json.Delim)
	if !isDelim {
		return token, nil
	}
	if depth++; depth > jsonDepth {
		return nil, ErrMalformed
	}
	var value any
	if delim == '{' {
		object := Parameters{}
		for decoder.More() {
			key, err := decoder.Token()
			if err != nil {
				return nil, ErrMalformed
			}
			element, err := readJSON(decoder, depth)
			if err != nil {
				return nil, err
			}
			object[key.(string)] = element
		}
		value = object
	} else {
		list := []any{}
		for decoder.More() {
			element, err := readJSON(decoder, depth)
			if err != nil {
				return nil, err
			}
			list = append(list, element)
		}
		value = list
	}
	_, err = decoder.Token() // the closing bracket
	if err != nil {
		return nil, ErrMalformed
	}
	return value, nil
}

// hasLoneSurrogate reports whether the JSON has an escape that is half of a surrogate pair.
func hasLoneSurrogate(body []byte) bool {
	for {
		i := bytes.IndexByte(body, '\\')
		if i < 0 {
			return false
		}
		unit, size := escaped(body[i:])
		body = body[i+size:]
		switch {
		case unit >= 0xdc00 && unit < 0xe000:
			return true
		case unit >= 0xd800 && unit < 0xdc00:
			if low, size := escaped(body); low >= 0xdc00 && low < 0xe000 {
				body = body[size:]
				continue
			}
			return true
		}
	}
}

// escaped returns the UTF-16 unit of the \u escape at the beginning of valid JSON, and the length of the escape. The
// unit of any other escape is 0.
func escaped(body []byte) (unit uint64, size int) {
	if len(body) < 2 || body[0] != '\\' {
		return 0, 0
	}
	if body[1] != 'u' || len(body) < 6 {
		return 0, 2
	}
	unit, _ = strconv.ParseUint(string(body[2:6]), 16, 16)
	return unit, 6
}
