package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/redact"
)

func TestShorten(t *testing.T) {
	t.Parallel()
	whole := strings.Repeat("日", maxLong)
	assert.Equal(t, whole, shorten(whole))
	assert.Equal(t, whole+"… (3 more bytes)", shorten(whole+"本"))
	assert.Equal(t, whole+"… (2,048 more bytes)", shorten(whole+strings.Repeat("x", 2048)))
	assert.Equal(t, "1", thousands(1))
	assert.Equal(t, "123", thousands(123))
	assert.Equal(t, "1,234,567", thousands(1234567))
}

// TestShortenScript: what is shortened is still a script, with as many words.
func TestShortenScript(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	for _, body := range []string{long, "it's " + long, long + "'" + long, long + "'", "'" + long} {
		script := "set -- --data-raw " + redact.Quoted(body) + ` "$URL/it's"; echo $#`
		short := shortenScript(script)
		assert.Less(t, len(short), len(script)-2000)
		assert.Contains(t, short, "… (2,60")
		out, err := exec.CommandContext(t.Context(), "sh", "-c", short).Output()
		require.NoError(t, err, short)
		assert.Equal(t, "3\n", string(out), short)
	}
	const script = `curl --data-raw '{"name":"a"}' "$GITLAB_URL/api/v4"`
	assert.Equal(t, script, shortenScript(script))
}
