package main

import (
	_ "embed"
	"io"
	"os"
	"regexp"
	"strings"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// defaultSeed is what serve has without --seed. Its users and projects are those of fakegitlab.DefaultSeed; its agents
// and tokens are the examples of the OpenAPI document, so that the examples can be executed. Its comments explain the
// format.
//
//go:embed seed.yaml
var defaultSeed []byte

// seed is what stands in the fake at the start. Its access tokens do not get into the log.
func (s *serve) seed() (*fakegitlab.Seed, error) {
	name, data := "seed.yaml", defaultSeed
	if s.seedFile != "" {
		var err error
		if data, err = s.readSeed(); err != nil {
			return nil, usageError{"--seed: " + err.Error()}
		}
		name = shownName(s.seedFile)
	}
	seed, err := fakegitlab.ParseSeed(name, data)
	if err != nil {
		return nil, s.refuse(withoutSecrets(err))
	}
	for _, user := range seed.Users {
		for _, t := range user.Tokens {
			s.redactor.Learn(t.Token)
		}
	}
	return seed, nil
}

var (
	// keyPath is a path whose last key is one that a seed may have, or a mistyped one.
	keyPath = regexp.MustCompile(`^(?:[a-z_]+(?:\[\d+\])?\.)*[a-z_]{1,24}(?:\[\d+\])?$`)
	// parents are the keys with which a path begins.
	parents = regexp.MustCompile(`^(?:[a-z_]+(?:\[\d+\])?\.)*`)
	// underToken is the path of a key of an access token, which has to be one of three.
	underToken = regexp.MustCompile(`^users\[\d+\]\.tokens\[\d+\]\.`)
	tokenKey   = regexp.MustCompile(`\]\.(?:token|state|scopes(?:\[\d+\])?)$`)
	// yamlAlias is what YAML takes a token for that begins with an asterisk.
	yamlAlias = regexp.MustCompile(`anchor '[^']*'`)
)

// withoutSecrets is an error of fakegitlab.ParseSeed that quotes no access token: nobody has learned them yet. A key that
// is not known may be one, as in "- TOKEN: [api]".
func withoutSecrets(err error) error {
	problems, ok := err.(fakegitlab.SeedError)
	if !ok {
		return err
	}
	for i := range problems {
		p := &problems[i]
		switch {
		case underToken.MatchString(p.Path) && !tokenKey.MatchString(p.Path):
			p.Path = strings.TrimSuffix(underToken.FindString(p.Path), ".")
		case strings.HasPrefix(p.Text, "this key is") && !keyPath.MatchString(p.Path):
			p.Path = strings.TrimSuffix(parents.FindString(p.Path), ".")
		}
		p.Text = yamlAlias.ReplaceAllString(p.Text, "anchor")
	}
	return problems
}

func (s *serve) readSeed() ([]byte, error) {
	if s.seedFile == "-" {
		return io.ReadAll(s.stdin)
	}
	return os.ReadFile(s.seedFile)
}
