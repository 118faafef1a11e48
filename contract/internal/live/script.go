package live

import (
	"fmt"
	"strings"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

// script is a line that sends the request of a step again, and keeps what later steps need: the id of what it made, the
// secret, the ETag.
func (t *told) script() string {
	switch {
	case t.etag != "":
		return t.named(t.etag + "=$(" + t.line(wire.CurlHeaders) + ` | sed -n 's/^[Ee][Tt]ag: //p' | tr -d '\r')`)
	case t.makes == "":
		return t.whole()
	case t.keeps:
		return t.named("set -- $(" + t.line(wire.CurlBody) + " | jq -r '.id, .token'); " + t.makes + "=$1 secret=$2")
	}
	return t.named(t.makes + "=$(" + t.line(wire.CurlBody) + " | jq .id)")
}

// whole is a line that sends the request of a step again, and shows the whole answer.
func (t *told) whole() string { return t.named(t.line(wire.Curl)) }

const ifNoneMatch = "If-None-Match"

// line is a line that sends the request of a step again, with what the steps before it made.
func (t *told) line(curl func(*wire.Request) string) string {
	line := inEachQuotes(t.before.in(t.asCaller(curl(&t.sent.Request))), t.run)
	if t.sends != "" {
		line = strings.Replace(line, redact.Quoted(ifNoneMatch+": "+t.sent.Request.Header.Get(ifNoneMatch)), `"`+ifNoneMatch+": $"+t.sends+`"`, 1)
	}
	return line
}

// asCaller is a line with the credentials of the caller.
func (t *told) asCaller(line string) string {
	if t.uses {
		return strings.ReplaceAll(line, "$"+rule.Maintainer.Variable(), "$secret")
	}
	return asCaller(t.request.role, line)
}

// named is a script after a command that gives names another id, in the line that has the first of them. The names of the
// check are taken as long as what an earlier script made exists.
func (t *told) named(script string) string {
	if !t.begins {
		return script
	}
	return "run=$(od -An -N5 -tx1 /dev/urandom | tr -d ' '); " + script
}

// inEachQuotes has the variable run in the place of a check's id in a line for a shell, whatever quotes it stands in.
func inEachQuotes(line, id string) string {
	var b strings.Builder
	quotes := "" // that are open
	for i := 0; i < len(line); {
		rest, n := line[i:], 1
		switch {
		case strings.HasPrefix(rest, id):
			b.WriteString(map[string]string{"": `"$run"`, "'": `'"$run"'`, `"`: "${run}", "$'": `'"$run"$'`}[quotes])
			i += len(id)
			continue
		case rest[0] == '\\' && quotes != "'" && len(rest) > 1:
			n = 2
		case quotes == "" && strings.HasPrefix(rest, "$'"):
			quotes, n = "$'", 2
		case quotes == "" && (rest[0] == '\'' || rest[0] == '"'):
			quotes = rest[:1]
		case quotes != "" && rest[0] == quotes[len(quotes)-1]:
			quotes = ""
		}
		b.WriteString(rest[:n])
		i += n
	}
	return b.String()
}

// repeat is a line that sends a request again, with the variable of the caller's own token.
func repeat(caller rule.Role, sent *wire.Request) string {
	return asCaller(caller, wire.Curl(sent))
}

// asCaller is a line with the variable of the caller's own token. Nobody has none, and sends made-up ones.
func asCaller(caller rule.Role, line string) string {
	token := "made-up-token"
	if caller.Variable() != "" {
		token = "$" + caller.Variable()
	}
	return strings.ReplaceAll(line, "$"+rule.Maintainer.Variable(), token)
}

// variables are what a story made, as variables of a shell.
type variables struct {
	paths, names []string // a part of a path, and what stands in its place
	count        map[string]int
}

// add names a variable for what a step made.
func (v *variables) add(kind, path string) (name string) {
	if v.count == nil {
		v.count = make(map[string]int)
	}
	v.count[kind]++
	name = kind
	if n := v.count[kind]; n > 1 {
		name = fmt.Sprintf("%s%d", kind, n)
	}
	v.paths = append(v.paths, path)
	v.names = append(v.names, path[:strings.LastIndex(path, "/")+1]+"$"+name)
	return name
}

// in is a line in which the ids of what was made are variables.
func (v *variables) in(line string) string {
	for i, path := range v.paths {
		for _, after := range []string{"/", `"`, "?"} {
			line = strings.ReplaceAll(line, path+after, v.names[i]+after)
		}
	}
	return line
}
