package selftest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// state is what a fake shows of all agents and tokens, by path.
type state map[string]string

// read adds what the fake shows at a path.
func (s state) read(gitlab http.Handler, path string) error {
	request, err := http.NewRequest(http.MethodGet, "http://fake"+path+"?per_page=100", nil)
	if err != nil {
		return err
	}
	request.Header.Set("Private-Token", tokenOf("owner"))
	response := &response{header: make(http.Header)}
	gitlab.ServeHTTP(response, request)
	if response.status != http.StatusOK && response.status != http.StatusNotFound { // releases before 15.0 have no tokens
		return fmt.Errorf("%s: %d", path, response.status)
	}
	s[path] = response.body.String()
	return nil
}

// response is an http.ResponseWriter that keeps what it gets.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *response) Header() http.Header         { return r.header }
func (r *response) WriteHeader(status int)      { r.status = status }
func (r *response) Write(p []byte) (int, error) { return r.body.Write(p) }

// changed are the paths that show something else later.
func (s state) changed(later state) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(s)) {
		if later[path] != s[path] {
			paths = append(paths, path)
		}
	}
	return paths
}

// added are the paths of agents that are there only later.
func (s state) added(later state) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(later)) {
		if _, before := s[path]; !before && isAgent(path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func isAgent(path string) bool { return !strings.HasSuffix(path, "/tokens") }
