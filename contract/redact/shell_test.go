package redact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/gitlab-agents/contract/redact"
)

// The forms for a shell. Scripts with them are run by dash and bash in the tests of package contract.
func TestShellForms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, word, double, format string }{
		{"", "''", "", ""},
		{"a/b_c-1.x@y%=+", "a/b_c-1.x@y%=+", "a/b_c-1.x@y%=+", "a/b_c-1.x@y%%=+"},
		{"a b", "'a b'", "a b", "a b"},
		{"it's", `'it'\''s'`, "it's", "it's"},
		{"$a `b` \"c\" \\ d!", "'$a `b` \"c\" \\ d!'", "\\$a \\`b\\` \\\"c\\\" \\\\ d\"'!'\"", `$a ` + "`b`" + ` "c" \\ d!`},
		{"é", "'é'", "é", `\303\251`},
		{"a\nb\tc\rd'e\\", `$'a\nb\tc\rd\'e\\'`, `a"$'\n'"b"$'\t'"c"$'\r'"d'e\\`, `a\012b\011c\015d'e\\`},
		{"\x00\x1f\x7f\x80", `$'\000\037\177\200'`, `"$'\000'""$'\037'""$'\177'""$'\200'"`, `\000\037\177\200`},
		{"\uFFFD", "'\uFFFD'", "\uFFFD", `\357\277\275`},
		{"\u202e", `$'\342\200\256'`, `"$'\342\200\256'"`, `\342\200\256`},
		{"::error::x", "':'':error::x'", `:"":error::x`, "::error::x"},
	} {
		assert.Equal(t, tt.word, redact.Word(tt.text), "%q as a word", tt.text)
		assert.Equal(t, tt.double, redact.DoubleQuoted(tt.text), "%q between double quotes", tt.text)
		assert.Equal(t, tt.format, redact.PrintfFormat(tt.text), "%q as a format", tt.text)
	}
}
