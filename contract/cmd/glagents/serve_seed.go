package main

import (
	_ "embed"
	"io"
	"os"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// defaultSeed is fakegitlab.DefaultSeed as a file, in which comments explain the format.
//
//go:embed seed.yaml
var defaultSeed []byte

// seed is what stands in the fake at the start. Its access tokens do not get into the log.
func (s *serve) seed() (*fakegitlab.Seed, error) {
	seed := fakegitlab.DefaultSeed()
	if s.seedFile != "" {
		data, err := s.readSeed()
		if err != nil {
			return nil, usageError{"--seed: " + err.Error()}
		}
		if seed, err = fakegitlab.ParseSeed(shownName(s.seedFile), data); err != nil {
			return nil, s.refuse(err)
		}
	}
	for _, user := range seed.Users {
		for _, t := range user.Tokens {
			s.redactor.Learn(t.Token)
		}
	}
	return seed, nil
}

func (s *serve) readSeed() ([]byte, error) {
	if s.seedFile == "-" {
		return io.ReadAll(s.stdin)
	}
	return os.ReadFile(s.seedFile)
}
