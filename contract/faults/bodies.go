package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// bodies are faults with the form of successful answers.
func bodies() []Fault {
	const body, jsonText, contentType = "document/body", "document/json", "document/content-type"
	since15 := fakegitlab.Release{Major: 15}
	shown := append(showTokens[:3:3], showAgents...)
	wrong := func(name, explains string, change func(object), operations ...string) Fault {
		f := Fault{Name: name, Explains: explains, Rules: []string{body}, Deviation: eachObject(change, operations...)}
		if strings.Contains(strings.Join(operations, " "), "Token") {
			f.Since = since15
		}
		return f
	}
	raw := func(name, explains, rule string, change func(body []byte) []byte, operations ...string) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{rule}, Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Status == 200 || d.Status == 201 {
				d.Body = change(d.Body)
			}
		}, operations...)}
	}
	typed := func(name, explains, mediaType string) Fault {
		return Fault{Name: name, Explains: explains, Rules: []string{contentType}, Deviation: rewriting(func(_ *http.Request, d *fakegitlab.ResponseDraft) {
			if d.Status == 200 || d.Status == 201 {
				d.Header.Set("Content-Type", mediaType)
				if mediaType == "" {
					d.Header.Del("Content-Type")
				}
			}
		})}
	}
	const times = "2006-01-02T15:04:05.000Z07:00"
	reformat := func(layout string) func(object) {
		return edit("created_at", func(s string) string {
			t, err := time.Parse(times, s)
			if err != nil {
				return s
			}
			return t.Format(layout)
		})
	}
	return []Fault{
		wrong("agent-id-text", "Ids of agents are texts.", asText("id"), showAgents...),
		wrong("token-id-text", "Ids of tokens are texts.", asText("id"), showTokens...),
		wrong("agent-id-of-token-text", "agent_id is a text.", asText("agent_id"), showTokens...),
		wrong("project-id-text", "The id of the project is a text.", inProject(asText("id")), showAgents...),
		wrong("creator-text", "created_by_user_id is a text.", asText("created_by_user_id"), shown...),
		wrong("agent-id-fraction", "Ids of agents are written as fractions.", func(o object) {
			if n, ok := o["id"].(json.Number); ok {
				o["id"] = json.Number(n.String() + ".5")
			}
		}, "listAgents"),
		wrong("ids-as-floats", "Ids are written with a decimal point, as 5.0.", func(o object) {
			if n, ok := o["id"].(json.Number); ok {
				o["id"] = json.Number(n.String() + ".0")
			}
		}, shown...),
		wrong("created-at-seconds", "Times have no milliseconds.", reformat("2006-01-02T15:04:05Z07:00"), shown...),
		wrong("created-at-number", "Times are seconds since 1970.", func(o object) {
			if t, err := time.Parse(times, text(o["created_at"])); err == nil {
				o["created_at"] = t.Unix()
			}
		}, shown...),
		wrong("created-at-with-space", "Times have a space in place of the T.", reformat("2006-01-02 15:04:05.000 UTC"), shown...),
		wrong("created-at-no-date", "Times are of a day that there is not.", set("created_at", "2022-02-30T12:00:00.000Z"), shown...),
		wrong("created-at-null", "The time of creation of an agent is null.", set("created_at", nil), showAgents...),
		wrong("project-created-at-missing", "The project's time of creation is missing.", inProject(remove("created_at")), showAgents...),
		wrong("agent-name-null", "The name of an agent is null in reads.", set("name", nil), "getAgent", "listAgents").
			keeps("the run's own agents cannot be known by their names"),
		wrong("agent-name-missing", "The name of an agent is missing in the answer that creates it.", remove("name"), "createAgent"),
		wrong("token-name-missing-in-list", "The name of a token is missing in the list.", remove("name"), "listAgentTokens"),
		wrong("token-description-missing", "The description of a token is missing if it is null.", func(o object) {
			if o["description"] == nil {
				delete(o, "description")
			}
		}, showTokens...),
		wrong("creator-missing", "created_by_user_id is missing.", remove("created_by_user_id"), shown...),
		wrong("last-used-missing", "last_used_at is missing when one token is read.", remove("last_used_at"), "getAgentToken"),
		wrong("last-used-empty", "last_used_at is an empty text if it is not known.", set("last_used_at", ""), "getAgentToken", "createAgentToken"),
		wrong("status-capital", "The status of a token is \"Active\".", edit("status", func(string) string { return "Active" }), showTokens...),
		wrong("status-unknown", "The status of a token is \"enabled\".", set("status", "enabled"), showTokens...),
		wrong("status-number", "The status of a token is 0.", set("status", 0), showTokens...),
		wrong("status-missing", "The status of a token is missing in the list.", remove("status"), "listAgentTokens"),
		wrong("project-null", "config_project is null in the list.", set("config_project", nil), "listAgents"),
		wrong("project-is-id", "config_project is the project's id.", func(o object) {
			if p, ok := o["config_project"].(object); ok {
				o["config_project"] = p["id"]
			}
		}, showAgents...),
		wrong("project-path-missing", "The project's full path is missing.", inProject(remove("path_with_namespace")), showAgents...),
		wrong("receptive-null", "is_receptive is null.", set("is_receptive", nil), showAgents...).onEnterprise().
			also("it says neither true nor false", "agents/is-receptive-on-ee"),
		{
			Name: "receptive-missing", Explains: "Enterprise Edition does not say whether an agent is receptive.",
			Rules: []string{"agents/is-receptive-on-ee"}, Deviation: eachObject(remove("is_receptive"), showAgents...),
			Edition: "ee", Since: fakegitlab.Release{Major: 17, Minor: 4},
		},
		{
			Name: "receptive-in-list-only", Explains: "Only the list of agents says whether an agent is receptive.",
			Rules:     []string{"agents/is-receptive-on-ee", "agents/read-back-equal"},
			Deviation: eachObject(remove("is_receptive"), "getAgent", "createAgent"),
			Edition:   "ee", Since: fakegitlab.Release{Major: 17, Minor: 4},
		},
		{
			Name: "receptive-in-read-only", Explains: "The list of agents does not say whether an agent is receptive.",
			Rules:     []string{"agents/is-receptive-on-ee", "agents/read-back-equal"},
			Deviation: eachObject(remove("is_receptive"), "listAgents"),
			Edition:   "ee", Since: fakegitlab.Release{Major: 17, Minor: 4},
		},
		{
			Name: "token-read-as-used", Explains: "Reading a token says that it was used just now.", Since: since15,
			Rules:     []string{"tokens/read-back-equal"},
			Deviation: eachObject(set("last_used_at", "2026-01-01T00:00:00.000Z"), "getAgentToken"),
		},
		{
			Name: "reading-is-use", Explains: "Reading a token sets when it was last used.", Since: since15,
			Rules: []string{"tokens/reading-is-no-use"}, Deviation: func() *fakegitlab.Deviation {
				var mu sync.Mutex
				read := make(map[string]bool)
				return eachObject(func(o object) {
					mu.Lock()
					defer mu.Unlock()
					if id := fmt.Sprint(o["id"]); read[id] {
						o["last_used_at"] = "2026-01-01T00:00:00.000Z"
					} else {
						read[id] = true
					}
				}, "getAgentToken")()
			},
		},
		{
			Name: "last-use-listed", Explains: "The list of tokens says when each was last used.", Since: since15,
			Rules: []string{"tokens/last-use-not-listed"}, Deviation: eachObject(func(o object) { o["last_used_at"] = nil }, "listAgentTokens"),
			Also: []string{"document/undeclared-property", "tokens/read-back-equal"}, Because: "it is a property more",
		},
		{
			Name: "no-tokens-are-anothers", Explains: "The list of an agent without tokens has those of another agent.", Since: since15,
			Rules: []string{"tokens/none-is-an-empty-list", "tokens/agent-matches-path"},
			Wrap: around(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
				a := ask(next, r)
				if p, ok := placeOf(r.URL); ok && p.tokens && p.token == "" && r.Method == http.MethodGet && string(a.body) == "[]" && r.URL.RawQuery == "" {
					for _, id := range ids(more(next, r, http.MethodGet, p.agents(), "").body) {
						if others := more(next, r, http.MethodGet, p.agents()+"/"+id+"/tokens", ""); len(ids(others.body)) > 0 {
							a.body = others.body
							add(a.header, "X-Total", len(ids(others.body)))
							break
						}
					}
				}
				a.send(w, r)
			}),
			Also: []string{"tokens/never-change"}, Because: "a token is shown again, as another agent's",
		},
		{
			Name: "receptive-on-ce", Explains: "Community Edition says whether an agent is receptive.", Edition: "ce",
			Rules: []string{"agents/no-is-receptive-on-ce"}, Deviation: eachObject(func(o object) { o["is_receptive"] = false }, showAgents...),
		},
		{
			Name: "project-names-disagree", Explains: "The full path of a project does not end with its path.",
			Rules: []string{"agents/project-names-agree"}, Deviation: eachObject(inProject(set("path", "project")), showAgents...),
		},
		{
			Name: "project-name-disagrees", Explains: "The full name of a project does not end with its name.",
			Rules: []string{"agents/project-names-agree"}, Deviation: eachObject(inProject(set("name_with_namespace", "test")), showAgents...),
		},
		raw("list-in-object", "A list is an object with the list in it.", body, func(b []byte) []byte {
			return []byte(`{"agents":` + string(b) + `}`)
		}, lists...).keeps("agents that cannot be listed are found only where a create response named them"),
		raw("list-of-one-is-object", "A list with one entry is that entry.", body, func(b []byte) []byte {
			if len(ids(b)) == 1 {
				return b[1 : len(b)-1]
			}
			return b
		}, lists...),
		raw("list-empty-is-null", "An empty list is null.", body, func(b []byte) []byte {
			if string(b) == "[]" {
				return []byte("null")
			}
			return b
		}, lists...),
		raw("agent-in-list", "A single agent is a list of one.", body, func(b []byte) []byte {
			return []byte("[" + string(b) + "]")
		}, "getAgent", "createAgent").keeps("no agent can be read as the run's own"),
		{
			Name: "property-more", Explains: "An agent has a property that the document does not know.", Verdict: Drifts,
			Rules: []string{"document/undeclared-property"}, Deviation: eachObject(func(o object) { o["labels"] = []string{} }, showAgents...),
		},
		raw("duplicate-name", "An agent has its name twice.", jsonText, func(b []byte) []byte {
			return bytes.Replace(b, []byte(`{"id":`), []byte(`{"name":"x","id":`), 1)
		}, "getAgent"),
		raw("trailing-bytes", "Something follows the JSON.", jsonText, func(b []byte) []byte { return append(b[:len(b):len(b)], "\n<!-- 12 ms -->"...) }, "getAgent"),
		raw("invalid-utf-8", "A body is in ISO 8859-1.", jsonText, func(b []byte) []byte {
			return bytes.ReplaceAll(b, []byte("é"), []byte("\xe9"))
		}, "listAgentTokens", "getAgentToken"),
		raw("byte-order-mark", "A body begins with a byte order mark.", jsonText, func(b []byte) []byte { return append([]byte("\ufeff"), b...) }, "getAgent"),
		raw("json-cut", "A body ends in the middle, with a Content-Length that is right.", jsonText, func(b []byte) []byte { return b[:len(b)-8] }, "getAgent"),
		raw("single-quotes", "A body has single quotes.", jsonText, func(b []byte) []byte { return bytes.ReplaceAll(b, []byte(`"`), []byte(`'`)) }, "getAgent"),
		raw("body-empty", "A successful read has no body.", jsonText, func([]byte) []byte { return nil }, "getAgent").
			also("without a body there is no entity tag", "headers/etag", "headers/cache-control"),
		typed("html-type", "JSON is said to be HTML.", "text/html; charset=utf-8"),
		typed("text-type", "JSON is said to be text.", "text/plain"),
		typed("no-type", "An answer does not say what its content is.", ""),
		typed("latin-1", "JSON is said to be in ISO 8859-1.", "application/json; charset=iso-8859-1"),
	}
}

func (f Fault) onEnterprise() Fault {
	f.Edition, f.Since = "ee", fakegitlab.Release{Major: 17, Minor: 4}
	return f
}
