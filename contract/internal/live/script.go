package live

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"example.com/gitlab-agents/contract/internal/rule"
	"example.com/gitlab-agents/contract/redact"
	"example.com/gitlab-agents/contract/wire"
)

const ifNoneMatch = "If-None-Match"

// scripts are lines for a shell, one for each request of a story, that send the requests again. A line keeps what later ones
// need: the id of what it made, a secret, an ETag. The last line shows the whole answer.
func scripts(story []told, run string) []string {
	w := scriptWriter{run: run, etags: make(map[string]string)}
	lines := make([]string, len(story))
	for i := range story {
		lines[i] = w.line(&story[i], story[i+1:])
	}
	return lines
}

// scriptWriter writes the lines of a story in order.
type scriptWriter struct {
	run     string // the id of the check, which the names of its agents have
	named   bool   // a line has had that id
	made    variables
	secrets []string          // of tokens, that lines keep
	etags   map[string]string // variables that lines keep, by ETag
}

// line sends a request again, and keeps what later ones need.
func (w *scriptWriter) line(t *told, later []told) string {
	begin := w.newRun(t)
	if len(later) == 0 || t.judged == nil {
		return begin + w.send(t, wire.Curl)
	}
	if agent := t.judged.NewAgent(); agent != nil {
		send := w.send(t, wire.CurlBody)
		return begin + w.made.add("agent", fmt.Sprintf("/cluster_agents/%d", agent.ID)) + "=$(" + send + " | jq .id)"
	}
	if token := t.judged.NewToken(); token != nil {
		send := w.send(t, wire.CurlBody)
		name := w.made.add("token", fmt.Sprintf("/tokens/%d", token.ID))
		if !slices.ContainsFunc(later, func(l told) bool { return credential(l.request.header) == token.Token }) {
			return begin + name + "=$(" + send + " | jq .id)"
		}
		w.secrets = append(w.secrets, token.Token)
		return begin + "set -- $(" + send + " | jq -r '.id, .token'); " + name + "=$1 secret=$2"
	}
	etag := t.judged.Header("ETag")
	if w.etags[etag] != "" || !slices.ContainsFunc(later, func(l told) bool { return etag != "" && l.request.header.Get(ifNoneMatch) == etag }) {
		return begin + w.send(t, wire.Curl)
	}
	send := w.send(t, wire.CurlHeaders)
	w.etags[etag] = fmt.Sprintf("etag%d", len(w.etags)+1)
	return begin + w.etags[etag] + "=$(" + send + ` | sed -n 's/^[Ee][Tt]ag: //p' | tr -d '\r')`
}

// newRun is a command that gives names another id, before the line that has the first of them. The names of the check are
// taken as long as what an earlier script made exists.
func (w *scriptWriter) newRun(t *told) string {
	if w.named || !strings.Contains(t.request.path, w.run) && !bytes.Contains(t.request.body, []byte(w.run)) {
		return ""
	}
	w.named = true
	return "run=$(od -An -N5 -tx1 /dev/urandom | tr -d ' '); "
}

// send sends a request again, with what the lines before it made.
func (w *scriptWriter) send(t *told, curl func(*wire.Request) string) string {
	line := curl(&t.sent.Request)
	if slices.Contains(w.secrets, credential(t.request.header)) {
		line = strings.ReplaceAll(line, "$"+rule.Maintainer.Variable(), "$secret")
	} else {
		line = asCaller(t.request.role, line)
	}
	line = inEachQuotes(w.made.in(line), w.run)
	etag := t.request.header.Get(ifNoneMatch)
	if name := w.etags[etag]; name != "" {
		line = strings.Replace(line, redact.Quoted(ifNoneMatch+": "+etag), `"`+ifNoneMatch+": $"+name+`"`, 1)
	}
	return line
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
