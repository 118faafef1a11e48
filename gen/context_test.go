package gen_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/generated/clusteragents"
)

// What comes after status 101 is no body. It has no end, and waiting for it would not end with the context either.
func TestStatus101IsNotRead(t *testing.T) {
	t.Parallel()
	for name, header := range map[string]string{
		"with what it switches to":    "Connection: Upgrade\r\nUpgrade: silence\r\n",
		"without what it switches to": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := answerAll(t, "HTTP/1.1 101 Switching Protocols\r\n"+header+"\r\n")
			for _, call := range []func(context.Context, *clusteragents.GitLab) error{read, create, remove} {
				gitlab, err := clusteragents.New(url)
				require.NoError(t, err)
				failed := make(chan error, 1)
				go func() { failed <- call(t.Context(), gitlab) }()
				select {
				case err := <-failed:
					require.ErrorIs(t, err, clusteragents.Status(101))
					assert.ErrorIs(t, err, clusteragents.ErrUnexpectedResponse)
				case <-time.After(10 * time.Second):
					t.Fatal("it waits for a body")
				}
			}
		})
	}
}

// answerAll answers the first request of each connection with a text, and is silent from then on.
func answerAll(t *testing.T, text string) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = connection.Close() })
			go func() {
				if _, err := http.ReadRequest(bufio.NewReader(connection)); err == nil {
					_, _ = connection.Write([]byte(text))
				}
			}()
		}
	}()
	return "http://" + listener.Addr().String()
}

// Whatever a call waits for, its context ends it.
func TestNothingOutlivesTheContext(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(w http.ResponseWriter, r *http.Request) (goesOn bool){
		"the response": func(http.ResponseWriter, *http.Request) bool { return false },
		"the rest of a body": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(agentJSON[:20]))
			return false
		},
		"the rest of an error's body": func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"message":`))
			return false
		},
		"the body of a redirect": func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusFound)
			return false
		},
		"where a redirect leads": func(w http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/elsewhere" {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
				return true
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if begin(w, r) {
					return
				}
				_ = http.NewResponseController(w).Flush()
				cancel()
				<-r.Context().Done() // until the client is gone
			}))
			t.Cleanup(web.Close)
			gitlab, err := clusteragents.New(web.URL)
			require.NoError(t, err)
			require.ErrorIs(t, read(ctx, gitlab), context.Canceled)
		})
	}
}
