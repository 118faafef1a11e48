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

// secrets are faults of the secrets of tokens: what they are, and where they are shown.
func secrets() []Fault {
	const onlyOnCreate, strength = "tokens/secret-only-on-create", "tokens/secret-strength"
	return []Fault{
		{Name: "secret-predictable", Explains: "Secrets differ in their last ten characters only.", Since: v15, Until: v18, Rules: ids{"tokens/secret-unique"}, Change: storeSecret(sharedBeginning)},
		{Name: "secret-in-list", Explains: "The list of tokens shows their secrets.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token", plain, "listAgentTokens")},
		{Name: "secret-in-get", Explains: "Reading one token shows its secret.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token", plain, "getAgentToken")},
		{Name: "secret-null-in-list", Explains: "The list of tokens has the property token, though it is null.", Since: v15, Rules: ids{onlyOnCreate}, Change: add("token", nil, "listAgentTokens")},
		{Name: "secret-in-agent", Explains: "Reading an agent shows the secret of its last token.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token", plain, "getAgent")},
		{Name: "secret-in-agent-list", Explains: "The list of agents shows the secrets of their last tokens, as \"access\".", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("access", plain, "listAgents")},
		{Name: "secret-under-another-name", Explains: "Reading one token shows its secret as \"secret\".", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("secret", plain, "getAgentToken")},
		{Name: "secret-as-base64", Explains: "Reading one token shows its secret in base64.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token_encrypted", inBase64, "getAgentToken")},
		{Name: "secret-as-hex", Explains: "Reading one token shows its secret in hexadecimal digits.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token_encrypted", inHex, "getAgentToken")},
		{Name: "secret-digest", Explains: "Reading one token shows the SHA-256 of its secret.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token_digest", digest, "getAgentToken")},
		{Name: "secret-as-small-letters", Explains: "Reading one token shows its secret in small letters.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("hint", strings.ToLower, "getAgentToken")},
		{Name: "secret-encrypted", Explains: "Reading one token shows its secret as it is stored, encrypted.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("token_encrypted", saltedDigest, "getAgentToken")},
		{Name: "secret-shortened", Explains: "The list of tokens shows their secrets without the last ten characters.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("hint", withoutEnd, "listAgentTokens")},
		{Name: "secret-without-ends", Explains: "The list of tokens shows their secrets without the first and the last six characters.", Since: v15, Until: v18_6, Rules: ids{onlyOnCreate}, Change: leak("hint", withoutEnds, "listAgentTokens")},
		{Name: "secret-twice", Explains: "The response that creates a token has the secret a second time.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("value", plain, "createAgentToken")},
		{Name: "secret-in-description", Explains: "Reading one token shows its secret as the description.", Since: v15, Rules: ids{onlyOnCreate}, Change: leak("description", plain, "getAgentToken"),
			Also: ids{"tokens/never-change", "tokens/read-back-equal"}, Because: "the description differs"},
		{Name: "secret-in-header", Explains: "The response that creates a token has the secret in a header too.", Since: v15, Rules: ids{onlyOnCreate}, Change: leakHeader("X-Agent-Token", plain, "createAgentToken")},
		{Name: "secret-in-cookie", Explains: "Reading one token sets its secret as a cookie.", Since: v15, Rules: ids{onlyOnCreate}, Change: leakHeader("Set-Cookie", cookie, "getAgentToken")},
		{Name: "secret-in-location", Explains: "The response that creates a token has a Location with the secret in it.", Since: v15, Rules: ids{onlyOnCreate}, Change: leakHeader("Location", location, "createAgentToken"),
			Also: ids{"headers/no-location"}, Because: "it is a Location"},
		{Name: "secret-in-error", Explains: "The error about a third token contains the secret of one of the two.", Since: v16_2, Rules: ids{onlyOnCreate}, Change: remembering(inLimitError, "createAgentToken")},
		{Name: "secret-missing", Explains: "The response that creates a token has no secret.", Since: v15, Rules: ids{"tokens/secret-on-create", "document/body"}, Change: drop("token", "createAgentToken")},
		{Name: "secret-null", Explains: "The secret in the response that creates a token is null.", Since: v15, Rules: ids{"tokens/secret-on-create", "document/body"}, Change: set("token", nil, "createAgentToken")},
		{Name: "secret-empty", Explains: "The secret in the response that creates a token is empty.", Since: v15, Rules: ids{"tokens/secret-on-create", "document/body"}, Change: set("token", "", "createAgentToken")},
		{Name: "secret-reused", Explains: "All tokens have the same secret.", Since: v15, Rules: ids{"tokens/secret-unique"}, Change: inside(theSameSecret)},
		{Name: "secret-of-the-agent", Explains: "A second token of an agent has the secret of the first.", Since: v15, Rules: ids{"tokens/secret-unique"}, Change: remembering(firstOfAgent, "createAgentToken")},
		{Name: "secret-truncated", Explains: "The secret has 30 characters.", Since: v15, Rules: ids{strength, "document/body"}, Change: storeSecret(func(s string) string { return s[:30] }),
			Also: ids{"tokens/secret-length"}, Because: "it is too short in any release"},
		{Name: "secret-alphabet", Explains: "The secret has characters that need quoting in a shell.", Since: v15, Rules: ids{strength}, Change: storeSecret(func(s string) string { return s[:20] + "$" + s[21:] }),
			Also: ids{"tokens/secret-checksum"}, Because: "the alphabet is part of the format"},
		{Name: "secret-lower-case", Explains: "The secret has no capitals.", Since: v15, Until: v18, Rules: ids{strength}, Change: storeSecret(strings.ToLower)},
		{Name: "secret-without-prefix", Explains: "The secret lacks \"glagent-\", by which scanners find it.", Since: v16, Rules: ids{"tokens/secret-prefix"}, Change: storeSecret(func(s string) string { return strings.TrimPrefix(s, "glagent-") }),
			Also: ids{"tokens/secret-checksum"}, Because: "the prefix is part of the format"},
		{Name: "secret-of-another-length", Explains: "The secret is longer than GitLab's in the same release.", Since: v16, Until: v18, Rules: ids{"tokens/secret-length"}, Change: storeSecret(func(s string) string { return s + "AAAAAAAA" })},
		{Name: "secret-uuid", Explains: "The secret is \"glagent-\" and a UUID.", Since: v16, Rules: ids{"tokens/secret-length", strength}, Change: storeSecret(uuid)},
		{Name: "secret-checksum", Explains: "The checksum at the end of the secret is wrong.", Since: v18_6, Rules: ids{"tokens/secret-checksum"}, Change: storeSecret(wrongChecksum)},
	}
}

// Forms of a secret

func plain(s string) string        { return s }
func inBase64(s string) string     { return base64.StdEncoding.EncodeToString([]byte(s)) }
func inHex(s string) string        { return hex.EncodeToString([]byte(s)) }
func digest(s string) string       { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) }
func saltedDigest(s string) string { return digest("salt" + s) }
func withoutEnd(s string) string   { return s[:len(s)-10] }
func withoutEnds(s string) string  { return s[len(s)-44 : len(s)-6] }
func cookie(s string) string       { return "agent_token=" + s + "; Path=/" }
func location(s string) string     { return "/tokens/" + s }

func sharedBeginning(s string) string {
	return s[:len(s)-50] + strings.Repeat("a1B2", 10) + s[len(s)-10:]
}

func uuid(s string) string {
	sum := sha256.Sum256([]byte(s))
	return fmt.Sprintf("glagent-%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

func wrongChecksum(s string) string {
	sum := strconv.FormatUint(uint64(^crc32.ChecksumIEEE([]byte(s))), 36)
	return s[:len(s)-7] + ("0000000" + sum)[len(sum):]
}

func theSameSecret() *fakegitlab.Deviation {
	var once sync.Once
	var first string
	return &fakegitlab.Deviation{Secret: func(secret string) string {
		once.Do(func() { first = secret })
		return first
	}}
}

// Where a secret is shown

// vault remembers the secrets of tokens, which GitLab shows once.
type vault struct {
	mu      sync.Mutex
	byToken map[string]string // by the token's id
	byAgent map[string]string // that of the last token, by the agent's id
	first   map[string]string // that of the first token, by the agent's id
}

// remembering changes responses of some operations, knowing the secrets.
func remembering(change func(v *vault, r *http.Request, d *fakegitlab.ResponseDraft), operations ...string) Change {
	return inside(func() *fakegitlab.Deviation {
		v := &vault{byToken: make(map[string]string), byAgent: make(map[string]string), first: make(map[string]string)}
		show := rewrite(func(r *http.Request, d *fakegitlab.ResponseDraft) { change(v, r, d) }, operations...).Deviations()[0]
		return &fakegitlab.Deviation{Rewrite: func(r *http.Request, d *fakegitlab.ResponseDraft) {
			v.mu.Lock()
			defer v.mu.Unlock()
			if d.Operation == "createAgentToken" && d.Status == 201 {
				edited(d.Body, v.keep)
			}
			show.Rewrite(r, d)
		}}
	})
}

func (v *vault) keep(token object) {
	id, agent, secret := fmt.Sprint(token["id"]), fmt.Sprint(token["agent_id"]), text(token["token"])
	v.byToken[id], v.byAgent[agent] = secret, secret
	if v.first[agent] == "" {
		v.first[agent] = secret
	}
}

// leak shows each token's secret, or for an agent that of its last token, as a property.
func leak(property string, form func(secret string) string, operations ...string) Change {
	return remembering(func(v *vault, _ *http.Request, d *fakegitlab.ResponseDraft) {
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
				o[property] = form(secret)
			}
		})
	}, operations...)
}

// leakHeader shows the secret of the one token of a response in a header.
func leakHeader(name string, form func(secret string) string, operations ...string) Change {
	return remembering(func(v *vault, _ *http.Request, d *fakegitlab.ResponseDraft) {
		edited(d.Body, func(token object) {
			if secret := v.byToken[fmt.Sprint(token["id"])]; secret != "" {
				d.Header.Set(name, form(secret))
			}
		})
	}, operations...)
}

func inLimitError(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
	p, _ := placeOf(r.URL)
	if secret := v.byAgent[p.agent]; says("only two active tokens")(d) && secret != "" {
		d.Body = marshal(object{"message": "400 Bad request - An agent can have only two active tokens at a time: " + secret})
	}
}

func firstOfAgent(v *vault, r *http.Request, d *fakegitlab.ResponseDraft) {
	p, _ := placeOf(r.URL)
	if secret := v.first[p.agent]; d.Status == 201 && secret != "" {
		editObjects(d, func(o object) { o["token"] = secret })
	}
}
