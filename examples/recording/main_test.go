package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	recording, err := os.ReadFile("../../contract/har/testdata/gitlab-19.1.har.json")
	require.NoError(t, err)

	var out bytes.Buffer
	require.NoError(t, judge(&out, bytes.NewReader(recording)))
	assert.Equal(t, "196 exchanges, 186 judged, 0 rules violated\n", out.String())

	// The same with one answer of another status.
	out.Reset()
	broken := strings.Replace(string(recording), `"status": 201`, `"status": 202`, 1)
	require.NotEqual(t, string(recording), broken)
	require.NoError(t, judge(&out, strings.NewReader(broken)))
	assert.Contains(t, out.String(), "document/status: POST ")
}
