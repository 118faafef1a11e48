package rack

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AppendQuery appends the entries that Rails' to_query makes of a parameter.
func AppendQuery(entries []string, name string, value any) []string {
	return appendQuery(entries, url.QueryEscape(name), value)
}

// appendQuery appends the entries that to_query makes of a parameter whose name is escaped.
func appendQuery(entries []string, name string, value any) []string {
	switch value := value.(type) {
	case Parameters:
		inner := []string{}
		for key, element := range value {
			inner = appendQuery(inner, name+"%5B"+url.QueryEscape(key)+"%5D", element)
		}
		if len(inner) == 0 {
			return entries
		}
		slices.Sort(inner)
		return append(entries, strings.Join(inner, "&"))
	case []any:
		inner := []string{}
		for _, element := range value {
			inner = appendQuery(inner, name+"%5B%5D", element)
		}
		if len(inner) == 0 {
			return append(entries, name+"%5B%5D=")
		}
		return append(entries, strings.Join(inner, "&"))
	}
	return append(entries, name+"="+url.QueryEscape(printed(value)))
}

func printed(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case int64:
		return strconv.FormatInt(value, 10)
	case *big.Int:
		return value.String()
	case json.Number:
		return numberText(value)
	}
	return fmt.Sprint(value)
}
