package document

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	number := func(s string) json.Number { return json.Number(s) }
	for _, tt := range []struct {
		text string
		want any
	}{
		{`null`, nil},
		{` true `, true},
		{"\t\r\nfalse", false},
		{`""`, ""},
		{`"aé\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t"`, "aéé😀\"\\/\b\f\n\r\t"},
		{`"\u0000\uABCD\uabcd"`, "\x00\uabcd\uabcd"},
		{`-0.5e+3`, number("-0.5e+3")},
		{`0`, number("0")},
		{`1E5`, number("1E5")},
		{`1e-5`, number("1e-5")},
		{`"\u09af\u09AF\u0fF9 "`, "\u09af\u09af\u0ff9 "},
		{strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth), nested(maxDepth)},
		{`123456789012345678901234567890`, number("123456789012345678901234567890")},
		{`[]`, []any{}},
		{`[ 1 , [ ] ,"x"]`, []any{number("1"), []any{}, "x"}},
		{`{}`, map[string]any{}},
		{`{ "a" : 1 , "b":{"":null}}`, map[string]any{"a": number("1"), "b": map[string]any{"": nil}}},
	} {
		got, faults := parse([]byte(tt.text))
		assert.Empty(t, faults, tt.text)
		assert.Equal(t, tt.want, got, tt.text)
	}
}

// nested is an empty array in that many others, less one.
func nested(depth int) any {
	array := []any{}
	for range depth - 1 {
		array = []any{array}
	}
	return array
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		path string
		want string
	}{
		{"", "", "an empty text"},
		{" \n", "", "an empty text"},
		{"\ufeff{}", "", `'\ufeff' at byte 0, where JSON does not allow it`},
		{"<", "", "'<' at byte 0, where JSON does not allow it"},
		{"nul", "", "a text that breaks off at byte 3"},
		{"NaN", "", "'N' at byte 0, where JSON does not allow it"},
		{"+1", "", "'+' at byte 0, where JSON does not allow it"},
		{"-", "", "a text that breaks off at byte 1"},
		{"01", "", "1 byte after the JSON text, from byte 1 on"},
		{"1.", "", "a text that breaks off at byte 2"},
		{"1ex", "", "'x' at byte 2, where JSON does not allow it"},
		{"[1", "0", "a text that breaks off at byte 2"},
		{"[1,]", "", "',' at byte 2, where JSON does not allow it"},
		{"[1 2]", "", "'2' at byte 3, where JSON does not allow it"},
		{"{", "", "a text that breaks off at byte 1"},
		{"{a", "", "'a' at byte 1, where JSON does not allow it"},
		{`{"a"}`, "a", "'}' at byte 4, where JSON does not allow it"},
		{`{"a":}`, "a", "'}' at byte 5, where JSON does not allow it"},
		{`{"a":1,}`, "", "',' at byte 6, where JSON does not allow it"},
		{`{"a":1 "b":2}`, "", `'"' at byte 7, where JSON does not allow it`},
		{`"a`, "", "a text that breaks off at byte 2"},
		{"\"a\n\"", "", `'\n' at byte 2, where JSON does not allow it`},
		{"\"\\\"\t\"", "", `'\t' at byte 3, where JSON does not allow it`},
		{`"\`, "", "a text that breaks off at byte 2"},
		{`"\x"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{`"\u12`, "", "a text that breaks off at byte 5"},
		{`"\u12g4"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{`"\"`, "", "a text that breaks off at byte 3"},
		{`{} {}`, "", "2 bytes after the JSON text, from byte 3 on"},
		{`[{"a":[{"b":1,"b":2}]}]`, "0 a 0 b", "the same property twice in one object"},
		{`{"a":1,"\u0061":2}`, "a", "the same property twice in one object"},
		{`["\ud83d"]`, "0", `half of a character, escaped with \u, before byte 9`},
		{`["\ud83d\n"]`, "0", `half of a character, escaped with \u, before byte 11`},
		{`["\ud83dude00"]`, "0", `half of a character, escaped with \u, before byte 14`},
		{`["\ude00\ud83d"]`, "0", `half of a character, escaped with \u, before byte 15`},
		{"[\"a\xff\"]", "", "byte 3 is not UTF-8"},
		{"[\"\ufffd\xff\"]", "", "byte 5 is not UTF-8"},
		{"\"\x1f\"", "", `'\x1f' at byte 1, where JSON does not allow it`},
		{"\"\\n\x1f\"", "", `'\x1f' at byte 3, where JSON does not allow it`},
		{`1e+-5`, "", "'-' at byte 3, where JSON does not allow it"},
		{`"\u/000"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{`"\u:000"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{`"\u@000"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{`"\uG000"`, "", `'\\' at byte 1, where JSON does not allow it`},
		{"\"\\u`000\"", "", `'\\' at byte 1, where JSON does not allow it`},
		{strings.Repeat(`{"a":`, maxDepth+1), "", "arrays and objects more than 10000 deep"},
		{strings.Repeat("[", maxDepth+1), "", "arrays and objects more than 10000 deep"},
	} {
		_, faults := parse([]byte(tt.text))
		require.NotEmpty(t, faults, "%.40s", tt.text)
		assert.Equal(t, tt.want, faults[0].reason, "%.40s", tt.text)
		assert.Equal(t, tt.path, strings.Join(faults[0].path, " "), "%.40s", tt.text)
	}
	value, _ := parse([]byte(`"\ud83d\n"`))
	assert.Equal(t, "\ufffd\n", value)
	value, faults := parse([]byte("{\"a\":1,\"a\":\"\\ud800\xff\"} x"))
	assert.Equal(t, map[string]any{"a": "\ufffd\ufffd"}, value, "what can be read is read")
	assert.Len(t, faults, 4, "and everything that is wrong is reported")
}

// FuzzParse compares with encoding/json, which tolerates what parse reports.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"a":[1,-2.5e3,"x\u00e9\ud83d\ude00\n",true,false,null,{}]}`))
	f.Add([]byte(`{"a":1,"a":2}`))
	f.Add([]byte(`"\ud800"`))
	f.Add([]byte("[\"\xff\"] x"))
	f.Add([]byte("[[[[[[[["))
	f.Add(agents(2))
	if har, err := os.ReadFile("../har/testdata/gitlab-19.1.har.json"); err == nil {
		f.Add(har[:min(len(har), 5000)])
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, faults := parse(data)
		tolerated := slices.ContainsFunc(faults, func(f fault) bool { return f.kind == "end" })
		assert.Equal(t, json.Valid(data), !isFatal(faults) && !tolerated)
		if isFatal(faults) {
			assert.Nil(t, got)
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(data))
		decoder.UseNumber()
		var want any
		require.NoError(t, decoder.Decode(&want))
		if len(faults) > 0 {
			return
		}
		assert.Equal(t, want, got)
		assert.True(t, utf8.Valid(data))
		_, err := decoder.Token()
		assert.ErrorIs(t, err, io.EOF)
	})
}

func BenchmarkParse(b *testing.B) {
	body := agents(100)
	for name, read := range map[string]func(){
		"json.Unmarshal": func() {
			var v any
			json.Unmarshal(body, &v)
		},
		"json.Decoder with numbers as text": func() {
			var v any
			decoder := json.NewDecoder(bytes.NewReader(body))
			decoder.UseNumber()
			decoder.Decode(&v)
		},
		"parse": func() { parse(body) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				read()
			}
		})
	}
}
