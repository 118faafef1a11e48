package document

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What a recorder left out is not held against anybody.
func TestCheckAbstainsOnWhatIsNotRecorded(t *testing.T) {
	t.Parallel()
	doc, err := Load()
	require.NoError(t, err)
	broken := listOf(t, 1)
	broken.Response.Header = http.Header{"Content-Type": {"text/html"}}
	require.NotEmpty(t, doc.Check(broken))

	broken.Response.HeaderNotRecorded = true
	assert.Empty(t, doc.Check(broken), "headers of the response")
	broken.Response.Body = []byte(`[{}]`)
	assert.NotEmpty(t, doc.Check(broken), "the body is there")
	broken.Response.Body = []byte(`<html>`)
	assert.Empty(t, doc.Check(broken), "it may be labelled as what it is")
	broken.Response.Body, broken.Response.BodyNotRecorded, broken.Response.Truncated = nil, true, true
	for _, f := range doc.Check(broken) {
		assert.Equal(t, Inconclusive, f.Outcome, "body of the response")
	}

	cached := listOf(t, 1)
	cached.Response.Body, cached.FromCache = []byte(`[{}]`), "disk"
	assert.Empty(t, doc.Check(cached), "an answer from a cache")

	post := listOf(t, 1)
	post.Request.Method = "POST"
	post.Response.StatusCode, post.Response.Body = 201, agents(1)[1:len(agents(1))-1]
	require.NotEmpty(t, doc.Check(post))
	post.Request.BodyNotRecorded, post.Request.Truncated = true, true
	assert.Empty(t, doc.Check(post), "body of the request")
	post.Request.BodyNotRecorded, post.Request.Truncated = false, false
	post.Request.Body, post.Request.HeaderNotRecorded, post.Request.Header = []byte("x"), true, nil
	assert.Empty(t, doc.Check(post), "headers of the request")
}
