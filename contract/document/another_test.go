package document

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/wire"
)

// another is a document that says what ours does not, though OpenAPI lets it.
const another = `openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things/{id}:
    post:
      operationId: changeThing
      parameters:
        - name: id
          in: path
          required: true
          schema: {type: integer}
        - name: X-Trace
          in: header
          schema:
            type: integer
            maximum: 9
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              required: [name]
      responses:
        "200":
          description: a thing
          headers:
            X-Left:
              required: true
              schema:
                type: integer
                minimum: 1
          content:
            application/hal+json:
              schema:
                $ref: "#/components/schemas/Thing"
            text/csv: {}
        "202":
          description: anything
          content:
            application/json:
              schema: {}
        "203":
          description: an application's
          content:
            application/*:
              schema:
                type: object
        "429":
          description: a limit
          content:
            application/json:
              schema:
                type: object
                properties:
                  message:
                    type: string
        "206":
          description: whatever comes
          content:
            "*/*":
              schema:
                type: string
                maxLength: 3
components:
  schemas:
    Thing:
      type: object
      properties:
        password:
          type: string
          format: password
          maxLength: 3
        pin:
          type: string
          writeOnly: true
          maxLength: 3
        key:
          type: string
          x-gitlab-secret: true
          maxLength: 3
        size:
          type: integer
          format: int64
        some:
          anyOf:
            - type: integer
              maximum: 5
            - type: boolean
        every:
          allOf:
            - type: integer
              maximum: 5
        parted:
          allOf:
            - type: object
              properties:
                first:
                  type: string
          anyOf:
            - type: object
              properties:
                second:
                  type: string
        either:
          oneOf:
            - type: object
              required: [left]
              properties:
                left:
                  type: integer
            - type: object
              required: [right]
              properties:
                right:
                  type: integer
        other:
          not:
            enum: ["no"]
        open:
          type: object
          additionalProperties: true
          properties:
            name:
              type: string
        mapped:
          type: object
          additionalProperties:
            type: integer
          properties:
            name:
              type: string
        parts:
          type: array
          items:
            $ref: "#/components/schemas/Thing"
`

func TestAnotherDocument(t *testing.T) {
	t.Parallel()
	doc, err := read([]byte(another))
	require.NoError(t, err)
	lines := strings.Split(another, "\n")
	properties := make(map[string]string)
	for _, p := range doc.Operations()[0].Responses[0].Properties {
		properties[p.Pointer] = strings.TrimSpace(lines[lineOf(p.Position)-1])
	}
	for pointer, line := range map[string]string{
		"/key": "key:", "/either/left": "left:", "/parted/first": "first:", "/parted/second": "second:", "/parts": "parts:",
	} {
		assert.Equal(t, line, properties[pointer], pointer)
	}

	for _, tt := range []struct {
		what     string
		exchange func(x *wire.Exchange)
		want     []string // rule, pointer, actual, and the line of the document, if one is known
	}{
		{what: "nothing is wrong"},
		{"a header of the request", func(x *wire.Exchange) { x.Request.Header.Set("X-Trace", "ten") },
			[]string{`document/request  header parameter X-Trace: the string "ten" type: integer`}},
		{"a number in a header of the request", func(x *wire.Exchange) { x.Request.Header.Set("X-Trace", "10") },
			[]string{`document/request  header parameter X-Trace: the number 10 maximum: 9`}},
		{"a parameter in the path", func(x *wire.Exchange) { x.Request.URL.Path = "/api/v4/things/one" },
			[]string{`document/request  path parameter id: the string "one" schema: {type: integer}`}},
		{"the body of the request", func(x *wire.Exchange) { x.Request.Body = []byte("{}") },
			[]string{`document/request /name request body: no such property required: [name]`}},
		{"a header of the answer", func(x *wire.Exchange) { x.Response.Header.Set("X-Left", "0") },
			[]string{`document/headers  header X-Left: the number 0 X-Left:`}},
		{"text", func(x *wire.Exchange) {
			x.Response.Header.Set("Content-Type", "text/csv")
			x.Response.Body = []byte("a,b")
		}, nil},
		{"text in other letters", func(x *wire.Exchange) {
			x.Response.Header.Set("Content-Type", "text/csv; charset=latin1")
			x.Response.Body = []byte("a,b")
		}, nil},
		{"JSON in few letters", func(x *wire.Exchange) {
			x.Response.Header.Set("Content-Type", "application/hal+json; charset=US-ASCII")
		}, nil},
		{"JSON in other letters", func(x *wire.Exchange) { x.Response.Header.Set("Content-Type", "application/hal+json; charset=latin1") },
			[]string{`document/content-type  charset latin1 content:`}},
		{"a parameter without a value", func(x *wire.Exchange) { x.Response.Header.Set("Content-Type", "application/hal+json; charset") }, nil},
		{"another kind", func(x *wire.Exchange) {
			x.Response.StatusCode = 203
			x.Response.Header.Set("Content-Type", "text/plain")
		}, []string{`document/content-type  Content-Type text/plain content:`}},
		{"no kind", func(x *wire.Exchange) {
			x.Response.StatusCode = 206
			x.Response.Header.Del("Content-Type")
			x.Response.Body = []byte("four")
		}, []string{`document/body  the string "four" maxLength: 3`}},
		{"two kinds", func(x *wire.Exchange) {
			x.Response.StatusCode = 206
			x.Response.Header["Content-Type"] = []string{"text/plain", "text/html"}
		}, []string{`document/content-type  2 headers Content-Type content:`}},
		{"a part of the body", func(x *wire.Exchange) { x.Response.Header.Set("Content-Length", "3") },
			[]string{`document/response  2 bytes of the 3 that Content-Length announces`}},
		{"a body that was decoded", func(x *wire.Exchange) {
			x.Response.Header.Set("Content-Length", "3")
			x.Response.Header.Set("Content-Encoding", "gzip")
		}, nil},
		{"anything", func(x *wire.Exchange) {
			x.Response.StatusCode = 202
			x.Response.Header.Set("Content-Type", "application/json")
			x.Response.Body = []byte("nothing")
		}, nil},
		{"secrets", body(`{"password":"abcd","pin":"abcd","key":"abcd"}`), []string{
			`document/body /key a string of 4 characters maxLength: 3`,
			`document/body /password a string of 4 characters maxLength: 3`,
			`document/body /pin a string of 4 characters maxLength: 3`,
			`document/body /pin a string of 4 characters writeOnly: true`,
		}},
		{"a whole number in another form", body(`{"size":5.0}`), []string{`document/body /size the number 5.0 type: integer`}},
		{"a fraction", body(`{"size":5.5}`), []string{`document/body /size the number 5.5 type: integer`}},
		{"a number beyond all bounds", body(`{"size":1e400}`), []string{`document/body /size the number 1e400 type: integer`}},
		{"one of some", body(`{"some":6}`), []string{`document/body /some the number 6 anyOf:`}},
		{"all of several", body(`{"every":6}`), []string{`document/body /every the number 6 allOf:`}},
		{"a property that one alternative does not know", body(`{"either":{"right":"x","more":1}}`), []string{
			`document/body /either/right the string "x" type: integer`,
			`document/undeclared-property /either/more a number properties:`,
		}},
		{"what it must not be", body(`{"other":"no"}`), []string{`document/body /other a string of 2 characters not:`}},
		{"a limit that says too much", func(x *wire.Exchange) {
			x.Response.StatusCode = 429
			x.Response.Header.Set("Content-Type", "application/json")
			x.Response.Body = []byte(`{"message":1,"more":1}`)
		}, []string{
			`document/body /message the number 1 type: string inconclusive`,
			`document/undeclared-property /more a number properties: drift`,
		}},
		{"properties that may be there", body(`{"open":{"more":1},"mapped":{"more":1}}`), nil},
		{"a property that may not", body(`{"parts":[{"more":1}]}`), []string{`document/undeclared-property /parts/0/more a number properties:`}},
		{"a thing in a thing", body(`{"parts":[{"parts":[{"key":"abcd"}]}]}`), []string{`document/body /parts/0/parts/0/key a string of 4 characters maxLength: 3`}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			x := &wire.Exchange{
				Request: wire.Request{
					Method: "POST", URL: &url.URL{Path: "/api/v4/things/1"},
					Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"name":"x"}`),
				},
				Response: &wire.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/hal+json"}, "X-Left": {"1"}}, Body: []byte("{}")},
			}
			if tt.exchange != nil {
				tt.exchange(x)
			}
			var got []string
			for _, f := range doc.Check(x) {
				text := f.Rule + " " + f.Pointer + " " + f.Actual
				if at := lineOf(f.Document); at > 0 {
					text += " " + strings.TrimSpace(lines[at-1])
				}
				if f.Outcome != Violation && x.Response.StatusCode == 429 {
					text += " " + f.Outcome.String()
				}
				got = append(got, text)
			}
			assert.ElementsMatch(t, tt.want, got)
		})
	}
}

// body is an answer with a body.
func body(text string) func(*wire.Exchange) {
	return func(x *wire.Exchange) { x.Response.Body = []byte(text) }
}

func TestAt(t *testing.T) {
	t.Parallel()
	value := map[string]any{"a": []any{1, map[string]any{"b": 2}}}
	for path, want := range map[string]any{"a 0": 1, "a 1 b": 2, "a 2": nil, "a -1": nil, "a x": nil, "b": nil, "a 1 c": nil} {
		assert.Equal(t, want, at(value, strings.Split(path, " ")), path)
	}
}

func TestCollapsed(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "/a//b", collapsed([]string{"a", "0", "b"}))
}

func TestGateways(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]bool{404: false, 407: true, 408: true, 409: false, 499: false, 500: true, 501: false, 502: true, 599: true, 600: false} {
		assert.Equal(t, want, isGateways(status), status)
	}
}
