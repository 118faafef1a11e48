package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/term"

	"example.com/gitlab-agents/contract"
)

// maxToken is how long a token may be: far longer than any of GitLab's.
const maxToken = 4096

// token is a role's token: from a file if one is named, else from the environment; "" if there is none.
func (p *program) token(role contract.Role, file string) (string, error) {
	from := role.Variable()
	token, _ := p.env(from)
	if file != "" {
		from = tokenFlag(role) + ": " + file
		f, err := os.Open(file)
		switch {
		case errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(file, `/\.`) && len(file) > 15:
			p.redactor.Learn(file) // it may be the token, where its file was to be named
			return "", usageError{tokenFlag(role) + ": there is no such file. What was given looks like the token itself, which must be in a file"}
		case err != nil:
			return "", usageError{tokenFlag(role) + ": " + err.Error()}
		}
		defer f.Close()
		data, err := io.ReadAll(io.LimitReader(f, maxToken+1))
		if err != nil {
			return "", usageError{tokenFlag(role) + ": " + err.Error()}
		}
		token = strings.TrimPrefix(string(data), "\ufeff") // Windows begins a text so
		if strings.TrimSpace(token) == "" {
			return "", usageError{from + " is empty: it must contain a token"}
		}
	}
	return p.checkToken(token, from)
}

// tokenFlag is the flag that names the file with a role's token.
func tokenFlag(role contract.Role) string {
	if role == contract.Maintainer {
		return "--token-file"
	}
	return "--" + role.String() + "-token-file"
}

// checkToken takes a token that can stand in a header, and has it redacted from now on.
func (p *program) checkToken(token, from string) (string, error) {
	token = strings.TrimSpace(token)
	p.learn(token)
	switch {
	case strings.HasPrefix(token, "\xff\xfe"), strings.HasPrefix(token, "\xfe\xff"):
		return "", usageError{from + " is in UTF-16: save it in UTF-8"}
	case len(token) > 1 && token[0] == token[len(token)-1] && strings.Contains("\"'`", token[:1]):
		return "", usageError{from + " has quotation marks around the token: leave them out"}
	}
	if len(token) > maxToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", usageError{fmt.Sprintf("%s is not a token: a token is one line of letters, digits, -, _ and .", from)}
	}
	return token, nil
}

// askForToken asks a person for the maintainer's token, without showing what they type.
func (p *program) askForToken(host string) (string, error) {
	in, ok := p.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", usageError{"no token is given: set GITLAB_TOKEN or name a --token-file"}
	}
	// The terminal stops showing what is typed before anybody is asked to type.
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", usageError{"no token was read: " + err.Error()}
	}
	defer func() { _ = term.Restore(int(in.Fd()), before) }()
	token, err := term.NewTerminal(conversation{in, p.stderr}, "").ReadPassword(fmt.Sprintf("Token for %s (it is not shown): ", host))
	switch {
	case err == io.EOF: // Ctrl-C or Ctrl-D
		return "", usageError{"no token is given"}
	case err != nil:
		return "", usageError{"no token was read: " + err.Error()}
	case token == "":
		return "", usageError{"no token is given"}
	}
	return p.checkToken(token, "what was typed")
}

// conversation is what a person types, and what they are told.
type conversation struct {
	io.Reader
	io.Writer
}
