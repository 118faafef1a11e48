package document_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/document"
	"example.com/gitlab-agents/contract/wire"
)

// recorded is an exchange with GitLab's own code.
type recorded struct {
	*wire.Exchange
	Case   string
	Oracle string // "code" if GitLab's code decided everything
}

// recording reads what GitLab 19.1 answered. It is small and regular, so that a few lines read it.
func recording(t testing.TB) []recorded {
	t.Helper()
	data, err := os.ReadFile("../har/testdata/gitlab-19.1.har.json")
	require.NoError(t, err)
	type pairs []struct{ Name, Value string }
	var file struct {
		Log struct {
			Entries []struct {
				Case    string `json:"_case"`
				Oracle  string `json:"_oracle"`
				Request struct {
					Method, URL string
					Headers     pairs
					PostData    struct{ Text string }
				}
				Response struct {
					Status  int
					Headers pairs
					Content struct{ Text string }
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &file))
	header := func(p pairs) http.Header {
		h := http.Header{}
		for _, pair := range p {
			h.Add(pair.Name, pair.Value)
		}
		return h
	}
	var exchanges []recorded
	for _, e := range file.Log.Entries {
		u, err := url.Parse(e.Request.URL)
		require.NoError(t, err)
		exchanges = append(exchanges, recorded{
			Case: e.Case, Oracle: e.Oracle,
			Exchange: &wire.Exchange{
				Request: wire.Request{
					Method: e.Request.Method, URL: u, Header: header(e.Request.Headers), Body: []byte(e.Request.PostData.Text),
				},
				Response: &wire.Response{
					StatusCode: e.Response.Status, Header: header(e.Response.Headers), Body: []byte(e.Response.Content.Text),
				},
			},
		})
	}
	return exchanges
}

// What GitLab's own code answers keeps the document, whatever it was asked. Two answers with status 500 aside it never
// says anything that the document does not.
func TestCheckRecording(t *testing.T) {
	t.Parallel()
	doc, err := document.Load()
	require.NoError(t, err)
	judged, asked := 0, 0
	for i, x := range recording(t) {
		match, ours := doc.Route(x.Request.Method, x.Request.URL)
		findings := doc.Check(x.Exchange)
		if !ours {
			assert.Empty(t, findings)
			continue
		}
		judged++
		for _, f := range findings {
			assert.Equal(t, match.Operation, f.Operation)
			if f.Rule == document.RuleRequest && f.Outcome == document.Error {
				asked++
				continue
			}
			t.Errorf("entry %d (%s, %s): %+v", i, x.Case, x.Oracle, f)
		}
	}
	t.Log(judged, asked)
}
