package live

import (
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestOtherNamesInScripts: a shell reads the same words, with another id in the names.
func TestOtherNamesInScripts(t *testing.T) {
	t.Parallel()
	const id = "abcdefghij"
	for line, want := range map[string]string{
		`echo -abcdefghij-x`:                    "-other-x",
		`echo '{"name":"c-abcdefghij-1"}'`:      `{"name":"c-other-1"}`,
		`echo 'it'\''s abcdefghij'`:             "it's other",
		`echo "a\"b $HOME_ abcdefghij_1"'!'"x"`: `a"b  other_1!x`,
		`printf 'abcdefghij\012%%abcdefghij'`:   "other\n%other",
		`echo no id "'" '"'`:                    `no id ' "`,
		`echo \"abcdefghij\"`:                   `"other"`,
		`echo abcdefghijabcdefghij'abcdefghij'`: "otherotherother",
	} {
		script := inEachQuotes(line, id)
		assert.NotContains(t, script, id)
		for _, shell := range []string{"bash", "dash"} {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skip("no " + shell)
			}
			out, err := exec.CommandContext(t.Context(), path, "-c", "run=other; "+script).Output()
			require.NoError(t, err, script)
			assert.Equal(t, want, string(trimNewline(out)), "%s in %s", script, shell)
		}
	}
	assert.Equal(t, `-H $'a\n'"$run"$'b'`, inEachQuotes(`-H $'a\nabcdefghijb'`, id), "which dash does not know")
}

func trimNewline(b []byte) []byte {
	if len(b) > 0 && b[len(b)-1] == '\n' {
		return b[:len(b)-1]
	}
	return b
}
