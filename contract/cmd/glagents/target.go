package main

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"example.com/gitlab-agents/contract"
)

// instance is which GitLab to talk to, and how.
type instance struct {
	url       string
	project   string
	tokenFile string
	caFile    string
	allowHTTP bool
}

// flags are those that say which GitLab to talk to.
func (i *instance) flags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&i.url, "url", "", "the `URL` of the GitLab, such as https://gitlab.example.com, instead of GITLAB_URL")
	flags.StringVar(&i.project, "project", "", "the id or full path of the `PROJECT`")
	flags.StringVar(&i.tokenFile, "token-file", "", "the `FILE` with the token, instead of GITLAB_TOKEN")
	flags.StringVar(&i.caFile, "ca-file", "", "a `FILE` with certificates (PEM) to trust beside the system's")
	flags.BoolVar(&i.allowHTTP, "allow-http", false, "send tokens over plain http to another machine")
}

// fromEnvironment completes what the flags leave open: the GitLab of GITLAB_URL, or that of the pipeline.
func (i *instance) fromEnvironment(p *program) {
	pipeline := p.variable("CI_SERVER_URL")
	i.url = cmp.Or(i.url, p.variable("GITLAB_URL"), pipeline)
	if i.url != "" && i.url == pipeline {
		i.project = cmp.Or(i.project, p.variable("CI_PROJECT_ID"))
		i.caFile = cmp.Or(i.caFile, p.variable("CI_SERVER_TLS_CA_FILE"))
	}
}

// variable is an environment variable; empty if it is not set.
func (p *program) variable(name string) string {
	value, _ := p.env(name)
	return value
}

// isFake says whether the built-in fake is checked: if it is asked for, or if nothing suggests a GitLab.
func (c *check) isFake() bool { return c.fake || c.suggestsGitLab() == "" }

// suggestsGitLab is the flag or the variable that suggests a real GitLab, so that nobody takes the verdict about the fake
// for one about that GitLab. It is empty if there is none.
func (c *check) suggestsGitLab() string {
	if given := c.givenFlag(); given != "" {
		return given
	}
	for _, name := range []string{"GITLAB_URL", "GITLAB_TOKEN"} {
		if _, set := c.env(name); set { // a pipeline sets a secret that is missing to nothing
			return name
		}
	}
	for _, role := range optionalRoles {
		if c.variable(role.Variable()) != "" {
			return role.Variable()
		}
	}
	if c.variable("CI_SERVER_URL") != "" {
		return "CI_SERVER_URL"
	}
	return ""
}

// givenFlag is a flag that was given, and means nothing to the fake.
func (c *check) givenFlag() string {
	for _, flag := range []struct{ name, value string }{
		{"--url", c.url}, {"--project", c.project}, {"--other-project", c.otherProject}, {"--token-file", c.tokenFile}, {"--ca-file", c.caFile},
	} {
		if flag.value != "" {
			return flag.name
		}
	}
	for _, role := range optionalRoles {
		if *c.tokenFiles[role] != "" {
			return "--" + role.String() + "-token-file"
		}
	}
	return ""
}

// target is what to check, a line about it, and what to do afterwards.
func (c *check) target() (contract.Target, string, func(), error) {
	if c.isFake() {
		if given := c.givenFlag(); given != "" {
			return contract.Target{}, "", nil, usageError{"--fake and " + given + " exclude each other: the fake has its own URL, projects and tokens"}
		}
		if c.keep {
			return contract.Target{}, "", nil, usageError{"--keep is given, but the built-in fake ends with the check: keep what is created in one that `glagents serve` runs"}
		}
		return c.embedded()
	}
	because := c.suggestsGitLab()
	c.fromEnvironment(c.program)
	if err := c.missing(because); err != nil {
		return contract.Target{}, "", nil, err
	}
	target, err := c.instance.target(c.program)
	if err != nil {
		return contract.Target{}, "", nil, err
	}
	target.OtherProject = c.otherProject
	for _, role := range optionalRoles {
		token, err := c.token(role, *c.tokenFiles[role])
		if err != nil {
			return contract.Target{}, "", nil, err
		}
		if token != "" {
			target.Tokens[role] = token
		}
	}
	return target, fmt.Sprintf("Checking %s, project %s.", target.URL, target.Project), func() {}, nil
}

// missing says what is missing to check the GitLab that something suggests.
func (c *check) missing(because string) error {
	const fake = "; to check the built-in fake, give --fake"
	switch {
	case c.url == "":
		return usageError{because + " is set, but no URL: give --url or set GITLAB_URL" + fake}
	case because == "CI_SERVER_URL" && c.variable("GITLAB_TOKEN") == "":
		return usageError{"this is a pipeline, but GITLAB_TOKEN is not set. A protected variable is set only on protected branches and tags" + fake}
	case c.project == "":
		return usageError{"--project is missing: the id or full path of the project to create agents in" + fake}
	}
	return nil
}

// target is the instance with its maintainer's token.
func (i *instance) target(p *program) (contract.Target, error) {
	target := contract.Target{URL: i.url, Project: i.project, Tokens: make(map[contract.Role]string)}
	u, err := url.Parse(i.url)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return target, usageError{"--url (or GITLAB_URL) is not the URL of a GitLab: give one like https://gitlab.example.com"}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		// What is there may be a credential, so it is not repeated.
		return target, usageError{"--url (or GITLAB_URL) has more than scheme, host and path: give one like https://gitlab.example.com; the token comes from GITLAB_TOKEN or --token-file"}
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) && !i.allowHTTP {
		return target, usageError{fmt.Sprintf("%s is plain http, which shows the tokens to everyone on the way; use https, or give --allow-http", u.Redacted())}
	}
	if target.Transport, err = transport(i.caFile); err != nil {
		return target, err
	}
	token, err := p.token(contract.Maintainer, i.tokenFile)
	if err != nil {
		return target, err
	}
	if token == "" {
		if token, err = p.askForToken(u.Host); err != nil {
			return target, err
		}
	}
	target.Tokens[contract.Maintainer] = token
	return target, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// transport trusts the certificates of a file beside the system's.
func transport(caFile string) (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 64
	roots, err := trusted(caFile)
	if roots != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	return t, err
}

// trusted are the system's certificate authorities and those of a file; nil if there is no file.
func trusted(caFile string) (*x509.CertPool, error) {
	if caFile == "" {
		return nil, nil
	}
	data, err := os.ReadFile(caFile)
	if err != nil {
		return nil, usageError{"--ca-file: " + err.Error()}
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(data) {
		return nil, usageError{fmt.Sprintf("--ca-file: %s contains no certificate (PEM)", caFile)}
	}
	return pool, nil
}

// journalPlace is the directory of --journal, or else the user's.
func journalPlace(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", usageError{fmt.Sprintf("the journal has no place: %v; give one with --journal", err)}
	}
	return filepath.Join(cache, "glagents"), nil
}

// openJournal uses the journal of --journal, or else the user's.
func openJournal(dir string) (*contract.Journal, error) {
	dir, err := journalPlace(dir)
	if err != nil {
		return nil, err
	}
	journal, err := contract.OpenJournal(dir)
	if err != nil {
		return nil, usageError{err.Error() + "; give another place with --journal"}
	}
	return journal, nil
}
