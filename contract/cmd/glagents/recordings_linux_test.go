package main

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A named pipe is followed, too: each line is judged as it comes, and the end of the pipe is the end.
func TestFollowPipe(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "exchanges")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	lines, stop := startFollow(t, name)
	out, err := os.OpenFile(name, os.O_WRONLY, 0)
	require.NoError(t, err)
	for range 2 {
		_, err = io.WriteString(out, leak+"\n")
		require.NoError(t, err)
		require.True(t, lines.Scan())
		assert.Contains(t, lines.Text(), "✗ MUST tokens/secret-only-on-create: ")
	}
	require.NoError(t, out.Close())
	for lines.Scan() { // the report
	}
	assert.Equal(t, 1, stop())
}
