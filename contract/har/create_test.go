package har_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/har"
	"example.com/gitlab-agents/contract/wire"
)

// readFile reads a file that has to be whole.
func readFile(t *testing.T, name string) []har.Entry {
	t.Helper()
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	entries, skipped, err := read(f)
	require.NoError(t, err)
	require.Empty(t, skipped)
	return entries
}

func exchangeWith(t testing.TB, body string) *wire.Exchange {
	return &wire.Exchange{
		Request:  wire.Request{Method: "GET", URL: parse(t, "https://host/api/v4"), Header: http.Header{"Private-Token": {"glpat-canary0123456789abcd"}}},
		Response: &wire.Response{StatusCode: 200, Header: http.Header{"X-Request-Id": {"01J"}}, Body: []byte(body)},
	}
}

func TestCreatedFileIsWholeAfterEachEntry(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	require.NoError(t, os.WriteFile(name, []byte("what was there before, and is longer than what comes first, by far and away: "+string(make([]byte, 1000))), 0o600))
	w, err := har.Create(name, nil, "1.0")
	require.NoError(t, err)
	assert.Empty(t, readFile(t, name))
	for i := range 5 {
		require.NoError(t, w.Write(exchangeWith(t, fmt.Sprint("[", i, "]"))))
		entries := readFile(t, name)
		require.Len(t, entries, i+1)
		assert.Equal(t, fmt.Sprint("[", i, "]"), string(entries[i].Exchange.Response.Body))
	}
	require.NoError(t, w.Close())
	require.Len(t, readFile(t, name), 5)
	require.Error(t, w.Write(exchangeWith(t, "[]")))

	data, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.NotContains(t, string(data), "canary")
}

func TestCreateWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	_, err := har.Create(filepath.Join(t.TempDir(), "missing", "x.har"), nil, "1.0")
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestCreateOnADevice(t *testing.T) {
	t.Parallel()
	w, err := har.Create(os.DevNull, nil, "1.0")
	require.NoError(t, err)
	require.NoError(t, w.Write(exchangeWith(t, "[]")))
	require.NoError(t, w.Close())
}

// recordUntilKilled names the file that a child process of TestKilledWhileRecording writes to.
const recordUntilKilled = "TEST_RECORD_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if name := os.Getenv(recordUntilKilled); name != "" {
		recordForEver(name)
	}
	os.Exit(m.Run())
}

func recordForEver(name string) {
	w, err := har.Create(name, nil, "1.0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	x := exchangeWith(&testing.B{}, string(make([]byte, 5000)))
	for i := 0; ; i++ {
		if err := w.Write(x); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if i == 100 {
			fmt.Println("recording")
		}
	}
}

// A program that is killed while it records leaves a file that can be read.
func TestKilledWhileRecording(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "x.har")
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), recordUntilKilled+"="+name)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "recording\n", line)
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	f, err := os.Open(name)
	require.NoError(t, err)
	defer f.Close()
	entries, skipped, err := read(f)
	if err != nil { // killed inside the one call that writes an entry
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	}
	assert.Empty(t, skipped)
	assert.Greater(t, len(entries), 100)
}
