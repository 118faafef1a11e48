package fakegitlab_test

import (
	"encoding/base64"
	"encoding/json"
	"hash/crc32"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
)

var routable = regexp.MustCompile(`^(glagent-([A-Za-z0-9_-]+)\.01\.([0-9a-z]{2}))([0-9a-z]{7})$`)

// routing decodes a routable secret, checks its length and checksum, and returns its routing data.
func routing(t *testing.T, secret string) string {
	t.Helper()
	match := routable.FindStringSubmatch(secret)
	require.NotNil(t, match, secret)
	length, err := strconv.ParseInt(match[3], 36, 64)
	require.NoError(t, err)
	assert.EqualValues(t, len(match[2]), length)
	checksum, err := strconv.ParseUint(match[4], 36, 64)
	require.NoError(t, err)
	assert.EqualValues(t, crc32.ChecksumIEEE([]byte(match[1])), checksum)
	payload, err := base64.RawURLEncoding.DecodeString(match[2])
	require.NoError(t, err)
	size := int(payload[len(payload)-1])
	require.Len(t, payload, 16+size+1)
	return string(payload[16 : 16+size])
}

// GitLab's recorded secrets and the fake's have the same structure.
func TestRoutableSecrets(t *testing.T) {
	t.Parallel()
	recorded := 0
	for _, e := range readRecording(t, "testdata/replay-19.1.jsonl") {
		if e.Response == nil || e.Response.Status != 201 {
			continue
		}
		var made struct{ Token string }
		require.NoError(t, json.Unmarshal([]byte(e.Response.Body), &made))
		if made.Token != "" {
			recorded++
			assert.Equal(t, "o:1\np:1", routing(t, made.Token))
		}
	}
	assert.NotZero(t, recorded)

	server := newServer(t)
	for project, want := range map[string]string{"20": "o:1\np:k", "21": "o:1\np:l"} {
		path := "/api/v4/projects/" + project + "/cluster_agents"
		agent, _ := created(t, server, path, `{"name":"a"}`)
		_, secret := created(t, server, path+"/"+text(agent)+"/tokens", `{"name":"t"}`)
		assert.Equal(t, want, routing(t, secret))
	}
}

func TestPlainSecretsHaveNoLookAlikeLetters(t *testing.T) {
	t.Parallel()
	server := newServer(t, fakegitlab.Version("15.0"))
	agent, _ := created(t, server, agentsPath, `{"name":"a"}`)
	seen := map[string]bool{}
	for range 200 {
		_, secret := created(t, server, agentsPath+"/"+text(agent)+"/tokens", `{"name":"t"}`)
		assert.Len(t, secret, 50)
		assert.False(t, strings.ContainsAny(secret, "lIO0"), secret)
		assert.False(t, seen[secret])
		seen[secret] = true
	}
}
