package faults

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"example.com/gitlab-agents/contract/fakegitlab"
)

// vault remembers the secrets of agent tokens, which GitLab shows once.
type vault struct {
	mu      sync.Mutex
	byToken map[string]string // by the token's id
	byAgent map[string]string // the last one, by the agent's id
	last    string
}

// leaking is a deviation that remembers secrets and shows them in answers of some operations.
func leaking(show func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft), operations ...string) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation {
		v := &vault{byToken: make(map[string]string), byAgent: make(map[string]string)}
		leak := rewriting(func(r *http.Request, d *fakegitlab.ResponseDraft) { show(v, r, d) }, operations...)()
		return &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			v.mu.Lock()
			defer v.mu.Unlock()
			if d.Operation == "createAgentToken" && d.Status == 201 {
				v.keep(d.Body)
			}
			leak.Rewrite(r, d)
		}}
	}
}

func (v *vault) keep(body []byte) {
	var t struct {
		ID, AgentID json.Number
		Token       string
	}
	editObjects(&fakegitlab.ResponseDraft{Body: body}, func(o object) {
		t.ID, _ = o["id"].(json.Number)
		t.AgentID, _ = o["agent_id"].(json.Number)
		t.Token, _ = o["token"].(string)
	})
	v.byToken[t.ID.String()], v.byAgent[t.AgentID.String()], v.last = t.Token, t.Token, t.Token
}

// inBody shows each token's secret, or for an agent that of its last token, as a property.
func inBody(property string, encode func(string) string) func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
	return func(v *vault, _ *http.Request, d *fakegitlab.ResponseDraft) {
		if d.Status != 200 && d.Status != 201 {
			return
		}
		editObjects(d, func(o object) {
			id, _ := o["id"].(json.Number)
			secret := v.byToken[id.String()]
			if _, agent := o["config_project"]; agent {
				secret = v.byAgent[id.String()]
			}
			if secret != "" {
				o[property] = encode(secret)
			}
		})
	}
}

// inHeader shows the secret of the token in the URL, or of the one that is created, in a header.
func inHeader(name string, write func(string) string) func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
	return func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
		p, _ := placeOf(r.URL)
		secret := v.byToken[p.token]
		if d.Operation == "createAgentToken" && d.Status == 201 {
			secret = v.last
		}
		if secret != "" {
			d.Header.Set(name, write(secret))
		}
	}
}

func asItIs(s string) string { return s }

// changing is a deviation that gives tokens other secrets.
func changing(change func(secret string) string) func() *fakegitlab.Deviation {
	return func() *fakegitlab.Deviation { return &fakegitlab.Deviation{Secret: change} }
}

// secrets are faults with what a token's secret is, and where it is seen.
func secrets() []Fault {
	const onlyOnCreate = "tokens/secret-only-on-create"
	since15 := fakegitlab.Release{Major: 15}
	leaks := func(name, explains string, deviation func() *fakegitlab.Deviation) Fault {
		return Fault{Name: name, Explains: explains, Since: since15, Rules: []string{onlyOnCreate}, Deviation: deviation}
	}
	return []Fault{
		{
			Name: "secret-predictable", Explains: "Secrets differ in their last ten characters only.", Since: fakegitlab.Release{Major: 15}, Until: fakegitlab.Release{Major: 18},
			Rules: []string{"tokens/secret-unique"}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Secret: func(secret string) string {
					return secret[:len(secret)-50] + strings.Repeat("a1B2", 10) + secret[len(secret)-10:]
				}}
			},
		},
		leaks("secret-in-list", "The list of tokens shows their secrets.",
			leaking(inBody("token", asItIs), "listAgentTokens")),
		leaks("secret-in-get", "Reading one token shows its secret.",
			leaking(inBody("token", asItIs), "getAgentToken")),
		{
			Name: "secret-null-in-list", Explains: "The list of tokens has the property token, though null.", Since: since15,
			Rules: []string{"tokens/secret-only-on-create"}, Deviation: eachObject(func(o object) { o["token"] = nil }, "listAgentTokens"),
		},
		leaks("secret-in-agent", "Reading an agent shows the secret of its last token.",
			leaking(inBody("token", asItIs), "getAgent")),
		leaks("secret-in-agent-list", "The list of agents shows the secrets of their last tokens, under another name.",
			leaking(inBody("access", asItIs), "listAgents")),
		leaks("secret-under-another-name", "Reading one token shows its secret as \"secret\".",
			leaking(inBody("secret", asItIs), "getAgentToken")),
		leaks("secret-as-base64", "Reading one token shows its secret in base64.",
			leaking(inBody("token_encrypted", func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }), "getAgentToken")),
		leaks("secret-as-hex", "Reading one token shows its secret in hexadecimal digits.",
			leaking(inBody("token_encrypted", func(s string) string { return hex.EncodeToString([]byte(s)) }), "getAgentToken")),
		leaks("secret-digest", "Reading one token shows the SHA-256 of its secret.",
			leaking(inBody("token_digest", func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }), "getAgentToken")),
		leaks("secret-as-small-letters", "Reading one token shows its secret in small letters.",
			leaking(inBody("hint", strings.ToLower), "getAgentToken")),
		leaks("secret-encrypted", "Reading one token shows its secret as it is stored, encrypted.",
			leaking(inBody("token_encrypted", func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte("salt"+s))) }), "getAgentToken")),
		leaks("secret-shortened", "The list of tokens shows their secrets without the last ten characters.",
			leaking(inBody("hint", func(s string) string { return s[:len(s)-10] }), "listAgentTokens")),
		leaks("secret-without-ends", "The list of tokens shows their secrets without the first and the last six characters.",
			leaking(inBody("hint", func(s string) string { return s[len(s)-44 : len(s)-6] }), "listAgentTokens")).until(18, 6),
		leaks("secret-twice", "The answer that creates a token holds the secret a second time.",
			leaking(inBody("value", asItIs), "createAgentToken")),
		leaks("secret-in-description", "Reading one token shows its secret as the description.",
			leaking(inBody("description", asItIs), "getAgentToken")).
			also("the description is another", "tokens/never-change", "tokens/read-back-equal"),
		leaks("secret-in-header", "The answer that creates a token has the secret in a header too.",
			leaking(inHeader("X-Agent-Token", asItIs), "createAgentToken")),
		leaks("secret-in-cookie", "Reading one token sets its secret as a cookie.",
			leaking(inHeader("Set-Cookie", func(s string) string { return "agent_token=" + s + "; Path=/" }), "getAgentToken")),
		leaks("secret-in-location", "The answer that creates a token has a Location with the secret in it.",
			leaking(inHeader("Location", func(s string) string { return "/tokens/" + s }), "createAgentToken")).
			also("it is a Location", "headers/no-location"),
		leaks("secret-in-error", "The error about a third token names the secret of one of the two.", leaking(
			func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
				p, _ := placeOf(r.URL)
				if secret := v.byAgent[p.agent]; says("only two active tokens")(d) && secret != "" {
					d.Body = marshal(object{"message": "400 Bad request - An agent can have only two active tokens at a time: " + secret})
				}
			}, "createAgentToken")).since(16, 2),
		{
			Name: "secret-missing", Explains: "The answer that creates a token has no secret.", Since: since15,
			Rules: []string{"tokens/secret-on-create", "document/body"}, Deviation: eachObject(remove("token"), "createAgentToken"),
		},
		{
			Name: "secret-null", Explains: "The secret in the answer that creates a token is null.", Since: since15,
			Rules: []string{"tokens/secret-on-create", "document/body"}, Deviation: eachObject(set("token", nil), "createAgentToken"),
		},
		{
			Name: "secret-empty", Explains: "The secret in the answer that creates a token is empty.", Since: since15,
			Rules: []string{"tokens/secret-on-create", "document/body"}, Deviation: eachObject(set("token", ""), "createAgentToken"),
		},
		{
			Name: "secret-reused", Explains: "All tokens have the same secret.", Since: since15,
			Rules: []string{"tokens/secret-unique"},
			Deviation: func() *fakegitlab.Deviation {
				var once sync.Once
				var first string
				return changing(func(secret string) string {
					once.Do(func() { first = secret })
					return first
				})()
			},
		},
		{
			Name: "secret-of-the-agent", Explains: "A second token of an agent has the secret of the first.", Since: since15,
			Rules: []string{"tokens/secret-unique"}, Deviation: leaking(func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
				p, _ := placeOf(r.URL)
				if d.Status == 201 {
					key := "first of " + p.agent
					if v.byToken[key] == "" {
						v.byToken[key] = v.last
					}
					editObjects(d, set("token", v.byToken[key]))
				}
			}, "createAgentToken"),
		},
		{
			Name: "secret-truncated", Explains: "The secret has 30 characters.", Since: since15,
			Rules: []string{"tokens/secret-strength", "document/body"}, Also: []string{"tokens/secret-length"}, Because: "it is too short in any case",
			Deviation: changing(func(secret string) string { return secret[:30] }),
		},
		{
			Name: "secret-alphabet", Explains: "The secret has characters that need quoting in a shell.", Since: since15,
			Rules: []string{"tokens/secret-strength"},
			Also:  []string{"document/body", "tokens/secret-checksum"}, Because: "the alphabet is part of the format",
			Deviation: changing(func(secret string) string { return secret[:20] + "$" + secret[21:] }),
		},
		{
			Name: "secret-lower-case", Explains: "The secret has no capitals.", Since: since15, Until: fakegitlab.Release{Major: 18},
			Rules: []string{"tokens/secret-strength"}, Deviation: changing(strings.ToLower),
		},
		{
			Name: "secret-without-prefix", Explains: "The secret lacks \"glagent-\", by which scanners find it.",
			Since: fakegitlab.Release{Major: 16}, Rules: []string{"tokens/secret-prefix"},
			Also: []string{"tokens/secret-checksum"}, Because: "the prefix is part of the format",
			Deviation: changing(func(secret string) string { return strings.TrimPrefix(secret, "glagent-") }),
		},
		{
			Name: "secret-of-another-length", Explains: "The secret is longer than those of its time.",
			Since: fakegitlab.Release{Major: 16}, Until: fakegitlab.Release{Major: 18}, Rules: []string{"tokens/secret-length"},
			Deviation: changing(func(secret string) string { return secret + "AAAAAAAA" }),
		},
		{
			Name: "secret-uuid", Explains: "The secret is \"glagent-\" and a UUID.", Since: fakegitlab.Release{Major: 16},
			Rules: []string{"tokens/secret-length", "tokens/secret-strength"}, Deviation: func() *fakegitlab.Deviation {
				return &fakegitlab.Deviation{Secret: func(secret string) string {
					sum := sha256.Sum256([]byte(secret))
					return fmt.Sprintf("glagent-%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
				}}
			},
		},
		{
			Name: "secret-checksum", Explains: "The checksum at the end of the secret is that of another one.",
			Since: fakegitlab.Release{Major: 18, Minor: 6}, Rules: []string{"tokens/secret-checksum"},
			Deviation: changing(func(secret string) string {
				sum := strconv.FormatUint(uint64(^crc32.ChecksumIEEE([]byte(secret))), 36)
				return secret[:len(secret)-7] + ("0000000" + sum)[len(sum):]
			}),
		},
	}
}

// also adds rules that the fault may break too.
func (f Fault) also(because string, rules ...string) Fault {
	f.Also = append(f.Also[:len(f.Also):len(f.Also)], rules...)
	if f.Because != "" {
		because = f.Because + "; " + because
	}
	f.Because = because
	return f
}

// until is the fault before a release.
func (f Fault) until(major, minor int) Fault {
	f.Until = fakegitlab.Release{Major: major, Minor: minor}
	return f
}

// since is the fault from a release on.
func (f Fault) since(major, minor int) Fault {
	f.Since = fakegitlab.Release{Major: major, Minor: minor}
	return f
}
