package fakegitlab

import (
	"errors"
	"net"
	"net/http"
)

// TB is the part of [testing.T] and [testing.B] that [Start] needs.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// Instance is a running GitLab.
type Instance struct {
	*Server
	// URL is the instance's URL with its relative root, without /api/v4.
	URL string
}

// Start runs a GitLab on a free port of the loopback interface until the test ends. The default content is that of
// [DefaultSeed].
func Start(t TB, options ...Option) *Instance {
	t.Helper()
	server, err := New(options...)
	if err != nil {
		t.Fatalf("fakegitlab: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("fakegitlab: no port to listen on: %v", err)
	}
	running := &http.Server{Handler: server}
	done := make(chan error, 1)
	go func() { done <- running.Serve(listener) }()
	t.Cleanup(func() {
		_ = running.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Fatalf("fakegitlab: %v", err)
		}
	})
	return &Instance{Server: server, URL: "http://" + listener.Addr().String() + server.Root()}
}
