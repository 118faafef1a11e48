package targets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/gitlab-agents/contract"
)

func TestAFileWithEveryKeyIsRead(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "every-key.yaml"))
	require.NoError(t, err)
	all, err := Read("targets.yaml", data)
	require.NoError(t, err)
	require.Len(t, all, 2)
	is := all[0]
	assert.Equal(t, "production", is.Name)
	assert.Equal(t, "https://gitlab.example.com", is.URL)
	assert.Equal(t, "group/project", is.Project)
	assert.Equal(t, "group/other", is.OtherProject)
	assert.Equal(t, map[contract.Role]string{contract.Maintainer: "PROD_TOKEN", contract.Developer: "PROD_DEVELOPER_TOKEN"}, is.Tokens)
	assert.Equal(t, map[contract.Role]string{contract.Guest: "/run/secrets/prod-guest"}, is.TokenFiles)
	assert.Equal(t, "/etc/ssl/prod.pem", is.CAFile)
	assert.Equal(t, "known.txt", is.KnownFailures)
	assert.Equal(t, "16.2", is.Release.String())
	assert.Equal(t, contract.Enterprise, is.Edition)
	assert.Equal(t, 8, is.Parallel)
	assert.True(t, is.ReadOnly)
	assert.Equal(t, "42", all[1].Project, "a project's id need not be quoted")
	assert.Equal(t, is.Tokens, all[1].Tokens, "an alias stands for what it names")
}

func TestWhatIsWrongIsNamedWithLineColumnAndKey(t *testing.T) {
	t.Parallel()
	const good = "targets:\n- name: a\n  url: https://a.example.com\n  project: p\n  tokens: {maintainer: A}\n"
	for _, c := range []struct{ name, yaml, want string }{
		{"an empty file", "", "f:1:1: the file is empty: it lists targets"},
		{"text that is not YAML", "targets: [\n", "f:2:1: this is not YAML: "},
		{"a list that is not closed", "targets:\n- name: a\n  url: https://a.example.com\n  project: [p\n  tokens: x\n", "f:4:1: this is not YAML: "},
		{"tabs", "targets:\n- name: a\n\turl: https://a.example.com\n", "f:3:1: a tab indents this line: YAML wants spaces"},
		{"tabs before a dash", "targets:\n\t- name: a\n", "f:2:1: a tab indents this line: YAML wants spaces"},
		{"another encoding", "targets:\n- name: M\xfcnchen\n", "f:2:1: this is not UTF-8"},
		{"a list instead of a mapping", "- a\n", "f:1:1: this must be a mapping of keys to values"},
		{"no targets", "targets: []\n", "f:1:10: targets: this must be a list of targets, with at least one"},
		{"two documents", good + "---\n" + good, "the file must contain one document"},
		{"an unknown key at the top", good + "limits: 3\n", "f:6:1: limits: this key is not known: there are targets"},
		{"an unknown role", strings.Replace(good, "maintainer: A", "maintainer: A, owner: B", 1), "f:5:27: targets[0].tokens.owner: this key is not known"},
		{"a key twice", good + "  project: q\n", "f:6:3: targets[0].project: this key occurs twice"},
		{"no name", "targets:\n- url: https://a.example.com\n  project: p\n", "f:2:3: targets[0].name: this key is missing"},
		{"a number where text must be", strings.Replace(good, "name: a", "name: [a]", 1), "f:2:9: targets[0].name: this must be text"},
		{"an empty value", strings.Replace(good, "project: p", "project:", 1), "f:4:11: targets[0].project: this must be text"},
		{"not a boolean", good + "  read_only: maybe\n", "f:6:14: targets[0].read_only: this must be true or false"},
		{"no requests at once", good + "  parallel: 0\n", "f:6:13: targets[0].parallel: this must be a whole number, 1 or more"},
		{"not a version", good + "  gitlab_version: new\n", "f:6:19: targets[0].gitlab_version: this must be a version"},
		{"not an edition", good + "  edition: pro\n", "f:6:12: targets[0].edition: this must be ce or ee"},
		{"not a URL", strings.Replace(good, "https://a.example.com", "a.example.com", 1), "f:3:8: targets[0].url: this is not the URL of a GitLab"},
		{"plain http", strings.Replace(good, "https://", "http://", 1), "f:3:8: targets[0].url: this is plain http"},
		{"no token", strings.Replace(good, "tokens: {maintainer: A}", "tokens: {guest: A}", 1), "the maintainer's token is missing"},
		{"a token from two places", good + "  token_files: {maintainer: f}\n", "targets[0].token_files.maintainer: this token comes from a variable already"},
		{"the same GitLab and project under two names", good + strings.TrimPrefix(strings.Replace(good, "name: a", "name: b", 1), "targets:\n"), "f:7:8: targets[1].url: this GitLab and project are given twice, first in line 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read("f", []byte(c.yaml))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

// TestPlainHTTPIsForTheMachineItself: no other machine is on the way to it.
func TestPlainHTTPIsForTheMachineItself(t *testing.T) {
	t.Parallel()
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8080": true, "127.0.0.1": true, "127.8.9.10:8080": true, "[::1]:8080": true,
		"10.0.0.1": false, "[fe80::1]": false, "gitlab.example.com": false, "localhost.example.com": false,
	} {
		_, err := Read("f", []byte("targets:\n- name: a\n  url: http://"+host+"\n  project: p\n  tokens: {maintainer: A}\n"))
		if ok {
			assert.NoError(t, err, host)
		} else {
			assert.ErrorContains(t, err, "this is plain http", host)
		}
	}
}

func TestASecretInTheFileIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{
		"targets:\n- name: a\n  url: https://a.example.com\n  project: p\n  tokens: {maintainer: glpat-canary}\n",
		"targets:\n- name: a\n  url: https://a.example.com\n  project: p\n  tokens: {maintainer: glpat_canary}\n",
		"targets:\n- name: a\n  url: https://user:glpat-canary@a.example.com\n  project: p\n  tokens: {maintainer: A}\n",
		"targets:\n- name: a\n  glpat-canary: x\n",
		"targets:\n- name: a\n  tokens: glpat-canary\n",
		"targets:\n- name: 'glpat-canary\n",
		"targets: *glpat-canary\n",
		"targets:\n- glpat-canary\n",
		"targets:\n- name: a\n  parallel: glpat-canary\n",
		"targets:\n- name: a\n  gitlab_version: glpat-canary\n",
	} {
		_, err := Read("f", []byte(yaml))
		require.Error(t, err)
		assert.NotContains(t, err.Error(), "canary", yaml)
	}
}

func TestAllProblemsAreNamedInTheOrderOfTheFile(t *testing.T) {
	t.Parallel()
	_, err := Read("f", []byte("targets:\n- name: a\n  url: https://a.example.com\n  colour: red\n- name: a\n  size: 3\n"))
	var problems Problems
	require.ErrorAs(t, err, &problems)
	lines := []int{}
	for _, p := range problems {
		lines = append(lines, p.Line)
	}
	assert.IsNonDecreasing(t, lines)
	assert.Len(t, problems, 6)
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("targets:\n- {name: a, url: https://a.example.com, project: p, tokens: &t {maintainer: A}}\n- {name: b, tokens: *t}\n"))
	f.Add([]byte("targets: &a [*a]"))
	f.Add([]byte("? [a]\n: b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := Read("f", data)
		if err == nil && len(all) == 0 {
			t.Error("a file without targets was accepted")
		}
	})
}
