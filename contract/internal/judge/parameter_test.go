package judge

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhatAParameterWasSentAs has requests that send a name, in one place or in several.
func TestWhatAParameterWasSentAs(t *testing.T) {
	t.Parallel()
	const json, form = "application/json", "application/x-www-form-urlencoded"
	text := func(value string) Parameter { return Parameter{Given: true, Text: true, Value: value} }
	none := Parameter{}
	for name, c := range map[string]struct {
		query, contentType, body string
		want                     Parameter
	}{
		"nowhere":                         {"", "", "", none},
		"in the query":                    {"name=a%20b", "", "", text("a b")},
		"in the query, empty":             {"name=", "", "", text("")},
		"in the query, twice":             {"name=a&name=b", "", "", none},
		"another parameter":               {"names=a", json, `{"names":"a"}`, none},
		"in JSON":                         {"", json, `{"name":"a"}`, text("a")},
		"in JSON with a charset":          {"", json + "; charset=utf-8", `{"name":"a"}`, text("a")},
		"as an empty text":                {"", json, `{"name":""}`, text("")},
		"as a number":                     {"", json, `{"name":1.50}`, text("1.50")},
		"as a boolean":                    {"", json, `{"name":false}`, text("false")},
		"as null":                         {"", json, `{"name":null}`, Parameter{Given: true, Null: true}},
		"as a list":                       {"", json, `{"name":["a"]}`, Parameter{Given: true}},
		"as an object":                    {"", json, `{"name":{"a":1}}`, Parameter{Given: true}},
		"in JSON that breaks off":         {"", json, `{"name":"a"`, none},
		"in a list":                       {"", json, `[{"name":"a"}]`, none},
		"in a form":                       {"", form, "name=a+b&x=1", text("a b")},
		"in a form, twice":                {"", form, "name=a&name=b", none},
		"in a form that cannot be read":   {"", form, "name=a&x=%zz", none},
		"in JSON that is said to be form": {"", form, `{"name":"a"}`, none},
		"in a text":                       {"", "text/plain", "name=a", none},
		"in a body of no type":            {"", "", `{"name":"a"}`, none},
		"in the query and the body":       {"name=a", json, `{"name":"a"}`, none},
		"in the query, and a body lacks":  {"name=a", json, `{"x":1}`, text("a")},
		"in the query, and no JSON":       {"name=a", json, `{`, text("a")},
		"twice in the query and a body":   {"name=a&name=b", json, `{"x":1}`, none},
	} {
		x := asked(t, "POST", agentsPath+"?"+c.query, 201, "")
		if c.contentType != "" {
			x.Request.Header.Set("Content-Type", c.contentType)
		}
		x.Request.Body = []byte(c.body)
		assert.Equal(t, c.want, x.Sent("name"), name)
	}
}

func TestARequestThatMentionsAParameter(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query, body string
		want        bool
	}{
		"nowhere":      {"page=1", `{"id":1}`, false},
		"in the query": {"name=a", "", true},
		"in the body":  {"", "--x\r\nContent-Disposition: form-data; name=\"a\"", true},
		"in both":      {"name=a", `{"name":"a"}`, true},
	} {
		x := asked(t, "POST", agentsPath+"?"+c.query, 201, "")
		x.Request.Body = []byte(c.body)
		assert.Equal(t, c.want, x.Mentions("name"), name)
	}
}
