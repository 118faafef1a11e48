// Package realproxies checks the fake GitLab through proxies as people run them. A correct configuration is green; a wrong
// one is blamed on the proxy, and never on GitLab.
package realproxies

import (
	"bytes"
	"embed"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"
)

//go:embed testdata
var configurations embed.FS

// proxy is a configured program in front of GitLab.
type proxy struct {
	program string // its name in Debian
	listen  string // what follows the address that it listens on, such as TLS
	http    string // what is said of everything, where that is a place of its own
	server  string // what is said of the site
	scheme  string // http if empty
}

// settings are what a configuration may use.
type settings struct {
	Port                     int
	GitLab, Host, GitLabPort string // where GitLab is
	Dir                      string // the configuration's own folder, which holds the certificate
	Root                     bool   // it is started as root
	Listen, HTTP, Server     string
}

// binaries are the programs of Debian's packages, and how each runs a configuration in the foreground.
var binaries = map[string]struct {
	path, pkg, file string
	arguments       func(file, dir string, port int) []string
}{
	"nginx":   {"nginx", "nginx", "nginx.conf", func(file, dir string, _ int) []string { return []string{"-p", dir, "-e", "stderr", "-c", file} }},
	"apache":  {"apache2", "apache2", "apache2.conf", func(file, _ string, _ int) []string { return []string{"-DFOREGROUND", "-f", file} }},
	"haproxy": {"haproxy", "haproxy", "haproxy.cfg", func(file, _ string, _ int) []string { return []string{"-db", "-f", file} }},
	"varnish": {"varnishd", "varnish", "varnish.vcl", func(file, dir string, port int) []string {
		return []string{"-F", "-j", "none", "-n", dir, "-f", file, "-a", fmt.Sprintf("127.0.0.1:%d", port), "-s", "malloc,16m", "-T", "none"}
	}},
	"lighttpd": {"lighttpd", "lighttpd", "lighttpd.conf", func(file, _ string, _ int) []string { return []string{"-D", "-f", file} }},
	"squid": {"squid", "squid", "squid.conf", func(file, _ string, port int) []string {
		return []string{"-N", "-n", fmt.Sprintf("proxy%d", port), "-f", file} // its shared memory bears that name
	}},
}

// find is where a program is. A test is skipped where it is not installed; CI on Linux has them all.
func find(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(binaries[program].path)
	if err != nil {
		path, err = exec.LookPath(filepath.Join("/usr/sbin", binaries[program].path)) // not in everybody's PATH
	}
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true" && runtime.GOOS == "linux":
		t.Fatalf("CI lacks %s: install the package %s", program, binaries[program].pkg)
	}
	t.Skipf("%s is not installed (Debian's package %s)", program, binaries[program].pkg)
	return ""
}

// start starts the proxy in front of a GitLab, and returns its URL.
func (p proxy) start(t *testing.T, gitlab http.Handler) string {
	t.Helper()
	path := find(t, p.program)
	upstream := httptest.NewServer(gitlab)
	t.Cleanup(upstream.Close)
	dir := directory(t)
	writeCertificate(t, dir)
	for attempt := 1; ; attempt++ {
		port, log, ok := p.run(t, path, dir, strings.TrimPrefix(upstream.URL, "http://"))
		if ok {
			scheme := p.scheme
			if scheme == "" {
				scheme = "http"
			}
			return fmt.Sprintf("%s://127.0.0.1:%d", scheme, port)
		}
		// Another program may have taken the port.
		require.Less(t, attempt, 4, "%s does not start: %s", p.program, log)
	}
}

// run runs the proxy once, on a port that the system chose. It is false if the proxy ended at once.
func (p proxy) run(t *testing.T, path, dir, gitlab string) (port int, log string, ok bool) {
	t.Helper()
	port = freePort(t)
	binary := binaries[p.program]
	file := filepath.Join(dir, binary.file)
	host, gitlabPort, _ := strings.Cut(gitlab, ":")
	set := settings{Port: port, GitLab: gitlab, Host: host, GitLabPort: gitlabPort, Dir: dir, Root: os.Geteuid() == 0}
	for _, part := range []struct {
		from string
		to   *string
	}{{p.listen, &set.Listen}, {p.http, &set.HTTP}, {p.server, &set.Server}} {
		*part.to = fill(t, template.Must(template.New("").Parse(part.from)), set)
	}
	require.NoError(t, os.WriteFile(file, []byte(fill(t, template.Must(template.ParseFS(configurations, "testdata/"+binary.file)), set)), 0o600))

	said := &output{}
	command := exec.Command(path, binary.arguments(file, dir, port)...)
	command.Stdout, command.Stderr, command.Dir = said, said, dir
	require.NoError(t, command.Start())
	ended := make(chan struct{})
	go func() {
		_ = command.Wait()
		close(ended)
	}()
	stop := func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			_ = command.Process.Kill()
			<-ended
		}
	}
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		select {
		case <-ended:
			return 0, said.String(), false
		case <-time.After(20 * time.Millisecond): // a program does not tell when it is ready
		}
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			t.Cleanup(func() {
				stop()
				if t.Failed() {
					t.Logf("%s said: %s", p.program, said)
				}
			})
			return port, "", true
		}
	}
	stop()
	return 0, said.String(), false
}

func fill(t *testing.T, form *template.Template, with settings) string {
	t.Helper()
	var text bytes.Buffer
	require.NoError(t, form.Execute(&text, with))
	return text.String()
}

// directory is a folder that a proxy's own user may use. Varnish takes short paths only.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "proxy") //nolint:usetesting // only its own user may enter a test's folder
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o777))
	return dir
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// output is what a program said.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
