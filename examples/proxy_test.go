package examples

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract/fakegitlab"
	"example.com/gitlab-agents/contract/faults"
)

// Tests of others go through the proxy: with a GitLab they pass, and with one that shows no secret, or shows it again, they
// fail because of the proxy's report.
func TestThroughProxy(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("they are written for a POSIX shell")
	}
	glagents := filepath.Join(t.TempDir(), "glagents")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", glagents, "../contract/cmd/glagents").CombinedOutput()
	require.NoError(t, err, "%s", out)

	const python = "/usr/bin/python3" // Debian's, which has Debian's packages
	for _, example := range []struct {
		name, needs string
		probe       []string
		command     []string
	}{
		{"pytest", "apt install python3-gitlab python3-pytest", []string{python, "-c", "import gitlab, pytest"}, []string{python, "-B", "-m", "pytest", "-p", "no:cacheprovider", "pytest"}},
		{"shell", "apt install curl", []string{"curl", "--version"}, []string{"sh", "shell/check.sh"}},
	} {
		t.Run(example.name, func(t *testing.T) {
			t.Parallel()
			if out, err := exec.CommandContext(t.Context(), example.probe[0], example.probe[1:]...).CombinedOutput(); err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatalf("%v %s", err, out)
				}
				t.Skip("on Debian: " + example.needs)
			}
			run := func(fault string) (string, error) {
				var broken []faults.Fault
				if fault != "" {
					f, err := faults.Named(fault)
					require.NoError(t, err)
					broken = append(broken, f)
				}
				fake, err := fakegitlab.New(faults.Options(broken...)...)
				require.NoError(t, err)
				server := httptest.NewServer(faults.Around(fake, broken...))
				defer server.Close()
				command := exec.CommandContext(t.Context(), example.command[0], example.command[1:]...)
				command.Env = append(os.Environ(), "GLAGENTS="+glagents, "GITLAB_URL="+server.URL, "GITLAB_TOKEN=glpat-maintainer",
					"GITLAB_PROJECT=root/test", "GITLAB_PROJECT_ID=20", "REPORT="+filepath.Join(t.TempDir(), "contract.xml"), "no_proxy=*")
				out, err := command.CombinedOutput()
				return string(out), err
			}
			said, err := run("")
			assert.NoError(t, err, said)
			said, err = run("secret-in-list")
			require.Error(t, err, said)
			assert.Contains(t, said, "tokens/secret-only-on-create")
		})
	}
}
